// SPDX-License-Identifier: BSL-1.0
// Bad input and bad ends, from outside: the example program, and this one as a child that prints. Each gives one clear
// line and the right exit code, and nothing that was accepted is lost.
#include "support/catch.hpp"

#include <weir/weir.hpp>

#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/faulty_files.hpp"
#include "support/real_input.hpp"
#include "support/scratch.hpp"

using namespace weir_test;

namespace {

struct numbered {
    long n;
    std::string text;
};

/// As a child (WEIR_TEST_CHILD is set) this program prints rows without end, and ends as the example does.
int print_rows() {
    const auto rows = weir::from(weir::generate([n = 0L]() mutable { return std::optional<numbered>({n++, "row"}); }));
    const weir::report done =
        weir::run(rows | weir::print(), {.progress = weir::progress::live, .stop_on_signals = true});
    std::fprintf(stderr, "taken %llu delivered %llu abandoned %llu\n", static_cast<unsigned long long>(done.taken()),
                 static_cast<unsigned long long>(done.delivered()), static_cast<unsigned long long>(done.abandoned));
    if (done.error) {
        std::fprintf(stderr, "%s: %s\n", done.failed_stage.c_str(), done.message.c_str());
        return 1;
    }
    return done.interrupted ? 130 : 0;
}
[[maybe_unused]] const bool is_child = [] {
    if (std::getenv("WEIR_TEST_CHILD") != nullptr) std::_Exit(print_rows());
    return false;
}();

constexpr const char* good_line =
    R"(83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 203023 "-" "agent")";

}  // namespace

TEST_CASE("bad_input: the reader goes: one clear line, exit code 1, no signal", "[bad_input]") {
    child_process printing({"/proc/self/exe"}, {.environment = {"WEIR_TEST_CHILD=1"}});
    REQUIRE(printing.read_until([&] { return printing.output().find('\n') != std::string::npos; }));
    CHECK(printing.output().starts_with("{\"n\":0,\"text\":\"row\"}\n"));
    printing.close_output();
    CHECK(printing.wait() == 1);
    CHECK(lines_of(printing.errors()).back() == "print (1): write standard output: Broken pipe; the reader has gone");
}

TEST_CASE("bad_input: the reader does not read: a first signal drains and waits for it, a second one stops",
          "[bad_input]") {
    for (const int number : {SIGINT, SIGTERM}) {
        CAPTURE(number);
        child_process printing({"/proc/self/exe"}, {.read_output = false, .environment = {"WEIR_TEST_CHILD=1"}});
        REQUIRE(printing.read_until([&] { return printing.errors().find("records/s") != std::string::npos; }));
        printing.signal(number);
        REQUIRE(printing.read_until([&] { return printing.errors().find("draining") != std::string::npos; }));
        CHECK(printing.alive());
        printing.signal(number);
        CHECK(printing.wait() == 130);
        unsigned long long taken = 0;
        unsigned long long delivered = 0;
        unsigned long long abandoned = 0;
        const std::string last = lines_of(printing.errors()).back();
        REQUIRE(std::sscanf(last.c_str(), "taken %llu delivered %llu abandoned %llu", &taken, &delivered, &abandoned)
                == 3);
        CHECK(taken == delivered + abandoned);
        CHECK(abandoned > 0);
    }
}

#ifdef WEIR_ACCESS_LOG

namespace {

/// The example on one input: its exit code, what it said, and what it left.
struct example {
    scratch dir;
    int code = -1;
    std::string output;
    std::string errors;

    explicit example(const std::string& input, std::vector<std::string> more = {}, child_options o = {}) {
        ::chmod(dir.path().c_str(), 0777);
        const std::string file = input == "-" ? input : dir / "in.log";
        if (input != "-") write_file(file, input);
        finish(file, std::move(more), o);
    }
    struct path {
        std::string file;
    };
    explicit example(const path& p, std::vector<std::string> more = {}, child_options o = {}) {
        ::chmod(dir.path().c_str(), 0777);
        finish(p.file, std::move(more), o);
    }

    /// A number of the report.
    [[nodiscard]] long row(const std::string& name) const {
        for (const std::string& line : lines_of(output)) {
            if (line.starts_with(name + " ")) return std::stol(line.substr(name.size()));
        }
        return -1;
    }
    [[nodiscard]] std::vector<std::string> lines_under(const std::string& folder) const {
        std::vector<std::string> all;
        for (const std::string& name : final_names_in(dir / folder)) {
            if (!name.ends_with(".ndjson")) continue;
            const std::string text = read_file(dir / (folder + "/" + name));
            CHECK(text.ends_with('\n'));
            for (std::string& line : lines_of(text)) all.push_back(std::move(line));
        }
        return all;
    }
    [[nodiscard]] std::vector<std::string> bad() const { return lines_under("out/bad"); }
    [[nodiscard]] std::vector<std::string> results() const { return lines_under("out"); }
    /// Every line that came in is in a window, or beside with its reason.
    void check_nothing_lost(long lines) const {
        CHECK(row("lines") == lines);
        CHECK(row("parsed") + row("failed") + (row("empty") < 0 ? 0 : row("empty")) == lines);
        CHECK(static_cast<long>(bad().size()) == row("failed"));
        CHECK(static_cast<long>(results().size()) == row("results"));
        CHECK(hits() == row("parsed") - row("late"));
    }
    [[nodiscard]] long hits() const {
        long sum = 0;
        for (const std::string& line : results()) {
            const std::size_t at = line.find("\"hits\":");
            REQUIRE(at != std::string::npos);
            sum += std::stol(line.substr(at + 7));
        }
        return sum;
    }

  private:
    void finish(const std::string& file, std::vector<std::string> more, const child_options& o) {
        std::vector<std::string> arguments{WEIR_ACCESS_LOG, file, "--out", dir / "out", "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        child_process child(arguments, o);
        code = child.wait();
        output = child.output();
        errors = child.errors();
    }
};

/// Exit code 1, nothing on standard output, and this one line.
void refused(const example& e, const std::string& says) {
    CHECK(e.code == 1);
    CHECK(e.errors == "access_log: " + says + "\n");
    CHECK(e.output.empty());
}

std::string text_between(const std::string& line, const std::string& before, const std::string& after) {
    const std::size_t from = line.find(before);
    if (from == std::string::npos) return "";
    const std::size_t to = line.find(after, from + before.size());
    return line.substr(from + before.size(), to - from - before.size());
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t n = c < 0x80 ? 1 : c >> 5U == 6 ? 2 : c >> 4U == 14 ? 3 : c >> 3U == 30 ? 4 : 0;
        if (n == 0 || i + n > text.size()) return false;
        for (std::size_t k = 1; k < n; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80) return false;
        }
        i += n;
    }
    return true;
}

}  // namespace

TEST_CASE("bad_input: the real log is what it should be, and one line of it is bad", "[bad_input]") {
    const std::string log = weir_test::real_input("access.log");
    if (log.empty()) return;
    const example e(example::path{log});
    CHECK(e.code == 0);
    CHECK(e.errors.empty());
    CHECK(e.row("late") == 0);
    CHECK(e.row("parsed") == 9'999);
    CHECK(e.row("results") == 3'052);
    e.check_nothing_lost(10'000);
    REQUIRE(e.bad().size() == 1);
    CHECK(text_between(e.bad()[0], "\"line\":", ",") == "8899");
    CHECK(std::stol(text_between(e.bad()[0], "\"column\":", ",")) > 1);
    CHECK(!text_between(e.bad()[0], "\"why\":\"", "\"").empty());
    const std::string result = e.results().front();
    CHECK(text_between(result, "\"window_start\":\"", "\"").size() == std::string("2015-05-17T10:05:00Z").size());
    CHECK(text_between(result, "\"window_end\":\"", "\"").ends_with("Z"));
}

TEST_CASE("bad_input: an empty file is no error", "[bad_input]") {
    const example e("");
    CHECK(e.code == 0);
    CHECK(e.errors.empty());
    e.check_nothing_lost(0);
    CHECK(e.results().empty());
}

TEST_CASE("bad_input: a file that is not there, a folder, a pattern without a file", "[bad_input]") {
    refused(example(example::path{"/none/at/all.log"}),
            "open /none/at/all.log: No such file or directory; check the name");
    refused(example(example::path{"/tmp"}), "open /tmp: Is a directory; give a file, or a pattern such as DIR/*.log");
    refused(example(example::path{"/none/*.log"}), "open /none/*.log: no file has such a name; check the pattern");
}

TEST_CASE("bad_input: a file that may not be read, an output that may not be written", "[bad_input]") {
    const scratch dir;
    ::chmod(dir.path().c_str(), 0755);
    write_file(dir / "secret.log", good_line);
    REQUIRE(::chmod((dir / "secret.log").c_str(), 0) == 0);
    refused(example(example::path{dir / "secret.log"}, {}, {.unprivileged = true}),
            "open " + (dir / "secret.log") + ": Permission denied; check its mode and owner");
    if (::geteuid() != 0) return;
    refused(example(good_line, {"--out", dir / "out"}, {.unprivileged = true}),
            "make the folder " + (dir / "out/bad") + ": Permission denied; check its mode and owner");
}

TEST_CASE("bad_input: wrong arguments are exit code 2, and say what is wrong", "[bad_input]") {
    const auto says = [](std::vector<std::string> more) {
        const example e("", std::move(more));
        CHECK(e.code == 2);
        return lines_of(e.errors).front();
    };
    CHECK(says({"--shards", "0"}) == "access_log: --shards cannot be \"0\"");
    CHECK(says({"--shards", "four"}) == "access_log: --shards cannot be \"four\"");
    CHECK(says({"--window", "99999999999999999999"}) == "access_log: --window cannot be \"99999999999999999999\"");
    CHECK(says({"--bound"}) == "access_log: --bound needs a value");
    CHECK(says({"--colour", "red"}) == "access_log: unknown option --colour");
    CHECK(says({"second.log"}).starts_with("access_log: a second file second.log"));
}

TEST_CASE("bad_input: binary junk is bad lines, kept as valid text", "[bad_input]") {
    std::mt19937_64 random(4711);
    std::string junk;
    for (int i = 0; i < 1'000'000; ++i) junk.push_back(static_cast<char>(random()));
    const auto lines = static_cast<long>(lines_of(junk).size());
    const example e(junk);
    CHECK(e.code == 0);
    CHECK(e.row("parsed") == 0);
    e.check_nothing_lost(lines);
    for (const std::string& line : e.bad()) REQUIRE(is_utf8(line));
}

TEST_CASE("bad_input: a line of 100 MB is cut, said to be too long, and the next one is read", "[bad_input]") {
    for (const bool piped : {false, true}) {
        CAPTURE(piped);
        const scratch dir;
        {
            std::ofstream file(dir / "long.log");
            const std::string part(1'000'000, 'x');
            for (int i = 0; i < 100; ++i) file << part;
            file << "\n" << good_line << "\n";
        }
        std::optional<example> e;
        if (piped) {
            REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
            const std::string copy = "cat '" + (dir / "long.log") + "' > '" + (dir / "pipe") + "' &";
            REQUIRE(std::system(copy.c_str()) == 0);
            e.emplace(example::path{dir / "pipe"});
        } else {
            e.emplace(example::path{dir / "long.log"});
        }
        CHECK(e->code == 0);
        e->check_nothing_lost(2);
        REQUIRE(e->bad().size() == 1);
        const std::string bad = e->bad()[0].substr(e->bad()[0].find("\"why\""));
        CHECK(text_between(bad, "\"line\":", ",") == "1");
        CHECK(text_between(bad, "\"column\":", ",") == "1048577");
        CHECK(e->bad()[0].size() < 1'100'000);
        CHECK(text_between(bad, "\"why\":\"", "\"") == "the line is longer than its source takes");
    }
}

TEST_CASE("bad_input: CRLF, no final newline, a byte order mark, empty lines", "[bad_input]") {
    const std::string line = good_line;
    const example e("\xEF\xBB\xBF" + line + "\r\n" + line + "\r\n\r\n" + line);
    CHECK(e.code == 0);
    CHECK(e.row("parsed") == 3);
    e.check_nothing_lost(4);
    REQUIRE(e.results().size() == 1);
    CHECK(
        e.results()[0]
        == R"({"host":"83.149.9.216","window_start":"2015-05-17T10:05:00Z","window_end":"2015-05-17T10:06:00Z","hits":3,"bytes":609069})");
    CHECK(e.bad().empty());
    CHECK(e.row("empty") == 1);
}

TEST_CASE("bad_input: text that is no UTF-8 passes through, and what is written is", "[bad_input]") {
    const std::string bad_host = "h\xFFst" + std::string(good_line).substr(12);
    const std::string bad_path = "ok" + std::string(good_line).substr(12, 50) + "\xC0\x80 HTTP/1.1\" 200 1 \"-\" \"-\"";
    const example e(bad_host + "\n" + bad_path + "\n\xE2\x28\xA1\n");
    CHECK(e.code == 0);
    e.check_nothing_lost(3);
    for (const std::string& line : e.results()) CHECK(is_utf8(line));
    for (const std::string& line : e.bad()) CHECK(is_utf8(line));
    CHECK(e.row("parsed") >= 1);
}

TEST_CASE("bad_input: numbers out of range and dates that do not exist are refused where they stand", "[bad_input]") {
    const auto line = [](const std::string& time, const std::string& status, const std::string& bytes) {
        return "1.2.3.4 - - [" + time + "] \"GET / HTTP/1.1\" " + status + " " + bytes + " \"-\" \"-\"\n";
    };
    const std::string time = "17/May/2015:10:05:03 +0000";
    const std::vector<std::string> lines{line(time, "200", "99999999999999999999"),
                                         line(time, "200", "-5"),
                                         line(time, "99999999999", "1"),
                                         line(time, "2x0", "1"),
                                         line("30/Feb/2015:10:05:03 +0000", "200", "1"),
                                         line("29/Feb/2015:10:05:03 +0000", "200", "1"),
                                         line("31/Apr/2015:10:05:03 +0000", "200", "1"),
                                         line("17/Mai/2015:10:05:03 +0000", "200", "1"),
                                         line("17/May/2015:25:05:03 +0000", "200", "1"),
                                         line("17/May/2015:10:65:03 +0000", "200", "1"),
                                         line("29/Feb/2016:10:05:03 +0000", "200", "1")};
    std::string text;
    for (const std::string& l : lines) text += l;
    const example e(text);
    CHECK(e.code == 0);
    e.check_nothing_lost(11);
    std::map<long, long> column_of_line;
    for (const std::string& bad : e.bad()) {
        CAPTURE(bad);
        CHECK(!text_between(bad, "\"why\":\"", "\"").empty());
        column_of_line[std::stol(text_between(bad, "\"line\":", ","))] =
            std::stol(text_between(bad, "\"column\":", ","));
    }
    CHECK(column_of_line.count(11) == 0);  // 2016 was a leap year
    for (const long n : {1, 3, 4, 5, 6, 7, 8, 9, 10}) {
        CAPTURE(n);
        REQUIRE(column_of_line.count(n) == 1);
        const std::string& l = lines[static_cast<std::size_t>(n - 1)];
        const auto from = static_cast<long>(n <= 4 ? l.find("HTTP/1.1\" ") + 11 : l.find('[') + 2);
        CHECK(column_of_line[n] >= from);
        CHECK(column_of_line[n] <= from + 26);
    }
}

TEST_CASE("bad_input: a full disk: one clear line, no half file under a final name, nothing lost silently",
          "[bad_input]") {
    const scratch dir;
    const bool small = ::mount("none", dir.path().c_str(), "tmpfs", 0, "size=256k") == 0;
    if (small) {
        // A small tmpfs, and traffic whose results do not fit.
        child_process child({WEIR_ACCESS_LOG, "--out", dir / "out", "--quiet", "--lines", "300000", "--window", "1"});
        CHECK(child.wait() == 1);
        const std::vector<std::string> said = lines_of(child.errors());
        REQUIRE(said.size() == 1);
        CHECK(said[0].starts_with("access_log: directory ("));
        CHECK(said[0].find("): write " + (dir / "out/.")) != std::string::npos);
        CHECK(said[0].ends_with("No space left on device; make room and run again"));
        for (const std::string& name : final_names_in(dir / "out")) {
            if (name != "bad") CHECK(read_file(dir / ("out/" + name)).ends_with("}\n"));
        }
        ::umount(dir.path().c_str());
    } else {
        WARN("a tmpfs cannot be mounted here: the file seam is full instead");
        faulty_files files;
        files.fault = [bytes = 0](const std::string& call, const std::string&) mutable {
            return call == "write" && ++bytes > 4 ? ENOSPC : 0;
        };
        const auto rows =
            weir::from(weir::generate([n = 0L]() mutable { return std::optional<numbered>({n++, "row"}); }));
        const weir::report r = weir::run(rows | weir::directory(dir / "out", {.roll_size = 100'000, .files = &files}));
        CHECK(r.message.ends_with("No space left on device; make room and run again"));
        CHECK(r.taken() == r.delivered() + r.abandoned);
        std::uint64_t whole = 0;
        for (const std::string& name : final_names_in(dir / "out"))
            whole += lines_of(read_file(dir / ("out/" + name))).size();
        CHECK(whole == r.delivered());
    }
}

TEST_CASE("bad_input: a signal in the middle: what was read is delivered and reported, exit code 130", "[bad_input]") {
    for (const int number : {SIGINT, SIGTERM}) {
        CAPTURE(number);
        const scratch dir;
        child_process child({WEIR_ACCESS_LOG, "--out", dir / "out", "--lines", "1000000000"});
        REQUIRE(child.read_until([&] { return child.errors().find("records/s") != std::string::npos; }));
        child.signal(number);
        CHECK(child.wait() == 130);
        CHECK(child.output().starts_with("no FILE given: 1000000000 lines of made-up traffic from seed 1\n"));
        CHECK(lines_of(child.errors()).back() == "interrupted: what had been read is delivered");
        const std::string report = child.output();
        const auto row = [&](const std::string& name) { return std::stol(text_between(report, "\n" + name, "\n")); };
        CHECK(row("lines") > 0);
        CHECK(row("lines") == row("parsed") + row("failed"));
        long hits = 0;
        for (const std::string& name : final_names_in(dir / "out")) {
            if (name == "bad") continue;
            for (const std::string& line : lines_of(read_file(dir / ("out/" + name)))) {
                hits += std::stol(text_between(line, "\"hits\":", ","));
            }
        }
        CHECK(hits == row("parsed") - row("late"));
        for (const std::string& name : names_in(dir / "out")) CHECK(name.front() != '.');
    }
}

TEST_CASE("bad_input: a signal while standard input is silent ends it, with what came", "[bad_input]") {
    const scratch dir;
    child_process child({WEIR_ACCESS_LOG, "-", "--out", dir / "out"}, {.input_pipe = true});
    child.write(std::string(good_line) + "\n" + good_line + "\nhalf a li");
    REQUIRE(child.read_until([&] { return child.errors().find("records/s") != std::string::npos; }));
    child.signal(SIGTERM);
    REQUIRE(child.read_until([&] { return child.output().find("results") != std::string::npos; }));
    CHECK(child.wait() == 130);
    CHECK(child.output().find("parsed              2\n") != std::string::npos);
}

TEST_CASE("bad_input: the same traffic from the same seed, from standard input, from a pattern", "[bad_input]") {
    const auto report = [](const std::string& seed) {
        const scratch dir;
        child_process child(
            {WEIR_ACCESS_LOG, "--out", dir / "out", "--quiet", "--lines", "30000", "--window", "1", "--seed", seed});
        CHECK(child.wait() == 0);
        std::vector<long> rows;
        for (const char* name : {"lines", "parsed", "failed", "late", "results"}) {
            rows.push_back(std::stol(text_between(child.output(), std::string("\n") + name, "\n")));
        }
        return rows;
    };
    const std::vector<long> first = report("5");
    CHECK(first == report("5"));
    CHECK(first[0] == 30'000);
    CHECK(first[4] > 100);
    CHECK(first != report("6"));
    const scratch dir;
    write_file(dir / "a.log", std::string(good_line) + "\n");
    write_file(dir / "b.log", good_line);
    const example pattern(example::path{dir / "*.log"});
    CHECK(pattern.code == 0);
    pattern.check_nothing_lost(2);
    const example redirected("-", {}, {.input_file = dir / "a.log"});
    CHECK(redirected.code == 0);
    redirected.check_nothing_lost(1);
}

#endif
