// SPDX-License-Identifier: BSL-1.0
// What puts the records of several inputs in the order of event time: they wait in a heap until the inputs' common
// watermark has passed them, then leave by event time; equal times by input, then by arrival. A record at or behind
// what has already left cannot be put in order: it goes on at once, and whoever is behind decides whether it is late.
//
// It is the receiver of its node, but for `put`, which is told the input. Records are given on; they must be
// assignable. O(log held) per record. It lets go what may leave until it meets `full`, and goes on in `resume()`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../support/growing.hpp"
#include "merged_stream.hpp"
#include "receiver.hpp"

namespace weir::detail {

template <class Value, class Meta>
struct waiting_record {
    instant time;
    std::size_t input;
    std::uint64_t arrival;
    Value value;
    Meta meta;

    [[nodiscard]] bool before(const waiting_record& other) const noexcept {
        if (time != other.time) return time < other.time;
        return input != other.input ? input < other.input : arrival < other.arrival;
    }
};

/// A binary heap; the earliest is in front.
template <class Item>
class reorder_heap {
  public:
    void push(Item&& item) {
        items_.push_back(static_cast<Item&&>(item));
        for (std::size_t i = items_.size() - 1; i != 0;) {
            const std::size_t up = (i - 1) / 2;
            if (!items_[i].before(items_[up])) break;
            std::swap(items_[i], items_[up]);
            i = up;
        }
    }
    [[nodiscard]] Item pop() {
        Item first = static_cast<Item&&>(items_.front());
        if (items_.size() > 1) items_.front() = static_cast<Item&&>(items_.back());
        items_.pop_back();
        for (std::size_t i = 0;;) {
            std::size_t down = 2 * i + 1;
            if (down >= items_.size()) break;
            if (down + 1 < items_.size() && items_[down + 1].before(items_[down])) ++down;
            if (!items_[down].before(items_[i])) break;
            std::swap(items_[i], items_[down]);
            i = down;
        }
        return first;
    }
    [[nodiscard]] const Item& front() const noexcept { return items_.front(); }
    /// In no order.
    [[nodiscard]] const Item& operator[](std::size_t i) const noexcept { return items_[i]; }
    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

  private:
    growing<Item> items_;
};

template <class Next, class Value, class Meta>
struct reorder_buffer {
    using item = waiting_record<Value, Meta>;
    enum class then : unsigned char { nothing, advance, finish };

    const stage_info* stage;
    Next next;
    reorder_heap<item> held{};
    std::uint64_t arrivals = 0;
    std::uint64_t restored = 0;  // held by the checkpoint it began with
    std::uint64_t dropped = 0;
    instant until = instant::min();  // what may leave
    then after = then::nothing;      // what is owed once it has
    bool over = false;

    template <class V, class M>
    WEIR_INLINE flow put(std::size_t input, V&& value, const M& meta) {
        if (over) [[unlikely]] {
            ++dropped;
            return flow::done;
        }
        const instant time = read_meta<meta_of::event_time>(meta, value);
        if (time <= until) [[unlikely]]
            return pass_late(static_cast<V&&>(value), meta);
        Meta kept = carry<Meta>::from(meta, value);
        held.push(item{time, input, arrivals++, static_cast<V&&>(value), static_cast<Meta&&>(kept)});
        return flow::more;
    }
    flow advance(instant watermark) {
        if (over) return flow::done;
        until = watermark;
        after = then::advance;
        return release();
    }
    flow idle() { return over ? flow::done : note(next.idle()); }
    flow finish() {
        until = instant::max();
        after = then::finish;
        return release();
    }
    WEIR_COLD flow resume() {
        const flow f = note(next.resume());
        return f == flow::full ? f : release();  // also when done: a `finish()` may be owed
    }
    flow tick(instant now) { return note(next.tick(now)); }

    /// `known` is what the node knows of its inputs, and writes into its section.
    template <class Writer, class Known>
    flow snapshot(barrier at, Writer& out, const Known& known) {
        out.begin(*stage);
        known.save(out);
        out.value(until.us);
        out.value(arrivals);
        out.value(static_cast<std::uint64_t>(held.size()));
        for (std::size_t i = 0; i < held.size(); ++i) {
            const item& each = held[i];
            out.value(each.time.us);
            out.value(static_cast<std::uint64_t>(each.input));
            out.value(each.arrival);
            out.value(each.value);
            carry<Meta>::save(each.meta, out);
        }
        out.end();
        return note(next.snapshot(at, out));
    }
    template <class Reader, class Known>
    void restore(Reader& in, Known& known) {
        if (in.begin(*stage)) {
            known.load(in);
            in.value(until.us);
            in.value(arrivals);
            restored = in.template take<std::uint64_t>();
            for (std::uint64_t i = 0; i < restored; ++i) {
                const instant time{in.template take<std::int64_t>()};
                const auto input = static_cast<std::size_t>(in.template take<std::uint64_t>());
                const auto arrival = in.template take<std::uint64_t>();
                Value value = in.template take<Value>();
                held.push(item{time, input, arrival, static_cast<Value&&>(value), carry<Meta>::load(in)});
            }
            in.end();
        }
        next.restore(in);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.made = restored, .dropped = dropped, .held = held.size()});
        next.account(ledger);
    }

  private:
    WEIR_NOINLINE flow release() {
        while (!held.empty() && held.front().time <= until) {
            item first = held.pop();
            const flow f = note(next.put(static_cast<Value&&>(first.value), first.meta));
            if (f == flow::full) return f;
            if (f == flow::done) break;
        }
        const then owed = std::exchange(after, then::nothing);
        if (owed == then::finish) return note(next.finish());
        if (over) return flow::done;
        return owed == then::advance ? note(next.advance(until)) : flow::more;
    }
    template <class V, class M>
    WEIR_COLD flow pass_late(V&& value, const M& meta) {
        const Meta kept = carry<Meta>::from(meta, value);
        Value own(static_cast<V&&>(value));
        return note(next.put(static_cast<Value&&>(own), kept));
    }
    WEIR_INLINE flow note(flow f) {
        if (f == flow::done && !over) [[unlikely]] {
            over = true;
            dropped += held.size();
            held = {};
        }
        return f;
    }
};

}  // namespace weir::detail
