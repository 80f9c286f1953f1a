// SPDX-License-Identifier: BSL-1.0
// The progress line of a run that asked for one, on standard error once a second: records/s, bytes/s, how far the
// watermark is behind the clock, the fullest ring, late and failed records; and one more at the end, for all of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <utility>

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

/// "250 ms", "3.2 s", "4 h", "12 d", "7 years".
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
    } else if (s < 63'115'200) {
        std::snprintf(text, sizeof(text), "%.0f d", s / 86'400);
    } else {
        std::snprintf(text, sizeof(text), "%.0f years", s / 31'557'600);
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

/// What a run took, when it is over.
inline std::string last_line(const report& all, double seconds) {
    std::string line = short_number(static_cast<double>(all.taken())) + " records in "
                       + short_duration(static_cast<std::int64_t>(seconds * 1e6));
    const double per_second = 1 / std::max(seconds, 1e-6);
    line += ", " + short_number(static_cast<double>(all.taken()) * per_second) + " records/s";
    if (all.bytes != 0) line += ", " + short_number(static_cast<double>(all.bytes) * per_second) + "B/s";
    return line + ", late " + std::to_string(all.late()) + ", failed " + std::to_string(all.failed());
}

/// The fullest ring of the pipeline, in percent.
inline std::uint64_t fullest_ring(const running_job& job) {
    std::uint64_t fullest = 0;
    for (const chain_base* chain : job.parts.chains) {
        for (const edge_end* e : chain->edges()) {
            const auto [held, capacity] = e->level();
            if (capacity != 0 && held * 100 / capacity > fullest) fullest = held * 100 / capacity;
        }
    }
    return fullest;
}

/// Waits for the end of a started pipeline; prints, and turns signals into a drain and a stop. `signals`: made before
/// the start, so that none is missed; null where they are not wanted.
inline void watch(running_job& job, progress what, const signal_watch* signals) {
    const bool live = what == progress::live;
    job_control& control = *job.control;
    if (signals != nullptr) control.watch(signals->point());  // notified at the end too
    wait_point& point = signals != nullptr ? *signals->point() : control.ended();
    int handled = 0;
    report before;
    const instant begun = job.on->time().now();
    instant looked = begun;
    for (;;) {
        const wait_status s = job.on->wait(
            point, [&] { return control.finished() || (signals != nullptr && signals->seen() > handled); },
            live ? instant{looked.us + 1'000'000} : instant::max());
        if (s == wait_status::forked) return;
        const instant now = job.on->time().now();
        if (control.finished()) {
            const std::string line = last_line(job.counters(), static_cast<double>(now.us - begun.us) / 1e6);
            if (live) std::fprintf(stderr, "%s\n", line.c_str());
            return;
        }
        if (signals != nullptr && signals->seen() > handled) {
            handled = signals->seen();
            if (live)
                std::fputs(handled == 1 ? "interrupted: draining; once more stops at once\n" : "stopping\n", stderr);
            if (handled == 1) {
                control.request_drain();
            } else {
                control.request_stop();
            }
        }
        if (live && now.us - looked.us >= 1'000'000) {
            report seen = job.counters();
            const std::string line =
                progress_line(before, seen, static_cast<double>(now.us - looked.us) / 1e6, now, fullest_ring(job));
            std::fprintf(stderr, "%s\n", line.c_str());
            before = std::move(seen);
            looked = now;
        }
    }
}

}  // namespace detail
}  // namespace weir
