// SPDX-License-Identifier: BSL-1.0
// A pipeline is a value: composing it in any grouping gives the same parts and runs nothing, a copy runs by itself. Its
// outputs: outputs_test.cpp; what is refused: ../compile_fail.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/route.hpp>
#include <weir/core/stages/scan.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/tap.hpp>
#include <weir/core/stages/tee.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace weir_test;
namespace wd = weir::detail;

namespace {

constexpr auto twice = weir::map([](int x) { return x * 2; });
constexpr auto small = weir::filter([](int x) { return x < 7; });
constexpr auto text = weir::map([](int x) { return std::string(static_cast<std::size_t>(x), 'x'); });
constexpr std::array numbers{1, 2, 3, 4};

template <class P>
using plain = std::remove_cvref_t<P>;
template <class P>
constexpr std::size_t length = P::parts_type::size;

// Composition is for compile time too.
constexpr auto whole = weir::from(numbers) | twice | small | weir::discard;
constexpr auto middle = twice | small | text;
using whole_type = plain<decltype(whole)>;
using middle_type = plain<decltype(middle)>;
using flowing = decltype(weir::from(numbers) | twice);
using teed = decltype(weir::from(numbers) | weir::tee(weir::discard));

}  // namespace

// --- what a pipeline says of itself
// ------------------------------------------------------------------------------------
static_assert(whole_type::has_source && whole_type::has_sink && !whole_type::goes_on && length<whole_type> == 4);
static_assert(!middle_type::has_source && !middle_type::has_sink && middle_type::goes_on && length<middle_type> == 3);
static_assert(flowing::has_source && !flowing::has_sink && flowing::goes_on);
static_assert(teed::has_sink && teed::goes_on, "a tee may be the end, or be followed by more");
static_assert(std::is_void_v<middle_type::out_stream>, "without a source no stream is known");
static_assert(std::is_same_v<flowing::out_stream, weir::stream<int, weir::category::given>>);
static_assert(std::is_same_v<decltype(weir::from(numbers) | middle)::out_stream,
                             weir::stream<std::string, weir::category::given>>);

// --- grouping does not matter
// ------------------------------------------------------------------------------------------
static_assert(std::is_same_v<decltype(weir::from(numbers) | twice | small | weir::discard),
                             decltype(weir::from(numbers) | (twice | small) | weir::discard)>);
static_assert(std::is_same_v<decltype(weir::from(numbers) | twice | small | weir::discard),
                             decltype(weir::from(numbers) | (twice | (small | weir::discard)))>);
static_assert(std::is_same_v<decltype((twice | small) | (small | twice)), decltype(twice | small | small | twice)>);

// --- what was refused swallows the rest, on either side
// ----------------------------------------------------------------
static_assert(std::is_same_v<decltype(wd::broken{} | twice | weir::discard), wd::broken>);
static_assert(std::is_same_v<decltype(weir::from(numbers) | wd::broken{} | weir::discard), wd::broken>);

TEST_CASE("pipeline: composing runs nothing", "[core]") {
    int calls = 0;
    auto count = weir::tap([&calls](int) { ++calls; });
    const auto p = weir::from(numbers) | count | weir::discard;
    const auto copy = p;
    CHECK(calls == 0);
    drive(copy);
    drive(p);
    CHECK(calls == 8);
}

TEST_CASE("pipeline: pieces are values, used again in any place", "[core]") {
    std::vector<int> a;
    std::vector<int> b;
    const auto clean = twice | small;
    drive(weir::from(numbers) | clean | weir::collect(a));
    drive(weir::from(numbers) | clean | clean | weir::collect(b));
    CHECK(a == std::vector{2, 4, 6});
    CHECK(b == std::vector{4});
}

TEST_CASE("pipeline: each run starts afresh, and leaves the functions of the value as they were", "[core]") {
    std::vector<int> out;
    const auto p = weir::from(numbers) | weir::map([n = 0](int x) mutable { return n += x; })
                   | weir::scan(100, [](int s, int x) { return s + x; }) | weir::take(3) | weir::collect(out);
    drive(p);
    drive(p);
    CHECK(out == std::vector{101, 104, 110, 101, 104, 110});
}

TEST_CASE("pipeline: a function is copied when it is bound, one that only moves is moved", "[core]") {
    struct counted {
        int* copies;
        explicit counted(int& n) : copies(&n) {}
        counted(const counted& other) : copies(other.copies) { ++*copies; }
        counted(counted&&) noexcept = default;
        int operator()(int x) const { return x; }
    };
    int copies = 0;
    auto p = weir::from(numbers) | weir::map(counted(copies)) | weir::discard;
    CHECK(copies == 0);  // composed by moves
    drive(std::move(p));
    CHECK(copies == 1);

    std::vector<int> out;
    drive(weir::from(numbers) | weir::map([k = std::make_unique<int>(3)](int x) { return x * *k; })
          | weir::collect(out));
    CHECK(out == std::vector{3, 6, 9, 12});
}

TEST_CASE("pipeline: a stage's path is its place, or the name it was given", "[core]") {
    std::vector<int> low;
    slow_log<int> log;
    const auto l =
        drive(weir::from(numbers) | (small | small.named("again")) | weir::route<"low">([](int x) { return x < 2; })
              | weir::on<"low">(small | twice.named("low twice") | weir::collect(low)) | small
              | slow_sink<int>(log, {}).named("end"));
    std::vector<std::string> paths;
    for (const auto& [path, e] : l.stages) paths.push_back(path);
    CHECK(paths == std::vector<std::string>{"1", "3", "3.low.0", "4", "again", "low twice"});
    CHECK(l.sinks.at("3.low.2") == 1);
    CHECK(l.sinks.at("end") == 3);
    CHECK(low == std::vector{2});
}

TEST_CASE("pipeline: what a stage is given is bound for each place by itself", "[core]") {
    // One generic function, in three places, for three types.
    const auto size = weir::map([](const auto& x) {
        if constexpr (std::is_integral_v<plain<decltype(x)>>) {
            return std::string(static_cast<std::size_t>(x), 'x');
        } else {
            return x.size();
        }
    });
    std::vector<std::size_t> out;
    drive(weir::from(numbers) | size | size | size | size | weir::collect(out));
    CHECK(out == std::vector<std::size_t>{1, 2, 3, 4});
}
