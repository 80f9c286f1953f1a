// SPDX-License-Identifier: BSL-1.0
// shared(sink): one sink, in one task, whatever number of writers; ends with the last of them.
#include <weir/runtime/stages/shared.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/catch.hpp"

namespace {

std::vector<int> numbers(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

constexpr auto is_odd = [](int i) { return i % 2 != 0; };
constexpr auto is_big = [](int i) { return i >= 90; };

}  // namespace

TEST_CASE("shared: several outputs end in one sink, and every record is there once", "[runtime]") {
    const std::vector<int> in = numbers(100);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        for (const std::size_t capacity : {1U, 2U, 64U}) {
            std::vector<int> rest;
            std::vector<int> all;
            auto both = weir::shared(weir::collect(all), {.capacity = capacity});
            weir::simulated on(seed);
            const weir::report done =
                weir::run(weir::from(in) | weir::route<"odd">(is_odd) | weir::on<"odd">(both)
                              | weir::route<"big">(is_big) | weir::on<"big">(both) | weir::collect(rest),
                          on);
            REQUIRE(done);
            CHECK(done.unbalanced == 0);
            CHECK(done.delivered() == 100);
            CHECK(done.tasks.size() == 2);
            CHECK(rest.size() == 45);
            REQUIRE(all.size() == 55);
            // Each writer's order.
            std::vector<int> odd;
            std::copy_if(all.begin(), all.end(), std::back_inserter(odd), is_odd);
            CHECK(odd.size() == 50);
            CHECK(std::is_sorted(odd.begin(), odd.end()));
            std::sort(all.begin(), all.end());
            CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
        }
    }
}

TEST_CASE("shared: behind shards, with real threads, the function is called by one thread at a time", "[runtime]") {
    const std::vector<int> in = numbers(20'000);
    weir::runtime rt{{.workers = 3, .oversubscribe = true}};
    for (int round = 0; round < 5; ++round) {
        std::vector<int> all;  // not guarded by anything
        auto one = weir::shared(weir::collect(all), {.capacity = 16});
        const weir::report done =
            weir::run(weir::from(in) | weir::route<"odd">(is_odd) | weir::on<"odd">(one) | weir::shard(4) | one, rt);
        REQUIRE(done);
        CHECK(done.unbalanced == 0);
        CHECK(done.delivered() == 20'000);
        std::sort(all.begin(), all.end());
        CHECK(all == in);
        CHECK(done.of("collect").passed == 20'000);
    }
}

TEST_CASE("shared: branches of tee and a chain of stages before the sink", "[runtime]") {
    const std::vector<int> in = numbers(10);
    std::vector<std::string> all;
    auto lines = weir::shared(weir::map([](int i) { return std::to_string(i); }) | weir::collect(all)).named("lines");
    weir::simulated on(3);
    const weir::report done = weir::run(
        weir::from(in) | weir::tee(weir::map([](int i) { return i + 100; }) | lines, weir::filter(is_odd) | lines), on);
    REQUIRE(done);
    CHECK(all.size() == 15);
    CHECK(std::count(all.begin(), all.end(), "109") == 1);
    CHECK(std::count(all.begin(), all.end(), "9") == 1);
    CHECK(done.of("lines").in == 15);  // both writers, by the name
}

TEST_CASE("shared: shared<T> takes all that T can be made from; text is kept", "[runtime]") {
    const std::vector<std::string_view> in{"a", "b"};
    std::vector<std::string> all;
    auto text = weir::shared<std::string>(weir::collect(all));
    weir::simulated on(1);
    const weir::report done =
        weir::run(weir::from(in) | weir::tee(text, weir::map([](std::string_view s) { return s.data(); }) | text), on);
    REQUIRE(done);
    std::sort(all.begin(), all.end());
    CHECK(all == std::vector<std::string>{"a", "a", "b", "b"});
}

TEST_CASE("shared: writers of different types are refused where the pipeline starts", "[runtime]") {
    const std::vector<int> in = numbers(4);
    auto any = weir::shared(weir::for_each([](const auto&) {}));
    auto p = weir::from(in) | weir::route<"odd">(is_odd)
             | weir::on<"odd">(weir::map([](int i) { return std::to_string(i); }) | any) | any;
    try {
        weir::run(p);
        FAIL("it ran");
    } catch (const std::logic_error& e) {
        CHECK(std::string(e.what()).find("stages 1.odd.1 and 2 give one sink records of different types")
              != std::string::npos);
    }
}

TEST_CASE("shared: every run has a sink of its own; one that only moves has one run", "[runtime]") {
    const std::vector<int> in = numbers(10);
    int calls = 0;
    std::vector<int> most;
    // The function's own state begins anew.
    auto counted = weir::shared(weir::for_each([&, n = 0](int) mutable {
        ++calls;
        most.push_back(++n);
    }));
    const auto p = weir::from(in) | weir::route<"odd">(is_odd) | weir::on<"odd">(counted) | counted;
    weir::simulated on(5);
    CHECK(weir::run(p, on));
    CHECK(weir::run(p, on));
    CHECK(calls == 20);
    CHECK(*std::max_element(most.begin(), most.end()) == 10);

    auto once = weir::shared(weir::for_each([kept = std::make_unique<int>(0)](int) { ++*kept; }));
    const auto q = weir::from(in) | once;
    CHECK(weir::run(q, on));
    CHECK_THROWS_WITH(weir::run(q, on), Catch::Matchers::Contains("only moves and has had its run"));
}

TEST_CASE("shared: a sink that is done ends its writers", "[runtime]") {
    const std::vector<int> in = numbers(1'000);
    std::vector<int> all;
    auto few = weir::shared(weir::take(5) | weir::collect(all), {.capacity = 4});
    weir::simulated on(11);
    const weir::report done = weir::run(weir::from(in) | weir::route<"odd">(is_odd) | weir::on<"odd">(few) | few, on);
    REQUIRE(done);
    CHECK(all.size() == 5);
    CHECK(done.taken() < 1'000);
}

TEST_CASE("shared: a sink that throws ends the pipeline, and is named", "[runtime]") {
    const std::vector<int> in = numbers(1'000);
    auto bad = weir::shared(weir::for_each([](int i) {
        if (i == 500) throw std::runtime_error("no more");
    }));
    const weir::report done = weir::run(weir::from(in) | weir::shard(2) | bad);
    CHECK_FALSE(done);
    CHECK(done.message == "no more");
    CHECK(done.failed_stage.substr(0, 8) == "for_each");
}
