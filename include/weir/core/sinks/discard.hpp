// SPDX-License-Identifier: BSL-1.0
// discard: records end here, and are counted under the name of the output.
//
//     | weir::on<"late">(weir::discard)
//     | weir::discard;                        // a pipeline that is run for what its stages do
#pragma once

#include "../pipeline.hpp"

namespace weir {
namespace detail {

struct discard_receiver : end_of_signals<discard_receiver> {
    using needs = tags<>;

    const stage_info* stage;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&&, const M&) noexcept {
        ++taken;
        return flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

struct discard_sink : sink_base<discard_sink> {
    static constexpr bool per_shard = true;

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) const {
        return discard_receiver{{}, b.info("discard")};
    }
};

}  // namespace detail

inline constexpr detail::discard_sink discard{};

}  // namespace weir
