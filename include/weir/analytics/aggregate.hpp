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
// on in `resume()`. An exception of a user's function, or of a sum that overflows, ends the pipeline and names the
// stage.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../core/invoke.hpp"
#include "../core/pipeline.hpp"
#include "../schema/fields.hpp"
#include "../support/box.hpp"
#include "../support/flat_table.hpp"
#include "../support/pack.hpp"
#include "aggregates/concepts.hpp"
#include "detail/result_fields.hpp"
#include "windows/tumble.hpp"

namespace weir {
namespace detail {

/// The windows of one chain that are open, and where firing stopped.
template <class Key, class States>
struct window_store {
    struct open_window {
        std::uint64_t start;  // modulo 2^64: the first window of all times begins before the least of them
        std::int64_t last;    // its last microsecond; the windows' order
        flat_table<Key, States> table{};

        [[nodiscard]] std::int64_t first() const noexcept {
            const auto begin = static_cast<std::int64_t>(start);
            return begin > last ? INT64_MIN : begin;
        }
    };

    std::vector<box<open_window>> open;      // by time
    std::vector<box<open_window>> reusable;  // their tables keep their memory
    std::int64_t size;
    std::int64_t watermark = INT64_MIN;
    std::int64_t fire_until = INT64_MIN;
    std::size_t fired_windows = 0;  // at the beginning of `open`; away when firing ends
    std::size_t fired_entries = 0;  // of the window that fires
    bool firing = false;
    bool ending = false;

    explicit window_store(std::int64_t window_size) : size(window_size) {}

    /// The window of a time, opened if need be; null where it has fired. Logarithmic in the open windows.
    [[nodiscard]] WEIR_NOINLINE open_window* select(std::int64_t time) {
        const std::int64_t bucket = floor_div(time, size);
        const std::uint64_t start = static_cast<std::uint64_t>(bucket) * static_cast<std::uint64_t>(size);
        const std::int64_t ahead = size - 1 - static_cast<std::int64_t>(static_cast<std::uint64_t>(time) - start);
        std::int64_t last = 0;
        if (__builtin_add_overflow(time, ahead, &last)) last = INT64_MAX;
        if (last <= watermark && watermark != INT64_MIN) return nullptr;  // the least of all says nothing yet
        const auto at = std::lower_bound(open.begin(), open.end(), last,
                                         [](const box<open_window>& w, std::int64_t end) { return w->last < end; });
        if (at != open.end() && (*at)->last == last) return &**at;
        box<open_window> fresh = [&] {
            if (reusable.empty()) return box<open_window>(in_box, start, last);
            box<open_window> back = std::move(reusable.back());
            reusable.pop_back();
            back->start = start;
            back->last = last;
            return back;
        }();
        return &**open.insert(at, std::move(fresh));
    }

    [[nodiscard]] bool due(std::int64_t until) const noexcept {
        return fired_windows < open.size() && open[fired_windows]->last <= until;
    }
    void retire() {
        open[fired_windows]->table.clear();
        reusable.push_back(std::move(open[fired_windows]));
        ++fired_windows;
        fired_entries = 0;
    }
    void end_firing() noexcept {
        open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(fired_windows));
        fired_windows = 0;
        firing = false;
    }
};

template <class Next, class Plan>
struct aggregate_receiver {
    using needs = tags_union<typename Plan::needs, needs_of_sides<Next>>;
    using store = window_store<typename Plan::key, typename Plan::states>;
    using window = typename store::open_window;
    static constexpr bool in_place = true;

    const stage_info* stage;
    Plan plan;
    Next next;
    box<store> windows;
    std::int64_t size;
    window* current = nullptr;  // the window of the last record
    std::uint64_t current_start = 0;
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
        if (current == nullptr
            || static_cast<std::uint64_t>(time.us) - current_start >= static_cast<std::uint64_t>(size)) [[unlikely]] {
            window* const other = windows->select(time.us);
            if (other == nullptr) {
                ++late;
                return next.template put_to<"late">(static_cast<V&&>(value), meta);
            }
            current = other;
            current_start = other->start;
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
        store& s = *windows;
        s.watermark = std::max(s.watermark, watermark.us);
        return s.due(s.watermark) ? begin_firing(s.watermark, false) : next.advance(instant{s.watermark});
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
        out.value(size);
        out.value(windows->watermark);
        out.value(static_cast<std::uint64_t>(windows->open.size()));
        for (const auto& w : windows->open) {
            out.value(w->last);
            out.value(w->table.size());
            for (const auto& entry : w->table) {
                if constexpr (Plan::keyed) out.value(entry.key);
                out.value(entry.value);
            }
        }
        out.end();
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        if (in.begin(*stage)) {
            if (in.template take<std::int64_t>() != size) {
                throw std::runtime_error(
                    "weir::aggregate: the snapshot's windows are of another size; restore with the "
                    "size it was written with");
            }
            const auto watermark = in.template take<std::int64_t>();
            for (auto open = in.template take<std::uint64_t>(); open > 0; --open) {
                window& w = *windows->select(in.template take<std::int64_t>());
                for (auto keys = in.template take<std::uint32_t>(); keys > 0; --keys) {
                    typename Plan::key key = [&] {
                        if constexpr (Plan::keyed) {
                            return in.template take<typename Plan::key>();
                        } else {
                            return no_key{};
                        }
                    }();
                    w.table.try_emplace(std::move(key), in.template take<typename Plan::states>());
                }
            }
            windows->watermark = watermark;
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
    WEIR_INLINE void open_key(const K& key, const V& value, instant time) {
        try {
            insert<in_register<K>>(current->table, key, plan.start(value, time));
        } catch (...) {
            blame(stage);
            throw;
        }
    }
    /// Static, and a small key by value: an address that leaves would keep what it points to in memory.
    template <class K>
    WEIR_NOINLINE static void insert(flat_table<typename Plan::key, typename Plan::states>& table, K key,
                                     typename Plan::states&& first) {
        table.try_emplace(key, std::move(first));
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
        while (s.due(s.fire_until)) {
            window& w = *s.open[s.fired_windows];
            while (s.fired_entries < w.table.size()) {
                auto& entry = w.table.entry(static_cast<std::uint32_t>(s.fired_entries));
                ++s.fired_entries;
                const flow f = next.put(result(entry.key, entry.value, w), plan.meta(w.last));
                if (f == flow::full) return f;
                if (f == flow::done) {
                    while (s.due(INT64_MAX)) s.retire();
                    s.end_firing();
                    return s.ending ? next.finish() : f;
                }
            }
            s.retire();
        }
        s.end_firing();
        return s.ending ? next.finish() : next.advance(instant{s.fire_until});
    }

    WEIR_INLINE auto result(typename Plan::key& key, typename Plan::states& states, const window& w) {
        try {
            ++made;
            return plan.result(key, states, w.first(),
                               w.last);  // built where it is put: g++ 12 moves a name out of a try
        } catch (...) {
            --made;
            blame(stage);
            throw;
        }
    }
};

template <class Result, class... Aggregates>
struct aggregate_stage : stage_base<aggregate_stage<Result, Aggregates...>> {
    using outputs = output_names<"late">;

    pack<Aggregates...> aggregates;

    constexpr explicit aggregate_stage(Aggregates&&... list) : aggregates{{{std::move(list)}...}} {}

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
        constexpr bool numbers = !(std::is_same_v<Aggregates, not_a_number> || ...);
        static_assert(numbers, "weir::aggregate: sum and avg take a member that is a number; give one, or write "
                               "weir::reduce for its type");
        constexpr bool fits = (aggregate_of<Aggregates, typename In::value_type> && ...);
        static_assert(fits || !numbers,
                      "weir::aggregate: an aggregate does not fit the record; its member must be one of "
                      "the type that reaches this stage, its function callable as f(state, record)");
        constexpr bool copies = !In::sharded || (std::is_copy_constructible_v<Aggregates> && ...);
        static_assert(copies, "weir::aggregate: an aggregate that only moves cannot be in several shards; make its "
                              "function copyable");
        if constexpr (windowed && partitioned && fits && copies) {
            using checks = result_checks<Result, In, Aggregates...>;
            constexpr bool has_keys = checks::has_keys;
            static_assert(has_keys,
                          "weir::aggregate: the result has no field named as the key; give it one of the key's "
                          "name and type");
            constexpr bool has_aggregates = checks::has_aggregates();
            static_assert(has_aggregates, "weir::aggregate: the result has no field of an aggregate's name; rename the "
                                          "field, or the aggregate as in count<\"hits\">() or sum<&hit::bytes, "
                                          "\"volume\">()");
            if constexpr (has_keys && has_aggregates) {
                constexpr bool once = checks::filled_once();
                static_assert(once, "weir::aggregate: a field of the result is filled by nobody, or twice; each field "
                                    "takes the key, the window (weir::window_bounds) or one aggregate of its name");
                constexpr bool key_fits = !once || checks::key_fits();
                static_assert(key_fits, "weir::aggregate: the field named as the key cannot hold it; give it the key's "
                                        "type");
                constexpr bool holds = !once || checks::aggregates_fit();
                static_assert(holds,
                              "weir::aggregate: a field of the result cannot hold its aggregate: counts and sums "
                              "of integers are 64-bit (std::int64_t; std::uint64_t of unsigned ones), avg and "
                              "sums of floating point double; min, max, first and last have the member's type");
                return once && key_fits && holds;
            }
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
        return aggregate_receiver<decltype(make_next(b)), plan>(b.info("aggregate"), plan{copy_or_move(aggregates)},
                                                                in.window.size_us, [&] { return make_next(b); });
    }
};

}  // namespace detail

/// One `Result` per key and window, made of these aggregates.
template <class Result, class... Aggregates>
[[nodiscard]] constexpr auto aggregate(Aggregates... aggregates) {
    return detail::aggregate_stage<Result, Aggregates...>(std::move(aggregates)...);
}

}  // namespace weir
