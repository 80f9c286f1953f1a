// SPDX-License-Identifier: BSL-1.0
// One shard of a consumer: from the parents' end to its own, or until the lease goes. Each step does one thing and does
// not wait. Reads one page ahead of nothing: the next one when the processor has done the last (credit, not a pipe that
// a slow processor blocks).
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "../aggregate_reader.hpp"
#include "../consumer_metrics.hpp"
#include "../shard_progress.hpp"
#include "lease_holder.hpp"
#include "record_batch.hpp"
#include "shard_retrieval.hpp"

namespace weir::detail {

/// What the shards of a consumer have in common.
template <class Record>
struct shard_surroundings {
    const consumer_options* options = nullptr;
    consumer_metrics metrics;
    std::function<void(shard_id, std::span<const consumed<Record>>, const error&)> failed_batch;  // not a record's path
    std::optional<error> failure;                                                                 // policy `stop`
    bool shutdown = false;  // of the whole consumer
};

template <class Stream, lease_store Store, class Record, class Processor>
class shard_consumer final : checkpoint_target {
    using surroundings = shard_surroundings<Record>;

  public:
    shard_consumer(const Stream& stream, lease_holder<Store>& holder, std::shared_ptr<held_lease> held,
                   surroundings& around, instant now, instant earliest)
        : holder_(&holder), held_(std::move(held)), around_(&around), row_(holder.row(*held_)),
          at_(*this, row_.checkpoint), earliest_(earliest),
          from_(make_retrieval<Record>(stream, row_.shard, around.options->fan_out)) {
        progress_.shard = row_.shard;
        progress_.checkpoint = row_.checkpoint;
        progress_.last_progress = now;
    }

    [[nodiscard]] const shard_progress& progress() const noexcept { return progress_; }
    [[nodiscard]] bool over() const noexcept { return progress_.state == consumer_state::shutdown_complete; }
    [[nodiscard]] const std::shared_ptr<held_lease>& held() const noexcept { return held_; }
    [[nodiscard]] instant not_before() const noexcept { return not_before_; }

    /// A parent may have ended: looks at once.
    void wake() noexcept {
        if (progress_.state == consumer_state::waiting_on_parent_shards) not_before_ = instant::min();
    }

    /// `make(shard)` makes the processor. True: something was done, and there may be more.
    template <class Make>
    bool step(instant now, Make& make) {
        if (over()) return false;
        now_ = now;
        if (!holder_->holds(*held_, now)) return lose();
        const bool asked = around_->shutdown || holder_->wanted(*held_);
        if (asked && progress_.reason == shutdown_reason::none) {
            progress_.reason = shutdown_reason::requested;
            not_before_ = now;
            enter(processor_ ? consumer_state::shutdown_requested : consumer_state::shutting_down);
        }
        if (now < not_before_ || now < earliest_) return watch();
        bool worked = true;
        switch (progress_.state) {
        case consumer_state::waiting_on_parent_shards:
            worked = wait_for_parents();
            break;
        case consumer_state::initializing:
            worked = initialize(make);
            break;
        case consumer_state::processing:
            worked = work();
            break;
        case consumer_state::shutdown_requested:
            static_cast<void>(call([&] { processor_->shutdown_requested(at_); }));
            enter(consumer_state::shutting_down);
            break;
        case consumer_state::shutting_down:
            worked = progress_.reason == shutdown_reason::shard_end ? end(asked) : let_go();
            break;
        case consumer_state::shutdown_complete:
            break;
        }
        progress_.checkpoint = at_.last();
        return watch() || worked;
    }

  private:
    void enter(consumer_state next) noexcept {
        progress_.state = next;
        moved();
    }
    void moved() noexcept {
        progress_.last_progress = now_;
        progress_.stalled = false;
    }
    void succeeded() {
        progress_.failures = 0;
        progress_.last_error.clear();
    }
    bool failed(const error& e) {
        ++progress_.failures;
        progress_.last_error = e.where.empty() ? e.message : e.message + " (" + e.where + ")";
        const auto us = [](std::chrono::milliseconds t) { return std::chrono::microseconds(t).count(); };
        const std::int64_t doubled = us(around_->options->task_backoff) << std::min(progress_.failures - 1, 20U);
        not_before_ = {now_.us + std::min(doubled, us(around_->options->longest_backoff))};
        return false;
    }
    bool watch() noexcept {
        const std::int64_t limit = std::chrono::microseconds(around_->options->stall_after).count();
        if (!over() && now_.us - progress_.last_progress.us >= limit) progress_.stalled = true;
        return false;
    }
    /// The processor's call; an exception is an error.
    template <class Call>
    result<void> guarded(Call&& f) {
        try {
            if constexpr (std::same_as<std::invoke_result_t<Call&>, result<void>>) {
                return f();
            } else {
                f();
                return {};
            }
        } catch (const std::exception& e) {
            return error{errc::io, std::string("the record processor threw: ") + e.what(), to_string(row_.shard)};
        } catch (...) {
            return error{errc::io, "the record processor threw what is no std::exception", to_string(row_.shard)};
        }
    }
    template <class Call>
    result<void> call(Call&& f) {
        result<void> done = guarded(f);
        if (!done) {
            ++around_->metrics.CallbackFailures;
            progress_.last_error = done.error().message;
        }
        return done;
    }

    bool lose() {
        at_.close();
        progress_.reason = shutdown_reason::lease_lost;
        ++around_->metrics.LostLeases;
        if (processor_) static_cast<void>(call([&] { processor_->lease_lost(); }));
        return finish();
    }
    bool finish() {
        at_.close();
        processor_.reset();
        batch_.clear();
        enter(consumer_state::shutdown_complete);
        return true;
    }
    bool let_go() {
        const result<bool> done =
            holder_->finish(*held_, now_, [&](const lease& seen) { return holder_->table().release(seen); });
        if (!done) return failed(done.error());
        if (!*done) return lose();
        if (holder_->wanted(*held_)) ++around_->metrics.HandOvers;
        return finish();
    }

    bool wait_for_parents() {
        for (const shard_id p : row_.parents) {
            const result<std::optional<lease>> parent = holder_->table().store().get(p);
            if (!parent) return failed(parent.error());
            if (!*parent || (*parent)->completed()) continue;
            if (parent_counter_ != (*parent)->counter) moved();  // its owner lives
            parent_counter_ = (*parent)->counter;
            not_before_ = {now_.us + std::chrono::microseconds(around_->options->parent_poll).count()};
            return false;
        }
        enter(consumer_state::initializing);
        return true;
    }
    template <class Make>
    bool initialize(Make& make) {
        const result<void> good = call([&] {
            processor_.emplace(make(row_.shard));
            processor_->initialize(
                {row_.shard, row_.checkpoint, row_.pending_checkpoint, row_.pending_checkpoint_state});
        });
        if (!good) {
            processor_.reset();
            return failed(good.error());
        }
        begun_ = now_;
        succeeded();
        enter(consumer_state::processing);
        return true;
    }
    /// Where reading begins, or goes on behind what was read last.
    [[nodiscard]] iterator_start start() const {
        if (read_) return {iterator_type::after_sequence_number, read_, {}};
        switch (row_.checkpoint.kind()) {
        case extended_sequence_number::position::number:
            return {iterator_type::at_sequence_number, row_.checkpoint.number(), {}};  // more of it may be to come
        case extended_sequence_number::position::timestamp:
            return {iterator_type::at_timestamp, {}, around_->options->start.time.value_or(instant{})};
        case extended_sequence_number::position::tip:
            if (tip_taken_) return {iterator_type::at_timestamp, {}, begun_};
            return {iterator_type::latest, {}, {}};
        default:
            return {iterator_type::trim_horizon, {}, {}};
        }
    }
    bool work() {
        if (pending_) return process();
        if (ended_) {
            progress_.reason = shutdown_reason::shard_end;
            at_.at_shard_end();
            enter(consumer_state::shutting_down);
            return true;
        }
        return read();
    }
    bool read() {
        const std::int64_t asked = monotonic_now();
        auto next = std::visit(
            [&](auto& from) {
                auto got = from.next([&] { return start(); }, around_->options->max_records, around_->metrics);
                tip_taken_ = tip_taken_ || from.begun();
                return got;
            },
            from_);
        around_->metrics.GetRecordsTime += static_cast<std::uint64_t>((monotonic_now() - asked) / 1'000);
        if (!next) {
            ++around_->metrics.ReadFailures;
            return failed(next.error());
        }
        succeeded();
        if (!*next) {
            if (progress_.millis_behind_latest == 0) moved();
            return false;
        }
        retrieved<Record>* const page = &**next;
        around_->metrics.RecordsMissed += page->missed;
        progress_.millis_behind_latest = page->millis_behind_latest;
        ended_ = page->ended;
        if (ended_) children_ = std::move(page->children);
        const bool some = !page->records.empty();
        if (some) read_ = page->records.back().number;
        const std::uint64_t dropped = batch_.dropped();
        batch_.fill(std::move(page->records), row_.keys, around_->options->deaggregate, row_.checkpoint);
        around_->metrics.UserRecordsDropped += batch_.dropped() - dropped;
        pending_ = !batch_.records().empty();
        const bool tip = progress_.millis_behind_latest == 0;
        if (some || tip) moved();
        if (tip && !pending_ && !ended_) {
            if (around_->options->fan_out.empty())
                not_before_ = {now_.us + std::chrono::microseconds(around_->options->idle_between_reads).count()};
            return false;
        }
        return true;
    }
    bool process() {
        batch_.skip_to(at_.last());
        const auto records = batch_.records();
        if (records.empty()) return batch_done(0, 0);
        const extended_sequence_number before = at_.largest();
        at_.delivered(records.back().number);
        const std::int64_t begun = monotonic_now();
        const result<void> done = guarded([&] { return processor_->process_records(records, at_); });
        around_->metrics.ProcessRecordsTime += static_cast<std::uint64_t>((monotonic_now() - begun) / 1'000);
        if (done) return batch_done(records.size(), batch_.bytes());
        ++around_->metrics.BatchFailures;
        at_.undelivered(before);
        const consumer_options& o = *around_->options;
        if (o.on_failure == batch_failure::retry || progress_.failures + 1 < o.batch_attempts) {
            return failed(done.error());
        }
        if (o.on_failure == batch_failure::shut_down) {
            static_cast<void>(failed(done.error()));
            if (!around_->failure) around_->failure = done.error();
            around_->shutdown = true;
            return true;
        }
        batch_.skip_to(at_.last());
        const auto left = batch_.records();
        if (const result<void> taken = call([&] { around_->failed_batch(row_.shard, left, done.error()); }); !taken) {
            return failed(taken.error());
        }
        around_->metrics.RecordsToSideOutput += left.size();
        if (!left.empty()) at_.delivered(left.back().number);
        return batch_done(0, 0);
    }
    bool batch_done(std::uint64_t records, std::uint64_t size) {
        around_->metrics.RecordsProcessed += records;
        around_->metrics.DataBytesProcessed += size;
        pending_ = false;
        batch_.clear();
        succeeded();
        moved();
        return true;
    }
    bool end(bool asked) {
        const result<void> done = call([&] { processor_->shard_ended(at_); });
        if (at_.last() == extended_sequence_number::shard_end()) return finish();
        if (asked) return let_go();
        if (!done) return failed(done.error());
        ++around_->metrics.ShardEndsWithoutCheckpoint;
        if (!last_write_) return failed(last_write_.error());
        return failed({errc::invalid_argument,
                       "shard_ended must call checkpoint(), else the shard's children never begin; it is called again",
                       to_string(row_.shard)});
    }

    result<void> write(const extended_sequence_number& to) override {
        const auto operation = [&](const lease& seen) { return holder_->table().checkpoint(seen, to); };
        last_write_ =
            said(to == extended_sequence_number::shard_end()
                     ? holder_->finish(*held_, now_,
                                       [&](const lease& seen) { return holder_->table().complete(seen, children_); })
                     : holder_->change(*held_, now_, operation));
        return last_write_;
    }
    result<void> prepare(const extended_sequence_number& to, std::string_view state) override {
        return said(holder_->change(*held_, now_,
                                    [&](const lease& seen) { return holder_->table().prepare(seen, to, state); }));
    }
    [[nodiscard]] result<void> said(const result<bool>& done) const {
        if (!done) return done.error();
        if (*done) return {};
        return error{errc::shutdown, "the lease was lost to another worker; the checkpoint stays as it was",
                     to_string(row_.shard)};
    }

    lease_holder<Store>* holder_;
    std::shared_ptr<held_lease> held_;
    surroundings* around_;
    lease row_;  // as it was taken
    checkpointer at_;
    std::optional<Processor> processor_;
    shard_progress progress_;
    instant now_ = {};
    instant not_before_ = instant::min();
    instant earliest_;  // its owner before may go on until then
    instant begun_ = {};
    shard_retrieval<Stream, Record> from_;
    std::optional<sequence_number> read_;
    record_batch<Record> batch_;
    std::vector<child_shard> children_;
    result<void> last_write_;
    std::uint64_t parent_counter_ = ~std::uint64_t{0};
    bool pending_ = false;  // the batch is to be processed
    bool ended_ = false;
    bool tip_taken_ = false;
};

}  // namespace weir::detail
