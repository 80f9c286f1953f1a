// SPDX-License-Identifier: BSL-1.0
// The hand-written loops: same table, same window logic, same late check, same counters.
#include "hand.hpp"

#include <weir/support/flat_table.hpp>

#include <deque>

namespace fusion::hand {
namespace {

struct totals {
    std::int64_t count;
    std::int64_t sum;
};

/// Windows with one table each; the last one is tried first.
template <class Key>
class windows {
  public:
    template <class K>
    void add(std::int64_t time, const K& key, std::int64_t value, outcome& out) {
        if (static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(start_) >= size || current_ == nullptr) [[unlikely]] {
            if (!select(time)) return;
        }
        if (auto* e = current_->find(key)) [[likely]] {
            ++e->value.count;
            e->value.sum += value;
        } else {
            current_->try_emplace(Key(key), totals{1, value});
        }
        if (time >= trip_) [[unlikely]] advance(time, out);
    }
    void finish(outcome& out) {
        while (!open_.empty()) fire(out);
    }
    std::uint64_t late = 0;

  private:
    static constexpr std::uint64_t size = 60'000'000;
    static constexpr std::int64_t bound_us = 5'000'000;
    struct open {
        std::int64_t start;
        weir::flat_table<Key, totals> table;
    };
    [[gnu::noinline]] bool select(std::int64_t time) {
        const std::int64_t start = weir::floor_div(time, static_cast<std::int64_t>(size)) * static_cast<std::int64_t>(size);
        if (start + static_cast<std::int64_t>(size) - 1 <= watermark_) {
            ++late;
            return false;
        }
        auto at = open_.end();
        while (at != open_.begin() && (at - 1)->start > start) --at;
        if (at == open_.begin() || (at - 1)->start != start) {
            at = open_.insert(at, open{start, {}});
        } else {
            --at;
        }
        current_ = &at->table;
        start_ = start;
        return true;
    }
    [[gnu::noinline]] void advance(std::int64_t time, outcome& out) {
        watermark_ = time - bound_us - 1;
        trip_ = (weir::floor_div(watermark_, static_cast<std::int64_t>(size)) + 1) * static_cast<std::int64_t>(size) + bound_us + 1;
        while (!open_.empty() && open_.front().start + static_cast<std::int64_t>(size) - 1 <= watermark_) fire(out);
    }
    void fire(outcome& out) {
        for (const auto& e : open_.front().table) {
            ++out.taken;
            out.result = out.result * 31 + e.value.count * 7 + e.value.sum;
        }
        open_.pop_front();
        current_ = nullptr;
    }
    std::deque<open> open_;
    weir::flat_table<Key, totals>* current_ = nullptr;
    std::int64_t start_ = 0;
    std::int64_t watermark_ = INT64_MIN;
    std::int64_t trip_ = INT64_MIN;
};

}  // namespace

outcome map_filter(const inputs& in) {
    outcome out;
    for (const std::int32_t x : in.ints) {
        const std::int64_t y = x * 3L;
        if ((y & 1) != 0) {
            ++out.dropped;
            continue;
        }
        ++out.taken;
        out.result += y + 1;
    }
    return out;
}

outcome take_while(const inputs& in) {
    outcome out;
    for (const std::int32_t x : in.ints) {
        const std::int64_t y = x * 3L;
        if ((y & 1) != 0) {
            ++out.dropped;
            continue;
        }
        const std::int64_t z = y + 1;
        if (z >= 1'000'000) break;
        ++out.taken;
        out.result += z;
    }
    return out;
}

outcome flat_map(const inputs& in) {
    outcome out;
    for (const std::int32_t x : in.ints) {
        const std::int32_t parts[3] = {x, x + 1, x + 2};
        for (const std::int32_t p : parts) {
            if ((p & 1) != 0) {
                ++out.dropped;
                continue;
            }
            ++out.taken;
            out.result += p;
        }
    }
    return out;
}

outcome keyed_fold(const inputs& in) {
    outcome out;
    weir::flat_table<std::int64_t, std::int64_t> sums;
    for (const tick& t : in.ticks) {
        auto* e = sums.find(t.key);
        if (e == nullptr) e = sums.try_emplace(std::int64_t{t.key}, std::int64_t{0}).first;
        e->value += t.value;
        ++out.taken;
        out.result ^= e->value;
    }
    return out;
}

outcome wide_records(const inputs& in) {
    outcome out;
    for (const wide& w : in.wides) {
        wide x = w;
        x.a *= 3;
        if ((x.a & 1) != 0) {
            ++out.dropped;
            continue;
        }
        x.a += 1;
        ++out.taken;
        out.result += x.a;
    }
    return out;
}

outcome int_windows(const inputs& in) {
    outcome out;
    windows<std::int64_t> w;
    for (const tick& t : in.ticks) {
        if ((t.value & 7) == 0) {
            ++out.dropped;
            continue;
        }
        w.add(t.time.time_since_epoch().count(), t.key, t.value, out);
    }
    w.finish(out);
    return out;
}

outcome text_windows(const inputs& in) {
    outcome out;
    windows<std::string> w;
    for (const named_tick& t : in.named) {
        if ((t.value & 7) == 0) {
            ++out.dropped;
            continue;
        }
        w.add(t.time.time_since_epoch().count(), t.key, t.value, out);
    }
    w.finish(out);
    return out;
}

}  // namespace fusion::hand
