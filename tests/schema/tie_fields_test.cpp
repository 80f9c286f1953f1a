// SPDX-License-Identifier: BSL-1.0
// schema/tie_fields.hpp: every number of members from 0 to 64 is bound in order.
#include <weir/schema/tie_fields.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

namespace {

/// Arrays are bound by the same structured bindings as structs, and can have any number.
template <std::size_t N>
std::size_t bound_in_order() {
    std::array<int, N> values{};
    std::size_t good = 0;
    weir::detail::visit_fields<N>(values, [&](auto, auto&... members) {
        std::size_t at = 0;
        ((good += &members == values.data() + at ? 1U : 0U, ++at), ...);
    });
    return good;
}

struct bits {
    int a;
    unsigned b : 3;
};
struct references {
    int a;
    int& b;
};
struct types_of {
    template <class List, class... Ts>
    List operator()(List list, Ts&...) const {
        return list;
    }
};

static_assert(std::is_same_v<decltype(weir::detail::visit_fields<2>(std::declval<bits&>(), types_of{})),
                             weir::detail::not_addressable>);
static_assert(std::is_same_v<decltype(weir::detail::visit_fields<2>(std::declval<references&>(), types_of{})),
                             weir::detail::field_list<int, int&>>);

}  // namespace

TEST_CASE("tie_fields: 1 to 64 members, each in its place") {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const std::size_t good[] = {bound_in_order<I + 1>()...};
        for (std::size_t n = 1; n <= 64; ++n) {
            CAPTURE(n);
            CHECK(good[n - 1] == n);
        }
    }(std::make_index_sequence<64>{});
    struct nothing {
    } none;
    CHECK(weir::detail::visit_fields<0>(none, [](auto, auto&... members) { return sizeof...(members); }) == 0);
}
