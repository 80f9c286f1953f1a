// SPDX-License-Identifier: BSL-1.0
// Text on its way from a sink's receiver to the thread that writes it: a piece that is full is handed over, and a few
// may be on their way. One task's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "../../core/accounting.hpp"
#include "../../core/flow.hpp"
#include "../../core/receiver.hpp"
#include "../blocking_queue.hpp"

namespace weir::detail {

class text_pieces {
  public:
    static constexpr std::size_t piece = std::size_t{64} << 10U;

    explicit text_pieces(const builder& at) : desk_(at.whole().desk), requests_(at, resume_at) { begin(); }

    [[nodiscard]] std::string& text() noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] bool failed() const noexcept { return requests_.failed(); }
    /// Records in the present piece; the receiver counts them.
    std::uint64_t records = 0;

    /// `write(text, records, stop)` is called with the piece on another thread, unless an earlier one has thrown.
    template <class Write>
    void hand_over(Write write) {
        requests_.hand_over([write, text = std::exchange(text_, {}), n = std::exchange(records, 0)](interrupt* stop) {
            write(text, n, stop);
        });
        begin();
    }
    /// The checkpoint is not whole before all that was handed over is done.
    void complete_before(barrier at) {
        if (requests_.pending() == 0) return;
        desk_.hold(at.checkpoint);
        requests_.hand_over([&desk = desk_, at] { desk.released(at.checkpoint); });
    }
    /// Whether another piece may be begun. Never throws: a batch that is cut short by an error would count wrong, so
    /// after one that has thrown there is no room, and `resume()` finds out why.
    [[nodiscard]] flow room() const noexcept {
        return requests_.pending() < most_in_flight && !requests_.failed() ? flow::more : flow::full;
    }
    /// For `resume()`: the same, with some room to go on. Throws what a request has thrown.
    [[nodiscard]] flow room_again() const {
        requests_.check();
        return requests_.pending() <= resume_at ? flow::more : flow::full;
    }
    /// For `finish()`: whether all that was handed over is done. Throws what a request has thrown.
    [[nodiscard]] flow written() const {
        requests_.check();
        return requests_.pending() == 0 ? flow::more : flow::full;
    }

  private:
    static constexpr std::size_t most_in_flight = 4;
    static constexpr std::size_t resume_at = 2;

    void begin() { text_.reserve(piece + piece / 4); }

    checkpoint_desk& desk_;
    std::string text_;
    blocking_queue requests_;
};

/// Calls, and lets an exception name the stage.
template <class Call>
flow blaming(const stage_info* stage, Call call) {
    try {
        return call();
    } catch (...) {
        blame(stage);
        throw;
    }
}

}  // namespace weir::detail
