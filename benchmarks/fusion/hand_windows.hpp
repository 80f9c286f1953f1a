// SPDX-License-Identifier: BSL-1.0
// Tumbling windows by hand: one table each, the last one is tried first, tables keep their memory.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <weir/support/flat_table.hpp>
#include <weir/support/instant.hpp>

#include "chains.hpp"

namespace fusion::hand {

inline constexpr std::int64_t size = 60'000'000;
inline constexpr std::int64_t bound_us = 5'000'000;

inline std::int64_t start_of(std::int64_t time) { return weir::floor_div(time, size) * size; }

template <class Key>
class windows {
  public:
    template <class K>
    [[gnu::always_inline]] void add(std::int64_t time, const K& key, std::int64_t value) {
        if (current_ == nullptr
            || static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(start_)
                   >= static_cast<std::uint64_t>(size)) [[unlikely]] {
            if (!select(time)) return;
        }
        ++out.absorbed;
        if (auto* e = current_->find(key)) [[likely]] {
            ++e->value.count;
            if (__builtin_add_overflow(e->value.sum, value, &e->value.sum)) [[unlikely]]
                __builtin_trap();
        } else {
            begin(key, value);
        }
    }
    /// Fires what ends at or before the watermark.
    [[gnu::noinline]] void advance(std::int64_t watermark) {
        watermark_ = watermark;
        while (!open_.empty() && open_.front().start + size - 1 <= watermark_) {
            for (const auto& e : open_.front().entries) {
                ++out.made;
                ++out.taken;
                out.result += mix(e.key, e.value.count, e.value.sum);
            }
            open_.front().entries.clear();
            spare_.push_back(std::move(open_.front().entries));
            open_.pop_front();
            current_ = nullptr;
        }
    }
    outcome out;

  private:
    struct totals {
        std::int64_t count;
        std::int64_t sum;
    };
    using table = weir::flat_table<Key, totals>;
    struct open {
        std::int64_t start;
        table entries;
    };
    template <class K>
    [[gnu::noinline]] void begin(const K& key, std::int64_t value) {
        current_->try_emplace(key, totals{1, value});
    }
    [[gnu::noinline]] bool select(std::int64_t time) {
        const std::int64_t start = start_of(time);
        if (start + size - 1 <= watermark_) {
            ++out.late;
            return false;
        }
        auto at = open_.end();
        while (at != open_.begin() && (at - 1)->start > start) --at;
        if (at != open_.begin() && (at - 1)->start == start) {
            --at;
        } else {
            at = open_.insert(at, open{start, {}});
            if (!spare_.empty()) {
                at->entries = std::move(spare_.back());
                spare_.pop_back();
            }
        }
        current_ = &at->entries;
        start_ = start;
        return true;
    }
    std::deque<open> open_;
    std::vector<table> spare_;
    table* current_ = nullptr;
    std::int64_t start_ = 0;
    std::int64_t watermark_ = INT64_MIN;
};

}  // namespace fusion::hand
