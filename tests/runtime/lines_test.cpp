// SPDX-License-Identifier: BSL-1.0
// lines: every way a text can lie or come, and what its lines are then.
#include "../support/catch.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>
#include <weir/runtime/sources/lines.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "../support/faulty_files.hpp"
#include "../support/scratch.hpp"
#include "../support/scripted_stream.hpp"

using namespace std::chrono_literals;
using namespace weir_test;

namespace {

/// text, line, column of the cut, file.
using seen = std::tuple<std::string, std::uint64_t, std::uint32_t, std::uint32_t>;

template <class Lines>
auto reading(Lines source, std::vector<seen>& out) {
    return weir::from(std::move(source))
           | weir::for_each([&out](std::string_view text, weir::meta<weir::meta_of::place> at) {
                 const weir::place p = at.place();
                 out.emplace_back(text, p.line, p.column, p.file);
             });
}

template <class Lines>
std::vector<seen> read_lines(Lines source) {
    std::vector<seen> out;
    const weir::report r = weir::run(reading(std::move(source), out));
    CHECK(r.message == "");
    CHECK(r.finished);
    return out;
}

std::vector<std::string> texts(const std::vector<seen>& lines) {
    std::vector<std::string> out;
    for (const seen& s : lines) out.push_back(std::get<0>(s));
    return out;
}

template <class Predicate>
bool soon(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// While it lives, descriptor 0 is this one.
class standard_input_is {
  public:
    explicit standard_input_is(int descriptor) : before_(::dup(0)) { ::dup2(descriptor, 0); }
    standard_input_is(const standard_input_is&) = delete;
    standard_input_is& operator=(const standard_input_is&) = delete;
    ~standard_input_is() {
        if (before_ >= 0) {
            ::dup2(before_, 0);
            ::close(before_);
        } else {
            ::close(0);
        }
    }

  private:
    int before_;
};

}  // namespace

TEST_CASE("lines: line ends, empty lines, a last line without one, a byte order mark") {
    const scratch dir;
    const auto lines_in = [&](std::string_view text) {
        write_file(dir / "in", text);
        return texts(read_lines(weir::lines(dir / "in")));
    };
    using list = std::vector<std::string>;
    CHECK(lines_in("") == list{});
    CHECK(lines_in("\n") == list{""});
    CHECK(lines_in("a") == list{"a"});
    CHECK(lines_in("a\n") == list{"a"});
    CHECK(lines_in("a\n\nb") == list{"a", "", "b"});
    CHECK(lines_in("a\r\nb\r\n") == list{"a", "b"});
    CHECK(lines_in("a\rb\r") == list{"a\rb"});
    CHECK(lines_in("\r\n\r") == list{"", ""});
    CHECK(lines_in("\xEF\xBB\xBF"
                   "a\n\xEF\xBB\xBF")
          == list{"a", "\xEF\xBB\xBF"});
    CHECK(lines_in("\xEF\xBB\xBF") == list{});
    CHECK(lines_in(std::string_view("a\0b\n\xFF\n", 6)) == list{std::string("a\0b", 3), "\xFF"});
}

TEST_CASE("lines: several files and patterns, one after the other, with their places") {
    const scratch dir;
    write_file(dir / "b.log", "3\n4");
    write_file(dir / "a.log", "1\n2\n");
    write_file(dir / "empty.log", "");
    write_file(dir / "other.txt", "5\n");
    const std::vector<seen> expected{{"1", 1, 0, 0}, {"2", 2, 0, 0}, {"3", 1, 0, 1}, {"4", 2, 0, 1}};
    CHECK(read_lines(weir::lines(dir / "*.log")) == expected);
    CHECK(read_lines(weir::lines({dir / "a.log", dir / "b.log"})) == expected);
    CHECK(read_lines(weir::lines(std::vector<std::string>{dir / "[ab].log"})) == expected);
    CHECK(texts(read_lines(weir::lines({dir / "other.txt", dir / "?.log"})))
          == std::vector<std::string>{"5", "1", "2", "3", "4"});
    write_file(dir / "odd[1]*.log", "odd\n");
    CHECK(texts(read_lines(weir::lines(dir / "odd[1]*.log"))) == std::vector<std::string>{"odd"});
}

TEST_CASE("lines: what cannot be opened is one clear error: the first before it starts, a later one when it comes") {
    const scratch dir;
    write_file(dir / "good", "1\n2\n");
    std::vector<seen> out;
    const auto refusal = [&](auto source) -> std::string {
        try {
            static_cast<void>(weir::run(reading(std::move(source), out)));
        } catch (const weir::bad_result& e) {
            return e.what();
        }
        return "none";
    };
    CHECK(refusal(weir::lines(dir / "none"))
          == "open " + (dir / "none") + ": No such file or directory; check the name");
    CHECK(refusal(weir::lines(dir / "*.none"))
          == "open " + (dir / "*.none") + ": no file has such a name; check the pattern");
    CHECK(refusal(weir::lines(dir.path()))
          == "open " + dir.path() + ": Is a directory; give a file, or a pattern such as DIR/*.log");
    CHECK(refusal(weir::lines(dir / "good/under"))
          == "open " + (dir / "good/under") + ": Not a directory; a part of the path is a file");
    CHECK(refusal(weir::lines(std::vector<std::string>{}))
          == "weir::lines: no file given; give a path, a pattern or standard_input");
    CHECK(out.empty());
    const weir::report r = weir::run(reading(weir::lines({dir / "good", dir / "none", dir / "good"}), out));
    CHECK(r.message == "open " + (dir / "none") + ": No such file or directory; check the name");
    CHECK(r.failed_stage == "lines (0)");
    CHECK(out.size() == 2);
    CHECK(r.taken() == 2);
    CHECK(r.delivered() == 2);
}

TEST_CASE("lines: a line that is too long is cut once, where its place says, mapped or read") {
    const scratch dir;
    const std::string text = std::string(10, 'a') + "\n" + std::string(11, 'b') + "\r\n" + std::string(1'000'000, 'c')
                             + "\n" + std::string(10, 'd') + "\r\n" + std::string(12, 'e');
    write_file(dir / "in", text);
    const std::vector<seen> expected{{std::string(10, 'a'), 1, 0, 0},
                                     {std::string(10, 'b'), 2, 11, 0},
                                     {std::string(10, 'c'), 3, 11, 0},
                                     {std::string(10, 'd'), 4, 0, 0},
                                     {std::string(10, 'e'), 5, 11, 0}};
    CHECK(read_lines(weir::lines(dir / "in", {.longest = 10})) == expected);
    scripted_stream stream({text});
    CHECK(read_lines(weir::lines("in", {.longest = 10, .files = &stream})) == expected);
}

TEST_CASE("lines: text that comes in pieces has the lines that it has whole, under any cut and schedule") {
    const scratch dir;
    const std::uint64_t last = std::getenv("WEIR_NIGHTLY") != nullptr ? 2'000 : 150;
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        std::string text = seed % 3 == 0 ? "\xEF\xBB\xBF" : "";
        const char* const letters[] = {"a", "bc", "\r", "\n", "\r\n", "\n", "\xEF\xBB\xBF"};
        for (std::uint64_t i = 0; i < seed * 3; ++i) text += letters[random() % 7];
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t n = 4 + random() % 9;  // a byte order mark comes whole: it is looked for once
            pieces.push_back(text.substr(at, n));
            at += n;
        }
        write_file(dir / "in", text);
        const weir::lines_options options{.longest = 1 + seed % 20};
        const std::vector<seen> expected = read_lines(weir::lines(dir / "in", options));
        scripted_stream stream(pieces);
        stream.silent_looks = static_cast<int>(seed % 4);
        weir::lines_options streamed = options;
        streamed.files = &stream;
        std::vector<seen> out;
        weir::simulated on(seed);
        const weir::report r = weir::run(reading(weir::lines("in", streamed), out), on);
        CHECK(r.finished);
        CHECK(out == expected);
        const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
        CHECK(r.bytes == text.size() - mark);
    }
}

TEST_CASE("lines: an error while reading ends the pipeline, what came before it is delivered") {
    scripted_stream stream({"1\n2\n3", "4\n5"});
    stream.fails_at = 1;
    std::vector<seen> out;
    const weir::report r = weir::run(reading(weir::lines("in", {.files = &stream}), out));
    CHECK(r.message == "read in: Input/output error");
    CHECK(r.failed_stage == "lines (0)");
    CHECK(texts(out) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("lines: a stream that is silent holds up no worker, is read when it speaks, and lets go at a stop") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    weir::threads on({.workers = 1});
    std::atomic<int> count{0};
    {
        const standard_input_is piped(ends[0]);
        const auto counting = [&] {
            return weir::from(weir::lines(weir::standard_input)) | weir::for_each([&](std::string_view) { ++count; });
        };
        weir::job silent = weir::start(counting(), on);
        // The only worker has time for another pipeline.
        CHECK(weir::run(weir::from(weir::generate([i = 0]() mutable {
                            return i < 1'000 ? std::optional<int>(i++) : std::nullopt;
                        })) | weir::discard,
                        on)
                  .finished);
        REQUIRE(::write(ends[1], "one\ntw", 6) == 6);
        CHECK(soon([&] { return count == 1; }));
        REQUIRE(::write(ends[1], "o\n", 2) == 2);
        CHECK(soon([&] { return count == 2; }));
        silent.drain();
        const std::optional<weir::report> drained = silent.wait_for(30s);
        REQUIRE(drained.has_value());
        CHECK(drained->finished);
        CHECK(drained->taken() == 2);

        weir::job again = weir::start(counting(), on);
        again.stop();
        CHECK(again.wait_for(30s).has_value());

        weir::job last = weir::start(counting(), on);
        REQUIRE(::write(ends[1], "three", 5) == 5);
        ::close(ends[1]);
        CHECK(last.wait().taken() == 1);
        CHECK(count == 3);
    }
    ::close(ends[0]);
}

TEST_CASE("lines: standard input that is a file is mapped, from where it stands") {
    const scratch dir;
    write_file(dir / "in", "1\n2\n3\n");
    const int descriptor = ::open((dir / "in").c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(descriptor >= 0);
    REQUIRE(::lseek(descriptor, 2, SEEK_SET) == 2);
    faulty_files files;
    {
        const standard_input_is redirected(descriptor);
        CHECK(texts(read_lines(weir::lines(weir::standard_input, {.files = &files})))
              == std::vector<std::string>{"2", "3"});
    }
    ::close(descriptor);
    CHECK(files.log() == std::vector<std::string>{"map standard input"});
}

TEST_CASE("lines: a file that cannot be mapped, or says that it is empty, is read") {
    const scratch dir;
    write_file(dir / "in", "1\n2\n");
    faulty_files files;
    files.fault = [](const std::string& call, const std::string&) { return call == "map" ? ENODEV : 0; };
    CHECK(texts(read_lines(weir::lines(dir / "in", {.files = &files}))) == std::vector<std::string>{"1", "2"});
    CHECK(read_lines(weir::lines("/proc/self/status")).size() > 5);
}

TEST_CASE("lines: a named pipe is opened at once and waited for") {
    const scratch dir;
    REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
    std::vector<seen> out;
    std::atomic<int> count{0};
    weir::job job =
        weir::start(weir::from(weir::lines(dir / "pipe")) | weir::for_each([&](std::string_view) { ++count; }));
    CHECK_FALSE(job.finished());
    {
        std::ofstream writer(dir / "pipe");
        writer << "1\n2\n" << std::flush;
        CHECK(soon([&] { return count == 2; }));
        writer << "3";
    }
    CHECK(job.wait().finished);
    CHECK(count == 3);
}

TEST_CASE("lines: follow reads on as the file grows, until it is drained") {
    const scratch dir;
    write_file(dir / "in", "1\n2");
    std::vector<seen> out;
    weir::simulated on(4);
    weir::job job = weir::start(reading(weir::lines(dir / "in", {.follow = true}), out), on);
    const auto later = [&] { on.advance_to({on.time().now().us + 100'000}); };
    later();
    CHECK(texts(out) == std::vector<std::string>{"1"});
    append_file(dir / "in", "2\n3\n");
    later();
    CHECK(out == std::vector<seen>{{"1", 1, 0, 0}, {"22", 2, 0, 0}, {"3", 3, 0, 0}});
    const std::uint64_t steps = on.steps();
    on.advance_to({on.time().now().us + 10'000'000});
    CHECK(on.steps() - steps < 2'000);  // 50 looks a second
    append_file(dir / "in", "unfinished");
    later();
    job.drain();
    const weir::report r = job.wait();
    CHECK(r.finished);
    CHECK(r.taken() == 3);
}

TEST_CASE("lines: follow goes on with the new file when the old one was renamed, after its last line") {
    const scratch dir;
    write_file(dir / "in", "old 1\nold");
    std::vector<seen> out;
    weir::simulated on(8);
    weir::job job = weir::start(reading(weir::lines(dir / "in", {.follow = true}), out), on);
    const auto later = [&] { on.advance_to({on.time().now().us + 100'000}); };
    later();
    std::filesystem::rename(dir / "in", dir / "in.1");
    later();  // no file of that name: the old one goes on
    append_file(dir / "in.1", " 2\nold 3");
    later();
    CHECK(texts(out) == std::vector<std::string>{"old 1", "old 2"});
    write_file(dir / "in", "new 1\n");
    later();
    append_file(dir / "in", "new 2\n");
    later();
    CHECK(out
          == std::vector<seen>{
              {"old 1", 1, 0, 0}, {"old 2", 2, 0, 0}, {"old 3", 3, 0, 0}, {"new 1", 1, 0, 0}, {"new 2", 2, 0, 0}});
    job.drain();
    CHECK(job.wait().taken() == 5);
}

TEST_CASE("lines: follow begins anew when the file was cut off") {
    const scratch dir;
    write_file(dir / "in", "first 1\nfirst 2\nfi");
    std::vector<seen> out;
    weir::simulated on(8);
    weir::job job = weir::start(reading(weir::lines(dir / "in", {.follow = true}), out), on);
    const auto later = [&] { on.advance_to({on.time().now().us + 100'000}); };
    later();
    write_file(dir / "in", "second 1\n");
    later();
    append_file(dir / "in", "second 2\n");
    later();
    CHECK(
        out
        == std::vector<seen>{
            {"first 1", 1, 0, 0}, {"first 2", 2, 0, 0}, {"fi", 3, 0, 0}, {"second 1", 1, 0, 0}, {"second 2", 2, 0, 0}});
    job.drain();
    CHECK(job.wait().finished);
}

TEST_CASE("lines: follow reads the files before the last one once") {
    const scratch dir;
    write_file(dir / "a", "1\n");
    write_file(dir / "b", "2\n");
    std::vector<seen> out;
    weir::simulated on(8);
    weir::job job = weir::start(reading(weir::lines({dir / "a", dir / "b"}, {.follow = true}), out), on);
    on.advance_to({100'000});
    append_file(dir / "a", "not any more\n");
    append_file(dir / "b", "3\n");
    on.advance_to({200'000});
    CHECK(out == std::vector<seen>{{"1", 1, 0, 0}, {"2", 1, 0, 1}, {"3", 2, 0, 1}});
    job.stop();
    CHECK(job.wait().interrupted);
}

TEST_CASE("lines: who wants no more gets no more") {
    const scratch dir;
    write_file(dir / "in", "1\n2\n3\n4\n");
    std::vector<std::string> out;
    const weir::report r = weir::run(weir::from(weir::lines(dir / "in"))
                                     | weir::map([](std::string_view text) { return std::string(text); })
                                     | weir::take(2) | weir::collect(out));
    CHECK(r.finished);
    CHECK(out == std::vector<std::string>{"1", "2"});
}

TEST_CASE("lines: a checkpoint keeps the place of the next line, in whichever file it is") {
    const scratch dir;
    std::vector<std::string> expected;
    std::string text[2];
    for (int i = 0; i < 600; ++i) {
        expected.push_back(std::string(static_cast<std::size_t>(i % 30), 'x') + std::to_string(i));
        text[i / 300] += expected.back() + (i % 7 == 0 ? "\r\n" : "\n");
    }
    text[1] += std::string(1'000'000, 'y') + "\nend";  // much longer than `longest`
    expected.push_back(std::string(100, 'y'));
    expected.push_back("end");
    write_file(dir / "a", "\xEF\xBB\xBF" + text[0]);
    write_file(dir / "b", text[1]);
    for (const bool follow : {false, true}) {
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            CAPTURE(follow, seed);
            const auto source = [&] { return weir::lines({dir / "a", dir / "b"}, {.follow = follow, .longest = 100}); };
            std::vector<seen> first;
            std::string state;
            {
                weir::simulated on(seed);
                weir::job job = weir::start(reading(source(), first), on);
                for (std::uint64_t i = 0; i < seed; ++i) on.step_once();
                const std::size_t at = first.size();
                state = job.checkpoint().value();
                CHECK(first.size() >= at);
                // What was put behind the barrier comes again.
                job.stop();
            }
            std::vector<seen> second;
            weir::simulated on(seed);
            weir::job job = weir::start(reading(source(), second), on, {.restore = state});
            on.advance_to({1'000'000});
            job.drain();
            static_cast<void>(job.wait());
            const std::size_t last = follow ? expected.size() - 1 : expected.size();  // "end" may go on
            REQUIRE(second.size() <= last);
            REQUIRE(first.size() + second.size() >= last);
            for (std::size_t i = 0; i < second.size(); ++i) {
                const std::size_t n = last - second.size() + i;
                REQUIRE(std::get<0>(second[i]) == expected[n]);
                REQUIRE(std::get<1>(second[i]) == (n < 300 ? n + 1 : n - 299));
                REQUIRE(std::get<3>(second[i]) == (n < 300 ? 0 : 1));
            }
        }
    }
}

TEST_CASE("lines: a checkpoint of a longer file is refused") {
    const scratch dir;
    write_file(dir / "in", "1\n2\n3\n");
    std::vector<seen> out;
    std::string state;
    {
        weir::simulated on(1);
        weir::job job = weir::start(reading(weir::lines(dir / "in", {.follow = true}), out), on);
        on.advance_to({100'000});
        CHECK(out.size() == 3);
        state = job.checkpoint().value();
        job.stop();
    }
    write_file(dir / "in", "1\n");
    weir::simulated on(1);
    try {
        weir::job job = weir::start(reading(weir::lines(dir / "in"), out), on, {.restore = state});
        FAIL("it went on");
    } catch (const weir::bad_result& e) {
        CHECK(e.error().message
              == "go on in " + (dir / "in")
                     + ": it is shorter than at the checkpoint; give the files that it was made with");
    }
}
