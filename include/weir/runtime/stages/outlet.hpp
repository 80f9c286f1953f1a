// SPDX-License-Identifier: BSL-1.0
// outlet<T>: application threads get what a pipeline delivers.
//
//     weir::outlet<fill> out{1024};
//     weir::job job = weir::start(... | weir::to(out));
//     while (std::optional<fill> f = out.get()) ...       // any thread; nothing: the stream has ended
//
// A handle: copies share one ring. A full ring makes the pipeline wait; `close()` says that nobody will get any more,
// and ends it. Records that were delivered before the end can still be got after it. Not from inside a task of the same
// scheduler (`try_get` may).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../edge.hpp"
#include "../runtime.hpp"

namespace weir {
namespace detail {

template <class T>
class outlet_state {
  public:
    explicit outlet_state(std::size_t capacity) : records_(capacity) {}

    std::optional<T> try_get() {
        const std::lock_guard hold(mutex_);
        const auto item = records_.next();
        if (item.what != channel_item<T>::kind::records) return std::nullopt;
        std::optional<T> out(static_cast<T&&>(item.records.front()));
        records_.release(1);
        if (records_.end_of_step()) writer_.notify();
        return out;
    }
    /// No record is there and none will come.
    [[nodiscard]] bool ended() {
        const bool over = over_.load(memory_order_acquire);  // (2) pairs with (1): then the last record is seen
        const std::lock_guard hold(mutex_);
        return over && records_.next().what != channel_item<T>::kind::records;
    }
    void close() {
        const std::lock_guard hold(mutex_);
        records_.close_reader();
        writer_.notify();
    }

    void connect(waker writer, scheduler& on) {
        const std::lock_guard hold(mutex_);
        if (connected_) {
            throw std::logic_error("weir::outlet: a pipeline writes to it already, or has; make an outlet per run");
        }
        connected_ = true;
        writer_ = std::move(writer);
        on_.store(&on, memory_order_release);
    }
    void finish() noexcept {
        over_.store(true, memory_order_release);  // (1) pairs with (2)
        data_->notify();
    }
    [[nodiscard]] channel<T>& records() noexcept { return records_; }
    [[nodiscard]] const std::shared_ptr<wait_point>& data() const noexcept { return data_; }

    template <class Predicate>
    wait_status wait(Predicate ready, const std::chrono::microseconds* limit) {
        scheduler* on = on_.load(memory_order_acquire);
        scheduler& there = on != nullptr ? *on : runtime::get_default();
        const instant deadline = limit == nullptr ? instant::max() : instant{there.time().now().us + limit->count()};
        return there.wait(*data_, ready, deadline);
    }

  private:
    std::mutex mutex_;  // of the getting side
    channel<T> records_;
    waker writer_;
    bool connected_ = false;
    atomic<bool> over_{false};
    atomic<scheduler*> on_{nullptr};
    const std::shared_ptr<wait_point> data_ = std::make_shared<wait_point>();
};

template <class T>
class outlet_end final : public edge_end {
  public:
    explicit outlet_end(std::shared_ptr<outlet_state<T>> s) : state_(std::move(s)) {}
    void end_of_step() noexcept override {
        state_->records().publish();
        state_->data()->notify();
    }
    void close() noexcept override {
        end_of_step();
        state_->finish();
    }
    void account(report&) const override {}
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> level() const noexcept override {
        return {state_->records().size_approx(), state_->records().capacity()};
    }

  private:
    std::shared_ptr<outlet_state<T>> state_;
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
        if (!c.try_emplace(static_cast<V&&>(value))) [[unlikely]] {
            ++unwanted;  // closed by its reader: nothing else leaves a put without room
            return flow::done;
        }
        ++taken;
        if (c.room() == 0) [[unlikely]] return c.reader_closed() ? flow::done : flow::full;
        return flow::more;
    }
    flow resume() {
        channel<T>& c = state->records();
        if (c.reader_closed()) return flow::done;
        return c.has_room_again() ? flow::more : flow::full;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken, unwanted);
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
        b.whole().points.push_back(state->data());
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
    [[nodiscard]] std::optional<T> get() { return get_until(nullptr); }

    /// The same for at most `time` of the scheduler's clock; `ended()` tells the two apart.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<T> get_for(std::chrono::duration<Rep, Period> time) {
        const auto limit = std::chrono::duration_cast<std::chrono::microseconds>(time);
        return get_until(&limit);
    }
    /// Never waits.
    [[nodiscard]] std::optional<T> try_get() { return state_->try_get(); }

    /// The stream has ended, or was stopped, and all of it was got.
    [[nodiscard]] bool ended() const { return state_->ended(); }

    /// Nobody will get any more: the pipeline ends, as after `take`.
    void close() { state_->close(); }

    [[nodiscard]] auto as_sink() const { return detail::outlet_sink<T>{{}, state_}; }

  private:
    std::optional<T> get_until(const std::chrono::microseconds* limit) {
        std::optional<T> out = state_->try_get();
        if (out.has_value()) return out;
        static_cast<void>(state_->wait(
            [&] {
                if (!out.has_value()) out = state_->try_get();
                return out.has_value() || state_->ended();
            },
            limit));
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
