// SPDX-License-Identifier: BSL-1.0
// outlet<T>: application threads get what a pipeline delivers.
//
//     weir::outlet<fill> out{1024};
//     weir::job job = weir::start(... | weir::to(out));
//     while (std::optional<fill> f = out.get()) ...       // any thread; nothing: the stream has ended
//
// A handle: copies share one ring, and any number of threads may get. A full ring makes the pipeline wait. Records that
// were delivered before the end can still be got after it. `close()` says that nobody will wait for more: the pipeline
// ends, as after `take`, and what it puts meanwhile is counted as dropped. A pipeline that could not be started leaves
// the outlet to the next. From inside a task of the same scheduler only `try_get`, `close` and `ended`: the others
// throw std::logic_error, since they would wait for themselves.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../deadline.hpp"
#include "../edge.hpp"
#include "application_side.hpp"

namespace weir {
namespace detail {

template <class T>
class outlet_state {
  public:
    explicit outlet_state(std::size_t capacity) : records_(capacity) {}

    std::optional<T> try_get() {
        if (outside_.forked()) return std::nullopt;
        const std::lock_guard hold(mutex_);
        const auto item = records_.next();
        if (item.what != channel_item<T>::kind::records) return std::nullopt;
        std::optional<T> out(static_cast<T&&>(item.records.front()));
        records_.release(1);
        if (records_.end_of_step()) writer_.notify();
        return out;
    }
    /// No record is there and none will be waited for.
    [[nodiscard]] bool ended() {
        if (outside_.forked()) return true;
        const bool over = over_.load(memory_order_acquire);  // (2) pairs with (1): then the last record is seen
        const std::lock_guard hold(mutex_);
        return (over || records_.reader_closed()) && records_.next().what != channel_item<T>::kind::records;
    }
    void close() {
        if (outside_.forked()) return;
        {
            const std::lock_guard hold(mutex_);
            records_.close_reader();
            writer_.notify();
        }
        outside_.point()->notify();
    }

    void connect(waker writer, scheduler& on) {
        if (outside_.forked()) {
            throw std::logic_error("weir::outlet: forked: it belongs to the parent process; make one here");
        }
        const std::lock_guard hold(mutex_);
        if (connected_) {
            throw std::logic_error("weir::outlet: a pipeline writes to it already, or has; make an outlet per run");
        }
        connected_ = true;
        writer_ = std::move(writer);
        outside_.connect(on);
    }
    /// That pipeline was never started.
    void disconnect() {
        if (outside_.forked()) return;
        const std::lock_guard hold(mutex_);
        connected_ = false;
        writer_ = waker();
        outside_.disconnect();
    }
    void finish() noexcept {
        over_.store(true, memory_order_release);  // (1) pairs with (2)
        outside_.point()->notify();
    }
    [[nodiscard]] channel<T>& records() noexcept { return records_; }
    [[nodiscard]] const channel<T>& records() const noexcept { return records_; }
    [[nodiscard]] const application_side& outside() const noexcept { return outside_; }

  private:
    std::mutex mutex_;  // of the getting side
    channel<T> records_;
    waker writer_;
    bool connected_ = false;
    atomic<bool> over_{false};
    application_side outside_;
};

template <class T>
class outlet_end final : public edge_end {
  public:
    explicit outlet_end(std::shared_ptr<outlet_state<T>> s) : state_(std::move(s)) {}
    ~outlet_end() override {
        if (!ended_) state_->disconnect();
    }
    void end_of_step() noexcept override {
        state_->records().publish();
        state_->outside().point()->notify();
    }
    void close() noexcept override {
        end_of_step();
        state_->finish();
        ended_ = true;
    }
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> level() const noexcept override {
        return {state_->records().size_approx(), state_->records().capacity()};
    }

  private:
    std::shared_ptr<outlet_state<T>> state_;
    bool ended_ = false;
};

template <class T>
struct outlet_receiver : end_of_signals<outlet_receiver<T>> {
    using needs = tags<>;

    const stage_info* stage;
    std::shared_ptr<outlet_state<T>> state;
    std::uint64_t taken = 0;
    std::uint64_t unwanted = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        channel<T>& c = state->records();
        if (c.reader_closed()) [[unlikely]] {
            ++unwanted;
            return flow::done;
        }
        c.emplace(static_cast<V&&>(value));
        ++taken;
        return c.room() == 0 ? full() : flow::more;
    }
    flow resume() {
        channel<T>& c = state->records();
        if (c.reader_closed()) return flow::done;
        return c.has_room_again() ? flow::more : flow::full;
    }
    /// A closed outlet ends a pipeline that has nothing to put, too.
    [[nodiscard]] instant due() const noexcept {
        return state->records().reader_closed() ? instant::min() : instant::max();
    }
    flow tick(instant) noexcept { return state->records().reader_closed() ? flow::done : flow::more; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken, unwanted);
    }

  private:
    [[nodiscard]] WEIR_COLD flow full() const noexcept {
        return state->records().reader_closed() ? flow::done : flow::full;
    }
};

template <class T>
struct outlet_sink : sink_base<outlet_sink<T>> {
    std::shared_ptr<outlet_state<T>> state;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain, "weir::to: an outlet takes records from one chain; put | merge() before it");
        constexpr bool fits = std::is_constructible_v<T, typename In::reference>;
        static_assert(fits, "weir::to: the outlet's type cannot be made from this record; map it first, or give the "
                            "outlet the record's type");
        return one_chain && fits;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        state->connect(b.make_waker(), *b.whole().scheduler);
        b.task().add_edge(b.keep(std::make_shared<outlet_end<T>>(state)));
        b.whole().points.push_back(state->outside().point());
        return outlet_receiver<T>{{}, b.info("outlet"), state};
    }
};

}  // namespace detail

template <class T>
class outlet {
  public:
    /// Throws std::invalid_argument for a capacity of 0.
    explicit outlet(std::size_t capacity = 1'024) : state_(std::make_shared<detail::outlet_state<T>>(capacity)) {}

    /// Waits for a record; nothing at the end of the stream.
    [[nodiscard]] std::optional<T> get() { return get_until(detail::no_deadline); }

    /// The same for at most `time` of the scheduler's clock; `ended()` tells the two apart.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<T> get_for(std::chrono::duration<Rep, Period> time) {
        return get_until([time](instant now) { return detail::deadline_after(now, time); });
    }
    /// Never waits.
    [[nodiscard]] std::optional<T> try_get() { return state_->try_get(); }

    /// The stream has ended, was stopped or closed, and all of it was got.
    [[nodiscard]] bool ended() const { return state_->ended(); }

    /// Nobody will wait for more: the pipeline ends.
    void close() { state_->close(); }

    [[nodiscard]] auto as_sink() const { return detail::outlet_sink<T>{{}, state_}; }

  private:
    template <class Deadline>
    std::optional<T> get_until(Deadline deadline) {
        state_->outside().refuse_inside("outlet", "try_get");
        std::optional<T> out = state_->try_get();
        if (out.has_value()) return out;
        static_cast<void>(state_->outside().wait(
            [&] {
                if (!out.has_value()) out = state_->try_get();
                return out.has_value() || state_->ended();
            },
            deadline));
        return out;
    }

    std::shared_ptr<detail::outlet_state<T>> state_;
};

/// The sink that fills an outlet.
template <class T>
[[nodiscard]] auto to(const outlet<T>& out) {
    return out.as_sink();
}

}  // namespace weir
