// SPDX-License-Identifier: BSL-1.0
// The signals of a receiver, forwarded. A stage derives its receiver from `forward_signals` and writes only
// what it does itself; `put` is always its own.
//
// The whole protocol, each answering `flow` (one thread at a time, never blocking):
//   put(value, meta)        a record
//   advance(watermark)      nothing at or before it is expected any more
//   idle()                  nothing is expected for now; the next record or `advance` ends it
//   snapshot(barrier, out)  a checkpoint passes; `restore(in)` comes before the first put
//   finish()                end of stream, once; what it emits may continue in `resume()`
//   resume()                after `full`: drain downstream first, then go on with what was stopped
//   due() / tick(now)       the processing time at which a call is wanted; `instant::max()`: never
// and beside them: `grain()`, the unit in us in which watermarks matter to it and those behind it (0: they do
// not), and `account(ledger)`, which gives the counters.
#pragma once

#include <cstdint>

#include "../support/config.hpp"
#include "../support/instant.hpp"
#include "accounting.hpp"
#include "flow.hpp"
#include "meta.hpp"

namespace weir {

/// A checkpoint's number, from 1; it travels in order with the records.
struct barrier {
    std::uint64_t checkpoint = 0;
    /// The chain has ended: its stages are asked for their state alone, and nothing travels.
    [[nodiscard]] constexpr bool after_end() const noexcept { return checkpoint == 0; }
};

/// The greatest common divisor; 0 is "no opinion".
[[nodiscard]] constexpr std::int64_t common_grain(std::int64_t a, std::int64_t b) noexcept {
    while (b != 0) {
        const std::int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/// A stage's state in a section of its own, found again by its id; `restore` leaves it as it is where there is none.
template <class Writer, class State>
void save_state(const stage_info& stage, Writer& out, const State& state) {
    out.begin(stage);
    out.value(state);
    out.end();
}
template <class Reader, class State>
void load_state(const stage_info& stage, Reader& in, State& state) {
    if (!in.begin(stage)) return;
    in.value(state);
    in.end();
}

/// The same for a table of states by key.
template <class Writer, class Table>
void save_table(const stage_info& stage, Writer& out, const Table& table) {
    out.begin(stage);
    out.value(table.size());
    for (const auto& entry : table) {
        out.value(entry.key);
        out.value(entry.value);
    }
    out.end();
}
template <class Reader, class Table>
void load_table(const stage_info& stage, Reader& in, Table& table) {
    if (!in.begin(stage)) return;
    std::uint32_t entries = 0;
    in.value(entries);
    for (; entries > 0; --entries) {
        auto key = in.template take<decltype(Table::entry_type::key)>();
        table.try_emplace(static_cast<decltype(key)&&>(key), in.template take<decltype(Table::entry_type::value)>());
    }
    in.end();
}

/// Base of a receiver with one `next`.
template <class Self>
struct forward_signals {
    flow advance(instant watermark) { return self().next.advance(watermark); }
    flow idle() { return self().next.idle(); }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        return self().next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        self().next.restore(in);
    }
    flow finish() { return self().next.finish(); }
    flow resume() { return self().next.resume(); }
    [[nodiscard]] instant due() const { return self().next.due(); }
    flow tick(instant now) { return self().next.tick(now); }
    [[nodiscard]] std::int64_t grain() const { return self().next.grain(); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        self().next.account(ledger);
    }

  private:
    WEIR_INLINE Self& self() noexcept { return static_cast<Self&>(*this); }
    WEIR_INLINE const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

/// Base of a receiver with nothing behind it: a sink.
template <class Self>
struct end_of_signals {
    flow advance(instant) noexcept { return flow::more; }
    flow idle() noexcept { return flow::more; }
    template <class Writer>
    flow snapshot(barrier, Writer&) noexcept {
        return flow::more;
    }
    template <class Reader>
    void restore(Reader&) noexcept {}
    flow finish() { return flow::more; }
    flow resume() { return flow::more; }
    [[nodiscard]] instant due() const noexcept { return instant::max(); }
    flow tick(instant) { return flow::more; }
    [[nodiscard]] std::int64_t grain() const noexcept { return 0; }
    template <class Ledger>
    void account(Ledger&) const {}
};

}  // namespace weir
