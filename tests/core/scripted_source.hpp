// SPDX-License-Identifier: BSL-1.0
// A source that gives each record at a processing time of its own and is silent between: for tests of timers and
// idleness.
#pragma once

#include <weir/core/concepts.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace weir_test {

template <class T>
struct scripted {
    weir::instant at;  // processing time
    T record;
};

template <class T>
class scripted_cursor {
  public:
    explicit scripted_cursor(std::vector<scripted<T>> script) : script_(std::move(script)) {}

    void now(weir::instant t) noexcept { now_ = t; }
    [[nodiscard]] weir::instant due() const noexcept {
        return next_ < script_.size() ? script_[next_].at : weir::instant::max();
    }
    template <class Receiver>
    weir::pull_result pull(Receiver& receiver, std::size_t max_records) {
        std::size_t n = 0;
        for (; n < max_records; ++n) {
            if (next_ == script_.size()) return {weir::pulled::exhausted, n};
            if (script_[next_].at > now_) return {weir::pulled::starved, n};
            const weir::flow f = receiver.put(std::as_const(script_[next_++].record), weir::meta_set<>{});
            if (f != weir::flow::more) return {f == weir::flow::full ? weir::pulled::full : weir::pulled::done, n + 1};
        }
        return {weir::pulled::more, n};
    }

  private:
    std::vector<scripted<T>> script_;
    std::size_t next_ = 0;
    weir::instant now_{};
};

template <class T>
struct scripted_source : weir::source_base<scripted_source<T>> {
    static constexpr const char* kind = "scripted";
    std::vector<scripted<T>> script;

    explicit scripted_source(std::vector<scripted<T>> s) : script(std::move(s)) {}
    [[nodiscard]] auto out() const { return weir::stream<T, weir::category::lent>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) {
        return scripted_cursor<T>(script);
    }
};

}  // namespace weir_test
