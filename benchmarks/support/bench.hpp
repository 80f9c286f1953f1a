// SPDX-License-Identifier: BSL-1.0
// What every benchmark program shares: its options, measuring in turns, rows, and the table and JSON they end in.
//
//     bench::program p("tables", argc, argv);                     // --quick, --json FILE
//     const auto t = bench::measure(p.runs(9), ops, bench::named("ours", [&] { ... }), bench::named("boost", [&] { ...
//     })); p.add("1,024 int keys, update", "ns/op", t[0], t[1], 1 / 1.2); return p.finish();
//
// `ratio` is how many times better than the reference ours is: reference / ours where less is better, ours / reference
// where more is. `ratio >= goal` is good. Competitors run in turns, so that a machine that slows down slows all of
// them. A row of which a side's quartiles lie more than 25 % of its median apart is unsteady, and says so.
#pragma once

#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <weir/support/atomic.hpp>
#include <weir/support/cache_line.hpp>

namespace bench {

inline constexpr double none = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t fewest_runs = 7;

/// The compiler must have this value in hand here.
template <class T>
inline void keep(const T& value) noexcept {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// Nanoseconds since some start.
[[nodiscard]] inline double now_ns() noexcept {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One competitor's runs: the median and the distance of the quartiles, in the unit that was measured.
struct timing {
    std::string name;
    double median = none;
    double iqr = 0;
    std::size_t runs = 0;

    [[nodiscard]] double spread() const noexcept { return median > 0 ? iqr / median : 0; }
    [[nodiscard]] bool steady() const noexcept { return spread() <= 0.25; }
};

[[nodiscard]] inline timing summarize(std::string name, std::vector<double> values) {
    if (values.empty()) return {std::move(name), none, 0, 0};
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double q) {
        const double at = q * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(at);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
    };
    return {std::move(name), quantile(0.5), quantile(0.75) - quantile(0.25), values.size()};
}

template <class F>
struct subject {
    std::string name;
    F run;
};
template <class F>
[[nodiscard]] subject<F> named(std::string name, F run) {
    return {std::move(name), std::move(run)};
}

/// Runs each competitor once to warm up and then `runs` times (never under 7), in turns whose first one changes. Gives
/// nanoseconds for each of `operations`. A competitor that returns a double has measured its nanoseconds itself.
template <class... F>
[[nodiscard]] std::vector<timing> measure(std::size_t runs, double operations, subject<F>... competitors) {
    constexpr std::size_t count = sizeof...(F);
    std::vector<double> values[count];
    const auto once = [](auto& run) -> double {
        const double start = now_ns();
        if constexpr (std::is_same_v<decltype(run()), double>) {
            return run();
        } else {
            run();
            return now_ns() - start;
        }
    };
    runs = std::max(runs, fewest_runs);
    for (std::size_t round = 0; round <= runs; ++round) {
        for (std::size_t turn = 0; turn < count; ++turn) {
            const std::size_t who = (round + turn) % count;
            std::size_t i = 0;
            const auto maybe = [&](auto& c) {
                if (i++ != who) return;
                const double ns = once(c.run);
                if (round != 0) values[who].push_back(ns / operations);
            };
            (maybe(competitors), ...);
        }
    }
    std::vector<timing> out;
    std::size_t i = 0;
    ((out.push_back(summarize(competitors.name, std::move(values[i]))), ++i), ...);
    return out;
}

/// Processor, its usable cores, system and compiler, in a line.
[[nodiscard]] inline std::string machine_name() {
    std::string model = "unknown processor";
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            model = line.substr(colon + 2);
            break;
        }
    }
    utsname system{};
    ::uname(&system);
    cpu_set_t usable;
    CPU_ZERO(&usable);
    const int cores = ::sched_getaffinity(0, sizeof(usable), &usable) == 0 ? CPU_COUNT(&usable) : 0;
    std::string text = model + ", " + std::to_string(cores) + " cores, " + system.sysname + " " + system.release + ", ";
#if defined(__clang__)
    text += "clang " + std::to_string(__clang_major__);
#else
    text += "g++ " + std::to_string(__GNUC__);
#endif
    return text;
}

/// The cores this program may use, by number.
[[nodiscard]] inline std::vector<int> usable_cores() {
    cpu_set_t usable;
    CPU_ZERO(&usable);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof(usable), &usable) != 0) return cores;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &usable)) cores.push_back(static_cast<int>(i));
    }
    return cores;
}

/// The calling thread stays on a core from here on; false where the system refuses.
inline bool pin_to(int core) noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(core), &set);
    return ::sched_setaffinity(0, sizeof(set), &set) == 0;
}

/// A word from one core to another and back, in nanoseconds (the median of 9 batches); `none` with one core. What
/// two threads can reach depends on it more than on their code.
[[nodiscard]] inline double round_trip_ns() {
    const std::vector<int> cores = usable_cores();
    if (cores.size() < 2) return none;
    struct alignas(weir::line_pair) word {
        weir::atomic<std::uint64_t> value{0};
    };
    constexpr std::uint64_t batches = 10;
    constexpr std::uint64_t trips = 20'000;
    word ping;
    word pong;
    std::vector<double> values;
    // Each word's release is read by the other thread's acquire; nothing but the words is passed.
    const auto wait = [](const word& w, std::uint64_t value) {
        while (w.value.load(weir::memory_order_acquire) != value) {}  // (3), reads (1) and (2)
    };
    std::thread other([&] {
        pin_to(cores[1]);
        for (std::uint64_t i = 1; i <= batches * trips; ++i) {
            wait(ping, i);
            pong.value.store(i, weir::memory_order_release);  // (1), read by (3)
        }
    });
    std::thread first([&] {
        pin_to(cores[0]);
        for (std::uint64_t b = 0; b < batches; ++b) {
            const double start = now_ns();
            for (std::uint64_t i = b * trips + 1; i <= (b + 1) * trips; ++i) {
                ping.value.store(i, weir::memory_order_release);  // (2), read by (3)
                wait(pong, i);
            }
            if (b != 0) values.push_back((now_ns() - start) / static_cast<double>(trips));
        }
    });
    first.join();
    other.join();
    return summarize("round trip", std::move(values)).median;
}

enum class better { less, more };

struct row {
    std::string bench;
    std::string name;  // "case" in the JSON
    std::string unit;
    double ours = none;
    double reference = none;
    std::string reference_name;
    double ratio = none;
    double goal = none;
    std::size_t runs = 0;
    std::string note;
};

/// One benchmark program: its options, its rows, its output. Exits with 2 and a usage line for other options.
class program {
  public:
    program(std::string name, int argc, char** argv) : name_(std::move(name)) {
        for (int i = 1; i < argc; ++i) {
            const std::string_view argument = argv[i];
            if (argument == "--quick") {
                quick_ = true;
            } else if (argument == "--json" && i + 1 < argc) {
                json_ = argv[++i];
            } else {
                std::fprintf(stderr, "usage: %s [--quick] [--json FILE]\n", argv[0]);
                std::exit(2);
            }
        }
    }

    /// The time is short: smaller inputs, fewer runs.
    [[nodiscard]] bool quick() const noexcept { return quick_; }
    [[nodiscard]] std::size_t runs(std::size_t full) const noexcept { return quick_ ? fewest_runs : full; }
    /// `full`, or a part of it where the time is short.
    [[nodiscard]] std::size_t size(std::size_t full, std::size_t part = 10) const noexcept {
        return quick_ ? std::max<std::size_t>(full / part, 1) : full;
    }

    /// Ours against a reference; a reference with no runs is one that is not there.
    void add(std::string name, std::string unit, const timing& ours, const timing& reference, double goal,
             better which = better::less, std::string note = {}) {
        row r{name_, std::move(name), std::move(unit), ours.median, reference.median, reference.name, none,
              goal,  ours.runs,       std::move(note)};
        for (const timing* side : {&ours, &reference}) {
            if (side->steady()) continue;
            if (!r.note.empty()) r.note += "; ";
            r.note += "unsteady: " + side->name + " +-" + std::to_string(std::lround(side->spread() * 100)) + " %";
        }
        add(std::move(r), which);
    }
    /// A figure with nothing to compare.
    void add(std::string name, std::string unit, const timing& ours, std::string note = {}) {
        add(std::move(name), std::move(unit), ours, timing{}, none, better::less, std::move(note));
    }
    /// A row made by hand: a counted one, say. Its ratio is worked out where it has none.
    void add(row r, better which = better::less) {
        if (r.bench.empty()) r.bench = name_;
        if (std::isnan(r.ratio) && r.ours > 0 && r.reference > 0) {
            r.ratio = which == better::less ? r.reference / r.ours : r.ours / r.reference;
        }
        std::printf("%-52s %12s %-10s %12s %-24s ratio %-6s goal %-6s %s\n", r.name.c_str(), number(r.ours).c_str(),
                    r.unit.c_str(), number(r.reference).c_str(),
                    std::isnan(r.reference) ? "no reference" : r.reference_name.c_str(), number(r.ratio, 3).c_str(),
                    number(r.goal, 3).c_str(), r.note.empty() ? verdict(r) : r.note.c_str());
        std::fflush(stdout);
        rows_.push_back(std::move(r));
    }

    /// Writes the JSON; the program's exit code: 1 where the file can not be written.
    [[nodiscard]] int finish() const {
        std::printf("machine: %s\n", machine_name().c_str());
        if (json_.empty()) return 0;
        std::ofstream out(json_, std::ios::trunc);
        const std::string machine = quoted(machine_name());
        out << "[";
        for (const row& r : rows_) {
            out << (&r == rows_.data() ? "\n" : ",\n") << "{\"bench\":" << quoted(r.bench)
                << ",\"case\":" << quoted(r.name) << ",\"unit\":" << quoted(r.unit)
                << ",\"ours\":" << json_number(r.ours) << ",\"reference\":" << json_number(r.reference)
                << ",\"reference_name\":" << quoted(r.reference_name) << ",\"ratio\":" << json_number(r.ratio)
                << ",\"goal\":" << json_number(r.goal) << ",\"runs\":" << r.runs << ",\"machine\":" << machine
                << ",\"note\":" << quoted(r.note) << "}";
        }
        out << "\n]\n";
        out.close();
        if (out) return 0;
        std::fprintf(stderr, "%s: can not be written; check the folder and its room\n", json_.c_str());
        return 1;
    }

  private:
    [[nodiscard]] static const char* verdict(const row& r) {
        if (std::isnan(r.ratio) || std::isnan(r.goal)) return "";
        return r.ratio >= r.goal ? "good" : "BELOW GOAL";
    }
    [[nodiscard]] static std::string number(double value, int digits = 5) {
        if (std::isnan(value)) return "-";
        char text[64];
        if (std::abs(value) >= 1e5) {
            std::snprintf(text, sizeof(text), "%.0f", value);
        } else {
            std::snprintf(text, sizeof(text), "%.*g", digits, value);
        }
        return text;
    }
    [[nodiscard]] static std::string json_number(double value) {
        if (!std::isfinite(value)) return "null";
        char text[64];
        std::snprintf(text, sizeof(text), "%.9g", value);
        return text;
    }
    [[nodiscard]] static std::string quoted(std::string_view text) {
        std::string out = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            if (static_cast<unsigned char>(c) < 0x20) {
                out += ' ';
            } else {
                out += c;
            }
        }
        return out + "\"";
    }

    std::string name_;
    std::string json_;
    bool quick_ = false;
    std::vector<row> rows_;
};

}  // namespace bench
