// SPDX-License-Identifier: BSL-1.0
// What an aggregate is: a value with a name, `start(record, time)` that makes the state from the first record of a key
// and window, `add(state, record, time)` for the others, and `result(state)`.
#pragma once

#include <stdexcept>
#include <type_traits>

#include "../../core/stages/key_by.hpp"
#include "../../schema/fields.hpp"
#include "../../support/fixed_string.hpp"
#include "../../support/instant.hpp"

namespace weir {

/// An aggregate over records of type `Record`.
template <class A, class Record>
concept aggregate_of = requires(const A& a, const Record& r, instant t) {
    A::name;
    { a.result(a.start(r, t)) };
};

namespace detail {

/// The name of a member, as a template argument.
template <auto Member>
inline constexpr auto name_of_member = [] {
    constexpr auto text = member_name<Member>;
    fixed_string<text.size()> out;
    for (std::size_t i = 0; i < text.size(); ++i) out.text[i] = text[i];
    return out;
}();

/// A literal name, or the member's where none is given.
template <auto Member, fixed_string Given>
inline constexpr auto aggregate_name = [] {
    if constexpr (Given.size() == 0) {
        return name_of_member<Member>;
    } else {
        return Given;
    }
}();

/// What integers are summed in.
template <class T>
using wide = std::conditional_t<std::is_floating_point_v<T>, double,
                                std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t>>;

[[noreturn]] WEIR_COLD inline void sum_overflowed() {
    throw std::overflow_error("weir::sum: a sum does not fit 64 bits; sum a double, or smaller windows");
}

template <class Wide>
WEIR_INLINE void add_checked(Wide& sum, Wide value) {
    if constexpr (std::is_floating_point_v<Wide>) {
        sum += value;
    } else {
        if (__builtin_add_overflow(sum, value, &sum)) [[unlikely]] sum_overflowed();
    }
}

}  // namespace detail
}  // namespace weir
