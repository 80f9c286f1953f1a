// SPDX-License-Identifier: BSL-1.0
// inlet<T>: application threads put records into a pipeline.
//
//     weir::inlet<order> in{1024};
//     weir::job job = weir::start(weir::from(in) | ...);
//     in.put(order{...});                  // any thread; waits while the ring is full
//     in.close();                          // what was put is delivered, then the pipeline ends
//
// A handle: copies share one ring. `put` and its kin may be called by any number of threads at once; each answers true
// when the record was taken, which means: it is delivered, or counted as dropped when those behind are done before it
// comes, or as abandoned when the pipeline is stopped. A checkpoint does not keep what waits in the ring.
// false: the inlet is closed (by `close()`, by a drain, by the pipeline's end, in the child of a fork), and the record
// was not taken. Records of one thread keep their order. Before the pipeline starts the ring fills; a pipeline that
// could not be started leaves the inlet to the next. From inside a task of the same scheduler only `try_put`, `close`
// and `closed`: the others throw std::logic_error, since they would wait for themselves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "../../buffers/mpsc_ring.hpp"
#include "../../core/pipeline.hpp"
#include "../deadline.hpp"
#include "../edge.hpp"
#include "application_side.hpp"

namespace weir {
namespace detail {

/// What the handles and the reading task share. A put is lock-free; the mutex is for connecting.
///
/// Order: (1) release store of `reader_` -> acquire load (2). Who finds none there looks once more under the mutex: its
/// record is published before the pipeline starts, or it sees the reader that has to be woken.
template <class T>
class inlet_state {
  public:
    explicit inlet_state(std::size_t capacity) : records_(capacity, {.most = 1}) {}

    /// False, and `value` untouched, where there is no room or the inlet is closed.
    template <class V>
    bool try_put(V&& value) {
        if (outside_.forked() || !records_.try_emplace(static_cast<V&&>(value))) return false;
        notify();
        return true;
    }
    /// As many as there is room for, from `first`, counted in `taken`; also when an element throws. One by one: what is
    /// claimed for a slow range would hold up the other threads' records.
    template <class It, class End>
    void try_put_some(It& first, const End& last, std::size_t& taken) {
        if (outside_.forked()) return;
        struct notify_at_end {
            inlet_state& state;
            ~notify_at_end() { state.notify(); }
        } const guard{*this};
        while (first != last && records_.try_emplace(*first)) {
            ++taken;
            ++first;
        }
    }
    [[nodiscard]] bool closed() const noexcept { return outside_.forked() || records_.closed(); }
    void close() {
        if (outside_.forked() || records_.closed()) return;
        records_.close();
        notify();
        outside_.point()->notify();
    }

    /// Once: the pipeline that reads it.
    void connect(waker reader, scheduler& on) {
        if (outside_.forked()) {
            throw std::logic_error("weir::inlet: forked: it belongs to the parent process; make one here");
        }
        const std::lock_guard hold(mutex_);
        if (reader_.load(memory_order_relaxed) != nullptr) {
            throw std::logic_error("weir::inlet: a pipeline reads it already, or has; make an inlet per run");
        }
        readers_.push_front(std::move(reader));
        reader_.store(&readers_.front(), memory_order_release);  // (1) pairs with (2)
        outside_.connect(on);
    }
    /// That pipeline was never started. Its waker stays: a put may be just about to use it.
    void disconnect() {
        if (outside_.forked()) return;
        const std::lock_guard hold(mutex_);
        reader_.store(nullptr, memory_order_relaxed);
        outside_.disconnect();
    }
    [[nodiscard]] mpsc_ring<T>& records() noexcept { return records_; }
    [[nodiscard]] const application_side& outside() const noexcept { return outside_; }

  private:
    void notify() {
        const waker* reader = reader_.load(memory_order_acquire);  // (2) pairs with (1)
        if (reader == nullptr) [[unlikely]] {
            const std::lock_guard hold(mutex_);
            reader = reader_.load(memory_order_relaxed);
            if (reader == nullptr) return;
        }
        reader->notify();
    }

    mpsc_ring<T> records_;
    std::mutex mutex_;
    std::forward_list<waker> readers_;
    atomic<const waker*> reader_{nullptr};
    application_side outside_;
};

template <class T>
class inlet_end final : public edge_end {
  public:
    inlet_end(std::shared_ptr<inlet_state<T>> s, std::string path) : state_(std::move(s)), path_(std::move(path)) {}
    ~inlet_end() override {
        if (!ended_) state_->disconnect();
    }
    void end_of_step() noexcept override {
        auto& records = state_->records();
        records.flush_releases();
        if (2 * records.size_approx() <= records.capacity()) state_->outside().point()->notify();
    }
    void close() noexcept override {
        end_of_step();
        state_->close();
        ended_ = true;
    }
    void abandon() noexcept override {
        abandoned_ = true;
        close();
    }
    /// What was put and not read: not wanted any more by a pipeline that was done, else on its way.
    void account(report& out) const override {
        const std::uint64_t unread = state_->records().size_approx();
        if (!ended_ || abandoned_) {
            out.abandoned += unread;
            return;
        }
        for (stage_report& s : out.stages) {
            if (s.source && s.path == path_) s.counts.dropped += unread;
        }
    }

  private:
    std::shared_ptr<inlet_state<T>> state_;
    const std::string path_;
    bool ended_ = false;
    bool abandoned_ = false;
};

template <class T>
class inlet_cursor {
  public:
    static constexpr bool ends_on_drain = false;  // what was put is delivered first

    explicit inlet_cursor(std::shared_ptr<inlet_state<T>> s) : state_(std::move(s)) {}

    void drain() { state_->close(); }

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        mpsc_ring<T>& ring = state_->records();
        std::size_t taken = 0;
        while (taken < max_records) {
            const std::span<T> records = ring.peek();
            if (records.empty()) return {ring.drained() ? pulled::exhausted : pulled::starved, taken};
            const std::size_t n = records.size() < max_records - taken ? records.size() : max_records - taken;
            flow f = flow::more;
            {
                struct release_at_end {
                    mpsc_ring<T>& ring;
                    std::uint64_t& all;
                    std::size_t n = 0;
                    ~release_at_end() {
                        ring.release(n);
                        all += n;
                    }
                } used{ring, taken_};
                while (used.n < n && f == flow::more) {
                    f = receiver.put(static_cast<T&&>(records[used.n++]), meta_set<>{});
                }
                taken += used.n;
            }
            if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
        }
        return {pulled::more, taken};
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

  private:
    std::shared_ptr<inlet_state<T>> state_;
    std::uint64_t taken_ = 0;
};

template <class T>
struct inlet_source : source_base<inlet_source<T>> {
    static constexpr const char* kind = "inlet";
    std::shared_ptr<inlet_state<T>> state;

    [[nodiscard]] constexpr auto out() const { return stream<T, category::given>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder b) {
        state->connect(b.make_waker(), *b.whole().scheduler);
        b.task().add_edge(b.keep(std::make_shared<inlet_end<T>>(state, b.path())));
        b.whole().points.push_back(state->outside().point());
        return inlet_cursor<T>(state);
    }
};

}  // namespace detail

template <class T>
class inlet {
  public:
    /// Throws std::invalid_argument for a capacity of 0.
    explicit inlet(std::size_t capacity = 1'024) : state_(std::make_shared<detail::inlet_state<T>>(capacity)) {}

    /// Waits while the ring is full; false when the inlet is closed.
    bool put(T value) { return put_until(value, detail::no_deadline); }

    /// The same for at most `time` of the scheduler's clock.
    template <class Rep, class Period>
    [[nodiscard]] bool put_for(T value, std::chrono::duration<Rep, Period> time) {
        return put_until(value, [time](instant now) { return detail::deadline_after(now, time); });
    }
    /// Never waits; where it answers false `value` is untouched.
    [[nodiscard]] bool try_put(const T& value) { return state_->try_put(value); }
    [[nodiscard]] bool try_put(T&& value) { return state_->try_put(static_cast<T&&>(value)); }

    /// All elements, copied or moved as the range gives them; how many were taken before the inlet was closed. Other
    /// threads' records may come between. An exception of the range leaves those before it in the pipeline.
    template <class Range>
    std::size_t put_range(Range&& range) {
        state_->outside().refuse_inside("inlet", "try_put");
        auto first = std::begin(range);
        const auto last = std::end(range);
        std::size_t taken = 0;
        static_cast<void>(state_->outside().wait(
            [&] {
                state_->try_put_some(first, last, taken);
                return first == last || state_->closed();
            },
            detail::no_deadline));
        return taken;
    }

    /// Takes no more; what was put is delivered.
    void close() { state_->close(); }
    [[nodiscard]] bool closed() const { return state_->closed(); }

    [[nodiscard]] auto as_source() const { return detail::inlet_source<T>{{}, state_}; }

  private:
    template <class Deadline>
    bool put_until(T& value, Deadline deadline) {
        state_->outside().refuse_inside("inlet", "try_put");
        if (state_->try_put(static_cast<T&&>(value))) return true;
        bool taken = false;
        static_cast<void>(state_->outside().wait(
            [&] {
                taken = taken || state_->try_put(static_cast<T&&>(value));
                return taken || state_->closed();
            },
            deadline));
        return taken;
    }

    std::shared_ptr<detail::inlet_state<T>> state_;
};

}  // namespace weir
