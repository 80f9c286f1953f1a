// SPDX-License-Identifier: BSL-1.0
// The writing side of edges to other tasks: one channel for each reader; and the receiver in which a chain ends there.
//
// Invariant: whenever it is put to, every channel whose reader lives has room for one record and every signal sent so
// far is published; else it has answered `full`. A reader that wants no more is noticed when its channel is full, at
// the end of each step, and by `due()`; what comes for it then is dropped and counted. The chain is done when all are
// gone. No call blocks; one thread at a time. What is put is visible to a reader at the latest when the step ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "edge.hpp"

namespace weir::detail {

template <class Slot>
class edge_writer final : public edge_end {
  public:
    void add(std::shared_ptr<edge<Slot>> to) {
        target t;
        t.to = std::move(to);
        static_cast<void>(claim(t));
        targets_.push_back(std::move(t));
        ++living_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return targets_.size(); }

    template <class V, class Meta>
    WEIR_INLINE flow put(std::size_t i, V&& value, Meta&& meta) {
        target& t = targets_[i];
        Slot* const at = t.at;
        Slot* const end = t.end;
        if (at == end) [[unlikely]]
            return unwanted(t);
        if (end - at > ahead) prefetch_to_write(at + ahead);
        std::construct_at(at, static_cast<V&&>(value), static_cast<Meta&&>(meta));
        t.at = at + 1;
        if (at + 1 == end) [[unlikely]]
            return refill(i);
        return flow::more;
    }

    /// To every reader, in order with the records.
    WEIR_NOINLINE flow signal(signal_kind kind, std::int64_t value) {
        bool all = true;
        for (target& t : targets_) {
            if (t.dead) continue;
            commit(t);
            if (t.to->records.signal(kind, value)) continue;
            if (t.to->records.reader_closed()) {
                bury(t);
                continue;
            }
            t.owes = true;
            t.kind = kind;
            t.value = value;
            all = false;
        }
        return all ? answer() : flow::full;
    }

    WEIR_COLD flow resume() {
        bool all = true;
        for (target& t : targets_) {
            if (t.owes) t.owes = !t.to->records.signal(t.kind, t.value);
            if (t.owes && t.to->records.reader_closed()) bury(t);
            if (t.owes) all = false;
        }
        if (blocked_ != none) {
            target& t = targets_[blocked_];
            if (!t.dead && t.to->records.reader_closed()) bury(t);
            if (t.dead || t.to->records.has_room_again()) {
                if (!t.dead) static_cast<void>(claim(t));
                blocked_ = none;
            } else {
                all = false;
            }
        }
        return all ? answer() : flow::full;
    }

    /// Whether nobody reads any more.
    [[nodiscard]] bool deserted() const noexcept {
        for (const target& t : targets_) {
            if (!t.dead && !t.to->records.reader_closed()) return false;
        }
        return true;
    }
    flow look() noexcept {
        bury_closed();
        return answer();
    }

    void end_of_step() noexcept override {
        for (target& t : targets_) {
            commit(t);
            if (t.to->records.publish()) t.to->reader.notify();
        }
        bury_closed();
    }
    /// What a step that threw had written is published, so that it is counted.
    void close() noexcept override {
        end_of_step();
        for (target& t : targets_) t.to->reader.notify();
    }

    [[nodiscard]] edge_tally tally() const noexcept {
        edge_tally sum;
        for (const target& t : targets_) {
            const channel<Slot>& c = t.to->records;
            const bool had_enough = c.reader_closed() && !t.to->abandoned;
            const std::uint64_t unread = c.size_approx();
            sum.passed += c.written() - unread;
            (had_enough ? sum.dropped : sum.held) += unread + t.unwanted;
        }
        return sum;
    }
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> level() const noexcept override {
        std::pair<std::uint64_t, std::uint64_t> most{0, 0};
        for (const target& t : targets_) {
            const std::uint64_t held = t.to->records.size_approx();
            if (held >= most.first) most = {held, t.to->records.capacity()};
        }
        return most;
    }

  private:
    struct target {
        Slot* at = nullptr;         // the next slot of the span that is claimed
        Slot* end = nullptr;        // == at when put to: the reader is gone
        Slot* committed = nullptr;  // records of it before this one are in the ring
        std::shared_ptr<edge<Slot>> to;
        std::uint64_t unwanted = 0;
        std::int64_t value = 0;  // of the signal that it owes
        signal_kind kind = signal_kind::watermark;
        bool owes = false;  // a signal that found no slot
        bool dead = false;  // its reader wants nothing more
    };
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    /// Lines are owned so far ahead, inside the span only: those behind it are the reader's.
    static constexpr auto ahead = static_cast<std::ptrdiff_t>(prefetch_distance<Slot>);

    /// The records constructed so far are the ring's.
    static void commit(target& t) noexcept {
        t.to->records.wrote(static_cast<std::size_t>(t.at - t.committed));
        t.committed = t.at;
    }
    /// Free slots up to the wrap, at most a quarter of the ring; false where there is none.
    static bool claim(target& t) noexcept {
        const auto span = t.to->records.claim();
        const std::size_t part = (t.to->records.capacity() + 3) / 4;
        t.at = t.committed = span.data();
        t.end = t.at + (span.size() < part ? span.size() : part);
        return !span.empty();
    }
    void bury(target& t) noexcept {
        commit(t);
        t.end = t.at;
        t.dead = true;
        t.owes = false;
        --living_;
    }
    void bury_closed() noexcept {
        for (target& t : targets_) {
            if (!t.dead && t.to->records.reader_closed()) bury(t);
        }
    }
    [[nodiscard]] flow answer() const noexcept { return living_ == 0 ? flow::done : flow::more; }

    WEIR_COLD flow unwanted(target& t) noexcept {
        ++t.unwanted;
        return answer();
    }
    WEIR_COLD flow refill(std::size_t i) noexcept {
        target& t = targets_[i];
        // Within a step too, so that the reader works beside it: a ring that holds no more than a step would be full
        // and empty in turns.
        commit(t);
        t.to->records.publish();
        t.to->reader.notify();
        if (claim(t)) return flow::more;
        if (t.to->records.reader_closed()) {
            bury(t);
            return answer();
        }
        blocked_ = i;
        return flow::full;
    }

    std::vector<target> targets_;
    std::size_t living_ = 0;
    std::size_t blocked_ = none;
};

/// The receiver in which a chain ends that goes on in other tasks. `Route` picks the channel of a record.
template <class Slot, class StoredSet, class Needs, class Route>
struct edge_receiver {
    using needs = Needs;

    const stage_info* stage;
    edge_writer<Slot>* writer;
    Route route;
    std::int64_t unit;  // of watermarks, for those behind
    bool counts;  // a checkpoint keeps how many chains are behind: records of a key go to another of another number

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const std::size_t to = route(value, meta, *writer);
        return writer->put(to, static_cast<V&&>(value), take_entries<StoredSet>(meta));
    }
    flow advance(instant watermark) { return writer->signal(signal_kind::watermark, watermark.us); }
    flow idle() { return writer->signal(signal_kind::idle, 0); }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        if (counts) save_state(*stage, out, writer->size());
        if (at.after_end()) return flow::more;
        return writer->signal(signal_kind::barrier, static_cast<std::int64_t>(at.checkpoint));
    }
    template <class Reader>
    void restore(Reader& in) {
        if (!counts) return;
        std::size_t chains = writer->size();
        load_state(*stage, in, chains);
        if (chains != writer->size()) refuse_count(chains);
    }
    flow finish() { return writer->signal(signal_kind::end, 0); }
    flow resume() { return writer->resume(); }
    [[nodiscard]] instant due() const noexcept { return writer->deserted() ? instant::min() : instant::max(); }
    flow tick(instant) noexcept { return writer->look(); }
    [[nodiscard]] std::int64_t grain() const noexcept { return unit; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.edge(*stage, writer->tally());
    }

  private:
    [[noreturn]] WEIR_COLD void refuse_count(std::size_t before) const {
        throw std::runtime_error("weir::shard: the checkpoint is of a pipeline with shard(" + std::to_string(before)
                                 + ") at " + stage->path + ", and this one has " + std::to_string(writer->size())
                                 + "; restore with the same number");
    }
};

}  // namespace weir::detail
