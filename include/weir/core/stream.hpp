// SPDX-License-Identifier: BSL-1.0
// The value that flows forward while a pipeline is composed: what a stage is given, as a type (record,
// category, meta, window, partition) and as settings known only at run time (a window's size).
#pragma once

#include <type_traits>

#include "meta.hpp"

namespace weir {

/// A record is *lent* (`const T&`: copy to keep) or *given* (`T&&`: yours).
enum class category : unsigned char { lent, given };

/// The windowing of a flow that has none.
struct no_window {};

/// How often a flow exists. One chain; n chains by key hash (`shard`), where keyed state is whole; n
/// chains whose present key is not the one they were split by.
enum class partition : unsigned char { one, by_key, unkeyed };

template <class Value, category Category, class Meta = meta_set<>, class Window = no_window,
          partition Partition = partition::one>
struct stream {
    using value_type = Value;
    using meta_type = Meta;
    using window_type = Window;
    /// What `put` is called with; every check of a user's function uses this.
    using reference = std::conditional_t<Category == category::given, Value&&, const Value&>;

    static constexpr category value_category = Category;
    static constexpr partition partitioning = Partition;
    static constexpr bool timed = has_entry<Meta, meta_of::event_time>;
    static constexpr bool keyed = has_entry<Meta, meta_of::key>;
    static constexpr bool windowed = !std::is_same_v<Window, no_window>;
    static constexpr bool sharded = Partition != partition::one;

    Window window{};
};

/// The category of what a function returned: a reference to an object lends it, all else is given.
template <class Result>
inline constexpr category category_of = std::is_lvalue_reference_v<Result> ? category::lent : category::given;

/// How it is put then: what is lent is const, also where the function returned a `T&`.
template <class Result>
using lent_or_given = std::conditional_t<std::is_lvalue_reference_v<Result>, const std::remove_reference_t<Result>&,
                                         std::remove_reference_t<Result>&&>;

/// The stream behind a stage that changes the record: every entry of the meta is still to be had, as a
/// stored one.
template <class In, class Result>
using changed_stream = stream<
    std::remove_cvref_t<Result>, category_of<Result>,
    kept_meta<typename In::meta_type, typename In::value_type, tags<meta_of::event_time, meta_of::key, meta_of::place>>,
    typename In::window_type, In::partitioning>;

/// The stream with another meta set, window or partition.
template <class In, class Meta>
using with_meta = stream<typename In::value_type, In::value_category, Meta, typename In::window_type, In::partitioning>;

template <class In, class Window>
using with_window =
    stream<typename In::value_type, In::value_category, typename In::meta_type, Window, In::partitioning>;

template <class In, partition Partition>
using with_partition =
    stream<typename In::value_type, In::value_category, typename In::meta_type, typename In::window_type, Partition>;

}  // namespace weir
