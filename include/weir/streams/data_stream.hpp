// SPDX-License-Identifier: BSL-1.0
// data_stream: a retained, sharded stream within the process, with the semantics of Amazon Kinesis Data Streams.
//
//     weir::data_stream<hit, &hit::host> hits{"hits", {.shards = 4}};
//     hits.put_record(h);                                    // -> shard and sequence number, or why not
//     weir::run(weir::from(hits, {.start = weir::trim_horizon}) | ... );                   streams/from_stream.hpp
//     source | weir::to(hits)                                                              streams/to_stream.hpp
//
//     weir::data_stream<weir::bytes> raw{"raw", {.shards = 2}};
//     raw.put_record("data", "partition key");
//
// A handle: copies are the same stream. Any thread may call anything. A record goes to the open shard whose range of
// hash keys has the MD5 of its partition key (K01, K29), or its explicit hash key; in a shard records have a total
// order, and of one key across reshards too when parents are read to the end before their children. A typed record's
// key is part of the type: text, integers, enums or time points, several joined by `|`; it is not checked, since it
// never leaves the process. Bytes are checked as Kinesis does (K04 to K08).
//
// put_record is lock-free but for the moment in which another thread puts into the same shard (append_right.hpp), and
// allocates only at a segment's end; a quota (`capacity_mode`) costs a mutex. Records stay for the retention, by the
// given clock; whole segments go. Errors are values: `errc::resource_not_found`, `invalid_argument`,
// `provisioned_throughput_exceeded`, `limit_exceeded`, `resource_in_use`, `expired_iterator`, `expired_next_token`,
// `validation`, `closed`; nothing has changed then.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../schema/codec.hpp"
#include "../support/config.hpp"
#include "detail/key_text.hpp"
#include "detail/recent_hashes.hpp"
#include "detail/stream_handle.hpp"
#include "keyed_bytes.hpp"
#include "operations.hpp"
#include "partition_key.hpp"
#include "stream_options.hpp"

namespace weir {

/// A typed record as get_records gives it.
template <class T>
struct typed_record {
    sequence_number number;
    instant arrival;
    T data;
};

/// A stream of `T`, keyed by these members.
template <class T, auto... Key>
class data_stream : public detail::stream_handle<T> {
    static_assert(std::is_object_v<T> && std::is_move_constructible_v<T>,
                  "weir::data_stream: a record is an object that can be moved");
    static_assert(sizeof...(Key) > 0, "weir::data_stream: name the members that are the partition key, as in "
                                      "data_stream<hit, &hit::host>; or use data_stream<weir::bytes>");
    static_assert((detail::partition_member<Key> && ...),
                  "weir::data_stream: a partition key is text, an integer, an enum or a time point");

  public:
    using value_type = T;
    /// The key as stages see it, as behind `key_by<...>()`.
    using key_entry = typename detail::key_by_members<Key...>::entry;
    using record = typed_record<T>;

    /// Throws std::invalid_argument for a name or options that are none.
    explicit data_stream(std::string name, stream_options options = {})
        : detail::stream_handle<T>(std::move(name), std::move(options)) {}

    /// Any thread. Where keys come again it need not hash them: each thread that puts remembers some, in 64 KiB.
    result<put_record_result> put_record(T&& value, const put_options& options = {}) const {
        return put_one(static_cast<T&&>(value), options);
    }
    result<put_record_result> put_record(const T& value, const put_options& options = {}) const
        requires std::copy_constructible<T>
    {
        if constexpr (std::is_trivially_copyable_v<T>) {
            return put_one(value, options);
        } else {
            return put_one(T(value), options);  // not while it holds the shard's append right
        }
    }
    template <class V>
        requires(!std::convertible_to<V, T>)
    result<put_record_result> put_record(V&&, const put_options& = {}) const {
        constexpr bool is_record = sizeof(V) == 0;
        static_assert(is_record, "weir::data_stream: put_record takes the stream's record; make one of this value, or "
                                 "give the stream its type, as in data_stream<hit, &hit::host>");
        return error{errc::invalid_argument, "", ""};
    }
    /// Each is tried; the answers are in the order of the records, and so are the records of one key.
    template <std::ranges::input_range R>
        requires std::constructible_from<T, std::ranges::range_reference_t<R>>
    [[nodiscard]] result<put_records_result> put_records(R&& records) const {
        if constexpr (std::is_trivially_copyable_v<T> && std::ranges::contiguous_range<R> && std::ranges::sized_range<R>
                      && std::same_as<std::ranges::range_value_t<R>, T>) {
            return put_batch<const T&>(std::span<const T>(std::ranges::data(records), std::ranges::size(records)));
        } else {
            std::vector<T> all;
            if constexpr (std::ranges::sized_range<R>) all.reserve(std::ranges::size(records));
            for (auto&& r : records) all.push_back(T(std::forward<decltype(r)>(r)));
            return put_batch<T&&>(std::span<T>(all));
        }
    }
    /// Records for the shard that has this hash key, in a row: all of them are stored, or none. Without the limits of a
    /// request; the cheapest way in, for who knows where records belong.
    template <std::ranges::sized_range R>
        requires std::ranges::forward_range<R> && std::constructible_from<T, std::ranges::range_reference_t<R>>
    [[nodiscard]] result<put_span_result> put_span(R&& records, hash_key explicit_hash_key) const {
        return this->core_->put_span(explicit_hash_key, this->core_->now(), records,
                                     [this](const T& r) { return counted_size(r); });
    }

    [[nodiscard]] result<records_page<record>> get_records(const shard_iterator& it, std::size_t limit = 10'000) const
        requires std::copy_constructible<T>
    {
        return this->core_->template get_records<record>(it, limit, copy_record, size_of_record());
    }
    /// For the library's own readers: no quota, no iterator's life.
    [[nodiscard]] records_page<record> read_page(detail::stream_shard<T>& shard, std::uint64_t position, instant now,
                                                 std::uint64_t& counted) const {
        const std::size_t most = this->core_->options().limits.page_records;
        return this->core_->template read_page<record>(shard, position, most, now, copy_record, size_of_record(),
                                                       counted);
    }

    [[nodiscard]] static hash_key hash_of_record(const T& value) {
        return hash_of(detail::key_text<Key...>(value).text());
    }
    /// Of each record; `out` is as long as `all`.
    static void hash_records(std::span<const T> all, std::span<hash_key> out) {
        constexpr std::size_t at_a_time = 64;
        for (std::size_t first = 0; first < all.size(); first += at_a_time) {
            const std::size_t n = std::min(at_a_time, all.size() - first);
            std::array<std::optional<detail::key_text<Key...>>, at_a_time> texts;
            std::array<std::string_view, at_a_time> keys;
            for (std::size_t i = 0; i < n; ++i) keys[i] = texts[i].emplace(all[first + i]).text();
            hash_of_many(std::span(keys).first(n), out.subspan(first, n));
        }
    }

    /// What it counts with: its encoded size, computed only where a limit applies; else 0.
    [[nodiscard]] WEIR_INLINE std::uint64_t counted_size(const T& value) const {
        return this->core_->counts_bytes() ? encoded_size(value) : 0;
    }
    [[nodiscard]] result<void> check_record(const T& value) const {
        const std::uint64_t size = counted_size(value);
        if (size > this->core_->options().max_record_size) return this->too_large(size);
        return {};
    }

  private:
    [[nodiscard]] WEIR_NOINLINE static std::uint64_t encoded_size(const T& value) {
        if constexpr (std::is_aggregate_v<T> && std::is_copy_constructible_v<T>) {
            byte_writer out;
            encode(out, value);
            return out.size() + detail::key_text<Key...>(value).text().size();
        } else {
            return sizeof(T);
        }
    }
    /// `Source` is what a record is made from: `T&&` or `const T&`.
    template <class Source, class All>
    [[nodiscard]] result<put_records_result> put_batch(All all) const {
        const stream_limits& limits = this->core_->options().limits;
        if (all.empty() || all.size() > limits.request_records) {
            return error{errc::invalid_argument,
                         "put_records takes 1 to " + std::to_string(limits.request_records) + " records", this->name()};
        }
        std::vector<std::uint64_t> sizes;  // nothing: no limit asks for them
        if (this->core_->counts_bytes()) {
            std::uint64_t sum = 0;
            sizes.reserve(all.size());
            for (const T& r : all) {
                sizes.push_back(counted_size(r));
                if (sizes.back() > this->core_->options().max_record_size) return this->too_large(sizes.back());
                sum += sizes.back();
            }
            if (sum > limits.request_bytes) return this->request_too_large(sum);
        }
        if (const result<void> room = this->may_put(); !room) return room.error();
        put_records_result out;
        out.entries.resize(all.size());
        using entry = typename detail::stream_shard<T>::template arriving<Source>;
        const instant now = this->core_->now();
        this->core_->put_all(
            all.size(), now,
            [&](std::size_t i, std::span<hash_key> hashes) { hash_records(all.subspan(i, hashes.size()), hashes); },
            [&](std::size_t i, hash_key hash) {
                return entry{nullptr, hash, sizes.empty() ? 0 : sizes[i], now, static_cast<Source>(all[i])};
            },
            [&](std::size_t i, const put_record_result& r) { out.entries[i].stored = r; },
            [&](std::size_t i, error&& e) { out.refuse(i, std::move(e)); });
        if (const result<void> safe = this->acknowledge(out); !safe) return safe.error();
        return out;
    }
    template <class V>
    result<put_record_result> put_one(V&& value, const put_options& options) const {
        if (const result<void> good = this->core_->check_acknowledge(options.acknowledge); !good) return good.error();
        if (options.sequence_number_for_ordering) {
            if (const result<void> good = this->core_->check_ordering(*options.sequence_number_for_ordering); !good) {
                return good.error();
            }
        }
        const std::uint64_t size = counted_size(value);
        if (size > this->core_->options().max_record_size) return this->too_large(size);
        const instant now = this->core_->now();
        const hash_key hash = options.explicit_hash_key
                                  ? *options.explicit_hash_key
                                  : detail::recent_hash_of(detail::key_text<Key...>(value).text());
        return this->core_->put(hash, size, now, static_cast<V&&>(value), options.acknowledge);
    }
    static constexpr auto copy_record = [](const auto& r, const sequence_number& n) {
        return record{n, r.at.arrival, r.payload};
    };
    [[nodiscard]] auto size_of_record() const {
        return [this](const auto& r) { return counted_size(r.payload); };
    }
};

/// A stream of bytes; the partition key comes with each record.
template <>
class data_stream<bytes> : public detail::stream_handle<keyed_bytes> {
  public:
    using value_type = keyed_bytes;
    struct key_of_bytes {
        [[nodiscard]] const std::string& operator()(const keyed_bytes& r) const noexcept { return r.partition_key; }
        [[nodiscard]] std::string& operator()(keyed_bytes& r) const noexcept { return r.partition_key; }
    };
    using key_entry = lazy<meta_of::key, key_of_bytes>;
    using record = stream_record;

    explicit data_stream(std::string name, stream_options options = {})
        : detail::stream_handle<keyed_bytes>(std::move(name), std::move(options)) {}

    result<put_record_result> put_record(std::string_view data, std::string_view partition_key,
                                         const put_options& options = {}) const {
        const put_entry entry{data, partition_key, options.explicit_hash_key};
        if (const result<void> good = check(entry); !good) return good.error();
        if (const result<void> good = core_->check_acknowledge(options.acknowledge); !good) return good.error();
        if (options.sequence_number_for_ordering) {
            if (const result<void> known = core_->check_ordering(*options.sequence_number_for_ordering); !known) {
                return known.error();
            }
        }
        const hash_key hash =
            options.explicit_hash_key ? *options.explicit_hash_key : detail::recent_hash_of(partition_key);
        return core_->put(hash, size_of(entry), core_->now(), copy_of(entry), options.acknowledge);
    }
    /// 1 to 500 entries; one that is no entry fails the whole call, and nothing is stored (K04, K07, K08). The answer
    /// says of each what became of it (K09); entries of one key keep their order unless one of them fails.
    [[nodiscard]] result<put_records_result> put_records(std::span<const put_entry> entries) const {
        const stream_limits& limits = core_->options().limits;
        if (entries.empty() || entries.size() > limits.request_records) {
            return error{errc::invalid_argument,
                         "put_records takes 1 to " + std::to_string(limits.request_records) + " entries, not "
                             + std::to_string(entries.size()),
                         name()};
        }
        std::uint64_t sum = 0;
        for (const put_entry& e : entries) {
            if (const result<void> good = check(e); !good) return good.error();
            sum += size_of(e);
        }
        if (sum > limits.request_bytes) return request_too_large(sum);
        if (const result<void> room = may_put(); !room) return room.error();
        put_records_result out;
        out.entries.resize(entries.size());
        using entry = detail::stream_shard<keyed_bytes>::arriving<keyed_bytes>;
        const instant now = core_->now();
        core_->put_all(
            entries.size(), now,
            [&](std::size_t i, std::span<hash_key> hashes) { hash_entries(entries.subspan(i, hashes.size()), hashes); },
            [&](std::size_t i, hash_key hash) {
                return entry{nullptr, hash, size_of(entries[i]), now, copy_of(entries[i])};
            },
            [&](std::size_t i, const put_record_result& r) { out.entries[i].stored = r; },
            [&](std::size_t i, error&& e) { out.refuse(i, std::move(e)); });
        if (const result<void> safe = acknowledge(out); !safe) return safe.error();
        return out;
    }

    [[nodiscard]] result<records_page<>> get_records(const shard_iterator& it, std::size_t limit = 10'000) const {
        return core_->get_records<stream_record>(it, limit, copy_record, size_of_record);
    }
    [[nodiscard]] records_page<> read_page(detail::stream_shard<keyed_bytes>& shard, std::uint64_t position,
                                           instant now, std::uint64_t& counted) const {
        const std::size_t most = core_->options().limits.page_records;
        return core_->read_page<stream_record>(shard, position, most, now, copy_record, size_of_record, counted);
    }

    [[nodiscard]] static hash_key hash_of_record(const keyed_bytes& value) { return hash_of(value.partition_key); }
    /// Of each record; `out` is as long as `all`.
    static void hash_records(std::span<const keyed_bytes> all, std::span<hash_key> out) { hash_keys(all, out); }
    [[nodiscard]] std::uint64_t counted_size(const keyed_bytes& value) const noexcept {
        return size_of({value.data, value.partition_key});
    }
    [[nodiscard]] result<void> check_record(const keyed_bytes& value) const {
        return check({value.data, value.partition_key});
    }

  private:
    static constexpr auto copy_record = [](const auto& r, const sequence_number& n) {
        return stream_record{n, r.at.arrival, r.payload.partition_key, r.payload.data};
    };
    static constexpr auto size_of_record = [](const auto& r) {
        return r.payload.partition_key.size() + r.payload.data.size();
    };
    [[nodiscard]] result<void> check(const put_entry& e) const {
        if (const result<void> good = check_partition_key(e.partition_key); !good) return good.error();
        if (size_of(e) > core_->options().max_record_size) return too_large(size_of(e));
        return {};
    }
    [[nodiscard]] static std::uint64_t size_of(const put_entry& e) noexcept {
        return std::uint64_t{e.data.size()} + e.partition_key.size();
    }
    template <class WithKey>
    static void hash_keys(std::span<const WithKey> all, std::span<hash_key> out) {
        constexpr std::size_t at_a_time = 64;
        for (std::size_t first = 0; first < all.size(); first += at_a_time) {
            const std::size_t n = std::min(at_a_time, all.size() - first);
            std::array<std::string_view, at_a_time> keys;
            for (std::size_t i = 0; i < n; ++i) keys[i] = all[first + i].partition_key;
            hash_of_many(std::span(keys).first(n), out.subspan(first, n));
        }
    }
    static void hash_entries(std::span<const put_entry> entries, std::span<hash_key> out) {
        hash_keys(entries, out);
        for (std::size_t i = 0; i < entries.size(); ++i) out[i] = entries[i].explicit_hash_key.value_or(out[i]);
    }
    [[nodiscard]] static keyed_bytes copy_of(const put_entry& e) {
        return {std::string(e.partition_key), std::string(e.data)};
    }
};

}  // namespace weir
