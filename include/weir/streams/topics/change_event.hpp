// SPDX-License-Identifier: BSL-1.0
// A log of database changes as Debezium writes it, and its fold into the table (T28): `before`, `after` and what
// happened. A delete is followed by a tombstone; a change of the key is a delete, a tombstone and a create.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../support/result.hpp"

namespace weir {

/// By Debezium's letters.
enum class change_op : char { read = 'r', create = 'c', update = 'u', remove = 'd', truncate = 't', message = 'm' };

template <class Row>
struct change_event {
    change_op op = change_op::create;
    std::optional<Row> before = std::nullopt;
    std::optional<Row> after = std::nullopt;
    std::int64_t ts_ms = 0;
};

/// One thread at a time.
template <class Row>
class change_table {
  public:
    /// `key` is the record's; no event: a tombstone. `errc::bad_format`: the event lacks what its op needs; nothing
    /// changed.
    result<void> apply(const std::optional<std::string>& key, const std::optional<change_event<Row>>& event) {
        if (event && event->op == change_op::message) return {};
        if (event && event->op == change_op::truncate) {
            rows_.clear();
            return {};
        }
        if (!key) return error{errc::bad_format, "a change of a row has a key; this record has none", ""};
        if (!event || event->op == change_op::remove) {
            rows_.erase(*key);
            return {};
        }
        if (event->op != change_op::read && event->op != change_op::create && event->op != change_op::update) {
            return error{errc::bad_format, "the op is none of r, c, u, d, t, m", *key};
        }
        if (!event->after) return error{errc::bad_format, "a read, create or update has the row after it", *key};
        rows_.insert_or_assign(*key, *event->after);
        return {};
    }
    [[nodiscard]] const Row* find(std::string_view key) const {
        const auto at = rows_.find(key);
        return at == rows_.end() ? nullptr : &at->second;
    }
    [[nodiscard]] const std::map<std::string, Row, std::less<>>& rows() const noexcept { return rows_; }

  private:
    std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace weir
