// SPDX-License-Identifier: BSL-1.0
// Meta travels beside a record without being in it: event time, key, place in the input.
//
// A chain moves a `meta_set` of entries. An entry is *lazy* (an empty type that names the projection)
// while the record is unchanged, and *stored* once a stage has changed the record and a later one still
// asks for it (its receiver's `needs`). What nobody needs is never computed, stored or moved: a string
// key copied beside every record doubled the cost (core_protocol.md, A).
#pragma once

#include <cstdint>
#include <type_traits>

#include "../support/config.hpp"
#include "../support/instant.hpp"

namespace weir {

/// The names of what can travel beside a record.
namespace meta_of {
struct event_time {};  // an `instant`
struct key {};         // of any type; set by `key_by`
struct place {};       // a `weir::place`: where in the input a record began
struct partition {};   // behind `shard`: nothing stored, the chain itself knows
}  // namespace meta_of

/// Where a record began in its input: for messages about bad input. Lines and columns count from 1.
struct place {
    std::uint64_t line = 0;
    std::uint32_t column = 0;
    std::uint32_t file = 0;  // index into the list of files the source was given

    friend constexpr bool operator==(const place&, const place&) noexcept = default;
};

/// A set of meta names, as receivers state them in `needs`.
template <class... Names>
struct tags {};

namespace detail {

template <class Tag, class Tags>
inline constexpr bool has_tag = false;
template <class Tag, class... Names>
inline constexpr bool has_tag<Tag, tags<Names...>> = (std::is_same_v<Tag, Names> || ...);

template <class Tags, class... More>
struct add_tags {
    using type = Tags;
};
template <class... Names, class First, class... More>
struct add_tags<tags<Names...>, First, More...>
    : add_tags<std::conditional_t<has_tag<First, tags<Names...>>, tags<Names...>, tags<Names..., First>>, More...> {};

template <class A, class B>
struct unite_tags;
template <class A, class... Names>
struct unite_tags<A, tags<Names...>> : add_tags<A, Names...> {};

template <class Kept, class From, class Without>
struct subtract_tags {
    using type = Kept;
};
template <class... Kept, class First, class... Rest, class Without>
struct subtract_tags<tags<Kept...>, tags<First, Rest...>, Without>
    : subtract_tags<std::conditional_t<has_tag<First, Without>, tags<Kept...>, tags<Kept..., First>>, tags<Rest...>,
                    Without> {};

}  // namespace detail

/// The union of two sets of names, and the first without the second.
template <class A, class B>
using tags_union = typename detail::unite_tags<A, B>::type;
template <class A, class B>
using tags_without = typename detail::subtract_tags<tags<>, A, B>::type;

/// An entry that is computed from the record when somebody asks. `Projection` is an empty, default
/// constructible function object; it runs as often as it is asked and must be pure.
template <class Tag, class Projection>
struct lazy {
    using tag = Tag;
    using origin = Projection;
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr decltype(auto) read(const Value& value) const {
        return Projection{}(value);
    }
};

/// An entry that was computed once and travels as a value. `Origin` keeps the name it was given.
template <class Tag, class T, class Origin>
struct stored {
    using tag = Tag;
    using origin = Origin;
    T value;
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr const T& read(const Value&) const noexcept {
        return value;
    }
};

/// What stands beside one record; an aggregate whose lazy entries are empty bases.
template <class... Entries>
struct meta_set : Entries... {};

namespace detail {

template <class Tag, class... Entries>
struct find_entry {
    using type = void;
};
template <class Tag, class First, class... Rest>
struct find_entry<Tag, First, Rest...> : std::conditional_t<std::is_same_v<Tag, typename First::tag>,
                                                            std::type_identity<First>, find_entry<Tag, Rest...>> {};

template <class Set, class Tag>
struct entry_lookup;
template <class... Entries, class Tag>
struct entry_lookup<meta_set<Entries...>, Tag> : find_entry<Tag, Entries...> {};

template <class Set, class Entry>
struct entry_replaced;
template <class... Entries, class Entry>
struct entry_replaced<meta_set<Entries...>, Entry> {
    template <class Kept, class... Rest>
    struct walk {
        using type = Kept;
    };
    template <class... Kept, class First, class... Rest>
    struct walk<meta_set<Kept...>, First, Rest...>
        : walk<std::conditional_t<std::is_same_v<typename First::tag, typename Entry::tag>, meta_set<Kept...>,
                                  meta_set<Kept..., First>>,
               Rest...> {};
    template <class Set>
    struct append;
    template <class... Kept>
    struct append<meta_set<Kept...>> {
        using type = meta_set<Kept..., Entry>;
    };
    using type = typename append<typename walk<meta_set<>, Entries...>::type>::type;
};

}  // namespace detail

/// The entry of that name in a set, or void.
template <class Set, class Tag>
using entry_of = typename detail::entry_lookup<Set, Tag>::type;

template <class Set, class Tag>
inline constexpr bool has_entry = !std::is_void_v<entry_of<Set, Tag>>;

/// The set with this entry in place of the one of its name, or added.
template <class Set, class Entry>
using with_entry = typename detail::entry_replaced<Set, Entry>::type;

/// Reads an entry: by reference where it is stored, by what the projection returns where it is lazy.
template <class Tag, class Set, class Value>
[[nodiscard]] WEIR_INLINE constexpr decltype(auto) read_meta(const Set& set, const Value& value) {
    using entry = entry_of<Set, Tag>;
    return static_cast<const entry&>(set).read(value);
}

namespace detail {

/// The type that owns what a projection refers to; a key of several fields is a tuple of references.
template <class T>
struct owned {
    using type = T;
};

}  // namespace detail

/// What an entry's value is when it is kept: no reference, no const.
template <class Set, class Tag, class Value>
using meta_value = typename detail::owned<
    std::remove_cvref_t<decltype(read_meta<Tag>(std::declval<const Set&>(), std::declval<const Value&>()))>>::type;

/// The set as a stage without one entry passes it on: that entry put in place of what was there.
template <class Entry, class... Entries>
[[nodiscard]] WEIR_INLINE constexpr auto replace_meta(const meta_set<Entries...>& set, Entry entry) {
    using result = with_entry<meta_set<Entries...>, Entry>;
    return [&]<class... Out>(meta_set<Out...>*) WEIR_INLINE_LAMBDA {
        auto pick = [&]<class One>(One*) WEIR_INLINE_LAMBDA -> One {
            if constexpr (std::is_same_v<One, Entry>) {
                return static_cast<Entry&&>(entry);
            } else {
                return static_cast<const One&>(set);
            }
        };
        return result{pick(static_cast<Out*>(nullptr))...};
    }(static_cast<result*>(nullptr));
}

namespace detail {

template <class Set, class Value, class Needs>
struct meta_kept;

template <class... Entries, class Value, class Needs>
struct meta_kept<meta_set<Entries...>, Value, Needs> {
    template <class Entry>
    using kept = stored<typename Entry::tag, meta_value<meta_set<Entries...>, typename Entry::tag, Value>,
                        typename Entry::origin>;
    template <class Set, class... Rest>
    struct walk {
        using type = Set;
    };
    template <class... Kept, class First, class... Rest>
    struct walk<meta_set<Kept...>, First, Rest...>
        : std::conditional_t<has_tag<typename First::tag, Needs>, walk<meta_set<Kept..., kept<First>>, Rest...>,
                             walk<meta_set<Kept...>, Rest...>> {};
    using type = typename walk<meta_set<>, Entries...>::type;
};

}  // namespace detail

/// The set of what `Needs` names, every entry stored: what crosses a stage that changes the record.
template <class Set, class Value, class Needs>
using kept_meta = typename detail::meta_kept<Set, Value, Needs>::type;

/// Computes `kept_meta` for one record; a reference to `set` where all of it is stored already and needed. Call it
/// before the record is given away.
template <class Needs, class... Entries, class Value>
[[nodiscard]] WEIR_INLINE constexpr decltype(auto) keep_meta(const meta_set<Entries...>& set, const Value& value) {
    using result = kept_meta<meta_set<Entries...>, Value, Needs>;
    if constexpr (sizeof...(Entries) != 0 && std::is_same_v<result, meta_set<Entries...>>) {
        return static_cast<const result&>(set);
    } else {
        return [&]<class... Out>(meta_set<Out...>*) WEIR_INLINE_LAMBDA {
            return result{Out{read_meta<typename Out::tag>(set, value)}...};
        }(static_cast<result*>(nullptr));
    }
}

}  // namespace weir
