// SPDX-License-Identifier: BSL-1.0
// any_pipeline: declared in a header, made in one translation unit, run in this one.
#include <weir/runtime/any_pipeline.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>

#include <weir/core.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "any_pipeline_made.hpp"

using weir_test::squares;

namespace {

static_assert(std::is_nothrow_move_constructible_v<weir::any_pipeline>);
static_assert(!std::is_constructible_v<weir::any_pipeline, int>);

template <class Call>
std::string refusal_of(Call call) {
    try {
        call();
    } catch (const std::logic_error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("any_pipeline: what another translation unit made runs here, whatever its type", "[runtime]") {
    for (const int shards : {0, 1, 3}) {
        CAPTURE(shards);
        long sum = 0;
        const weir::report done = weir::run(squares(10, shards, sum));
        CHECK(done);
        CHECK(done.taken() == 10);
        CHECK(done.delivered() == 10);
        CHECK(sum == 385);
    }
}

TEST_CASE("any_pipeline: a kept one runs again and again, each time afresh, on any scheduler", "[runtime]") {
    long sum = 0;
    weir::any_pipeline kept = squares(4, 2, sum);
    REQUIRE(kept);
    CHECK(kept.copyable());
    CHECK(weir::run(kept));
    CHECK(sum == 30);
    weir::simulated on(7);
    CHECK(weir::run(kept, on));
    CHECK(sum == 60);
    weir::runtime rt{{.workers = 1}};
    weir::job first = weir::start(kept, rt);
    CHECK(first.wait());
    CHECK(sum == 90);
    const weir::any_pipeline copy = kept;
    CHECK(weir::start(copy).wait());
    CHECK(sum == 120);
    CHECK(weir::run(std::move(kept)));
    CHECK(sum == 150);
}

TEST_CASE("any_pipeline: moved, assigned and swapped as a value", "[runtime]") {
    long a = 0;
    long b = 0;
    std::vector<weir::any_pipeline> all;
    all.push_back(squares(2, 0, a));
    all.push_back(squares(3, 0, b));
    std::swap(all[0], all[1]);
    CHECK(weir::run(all[0]));
    CHECK(a == 0);
    CHECK(b == 14);
    all[0] = all[1];
    CHECK(weir::run(std::move(all[0])));
    CHECK(a == 5);
    weir::any_pipeline& self = all[1];
    self = std::move(all[1]);
    CHECK(self);
}

TEST_CASE("any_pipeline: an empty one says so", "[runtime]") {
    weir::any_pipeline none;
    CHECK_FALSE(none);
    CHECK(refusal_of([&] { weir::run(none); }).find("weir::any_pipeline: it is empty") == 0);
    CHECK(refusal_of([&] { static_cast<void>(weir::start(none)); }).find("assign a pipeline") != std::string::npos);
    long sum = 0;
    weir::any_pipeline moved = squares(2, 0, sum);
    none = std::move(moved);
    CHECK(none);
    CHECK_FALSE(moved);  // NOLINT(bugprone-use-after-move)
    CHECK(weir::run(none));
    CHECK(sum == 5);
}

TEST_CASE("any_pipeline: one that only moves runs once, as an rvalue, and says so otherwise", "[runtime]") {
    int sum = 0;
    const auto made = [&sum]() -> weir::any_pipeline {
        return weir::from(std::vector<int>{1, 2})
               | weir::map([by = std::make_unique<int>(10)](int i) { return i * *by; })
               | weir::for_each([&sum](int i) { sum += i; });
    };
    weir::any_pipeline once = made();
    CHECK_FALSE(once.copyable());
    CHECK(refusal_of([&] { weir::run(once); }).find("only moves") != std::string::npos);
    CHECK(refusal_of([&] { const weir::any_pipeline copy(once); }).find("std::move") != std::string::npos);
    REQUIRE(once);
    CHECK(weir::run(std::move(once)));
    CHECK(sum == 30);
    CHECK_FALSE(once);  // NOLINT(bugprone-use-after-move)

    // A vector of what only moves claims that it can be copied.
    std::vector<std::unique_ptr<int>> owned;
    owned.push_back(std::make_unique<int>(5));
    weir::any_pipeline unique =
        weir::from(std::move(owned)) | weir::for_each([&sum](std::unique_ptr<int> p) { sum += *p; });
    CHECK_FALSE(unique.copyable());
    CHECK(weir::run(std::move(unique)));
    CHECK(sum == 35);
}
