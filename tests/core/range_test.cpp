// SPDX-License-Identifier: BSL-1.0
// from(range): what is lent and what is given, ranges of every kind, and the place of one in a checkpoint.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/runtime/state.hpp>

#include <cstddef>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <range/v3/view/iota.hpp>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace weir_test;
using weir::category;

namespace {

template <class R>
using stream_of = typename decltype(weir::from(std::declval<R>()))::out_stream;
template <class R, class T, category C>
constexpr bool gives = std::is_same_v<stream_of<R>, weir::stream<T, C>>;

/// The range through a sink with and without room, in batches of every size.
template <class T, class Make>
void check_all(Make make, const std::vector<T>& expected) {
    for (std::size_t every : {0U, 1U, 3U}) {
        for (std::size_t batch : {1U, 2U, 5U, 100U}) {
            CAPTURE(every, batch);
            slow_log<T> log;
            const auto l = drive(weir::from(make()) | slow_sink<T>(log, {every, 2, SIZE_MAX, true, 0}), batch);
            CHECK(log.records == expected);
            CHECK(log.finishes == 1);
            CHECK(l.sinks.at("source") == expected.size());
        }
    }
}

/// The numbers of a text, read once.
struct words {
    std::istringstream text;
    explicit words(const char* t) : text(t) {}
    auto range() { return std::ranges::istream_view<int>(text); }
};

}  // namespace

// --- category
// ----------------------------------------------------------------------------------------------------------
static_assert(gives<std::vector<int>&, int, category::lent> && gives<const std::vector<int>&, int, category::lent>);
static_assert(gives<std::vector<int>, int, category::given> && gives<std::list<int>, int, category::given>);
static_assert(gives<std::set<int>, int, category::given>, "its elements are const, and ours all the same");
static_assert(gives<const std::vector<int>, int, category::given>, "a copy");
static_assert(gives<int (&)[3], int, category::lent> && gives<std::span<const int>, int, category::lent>);
static_assert(gives<decltype(ranges::views::iota(0, 3)), int, category::given>);
static_assert(gives<std::ranges::istream_view<int>, int, category::lent>);
static_assert(gives<std::map<int, int>&, std::pair<const int, int>, category::lent>);
// Proxies are what is given, also where the container is an lvalue.
static_assert(gives<std::vector<bool>&, std::vector<bool>::reference, category::given>);
static_assert(gives<std::vector<bool>, std::vector<bool>::reference, category::given>);
static_assert(gives<const std::vector<bool>&, bool, category::given>);

TEST_CASE("range: of every kind, in order, to the end", "[core]") {
    const std::vector<int> three{4, 5, 6};
    int array[] = {4, 5, 6};
    std::list<int> list(three.begin(), three.end());
    std::forward_list<int> forward(three.begin(), three.end());
    check_all<int>([&]() -> auto& { return three; }, three);
    check_all<int>([&]() -> auto& { return array; }, three);
    check_all<int>([&]() -> auto& { return list; }, three);
    check_all<int>([&] { return list; }, three);
    check_all<int>([&]() -> auto& { return forward; }, three);
    check_all<int>([&] { return std::span(three); }, three);
    check_all<int>([] { return std::views::iota(4, 7); }, three);
    check_all<int>([] { return ranges::views::iota(4, 7); }, three);
    check_all<int>([&] { return list | std::views::transform([](int x) { return x * 2; }); }, {8, 10, 12});
    check_all<int>([] { return std::set<int>{6, 4, 5}; }, three);
    check_all<int>([] { return std::vector<int>(); }, {});
    check_all<int>([] { return std::list<int>(); }, {});
}

TEST_CASE("range: one that can be read once only; none is read further than wanted", "[core]") {
    for (std::size_t every : {0U, 1U, 2U}) {
        CAPTURE(every);
        words w("1 2 3 4 5");
        slow_log<int> log;
        drive(weir::from(w.range()) | slow_sink<int>(log, {every, 2, SIZE_MAX, false, 0}), 2);
        CHECK(log.records == std::vector{1, 2, 3, 4, 5});
    }
    words w("1 2 3 4 5");
    std::vector<int> out;
    drive(weir::from(w.range()) | weir::take(3) | weir::collect(out));
    int next = 0;
    w.text >> next;
    CHECK(next == 4);
    out.clear();
    const auto l = drive(weir::from(std::views::iota(7)) | weir::take(3) | weir::collect(out));
    CHECK(out == std::vector{7, 8, 9});
    CHECK(l.sinks.at("source") == 3);
}

TEST_CASE("range: an lvalue is left as it is, an owned one gives what it has", "[core]") {
    std::vector<std::string> rows{std::string(50, 'a'), std::string(50, 'b')};
    const auto before = rows;
    const slow_options free{0, 1, SIZE_MAX, false, 0};
    slow_log<std::string> lent;
    drive(weir::from(rows) | slow_sink<std::string>(lent, free));
    CHECK(lent.given == 0);
    CHECK(rows == before);

    const void* text = rows[1].data();
    slow_log<std::string> given;
    auto p = weir::from(std::move(rows)) | slow_sink<std::string>(given, free);
    for (int run = 0; run < 2; ++run) {
        given = {};
        drive(p);  // on a copy
        CHECK(given.given == 2);
        CHECK(given.records == before);
        CHECK(given.records[1].data() != text);
    }
    given = {};
    drive(std::move(p));  // on the container itself: no text is copied
    CHECK(given.records == before);
    CHECK(given.records[1].data() == text);
}

TEST_CASE("range: what only moves is given by a container, also by one of const elements", "[core]") {
    std::vector<only_moves> some;
    some.emplace_back(1);
    some.emplace_back(2);
    slow_log<only_moves> log;
    drive(weir::from(std::move(some)) | slow_sink<only_moves>(log, {1, 1, SIZE_MAX, false, 0}));
    CHECK(log.given == 2);
    REQUIRE(log.records.size() == 2);
    CHECK(log.records[1] == 2);
    std::vector<std::string> out;
    drive(weir::from(std::set<std::string>{"b", "a"}) | weir::map([](std::string&& s) { return std::move(s) + "!"; })
          | weir::collect(out));
    CHECK(out == std::vector<std::string>{"a!", "b!"});
}

TEST_CASE("range: vector<bool> gives proxies, which refer into it", "[core]") {
    std::vector<bool> bits{true, false, true, true};
    std::vector<bool> out;
    const auto not_first = [n = 0](bool) mutable { return n++ != 0; };
    drive(weir::from(bits) | weir::filter(not_first) | weir::collect(out), 3);
    CHECK(out == std::vector<bool>{false, true, true});
    drive(weir::from(bits) | weir::map([](std::vector<bool>::reference bit) { return bit = !bit, 0; })
          | weir::collect(*std::make_unique<std::vector<int>>()));
    CHECK(bits == std::vector<bool>{false, true, false, false});
    std::vector<int> ones;
    drive(weir::from(std::vector<bool>{true, true}) | weir::map([](bool b) { return b ? 1 : 0; })
          | weir::collect(ones));
    CHECK(ones == std::vector{1, 1});
}

// --- its place in a checkpoint
// -----------------------------------------------------------------------------------------
namespace {

const weir::stage_info source{"range", "0", 0};
const weir::stage_info sink{"slow", "1", 0};

template <class R>
auto cursor_of(R&& r) {
    return weir::detail::range_cursor<std::conditional_t<std::is_lvalue_reference_v<R>, R, std::remove_cvref_t<R>>>(
        std::forward<R>(r));
}
template <class Cursor>
std::vector<int> read(Cursor& c, std::size_t n) {
    slow_log<int> log;
    slow_receiver<int> r{&sink, &log, {0, 1, SIZE_MAX, false, 0}};
    if (n != 0) c.pull(r, n);
    return log.records;
}
template <class Make>
void check_place(Make make) {
    for (std::size_t cut = 0; cut <= 4; ++cut) {
        CAPTURE(cut);
        auto before = cursor_of(make());
        auto seen = read(before, cut);
        weir::state_writer out;
        before.save(&source, out);
        auto after = cursor_of(make());
        weir::state_reader in(out.bytes());
        after.load(&source, in);
        const auto rest = read(after, 100);
        seen.insert(seen.end(), rest.begin(), rest.end());
        CHECK(seen == std::vector{1, 2, 3, 4});
        // And again, from a place reached by a restored cursor.
        weir::state_writer end;
        after.save(&source, end);
        auto last = cursor_of(make());
        weir::state_reader at_end(end.bytes());
        last.load(&source, at_end);
        CHECK(read(last, 100).empty());
    }
}

}  // namespace

TEST_CASE("range: a restored cursor goes on behind what had been taken", "[core]") {
    const std::vector<int> four{1, 2, 3, 4};
    const std::list<int> list(four.begin(), four.end());
    check_place([&]() -> auto& { return four; });
    check_place([&] { return std::vector(four); });
    check_place([&]() -> auto& { return list; });
    check_place([&] { return std::list(list); });
    check_place([] { return std::views::iota(1, 5); });
    std::deque<words> kept;
    check_place([&] { return kept.emplace_back("1 2 3 4").range(); });
}

TEST_CASE("range: one that has become shorter is refused", "[core]") {
    std::vector<int> rows{1, 2, 3};
    auto c = cursor_of(rows);
    read(c, 3);
    weir::state_writer out;
    c.save(&source, out);
    const auto load = [&](auto&& range) {
        auto again = cursor_of(range);
        weir::state_reader in(out.bytes());
        again.load(&source, in);
    };
    rows.pop_back();
    std::list<int> list{1, 2};
    CHECK_THROWS_AS(load(rows), std::runtime_error);
    CHECK_THROWS_AS(load(list), std::runtime_error);
}
