// SPDX-License-Identifier: BSL-1.0
// inlet<T>: application threads put records into a pipeline.
//
//     weir::inlet<order> in{1024};
//     weir::job job = weir::start(weir::from(in) | ...);
//     in.put(order{...});                  // any thread; waits while the ring is full
//     in.close();                          // what was put is delivered, then the pipeline ends
//
// A handle: copies share one ring. `put` and its kin may be called by any number of threads at once; each answers true
// when the record was taken, which means: it is delivered, or counted as abandoned when the pipeline is stopped. false:
// the inlet is closed (by `close()`, by a drain, by the pipeline's end), and the record was not taken. Records of one
// thread keep their order. Not from inside a task of the same scheduler: it would wait for itself (`try_put` may).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../edge.hpp"
#include "../runtime.hpp"

namespace weir {
namespace detail {

/// What the handles and the reading task share. The mutex is held for one record or span, never while waiting.
template <class T>
class inlet_state {
  public:
    explicit inlet_state(std::size_t capacity) : records_(capacity) {}

    /// Takes from `value` if there is room; false and untouched where there is none or the inlet is closed.
    bool try_put(T& value) {
        const std::lock_guard hold(mutex_);
        if (closed_ || records_.room() == 0) return false;
        records_.emplace(static_cast<T&&>(value));
        publish();
        return true;
    }
    /// As many as there is room for, from `first`; published once.
    template <class It, class End>
    std::size_t try_put_some(It& first, const End& last) {
        const std::lock_guard hold(mutex_);
        std::size_t n = 0;
        if (closed_) return 0;
        for (; first != last && records_.room() != 0; ++first, ++n) records_.emplace(*first);
        if (n != 0) publish();
        return n;
    }
    [[nodiscard]] bool closed() const {
        const std::lock_guard hold(mutex_);
        return closed_;
    }
    void close() {
        {
            const std::lock_guard hold(mutex_);
            if (closed_) return;
            closed_ = true;
            static_cast<void>(records_.signal(signal_kind::end));
            publish();
        }
        room_->notify();
    }

    /// Once: the pipeline that reads it.
    void connect(waker reader, scheduler& on) {
        const std::lock_guard hold(mutex_);
        if (connected_) {
            throw std::logic_error("weir::inlet: a pipeline reads it already, or has; make an inlet per run");
        }
        connected_ = true;
        reader_ = std::move(reader);
        on_.store(&on, memory_order_release);
    }
    [[nodiscard]] channel<T>& records() noexcept { return records_; }
    [[nodiscard]] const std::shared_ptr<wait_point>& room() const noexcept { return room_; }

    template <class Predicate>
    wait_status wait(Predicate ready, const std::chrono::microseconds* limit) {
        scheduler* on = on_.load(memory_order_acquire);
        scheduler& there = on != nullptr ? *on : runtime::get_default();
        const instant deadline =
            limit == nullptr ? instant::max() : instant{there.time().now().us + limit->count()};
        return there.wait(*room_, ready, deadline);
    }

  private:
    void publish() {
        records_.publish();
        reader_.notify();
    }

    mutable std::mutex mutex_;
    channel<T> records_;
    waker reader_;
    bool closed_ = false;
    bool connected_ = false;
    atomic<scheduler*> on_{nullptr};
    const std::shared_ptr<wait_point> room_ = std::make_shared<wait_point>();
};

template <class T>
class inlet_end final : public edge_end {
  public:
    explicit inlet_end(std::shared_ptr<inlet_state<T>> s) : state_(std::move(s)) {}
    void end_of_step() noexcept override {
        if (state_->records().end_of_step()) state_->room()->notify();
    }
    void close() noexcept override {
        end_of_step();
        state_->close();
    }
    void account(report& out) const override { out.abandoned += state_->records().size_approx(); }

  private:
    std::shared_ptr<inlet_state<T>> state_;
};

template <class T>
class inlet_cursor {
  public:
    static constexpr bool ends_on_drain = false;  // what was put is delivered first

    explicit inlet_cursor(std::shared_ptr<inlet_state<T>> s) : state_(std::move(s)) {}

    void drain() { state_->close(); }

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        channel<T>& c = state_->records();
        std::size_t taken = 0;
        while (taken < max_records) {
            const auto item = c.next();
            if (item.what == channel_item<T>::kind::signal) return {pulled::exhausted, taken};
            if (item.what == channel_item<T>::kind::nothing) return {pulled::starved, taken};
            const std::size_t n = item.records.size() < max_records - taken ? item.records.size() : max_records - taken;
            flow f = flow::more;
            {
                span_taken<T> used(c);
                while (used.records < n && f == flow::more) {
                    f = receiver.put(static_cast<T&&>(item.records[used.records++]), meta_set<>{});
                }
                taken += used.records;
            }
            if (f != flow::more) return {f == flow::full ? pulled::full : pulled::done, taken};
        }
        return {pulled::more, taken};
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return state_->records().consumed(); }

  private:
    std::shared_ptr<inlet_state<T>> state_;
};

template <class T>
struct inlet_source : source_base<inlet_source<T>> {
    static constexpr const char* kind = "inlet";
    std::shared_ptr<inlet_state<T>> state;

    [[nodiscard]] constexpr auto out() const { return stream<T, category::given>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder b) {
        state->connect(b.make_waker(), *b.whole().scheduler);
        b.task().add_edge(b.keep(std::make_shared<inlet_end<T>>(state)));
        b.whole().points.push_back(state->room());
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
    bool put(T value) { return put_until(value, nullptr); }

    /// The same for at most `time` of the scheduler's clock.
    template <class Rep, class Period>
    [[nodiscard]] bool put_for(T value, std::chrono::duration<Rep, Period> time) {
        const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(time);
        return put_until(value, &limit);
    }
    /// Never waits; where it answers false `value` is untouched.
    [[nodiscard]] bool try_put(T& value) { return state_->try_put(value); }
    [[nodiscard]] bool try_put(T&& value) { return state_->try_put(value); }

    /// All elements, copied or moved as the range gives them; how many were taken before the inlet was closed.
    template <class Range>
    std::size_t put_range(Range&& range) {
        auto first = std::begin(range);
        const auto last = std::end(range);
        std::size_t taken = 0;
        while (first != last) {
            const wait_status s = state_->wait(
                [&] {
                    taken += state_->try_put_some(first, last);
                    return first == last || state_->closed();
                },
                nullptr);
            if (s != wait_status::ready || state_->closed()) break;
        }
        return taken;
    }

    /// Takes no more; what was put is delivered.
    void close() { state_->close(); }
    [[nodiscard]] bool closed() const { return state_->closed(); }

    [[nodiscard]] auto as_source() const { return detail::inlet_source<T>{{}, state_}; }

  private:
    bool put_until(T& value, const std::chrono::microseconds* limit) {
        if (state_->try_put(value)) return true;
        bool taken = false;
        const wait_status s = state_->wait(
            [&] {
                taken = taken || state_->try_put(value);
                return taken || state_->closed();
            },
            limit);
        return s == wait_status::ready && taken;
    }

    std::shared_ptr<detail::inlet_state<T>> state_;
};

}  // namespace weir
