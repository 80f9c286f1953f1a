// SPDX-License-Identifier: BSL-1.0
// progress: the words of its lines, and signals while a pipeline runs.
#include <weir/runtime/progress.hpp>

#include "../support/catch.hpp"

#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/runtime/run.hpp>

#include <signal.h>

#include <optional>
#include <string>

using weir::detail::last_line;
using weir::detail::progress_line;
using weir::detail::short_duration;
using weir::detail::short_number;

#if defined(__SANITIZE_THREAD__)
#define WEIR_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_UNDER_TSAN 1
#endif
#endif

namespace {

weir::report seen(std::uint64_t taken, std::uint64_t bytes, std::uint64_t late, std::uint64_t failed) {
    weir::report r;
    weir::stage_report s;
    s.source = true;
    s.passed = taken;
    s.counts.late = late;
    s.counts.failed = failed;
    r.stages.push_back(s);
    r.bytes = bytes;
    return r;
}

[[maybe_unused]] int before_handler = 0;

}  // namespace

TEST_CASE("progress: numbers and times in a few characters") {
    CHECK(short_number(0) == "0");
    CHECK(short_number(999) == "999");
    CHECK(short_number(999.6) == "1.0 k");
    CHECK(short_number(1'234) == "1.2 k");
    CHECK(short_number(12'345) == "12 k");
    CHECK(short_number(123'456'789) == "123 M");
    CHECK(short_number(5e15) == "5000 T");
    CHECK(short_duration(0) == "0 ms");
    CHECK(short_duration(250'000) == "250 ms");
    CHECK(short_duration(3'210'000) == "3.2 s");
    CHECK(short_duration(600'000'000) == "10 min");
    CHECK(short_duration(10'800'000'000) == "3 h");
    CHECK(short_duration(864'000'000'000) == "10 d");
    CHECK(short_duration(315'576'000'000'000) == "10 years");
}

TEST_CASE("progress: a line says how fast, how far behind, how full, and what was lost") {
    weir::report now = seen(3'000, 600'000, 5, 2);
    CHECK(progress_line(seen(1'000, 200'000, 0, 0), now, 2.0, {0}, 40)
          == "1.0 k records/s, 200 kB/s, fullest shard 40%, late 5, failed 2");
    now.bytes = 0;
    now.watermark = {1'000'000};
    CHECK(progress_line(seen(1'000, 0, 0, 0), now, 2.0, {4'000'000}, 0)
          == "1.0 k records/s, watermark 3.0 s behind, fullest shard 0%, late 5, failed 2");
    CHECK(last_line(seen(10'000, 2'000'000, 0, 1), 0.5)
          == "10 k records in 500 ms, 20 k records/s, 4.0 MB/s, late 0, failed 1");
    CHECK(last_line(seen(0, 0, 0, 0), 0) == "0 records in 0 ms, 0 records/s, late 0, failed 0");
}

// ThreadSanitizer puts a handler off until the thread it interrupts calls something that it knows, and waits on futexes
// are not: the end-to-end tests send signals too.
#if !defined(WEIR_UNDER_TSAN)
TEST_CASE("progress: the first signal drains, and what was installed before is put back") {
    struct sigaction mine{};
    sigemptyset(&mine.sa_mask);
    mine.sa_handler = [](int) { ++before_handler; };
    struct sigaction original{};
    REQUIRE(::sigaction(SIGINT, &mine, &original) == 0);
    for (int round = 0; round < 3; ++round) {
        long sum = 0;
        const auto endless = weir::from(weir::generate([n = 0]() mutable { return std::optional<int>(n++ % 2); }));
        bool sent = false;
        const weir::report r = weir::run(endless | weir::for_each([&](int n) {
                                             sum += n;
                                             if (!sent && sum > 1'000) sent = ::kill(::getpid(), SIGINT) == 0;
                                         }),
                                         {.stop_on_signals = true});
        CHECK(r.finished);
        CHECK(r.interrupted);
        CHECK(r.taken() == r.delivered());
        CHECK(before_handler == round);
        REQUIRE(::raise(SIGINT) == 0);
        CHECK(before_handler == round + 1);
    }
    ::sigaction(SIGINT, &original, nullptr);
}
#endif
