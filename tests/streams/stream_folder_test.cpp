// SPDX-License-Identifier: BSL-1.0
// A stream's folder refuses what the stream refuses, in the same words (K19, K20, K22, K34).
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/streams/data_stream.hpp>
#include <weir/streams/on_disk.hpp>
#include <weir/streams/stream_folder.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace {

using weir::errc;
using weir::instant;
using weir::iterator_start;
using weir::iterator_type;
using weir::sequence_number;
using weir::shard_id;

constexpr std::int64_t second = 1'000'000;

struct world {
    weir_test::scratch dir;
    weir::virtual_clock time{{1'700'000'000 * second}};
    weir::data_stream<weir::bytes> stream{"s", with(weir::on_disk(dir / "s"), time)};

    static weir::stream_options with(std::shared_ptr<weir::stream_storage> storage, const weir::clock& time) {
        weir::stream_options o{.shards = 2, .time = &time};
        o.storage = std::move(storage);
        return o;
    }
    weir::stream_folder folder() const { return weir::stream_folder::open(dir / "s", {.time = &time}).value(); }
};

template <class Result>
std::string said(const Result& r) {
    return r ? "nothing" : r.error().message;
}

}  // namespace

TEST_CASE("stream_folder: K19 K20, an iterator's start is refused as the stream refuses it", "[streams]") {
    world w;
    const auto put = w.stream.put_record("x", "a").value();
    REQUIRE(w.stream.sync());
    const shard_id other{1 - put.shard.index};
    const auto folder = w.folder();
    const sequence_number n = put.number;
    const instant now = w.time.now();
    const struct {
        shard_id shard;
        iterator_start start;
        errc code;
    } refused[] = {
        {put.shard, {iterator_type::at_sequence_number, {}, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::after_sequence_number, {}, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::after_sequence_number, n, now}, errc::invalid_argument},
        {put.shard, {iterator_type::trim_horizon, n, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::trim_horizon, {}, now}, errc::invalid_argument},
        {put.shard, {iterator_type::latest, n, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::at_timestamp, {}, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::at_timestamp, n, {}}, errc::invalid_argument},
        {put.shard, {iterator_type::at_timestamp, n, now}, errc::invalid_argument},
        {put.shard, weir::at_timestamp({now.us + 1}), errc::invalid_argument},
        {other, weir::at_sequence_number(n), errc::invalid_argument},
        {other, weir::after_sequence_number(n), errc::invalid_argument},
        {put.shard, weir::at_sequence_number({n.shard_created() + 1, n.index(), n.arrival(), n.shard()}),
         errc::invalid_argument},
        // The number that a shard's end has, of one that is open.
        {put.shard, weir::at_sequence_number({n.shard_created(), weir::detail::closing_index, n.arrival(), n.shard()}),
         errc::invalid_argument},
        {{7}, weir::trim_horizon, errc::resource_not_found},
    };
    for (const auto& r : refused) {
        INFO(to_string(r.shard) << ", kind " << static_cast<int>(r.start.kind));
        const auto by_folder = folder.get_shard_iterator(r.shard, r.start);
        const auto by_stream = w.stream.get_shard_iterator(r.shard, r.start);
        REQUIRE_FALSE(by_folder);
        CHECK(by_folder.error().code == r.code);
        CHECK(said(by_folder) == said(by_stream));
        CHECK(by_folder.error().where == by_stream.error().where);
    }
    CHECK(folder.get_shard_iterator(put.shard, weir::at_timestamp(now)));
}

TEST_CASE("stream_folder: K26, at a closed shard's last number there is nothing, whenever the folder was looked at",
          "[streams]") {
    world w;
    const auto put = w.stream.put_record("x", "a").value();
    REQUIRE(w.stream.sync());
    const auto folder = w.folder();
    REQUIRE(w.stream.split_shard(put.shard, w.stream.list_shards().value().shards[put.shard.index].keys.last));
    const sequence_number last = *w.stream.list_shards().value().shards[put.shard.index].last;
    // The end comes into the folder by the stream's own thread.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!w.folder().get_shard_iterator(put.shard, weir::at_sequence_number(last))
           && std::chrono::steady_clock::now() < deadline) {}
    for (const auto& start : {weir::at_sequence_number(last), weir::after_sequence_number(last)}) {
        const auto it = folder.get_shard_iterator(put.shard, start);
        REQUIRE(it);
        const auto page = folder.get_records(*it).value();
        CHECK(page.records.empty());
        CHECK_FALSE(page.next);
        CHECK(page.children.size() == 2);
    }
}

TEST_CASE("stream_folder: K22 K34, pages of none, and of too much", "[streams]") {
    world w;
    REQUIRE(w.stream.update_shard_count(4));
    REQUIRE(w.stream.put_record("x", "a"));
    REQUIRE(w.stream.sync());
    const auto folder = w.folder();
    const auto first = folder.list_shards({}, 2).value();
    REQUIRE(first.next);
    for (const std::size_t most : {std::size_t{0}, std::size_t{10'001}}) {
        CHECK(said(folder.list_shards({}, most)) == said(w.stream.list_shards({}, most)));
        CHECK(folder.list_shards({}, most).error().code == errc::invalid_argument);
        CHECK(folder.list_shards(*first.next, most).error().code == errc::invalid_argument);
        const auto it = folder.get_shard_iterator({2}, weir::trim_horizon).value();
        CHECK(folder.get_records(it, most).error().code == errc::invalid_argument);
    }
    w.time.advance(300 * second + 1);
    CHECK(folder.list_shards(*first.next).error().code == errc::expired_next_token);
}

TEST_CASE("stream_folder: sealed segments are read in place where it says so, and the same is read (R17)",
          "[streams]") {
    weir_test::scratch dir;
    weir::disk_options small;
    small.log.segment_bytes = 65'536;
    small.log.alignment = 512;
    const auto read = [&](std::uint64_t map_bytes) {
        const auto folder = weir::stream_folder::open(dir / "s", {.map_bytes = map_bytes}).value();
        std::vector<std::string> all;
        std::uint64_t most = 0;
        for (const std::uint32_t shard : {0U, 1U}) {
            auto it = folder.get_shard_iterator({shard}, weir::trim_horizon).value();
            for (bool more = true; more;) {
                const auto page = folder.get_records(it, 10).value();
                for (const auto& r : page.records) all.push_back(to_string(r.number) + r.partition_key + r.data);
                std::uint64_t mapped = 0;
                for (const std::string& line : weir_test::lines_of(weir_test::read_file("/proc/self/maps"))) {
                    mapped += line.find(dir.path()) != std::string::npos ? 1U : 0U;
                }
                most = std::max(most, mapped);
                more = page.next && page.millis_behind_latest != 0;
                if (more) it = *page.next;
            }
        }
        return std::pair(all, most);
    };
    {
        const weir::data_stream<weir::bytes> s("s", {.shards = 2, .storage = weir::on_disk(dir / "s", small)});
        for (int i = 0; i < 400; ++i) REQUIRE(s.put_record(std::string(900, 'x'), "key-" + std::to_string(i)));
        REQUIRE(s.sync());
    }
    const auto [copied, none] = read(0);
    const auto [mapped, two] = read(1 << 20);
    const auto [one_at_a_time, one] = read(70'000);  // the first shard's, until it is read further
    CHECK(copied.size() == 400);
    CHECK(mapped == copied);
    CHECK(one_at_a_time == copied);
    CHECK(none == 0);
    CHECK(two >= 1);
    CHECK(one == 1);
}
