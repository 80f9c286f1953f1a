// SPDX-License-Identifier: BSL-1.0
// The user records of a Kinesis record that may be an aggregated one (aggregate_writer.hpp has the format).
//
// The bytes come from outside: nothing is taken on trust. What is too short, has another magic or checksum, or is not
// the protobuf message it should be (an index beyond its table, a field that is required and not there, a length beyond
// the end) is no aggregate and is one record, as it is (C01). Views refer to the payload. The reader keeps its memory:
// no allocation per record. One thread at a time; linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "../support/byte_io.hpp"
#include "../support/md5.hpp"
#include "aggregate_writer.hpp"
#include "hash_key.hpp"
#include "partition_key.hpp"

namespace weir {

/// A user record within a Kinesis record (C02).
struct user_record {
    std::string_view partition_key;
    std::optional<hash_key> explicit_hash_key = {};
    std::string_view data;
    std::uint64_t sub_sequence_number = 0;  // its place, from 0

    [[nodiscard]] hash_key hash() const noexcept {
        return explicit_hash_key ? *explicit_hash_key : hash_of(partition_key);
    }
};

class aggregate_reader {
  public:
    /// The user records of `payload`; the payload itself, with the record's key, where it is no aggregate. Good until
    /// the next call, and as long as what was given.
    [[nodiscard]] std::span<const user_record> read(std::string_view payload, std::string_view partition_key) {
        aggregated_ = parse(payload);
        if (!aggregated_) {
            records_.clear();
            records_.push_back({partition_key, {}, payload, 0});
        }
        return records_;
    }
    /// The same for a reader of the shard with these keys: an aggregate of which a record belongs elsewhere is of
    /// another shard map and is dropped whole (C03); `dropped()` counts its user records.
    [[nodiscard]] std::span<const user_record> read_in(const hash_range& keys, std::string_view payload,
                                                       std::string_view partition_key) {
        const std::span<const user_record> all = read(payload, partition_key);
        if (!aggregated_) return all;
        for (const user_record& r : all) {
            if (!keys.contains(r.hash())) {
                dropped_ += all.size();
                return {};
            }
        }
        return all;
    }

    /// What was read last was an aggregate.
    [[nodiscard]] bool aggregated() const noexcept { return aggregated_; }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    [[nodiscard]] bool parse(std::string_view payload) {
        constexpr std::size_t frame = detail::aggregate_magic.size() + sizeof(md5_digest);
        if (payload.size() < frame + 1 || !payload.starts_with(detail::aggregate_magic)) return false;
        const std::string_view message = payload.substr(detail::aggregate_magic.size(), payload.size() - frame);
        const md5_digest sum = md5(message);
        if (std::memcmp(sum.data(), payload.data() + payload.size() - sum.size(), sum.size()) != 0) return false;
        keys_.clear();
        explicit_keys_.clear();
        unresolved_.clear();
        byte_reader in(message);
        while (in.left() > 0) {
            const std::uint64_t tag = in.varint();
            switch (tag) {
            case 0x0A:
                keys_.push_back(in.text());
                break;
            case 0x12: {
                const result<hash_key> key = hash_key::parse(in.text());
                if (!key) return false;
                explicit_keys_.push_back(*key);
                break;
            }
            case 0x1A:
                if (!parse_record(in.text())) return false;
                break;
            default:
                if (!skip(in, tag)) return false;
            }
            if (!in.ok()) return false;
        }
        records_.clear();
        for (const entry& e : unresolved_) {
            if (e.key >= keys_.size() || (e.has_explicit && e.explicit_key >= explicit_keys_.size())) return false;
            user_record r{keys_[static_cast<std::size_t>(e.key)], {}, e.data, records_.size()};
            if (e.has_explicit) r.explicit_hash_key = explicit_keys_[static_cast<std::size_t>(e.explicit_key)];
            records_.push_back(r);
        }
        return true;
    }
    [[nodiscard]] bool parse_record(std::string_view encoded) {
        byte_reader in(encoded);
        entry e;
        bool has_key = false;
        bool has_data = false;
        while (in.left() > 0) {
            const std::uint64_t tag = in.varint();
            switch (tag) {
            case 0x08:
                e.key = in.varint();
                has_key = true;
                break;
            case 0x10:
                e.explicit_key = in.varint();
                e.has_explicit = true;
                break;
            case 0x1A:
                e.data = in.text();
                has_data = true;
                break;
            default:  // tags among them, which nobody uses
                if (!skip(in, tag)) return false;
            }
            if (!in.ok()) return false;
        }
        if (!has_key || !has_data) return false;
        unresolved_.push_back(e);
        return true;
    }
    /// A field that is not known, by its wire type; groups are refused.
    [[nodiscard]] static bool skip(byte_reader& in, std::uint64_t tag) noexcept {
        if (tag >> 3U == 0) return false;
        switch (tag & 7U) {
        case 0:
            static_cast<void>(in.varint());
            break;
        case 1:
            static_cast<void>(in.take(8));
            break;
        case 2:
            static_cast<void>(in.text());
            break;
        case 5:
            static_cast<void>(in.take(4));
            break;
        default:
            return false;
        }
        return in.ok();
    }

    struct entry {
        std::uint64_t key = 0;
        std::uint64_t explicit_key = 0;
        bool has_explicit = false;
        std::string_view data;
    };
    std::vector<std::string_view> keys_;
    std::vector<hash_key> explicit_keys_;
    std::vector<entry> unresolved_;
    std::vector<user_record> records_;
    std::uint64_t dropped_ = 0;
    bool aggregated_ = false;
};

}  // namespace weir
