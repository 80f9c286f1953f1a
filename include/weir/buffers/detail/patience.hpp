// SPDX-License-Identifier: BSL-1.0
// How a reader looks at its writer's index. One that keeps up takes the line away from the writer after every few
// records, and both crawl: it hesitates, for about as long as the line takes, when its last look has found few. A look
// that finds nothing is not followed by a pause, so a record that comes alone is seen at once.
#pragma once

#include <cstdint>

#include "../../support/config.hpp"
#include "../../support/relax.hpp"

namespace weir::detail {

class patience {
  public:
    /// What `look()` finds; fewer than `few` makes the next one wait a little.
    template <class Look>
    [[nodiscard]] WEIR_NOINLINE std::uint64_t look(Look look, std::uint64_t few = 32) noexcept {
        if (keeps_up_) {
            for (int i = 0; i < 8; ++i) relax();
        }
        const std::uint64_t found = look();
        keeps_up_ = found != 0 && found < few;
        return found;
    }

  private:
    bool keeps_up_ = false;
};

}  // namespace weir::detail
