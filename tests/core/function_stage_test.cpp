// SPDX-License-Identifier: BSL-1.0
// What stages with a function share: `.catch_failed()`, `.named()`, and what leaves by `failed`.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace weir_test;
using weir::failure;

namespace {

/// A source whose records have a place: line 1, 2, ...
struct placed_source : weir::source_base<placed_source> {
    [[maybe_unused]] static constexpr const char* kind = "placed";
    struct place_of {
        constexpr weir::place operator()(int n) const { return {static_cast<std::uint64_t>(n), 3, 0}; }
    };
    using meta = weir::meta_set<weir::lazy<weir::meta_of::place, place_of>>;

    struct cursor {
        int at = 0;
        template <class Receiver>
        weir::pull_result pull(Receiver& receiver, std::size_t max_records) {
            for (std::size_t n = 0; n < max_records;) {
                if (at == 5) return {weir::pulled::exhausted, n};
                ++n;
                ++at;
                if (const weir::flow f = receiver.put(int(at), meta{}); f != weir::flow::more) {
                    return {f == weir::flow::full ? weir::pulled::full : weir::pulled::done, n};
                }
            }
            return {weir::pulled::more, max_records};
        }
    };
    [[nodiscard]] auto out() const { return weir::stream<int, weir::category::given, meta>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) const {
        return cursor{};
    }
};

constexpr auto odd_throws = [](int n) {
    if (n % 2 != 0) throw std::runtime_error("odd: " + std::to_string(n));
    return n;
};

}  // namespace

TEST_CASE("function_stage: a failure carries the record, the reason and the place", "[core]") {
    std::vector<failure<int>> failed;
    std::vector<int> out;
    const auto l = drive(weir::from(placed_source{}) | weir::map(odd_throws).catch_failed()
                         | weir::on<"failed">(weir::collect(failed)) | weir::collect(out));
    CHECK(out == std::vector{2, 4});
    REQUIRE(failed.size() == 3);
    CHECK(failed[1].value == 3);
    CHECK(failed[1].why == "odd: 3");
    CHECK(failed[1].where == weir::place{3, 3, 0});
    CHECK(l.stages.at("1").failed == 3);
    CHECK(l.entered() == l.left());
}

TEST_CASE("function_stage: what is thrown need not be a std::exception", "[core]") {
    const std::vector<int> v{1};
    std::vector<failure<int>> failed;
    drive(weir::from(v) | weir::filter([](int) -> bool { throw 5; }).catch_failed()
          | weir::on<"failed">(weir::collect(failed)) | weir::discard);
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].why == "an exception that is no std::exception");
}

TEST_CASE("function_stage: with catch_failed a given record is lent, so that it is still there", "[core]") {
    std::vector<std::string> v{std::string(40, 'a'), std::string(40, 'b')};
    std::vector<failure<std::string>> failed;
    std::vector<std::string> out;
    drive(weir::from(std::move(v)) | weir::map([](const std::string& s) {
                                         static_assert(std::is_const_v<std::remove_reference_t<decltype(s)>>);
                                         if (s[0] == 'a') throw std::runtime_error("a");
                                         return s;
                                     }).catch_failed()
          | weir::on<"failed">(weir::collect(failed)) | weir::collect(out));
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].value == std::string(40, 'a'));
    CHECK(out == std::vector{std::string(40, 'b')});

    // One that only moves cannot be copied into the failure: its function takes T& and leaves it whole where it throws.
    std::vector<only_moves> moving;
    moving.emplace_back(1);
    moving.emplace_back(2);
    std::vector<failure<only_moves>> lost;
    std::vector<only_moves> rest;
    drive(weir::from(std::move(moving)) | weir::map([](only_moves& x) {
                                              if (x.n == 1) throw std::runtime_error("one");
                                              return std::move(x);
                                          }).catch_failed()
          | weir::on<"failed">(weir::collect(lost)) | weir::collect(rest));
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].value == 1);
    REQUIRE(rest.size() == 1);
    CHECK(rest[0] == 2);
}

TEST_CASE("function_stage: catch_failed and named go in any order, and leave a stage that is kept as it was",
          "[core]") {
    const std::vector<int> v{1, 2};
    const auto checked = weir::map(odd_throws);
    const auto a =
        drive(weir::from(v) | checked.named("x").catch_failed() | weir::on<"failed">(weir::discard) | weir::discard);
    const auto b =
        drive(weir::from(v) | checked.catch_failed().named("x") | weir::on<"failed">(weir::discard) | weir::discard);
    CHECK(a.stages.at("x").failed == 1);
    CHECK(b.stages.at("x").failed == 1);
    CHECK_THROWS(drive(weir::from(v) | checked | weir::discard));
    CHECK(blamed() == "map at 1");
}

TEST_CASE("function_stage: a result that throws while it is moved on is destroyed, once", "[core]") {
    struct tracked {
        int* alive;
        explicit tracked(int* a) : alive(a) { ++*alive; }
        tracked(tracked&& other) noexcept : alive(other.alive) { ++*alive; }
        tracked& operator=(tracked&&) = delete;
        ~tracked() { --*alive; }
    };
    int alive = 0;
    const std::vector<int> v{1, 2, 3};
    CHECK_THROWS(drive(weir::from(v) | weir::map([&](int n) {
                                           if (n == 1) throw std::runtime_error("one");
                                           return tracked(&alive);
                                       }).catch_failed()
                       | weir::on<"failed">(weir::discard) | weir::map([](tracked&& t) -> int {
                             if (*t.alive > 0) throw std::runtime_error("behind");
                             return 0;
                         })
                       | weir::discard));
    CHECK(alive == 0);
}
