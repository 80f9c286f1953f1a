// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for what topics and their groups say. See support/format.hpp.
//
// topic_partition_name: "clicks-3", as Kafka's tools and our messages have it. topic_position: "partition 3, offset
// 17". assignor: by Kafka's names. Other enums: the enumerator's name.
#pragma once

#include <string>

#include "../../schema/format.hpp"
#include "assignors.hpp"
#include "change_event.hpp"
#include "topic_options.hpp"
#include "topic_record.hpp"

namespace weir {
enum class group_state : unsigned char;        // group_coordinator.hpp
enum class isolation_level : unsigned char;    // topic.hpp
enum class offset_reset : unsigned char;       // topic_consumer.hpp
enum class transaction_state : unsigned char;  // transaction_coordinator.hpp
struct topic_position;                         // topic.hpp
}  // namespace weir

template <>
struct fmt::formatter<weir::change_op> : weir::detail::enum_formatter<weir::change_op> {};
template <>
struct fmt::formatter<weir::cleanup_policy> : weir::detail::enum_formatter<weir::cleanup_policy> {};
template <>
struct fmt::formatter<weir::group_state> : weir::detail::enum_formatter<weir::group_state> {};
template <>
struct fmt::formatter<weir::isolation_level> : weir::detail::enum_formatter<weir::isolation_level> {};
template <>
struct fmt::formatter<weir::offset_reset> : weir::detail::enum_formatter<weir::offset_reset> {};
template <>
struct fmt::formatter<weir::partitioner> : weir::detail::enum_formatter<weir::partitioner> {};
template <>
struct fmt::formatter<weir::timestamp_type> : weir::detail::enum_formatter<weir::timestamp_type> {};
template <>
struct fmt::formatter<weir::topic_record_kind> : weir::detail::enum_formatter<weir::topic_record_kind> {};
template <>
struct fmt::formatter<weir::transaction_state> : weir::detail::enum_formatter<weir::transaction_state> {};

template <>
struct fmt::formatter<weir::assignor> : weir::detail::to_string_formatter<weir::assignor> {};

template <>
struct fmt::formatter<weir::topic_partition_name> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::topic_partition_name& p, Context& context) const {
        return put(p.topic + '-' + std::to_string(p.partition), context);
    }
};

template <>
struct fmt::formatter<weir::topic_position> : weir::detail::text_formatter {
    template <class Context, class Position = weir::topic_position>
    auto format(const Position& p, Context& context) const {
        return put(weir::detail::text_of<Context>("partition {}, offset {}", p.partition, p.offset), context);
    }
};
