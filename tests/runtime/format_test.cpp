// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/format.hpp>
#include <weir/runtime/run.hpp>

#include <stdexcept>
#include <vector>

TEST_CASE("a report is formatted as a line: how it ended, and its sums", "[runtime]") {
    const std::vector<int> v{1, 2, 3, 4, 5};
    std::vector<int> out;
    const weir::report done =
        weir::run(weir::from(v) | weir::filter([](int i) { return i > 2; }).named("great") | weir::collect(out));
    CHECK(fmt::format("{}", done) == "finished; taken 5, delivered 3, dropped 2, late 0, failed 0, abandoned 0");
    CHECK(fmt::format("{}", done.of("great")) == "filter (great): in 5, passed 3, dropped 2");
    CHECK(fmt::format("{}", done.of("collect")).find("collect (2): in 3, passed 3") == 0);

    const weir::report failed = weir::run(weir::from(v) | weir::map([](int i) {
                                                              if (i == 3) throw std::runtime_error("three");
                                                              return i;
                                                          }).named("counter")
                                          | weir::collect(out));
    CHECK(fmt::format("{}", failed).find("failed in map (counter): three; taken ") == 0);
}

TEST_CASE("reports of all kinds are formatted", "[runtime]") {
    weir::report r;
    CHECK(fmt::format("{}", r) == "running; taken 0, delivered 0, dropped 0, late 0, failed 0, abandoned 0");
    r.interrupted = r.finished = true;
    r.bytes = 10;
    r.abandoned = 3;
    r.unbalanced = 1;
    CHECK(fmt::format("{}", r)
          == "interrupted; taken 0, delivered 0, dropped 0, late 0, failed 0, abandoned 3, 10 bytes, 1 unexplained");
    r = {};
    r.error = std::make_exception_ptr(std::runtime_error("x"));
    r.message = "no disk";
    CHECK(fmt::format("{}", r).find("failed: no disk; taken 0") == 0);

    weir::stage_report s;
    s.path = s.kind = "range";
    s.shard = 2;
    s.passed = 7;
    CHECK(fmt::format("{}", s) == "range in shard 2: in 0, passed 7");
    CHECK(fmt::format("{}", weir::task_report{"main", 12, 3'500'000, 900'999, false})
          == "main: 12 records, busy 3500 us, longest step 900 us");
    CHECK(fmt::format("{}", weir::task_report{"main", 1, 11'000'000, 11'000'000, true})
          == "main: 1 records, busy 11000 us, longest step 11000 us, a record took over 10 ms");
    CHECK(fmt::format("[{:^9.7}]", s) == "[ range i ]");
}
