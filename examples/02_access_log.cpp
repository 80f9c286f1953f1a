// SPDX-License-Identifier: BSL-1.0
// A web server's access log becomes traffic per host and minute, in rolling files.
//
//     access_log [FILE | -] [--out DIR] [--shards N] [--window SECONDS] [--bound SECONDS] [--lines N] [--seed N] [--quiet]
//
// Without FILE it makes its own traffic, and says so. Exit codes: 0 all is well, 1 the input or the output failed,
// 2 wrong arguments, 130 interrupted (what was read is delivered and reported first).
#include <weir/weir.hpp>

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

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
    long window_seconds = 60;
    long bound_seconds = 60;
    std::uint64_t lines = 1'000'000;
    std::uint64_t seed = 1;
    bool quiet = false;
};

/// Lines of a web server that does not exist: the same for the same seed.
class traffic_generator {
  public:
    traffic_generator(std::uint64_t seed, std::uint64_t lines) : state_(seed * 2 + 1), left_(lines) {}

    std::optional<std::string> operator()() {
        if (left_ == 0) return std::nullopt;
        --left_;
        time_ += static_cast<long>(next() % 3 == 0);
        const auto at = std::chrono::sys_seconds(1'700'000'000s) + std::chrono::seconds(time_ - static_cast<long>(next() % 20));
        if (next() % 10'000 == 0) return fmt::format("198.51.100.{} - - [cut off", next() % 256);
        return fmt::format("203.0.113.{} - - [{:%d/%b/%Y:%H:%M:%S} +0000] \"GET /page/{} HTTP/1.1\" {} {} \"-\" \"example/1.0\"",
                           next() % 200, at, next() % 1'000, next() % 50 == 0 ? 404 : 200, next() % 100'000);
    }

  private:
    std::uint64_t next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return state_ >> 33U;
    }

    std::uint64_t state_;
    std::uint64_t left_;
    long time_ = 0;
};

template <class Source>
weir::report measure(Source source, const options& o) {
    auto traffic = std::move(source)
                   | weir::parse<hit>(weir::formats::combined_log)    // members are filled by the format's names
                   | weir::on<"failed">(weir::directory(o.out + "/bad"))
                   | weir::event_time<&hit::time>(weir::out_of_order_by(std::chrono::seconds(o.bound_seconds)))
                   | weir::key_by<&hit::host>()
                   | weir::shard(o.shards)                            // lock-free shards, one fused chain behind each
                   | weir::tumble(std::chrono::seconds(o.window_seconds))
                   | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>())
                   | weir::on<"late">(weir::discard)                  // dropped, and counted as late
                   | weir::directory(o.out, {.roll_size = 5_MiB, .roll_every = 60s});
    return weir::run(std::move(traffic), {.progress = o.quiet ? weir::progress::none : weir::progress::live,
                                          .stop_on_signals = true});
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

int usage_error(std::string_view what) {
    fmt::print(stderr, "access_log: {}\nusage: access_log [FILE | -] [--out DIR] [--shards N] [--window SECONDS] "
                       "[--bound SECONDS] [--lines N] [--seed N] [--quiet]\n", what);
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--quiet") {
            o.quiet = true;
        } else if (name.starts_with("--")) {
            if (i + 1 == argc) return usage_error(fmt::format("{} needs a value", name));
            const std::string_view value = argv[++i];
            bool known = true;
            bool good = true;
            if (name == "--out") o.out = value;
            else if (name == "--shards") good = read_number(value, o.shards) && o.shards >= 1 && o.shards <= 256;
            else if (name == "--window") good = read_number(value, o.window_seconds) && o.window_seconds >= 1;
            else if (name == "--bound") good = read_number(value, o.bound_seconds) && o.bound_seconds >= 0;
            else if (name == "--lines") good = read_number(value, o.lines);
            else if (name == "--seed") good = read_number(value, o.seed);
            else known = false;
            if (!known) return usage_error(fmt::format("unknown option {}", name));
            if (!good) return usage_error(fmt::format("{} cannot be {}", name, value));
        } else if (o.file.empty()) {
            o.file = name;
        } else {
            return usage_error(fmt::format("a second file {}", name));
        }
    }

    weir::report done;
    try {
        if (o.file.empty()) {
            fmt::print("no FILE given: this is made-up traffic, {} lines from seed {}\n", o.lines, o.seed);
            done = measure(weir::from(weir::generate(traffic_generator(o.seed, o.lines))), o);
        } else if (o.file == "-") {
            done = measure(weir::from(weir::lines(weir::standard_input)), o);
        } else {
            done = measure(weir::from(weir::lines(o.file)), o);
        }
    } catch (const std::exception& e) {
        fmt::print(stderr, "access_log: {}\n", e.what());
        return 1;
    }

    fmt::print("lines      {:>10}\n", done.taken());
    fmt::print("parsed     {:>10}\n", done.of("parse").passed);
    fmt::print("failed     {:>10}   {}/bad\n", done.failed(), o.out);
    fmt::print("late       {:>10}\n", done.late());
    fmt::print("results    {:>10}   {}/*.ndjson\n", done.of("aggregate").counts.made, o.out);
    if (done.error) {
        fmt::print(stderr, "access_log: {}{}{}\n", done.failed_stage, done.failed_stage.empty() ? "" : ": ", done.message);
        return 1;
    }
    if (done.interrupted) {
        fmt::print("interrupted: what had been read is delivered\n");
        return 130;
    }
    return done ? 0 : 1;
}
