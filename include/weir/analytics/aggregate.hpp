// SPDX-License-Identifier: BSL-1.0
// aggregate<Result>(aggregates...): one result per key and window.
//
//     | weir::tumble(1min)
//     | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>())
//
// `Result` is filled by name and type: the key goes into the field of its name, the window into the field of type
// `window_bounds`, each aggregate into the field of its name. A field nobody fills, or a name that is not there, does
// not compile. The result keeps the key and carries event time `window.end - 1 us`.
//
// A window [start, end) fires when the watermark reaches end - 1 us, in order of start; its keys come in the order in
// which they first arrived. A record whose window has fired leaves by the output `late`, as it came. State is a table
// per open window; a new key or window allocates, a record in steady state does not. Firing stops at `full` and goes
// on in `resume()`.
#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include "../core/pipeline.hpp"
#include "../schema/fields.hpp"
#include "../support/box.hpp"
#include "../support/flat_table.hpp"
#include "aggregates/concepts.hpp"
#include "detail/result_fields.hpp"
#include "windows/tumble.hpp"

namespace weir {
namespace detail {

/// The windows of one chain that are open, and where firing stopped.
template <class Key, class States>
struct window_store {
    struct open_window {
        std::int64_t start;
        flat_table<Key, States> table{};
    };

    std::vector<box<open_window>> open;      // by start
    std::vector<box<open_window>> reusable;  // their tables keep their memory
    std::int64_t size;
    std::int64_t watermark = INT64_MIN;
    std::int64_t fire_until = INT64_MIN;
    std::size_t fired_entries = 0;
    bool firing = false;
    bool ending = false;

    explicit window_store(std::int64_t window_size) : size(window_size) {}

    [[nodiscard]] std::int64_t last_us(std::int64_t start) const noexcept {
        std::int64_t last = 0;
        return __builtin_add_overflow(start, size - 1, &last) ? INT64_MAX : last;
    }

    /// The window of a time, opened if need be; null where it has fired.
    [[nodiscard]] WEIR_NOINLINE open_window* select(std::int64_t time) {
        const std::int64_t bucket = floor_div(time, size);
        std::int64_t start = 0;
        if (__builtin_mul_overflow(bucket, size, &start)) start = INT64_MIN;
        if (last_us(start) <= watermark) return nullptr;
        auto at = open.end();
        while (at != open.begin() && (*(at - 1))->start > start) --at;
        if (at != open.begin() && (*(at - 1))->start == start) return &**(at - 1);
        box<open_window> fresh = [&] {
            if (reusable.empty()) return box<open_window>(in_box, start);
            box<open_window> back = std::move(reusable.back());
            reusable.pop_back();
            back->start = start;
            return back;
        }();
        return &**open.insert(at, std::move(fresh));
    }

    void retire_first() {
        open.front()->table.clear();
        reusable.push_back(std::move(open.front()));
        open.erase(open.begin());
        fired_entries = 0;
    }
};

template <class Next, class Plan>
struct aggregate_receiver {
    using needs = tags_union<typename Plan::needs, needs_of_sides<Next>>;
    using store = window_store<typename Plan::key, typename Plan::states>;
    using window = typename store::open_window;

    const stage_info* stage;
    Plan plan;
    Next next;
    box<store> windows;
    std::int64_t size;
    window* current = nullptr;       // the window of the last record
    std::int64_t current_start = 0;
    std::uint64_t absorbed = 0;
    std::uint64_t late = 0;
    std::uint64_t made = 0;

    template <class MakeNext>
    aggregate_receiver(const stage_info* info, Plan p, std::int64_t size_us, MakeNext make_next)
        : stage(info), plan(std::move(p)), next(make_next()), windows(in_box, size_us), size(size_us) {}

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const instant time = read_meta<meta_of::event_time>(meta, value);
        // One comparison: in the window of the last record, which is open and so not late.
        if (current == nullptr || static_cast<std::uint64_t>(time.us) - static_cast<std::uint64_t>(current_start) >=
                                      static_cast<std::uint64_t>(size)) [[unlikely]] {
            if (!select(time)) {
                ++late;
                return next.template put_to<"late">(static_cast<V&&>(value), meta);
            }
        }
        decltype(auto) key = Plan::key_of(meta, value);
        ++absorbed;
        auto* entry = current->table.find(key);
        if (entry != nullptr) [[likely]] {
            add(entry->value, value, time);
        } else {
            open_key(key, value, time);
        }
        return flow::more;
    }

    flow advance(instant watermark) {
        windows->watermark = watermark.us > windows->watermark ? watermark.us : windows->watermark;
        if (windows->open.empty() || windows->last_us(windows->open.front()->start) > watermark.us) {
            return next.advance(watermark);
        }
        return begin_firing(watermark.us, false);
    }
    flow idle() { return next.idle(); }
    flow finish() { return begin_firing(INT64_MAX, true); }
    WEIR_COLD flow resume() {
        const flow f = next.resume();
        return f == flow::more && windows->firing ? fire() : f;
    }
    [[nodiscard]] instant due() const { return next.due(); }
    flow tick(instant now) { return next.tick(now); }
    [[nodiscard]] std::int64_t grain() const { return common_grain(size, next.grain()); }

    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        out.begin(*stage);
        out.value(windows->watermark);
        out.value(static_cast<std::uint64_t>(windows->open.size()));
        for (const auto& w : windows->open) {
            out.value(w->start);
            out.value(static_cast<std::uint64_t>(w->table.size()));
            for (const auto& entry : w->table) {
                out.value(entry.key);
                out.value(entry.value);
            }
        }
        out.end();
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        if (in.begin(*stage)) {
            std::uint64_t open = 0;
            in.value(windows->watermark);
            in.value(open);
            for (std::uint64_t i = 0; i < open; ++i) {
                std::int64_t start = 0;
                std::uint64_t keys = 0;
                in.value(start);
                in.value(keys);
                const std::int64_t watermark = std::exchange(windows->watermark, INT64_MIN);
                window* w = windows->select(start);
                windows->watermark = watermark;
                for (std::uint64_t k = 0; k < keys; ++k) {
                    typename Plan::key key{};
                    typename Plan::states states{};
                    in.value(key);
                    in.value(states);
                    w->table.try_emplace(std::move(key), std::move(states));
                }
            }
            in.end();
        }
        next.restore(in);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.made = made, .absorbed = absorbed, .late = late});
        next.account(ledger);
    }

  private:
    WEIR_NOINLINE bool select(instant time) {
        window* w = windows->select(time.us);
        if (w == nullptr) return false;
        current = w;
        current_start = w->start;
        return true;
    }

    template <class V>
    WEIR_INLINE void add(typename Plan::states& states, const V& value, instant time) {
        try {
            plan.add(states, value, time);
        } catch (...) {
            blame(stage);
            throw;
        }
    }

    template <class K, class V>
    WEIR_NOINLINE void open_key(const K& key, const V& value, instant time) {
        try {
            current->table.try_emplace(typename Plan::key(key), plan.start(value, time));
        } catch (...) {
            blame(stage);
            throw;
        }
    }

    WEIR_NOINLINE flow begin_firing(std::int64_t until, bool ending) {
        windows->firing = true;
        windows->ending = ending;
        windows->fire_until = until;
        current = nullptr;
        return fire();
    }

    /// From where it stopped; the watermark, or the end, follows the last result.
    WEIR_NOINLINE flow fire() {
        store& s = *windows;
        while (!s.open.empty() && (s.ending || s.last_us(s.open.front()->start) <= s.fire_until)) {
            window& w = *s.open.front();
            const std::int64_t last = s.last_us(w.start);
            while (s.fired_entries < w.table.size()) {
                auto& entry = w.table.entry(static_cast<std::uint32_t>(s.fired_entries));
                ++s.fired_entries;
                ++made;
                const flow f = next.put(plan.result(entry.key, entry.value, w.start, last), plan.meta(last));
                if (f == flow::full) return f;
                if (f == flow::done) {
                    while (!s.open.empty()) s.retire_first();
                    s.firing = false;
                    return s.ending ? next.finish() : f;
                }
            }
            s.retire_first();
        }
        s.firing = false;
        return s.ending ? next.finish() : next.advance(instant{s.fire_until});
    }
};

template <class Result, class... Aggregates>
struct aggregate_stage : stage_base<aggregate_stage<Result, Aggregates...>> {
    using outputs = output_names<"late">;

    std::tuple<Aggregates...> aggregates;

    constexpr explicit aggregate_stage(std::tuple<Aggregates...> list) : aggregates(std::move(list)) {}

    template <bool Decided>
    static constexpr bool outputs_decided() {
        static_assert(Decided, "weir::aggregate: its output \"late\" is open; put | on<\"late\">(sink) or | "
                               "on<\"late\">(weir::discard) behind it");
        return Decided;
    }

    template <class In>
    static constexpr bool accepts() {
        constexpr bool windowed = In::windowed;
        static_assert(windowed, "weir::aggregate: the flow has no windows; put | tumble(size) before it");
        constexpr bool partitioned = In::partitioning != partition::unkeyed;
        static_assert(partitioned, "weir::aggregate: the flow was split by another key than the present one; put | "
                                   "shard(n) behind key_by");
        if constexpr (windowed && partitioned) {
            constexpr bool fits = (aggregate_of<Aggregates, typename In::value_type> && ...);
            static_assert(fits, "weir::aggregate: an aggregate does not fit the record; its member must be one of "
                                "the type that reaches this stage");
            if constexpr (fits) return check_result_fields<Result, In, Aggregates...>();
        }
        return false;
    }

    template <class In>
    [[nodiscard]] constexpr auto out(const In&) const {
        return stream<Result, category::given, typename aggregate_plan<Result, In, Aggregates...>::out_meta, no_window,
                      In::partitioning>{};
    }
    /// A late record leaves as it came.
    template <fixed_string Name, class In>
    [[nodiscard]] auto side(const In&) const {
        return with_window<In, no_window>{};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In& in, MakeNext make_next) {
        using plan = aggregate_plan<Result, In, Aggregates...>;
        return aggregate_receiver<decltype(make_next(b)), plan>(b.info("aggregate"), plan{aggregates},
                                                                in.window.size_us, [&] { return make_next(b); });
    }
};

}  // namespace detail

/// One `Result` per key and window, made of these aggregates.
template <class Result, class... Aggregates>
[[nodiscard]] constexpr auto aggregate(Aggregates... aggregates) {
    return detail::aggregate_stage<Result, Aggregates...>(std::tuple<Aggregates...>(std::move(aggregates)...));
}

}  // namespace weir
