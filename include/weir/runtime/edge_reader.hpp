// SPDX-License-Identifier: BSL-1.0
// The reading side of edges from other tasks, and the cursor of the task that owns it.
//
// Spans are taken from each channel in turn, a part of one each time, so no record waits because another ring is empty,
// and a ring that is never empty keeps nobody waiting. Watermarks are joined: the least of the channels that are
// neither idle nor ended; never back. A checkpoint is aligned: a channel is not read beyond its barrier until every
// channel that has not ended has brought it; then the chain is asked for its state, which is that of the records before
// the barrier. No call blocks; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "edge.hpp"
#include "state.hpp"

namespace weir::detail {

template <class Slot>
class edge_reader final : public edge_end {
  public:
    /// `stage` names its part of a checkpoint, which goes to `task`.
    void stands_in(chain_base& task, const stage_info* stage) noexcept {
        task_ = &task;
        stage_ = stage;
    }
    void add(std::shared_ptr<edge<Slot>> from) {
        input in;
        in.from = std::move(from);
        inputs_.push_back(std::move(in));
    }
    [[nodiscard]] std::size_t size() const noexcept { return inputs_.size(); }

    template <class ReadSet, class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        std::size_t taken = 0;
        const auto stopped = [&](flow f) -> pull_result {
            return {f == flow::full ? pulled::full : pulled::done, taken};
        };
        if (aligned()) [[unlikely]] {  // by an end whose watermark was `full`
            if (const flow f = pass_barrier(receiver); f != flow::more) return stopped(f);
        }
        for (std::size_t quiet = 0; quiet < inputs_.size();) {
            input& in = inputs_[turn_];
            channel<Slot>& c = in.from->records;
            const auto item = in.held ? channel_item<Slot>{} : c.next();
            if (item.what == channel_item<Slot>::kind::records) {
                quiet = 0;
                in.idle = false;
                told_idle_ = false;
                if constexpr (requires { receiver.reading(turn_); }) receiver.reading(turn_);
                const flow f = put_span<ReadSet>(receiver, c, item.records, max_records, taken);
                next_turn();
                if (f != flow::more) return stopped(f);
                if (taken == max_records) return {pulled::more, taken};
            } else if (item.what == channel_item<Slot>::kind::signal) {
                quiet = 0;
                const signal_entry s = item.signal;
                c.pop_signal();
                const flow f = on_signal(receiver, in, s);
                if (f != flow::more) return stopped(f);
                if (ends_ == inputs_.size()) return {pulled::exhausted, taken};
            } else {
                ++quiet;
                next_turn();
            }
        }
        return {ends_ == inputs_.size() ? pulled::exhausted : pulled::starved, taken};
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
    void abandon() noexcept override {
        for (input& in : inputs_) in.from->abandoned = true;
        close();
    }
    /// Records read so far: exact also when one of them threw.
    [[nodiscard]] std::uint64_t taken() const noexcept {
        std::uint64_t sum = 0;
        for (const input& in : inputs_) sum += in.from->records.consumed();
        return sum;
    }

    void save(state_writer& out) const {
        out.begin(*stage_);
        out.value(static_cast<std::uint64_t>(inputs_.size()));
        out.value(sent_);
        for (const input& in : inputs_) {
            out.value(in.mark);
            out.value(in.idle || in.ended);  // one that has ended waits for nobody either
        }
        out.end();
    }
    void load(state_reader& in) {
        if (!in.begin(*stage_)) return;
        if (in.take<std::uint64_t>() != inputs_.size()) {
            throw std::runtime_error(
                std::string("weir: the checkpoint is of a pipeline with another number of chains into ") + stage_->path
                + "; restore with the same number of shards");
        }
        in.value(sent_);
        for (input& each : inputs_) {
            in.value(each.mark);
            in.value(each.idle);
        }
        in.end();
    }

  private:
    struct input {
        std::shared_ptr<edge<Slot>> from;
        std::int64_t mark = INT64_MIN;
        bool idle = false;
        bool ended = false;
        bool held = false;  // at a barrier that not all have brought
    };

    void next_turn() noexcept {
        if (++turn_ == inputs_.size()) turn_ = 0;
    }

    template <class ReadSet, class Receiver>
    WEIR_INLINE flow put_span(Receiver& receiver, channel<Slot>& c, std::span<Slot> records, std::size_t max_records,
                              std::size_t& taken) {
        const std::size_t room = max_records - taken;
        const std::size_t n = records.size() < room ? records.size() : room;
        span_taken<Slot> used(c);
        flow f = flow::more;
        for (std::size_t i = 0; i < n; ++i) {
            prefetch_within(records, i);
            used.records = i + 1;
            f = receiver.put(static_cast<decltype(records[i].value)&&>(records[i].value),
                             take_entries<ReadSet>(records[i].meta));
            if (f != flow::more) [[unlikely]]
                break;
        }
        taken += used.records;
        return f;
    }

    template <class Receiver>
    WEIR_NOINLINE flow on_signal(Receiver& receiver, input& in, const signal_entry& s) {
        switch (s.kind) {
        case signal_kind::watermark:
            in.idle = false;
            if (in.mark < s.value) in.mark = s.value;
            return joint(receiver);
        case signal_kind::idle:
            in.idle = true;
            return joint(receiver);
        case signal_kind::end: {
            in.ended = true;
            if (++ends_ == inputs_.size()) return flow::more;
            const flow f = joint(receiver);
            return f == flow::more && aligned() ? pass_barrier(receiver) : f;
        }
        case signal_kind::barrier:
            in.held = true;
            ++held_;
            at_.checkpoint = static_cast<std::uint64_t>(s.value);
            return aligned() ? pass_barrier(receiver) : flow::more;
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
        if (!any) return std::exchange(told_idle_, true) ? flow::more : receiver.idle();
        const bool woke = std::exchange(told_idle_, false);  // those behind shall know, also by an old watermark
        if (least <= sent_ && !woke) return flow::more;
        if (sent_ < least) sent_ = least;
        return receiver.advance(instant{sent_});
    }

    [[nodiscard]] bool aligned() const noexcept { return held_ != 0 && held_ + ends_ == inputs_.size(); }
    template <class Receiver>
    WEIR_COLD flow pass_barrier(Receiver& receiver) {
        for (input& in : inputs_) in.held = false;
        held_ = 0;
        state_writer out;
        save(out);
        const flow f = receiver.snapshot(at_, out);
        task_->bring(at_, out);
        return f;
    }

    std::vector<input> inputs_;
    std::size_t turn_ = 0;
    std::size_t ends_ = 0;
    std::size_t held_ = 0;
    std::int64_t sent_ = INT64_MIN;
    bool told_idle_ = false;
    barrier at_{};
    chain_base* task_ = nullptr;
    const stage_info* stage_ = nullptr;
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
    void save(const stage_info*, state_writer& out) const { reader->save(out); }
    void load(const stage_info*, state_reader& in) { reader->load(in); }
};

}  // namespace weir::detail
