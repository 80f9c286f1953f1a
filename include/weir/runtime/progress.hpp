// SPDX-License-Identifier: BSL-1.0
// The progress line of a run that asked for one, on standard error once a second: records/s, bytes/s, how far the
// watermark is behind the clock, the fullest ring, late and failed records.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "job.hpp"
#include "signals.hpp"

namespace weir {

/// What `run` prints while it runs.
enum class progress : unsigned char { none, live };

namespace detail {

/// "1.2 k", "34 M": three digits at most.
inline std::string short_number(double n) {
    static constexpr const char* units[] = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    while (n >= 999.5 && unit + 1 < std::size(units)) {
        n /= 1'000;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof(text), n < 9.95 && unit > 0 ? "%.1f%s" : "%.0f%s", n, units[unit]);
    return text;
}

/// "250 ms", "3.2 s", "4 h", "12 d".
inline std::string short_duration(std::int64_t us) {
    const double s = static_cast<double>(us) / 1e6;
    char text[32];
    if (s < 1) {
        std::snprintf(text, sizeof(text), "%.0f ms", s * 1e3);
    } else if (s < 120) {
        std::snprintf(text, sizeof(text), "%.1f s", s);
    } else if (s < 7'200) {
        std::snprintf(text, sizeof(text), "%.0f min", s / 60);
    } else if (s < 172'800) {
        std::snprintf(text, sizeof(text), "%.0f h", s / 3'600);
    } else {
        std::snprintf(text, sizeof(text), "%.0f d", s / 86'400);
    }
    return text;
}

/// One line from two looks at the counters, `seconds` apart.
inline std::string progress_line(const report& before, const report& now, double seconds, instant clock,
                                 std::uint64_t fullest_percent) {
    std::string line = short_number(static_cast<double>(now.taken() - before.taken()) / seconds) + " records/s";
    if (now.bytes != 0) line += ", " + short_number(static_cast<double>(now.bytes - before.bytes) / seconds) + "B/s";
    if (now.watermark > instant::min() && now.watermark < clock) {
        line += ", watermark " + short_duration(clock.us - now.watermark.us) + " behind";
    }
    line += ", fullest shard " + std::to_string(fullest_percent) + "%";
    line += ", late " + std::to_string(now.late()) + ", failed " + std::to_string(now.failed());
    return line;
}

/// Waits for the end of a started pipeline; prints, and turns signals into a drain and a stop.
inline void watch(running_job& job, progress what, bool signals) {
    wait_point& ended = job.control->ended();
    std::optional<signal_watch> handlers;
    if (signals) handlers.emplace(ended);
    int handled = 0;
    report before;
    instant looked = job.on->time().now();
    for (;;) {
        const instant deadline = what == progress::live ? instant{looked.us + 1'000'000} : instant::max();
        const wait_status s = job.on->wait(
            ended,
            [&] { return job.control->finished() || (handlers.has_value() && signal_watch::seen() > handled); },
            deadline);
        if (handlers.has_value() && signal_watch::seen() > handled) {
            handled = signal_watch::seen();
            if (handled == 1) {
                job.control->request_drain();
            } else {
                job.control->request_stop();
            }
        }
        if (job.control->finished() || s == wait_status::forked) return;
        const instant now = job.on->time().now();
        if (what == progress::live && now.us - looked.us >= 1'000'000) {
            report seen = job.counters();
            std::uint64_t fullest = 0;
            for (const chain_base* chain : job.parts.chains) {
                for (const edge_end* e : chain->edges()) {
                    const auto [held, capacity] = e->level();
                    if (capacity != 0 && held * 100 / capacity > fullest) fullest = held * 100 / capacity;
                }
            }
            const std::string line =
                progress_line(before, seen, static_cast<double>(now.us - looked.us) / 1e6, now, fullest);
            std::fprintf(stderr, "%s\n", line.c_str());
            before = std::move(seen);
            looked = now;
        }
    }
}

}  // namespace detail
}  // namespace weir
