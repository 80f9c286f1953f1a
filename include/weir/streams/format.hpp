// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for what streams, producers and consumers say. See support/format.hpp.
//
// Keys, ranges, shards and sequence numbers: as `to_string` prints them, and as Kinesis does. Enums: the enumerator's
// name. Descriptions and results: a line for people, which nobody should parse. Records and their keys are not in any.
#pragma once

#include <string>
#include <utility>

#include "../buffers/format.hpp"
#include "consumer_metrics.hpp"
#include "consumer_options.hpp"
#include "extended_sequence_number.hpp"
#include "hash_key.hpp"
#include "lease.hpp"
#include "operations.hpp"
#include "producer_metrics.hpp"
#include "producer_options.hpp"
#include "sequence_number.hpp"
#include "shard_id.hpp"
#include "shard_progress.hpp"
#include "stream_options.hpp"
#include "stream_storage.hpp"
#include "user_record_result.hpp"

// --- values that have a text of their own -----------------------------------------------------------------

template <>
struct fmt::formatter<weir::hash_key> : weir::detail::to_string_formatter<weir::hash_key> {};
template <>
struct fmt::formatter<weir::hash_range> : weir::detail::to_string_formatter<weir::hash_range> {};
template <>
struct fmt::formatter<weir::shard_id> : weir::detail::to_string_formatter<weir::shard_id> {};
template <>
struct fmt::formatter<weir::sequence_number> : weir::detail::to_string_formatter<weir::sequence_number> {};
template <>
struct fmt::formatter<weir::extended_sequence_number>
    : weir::detail::to_string_formatter<weir::extended_sequence_number> {};

template <>
struct fmt::formatter<weir::batch_failure> : weir::detail::enum_formatter<weir::batch_failure> {};
template <>
struct fmt::formatter<weir::capacity_mode> : weir::detail::enum_formatter<weir::capacity_mode> {};
template <>
struct fmt::formatter<weir::consumer_state> : weir::detail::enum_formatter<weir::consumer_state> {};
template <>
struct fmt::formatter<weir::iterator_type> : weir::detail::enum_formatter<weir::iterator_type> {};
template <>
struct fmt::formatter<weir::lease_state> : weir::detail::enum_formatter<weir::lease_state> {};
template <>
struct fmt::formatter<weir::producer_overflow> : weir::detail::enum_formatter<weir::producer_overflow> {};
template <>
struct fmt::formatter<weir::shutdown_reason> : weir::detail::enum_formatter<weir::shutdown_reason> {};
template <>
struct fmt::formatter<weir::slow_reader> : weir::detail::enum_formatter<weir::slow_reader> {};
template <>
struct fmt::formatter<weir::storage_overflow> : weir::detail::enum_formatter<weir::storage_overflow> {};
template <>
struct fmt::formatter<weir::stream_status> : weir::detail::enum_formatter<weir::stream_status> {};

template <>
struct fmt::formatter<weir::consumer_metrics> : weir::detail::fields_formatter<weir::consumer_metrics> {};
template <>
struct fmt::formatter<weir::producer_metrics> : weir::detail::fields_formatter<weir::producer_metrics> {};

// --- of streams -------------------------------------------------------------------------------------------

template <>
struct fmt::formatter<weir::put_record_result> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::put_record_result& r, Context& context) const {
        return put(to_string(r.shard) + ' ' + to_string(r.number), context);
    }
};

template <>
struct fmt::formatter<weir::put_entry_result> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::put_entry_result& r, Context& context) const {
        return put(r.stored ? weir::detail::text_of<Context>("{}", *r.stored)
                            : weir::detail::text_of<Context>("{}: {}", r.code, r.message),
                   context);
    }
};

template <>
struct fmt::formatter<weir::shard_iterator> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::shard_iterator& it, Context& context) const {
        return put(weir::detail::text_of<Context>("{} at {}, issued {}", it.shard, it.position, it.issued), context);
    }
};

template <>
struct fmt::formatter<weir::iterator_start> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::iterator_start& start, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{}", start.kind);
        if (start.number) text += weir::detail::text_of<Context>(" {}", *start.number);
        if (start.time) text += weir::detail::text_of<Context>(" {}", *start.time);
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::shard_description> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::shard_description& s, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{} {}, {}", s.id, s.keys, s.open() ? "open" : "closed");
        if (s.parent) text += weir::detail::text_of<Context>(", child of {}", *s.parent);
        if (s.adjacent_parent) text += weir::detail::text_of<Context>(" and {}", *s.adjacent_parent);
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::child_shard> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::child_shard& s, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{} {}", s.id, s.keys);
        const char* before = ", child of ";
        for (const weir::shard_id parent : s.parents) {
            text += std::exchange(before, " and ") + to_string(parent);
        }
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::shard_count> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::shard_count& n, Context& context) const {
        return put(weir::detail::text_of<Context>("{} to {} shards", n.current, n.target), context);
    }
};

template <>
struct fmt::formatter<weir::stream_summary> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::stream_summary& s, Context& context) const {
        return put(weir::detail::text_of<Context>(
                       "{}: {}, {} open shards, {}, {} h retained, records of at most {} bytes, created {}", s.name,
                       s.status, s.open_shards, s.capacity, s.retention.count(), s.max_record_size, s.created),
                   context);
    }
};

// --- of producers -----------------------------------------------------------------------------------------

template <>
struct fmt::formatter<weir::put_attempt> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::put_attempt& a, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{} after {} us, took {} us", a.success ? "stored" : "failed",
                                                          a.delay, a.duration);
        if (!a.error_code.empty()) text += weir::detail::text_of<Context>(": {}: {}", a.error_code, a.error_message);
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::user_record_result> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::user_record_result& r, Context& context) const {
        std::string text = r.successful ? "stored" : "failed";
        if (r.shard) text += weir::detail::text_of<Context>(" {}", *r.shard);
        if (r.number) text += weir::detail::text_of<Context>(" {}", *r.number);
        text += weir::detail::text_of<Context>(", {} attempts", r.attempts.size());
        if (!r.successful && !r.attempts.empty())
            text += weir::detail::text_of<Context>("; the last {}", r.attempts.back());
        return put(text, context);
    }
};

// --- of consumers -----------------------------------------------------------------------------------------

template <>
struct fmt::formatter<weir::lease> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::lease& l, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{}: {}", l.shard, l.state());
        if (!l.owner.empty()) text += weir::detail::text_of<Context>(" by {}", l.owner);
        text += weir::detail::text_of<Context>(", counter {}, checkpoint {}", l.counter, l.checkpoint);
        if (l.pending_checkpoint) text += weir::detail::text_of<Context>(", pending {}", *l.pending_checkpoint);
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::shard_progress> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::shard_progress& p, Context& context) const {
        std::string text = weir::detail::text_of<Context>("{}: {}, checkpoint {}, {} ms behind", p.shard, p.state,
                                                          p.checkpoint, p.millis_behind_latest);
        if (p.reason != weir::shutdown_reason::none) text += weir::detail::text_of<Context>(", {}", p.reason);
        if (p.stalled) text += weir::detail::text_of<Context>(", stalled since {}", p.last_progress);
        if (p.failures != 0) text += weir::detail::text_of<Context>(", {} failures: {}", p.failures, p.last_error);
        return put(text, context);
    }
};
