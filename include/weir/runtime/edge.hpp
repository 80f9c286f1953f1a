// SPDX-License-Identifier: BSL-1.0
// The edges between tasks, as receivers and cursors see them: a writer with one channel per reader, a reader with
// one channel per writer. A stage with P chains before it and C behind it is a P x C mesh of channels, so no record
// ever crosses a counter that two writers share.
//
// Invariant of the writer: whenever it is put to, every channel whose reader lives has room for one record and every
// signal sent so far is published; else it has answered `full`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "../buffers/channel.hpp"
#include "../core/concepts.hpp"
#include "builder.hpp"

namespace weir::detail {

/// A record on its way between tasks, with the stored meta that those behind ask for.
template <class T, class Meta>
struct slot {
    T value;
    [[no_unique_address]] Meta meta;

    template <class V>
    slot(V&& v, Meta&& m) : value(static_cast<V&&>(v)), meta(static_cast<Meta&&>(m)) {}
};

/// Of a stream's entries: those stored in a slot, and the set a reader hands on (the lazy ones are read from the record).
template <class Set, class Needs>
struct edge_meta;
template <class... Entries, class Needs>
struct edge_meta<meta_set<Entries...>, Needs> {
    template <class E>
    struct is_lazy : std::false_type {};
    template <class Tag, class P>
    struct is_lazy<lazy<Tag, P>> : std::true_type {};

    template <bool Lazies, class Out, class... Rest>
    struct pick {
        using type = Out;
    };
    template <bool Lazies, class... Kept, class First, class... Rest>
    struct pick<Lazies, meta_set<Kept...>, First, Rest...>
        : std::conditional_t<has_tag<typename First::tag, Needs> && (Lazies || !is_lazy<First>::value),
                             pick<Lazies, meta_set<Kept..., First>, Rest...>, pick<Lazies, meta_set<Kept...>, Rest...>> {
    };
    using stored_set = typename pick<false, meta_set<>, Entries...>::type;
    using read_set = typename pick<true, meta_set<>, Entries...>::type;
};

/// Those entries of `from` that `To` names.
template <class To, class From>
WEIR_INLINE To take_entries(const From& from) {
    return [&]<class... E>(meta_set<E...>*) WEIR_INLINE_LAMBDA {
        [[maybe_unused]] auto one = [&]<class Entry>(Entry*) WEIR_INLINE_LAMBDA -> Entry {
            if constexpr (std::is_base_of_v<Entry, From>) {
                return static_cast<const Entry&>(from);
            } else {
                return Entry{};  // a lazy one is empty
            }
        };
        return To{one(static_cast<E*>(nullptr))...};
    }(static_cast<To*>(nullptr));
}

/// One channel with whom to wake at its ends.
template <class Slot>
struct edge {
    channel<Slot> records;
    waker writer;
    waker reader;

    explicit edge(std::size_t capacity) : records(capacity) {}
};

/// The slots of a ring by default: 1,024 records or 64 KiB, whichever is less.
template <class Slot>
inline constexpr std::size_t default_capacity = [] {
    const std::size_t by_size = 65'536 / sizeof(Slot);
    return by_size < 16 ? std::size_t{16} : by_size > 1'024 ? std::size_t{1'024} : by_size;
}();

/// Gives back the records of a span that were used, also when one of them threw.
template <class Slot>
struct span_taken {
    channel<Slot>& from;
    std::size_t records = 0;

    explicit span_taken(channel<Slot>& c) noexcept : from(c) {}
    span_taken(const span_taken&) = delete;
    span_taken& operator=(const span_taken&) = delete;
    ~span_taken() { from.release(records); }
};

template <class Slot>
class edge_writer final : public edge_end {
  public:
    struct target {
        std::shared_ptr<edge<Slot>> to;
        bool dead = false;  // its reader wants nothing more
        bool owes = false;  // a signal that found no slot
        signal_kind kind = signal_kind::watermark;
        std::int64_t value = 0;
    };

    void add(std::shared_ptr<edge<Slot>> to) {
        target t;
        t.to = std::move(to);
        targets_.push_back(std::move(t));
        ++living_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return targets_.size(); }

    template <class V, class Meta>
    WEIR_INLINE flow put(std::size_t i, V&& value, Meta&& meta) {
        channel<Slot>& c = targets_[i].to->records;
        if (!c.try_emplace(static_cast<V&&>(value), static_cast<Meta&&>(meta))) [[unlikely]] return unwanted();
        if (c.room() == 0) [[unlikely]] return ring_full(i);
        return flow::more;
    }

    /// To every reader, in order with the records.
    WEIR_NOINLINE flow signal(signal_kind kind, std::int64_t value) {
        bool all = true;
        for (target& t : targets_) {
            if (t.dead || t.to->records.signal(kind, value)) continue;
            if (t.to->records.reader_closed()) {
                bury(t);
                continue;
            }
            t.owes = true;
            t.kind = kind;
            t.value = value;
            all = false;
        }
        if (!all) return flow::full;
        return living_ == 0 ? flow::done : flow::more;
    }

    WEIR_COLD flow resume() {
        bool all = true;
        for (target& t : targets_) {
            if (t.dead) continue;
            if (t.owes) t.owes = !t.to->records.signal(t.kind, t.value);
            if (t.owes && t.to->records.reader_closed()) bury(t);
            if (t.owes) all = false;
        }
        if (blocked_ != none) {
            target& t = targets_[blocked_];
            if (t.to->records.reader_closed()) bury(t);
            if (t.dead || t.to->records.has_room_again()) {
                blocked_ = none;
            } else {
                all = false;
            }
        }
        if (!all) return flow::full;
        return living_ == 0 ? flow::done : flow::more;
    }

    void end_of_step() noexcept override {
        for (target& t : targets_) {
            t.to->records.publish();
            t.to->reader.notify();
        }
    }
    /// What a step that threw had written is published, so that it is counted.
    void close() noexcept override { end_of_step(); }
    void account(report&) const override {}
    [[nodiscard]] std::uint64_t written() const noexcept {
        std::uint64_t sum = 0;
        for (const target& t : targets_) sum += t.to->records.written();
        return sum;
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> level() const noexcept override {
        std::pair<std::uint64_t, std::uint64_t> most{0, 0};
        for (const target& t : targets_) {
            const std::uint64_t held = t.to->records.size_approx();
            if (held >= most.first) most = {held, t.to->records.capacity()};
        }
        return most;
    }

  private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    void bury(target& t) noexcept {
        t.dead = true;
        t.owes = false;
        --living_;
    }
    /// Only a dead ring is ever without room here.
    WEIR_COLD flow unwanted() noexcept {
        ++dropped_;
        return living_ == 0 ? flow::done : flow::more;
    }
    WEIR_COLD flow ring_full(std::size_t i) noexcept {
        target& t = targets_[i];
        if (t.to->records.reader_closed()) {
            if (!t.dead) bury(t);
            return living_ == 0 ? flow::done : flow::more;
        }
        blocked_ = i;
        return flow::full;
    }

    std::vector<target> targets_;
    std::size_t living_ = 0;
    std::size_t blocked_ = none;
    std::uint64_t dropped_ = 0;
};

/// The reading side: takes spans from each of its channels in turn, so no record waits because another ring is empty.
/// Watermarks are joined: the least of the channels that are neither idle nor ended; never back.
template <class Slot>
class edge_reader final : public edge_end {
  public:
    struct input {
        std::shared_ptr<edge<Slot>> from;
        std::int64_t mark = INT64_MIN;
        bool idle = false;
        bool ended = false;
    };

    void add(std::shared_ptr<edge<Slot>> from) {
        input in;
        in.from = std::move(from);
        inputs_.push_back(std::move(in));
    }
    [[nodiscard]] std::size_t size() const noexcept { return inputs_.size(); }

    template <class ReadSet, class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        std::size_t taken = 0;
        std::size_t quiet = 0;
        while (quiet < inputs_.size()) {
            if (ends_ == inputs_.size()) return {pulled::exhausted, taken};
            input& in = inputs_[turn_];
            channel<Slot>& c = in.from->records;
            const auto item = c.next();
            if (item.what == channel_item<Slot>::kind::records) {
                in.idle = false;
                quiet = 0;
                const std::size_t room = max_records - taken;
                const std::size_t n = item.records.size() < room ? item.records.size() : room;
                flow f = flow::more;
                {
                    span_taken<Slot> used(c);
                    f = put_span<ReadSet>(receiver, item.records.data(), n, used.records);
                    taken += used.records;
                }
                if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
                if (taken == max_records) return {pulled::more, taken};
            } else if (item.what == channel_item<Slot>::kind::signal) {
                quiet = 0;
                const signal_entry s = item.signal;
                c.pop_signal();
                const flow f = on_signal(receiver, in, s);
                if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
                continue;  // the same channel: what stands behind the signal
            } else {
                ++quiet;
            }
            if (++turn_ == inputs_.size()) turn_ = 0;
        }
        if (ends_ == inputs_.size()) return {pulled::exhausted, taken};
        return {pulled::starved, taken};
    }

    void end_of_step() noexcept override {
        for (input& in : inputs_) {
            if (in.from->records.end_of_step()) in.from->writer.notify();
        }
    }
    void close() noexcept override {
        for (input& in : inputs_) {
            static_cast<void>(in.from->records.end_of_step());
            in.from->records.close_reader();
            in.from->writer.notify();
        }
    }
    /// Records read so far: exact also when one of them threw.
    [[nodiscard]] std::uint64_t taken() const noexcept {
        std::uint64_t sum = 0;
        for (const input& in : inputs_) sum += in.from->records.consumed();
        return sum;
    }
    void account(report& out) const override {
        std::uint64_t unread = 0;
        for (const input& in : inputs_) unread += in.from->records.size_approx();
        out.abandoned += unread;
    }

  private:
    template <class ReadSet, class Receiver>
    WEIR_INLINE flow put_span(Receiver& receiver, Slot* first, std::size_t n, std::size_t& used) {
        for (Slot* const last = first + n; first != last; ++first) {
            __builtin_prefetch(first + 8);
            ++used;
            const flow f = receiver.put(static_cast<decltype(first->value)&&>(first->value),
                                        take_entries<ReadSet>(first->meta));
            if (f != flow::more) [[unlikely]] return f;
        }
        return flow::more;
    }

    template <class Receiver>
    WEIR_NOINLINE flow on_signal(Receiver& receiver, input& in, const signal_entry& s) {
        switch (s.kind) {
            case signal_kind::watermark:
                in.idle = false;
                if (in.mark < s.value) in.mark = s.value;
                return joint(receiver);
            case signal_kind::idle: in.idle = true; return joint(receiver);
            case signal_kind::end:
                in.ended = true;
                ++ends_;
                return ends_ == inputs_.size() ? flow::more : joint(receiver);
            case signal_kind::barrier: return flow::more;
        }
        return flow::more;
    }
    template <class Receiver>
    flow joint(Receiver& receiver) {
        std::int64_t least = INT64_MAX;
        bool any = false;
        for (const input& in : inputs_) {
            if (in.idle || in.ended) continue;
            any = true;
            if (in.mark < least) least = in.mark;
        }
        if (!any) return receiver.idle();
        if (least <= sent_) return flow::more;
        sent_ = least;
        return receiver.advance(instant{least});
    }

    std::vector<input> inputs_;
    std::size_t turn_ = 0;
    std::size_t ends_ = 0;
    std::int64_t sent_ = INT64_MIN;
};

/// The cursor of a task that reads edges. A drain goes on to their end.
template <class Slot, class ReadSet>
struct edge_cursor {
    static constexpr bool ends_on_drain = false;
    edge_reader<Slot>* reader;

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        return reader->template pull<ReadSet>(receiver, max_records);
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return reader->taken(); }
};

/// The receiver in which a chain ends that goes on in other tasks. `Route` picks the channel of a record.
template <class Slot, class StoredSet, class Needs, class Route>
struct edge_receiver {
    using needs = Needs;

    const stage_info* stage;
    edge_writer<Slot>* writer;
    Route route;
    std::int64_t unit;  // of watermarks, for those behind

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const std::size_t to = route(value, meta, *writer);
        return writer->put(to, static_cast<V&&>(value), take_entries<StoredSet>(meta));
    }
    flow advance(instant watermark) { return writer->signal(signal_kind::watermark, watermark.us); }
    flow idle() { return writer->signal(signal_kind::idle, 0); }
    template <class Writer>
    flow snapshot(barrier at, Writer&) {
        return writer->signal(signal_kind::barrier, static_cast<std::int64_t>(at.checkpoint));
    }
    template <class Reader>
    void restore(Reader&) noexcept {}
    flow finish() { return writer->signal(signal_kind::end, 0); }
    flow resume() { return writer->resume(); }
    [[nodiscard]] instant due() const noexcept { return instant::max(); }
    flow tick(instant) noexcept { return flow::more; }
    [[nodiscard]] std::int64_t grain() const noexcept { return unit; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.edge(*stage, writer->written() + writer->dropped());
    }
};

}  // namespace weir::detail
