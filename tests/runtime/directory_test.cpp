// SPDX-License-Identifier: BSL-1.0
// directory: what lies where, when it rolls, and what is left when any call of the file system fails.
#include "../support/catch.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/sources/interval.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>
#include <weir/runtime/sinks/directory.hpp>
#include <weir/runtime/sources/lines.hpp>
#include <weir/runtime/stages/shard.hpp>
#include <weir/support/literals.hpp>

#include <errno.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../support/faulty_files.hpp"
#include "../support/scratch.hpp"

using namespace std::chrono_literals;
using namespace weir::literals;
using namespace weir_test;

namespace {

struct row {
    int n;
    std::string text;
};

std::string line_of(int n) { return "{\"n\":" + std::to_string(n) + ",\"text\":\"some text\"}"; }

auto rows(int count) {
    return weir::from(weir::generate(
        [i = 0, count]() mutable { return i < count ? std::optional<row>(row{i++, "some text"}) : std::nullopt; }));
}

/// All lines under final names, in order of name.
std::vector<std::string> written_lines(const std::string& folder) {
    std::vector<std::string> all;
    for (const std::string& name : final_names_in(folder)) {
        const std::string text = read_file(folder + "/" + name);
        REQUIRE(!text.empty());
        REQUIRE(text.back() == '\n');
        for (std::string& line : lines_of(text)) all.push_back(std::move(line));
    }
    return all;
}

void check_lines(const std::vector<std::string>& lines, int from = 0) {
    for (std::size_t i = 0; i < lines.size(); ++i) REQUIRE(lines[i] == line_of(from + static_cast<int>(i)));
}

constexpr weir::instant noon{1'700'000'000'000'000};
const std::string run = "20231114T221320.000000-" + std::to_string(::getpid());

template <class Predicate>
bool soon(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("directory: one file of JSON lines under a name of run, shard and number; the folder is made") {
    const scratch dir;
    weir::simulated on(1, noon);
    const weir::report r = weir::run(rows(3) | weir::directory(dir / "a/b"), on);
    CHECK(r.finished);
    CHECK(r.delivered() == 3);
    CHECK(r.unbalanced == 0);
    CHECK(names_in(dir / "a/b") == std::vector<std::string>{run + "-000-000000.ndjson"});
    CHECK(read_file(dir / "a/b/" + run + "-000-000000.ndjson")
          == line_of(0) + "\n" + line_of(1) + "\n" + line_of(2) + "\n");
}

TEST_CASE("directory: no record, no file") {
    const scratch dir;
    CHECK(weir::run(rows(0) | weir::directory(dir / "out", {.format = weir::text_format::csv})).finished);
    CHECK(std::filesystem::is_directory(dir / "out"));
    CHECK(names_in(dir / "out").empty());
}

TEST_CASE("directory: a file ends with the record that fills it, and CSV files each have their header") {
    const scratch dir;
    for (const std::uint64_t size : {1U, 10U, 29U, 30U, 1'000U, 65'536U, 65'537U, 200'000U}) {
        CAPTURE(size);
        const std::string out = dir / std::to_string(size);
        const int count = size < 100 ? 50 : 20'000;
        const weir::report r = weir::run(
            rows(count) | weir::directory(out, {.format = weir::text_format::csv, .roll_size = size, .sync = false}));
        CHECK(r.delivered() == static_cast<std::uint64_t>(count));
        int n = 0;
        const std::vector<std::string> names = names_in(out);
        for (const std::string& name : names) {
            const std::string text = read_file(out + "/" + name);
            std::vector<std::string> lines = lines_of(text);
            REQUIRE(lines.size() >= 2);
            CHECK(lines.front() == "n,text");
            for (std::size_t i = 1; i < lines.size(); ++i) REQUIRE(lines[i] == std::to_string(n++) + ",some text");
            const std::size_t last = lines.back().size() + 1;
            if (name != names.back()) CHECK(text.size() >= size);
            CHECK((text.size() - last < size || lines.size() == 2));
        }
        CHECK(n == count);
    }
}

TEST_CASE("directory: a file ends when its time is over, counted from its first record, also while nothing comes") {
    const scratch dir;
    weir::simulated on(5, noon);
    // Records at 1 s, 2 s, ..., then none.
    weir::job job = weir::start(weir::from(weir::interval(1s)) | weir::map([](std::uint64_t n) {
                                    return row{static_cast<int>(n), "some text"};
                                }) | weir::directory(dir.path(), {.roll_every = 10s}),
                                on);
    on.advance_to({noon.us + 10'500'000});
    CHECK(final_names_in(dir.path()).empty());
    on.advance_to({noon.us + 12'500'000});
    CHECK(final_names_in(dir.path()).size() == 1);
    on.advance_to({noon.us + 35'000'000});
    CHECK(final_names_in(dir.path()).size() == 3);
    job.drain();
    const weir::report r = job.wait();
    CHECK(r.delivered() == 35);
    const std::vector<std::string> lines = written_lines(dir.path());
    CHECK(lines.size() == 35);
    check_lines(lines);
    CHECK(final_names_in(dir.path()).size() == 4);
    CHECK(names_in(dir.path()).size() == 4);
}

TEST_CASE("directory: behind shard every chain writes files of its own") {
    const scratch dir;
    weir::simulated on(9, noon);
    const weir::report r = weir::run(
        rows(2'000) | weir::key_by<&row::n>() | weir::shard(4) | weir::directory(dir.path(), {.roll_size = 5'000}), on);
    CHECK(r.delivered() == 2'000);
    CHECK(r.unbalanced == 0);
    std::set<std::string> shards;
    for (const std::string& name : final_names_in(dir.path())) shards.insert(name.substr(run.size(), 5));
    CHECK(shards == std::set<std::string>{"-000-", "-001-", "-002-", "-003-"});
    std::vector<std::string> lines = written_lines(dir.path());
    std::sort(lines.begin(), lines.end());
    CHECK(lines.size() == 2'000);
    CHECK(std::unique(lines.begin(), lines.end()) == lines.end());
}

TEST_CASE("directory: the same files under every schedule") {
    const std::uint64_t last = std::getenv("WEIR_NIGHTLY") != nullptr ? 500 : 40;
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        CAPTURE(seed);
        const scratch dir;
        weir::simulated on(seed, noon);
        const weir::report r =
            weir::run(rows(3'000) | weir::directory(dir.path(), {.roll_size = 7'000 + 100 * seed, .sync = false}), on);
        CHECK(r.finished);
        CHECK(r.delivered() == 3'000);
        const std::vector<std::string> lines = written_lines(dir.path());
        CHECK(lines.size() == 3'000);
        check_lines(lines);
        CHECK(names_in(dir.path()).size() == final_names_in(dir.path()).size());
    }
}

TEST_CASE("directory: what is there is never replaced, neither a final name nor a temporary one") {
    const scratch dir;
    write_file(dir / (run + "-000-000001.ndjson"), "precious");
    write_file(dir / ("." + run + "-000-000003.ndjson.tmp"), "half");
    weir::simulated on(2, noon);
    const weir::report r = weir::run(rows(5) | weir::directory(dir.path(), {.roll_size = 1}), on);
    CHECK(r.delivered() == 5);
    CHECK(read_file(dir / (run + "-000-000001.ndjson")) == "precious");
    CHECK(read_file(dir / ("." + run + "-000-000003.ndjson.tmp")) == "half");
    for (const int number : {0, 2, 4, 5, 6}) {
        CHECK(std::filesystem::exists(dir / (run + "-000-00000" + std::to_string(number) + ".ndjson")));
    }
    CHECK(names_in(dir.path()).size() == 7);
}

TEST_CASE("directory: written, synced, closed, renamed, the folder synced; without `sync` neither of the two") {
    const scratch dir;
    const std::string name = run + "-000-000000.ndjson";
    const std::string temporary = dir / ("." + name + ".tmp");
    faulty_files files;
    {
        weir::simulated on(1, noon);
        CHECK(weir::run(rows(2) | weir::directory(dir.path(), {.files = &files}), on).finished);
        CHECK(files.log()
              == std::vector<std::string>{"make_directories " + dir.path(), "create " + temporary, "write " + temporary,
                                          "sync " + temporary, "close " + temporary, "rename " + (dir / name),
                                          "sync_directory " + dir.path()});
    }
    faulty_files lazy;
    weir::simulated on(1, {noon.us + 1'000'000});
    CHECK(weir::run(rows(2) | weir::directory(dir.path(), {.sync = false, .files = &lazy}), on).finished);
    for (const std::string& call : lazy.log()) CHECK(call.find("sync") == std::string::npos);
}

TEST_CASE("directory: the n-th call failing, for every n: one clear error, whole files only, every record counted") {
    const auto run_with = [](faulty_files& files, const std::string& out, weir::scheduler& on) {
        return weir::run(rows(4'000) | weir::directory(out, {.roll_size = 70'000, .files = &files}), on);
    };
    std::uint64_t calls = 0;
    {
        const scratch dir;
        faulty_files files;
        weir::simulated on(1, noon);
        CHECK(run_with(files, dir.path(), on).delivered() == 4'000);
        calls = files.calls();
        CHECK(calls > 10);
    }
    struct kind {
        int number;
        const char* says;
    };
    for (const kind& k :
         {kind{ENOSPC, "No space left on device; make room and run again"}, kind{EIO, "Input/output error"},
          kind{EACCES, "Permission denied; check its mode and owner"}}) {
        for (std::uint64_t n = 2; n <= calls; ++n) {  // the first makes the folder: that is a set-up error, below
            for (const bool simulated : {true, false}) {
                CAPTURE(k.number, n, simulated);
                const scratch dir;
                write_file(dir / "mine", "precious\n");
                faulty_files files;
                std::atomic<std::uint64_t> made{0};
                std::string failed_call;
                files.fault = [&](const std::string& call, const std::string&) {
                    if (++made != n) return 0;
                    failed_call = call;
                    return k.number;
                };
                std::unique_ptr<weir::scheduler> on;
                if (simulated) {
                    on = std::make_unique<weir::simulated>(n, noon);
                } else {
                    on = std::make_unique<weir::threads>();
                }
                const weir::report r = run_with(files, dir.path(), *on);
                CHECK_FALSE(r.finished);
                CHECK(r.failed_stage == "directory (1)");
                CHECK(r.message.find(k.says) != std::string::npos);
                CHECK(r.message.find(dir.path()) != std::string::npos);
                CHECK(r.message.find('\n') == std::string::npos);
                CHECK(made == n);  // nothing is called after it
                CHECK(read_file(dir / "mine") == "precious\n");
                std::filesystem::remove(dir / "mine");
                const std::vector<std::string> lines = written_lines(dir.path());
                check_lines(lines);
                CHECK(lines.size() == r.delivered());
                CHECK(r.taken() == r.delivered() + r.abandoned);
                CHECK(r.unbalanced == 0);
                const std::vector<std::string> names = final_names_in(dir.path());
                for (const std::string& name : names) {
                    if (name != names.back()) CHECK(std::filesystem::file_size(dir / name) >= 70'000);
                }
            }
        }
    }
}

TEST_CASE("directory: names that turn out to be taken are passed over, whichever call finds it") {
    const std::string taken[] = {"create", "rename"};
    for (const std::string& call : taken) {
        CAPTURE(call);
        const scratch dir;
        faulty_files files;
        int times = 3;
        files.fault = [&](const std::string& c, const std::string&) { return c == call && times-- > 0 ? EEXIST : 0; };
        weir::simulated on(1, noon);
        const weir::report r = weir::run(rows(2) | weir::directory(dir.path(), {.files = &files}), on);
        CHECK(r.delivered() == 2);
        CHECK(names_in(dir.path()) == std::vector<std::string>{run + "-000-000003.ndjson"});
    }
}

TEST_CASE("directory: a folder that cannot be made is refused before anything runs") {
    const scratch dir;
    write_file(dir / "file", "x");
    try {
        static_cast<void>(weir::run(rows(1) | weir::directory(dir / "file/out")));
        FAIL("it was made");
    } catch (const weir::bad_result& e) {
        CHECK(e.error().message
              == "make the folder " + (dir / "file/out") + ": Not a directory; a part of the path is a file");
    }
}

TEST_CASE("directory: any request failing leaves whole files, and counts all") {
    for (std::uint64_t n = 1; n <= 8; ++n) {
        CAPTURE(n);
        const scratch dir;
        weir::simulated on(n, noon);
        on.fail_request(n, std::make_exception_ptr(std::runtime_error("injected")));
        const weir::report r = weir::run(rows(20'000) | weir::directory(dir.path(), {.roll_size = 130'000}), on);
        REQUIRE(on.requests() >= n);
        CHECK(r.message == "injected");
        const std::vector<std::string> lines = written_lines(dir.path());
        check_lines(lines);
        CHECK(lines.size() == r.delivered());
        CHECK(r.taken() == r.delivered() + r.abandoned);
    }
}

TEST_CASE(
    "directory: while the disk hangs the pipeline waits with a few pieces, the worker goes on, and a stop is clean") {
    const scratch dir;
    faulty_files files;
    std::atomic<bool> release{false};
    std::atomic<bool> inside{false};
    files.fault = [&](const std::string& call, const std::string&) {
        if (call != "write") return 0;
        inside = true;
        return soon([&] { return release.load(); }) ? 0 : EIO;
    };
    weir::threads on({.workers = 1});
    std::atomic<int> made{0};
    const auto endless = weir::from(weir::generate([&made] { return std::optional<row>(row{made++, "some text"}); }));
    weir::job stuck = weir::start(endless | weir::directory(dir / "stuck", {.files = &files}), on);
    REQUIRE(soon([&] { return inside.load(); }));

    const weir::report other = weir::run(rows(5'000) | weir::directory(dir / "other"), on);
    CHECK(other.delivered() == 5'000);
    CHECK(soon([&] { return stuck.metrics().taken() > 4 * 65'536 / 34; }));  // a line has 28 to 34 bytes
    CHECK(stuck.metrics().taken() < 5 * 65'536 / 28);
    CHECK(stuck.metrics().delivered() == 0);

    stuck.stop();
    CHECK_FALSE(stuck.wait_for(1ms).has_value());  // the write that is in flight
    release = true;
    const weir::report r = stuck.wait();
    CHECK(r.interrupted);
    CHECK(r.delivered() == 0);
    CHECK(r.taken() == r.abandoned);
    CHECK(r.unbalanced == 0);
    CHECK(final_names_in(dir / "stuck").empty());
}

TEST_CASE("directory: a record delivered is one in a whole file, also after a stop at any moment") {
    const std::uint64_t last = std::getenv("WEIR_NIGHTLY") != nullptr ? 1'000 : 60;
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        CAPTURE(seed);
        const scratch dir;
        weir::simulated on(seed, noon);
        weir::job job =
            weir::start(rows(100'000) | weir::directory(dir.path(), {.roll_size = 2'000, .sync = false}), on);
        for (std::uint64_t i = 0; i < seed * 13; ++i) on.step_once();
        job.stop();
        const weir::report r = job.wait();
        CHECK(written_lines(dir.path()).size() == r.delivered());
        CHECK(r.taken() == r.delivered() + r.abandoned);
        CHECK(r.unbalanced == 0);
    }
}

TEST_CASE("directory: a checkpoint is whole when what came before it lies in whole files, and a restored run goes on") {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        CAPTURE(seed);
        const scratch dir;
        std::string text;
        for (int i = 0; i < 4'000; ++i) text += "line " + std::to_string(i) + "\n";
        write_file(dir / "in", text);
        const auto copy = [&](const std::string& out) {
            return weir::from(weir::lines(dir / "in"))
                   | weir::map([](std::string_view line) { return std::string(line); })
                   | weir::directory(dir / out, {.roll_size = 20'000});
        };
        std::string state;
        std::vector<std::string> before;
        {
            weir::simulated on(seed, noon);
            weir::job job = weir::start(copy("before"), on);
            for (std::uint64_t i = 0; i < seed * 3; ++i) on.step_once();
            state = job.checkpoint().value();
            before = written_lines(dir / "before");
            job.stop();
            static_cast<void>(job.wait());
        }
        weir::simulated on(seed + 100, noon);
        const weir::report r = weir::run(copy("after"), {.on = &on, .restore = state});
        CHECK(r.finished);
        // Whole lines before the checkpoint, and the rest of them after it: together each exactly once.
        std::vector<std::string> all = before;
        for (std::string& line : written_lines(dir / "after")) all.push_back(std::move(line));
        REQUIRE(all.size() == 4'000);
        for (int i = 0; i < 4'000; ++i) REQUIRE(all[static_cast<std::size_t>(i)] == "line " + std::to_string(i));
    }
}
