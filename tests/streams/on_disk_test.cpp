// SPDX-License-Identifier: BSL-1.0
// Streams with a storage: on disk, and one of a test's own that can be slow or fail.
#include <weir/streams/on_disk.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/stages/merge_shards.hpp>
#include <weir/runtime/start.hpp>
#include <weir/streams/from_stream.hpp>
#include <weir/streams/retained.hpp>
#include <weir/streams/stream_folder.hpp>
#include <weir/streams/to_stream.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::bytes;
using weir::errc;
using weir::hash_key;
using weir::instant;
using weir::log_acknowledge;
using weir::shard_id;

using stream = weir::data_stream<bytes>;

struct hit {
    std::string host;
    std::uint64_t n = 0;
};
using hits_stream = weir::data_stream<hit, &hit::host>;

weir::disk_options small_disk() {
    weir::disk_options o;
    o.stream.memory_records = 64;
    o.stream.acknowledge = log_acknowledge::memory;
    o.log.segment_bytes = 65'536;
    o.log.alignment = 512;
    return o;
}
weir::stream_options options(std::shared_ptr<weir::stream_storage> storage, std::uint32_t shards = 2) {
    weir::stream_options o{.shards = shards, .segment_records = 16};
    o.limits.updates_per_day = 1'000;
    o.storage = std::move(storage);
    return o;
}

struct entry {
    std::string number, key, data;
    friend bool operator==(const entry&, const entry&) = default;
};
/// Every shard, all of it, by get_records; `missed` over all.
template <class Stream>
std::map<std::uint32_t, std::vector<entry>> read_all(const Stream& s, std::uint64_t& missed) {
    std::map<std::uint32_t, std::vector<entry>> all;
    missed = 0;
    for (const auto& d : s.list_shards().value().shards) {
        auto it = s.get_shard_iterator(d.id, weir::trim_horizon).value();
        for (;;) {
            const auto page = s.get_records(it, 97).value();
            missed += page.missed;
            for (const auto& r : page.records) {
                all[d.id.index].push_back({to_string(r.number), r.partition_key, r.data});
            }
            if (!page.next || (page.records.empty() && page.millis_behind_latest == 0)) break;
            it = *page.next;
        }
    }
    return all;
}
template <class Stream>
std::map<std::uint32_t, std::vector<entry>> read_all(const Stream& s) {
    std::uint64_t missed = 0;
    auto all = read_all(s, missed);
    CHECK(missed == 0);
    return all;
}
void put(const stream& s, std::uint64_t from, std::uint64_t to, std::uint64_t keys = 7) {
    for (std::uint64_t i = from; i < to; ++i) {
        REQUIRE(s.put_record(std::to_string(i), "key-" + std::to_string(i % keys)));
    }
}

/// A storage in memory, which can be held up and can fail.
struct test_storage final : weir::stream_storage {
    struct row {
        std::string key, payload;
    };
    struct state {
        weir::storage_settings settings;
        std::mutex mutex;
        std::optional<weir::stored_stream> table;
        std::map<std::uint32_t, std::vector<row>> rows;
        weir::atomic<bool> held{false};
        weir::atomic<bool> broken{false};
        weir::atomic<int> unavailable{0};  // so many times
    };
    struct cursor final : weir::shard_cursor {
        cursor(state& s, std::uint32_t shard, std::uint64_t at) : of(s), id(shard), position(at) {}
        weir::storage_page next() override {
            const std::lock_guard hold(of.mutex);
            if (of.unavailable.load(weir::memory_order_acquire) != 0) {
                of.unavailable.fetch_sub(1, weir::memory_order_acq_rel);
                return {weir::page_kind::unavailable, {}, position, position};
            }
            const auto& rows = of.rows[id];
            if (position >= rows.size()) return {};
            text = rows[position];
            one = {position, {}, text.key, text.payload, 0};
            ++position;
            return {weir::page_kind::records, {&one, 1}, position - 1, position - 1};
        }
        state& of;
        std::uint32_t id;
        std::uint64_t position;
        row text;
        weir::stored_record one;
    };
    struct shard final : weir::shard_storage {
        shard(state& s, std::uint32_t n) : of(s), id(n) {}
        weir::result<void> append(std::span<const weir::log_record> records) override {
            if (of.broken.load(weir::memory_order_acquire)) return failure();
            if (of.held.load(weir::memory_order_acquire)) return weir::error{errc::limit_exceeded, "held", ""};
            const std::lock_guard hold(of.mutex);
            for (const auto& r : records) of.rows[id].push_back({std::string(r.key), std::string(r.payload)});
            return {};
        }
        weir::storage_step step() override {
            return of.broken.load(weir::memory_order_acquire) ? weir::storage_step::failed : weir::storage_step::idle;
        }
        weir::result<void> sync() override { return {}; }
        weir::result<void> trim(std::uint64_t) override { return {}; }
        weir::result<void> close() override { return {}; }
        [[nodiscard]] std::uint64_t next() const override {
            const std::lock_guard hold(of.mutex);
            return of.rows[id].size();
        }
        [[nodiscard]] std::uint64_t first() const noexcept override { return 0; }
        [[nodiscard]] std::uint64_t written() const noexcept override { return next(); }
        [[nodiscard]] std::uint64_t durable() const noexcept override { return next(); }
        [[nodiscard]] weir::error failure() const override { return {errc::io, "the disk is gone", "test"}; }
        [[nodiscard]] std::uint64_t find(instant) override { return 0; }
        [[nodiscard]] std::unique_ptr<weir::shard_cursor> read(std::uint64_t position) override {
            return std::make_unique<cursor>(of, id, position);
        }
        state& of;
        std::uint32_t id;
    };

    explicit test_storage(state& s) : of(s) {}
    [[nodiscard]] const weir::storage_settings& settings() const noexcept override { return of.settings; }
    weir::result<std::optional<weir::stored_stream>> open(const weir::clock&) override { return of.table; }
    weir::result<void> keep(const weir::stored_stream& table) override {
        of.table = table;
        return {};
    }
    weir::result<std::unique_ptr<weir::shard_storage>> open_shard(shard_id id) override {
        return std::unique_ptr<weir::shard_storage>(std::make_unique<shard>(of, id.index));
    }
    state& of;
};

}  // namespace

TEST_CASE("on_disk: a stream that is made again has its shards, records and numbers", "[streams]") {
    const weir_test::scratch dir;
    std::map<std::uint32_t, std::vector<entry>> before;
    std::vector<std::string> shards;
    const auto listed = [](const stream& s) {
        std::vector<std::string> all;
        for (const auto& d : s.list_shards().value().shards) {
            all.push_back(to_string(d.id) + to_string(d.keys) + to_string(d.first) + (d.last ? to_string(*d.last) : "")
                          + (d.parent ? to_string(*d.parent) : "")
                          + (d.adjacent_parent ? to_string(*d.adjacent_parent) : ""));
        }
        return all;
    };
    {
        const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
        put(s, 0, 3'000);
        REQUIRE(s.update_shard_count(4));
        put(s, 3'000, 4'000);
        REQUIRE(s.merge_shards({2}, {3}));
        put(s, 4'000, 5'000);
        REQUIRE(s.increase_retention_period(48h));
        REQUIRE(s.sync());
        before = read_all(s);
        shards = listed(s);
    }
    std::size_t n = 0;
    for (const auto& [id, records] : before) n += records.size();
    REQUIRE(n == 5'000);
    for (int again = 0; again < 2; ++again) {
        const stream s("s", options(weir::on_disk(dir / "s", small_disk()), 9));
        CHECK(read_all(s) == before);
        CHECK(listed(s) == shards);
        CHECK(s.describe_stream_summary().retention == 48h);
    }
    const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
    const auto next = s.put_record("more", "key-1").value();
    const auto& of_shard = before[next.shard.index];
    REQUIRE(!of_shard.empty());
    CHECK(weir::sequence_number::parse(of_shard.back().number).value() < next.number);
    CHECK(next.number.index() == of_shard.size() + 1);
    put(s, 0, 100);
    CHECK(s.sync());
    CHECK(std::filesystem::exists(dir / "s/shard-0"));
}

TEST_CASE("tiered: memory keeps the newest, readers that are behind read on from the disk", "[streams]") {
    const weir_test::scratch dir;
    const hits_stream s("hits", options(weir::tiered(dir / "s", 64, small_disk()), 1));
    constexpr std::uint64_t n = 20'000;
    for (std::uint64_t i = 0; i < n; ++i) REQUIRE(s.put_record({"h" + std::to_string(i % 5), i}));
    REQUIRE(s.sync());
    auto& log = s.core()->find({0})->log();
    CHECK(log.oldest_position() >= n - 64 - 16);
    CHECK(log.end_position() == n);

    // As a view, as pages, and as a pipeline; each from the disk into memory.
    std::uint64_t expected = 0;
    auto view = weir::retained(s, {0});
    for (const auto& r : view) {
        REQUIRE(r.value.n == expected);
        REQUIRE(r.number.index() == ++expected);
    }
    CHECK(expected == n);
    CHECK(view.missed() == 0);
    const auto middle = s.get_records(s.get_shard_iterator({0}, weir::trim_horizon).value(), 10'000).value();
    REQUIRE(middle.records.size() == 10'000);
    auto again =
        s.get_records(s.get_shard_iterator({0}, weir::at_sequence_number(middle.records[5'000].number)).value(), 3);
    REQUIRE(again.value().records.size() == 3);
    CHECK(again->records[0].data.n == 5'000);
    CHECK(again->records[0].data.host == "h0");
    s.close();
    std::uint64_t sum = 0;
    const weir::report done =
        weir::run(weir::from(s) | weir::merge() | weir::for_each([&](const hit& h) { sum += h.n; }));
    REQUIRE(done);
    CHECK(done.taken() == n);
    CHECK(sum == n * (n - 1) / 2);
}

TEST_CASE("on_disk: from(stream) keeps each key's order across reshards, out of the disk", "[streams]") {
    const weir_test::scratch dir;
    const std::uint64_t seed = 11;
    std::mt19937_64 random(seed);
    std::map<std::string, std::uint64_t> sent;
    {
        const hits_stream s("hits", options(weir::on_disk(dir / "s", small_disk()), 3));
        for (int round = 0; round < 12; ++round) {
            for (int i = 0; i < 400; ++i) {
                const std::string host = "h" + std::to_string(random() % 40);
                REQUIRE(s.put_record({host, sent[host]++}));
            }
            static_cast<void>(s.update_shard_count(static_cast<std::uint32_t>(2 + random() % 5)));
        }
    }  // not closed: what was put is written
    const hits_stream s("hits", options(weir::on_disk(dir / "s", small_disk()), 3));
    s.close();
    std::map<std::string, std::uint64_t> got;
    bool in_order = true;
    const auto look = [&](const hit& h) { in_order = in_order && got[h.host]++ == h.n; };
    REQUIRE(weir::run(weir::from(s, {.chains = 3}) | weir::merge() | weir::for_each(look)));
    CHECK(in_order);
    CHECK(got == sent);
}

TEST_CASE("stream_folder: another reader of the folder sees what the stream sees", "[streams]") {
    const weir_test::scratch dir;
    CHECK(weir::stream_folder::open(dir / "s").error().code == errc::not_found);
    std::map<std::uint32_t, std::vector<entry>> all;
    std::optional<weir::stream_folder> folder;
    weir::sequence_number middle;
    std::size_t shards = 0;
    {
        const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
        put(s, 0, 500);
        REQUIRE(s.sync());
        folder.emplace(weir::stream_folder::open(dir / "s").value());
        CHECK(folder->name() == "s");
        std::uint64_t missed = 0;
        std::size_t seen = 0;
        for (const auto& [_, records] : read_all(*folder, missed)) seen += records.size();
        CHECK(seen <= 500);  // the last commit may lack what says that it is durable
        CHECK(missed == 0);
        middle = s.put_record("middle", "key-1").value().number;
        REQUIRE(s.update_shard_count(4));
        put(s, 500, 2'000);
        REQUIRE(s.sync());
        all = read_all(s);
        shards = s.list_shards().value().shards.size();
    }
    CHECK(read_all(*folder) == all);
    const auto list = folder->list_shards({}, 3).value();
    REQUIRE(list.shards.size() == 3);
    REQUIRE(list.next);
    CHECK(folder->list_shards(*list.next).value().shards.size() + 3 == shards);
    const shard_id home = middle.shard();
    const auto from_middle =
        folder->get_records(folder->get_shard_iterator(home, weir::at_sequence_number(middle)).value());
    REQUIRE(!from_middle.value().records.empty());
    CHECK(from_middle->records.front().data == "middle");
    const auto behind =
        folder->get_records(folder->get_shard_iterator(home, weir::after_sequence_number(middle)).value());
    CHECK(!behind.value().next);  // the shard was closed behind it
    CHECK(behind->children.size() >= 1);
    const auto at_tip = folder->get_shard_iterator(home, weir::latest).value();
    CHECK(folder->get_records(at_tip).value().records.empty());
    const instant arrival = from_middle->records.front().arrival;
    const auto by_time = folder->get_records(folder->get_shard_iterator(home, weir::at_timestamp(arrival)).value());
    REQUIRE(!by_time.value().records.empty());
    CHECK(by_time->records.front().arrival == arrival);
    CHECK(folder->get_shard_iterator({99}, weir::latest).error().code == errc::resource_not_found);
    CHECK(folder->get_shard_iterator({3}, weir::at_sequence_number(middle)).error().code == errc::invalid_argument);
    CHECK(folder->get_shard_iterator(home, {weir::iterator_type::at_timestamp, {}, {}}).error().code
          == errc::invalid_argument);
    CHECK(folder->get_records({home, 0, {}}).error().code == errc::expired_iterator);
    CHECK(folder->get_records({home, 0, arrival}, 0).error().code == errc::invalid_argument);
}

TEST_CASE("on_disk: an acknowledged record is in the folder for others to read", "[streams]") {
    const weir_test::scratch dir;
    const stream s("s", options(weir::on_disk(dir / "s", small_disk()), 1));
    std::uint64_t there = 0;
    for (const log_acknowledge level : {log_acknowledge::written, log_acknowledge::durable}) {
        REQUIRE(s.put_record("x", "k", {.acknowledge = level}));
        ++there;
        const auto* const kept = s.core()->find({0})->storage();
        REQUIRE(kept != nullptr);
        CHECK((level == log_acknowledge::written ? kept->written() : kept->durable()) >= there);
    }
    const stream memory("memory");
    CHECK(memory.put_record("x", "k", {.acknowledge = log_acknowledge::durable}).error().code
          == errc::invalid_argument);
    CHECK(memory.put_record("x", "k", {.acknowledge = log_acknowledge::memory}));
    const std::vector<weir::put_entry> batch(10, {"y", "k"});
    CHECK(s.put_records(batch).value().failed == 0);
}

TEST_CASE("on_disk: what cannot be opened is refused, with the reason", "[streams]") {
    const weir_test::scratch dir;
    const auto refused = [&](const std::string& name, const std::string& folder) {
        try {
            const stream s(name, options(weir::on_disk(folder, small_disk())));
        } catch (const weir::bad_result& e) {
            return e.error();
        }
        return weir::error{};
    };
    {
        const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
        put(s, 0, 10);
        REQUIRE(s.sync());
        CHECK(refused("s", dir / "s").code == errc::resource_in_use);
        CHECK(weir::log_storage::open(dir / "s/shard-0", {}).error().code == errc::resource_in_use);
    }
    CHECK(refused("t", dir / "s").code == errc::invalid_argument);
    CHECK(refused("s", dir / "none/s").code == errc::not_found);
    const std::string meta = dir / "s/stream.meta";
    std::string text;
    {
        std::ifstream in(meta, std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string bad = text;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        weir_test::write_file(meta, bad);
        found += refused("s", dir / "s").code == errc::damaged ? 1U : 0U;
    }
    CHECK(found == text.size());
    weir_test::write_file(meta, text.substr(0, text.size() / 2));
    CHECK(refused("s", dir / "s").code == errc::damaged);
    weir_test::write_file(meta, text);
    CHECK(read_all(stream("s", options(weir::on_disk(dir / "s", small_disk())))).size() == 2);
    CHECK_THROWS_AS(stream("s",
                           [&] {
                               auto o = options(weir::on_disk(dir / "u", small_disk()));
                               o.retained_bytes = 5;
                               return o;
                           }()),
                    std::invalid_argument);
}

TEST_CASE("storage: memory is bounded; puts wait or are refused, a pipeline waits", "[streams]") {
    test_storage::state state;
    state.settings.memory_records = 16;
    state.settings.unwritten_records = 100;
    state.settings.acknowledge = log_acknowledge::memory;
    const auto make = [&](weir::storage_overflow overflow) {
        state.settings.overflow = overflow;
        state.table.reset();
        state.rows.clear();
        state.held.store(true, weir::memory_order_release);
        return hits_stream("hits", options(std::make_shared<test_storage>(state), 1));
    };
    {
        const hits_stream s = make(weir::storage_overflow::fail);
        std::uint64_t taken = 0;
        while (const auto put = s.put_record({"a", taken})) ++taken;
        CHECK(taken >= 100);
        CHECK(taken <= 100 + 16);
        CHECK(s.put_record({"a", 0}).error().code == errc::limit_exceeded);
        state.held.store(false, weir::memory_order_release);
        REQUIRE(s.sync());
        CHECK(s.put_record({"a", taken}));
    }
    {
        const hits_stream s = make(weir::storage_overflow::block);
        weir::atomic<std::uint64_t> taken{0};
        std::jthread putting([&] {
            for (std::uint64_t i = 0; i < 5'000; ++i) {
                if (s.put_record({"a", i})) taken.fetch_add(1, weir::memory_order_acq_rel);
            }
        });
        while (taken.load(weir::memory_order_acquire) < 100) std::this_thread::yield();
        CHECK(s.core()->find({0})->log().end_position() <= 100 + 2 * 16);
        state.held.store(false, weir::memory_order_release);
        putting.join();
        CHECK(taken.load(weir::memory_order_acquire) == 5'000);
    }
    {
        const hits_stream s = make(weir::storage_overflow::block);
        std::vector<hit> all;
        for (std::uint64_t i = 0; i < 3'000; ++i) all.push_back({"a", i});
        weir::job putting = weir::start(weir::from(all) | weir::to(s));
        while (!s.core()->find({0})->behind()) std::this_thread::yield();
        CHECK(s.core()->find({0})->log().end_position() < 3'000);
        state.held.store(false, weir::memory_order_release);
        const weir::report done = putting.wait();
        REQUIRE(done);
        CHECK(done.of("to").passed == 3'000);
        REQUIRE(s.sync());
        CHECK(state.rows[0].size() == 3'000);
    }
}

TEST_CASE("storage: a failure is final, and who puts or waits is told", "[streams]") {
    test_storage::state state;
    state.settings.acknowledge = log_acknowledge::memory;
    const hits_stream s("hits", options(std::make_shared<test_storage>(state), 1));
    REQUIRE(s.put_record({"a", 1}));
    REQUIRE(s.sync());
    state.broken.store(true, weir::memory_order_release);
    const auto last = s.put_record({"a", 2}, {.acknowledge = log_acknowledge::durable});
    REQUIRE(!last);
    CHECK(last.error().code == errc::io);
    CHECK(last.error().message == "the disk is gone");
    CHECK(s.put_record({"a", 3}).error().code == errc::io);
    CHECK(s.sync().error().code == errc::io);
    CHECK(s.put_records(std::vector<hit>{{"a", 4}}).error().code == errc::io);
    const std::vector<hit> more{{"a", 5}};
    const weir::report ended = weir::run(weir::from(more) | weir::to(s));
    CHECK(!ended);
    CHECK(ended.message.find("the disk is gone") != std::string::npos);
    CHECK(state.rows[0].size() == 1);
}

TEST_CASE("a storage that cannot open its files for a while: nothing is passed over, readers go on (R17, R60)",
          "[streams]") {
    test_storage::state state;
    state.settings.memory_records = 16;
    state.settings.acknowledge = log_acknowledge::written;
    const hits_stream s("hits", options(std::make_shared<test_storage>(state), 1));
    constexpr std::uint64_t n = 400;
    for (std::uint64_t i = 0; i < n; ++i) REQUIRE(s.put_record({"a", i}));
    const auto scarce = [&](int times) { state.unavailable.store(times, weir::memory_order_release); };
    // A page of nothing, which says that there is more.
    const auto it = s.get_shard_iterator({0}, weir::trim_horizon).value();
    scarce(1);
    const auto none = s.get_records(it).value();
    CHECK(none.records.empty());
    CHECK(none.missed == 0);
    CHECK(none.millis_behind_latest > 0);
    REQUIRE(none.next);
    CHECK(s.get_records(*none.next).value().records.size() == n);
    // A view has nobody to say it to but by its count.
    scarce(1);
    auto view = weir::retained(s, {0});
    std::uint64_t seen = 0;
    for (const auto& r : view) seen += r.value.n == seen ? 1U : 0U;
    CHECK(seen + view.missed() == n);
    // A chain looks again by itself.
    s.close();
    scarce(5);
    std::uint64_t next = 0;
    bool in_order = true;
    const weir::report done = weir::run(weir::from(s) | weir::merge()
                                        | weir::for_each([&](const hit& h) { in_order = in_order && h.n == next++; }));
    REQUIRE(done);
    CHECK(in_order);
    CHECK(next == n);
    CHECK(state.unavailable.load(weir::memory_order_acquire) == 0);
}

TEST_CASE("on_disk: what the retention gives up goes from the folder, and readers are told", "[streams]") {
    const weir_test::scratch dir;
    weir::virtual_clock time(instant{1'700'000'000'000'000});
    auto o = options(weir::on_disk(dir / "s", small_disk()), 1);
    o.time = &time;
    const stream s("s", o);
    const std::string large(2'000, 'x');
    const auto early = s.get_shard_iterator({0}, weir::trim_horizon).value();
    for (int i = 0; i < 300; ++i) {
        REQUIRE(s.put_record(large, "k", {.acknowledge = log_acknowledge::written}));
        time.advance(600'000'000);  // 300 records in 50 hours
    }
    REQUIRE(s.sync());
    const auto* const kept = s.core()->find({0})->storage();
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (kept->first() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    CHECK(kept->first() > 0);
    CHECK(kept->first() <= 300 - 144);
    std::uint64_t missed = 0;
    const auto all = read_all(s, missed);
    CHECK(all.at(0).size() <= 145);
    CHECK(all.at(0).size() >= 140);
    CHECK(s.get_records(early).error().code == errc::expired_iterator);
    const auto first = s.get_shard_iterator({0}, weir::at_sequence_number({0, 0, 0, {0}}));
    CHECK(!first);
}

// R1, R18 for a stream: a process that is killed leaves what it acknowledged, and no child without its parent's end.
TEST_CASE("on_disk: kill -9 while records are put and shards become others", "[streams]") {
    const int rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 100 : 12;
    struct shared {
        weir::atomic<std::uint64_t> acknowledged[8];  // of each key
        weir::atomic<std::uint64_t> puts;
    };
    void* const page = ::mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    auto* const told = new (page) shared{};
    const weir_test::scratch dir;
    std::mt19937_64 random(5);
    for (int round = 0; round < rounds; ++round) {
        INFO("round " << round);
        const std::uint64_t seed = random();
        const std::uint64_t kill_after = told->puts.load(weir::memory_order_acquire) + 1 + random() % 400;
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::mt19937_64 mine(seed);
            try {
                const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
                for (;;) {
                    const std::size_t k = mine() % 8;
                    const std::uint64_t n = told->acknowledged[k].load(weir::memory_order_acquire);
                    const auto level = mine() % 4 == 0 ? log_acknowledge::durable : log_acknowledge::written;
                    if (!s.put_record(std::to_string(n), "key-" + std::to_string(k), {.acknowledge = level}))
                        ::_exit(3);
                    told->acknowledged[k].store(n + 1, weir::memory_order_release);
                    told->puts.fetch_add(1, weir::memory_order_acq_rel);
                    if (mine() % 50 == 0) {
                        static_cast<void>(s.update_shard_count(static_cast<std::uint32_t>(1 + mine() % 4)));
                    }
                }
            } catch (...) {
                ::_exit(4);
            }
        }
        int status = 0;
        const auto until = std::chrono::steady_clock::now() + 60s;
        while (told->puts.load(weir::memory_order_acquire) < kill_after && ::waitpid(child, &status, WNOHANG) == 0
               && std::chrono::steady_clock::now() < until) {
            std::this_thread::yield();
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        REQUIRE(told->puts.load(weir::memory_order_acquire) >= kill_after);

        // What the next process sees: of each key 0, 1, 2, ... in order, with at most one that was not acknowledged,
        // which a later round may have put again.
        const stream s("s", options(weir::on_disk(dir / "s", small_disk())));
        std::map<std::string, std::vector<std::uint64_t>> got;
        s.close();
        const auto look = [&](const weir::keyed_bytes& r) { got[r.partition_key].push_back(std::stoull(r.data)); };
        REQUIRE(weir::run(weir::from(s, {.chains = 1}) | weir::merge() | weir::for_each(look)));
        for (std::size_t k = 0; k < 8; ++k) {
            const auto& of_key = got["key-" + std::to_string(k)];
            const std::uint64_t acknowledged = told->acknowledged[k].load(weir::memory_order_acquire);
            std::uint64_t next = 0;
            bool in_order = true;
            for (const std::uint64_t v : of_key) {
                in_order = in_order && (v == next || v + 1 == next);
                if (v == next) ++next;
            }
            CHECK(in_order);
            CHECK(next >= acknowledged);
            CHECK(next <= acknowledged + 1);
        }
    }
    ::munmap(page, sizeof(shared));
}
