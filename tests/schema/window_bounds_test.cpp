// SPDX-License-Identifier: BSL-1.0
// schema/window_bounds.hpp: a record's window, compared and written.
#include <weir/schema/csv.hpp>
#include <weir/schema/ndjson.hpp>
#include <weir/schema/window_bounds.hpp>

#include <string>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

using us = std::chrono::sys_time<std::chrono::microseconds>;

struct usage {
    weir::window_bounds slot;
    long hits;
};

static_assert(weir::is_record<weir::window_bounds> && weir::field_count<weir::window_bounds> == 2);
static_assert(weir::window_bounds{} == weir::window_bounds{us{}, us{}});
static_assert(weir::window_bounds{us{}, us{1us}} != weir::window_bounds{});

}  // namespace

TEST_CASE("window_bounds: two fields in every text format, whatever the member is called") {
    const usage u{{us{60s}, us{120s}}, 3};
    std::string text;
    weir::write_csv_header<usage>(text);
    weir::write_csv(text, u);
    weir::write_ndjson(text, u);
    CHECK(text
          == "window_start,window_end,hits\n1970-01-01T00:01:00Z,1970-01-01T00:02:00Z,3\n"
             "{\"window_start\":\"1970-01-01T00:01:00Z\",\"window_end\":\"1970-01-01T00:02:00Z\",\"hits\":3}\n");
    auto parser = weir::formats::csv.parser<usage>();
    usage read{};
    CHECK(parser.parse("hits,window_end,window_start", read).what == weir::parsed::nothing);
    CHECK(parser.parse("4,1970-01-01T00:02:00Z,1970-01-01T00:01:00Z", read).what == weir::parsed::record);
    CHECK(read.slot == u.slot);
    CHECK(read.hits == 4);
}
