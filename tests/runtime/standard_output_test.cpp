// SPDX-License-Identifier: BSL-1.0
// print: whole lines, soon, and never at the cost of a worker.
#include "../support/catch.hpp"

#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/sources/interval.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>
#include <weir/runtime/sinks/standard_output.hpp>

#include <errno.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../support/captured_output.hpp"
#include "../support/scratch.hpp"

using namespace std::chrono_literals;
using namespace weir_test;

namespace {

struct row {
    int n;
    std::string text;
};

auto rows(int count, std::size_t width = 9) {
    return weir::from(weir::generate([i = 0, count, width]() mutable {
        return i < count ? std::optional<row>(row{i++, std::string(width, 'x')}) : std::nullopt;
    }));
}

template <class Predicate>
bool soon(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("standard_output: JSON lines or CSV with one header, all of them, counted") {
    captured_output out;
    const weir::report r = weir::run(rows(2) | weir::print({.files = &out}));
    CHECK(r.finished);
    CHECK(r.delivered() == 2);
    CHECK(out.text() == "{\"n\":0,\"text\":\"xxxxxxxxx\"}\n{\"n\":1,\"text\":\"xxxxxxxxx\"}\n");
    captured_output csv;
    CHECK(weir::run(rows(2) | weir::print({.format = weir::text_format::csv, .files = &csv})).delivered() == 2);
    CHECK(csv.text() == "n,text\n0,xxxxxxxxx\n1,xxxxxxxxx\n");
    captured_output none;
    CHECK(weir::run(rows(0) | weir::print({.files = &none})).finished);
    CHECK(none.writes().empty());
}

TEST_CASE("standard_output: to a stream, whole lines at a time while they fit a pipe; to a file, whole pieces") {
    for (const std::size_t width : {9U, 500U, 4'070U, 4'090U, 10'000U}) {
        CAPTURE(width);
        captured_output stream(weir::file_kind::stream);
        const int count = static_cast<int>(300'000 / width);
        CHECK(weir::run(rows(count, width) | weir::print({.files = &stream})).delivered()
              == static_cast<std::uint64_t>(count));
        CHECK(lines_of(stream.text()).size() == static_cast<std::size_t>(count));
        for (const std::string& w : stream.writes()) {
            CHECK(w.size() <= 4'096);
            if (width < 4'000) CHECK(w.back() == '\n');
        }
        captured_output file(weir::file_kind::regular);
        CHECK(weir::run(rows(count, width) | weir::print({.files = &file})).finished);
        CHECK(file.text() == stream.text());
        CHECK(file.writes().size() <= file.text().size() / 65'536 + 1);
        for (const std::string& w : file.writes()) CHECK(w.back() == '\n');
    }
}

TEST_CASE("standard_output: a line is out 100 ms later at the latest; an idle pipeline does nothing") {
    captured_output out;
    weir::simulated on(3);
    weir::job job = weir::start(weir::from(weir::interval(1s)) | weir::map([](std::uint64_t n) {
                                    return row{static_cast<int>(n), ""};
                                }) | weir::print({.files = &out}),
                                on);
    on.advance_to({1'050'000});
    CHECK(out.text().empty());
    on.advance_to({1'110'000});
    CHECK(lines_of(out.text()).size() == 1);
    const std::uint64_t steps = on.steps();
    on.advance_to({1'990'000});
    CHECK(on.steps() < steps + 10);
    on.advance_to({5'500'000});
    CHECK(lines_of(out.text()).size() == 5);
    CHECK(job.metrics().delivered() == 5);
    job.drain();
    CHECK(job.wait().delivered() == 5);
}

TEST_CASE("standard_output: a reader that has gone, or a full disk, ends the pipeline with one clear error") {
    struct expected {
        int number;
        weir::errc code;
        std::string says;
    };
    for (const expected& e :
         {expected{EPIPE, weir::errc::closed_pipe, "write standard output: Broken pipe; the reader has gone"},
          expected{ENOSPC, weir::errc::no_space,
                   "write standard output: No space left on device; make room and run again"}}) {
        for (int after = 0; after < 5; ++after) {
            CAPTURE(e.number, after);
            captured_output out;
            out.fail_after = after;
            out.number = e.number;
            const weir::report r = weir::run(rows(100'000) | weir::print({.files = &out}));
            CHECK_FALSE(r.finished);
            CHECK(r.message == e.says);
            CHECK(r.failed_stage == "print (1)");
            CHECK(r.taken() == r.delivered() + r.abandoned);
            CHECK(r.delivered() <= lines_of(out.text()).size());
            try {
                r.rethrow();
            } catch (const weir::bad_result& b) {
                CHECK(b.error().code == e.code);
            }
        }
    }
}

TEST_CASE("standard_output: while the reader does not read, the worker is free, and a stop does not wait for it") {
    captured_output out(weir::file_kind::stream);
    out.reads = false;
    weir::threads on({.workers = 1});
    const auto endless = weir::from(weir::generate([i = 0]() mutable { return std::optional<row>(row{i++, ""}); }));
    weir::job stuck = weir::start(endless | weir::print({.files = &out}), on);
    REQUIRE(soon([&] { return out.waiting.load(); }));
    captured_output other;
    CHECK(weir::run(rows(10'000) | weir::print({.files = &other}), on).delivered() == 10'000);
    CHECK_FALSE(stuck.finished());
    stuck.stop();
    const std::optional<weir::report> r = stuck.wait_for(30s);
    REQUIRE(r.has_value());
    CHECK(r->interrupted);
    CHECK(r->delivered() == 0);
    CHECK(r->taken() == r->abandoned);
    CHECK(out.text().empty());
}
