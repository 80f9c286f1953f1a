// SPDX-License-Identifier: BSL-1.0
// print(): records as text lines on standard output.
//
//     | weir::print()
//     | weir::print({.format = weir::text_format::csv})
//
// Written in pieces of whole lines, 100 ms after a line at the latest, and at the end, by a `blocking_queue`: no worker
// waits for a slow reader; where it is slower than the pipeline, the pipeline waits, until it is stopped. When the
// reader has gone the pipeline ends with `errc::closed_pipe`. A record counts as delivered when its piece is written.
// Lines of several `print()`s mix, but not within a line (of up to 4 KiB). Behind `shard(n)` put | merge() before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../../support/atomic.hpp"
#include "../../support/file.hpp"
#include "text_format.hpp"
#include "text_pieces.hpp"

namespace weir {

struct print_options {
    text_format format = text_format::ndjson;
    file_system* files = nullptr;  // null: the system's own
};

namespace detail {

/// What requests write to. A stream takes a few KiB at a time, each when it has room, so that a stop ends the wait for
/// a reader that does not read.
class standard_output_writer {
  public:
    explicit standard_output_writer(file_system& files)
        : files_(files), stream_(files.status(out_).kind == file_kind::stream) {}

    void write(std::string_view text, std::uint64_t records, interrupt* stop) {
        while (!text.empty()) {
            const std::size_t n = stream_ ? whole_lines(text) : text.size();
            if (stream_ && stop != nullptr && !files_.wait_writable(out_, stop)) return;
            files_.write_all(out_, {text.data(), n}, "standard output").value();
            text.remove_prefix(n);
        }
        written_.store(written_.load(memory_order_relaxed) + records, memory_order_release);  // (1) pairs with (2)
    }
    [[nodiscard]] std::uint64_t written() const noexcept { return written_.load(memory_order_acquire); }  // (2)

  private:
    static constexpr std::size_t at_once = 4'096;  // what a pipe takes in one, if it takes anything

    static std::size_t whole_lines(std::string_view text) noexcept {
        if (text.size() <= at_once) return text.size();
        const std::size_t end = text.rfind('\n', at_once - 1);
        return end == std::string_view::npos ? at_once : end + 1;
    }

    file_system& files_;
    file out_{1, false};
    const bool stream_;
    atomic<std::uint64_t> written_{0};
};

/// The task's side.
class printed_text {
  public:
    printed_text(const builder& at, file_system& files) : pieces(at), writer_(files) {}
    printed_text(const printed_text&) = delete;
    printed_text& operator=(const printed_text&) = delete;

    text_pieces pieces;

    /// After a record was appended.
    WEIR_INLINE flow appended() {
        ++pieces.records;
        if (pieces.text().size() < text_pieces::piece) [[likely]]
            return flow::more;
        return flush();
    }
    flow finish() {
        finishing_ = true;
        static_cast<void>(flush());
        return pieces.written();
    }
    flow resume() { return finishing_ ? pieces.written() : pieces.room_again(); }
    flow snapshot(barrier at) {
        static_cast<void>(flush());
        pieces.complete_before(at);
        return pieces.room();
    }

    /// At once when a text begins, to know the time, and 100 ms later.
    [[nodiscard]] instant due() const noexcept {
        if (pieces.failed()) return instant::min();
        return pieces.empty() ? instant::max() : instant{flush_at_};
    }
    flow tick(instant now) {
        if (flush_at_ == INT64_MIN) {
            flush_at_ = now.us > INT64_MAX - patience_us ? INT64_MAX : now.us + patience_us;
            return pieces.room();
        }
        return flush();
    }
    [[nodiscard]] std::uint64_t written() const noexcept { return writer_.written(); }

  private:
    static constexpr std::int64_t patience_us = 100'000;

    WEIR_NOINLINE flow flush() {
        flush_at_ = INT64_MIN;
        if (!pieces.empty()) {
            pieces.hand_over([to = &writer_](std::string_view text, std::uint64_t records, interrupt* stop) {
                to->write(text, records, stop);
            });
        }
        return pieces.room();
    }

    standard_output_writer writer_;
    std::int64_t flush_at_ = INT64_MIN;
    bool finishing_ = false;
};

template <class T>
struct print_receiver : end_of_signals<print_receiver<T>> {
    using needs = tags<>;

    const stage_info* stage;
    std::unique_ptr<printed_text> out;
    text_format format;
    bool begun = false;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            std::string& text = out->pieces.text();
            if (!begun) [[unlikely]] {
                begun = true;
                write_header<T>(text, format);
            }
            write_record(text, format, static_cast<const T&>(value));
            ++taken;
            return out->appended();
        } catch (...) {
            blame(stage);
            throw;
        }
    }
    flow finish() {
        return blaming(stage, [this] { return out->finish(); });
    }
    flow resume() {
        return blaming(stage, [this] { return out->resume(); });
    }
    template <class Writer>
    flow snapshot(barrier at, Writer&) {
        return blaming(stage, [&] { return out->snapshot(at); });
    }
    [[nodiscard]] instant due() const noexcept { return out->due(); }
    flow tick(instant now) {
        return blaming(stage, [&] { return out->tick(now); });
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        const std::uint64_t written = out->written();
        ledger.sink(*stage, written, 0, taken - written);
    }
};

struct print_sink : sink_base<print_sink> {
    print_options options;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain, "weir::print: behind shard(n) lines would mix; put | merge() before it");
        constexpr bool text = is_text_record<typename In::value_type>;
        static_assert(text, "weir::print: this record cannot be written as text; it takes aggregate structs and "
                            "strings: map it to one");
        return one_chain && text;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        file_system& files = options.files != nullptr ? *options.files : file_system::real();
        return print_receiver<typename In::value_type>{
            {}, b.info("print"), std::make_unique<printed_text>(b, files), options.format};
    }
};

}  // namespace detail

/// Records as lines on standard output.
[[nodiscard]] inline auto print(print_options options = {}) { return detail::print_sink{{}, options}; }

}  // namespace weir
