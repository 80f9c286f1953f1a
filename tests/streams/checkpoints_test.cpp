// SPDX-License-Identifier: BSL-1.0
// from(stream, {.checkpoints, .every}): a pipeline that is stopped, fails or is killed at any moment, and is started
// again, gives the windows of one that never was; stores in memory and in a folder; what they refuse.
#include <weir/streams/checkpoint_folder.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <weir/analytics.hpp>
#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/runtime/memory_checkpoint_store.hpp>
#include <weir/streams/from_stream.hpp>
#include <weir/streams/on_disk.hpp>
#include <weir/streams/to_stream.hpp>

#include "buffers/crash_disk.hpp"
#include "streams/hits.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using weir::errc;
using weir::instant;
using weir_test::hit;
using weir_test::hits_stream;
using weir_test::traffic;
using weir_test::usage;

template <class Sink>
auto per_second(const hits_stream& from, const weir::stream_read_options& options, Sink sink) {
    return weir::from(from, options) | weir::event_time<&hit::time>(weir::out_of_order_by(1s)) | weir::tumble(1s)
           | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>()) | weir::on<"late">(weir::stop)
           | weir::merge() | std::move(sink);
}
/// Each window once; a window that came with two results would stand there twice.
std::vector<usage> each_once(std::vector<usage> all) {
    std::ranges::sort(all);
    const auto again = std::ranges::unique(all);
    all.erase(again.begin(), again.end());
    return all;
}
std::vector<usage> never_stopped(const std::vector<hit>& all) {
    weir::simulated on(1);
    const hits_stream s("hits", {.time = &on.time()});
    REQUIRE(weir::run(weir::from(all) | weir::to(s), on));
    s.close();
    std::vector<usage> out;
    REQUIRE(weir::run(per_second(s, {}, weir::collect(out)), on));
    std::ranges::sort(out);
    return out;
}

/// A store whose saves fail when told to.
class failing_store final : public weir::checkpoint_store {
  public:
    int saves = 0;
    int fail_at = 0;

    [[nodiscard]] weir::result<std::unique_ptr<weir::checkpoint_slot>> open(const std::string&) override {
        return std::unique_ptr<weir::checkpoint_slot>(std::make_unique<slot>(*this));
    }

  private:
    class slot final : public weir::checkpoint_slot {
      public:
        explicit slot(failing_store& of) : of_(&of) {}
        [[nodiscard]] weir::result<std::optional<std::string>> load() override { return std::optional<std::string>(); }
        [[nodiscard]] weir::result<void> save(std::string_view) override {
            if (++of_->saves == of_->fail_at) return weir::error{errc::no_space, "write state: no space left", "state"};
            return {};
        }

      private:
        failing_store* of_;
    };
};

/// Tells behind each save of another store.
class watched_store final : public weir::checkpoint_store {
  public:
    watched_store(std::shared_ptr<weir::checkpoint_store> to, std::function<void()> saved)
        : to_(std::move(to)), saved_(std::move(saved)) {}
    [[nodiscard]] weir::result<std::unique_ptr<weir::checkpoint_slot>> open(const std::string& name) override {
        auto inner = to_->open(name);
        if (!inner) return inner.error();
        return std::unique_ptr<weir::checkpoint_slot>(std::make_unique<slot>(std::move(*inner), saved_));
    }

  private:
    class slot final : public weir::checkpoint_slot {
      public:
        slot(std::unique_ptr<weir::checkpoint_slot> to, std::function<void()> saved)
            : to_(std::move(to)), saved_(std::move(saved)) {}
        [[nodiscard]] weir::result<std::optional<std::string>> load() override { return to_->load(); }
        [[nodiscard]] weir::result<void> save(std::string_view checkpoint) override {
            const auto done = to_->save(checkpoint);
            if (done) saved_();
            return done;
        }

      private:
        std::unique_ptr<weir::checkpoint_slot> to_;
        std::function<void()> saved_;
    };
    std::shared_ptr<weir::checkpoint_store> to_;
    std::function<void()> saved_;
};

}  // namespace

TEST_CASE("checkpoints: stopped at random moments and started again, across reshards: every window, whole",
          "[streams]") {
    const std::uint64_t seeds = std::getenv("WEIR_NIGHTLY") != nullptr ? 500 : 20;
    const std::vector<hit> all = traffic(3, 1'500);
    const std::vector<usage> expected = never_stopped(all);
    REQUIRE(expected.size() > 1'000);
    std::uint64_t twice = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        weir::simulated on(seed);
        const hits_stream s("hits", {.shards = 2, .segment_records = 16, .time = &on.time()});
        const weir::stream_read_options how{.name = "report",
                                            .chains = 3,
                                            .checkpoints = std::make_shared<weir::memory_checkpoint_store>(),
                                            .every = std::chrono::milliseconds(1 + random() % 40)};
        std::vector<usage> got;
        std::size_t put = 0;
        while (put < all.size()) {
            weir::job reading = weir::start(per_second(s, how, weir::collect(got)), on);
            const std::size_t upto = std::min<std::size_t>(all.size(), put + 1 + random() % 400);
            for (; put < upto; ++put) {
                REQUIRE(s.put_record(all[put]));
                if (random() % 8 == 0) static_cast<void>(reading.wait_for(std::chrono::milliseconds(random() % 20)));
                if (random() % 90 == 0) {
                    static_cast<void>(s.update_shard_count(static_cast<std::uint32_t>(1 + random() % 5)));
                }
            }
            reading.stop();
            static_cast<void>(reading.wait());
        }
        s.close();
        const weir::report done = weir::run(per_second(s, how, weir::collect(got)), on);
        REQUIRE(done);
        CHECK(done.unbalanced == 0);
        const std::vector<usage> distinct = each_once(got);
        CHECK(distinct == expected);
        twice += got.size() - distinct.size();
        // The end was kept too: nothing comes again.
        std::vector<usage> again;
        REQUIRE(weir::run(per_second(s, how, weir::collect(again)), on));
        CHECK(again.empty());
    }
    CHECK(twice > 0);  // the stops did meet what no checkpoint had yet
}

TEST_CASE("checkpoints: one at the beginning, one every so often, one behind the last record", "[streams]") {
    weir::simulated on(4);
    const hits_stream s("hits", {.shards = 2, .time = &on.time()});
    const auto store = std::make_shared<failing_store>();
    const auto read = [&] {
        return weir::from(s, {.name = "r", .checkpoints = store, .every = 2s}) | weir::merge() | weir::discard;
    };
    {
        weir::job reading = weir::start(read(), on);
        REQUIRE_FALSE(reading.wait_for(1s));
        CHECK(store->saves == 1);
        REQUIRE_FALSE(reading.wait_for(6s));  // at 0, 2, 4 and 6 of 7 s
        CHECK(store->saves == 4);
        CHECK(reading.checkpoint());  // the application's own, beside them
        s.close();
        REQUIRE(reading.wait());
        CHECK(store->saves == 5);
    }
    SECTION("a save that fails ends the pipeline, and says why") {
        const hits_stream open("open", {.time = &on.time()});
        store->fail_at = store->saves + 3;
        weir::job reading = weir::start(
            weir::from(open, {.name = "r", .checkpoints = store, .every = 2s}) | weir::merge() | weir::discard, on);
        const weir::report r = reading.wait();
        CHECK_FALSE(r);
        CHECK(r.message == "write state: no space left");
        CHECK(r.failed_stage == "checkpoints of r");
    }
}

TEST_CASE("checkpoints: what cannot be is refused when the pipeline is made, or at its beginning", "[streams]") {
    weir::simulated on(5);
    const hits_stream s("hits", {.time = &on.time()});
    const auto store = std::make_shared<weir::memory_checkpoint_store>();
    const auto start = [&](const weir::stream_read_options& how) {
        return weir::start(weir::from(s, how) | weir::merge() | weir::discard, on);
    };
    CHECK_THROWS_WITH(start({.checkpoints = store}), Contains("needs a .name"));
    CHECK_THROWS_WITH(start({.name = "", .checkpoints = store}), Contains("needs a .name"));
    CHECK_THROWS_WITH(start({.name = "a", .checkpoints = store, .every = 0s}), Contains(".every"));
    {
        weir::job first = start({.name = "a", .checkpoints = store});
        CHECK_THROWS_WITH(start({.name = "a", .checkpoints = store}), Contains("a pipeline that still runs keeps it"));
        weir::job other = start({.name = "b", .checkpoints = store});
    }
    weir::job first = start({.name = "a", .checkpoints = store});  // given back

    SECTION("a state that has no bytes") {
        struct odd {
            std::shared_ptr<int> p;
        };
        auto counted = weir::from(s, {.name = "odd", .checkpoints = store})
                       | weir::scan(odd{}, [](odd&& o, const hit&) { return std::move(o); }) | weir::merge()
                       | weir::discard;
        weir::job counts = weir::start(std::move(counted), on);
        CHECK(s.put_record({}));
        const weir::report r = counts.wait();
        CHECK_FALSE(r);
        CHECK_THAT(r.message, Contains("scan") && Contains("cannot be written"));
    }
    SECTION("another pipeline's checkpoint") {
        {
            weir::job one = start({.name = "c", .checkpoints = store});
            REQUIRE_FALSE(one.wait_for(1s));
        }
        CHECK_NOTHROW(start({.name = "c", .checkpoints = store}));
        std::vector<usage> out;
        CHECK_THROWS_WITH(weir::start(per_second(s, {.name = "c", .checkpoints = store}, weir::collect(out)), on),
                          Contains("kept as \"c\"") && Contains("under another name"));
    }
}

TEST_CASE("checkpoints: real threads, the application's own beside them", "[streams]") {
    const std::vector<hit> all = traffic(6, 4'000);
    const std::vector<usage> expected = never_stopped(all);
    weir::threads on({.workers = 2});
    const hits_stream s("hits", {.shards = 3});
    const weir::stream_read_options how{
        .name = "report", .checkpoints = std::make_shared<weir::memory_checkpoint_store>(), .every = 1ms};
    std::vector<usage> got;
    std::size_t put = 0;
    for (int round = 0; round < 6; ++round) {
        weir::job reading = weir::start(per_second(s, how, weir::collect(got)), on);
        for (const std::size_t upto = all.size() * static_cast<std::size_t>(round + 1) / 6; put < upto; ++put) {
            REQUIRE(s.put_record(all[put]));
            if (put % 500 == 0) CHECK(reading.checkpoint());
        }
        if (round == 5) {
            s.close();
            REQUIRE(reading.wait());
        } else {
            reading.stop();
            static_cast<void>(reading.wait());
        }
    }
    CHECK(each_once(got) == expected);
}

TEST_CASE("checkpoint_folder: killed at any moment, the next process goes on", "[streams]") {
    // One process puts the records on disk; others read them, each killed at a random moment.
    const weir_test::scratch dir;
    const std::vector<hit> all = traffic(8, 4'000);
    const std::vector<usage> expected = never_stopped(all);
    {
        const hits_stream s("hits", {.shards = 2, .storage = weir::on_disk(dir / "hits")});
        REQUIRE(weir::run(weir::from(all) | weir::to(s)));
        REQUIRE(s.sync());
    }
    struct told {
        weir::atomic<std::uint64_t> records;
        weir::atomic<std::uint64_t> saves;  // of a process that had read some
    };
    void* const shared = ::mmap(nullptr, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    told* const of = ::new (shared) told{};
    const auto records = [&] { return of->records.load(weir::memory_order_acquire); };
    const auto saves = [&] { return of->saves.load(weir::memory_order_acquire); };
    // Windows as the killed processes delivered them: appended before the checkpoint that is behind them.
    const std::string delivered = dir / "delivered";
    weir_test::write_file(delivered, "");
    const auto read_to_the_end = [&] {
        const int out = ::open(delivered.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        weir::threads on({.workers = 2});
        const hits_stream s("hits", {.shards = 2, .storage = weir::on_disk(dir / "hits")});
        s.close();
        const std::uint64_t at_start = records();
        const auto store = std::make_shared<watched_store>(weir::checkpoint_folder(dir / "state"), [&, at_start] {
            if (records() > at_start) of->saves.fetch_add(1, weir::memory_order_acq_rel);
        });
        const auto tell = weir::tap([&](const hit&) {
            for (int i = 0; i < 3'000; ++i)
                weir::detail::compiler_barrier();  // so that some checkpoints come before the end
            of->records.fetch_add(1, weir::memory_order_acq_rel);
        });
        const auto keep = weir::for_each([&](const usage& u) {
            const std::string line = u.host + ' ' + std::to_string(u.window.start.time_since_epoch().count()) + ' '
                                     + std::to_string(u.hits) + ' ' + std::to_string(u.bytes) + '\n';
            if (::write(out, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
                throw std::runtime_error("cannot write " + delivered);
            }
        });
        const weir::report r =
            weir::run(weir::from(s, {.name = "report", .checkpoints = store, .every = 1ms}) | tell
                          | weir::event_time<&hit::time>(weir::out_of_order_by(1s)) | weir::tumble(1s)
                          | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>())
                          | weir::on<"late">(weir::stop) | weir::merge() | keep,
                      on);
        ::close(out);
        return static_cast<bool>(r);
    };
    const int rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 200 : 8;
    std::mt19937_64 random(17);
    int killed = 0;
    std::uint64_t before = 0;
    for (bool ended = false; !ended;) {
        INFO("killed " << killed);
        before = records();
        const std::uint64_t saved = saves();
        const std::uint64_t kill_after = before + 1 + random() % 400;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            try {
                const bool good = read_to_the_end();  // nothing of it lives at the exit
                ::_exit(good ? 0 : 3);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "%s\n", e.what());
                ::_exit(4);
            }
        }
        int status = 0;
        pid_t gone = 0;
        const auto until = std::chrono::steady_clock::now() + 60s;
        while ((gone = ::waitpid(child, &status, WNOHANG)) == 0 && std::chrono::steady_clock::now() < until
               && (killed == rounds || records() < kill_after || saves() == saved)) {
            std::this_thread::yield();
        }
        if (gone == 0) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            REQUIRE(killed++ < rounds);
        } else {
            REQUIRE(WIFEXITED(status));
            REQUIRE(WEXITSTATUS(status) == 0);
            ended = true;
        }
    }
    CHECK(killed > 0);
    CHECK(records() - before < all.size());  // the last one did not begin at the beginning
    std::vector<usage> got;
    std::ifstream lines(delivered);
    std::int64_t start = 0;
    for (usage u; lines >> u.host >> start >> u.hits >> u.bytes; got.push_back(u)) {
        u.window.start = decltype(u.window.start)(std::chrono::microseconds(start));
        u.window.end = decltype(u.window.end)(std::chrono::microseconds(start) + 1s);
    }
    CHECK(each_once(got) == expected);
    ::munmap(shared, sizeof(told));
}

TEST_CASE("checkpoint_folder: names, whose it is, damage", "[streams]") {
    const weir_test::scratch dir;
    const auto store = weir::checkpoint_folder(dir / "state");
    for (const std::string name : {"", ".", "..", "../x", "a/b", ".hidden", "a b", "a\n", "\xC3\xA9"}) {
        INFO(name);
        const auto slot = store->open(name);
        REQUIRE_FALSE(slot);
        CHECK(slot.error().code == errc::invalid_argument);
    }
    CHECK_FALSE(store->open(std::string("a\0b", 3)));
    CHECK_FALSE(store->open(std::string(201, 'a')));
    {
        auto slot = store->open("report-1.x").value();
        CHECK(slot->load().value() == std::nullopt);
        CHECK(slot->save("one"));
        CHECK(slot->save("two"));
        CHECK(slot->load().value() == "two");
        const auto second = weir::checkpoint_folder(dir / "state")->open("report-1.x");
        REQUIRE_FALSE(second);
        CHECK(second.error().code == errc::resource_in_use);
        CHECK_THAT(second.error().message, Contains("process " + std::to_string(::getpid())));
        CHECK(store->open("another"));
    }
    CHECK(store->open("report-1.x").value()->load().value() == "two");
    CHECK_THROWS_AS(weir::checkpoint_folder(dir / "no" + "/parent")->open("a").value(), weir::bad_result);

    weir_test::write_file(dir / "state/report.checkpoint", "no checkpoint");
    weir::simulated on(1);
    const hits_stream s("hits", {.time = &on.time()});
    CHECK_THROWS_WITH(
        weir::start(weir::from(s, {.name = "report", .checkpoints = store}) | weir::merge() | weir::discard, on),
        Contains("no checkpoint") && Contains("kept as \"report\""));
}

TEST_CASE("checkpoint_folder: whatever call fails or crash comes, the old one or the new one is there", "[streams]") {
    const std::string before(700, 'a');
    const std::string after(1'900, 'b');
    const auto save = [&](weir_test::crash_disk& disk, const std::string& text) {
        const auto slot = weir::checkpoint_folder("state", disk)->open("r");
        return slot && (*slot)->save(text);
    };
    const auto found = [](weir_test::crash_disk& disk) {
        return weir::checkpoint_folder("state", disk)->open("r").value()->load().value().value_or("");
    };
    weir_test::crash_disk whole;
    REQUIRE(save(whole, before));
    const std::uint64_t first_calls = whole.calls;
    REQUIRE(save(whole, after));
    const std::uint64_t calls = whole.calls - first_calls;
    REQUIRE(calls > 8);
    std::uint64_t old = 0;
    std::uint64_t states = 0;
    for (std::uint64_t n = 1; n <= calls; ++n) {
        INFO("call " << n);
        for (const int number : {ENOSPC, EIO, EINTR}) {  // EINTR: tried again, but for a sync
            weir_test::crash_disk disk;
            REQUIRE(save(disk, before));
            const std::uint64_t at = disk.calls + n;
            disk.fault = [&](const char*) { return disk.calls == at ? number : 0; };
            const bool saved = save(disk, after);
            disk.fault = nullptr;
            const std::string is = found(disk);
            if (saved) CHECK(is == after);
            CHECK((is == before || is == after));
        }
        weir_test::crash_disk disk;
        REQUIRE(save(disk, before));
        disk.die_at = disk.calls + n;
        const bool saved = save(disk, after);
        std::mt19937_64 random(n);
        for (int i = 0; i < 200; ++i, ++states) {
            const auto left = disk.crashed([&](std::size_t) { return static_cast<int>(random() % 3); });
            const std::string is = found(*left);
            if (saved) CHECK(is == after);
            REQUIRE((is == before || is == after));
            if (is == before) ++old;
        }
    }
    CHECK(old > 0);
    CHECK(old < states);
    // It is the syncs that do it: a disk that only says that it syncs leaves neither.
    bool neither = false;
    for (std::uint64_t seed = 0; seed < 200 && !neither; ++seed) {
        weir_test::crash_disk lies;
        REQUIRE(save(lies, before));
        lies.drop_file_syncs = true;
        REQUIRE(save(lies, after));
        std::mt19937_64 random(seed);
        const auto left = lies.crashed([&](std::size_t) { return static_cast<int>(random() % 3); });
        const std::string is = found(*left);
        neither = is != before && is != after;
    }
    CHECK(neither);
}
