// SPDX-License-Identifier: BSL-1.0
// recent_hashes: MD5 of every key (K01), remembered or not; what does not pay is left off.
#include <weir/streams/detail/recent_hashes.hpp>

#include <weir/streams/data_stream.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "../support/catch.hpp"

using weir::detail::recent_hash_of;
using weir::detail::recent_hashes;

TEST_CASE("recent_hashes: the same hash keys as without it, for keys of every length", "[streams]") {
    const auto kept = std::make_unique<recent_hashes>();
    for (int round = 0; round < 3; ++round) {
        for (std::size_t length = 0; length < 100; ++length) {
            for (const char c : {'a', 'b'}) {
                const std::string key(length, c);
                REQUIRE(kept->of(key) == weir::hash_of(key));
            }
        }
    }
}

TEST_CASE("recent_hashes: keys that begin alike, or hold zeros, are told apart", "[streams]") {
    const auto kept = std::make_unique<recent_hashes>();
    std::string key(recent_hashes::longest, 'k');
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < key.size(); ++i) {
            for (const char c : {'\0', 'x', 'k'}) {
                key[i] = c;
                REQUIRE(kept->of(key) == weir::hash_of(key));
                REQUIRE(kept->of(std::string_view(key).substr(0, i + 1))
                        == weir::hash_of(std::string_view(key).substr(0, i + 1)));
            }
        }
    }
}

TEST_CASE("recent_hashes: random keys of few and of many kinds, with and without rest", "[streams]") {
    for (const std::uint64_t kinds : {1U, 10U, 1'000U, 100'000U}) {
        const auto kept = std::make_unique<recent_hashes>();
        std::mt19937_64 random(kinds);
        std::uint64_t rested = 0;
        for (int i = 0; i < 50'000; ++i) {
            const std::string key = "sensor-" + std::to_string(random() % kinds);
            REQUIRE(kept->of(key) == weir::hash_of(key));
            rested += kept->resting();
        }
        CAPTURE(kinds);
        // Few kinds are always found; of 100,000 hardly any. It looks once more behind every rest.
        if (kinds <= 10) CHECK(rested == 0);
        if (kinds == 100'000) {
            CHECK(rested > 40'000);
            CHECK(rested < 50'000);
        }
    }
}

TEST_CASE("recent_hashes: keys that come once do not displace those that come often", "[streams]") {
    const auto kept = std::make_unique<recent_hashes>();
    std::mt19937_64 random(7);
    std::uint64_t rested = 0;
    for (int i = 0; i < 100'000; ++i) {
        // Between two puts of one of the 300 some 450 others come. If those took their places, less than a quarter of
        // all keys would be found, and it would rest.
        const bool often = random() % 10 < 4;
        const std::string key = often ? "often-" + std::to_string(random() % 300) : "once-" + std::to_string(i);
        REQUIRE(kept->of(key) == weir::hash_of(key));
        if (i >= 30'000) rested += kept->resting();  // it has met them all
    }
    CHECK(rested == 0);
}

TEST_CASE("recent_hashes: keys that begin to come again are found again", "[streams]") {
    const auto kept = std::make_unique<recent_hashes>();
    for (int i = 0; i < 10'000; ++i) static_cast<void>(kept->of(std::to_string(i)));
    std::uint32_t rested = 0;
    while (kept->resting() && rested < 2 * recent_hashes::keys_of_rest) {
        REQUIRE(kept->of("one") == weir::hash_of("one"));
        ++rested;
    }
    CHECK(rested <= recent_hashes::keys_of_rest);
    for (std::uint32_t i = 0; i < 4 * recent_hashes::looks_in_a_window; ++i) static_cast<void>(kept->of("one"));
    CHECK_FALSE(kept->resting());
}

namespace {

struct reading {
    std::string sensor;
    int value;
};
using stream = weir::data_stream<reading, &reading::sensor>;

/// Puts once more when its thread's other objects are being destroyed.
struct puts_at_the_end {
    const stream* to = nullptr;
    ~puts_at_the_end() {
        if (to != nullptr) static_cast<void>(to->put_record({"late", 3}));
    }
};

}  // namespace

TEST_CASE("recent_hashes: each thread has its own, and one may put until it has ended", "[streams][threads]") {
    const stream s("s", {.shards = 4});
    std::thread other([&] {
        static thread_local puts_at_the_end last;  // made before this thread's hashes, so destroyed behind them
        last.to = &s;
        for (int i = 0; i < 3; ++i) static_cast<void>(s.put_record({"other", i}));
        CHECK(recent_hash_of("other") == weir::hash_of("other"));
    });
    other.join();
    static_cast<void>(s.put_record({"mine", 0}));
    const auto shard_of = [&](std::string_view key) {
        std::size_t n = 0;
        for (const auto& d : s.list_shards().value().shards) {
            if (!d.keys.contains(weir::hash_of(key))) continue;
            const auto at = s.get_shard_iterator(d.id, weir::trim_horizon).value();
            for (const auto& r : s.get_records(at).value().records) n += r.data.sensor == key;
        }
        return n;
    };
    CHECK(shard_of("other") == 3);
    CHECK(shard_of("late") == 1);
    CHECK(shard_of("mine") == 1);
}
