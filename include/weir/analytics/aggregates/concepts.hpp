// SPDX-License-Identifier: BSL-1.0
// What an aggregate is: a value with a name, `start(record, time)` that makes the state from the first record of a key
// and window, `add(state, record, time)` for each of the others, and `result(state)`, asked once, when the window
// fires. So a window without a record has no state, and there is no average of nothing. One of your own:
//
//     struct paths {                                                       // how many different paths
//         static constexpr weir::fixed_string name = "paths";              // the result's field that it fills
//         std::set<std::string> start(const hit& h, weir::instant) const { return {h.path}; }
//         void add(std::set<std::string>& seen, const hit& h, weir::instant) const { seen.insert(h.path); }
//         long result(const std::set<std::string>& seen) const { return static_cast<long>(seen.size()); }
//     };
//     | weir::aggregate<usage>(weir::count<"hits">(), paths{})
//
// All three are const and run exactly once for what they are called with; what they throw ends the pipeline. For a fold
// there is `reduce`. A state that a checkpoint is to keep must have bytes (`runtime/state.hpp`).
#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../../core/stages/key_by.hpp"
#include "../../schema/fields.hpp"
#include "../../support/fixed_string.hpp"
#include "../../support/instant.hpp"

namespace weir {

/// The state that an aggregate keeps for a key and window.
template <class A, class Record>
using aggregate_state =
    std::remove_cvref_t<decltype(std::declval<const A&>().start(std::declval<const Record&>(), instant{}))>;

/// An aggregate over records of type `Record`.
template <class A, class Record>
concept aggregate_of = requires(const A& a, const Record& r, instant t, aggregate_state<A, Record>& state) {
    A::name;
    a.add(state, r, t);
    a.result(static_cast<aggregate_state<A, Record>&&>(state));
};

namespace detail {

/// A record that has this member.
template <class Record, auto Member>
concept has_member = std::is_base_of_v<class_of_member<Member>, Record>;

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
    throw std::overflow_error("weir: a sum (of sum or avg) does not fit 64 bits; sum a double, or smaller windows");
}

/// What `sum` and `avg` give for a member that is none; the stage refuses it.
struct not_a_number {};

template <auto Member>
inline constexpr bool member_is_number =
    std::is_arithmetic_v<type_of_member<Member>> && !std::is_same_v<type_of_member<Member>, bool>;

template <class Wide>
WEIR_INLINE constexpr void add_checked(Wide& sum, Wide value) {
    if constexpr (std::is_floating_point_v<Wide>) {
        sum += value;
    } else {
        if (__builtin_add_overflow(sum, value, &sum)) [[unlikely]]
            sum_overflowed();
    }
}

}  // namespace detail
}  // namespace weir
