// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/buffers/format.hpp>
#include <weir/buffers/log_storage.hpp>

TEST_CASE("what logs say is formatted by name", "[buffers]") {
    CHECK(fmt::format("{} {}", weir::log_acknowledge::written, weir::log_acknowledge::durable) == "written durable");
    CHECK(fmt::format("{} {}", weir::log_sync::each_commit, weir::log_full::drop_oldest) == "each_commit drop_oldest");
    CHECK(fmt::format("{} {}", weir::page_kind::data_lost, weir::storage_step::wait) == "data_lost wait");
    weir::storage_counters c;
    c.blocks = 4;
    c.full_waits = 2;
    CHECK(
        fmt::format("{}", c)
        == "blocks 4, syncs 0, notes 0, rolls 0, torn_bytes 0, damaged_ranges 0, expired_segments 0, full_dropped 0, "
           "full_waits 2, moved_on 0, clock_ahead 0, scrubbed_bytes 0, scrub_passes 0, scrub_damage 0, scrub_unread 0");
    CHECK(fmt::format("{}", weir::page_kind::unavailable) == "unavailable");
}
