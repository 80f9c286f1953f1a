// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace weir_test;

namespace {

template <class F, class Ref>
using out_of_map = decltype(weir::map(std::declval<F>())
                                .out(std::declval<weir::stream<std::remove_cvref_t<Ref>, weir::category_of<Ref>>>()));

struct row {
    std::string host;
    int n = 0;
};

struct by_value {
    int operator()(const row& r) const { return r.n; }
};
struct by_reference {
    const std::string& operator()(const row& r) const { return r.host; }
};
struct by_move {
    std::string&& operator()(row&& r) const { return std::move(r.host); }
};

}  // namespace

// What a function returns by value is given, by reference lent.
static_assert(std::is_same_v<out_of_map<by_value, const row&>::reference, int&&>);
static_assert(std::is_same_v<out_of_map<by_reference, const row&>::reference, const std::string&>);
static_assert(std::is_same_v<out_of_map<by_move, row>::reference, std::string&&>);

TEST_CASE("map: one record out for each in", "[core]") {
    const std::vector<int> v{1, 2, 3};
    std::vector<std::string> out;
    const auto l = drive(weir::from(v) | weir::map([](int n) { return std::to_string(n * n); }) | weir::collect(out));
    CHECK(out == std::vector<std::string>{"1", "4", "9"});
    CHECK(l.stages.at("1").dropped + l.stages.at("1").failed + l.stages.at("1").made == 0);
}

TEST_CASE("map is given what is given, lent what is lent", "[core]") {
    std::vector<row> rows{{"a", 1}, {"b", 2}};
    const auto* first = rows[0].host.data();
    slow_log<std::string> log;
    drive(weir::from(rows) | weir::map(by_reference{}) | slow_sink<std::string>(log, {0, 1, SIZE_MAX, false, 0}));
    CHECK(log.given == 0);
    CHECK(rows[0].host.data() == first);

    slow_log<std::string> moved;
    drive(weir::from(std::move(rows)) | weir::map(by_move{})
          | slow_sink<std::string>(moved, {0, 1, SIZE_MAX, false, 0}));
    CHECK(moved.given == 2);
    CHECK(moved.records == std::vector<std::string>{"a", "b"});

    // An object that the function refers to is lent as const, though the function says T&.
    static std::string text = "kept";
    slow_log<std::string> lent;
    const std::vector<int> one{1};
    drive(weir::from(one) | weir::map([](int) -> std::string& { return text; })
          | weir::map([](auto& s) -> const std::string& {
                static_assert(std::is_same_v<decltype(s), const std::string&>);
                return s;
            })
          | slow_sink<std::string>(lent, {0, 1, SIZE_MAX, false, 0}));
    CHECK(lent.given == 0);
    CHECK(text == "kept");
}

TEST_CASE("map: records and functions that only move", "[core]") {
    std::vector<only_moves> v;
    for (int i = 1; i < 4; ++i) v.emplace_back(i);
    std::vector<std::unique_ptr<int>> out;
    auto f = [factor = std::make_unique<int>(10)](only_moves x) { return std::make_unique<int>(x.n * *factor); };
    drive(weir::from(std::move(v)) | weir::map(std::move(f)) | weir::collect(out));
    REQUIRE(out.size() == 3);
    CHECK(*out[2] == 30);
}

TEST_CASE("map: a function may keep a state, which each run begins anew", "[core]") {
    const std::vector<int> v{5, 5, 5};
    std::vector<int> out;
    const auto p = weir::from(v) | weir::map([n = 0](int x) mutable { return x + n++; }) | weir::collect(out);
    drive(p);
    drive(p);
    CHECK(out == std::vector{5, 6, 7, 5, 6, 7});
}

TEST_CASE("map: an exception ends the pipeline and names the stage, whatever is thrown", "[core]") {
    const std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    const auto f = [](int x) {
        if (x == 2) throw 42;
        return x;
    };
    CHECK_THROWS_AS(drive(weir::from(v) | weir::map(f).named("halve") | weir::collect(out)), int);
    CHECK(blamed() == "map at halve");
    CHECK(out == std::vector{1});
}

TEST_CASE("map: the exception of a stage behind is that stage's", "[core]") {
    const std::vector<int> v{1};
    const auto fails = [](int) -> int { throw std::runtime_error("inner"); };
    // Not even catch_failed of the outer one takes it.
    CHECK_THROWS_WITH(drive(weir::from(v) | weir::map([](int x) { return x; }).catch_failed()
                            | weir::on<"failed">(weir::discard) | weir::map(fails) | weir::discard),
                      "inner");
    CHECK(blamed() == "map at 2");
}
