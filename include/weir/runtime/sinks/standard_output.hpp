// SPDX-License-Identifier: BSL-1.0
// print(): records as text lines on standard output.
//
//     | weir::print()
//     | weir::print({.format = weir::text_format::csv})
//
// Written in pieces, at the latest when a batch of the input ends after 100 ms, and at the end. When the reader has gone
// (`errc::closed_pipe`; the process must ignore SIGPIPE, as `run` with `stop_on_signals` does) the pipeline ends with
// that error. Behind `shard(n)` put | merge() before it, so that lines do not mix.
#pragma once

#include <string>
#include <utility>

#include "../../core/pipeline.hpp"
#include "../../support/file.hpp"
#include "text_format.hpp"

namespace weir {

struct print_options {
    text_format format = text_format::ndjson;
    file_system* files = nullptr;  // null: the system's own
};

namespace detail {

template <class T>
struct print_receiver : end_of_signals<print_receiver<T>> {
    using needs = tags<>;

    const stage_info* stage;
    file_system* files;
    text_format format;
    std::string text{};
    bool begun = false;
    std::int64_t flush_at = INT64_MIN;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        if (!begun) [[unlikely]] {
            begun = true;
            write_header<T>(text, format);
        }
        write_record(text, format, static_cast<const T&>(value));
        ++taken;
        if (text.size() >= (std::size_t{64} << 10U)) [[unlikely]] flush();
        return flow::more;
    }
    flow finish() {
        flush();
        return flow::more;
    }
    [[nodiscard]] instant due() const noexcept { return {flush_at}; }
    flow tick(instant now) {
        flush();
        flush_at = now.us + 100'000;
        return flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }

  private:
    WEIR_NOINLINE void flush() {
        if (text.empty()) return;
        file out(1, false);
        const result<void> written = files->write_all(out, {text.data(), text.size()}, "standard output");
        text.clear();
        if (!written) {
            blame(stage);
            written.value();
        }
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
        return print_receiver<typename In::value_type>{{}, b.info("print"), &files, options.format};
    }
};

}  // namespace detail

/// Records as lines on standard output.
[[nodiscard]] inline auto print(print_options options = {}) { return detail::print_sink{{}, options}; }

}  // namespace weir
