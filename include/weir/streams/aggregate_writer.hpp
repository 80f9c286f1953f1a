// SPDX-License-Identifier: BSL-1.0
// Many user records as one Kinesis record: the Kinesis Producer Library's aggregated record, byte for byte.
//
//   F3 89 9A C2 | protobuf AggregatedRecord | MD5 of the protobuf bytes
//   AggregatedRecord { 1: partition keys, 2: explicit hash keys, 3: records { 1: index, 2: index, 3: data } }
//
// A key stands once in its table, and records refer to it by index (P01). The record's own partition key is "a", and
// its explicit hash key the hash of the first user record. One thread at a time; memory is kept between records.
// A 4-byte length is never reached: `size()` says beforehand how long the record will be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "../support/md5.hpp"
#include "hash_key.hpp"

namespace weir {

namespace detail {

inline constexpr std::string_view aggregate_magic{"\xF3\x89\x9A\xC2", 4};

[[nodiscard]] constexpr std::size_t varint_size(std::uint64_t n) noexcept {
    std::size_t size = 1;
    for (; n >= 0x80; n >>= 7U) ++size;
    return size;
}
inline void put_varint(std::string& out, std::uint64_t n) {
    for (; n >= 0x80; n >>= 7U) out.push_back(static_cast<char>(n | 0x80U));
    out.push_back(static_cast<char>(n));
}

/// A table of an aggregated record: each text once.
class aggregate_table {
  public:
    explicit aggregate_table(char tag) noexcept : tag_(tag) {}

    /// How many bytes `text` would add, and its index.
    [[nodiscard]] std::size_t cost(std::string_view text) const {
        return index_.contains(text) ? 0 : 1 + varint_size(text.size()) + text.size();
    }
    [[nodiscard]] std::uint64_t index(std::string_view text) const {
        const auto at = index_.find(text);
        return at != index_.end() ? at->second : index_.size();
    }
    std::uint64_t add(std::string_view text) {
        const auto at = index_.find(text);
        if (at != index_.end()) return at->second;
        bytes_.push_back(tag_);
        put_varint(bytes_, text.size());
        bytes_.append(text);
        return index_.emplace(std::string(text), index_.size()).first->second;
    }
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
    void clear() {
        index_.clear();
        bytes_.clear();
    }

  private:
    char tag_;
    std::map<std::string, std::uint64_t, std::less<>> index_;
    std::string bytes_;
};

}  // namespace detail

class aggregate_writer {
  public:
    /// The partition key of every aggregated record.
    static constexpr std::string_view partition_key = "a";

    void add(std::string_view key, const std::optional<hash_key>& explicit_hash_key, std::string_view data) {
        const std::string explicit_text = explicit_hash_key ? to_string(*explicit_hash_key) : std::string{};
        const std::uint64_t key_index = keys_.add(key);
        std::size_t size = 1 + detail::varint_size(key_index) + 1 + detail::varint_size(data.size()) + data.size();
        std::uint64_t explicit_index = 0;
        if (explicit_hash_key) {
            explicit_index = explicit_keys_.add(explicit_text);
            size += 1 + detail::varint_size(explicit_index);
        }
        records_.push_back('\x1A');
        detail::put_varint(records_, size);
        records_.push_back('\x08');
        detail::put_varint(records_, key_index);
        if (explicit_hash_key) {
            records_.push_back('\x10');
            detail::put_varint(records_, explicit_index);
        }
        records_.push_back('\x1A');
        detail::put_varint(records_, data.size());
        records_.append(data);
        ++count_;
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// Of the whole record, as `finish` would give it.
    [[nodiscard]] std::size_t size() const noexcept {
        return detail::aggregate_magic.size() + keys_.bytes().size() + explicit_keys_.bytes().size() + records_.size()
               + sizeof(md5_digest);
    }
    /// The same with one record more.
    [[nodiscard]] std::size_t size_with(std::string_view key, const std::optional<hash_key>& explicit_hash_key,
                                        std::string_view data) const {
        std::size_t record =
            1 + detail::varint_size(keys_.index(key)) + 1 + detail::varint_size(data.size()) + data.size();
        std::size_t added = keys_.cost(key);
        if (explicit_hash_key) {
            const std::string text = to_string(*explicit_hash_key);
            record += 1 + detail::varint_size(explicit_keys_.index(text));
            added += explicit_keys_.cost(text);
        }
        return size() + added + 1 + detail::varint_size(record) + record;
    }

    /// The record; the writer is empty then.
    [[nodiscard]] std::string finish() {
        std::string out;
        out.reserve(size());
        out.append(detail::aggregate_magic).append(keys_.bytes()).append(explicit_keys_.bytes()).append(records_);
        const md5_digest sum = md5(std::string_view(out).substr(detail::aggregate_magic.size()));
        out.append(reinterpret_cast<const char*>(sum.data()), sum.size());
        clear();
        return out;
    }
    void clear() {
        keys_.clear();
        explicit_keys_.clear();
        records_.clear();
        count_ = 0;
    }

  private:
    detail::aggregate_table keys_{'\x0A'};
    detail::aggregate_table explicit_keys_{'\x12'};
    std::string records_;
    std::size_t count_ = 0;
};

}  // namespace weir
