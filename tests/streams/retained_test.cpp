// SPDX-License-Identifier: BSL-1.0
// retained(stream, shard): the records of a shard as a view.
#include <string>
#include <vector>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>

#include <weir/streams/retained.hpp>

#include "support/catch.hpp"

namespace {
using view = weir::retained_view<weir::keyed_bytes>;
static_assert(std::ranges::input_range<view> && std::ranges::view<view>);
static_assert(ranges::input_range<view> && ranges::view_<view>);
}  // namespace

TEST_CASE("retained: a shard as a range, from the oldest or from an iterator's place", "[streams]") {
    const weir::data_stream<weir::bytes> s("s", {.segment_records = 4});
    CHECK(weir::retained(s, {0}).begin() == std::default_sentinel);
    std::vector<weir::put_record_result> put;
    for (int i = 0; i < 11; ++i) put.push_back(s.put_record(std::to_string(i), "k").value());
    std::size_t n = 0;
    for (const auto& [value, number, arrival] : weir::retained(s, {0})) {
        CHECK(value.data == std::to_string(n));
        CHECK(number == put[n].number);
        CHECK(arrival.us > 0);
        ++n;
    }
    CHECK(n == 11);
    const auto data = [](const auto& r) { return r.value.data; };
    const auto even = [](const auto& r) { return r.value.data.back() % 2 == 0; };
    CHECK((weir::retained(s, {0}, weir::at_sequence_number(put[7].number)) | ranges::views::filter(even)
           | ranges::views::transform(data) | ranges::to<std::vector>())
          == std::vector<std::string>{"8", "10"});
    CHECK_THROWS_AS(weir::retained(s, {1}), weir::bad_result);
}

TEST_CASE("retained: it ends at the tip that there was, and says what retention took", "[streams]") {
    const weir::data_stream<weir::bytes> s("s", {.retained_bytes = 8, .segment_records = 4});
    for (int i = 0; i < 3; ++i) REQUIRE(s.put_record("d", "k"));
    auto all = weir::retained(s, {0});
    std::size_t n = 0;
    for (auto it = all.begin(); it != std::default_sentinel; ++it) {
        ++n;
        REQUIRE(s.put_record("d", "k"));
    }
    CHECK(n == 3);
    auto slow = weir::retained(s, {0});
    for (int i = 0; i < 40; ++i) REQUIRE(s.put_record("d", "k"));
    auto it = slow.begin();
    while (it != std::default_sentinel) ++it;
    CHECK(slow.missed() > 20);
}
