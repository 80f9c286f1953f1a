// SPDX-License-Identifier: BSL-1.0
// The leases a worker holds. Renewed in time they stay its own; it lets go by its own clock before anybody else may
// take them: a lease counts as lost when `failover` has passed since a renewal that succeeded was asked for, whereas
// others wait for longer since they saw it (C13, C14). Any thread; one mutex, held while the store is asked.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../consumer_options.hpp"
#include "../lease_table.hpp"

namespace weir::detail {

/// One acquisition: the same shard, lost and taken again, is another object, and what the old one writes fails (C13).
struct held_lease {
    lease row;
    instant until = {};
    bool lost = false;
    bool over = false;    // let go or completed by ourselves
    bool wanted = false;  // another worker waits for it (C19)
    instant let_go_by = instant::max();
};

template <lease_store Store>
class lease_holder {
  public:
    explicit lease_holder(Store& store, const consumer_options& options) noexcept : table_(store), options_(&options) {}

    [[nodiscard]] const lease_table<Store>& table() const noexcept { return table_; }

    /// `asked`: before the store was.
    std::shared_ptr<held_lease> add(lease row, instant asked) {
        const std::lock_guard hold(mutex_);
        auto held = std::make_shared<held_lease>();
        held->row = std::move(row);
        held->until = {asked.us + failover()};
        held_.push_back(held);
        return held;
    }
    [[nodiscard]] bool holds(const held_lease& h, instant now) {
        const std::lock_guard hold(mutex_);
        return !h.lost && now < h.until && now < h.let_go_by;
    }
    [[nodiscard]] bool wanted(const held_lease& h) {
        const std::lock_guard hold(mutex_);
        return h.wanted;
    }
    [[nodiscard]] lease row(const held_lease& h) {
        const std::lock_guard hold(mutex_);
        return h.row;
    }
    void forget(const std::shared_ptr<held_lease>& h) {
        const std::lock_guard hold(mutex_);
        std::erase(held_, h);
    }

    /// When it is due. Never blocks longer than the store.
    void renew(instant now) {
        std::vector<std::shared_ptr<held_lease>> all;
        {
            const std::lock_guard hold(mutex_);
            if (now < next_) return;
            next_ = {now.us + options_->renew_interval()};
            all = held_;
        }
        for (const std::shared_ptr<held_lease>& h : all) {
            const std::lock_guard hold(mutex_);
            if (h->lost || h->over || now >= h->until) continue;
            const result<bool> done = write(*h, now, [this](const lease& seen) { return table_.renew(seen); });
            if (!done) {
                ++failures_;
            } else if (*done) {
                h->until = {now.us + failover()};
            }
        }
    }
    /// `operation` with the row as it is; false: the lease is lost.
    template <class Operation>
    result<bool> change(held_lease& h, instant now, Operation operation) {
        const std::lock_guard hold(mutex_);
        if (h.lost || h.over) return false;
        const result<bool> done = write(h, now, operation);
        if (!done) ++failures_;
        return done;
    }
    /// Likewise, the last thing that is done with it.
    template <class Operation>
    result<bool> finish(held_lease& h, instant now, Operation operation) {
        const std::lock_guard hold(mutex_);
        if (h.lost || h.over) return false;
        const result<bool> done = write(h, now, operation);
        if (!done) ++failures_;
        if (done && *done) h.over = true;
        return done;
    }
    [[nodiscard]] std::uint64_t store_failures() {
        const std::lock_guard hold(mutex_);
        return failures_;
    }
    [[nodiscard]] instant next_renewal() {
        const std::lock_guard hold(mutex_);
        return next_;
    }

  private:
    [[nodiscard]] std::int64_t failover() const noexcept {
        return std::chrono::microseconds(options_->failover).count();
    }

    /// Who changes a row that is ours but its worker: one that asks for it (C19). Then it is done with the row as it
    /// is.
    template <class Operation>
    result<bool> write(held_lease& h, instant now, Operation operation) {
        for (int tries = 0; tries < 4; ++tries) {
            result<std::optional<lease>> done = operation(std::as_const(h.row));
            if (!done) return done.error();
            if (*done) {
                h.row = std::move(**done);
                return true;
            }
            result<std::optional<lease>> there = table_.store().get(h.row.shard);
            if (!there) return there.error();
            if (!*there || (*there)->writer() != options_->worker || (*there)->completed()) {
                h.lost = true;
                return false;
            }
            h.row = std::move(**there);
            if (h.row.state() == lease_state::owned) {
                h.wanted = false;  // who wanted it has left
                h.let_go_by = instant::max();
            } else if (h.row.state() == lease_state::handing_over && !h.wanted) {
                h.wanted = true;
                h.let_go_by = {now.us + std::chrono::microseconds(options_->handoff_timeout).count() - failover()};
            }
        }
        return error{errc::resource_in_use, "the lease changed at each of four tries to write it; try again later",
                     to_string(h.row.shard)};
    }

    lease_table<Store> table_;
    const consumer_options* options_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<held_lease>> held_;
    instant next_ = {};
    std::uint64_t failures_ = 0;
};

}  // namespace weir::detail
