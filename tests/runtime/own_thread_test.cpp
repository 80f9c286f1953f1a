// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "runtime/shards.hpp"

#include <atomic>
#include <numeric>
#include <thread>

using namespace weir_test;

TEST_CASE("own_thread: the stage runs in another task, and all arrives in order") {
    std::vector<int> numbers(500);
    std::iota(numbers.begin(), numbers.end(), 0);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        std::vector<int> out;
        weir::simulated sim(seed);
        const weir::report r = weir::run(weir::from(numbers) | weir::map([](int i) { return i + 1; })
                                             | weir::map([](int i) { return i * 2; }).on_own_thread()
                                             | weir::filter([](int i) { return i % 4 == 0; }) | weir::collect(out),
                                         sim);
        REQUIRE(whole(r));
        REQUIRE(r.tasks.size() == 2);
        REQUIRE(out.size() == 250);
        for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(out[i] == 4 * static_cast<int>(i + 1));
    }
}

TEST_CASE("own_thread: a thread of its own, that is no worker's") {
    std::vector<int> numbers(50);
    std::atomic<std::size_t> before{0};
    std::atomic<std::size_t> behind{0};
    const auto here = [] { return std::hash<std::thread::id>{}(std::this_thread::get_id()); };
    const weir::report r = weir::run(weir::from(numbers) | weir::tap([&](int) { before = here(); })
                                     | weir::tap([&](int) { behind = here(); }).on_own_thread() | weir::discard);
    CHECK(whole(r));
    CHECK(before != behind);
    CHECK(behind != here());
}

TEST_CASE("own_thread: an output of the stage goes with it") {
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<int> odd;
    std::vector<int> even;
    weir::simulated sim(4);
    const weir::report r =
        weir::run(weir::from(numbers) | weir::route<"odd">([](int i) { return i % 2 != 0; }).on_own_thread()
                      | weir::on<"odd">(weir::collect(odd)) | weir::collect(even),
                  sim);
    CHECK(whole(r));
    CHECK(odd.size() == 50);
    CHECK(even.size() == 50);
    CHECK(r.delivered() == 100);
}

TEST_CASE("own_thread: several in a row, and a name") {
    std::vector<int> numbers(1'000);
    std::iota(numbers.begin(), numbers.end(), 0);
    long sum = 0;
    const auto slow = [](int i) { return i + 1; };
    const weir::report r =
        weir::run(weir::from(numbers) | weir::map(slow).named("first").on_own_thread()
                  | weir::map(slow).named("second").on_own_thread() | weir::for_each([&](int i) { sum += i; }));
    CHECK(whole(r));
    CHECK(sum == 999 * 500 + 2'000);
    CHECK(r.of("first").passed >= 1'000);
    bool named = false;
    for (const weir::task_report& t : r.tasks) named = named || t.name == "second";
    CHECK(named);
}
