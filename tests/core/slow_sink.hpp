// SPDX-License-Identifier: BSL-1.0
// A sink that has little room: it answers `full` after every k-th put (and after a signal, where asked), wants r
// resumes before more, is done after a number of records, and throws `protocol_broken` when anything but `resume()`
// follows `full`, a record or a watermark follows `done`, anything follows `finish()`, or that comes twice.
#pragma once

#include <weir/core/pipeline.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir_test {

struct protocol_broken : std::logic_error {
    using std::logic_error::logic_error;
};

struct slow_options {
    std::size_t full_every = 1;         // 0: never
    int resumes = 1;                    // how many until `more`
    std::size_t done_after = SIZE_MAX;  // records
    bool full_on_signals = false;
    std::int64_t grain = 0;
};

/// What a slow sink saw; the caller's, and read after the run.
template <class T>
struct slow_log {
    std::vector<T> records;
    std::vector<weir::instant> watermarks;
    std::vector<std::size_t> at;  // how many records had come before each watermark
    std::size_t fulls = 0;
    std::size_t resumes = 0;
    std::size_t idles = 0;
    std::size_t finishes = 0;
    std::size_t given = 0;  // records that came as T&&
};

template <class T>
struct slow_receiver {
    using needs = weir::tags<>;

    const weir::stage_info* stage;
    slow_log<T>* log;
    slow_options options;
    int owed = 0;
    bool done = false;

    template <class V, class M>
    weir::flow put(V&& value, const M&) {
        ready("put");
        wanted("put");
        if constexpr (std::is_rvalue_reference_v<V&&>) ++log->given;
        log->records.push_back(std::forward<V>(value));
        if (log->records.size() >= options.done_after) {
            done = true;
            return weir::flow::done;
        }
        if (options.full_every != 0 && log->records.size() % options.full_every == 0) return fill();
        return weir::flow::more;
    }
    weir::flow advance(weir::instant w) {
        ready("advance");
        wanted("advance");
        log->watermarks.push_back(w);
        log->at.push_back(log->records.size());
        return signalled();
    }
    weir::flow idle() {
        ready("idle");
        wanted("idle");
        ++log->idles;
        return signalled();
    }
    template <class Writer>
    weir::flow snapshot(weir::barrier, Writer&) {
        ready("snapshot");
        return signalled();
    }
    template <class Reader>
    void restore(Reader&) {}
    weir::flow finish() {
        ready("finish");
        if (++log->finishes > 1) throw protocol_broken("finish came twice");
        return signalled();
    }
    weir::flow resume() {
        if (owed == 0) return done ? weir::flow::done : weir::flow::more;
        ++log->resumes;
        return --owed == 0 ? weir::flow::more : weir::flow::full;
    }
    [[nodiscard]] weir::instant due() const { return weir::instant::max(); }
    weir::flow tick(weir::instant) {
        ready("tick");
        return weir::flow::more;
    }
    [[nodiscard]] std::int64_t grain() const { return options.grain; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, log->records.size());
    }

  private:
    void wanted(const char* what) const {
        if (done) throw protocol_broken(std::string(what) + " after done");
    }
    void ready(const char* what) const {
        if (owed != 0) throw protocol_broken(std::string(what) + " after full");
        if (log->finishes != 0 && std::string(what) != "finish")
            throw protocol_broken(std::string(what) + " after finish");
    }
    weir::flow fill() {
        owed = options.resumes;
        ++log->fulls;
        return weir::flow::full;
    }
    weir::flow signalled() { return options.full_on_signals ? fill() : done ? weir::flow::done : weir::flow::more; }
};

template <class T>
struct slow_sink : weir::sink_base<slow_sink<T>> {
    slow_log<T>* log;
    slow_options options;

    slow_sink(slow_log<T>& l, slow_options o) : log(&l), options(o) {}

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return slow_receiver<T>{b.info("slow"), log, options};
    }
};

/// A move-only number.
struct only_moves {
    int n = 0;
    only_moves() = default;
    explicit only_moves(int value) : n(value) {}
    only_moves(only_moves&& other) noexcept : n(std::exchange(other.n, -1)) {}
    only_moves& operator=(only_moves&& other) noexcept {
        n = std::exchange(other.n, -1);
        return *this;
    }
    friend bool operator==(const only_moves& a, int b) { return a.n == b; }
};

/// Makes a stream look as behind `shard`, without one: for refusals and `per_shard`.
struct as_sharded : weir::stage_base<as_sharded> {
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return weir::with_partition<In, weir::partition::by_key>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return make_next(b);
    }
};

}  // namespace weir_test
