// SPDX-License-Identifier: BSL-1.0
// What both programs make of an access log: hits and bytes per host and minute, as `*.ndjson` in OUT, and the lines
// that are none in OUT/bad.
#pragma once

#include <weir/schema/formats.hpp>
#include <weir/schema/window_bounds.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace access_log {

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status;
    long bytes;
};

struct usage {
    std::string host;
    weir::window_bounds window;
    long hits;
    long bytes;
};

struct counts {
    std::uint64_t lines = 0;
    std::uint64_t parsed = 0;
    std::uint64_t failed = 0;
    std::uint64_t late = 0;
    std::uint64_t results = 0;

    friend bool operator==(const counts&, const counts&) = default;
};

/// 0 shards: one chain, on the caller's thread.
counts by_weir(const std::string& log, const std::string& out, unsigned shards);
counts by_hand(const std::string& log, const std::string& out);

}  // namespace access_log
