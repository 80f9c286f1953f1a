// SPDX-License-Identifier: BSL-1.0
// from(x): where every pipeline begins. `x` is a range or a source of the library (`lines`, `generate`, `inlet`,
// a stream), or a user's own: a type that has `as_source()`, or for which there is a `source_of(x)` beside it.
// from(x, {...}): a source that can be read in several ways, by its `read_options`.
#pragma once

#include <type_traits>
#include <utility>

#include "../pipeline.hpp"
#include "range.hpp"

namespace weir {
namespace detail {

struct from_fn {
    template <class X>
    [[nodiscard]] constexpr auto operator()(X&& x) const {
        using plain = std::remove_cvref_t<X>;
        if constexpr (is_pipeline<plain> || source<plain>) {
            return lift(static_cast<X&&>(x));
        } else if constexpr (requires { x.as_source(); }) {
            return lift(x.as_source());
        } else if constexpr (requires { source_of(x); }) {
            return lift(source_of(x));
        } else {
            constexpr bool readable = iterable<std::remove_reference_t<X>>;
            static_assert(readable, "weir::from: this is neither a range nor a source; give it a container, a view, "
                                    "weir::lines(...), weir::generate(...), an inlet or a stream");
            if constexpr (!readable) {
                return broken{};
            } else if constexpr (std::is_lvalue_reference_v<X>) {
                return lift(range_source<X>{{}, &x});
            } else {
                return lift(range_source<plain>{{}, static_cast<X&&>(x)});
            }
        }
    }
    template <class X>
        requires requires(const X& x, const typename X::read_options& options) { source_of(x, options); }
    [[nodiscard]] constexpr auto operator()(const X& x, const typename X::read_options& options) const {
        return lift(source_of(x, options));
    }
};

}  // namespace detail

inline constexpr detail::from_fn from{};

}  // namespace weir
