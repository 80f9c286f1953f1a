// SPDX-License-Identifier: BSL-1.0
// A web server's access log becomes traffic per host and minute, in rolling files.
//
//     access_log [FILE | -] [--out DIR] [--shards N] [--window SECONDS] [--bound SECONDS] [--follow] [--quiet]
//     access_log [--lines N] [--seed N] ...
//
// FILE is a log in Apache's combined format, or a pattern such as 'logs/*.log'; - is standard input. Without FILE it
// makes its own traffic, and says so. Exit codes: 0 all is well, 1 the input or the output failed, 2 wrong arguments,
// 130 interrupted (once: what was read is delivered first; twice: at once).
#include <weir/weir.hpp>

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;
using namespace weir::literals;

namespace {

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

struct options {
    std::string file;
    std::string out = "traffic";
    unsigned shards = 4;
    std::chrono::seconds window = 60s;
    std::chrono::seconds bound = 60s;  // how far a line may come behind later ones
    std::uint64_t lines = 5'000'000;
    std::uint64_t seed = 1;
    bool follow = false;
    bool quiet = false;
};

/// The whole job, whatever the lines come from.
template <class Lines>
weir::report measure(Lines lines, const options& o) {
    auto traffic = weir::from(std::move(lines))
                   | weir::parse<hit>(weir::formats::combined_log)  // members are filled by the format's names
                   | weir::on<"failed">(weir::directory(o.out + "/bad"))
                   | weir::event_time<&hit::time>(weir::out_of_order_by(o.bound))  // time is what the lines say
                   | weir::key_by<&hit::host>()                                    // a host's lines stay together
                   | weir::shard(o.shards)  // lock-free shards, one fused chain behind each
                   | weir::tumble(o.window)
                   // the results' members are filled by name
                   | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>())
                   | weir::on<"late">(weir::discard)  // dropped, and counted as late
                   | weir::directory(o.out, {.roll_size = 5_MiB, .roll_every = 60s});

    return weir::run(std::move(traffic),
                     {.progress = o.quiet ? weir::progress::none : weir::progress::live, .stop_on_signals = true});
}

/// Lines of a busy server that does not exist, up to the present minute. The same seed makes the same traffic.
class traffic_generator {
  public:
    explicit traffic_generator(const options& o)
        : random_(o.seed), left_(o.lines),
          start_(std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now())
                 - std::chrono::seconds(o.lines / lines_per_second)) {}

    std::optional<std::string> operator()() {
        if (left_ == 0) return std::nullopt;
        --left_;
        if (below(1'000'000) == 0) return "198.51.100.7 - - [cut off";
        const auto delay = std::chrono::seconds(below(20));
        const auto time = start_ + std::chrono::seconds(made_++ / lines_per_second) - delay;
        return fmt::format("203.0.113.{} - - [{:%d/%b/%Y:%H:%M:%S} +0000] \"GET /page/{} HTTP/1.1\" {} {} \"-\" \"-\"",
                           below(200), time, below(1'000), below(50) == 0 ? 404 : 200, below(100'000));
    }

  private:
    static constexpr std::uint64_t lines_per_second = 1'000;

    std::uint64_t below(std::uint64_t n) {
        random_ = random_ * 6364136223846793005U + 1442695040888963407U;
        return (random_ >> 33U) % n;
    }

    std::uint64_t random_;
    std::uint64_t left_;
    std::uint64_t made_ = 0;
    std::chrono::sys_seconds start_;
};

/// Sets what the command line says; the text of a complaint where it says something else.
std::string read_arguments(int argc, char** argv, options& o) {
    const auto number = [](std::string_view text, auto least, auto most, auto& to) {
        auto value = least;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) return false;
        to = std::remove_reference_t<decltype(to)>(value);
        return true;
    };
    constexpr long ten_years = 315'360'000;
    constexpr std::uint64_t any = UINT64_MAX;

    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--quiet") {
            o.quiet = true;
        } else if (name == "--follow") {
            o.follow = true;
        } else if (!name.starts_with("--")) {
            if (!o.file.empty()) return fmt::format("a second file {}; for several give a pattern in quotes", name);
            o.file = name;
        } else {
            const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
            bool good = !value.empty();
            if (name == "--out")
                o.out = value;
            else if (name == "--shards")
                good = number(value, 1U, 256U, o.shards);
            else if (name == "--window")
                good = number(value, 1L, ten_years, o.window);
            else if (name == "--bound")
                good = number(value, 0L, ten_years, o.bound);
            else if (name == "--lines")
                good = number(value, std::uint64_t{0}, any, o.lines);
            else if (name == "--seed")
                good = number(value, std::uint64_t{0}, any, o.seed);
            else
                return fmt::format("unknown option {}", name);
            if (++i == argc) return fmt::format("{} needs a value", name);
            if (!good) return fmt::format("{} cannot be \"{}\"", name, value);
        }
    }
    return "";
}

void print_report(const weir::report& done, const options& o) {
    const auto row = [](const char* what, std::uint64_t count, const std::string& where) {
        fmt::print("{:<8} {:>12}{}{}\n", what, count, where.empty() ? "" : "   ", where);
    };
    row("lines", done.of("parse").in, "");
    row("parsed", done.of("parse").passed, "");
    row("failed", done.failed(), done.failed() == 0 ? "" : o.out + "/bad/*.ndjson");
    if (const std::uint64_t empty = done.of("parse").counts.absorbed; empty != 0) row("empty", empty, "");
    row("late", done.late(), "");
    row("results", done.of("aggregate").counts.made, o.out + "/*.ndjson");
}

}  // namespace

int main(int argc, char** argv) {
    options o;
    if (const std::string wrong = read_arguments(argc, argv, o); !wrong.empty()) {
        fmt::print(stderr,
                   "access_log: {}\n"
                   "usage: access_log [FILE | -] [--out DIR] [--shards N] [--window SECONDS] [--bound SECONDS]\n"
                   "                  [--follow] [--quiet] [--lines N] [--seed N]\n",
                   wrong);
        return 2;
    }

    weir::report done;
    try {
        const weir::lines_options reading{.follow = o.follow};
        if (o.file.empty()) {
            fmt::print("no FILE given: {} lines of made-up traffic from seed {}\n", o.lines, o.seed);
            std::fflush(stdout);
            done = measure(weir::generate(traffic_generator(o)), o);
        } else if (o.file == "-") {
            done = measure(weir::lines(weir::standard_input, reading), o);
        } else {
            done = measure(weir::lines(o.file, reading), o);
        }
    } catch (const std::exception& e) {  // what is found out before anything runs: no such file, no such folder
        fmt::print(stderr, "access_log: {}\n", e.what());
        return 1;
    }

    print_report(done, o);
    std::fflush(stdout);
    if (done.error) {
        fmt::print(stderr, "access_log: {}: {}\n", done.failed_stage, done.message);
        return 1;
    }
    if (done.interrupted) {
        if (done.finished)
            fmt::print(stderr, "interrupted: what had been read is delivered\n");
        else
            fmt::print(stderr, "stopped: {} records were on their way and are abandoned\n", done.abandoned);
        return 130;
    }
    return 0;
}
