// SPDX-License-Identifier: BSL-1.0
// How a reader looks at its writer's index. One that keeps up takes the line away from the writer after every few
// records, and both crawl: it hesitates, for about as long as the line takes, when its last look has found few. Where
// `Most` is larger than that and the next looks find few too, it hesitates twice as long each time, up to so many
// turns: one that finds two or more each time lets the writer be faster, and several readers of one index keep it from
// the writer for longer. A look that finds nothing is not followed by a pause, and one that finds a single record only
// by a short one, so a record that comes alone is seen at once.
#pragma once

#include <cstdint>

#include "../../support/config.hpp"
#include "../../support/relax.hpp"

namespace weir::detail {

template <std::uint32_t Most = 8>
class patience {
  public:
    /// What `look()` finds; fewer than `few` makes the next one wait a little.
    template <class Look>
    [[nodiscard]] WEIR_NOINLINE std::uint64_t look(Look look, std::uint64_t few = 32) noexcept {
        for (std::uint32_t i = 0; i < turns_; ++i) relax();
        const std::uint64_t found = look();
        if (found == 0) {
            turns_ = 0;
        } else if (found < few) {
            const std::uint32_t limit = found == 1 && Most > alone ? alone : Most;
            turns_ = turns_ == 0 ? least : 2 * turns_ <= limit ? 2 * turns_ : limit;
        } else if (Most == least) {
            turns_ = 0;
        } else if (found > 4 * few) {
            turns_ /= 2;
        }
        return found;
    }

  private:
    static constexpr std::uint32_t least = 8;
    static constexpr std::uint32_t alone = 16;  // where one was found: the writer may be as slow as this reader
    static_assert(Most >= least && Most % least == 0);

    std::uint32_t turns_ = 0;
};

}  // namespace weir::detail
