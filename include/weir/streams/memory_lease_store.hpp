// SPDX-License-Identifier: BSL-1.0
// A lease table within the process. Any thread; one mutex, held for a look or a commit. It lives as long as the object:
// where a program's successor goes on, use a store on disk (connectors/sqlite.hpp).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "lease_store.hpp"

namespace weir {

class memory_lease_store {
  public:
    [[nodiscard]] result<std::vector<lease>> list() const {
        const std::lock_guard hold(mutex_);
        std::vector<lease> all;
        all.reserve(rows_.size());
        for (const auto& row : rows_) all.push_back(row.second);
        return all;
    }
    [[nodiscard]] result<std::optional<lease>> get(shard_id shard) const {
        const std::lock_guard hold(mutex_);
        const auto found = rows_.find(shard);
        return found == rows_.end() ? std::optional<lease>() : std::optional<lease>(found->second);
    }
    result<bool> commit(std::span<const lease_write> writes) {
        const std::lock_guard hold(mutex_);
        if (writes.size() == 1) return apply(rows_, writes[0]);
        std::map<shard_id, lease> next = rows_;  // conditions see the writes before them
        for (const lease_write& w : writes) {
            if (!apply(next, w)) return false;
        }
        rows_.swap(next);
        return true;
    }

  private:
    static bool apply(std::map<shard_id, lease>& rows, const lease_write& w) {
        const auto found = rows.find(w.row.shard);
        if (!w.allowed(found == rows.end() ? nullptr : &found->second)) return false;
        if (w.what == lease_write::action::erase) {
            rows.erase(found);
        } else if (w.what == lease_write::action::replace || found == rows.end()) {
            rows.insert_or_assign(w.row.shard, w.row);
        }
        return true;
    }

    mutable std::mutex mutex_;
    std::map<shard_id, lease> rows_;
};

static_assert(lease_store<memory_lease_store>);

}  // namespace weir
