// SPDX-License-Identifier: BSL-1.0
// The main example end to end: a real access log, repeated with shifted dates, becomes traffic per host and minute in
// files, next to `wc -l`, to awk, and to a program written by hand whose output is the same to the byte.
#include "../support/bench.hpp"
#include "traffic.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <stdexcept>

namespace {

namespace fs = std::filesystem;
using access_log::counts;

constexpr int days_of_log = 4;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error(path.string() + ": cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The log `repeats` times, each `days_of_log` after the one before; only the dates change.
void write_log(const fs::path& to, const std::string& log, std::size_t repeats) {
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    for (std::size_t r = 0; r < repeats; ++r) {
        std::string copy = log;
        for (std::size_t at = 0; at < copy.size();) {
            std::size_t end = copy.find('\n', at);
            if (end == std::string::npos) end = copy.size();
            const std::size_t open = copy.find('[', at);
            unsigned day = 0;
            char name[4] = {};
            int year = 0;
            if (open < end && std::sscanf(copy.c_str() + open, "[%2u/%3s/%4d", &day, name, &year) == 3) {
                const auto* const month = std::find_if(std::begin(months), std::end(months),
                                                       [&](const char* m) { return std::string_view(m) == name; });
                using namespace std::chrono;
                const auto number = static_cast<unsigned>(month - std::begin(months)) + 1;
                const year_month_day moved{
                    sys_days{std::chrono::year{year} / std::chrono::month{number} / std::chrono::day{day}}
                    + days{days_of_log * static_cast<int>(r)}};
                char text[16];
                std::snprintf(text, sizeof(text), "%02u/%s/%04d", static_cast<unsigned>(moved.day()) % 100,
                              months[static_cast<unsigned>(moved.month()) - 1],
                              static_cast<int>(moved.year()) % 10'000);
                copy.replace(open + 1, 11, text, 11);
            }
            at = end + 1;
        }
        out << copy;
    }
    out.close();
    if (!out) throw std::runtime_error(to.string() + ": cannot be written; make room");
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

bool shell(const std::string& command) { return std::system(command.c_str()) == 0; }

/// All that was written to a folder, in order of name.
std::string written(const fs::path& folder) {
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".ndjson") names.push_back(entry.path());
    }
    std::sort(names.begin(), names.end());
    std::string all;
    for (const fs::path& name : names) all += read_file(name);
    return all;
}
std::size_t sorted_lines(const fs::path& folder, std::vector<std::string>& lines) {
    const std::string all = written(folder);
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find('\n', at);
        lines.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines.size();
}

constexpr const char* awk_program = R"awk($9 ~ /^[0-9]+$/ {
    key = $1 SUBSEP substr($4, 2, 17); hits[key]++; bytes[key] += $10
}
END {
    split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
    for (i in names) month[names[i]] = i
    for (key in hits) {
        split(key, part, SUBSEP); t = part[2]
        printf "{\"host\":\"%s\",\"window_start\":\"%s-%02d-%sT%s:00Z\",\"hits\":%d,\"bytes\":%d}\n", part[1],
               substr(t, 8, 4), month[substr(t, 4, 3)], substr(t, 1, 2), substr(t, 13), hits[key], bytes[key]
    }
})awk";

/// Instructions of the counted program; `bench::none` without valgrind.
double instructions(const fs::path& program, const fs::path& log, const fs::path& work, const std::string& who) {
    const fs::path out = work / "counted";
    const fs::path said = work / "callgrind.txt";
    fs::remove_all(out);
    if (!shell("valgrind --tool=callgrind --callgrind-out-file=/dev/null " + quoted(program) + " " + quoted(log) + " "
               + quoted(out) + " " + who + " 2> " + quoted(said))) {
        return bench::none;
    }
    const std::string text = read_file(said);
    const std::size_t at = text.find("Collected : ");
    return at == std::string::npos ? bench::none : std::strtod(text.c_str() + at + 12, nullptr);
}

class access_log_bench {
  public:
    access_log_bench(bench::program& p, fs::path work, std::string log)
        : p_(p), work_(std::move(work)), log_(std::move(log)), repeats_(p.size(100, 4)) {
        fs::create_directories(work_);
        big_ = work_ / "repeated.log";
        write_log(big_, log_, repeats_);
        megabytes_ = static_cast<double>(fs::file_size(big_)) / 1e6;
        std::printf("%.0f MB of log, %zu times %s\n", megabytes_, repeats_, WEIR_DATA_DIR "/access.log");
    }

    void times() {
        counts one;
        counts four;
        counts hand;
        const auto rate = [&](auto run) {
            return [this, run]() -> double {
                fs::remove_all(work_ / "out");
                const double start = bench::now_ns();
                run((work_ / "out").string());
                return bench::now_ns() - start;
            };
        };
        const std::string file = big_.string();
        const auto by_hand = rate([&](const std::string& out) { hand = access_log::by_hand(file, out); });
        const auto by_weir = rate([&](const std::string& out) { one = access_log::by_weir(file, out, 1); });
        const auto by_four = rate([&](const std::string& out) { four = access_log::by_weir(file, out, 4); });
        std::ofstream(work_ / "traffic.awk") << awk_program;
        const std::string awk =
            "awk -f " + quoted(work_ / "traffic.awk") + " " + quoted(big_) + " > " + quoted(work_ / "awk.ndjson");
        auto t = bench::measure(
            p_.runs(9), megabytes_ * 1'000, bench::named("by hand", by_hand), bench::named("weir", by_weir),
            bench::named("weir, 4 shards", by_four),
            bench::named("wc -l", [&] { shell("wc -l " + quoted(big_) + " > " + quoted(work_ / "wc.txt")); }));
        auto slow = bench::measure(p_.runs(7), megabytes_ * 1'000, bench::named("awk", [&] { shell(awk); }));
        // Nanoseconds for each 1,000 bytes: to MB/s.
        for (auto* side : {&t[0], &t[1], &t[2], &t[3], &slow[0]}) {
            side->iqr = side->iqr / side->median * (1e6 / side->median);
            side->median = 1e6 / side->median;
        }
        const std::string whole = same();
        const std::string agree = hand == one && hand == four ? whole : "COUNTS DIFFER; " + whole;
        const bool good = agree.empty();
        p_.add("one shard and by hand", "MB/s", t[1], t[0], good ? 0.95 : bench::none, bench::better::more, agree);
        p_.add("4 shards and by hand", "MB/s", t[2], t[0], bench::none, bench::better::more, agree);
        p_.add("one shard and wc -l", "MB/s", t[1], t[3], bench::none, bench::better::more);
        const auto lines = static_cast<std::uint64_t>(
            std::count_if(std::istreambuf_iterator<char>(std::ifstream(work_ / "awk.ndjson").rdbuf()), {},
                          [](char c) { return c == '\n'; }));
        p_.add("one shard and awk", "MB/s", t[1], slow[0], bench::none, bench::better::more,
               lines == one.results
                   ? ""
                   : "awk has " + std::to_string(lines) + " results of " + std::to_string(one.results));
        std::printf("lines %llu, parsed %llu, failed %llu, late %llu, results %llu\n",
                    static_cast<unsigned long long>(one.lines), static_cast<unsigned long long>(one.parsed),
                    static_cast<unsigned long long>(one.failed), static_cast<unsigned long long>(one.late),
                    static_cast<unsigned long long>(one.results));
    }

    /// One chain without a shard, so that all of it is on one thread as the other's.
    void counted() {
        const fs::path program = fs::canonical("/proc/self/exe").parent_path() / "access_log_counted";
        const fs::path small = work_ / "small.log";
        const fs::path large = work_ / "large.log";
        write_log(small, log_, 1);
        write_log(large, log_, 2);
        const auto per_line = [&](const std::string& who) {
            const double lines = static_cast<double>(std::count(log_.begin(), log_.end(), '\n'));
            return (instructions(program, large, work_, who) - instructions(program, small, work_, who)) / lines;
        };
        bench::row r;
        r.name = "one chain and by hand, each line";
        r.unit = "instructions";
        r.ours = per_line("weir");
        r.reference = per_line("hand");
        r.reference_name = "by hand";
        r.runs = 1;
        p_.add(std::move(r));
    }

  private:
    /// Empty where all outputs are the same: to the byte with one shard, line by line with four.
    std::string same() {
        const fs::path hand = work_ / "hand";
        const fs::path one = work_ / "one";
        const fs::path four = work_ / "four";
        for (const fs::path& folder : {hand, one, four}) fs::remove_all(folder);
        access_log::by_hand(big_.string(), hand.string());
        access_log::by_weir(big_.string(), one.string(), 1);
        access_log::by_weir(big_.string(), four.string(), 4);
        if (written(hand) != written(one) || written(hand / "bad") != written(one / "bad")) return "OUTPUTS DIFFER";
        std::vector<std::string> expected;
        std::vector<std::string> got;
        if (sorted_lines(hand, expected) != sorted_lines(four, got) || expected != got)
            return "OUTPUTS OF 4 SHARDS DIFFER";
        return {};
    }

    bench::program& p_;
    fs::path work_;
    std::string log_;
    std::size_t repeats_;
    fs::path big_;
    double megabytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    bench::program p("access_log", argc, argv);
    try {
        const fs::path work = fs::canonical("/proc/self/exe").parent_path() / "access_log_files";
        fs::create_directories(work);
        access_log_bench b(p, work, read_file(WEIR_DATA_DIR "/access.log"));
        b.times();
        b.counted();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "access_log: %s\n", e.what());
        return 1;
    }
    return p.finish();
}
