// SPDX-License-Identifier: BSL-1.0
// When and how fast a stream goes over what it has stored, and what it says of it (section 3 of the durability
// reference: sealed segments are verified by a background scrub).
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <weir/streams/data_stream.hpp>
#include <weir/streams/on_disk.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::instant;
using weir::storage_scrub;

constexpr std::int64_t second = 1'000'000;
constexpr std::uint64_t quantum = weir::detail::storage_scrubs::quantum;

/// A shard's storage that cannot go over what it has.
struct plain : weir::shard_storage {
    weir::result<void> append(std::span<const weir::log_record>) override { return {}; }
    weir::storage_step step() override { return weir::storage_step::idle; }
    weir::result<void> sync() override { return {}; }
    weir::result<void> trim(std::uint64_t) override { return {}; }
    weir::result<void> close() override { return {}; }
    [[nodiscard]] std::uint64_t next() const override { return 0; }
    [[nodiscard]] std::uint64_t first() const noexcept override { return 0; }
    [[nodiscard]] std::uint64_t written() const noexcept override { return 0; }
    [[nodiscard]] std::uint64_t durable() const noexcept override { return 0; }
    [[nodiscard]] weir::error failure() const override { return {}; }
    [[nodiscard]] std::uint64_t find(instant) override { return 0; }
    [[nodiscard]] std::unique_ptr<weir::shard_cursor> read(std::uint64_t) override { return nullptr; }
};
/// So many bytes are stored; a pass over them is a call for each `quantum`.
struct stored final : plain {
    explicit stored(std::uint64_t n) : size(n) {}
    storage_scrub scrub(std::uint64_t bytes) override {
        storage_scrub s;
        s.bytes = bytes < size - at ? bytes : size - at;
        at += s.bytes;
        if (at == size) {
            at = 0;
            s.passes = 1;
        }
        return s;
    }
    std::uint64_t size;
    std::uint64_t at = 0;
};

/// Steps until there is nothing to do at `now`; bytes so far.
template <class Storages>
std::uint64_t run(weir::detail::storage_scrubs& s, const weir::storage_settings& o, Storages& all, instant now) {
    const auto of = [&](std::size_t i) -> weir::shard_storage* { return all[i].get(); };
    while (s.step(o, all.size(), of, now)) {}
    return s.so_far().bytes;
}

weir::stream_options options(const weir::clock& time, const std::string& folder, std::uint64_t per_second,
                             std::uint32_t shards = 2) {
    weir::disk_options d;
    d.stream.memory_records = 16;
    d.stream.scrub_bytes_per_second = per_second;
    d.stream.scrub_every_us = 100 * second;
    d.log.segment_bytes = 65'536;
    d.log.alignment = 512;
    weir::stream_options o{.shards = shards, .retention = 8'760h, .segment_records = 16};
    o.time = &time;
    o.storage = weir::on_disk(folder, d);
    return o;
}
using stream = weir::data_stream<weir::bytes>;

void put(const stream& s, int n) {
    const std::string text(900, 'x');
    for (int i = 0; i < n; ++i) REQUIRE(s.put_record(text, "key-" + std::to_string(i)));
    REQUIRE(s.sync());
}
/// Lets the clock run until it is so; whether it is.
template <class Predicate>
bool in_time(weir::virtual_clock& time, Predicate is_so) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > until) return false;
        time.advance(1'000);
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("scrub: as fast as it may by the given clock, and a pass as often", "[streams]") {
    weir::storage_settings o;
    o.scrub_bytes_per_second = 4 * quantum;
    o.scrub_every_us = 100 * second;
    std::vector<std::unique_ptr<stored>> all;
    all.push_back(std::make_unique<stored>(6 * quantum));
    all.push_back(nullptr);  // not begun yet
    all.push_back(std::make_unique<stored>(2 * quantum + 1));
    weir::detail::storage_scrubs s;
    const std::int64_t start = 1'000 * second;
    CHECK(run(s, o, all, {start}) == quantum);  // what may be read at once
    CHECK(run(s, o, all, {start}) == quantum);
    CHECK(run(s, o, all, {start + second / 8}) == quantum);
    CHECK(run(s, o, all, {start + second / 4}) == 2 * quantum);
    CHECK(run(s, o, all, {start + second / 2}) == 3 * quantum);
    CHECK(run(s, o, all, {start + 9 * second}) == 4 * quantum);  // what was not used is not saved up
    CHECK(run(s, o, all, {start - second}) == 4 * quantum);      // a clock that goes back brings nothing
    CHECK(s.so_far().passes == 0);
    std::int64_t now = start + 10 * second;
    for (; s.so_far().passes == 0; now += second / 4) static_cast<void>(run(s, o, all, {now}));
    CHECK(s.so_far().bytes == 8 * quantum + 1);
    CHECK(now - start < 13 * second);
    CHECK(run(s, o, all, {start + 99 * second}) == 8 * quantum + 1);
    CHECK(run(s, o, all, {start + 100 * second}) == 9 * quantum + 1);
    for (now = start + 101 * second; s.so_far().passes == 1; now += second) static_cast<void>(run(s, o, all, {now}));
    CHECK(s.so_far().bytes == 2 * (8 * quantum + 1));
    CHECK(run(s, o, all, {start}) == 2 * (8 * quantum + 1));  // the clock went back: begun anew, with nothing to spend
    now = start + 150 * second;
    CHECK(run(s, o, all, {now}) == 2 * (8 * quantum + 1) + quantum);
    // Off; and faster than can be counted.
    weir::detail::storage_scrubs none;
    o.scrub_bytes_per_second = 0;
    CHECK(run(none, o, all, {start}) == 0);
    CHECK(none.so_far().passes == 0);
    weir::detail::storage_scrubs fast;
    o.scrub_bytes_per_second = ~std::uint64_t{0};
    CHECK(run(fast, o, all, {start}) == quantum);
    CHECK(run(fast, o, all, {start + 1}) == 2 * quantum);
}

TEST_CASE("scrub: a storage that has nothing to go over costs nothing", "[streams]") {
    std::vector<std::unique_ptr<plain>> all(1'000);
    for (auto& p : all) p = std::make_unique<plain>();
    weir::detail::storage_scrubs s;
    CHECK(run(s, {}, all, {second}) == 0);
    CHECK(s.so_far().passes == 1);
    CHECK(run(s, {}, all, {100 * second}) == 0);
    CHECK(s.so_far().passes == 1);
}

TEST_CASE("on_disk: damage in what nobody reads is found while the stream is idle, and puts go on (R11)", "[streams]") {
    const weir_test::scratch dir;
    weir::virtual_clock time(instant{1'700'000'000 * second});
    const stream s("s", options(time, dir / "s", std::uint64_t{8} << 20U, 1));
    put(s, 600);
    CHECK(in_time(time, [&] { return s.scrubbed().segments >= 8; }));
    CHECK(s.scrubbed().bytes > 400'000);
    CHECK(s.scrubbed().damaged == 0);
    const std::string first = "shard-0/00000000000000000000.log";
    std::string bytes = weir_test::read_file(dir / ("s/" + first));
    bytes[20'100] = static_cast<char>(bytes[20'100] ^ 4);
    weir_test::write_file(dir / ("s/" + first), bytes);
    put(s, 1);
    CHECK(in_time(time, [&] { return s.scrubbed().damaged != 0; }));
    const storage_scrub found = s.scrubbed();
    REQUIRE(found.damaged == 1);
    REQUIRE(found.found.size() == 1);
    CHECK(found.found[0].file == first);
    CHECK(found.found[0].offset > 4'096);
    CHECK(found.found[0].offset <= 20'100);
    put(s, 200);
    CHECK(s.put_record("more", "key", {.acknowledge = weir::log_acknowledge::durable}));
    // Who reads there is told as ever.
    auto it = s.get_shard_iterator({0}, weir::trim_horizon);
    REQUIRE(it);
    std::uint64_t missed = 0;
    std::uint64_t read = 0;
    for (weir::shard_iterator at = *it; missed == 0;) {
        const auto page = s.get_records(at);
        REQUIRE(page);
        missed += page->missed;
        read += page->records.size();
        if (!page->next || (page->records.empty() && page->missed == 0)) break;
        at = *page->next;
    }
    CHECK(missed == found.found[0].last - found.found[0].first + 1);
    CHECK(read != 0);
}

TEST_CASE("on_disk: a stream is closed, resharded and put into while it goes over its records", "[streams]") {
    const weir_test::scratch dir;
    weir::virtual_clock time(instant{1'700'000'000 * second});
    for (int round = 0; round < 4; ++round) {
        auto o = options(time, dir / "s", ~std::uint64_t{0});
        o.limits.updates_per_day = 1'000;
        const stream s("s", o);
        std::thread runs([&] {
            for (int i = 0; i < 200; ++i) {
                time.advance(second / 4);
                static_cast<void>(s.scrubbed());
                std::this_thread::yield();
            }
        });
        put(s, 300);
        CHECK(s.update_shard_count(round % 2 == 0 ? 4 : 2));
        put(s, 100);
        runs.join();
        if (round == 0) CHECK(in_time(time, [&] { return s.scrubbed().bytes != 0; }));
        CHECK(s.scrubbed().damaged == 0);
        CHECK(s.scrubbed().unread == 0);
    }
    // Off.
    const stream s("s", options(time, dir / "s", 0));
    put(s, 50);
    time.advance(10 * second);
    put(s, 50);
    CHECK(s.scrubbed().bytes == 0);
    CHECK(stream("memory").scrubbed().passes == 0);
}
