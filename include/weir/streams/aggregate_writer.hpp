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

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../support/hash.hpp"
#include "../support/md5.hpp"
#include "../support/process_seed.hpp"
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
        return find(text, hash(text)).known ? 0 : 1 + varint_size(text.size()) + text.size();
    }
    [[nodiscard]] std::uint64_t index(std::string_view text) const {
        const place at = find(text, hash(text));
        return at.known ? slots_[at.slot] - 1 : entries_.size();
    }
    std::uint64_t add(std::string_view text) {
        if ((entries_.size() + 1) * 2 > slots_.size()) grow();
        const std::uint64_t h = hash(text);
        const place at = find(text, h);
        if (at.known) return slots_[at.slot] - 1;
        bytes_.push_back(tag_);
        put_varint(bytes_, text.size());
        entries_.push_back({h, bytes_.size(), text.size()});
        bytes_.append(text);
        slots_[at.slot] = entries_.size();
        return entries_.size() - 1;
    }
    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    void clear() {
        std::ranges::fill(slots_, std::size_t{0});
        entries_.clear();
        bytes_.clear();
    }

  private:
    /// A text, where it stands in `bytes_`.
    struct entry {
        std::uint64_t hash;
        std::size_t first;
        std::size_t size;
    };
    struct place {
        std::size_t slot = 0;
        bool known = false;
    };

    /// Seeded, so that who chooses keys does not choose their places.
    [[nodiscard]] static std::uint64_t hash(std::string_view text) noexcept {
        return hash_bytes(text.data(), text.size(), process_seed());
    }
    /// Where `text` is, or would be.
    [[nodiscard]] place find(std::string_view text, std::uint64_t h) const noexcept {
        if (slots_.empty()) return {};
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t i = static_cast<std::size_t>(h) & mask;; i = (i + 1) & mask) {
            if (slots_[i] == 0) return {i, false};
            const entry& e = entries_[slots_[i] - 1];
            if (e.hash == h && std::string_view(bytes_).substr(e.first, e.size) == text) return {i, true};
        }
    }
    void grow() {
        slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t n = 0; n < entries_.size(); ++n) {
            std::size_t i = static_cast<std::size_t>(entries_[n].hash) & mask;
            while (slots_[i] != 0) i = (i + 1) & mask;
            slots_[i] = n + 1;
        }
    }

    char tag_;
    std::vector<std::size_t> slots_;  // 0, or the number of an entry plus one; a power of two, at most half full
    std::vector<entry> entries_;
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
