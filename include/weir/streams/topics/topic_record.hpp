// SPDX-License-Identifier: BSL-1.0
// What a topic holds: a record as it is stored and read. Key, value and header values may be null; no value with a key
// is a tombstone (T21). Producers fill key, value, headers and time; the partition gives the rest.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"

namespace weir {

struct topic_header {
    std::string name;
    std::optional<std::string> value = std::nullopt;
    friend bool operator==(const topic_header&, const topic_header&) = default;
};

/// A control record marks where a transaction ended; readers never see one.
enum class topic_record_kind : unsigned char { data, commit_marker, abort_marker };

template <class T>
struct topic_record {
    std::optional<std::string> key = std::nullopt;
    std::optional<T> value = std::nullopt;
    std::vector<topic_header> headers = {};
    std::optional<instant> time = std::nullopt;  // none: the topic's clock when it is appended
    std::int64_t offset = -1;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    topic_record_kind kind = topic_record_kind::data;
    bool transactional = false;
};

namespace detail {

template <class T>
[[nodiscard]] std::size_t topic_value_bytes(const T& value) noexcept {
    if constexpr (requires {
                      { value.size() } -> std::convertible_to<std::size_t>;
                  }) {
        return static_cast<std::size_t>(value.size()) * sizeof(*std::begin(value));
    } else {
        return sizeof(T);
    }
}
/// Bytes of a zigzag varint that holds the length n.
[[nodiscard]] constexpr std::size_t length_bytes(std::size_t n) noexcept {
    std::size_t bytes = 1;
    for (n *= 2; n >= 128; n /= 128) ++bytes;
    return bytes;
}
inline constexpr std::size_t batch_header_bytes = 61;

/// What the record takes in a batch of Kafka's format 2, alone or at its beginning.
template <class T>
[[nodiscard]] std::size_t topic_record_bytes(const topic_record<T>& r) noexcept {
    const auto nullable = [](const auto& what, auto&& size) {
        const std::size_t n = what ? size(*what) : 0;
        return what ? length_bytes(n) + n : std::size_t{1};
    };
    const auto text = [](const std::string& s) { return s.size(); };
    std::size_t n = 3 + nullable(r.key, text) + nullable(r.value, [](const T& v) { return topic_value_bytes(v); })
                    + length_bytes(r.headers.size());
    for (const topic_header& h : r.headers) n += length_bytes(h.name.size()) + h.name.size() + nullable(h.value, text);
    return length_bytes(n) + n;
}

}  // namespace detail
}  // namespace weir
