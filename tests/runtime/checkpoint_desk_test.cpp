// SPDX-License-Identifier: BSL-1.0
// checkpoint_desk: when a checkpoint is whole, whatever ends, comes twice or comes late; and that its seal refuses
// every byte that is not as it was.
#include <weir/runtime/checkpoint_desk.hpp>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using weir::detail::checkpoint_desk;
using weir::detail::open_checkpoint;
using weir::detail::seal_checkpoint;

namespace {

/// The state of one stage, which is a number.
weir::state_writer state_of(std::uint64_t n) {
    static const weir::stage_info stage{"scan", "1", 0};
    weir::state_writer out;
    weir::save_state(stage, out, n);
    return out;
}

checkpoint_desk& with_chains(checkpoint_desk& desk, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) CHECK(desk.add() == i);
    return desk;
}

}  // namespace

TEST_CASE("checkpoint_desk: whole when every chain has brought its part, whichever comes first", "[runtime]") {
    checkpoint_desk desk;
    with_chains(desk, 3);
    CHECK(desk.wanted() == 0);
    for (std::uint64_t number = 1; number <= 4; ++number) {
        desk.ask();
        CHECK(desk.wanted() == number);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK_FALSE(desk.complete());
            const std::size_t chain = (i + number) % 3;
            desk.bring(number - 1, chain, state_of(99));  // of an earlier one: too late
            CHECK_FALSE(desk.complete());
            desk.bring(number, chain, state_of(chain));
            desk.bring(number, chain, state_of(98));  // again: not counted
        }
        CHECK(desk.complete());
        const std::vector<checkpoint_desk::part> parts = desk.take();
        REQUIRE(parts.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(parts[i].brought);
            CHECK_FALSE(parts[i].ended);
            CHECK(parts[i].bytes == state_of(i).bytes());
            CHECK(parts[i].incomplete.empty());
        }
    }
}

TEST_CASE("checkpoint_desk: one asks at a time", "[runtime]") {
    checkpoint_desk desk;
    with_chains(desk, 1);
    REQUIRE(desk.try_begin());
    CHECK_FALSE(desk.try_begin());
    desk.ask();
    desk.bring(1, 0, state_of(1));
    CHECK_FALSE(desk.try_begin());  // not before who began has taken it
    CHECK(desk.take().size() == 1);
    desk.end();
    CHECK(desk.try_begin());
}

TEST_CASE("checkpoint_desk: nobody waits for a chain that has ended, before or meanwhile", "[runtime]") {
    checkpoint_desk desk;
    with_chains(desk, 3);
    desk.ended(1);
    desk.ask();
    desk.bring(1, 0, state_of(7));
    CHECK_FALSE(desk.complete());
    desk.ended(0);  // it has brought its part: not counted twice
    CHECK_FALSE(desk.complete());
    desk.ended(2);
    CHECK(desk.complete());
    const std::vector<checkpoint_desk::part> parts = desk.take();
    CHECK(parts[0].brought);
    CHECK_FALSE(parts[1].brought);
    CHECK_FALSE(parts[2].brought);
    desk.ask();  // of the end: at once
    CHECK(desk.complete());
    for (const checkpoint_desk::part& p : desk.take()) {
        CHECK(p.ended);
        CHECK_FALSE(p.brought);
    }
}

TEST_CASE("checkpoint_desk: not whole before what a sink holds is released; an earlier one's release is nothing",
          "[runtime]") {
    checkpoint_desk desk;
    with_chains(desk, 1);
    desk.ask();
    desk.hold(1);
    desk.hold(1);
    desk.bring(1, 0, state_of(1));
    CHECK_FALSE(desk.complete());
    desk.released(1);
    CHECK_FALSE(desk.complete());
    desk.ask();  // the first was given up
    desk.hold(1);
    desk.released(1);
    CHECK_FALSE(desk.complete());
    desk.hold(2);
    desk.bring(2, 0, state_of(2));
    CHECK_FALSE(desk.complete());
    desk.released(2);
    CHECK(desk.complete());
}

TEST_CASE("checkpoint_desk: who waits at its point is woken by the last part", "[runtime]") {
    const weir_test::watchdog dog("checkpoint_desk");
    checkpoint_desk desk;
    with_chains(desk, 2);
    for (std::uint64_t number = 1; number <= 500; ++number) {
        desk.ask();
        std::thread tasks([&] {
            desk.bring(number, 0, state_of(number));
            if (number % 2 == 0) {
                desk.bring(number, 1, state_of(number));
            } else {
                desk.hold(number);
                desk.bring(number, 1, state_of(number));
                desk.released(number);
            }
        });
        for (;;) {
            const std::uint32_t announced = desk.point()->announce();
            if (desk.complete()) break;
            desk.point()->sleep(announced, weir::detail::for_ever);
        }
        CHECK(desk.take()[1].bytes == state_of(number).bytes());
        tasks.join();
    }
}

TEST_CASE("checkpoint_desk: a sealed checkpoint opens; cut off anywhere, or with any byte changed, it does not",
          "[runtime]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const std::size_t size : {0U, 1U, 7U, 100U}) {
        std::string sections(size, '\0');
        for (char& c : sections) c = static_cast<char>(random());
        const std::string good = seal_checkpoint(sections);
        CHECK(open_checkpoint(good) == sections);
        for (std::size_t length = 0; length < good.size(); ++length) {
            CAPTURE(length);
            REQUIRE_THROWS_AS(open_checkpoint(good.substr(0, length)), std::runtime_error);
        }
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (int bit = 0; bit < 8; ++bit) {
                CAPTURE(at, bit);
                std::string bad = good;
                bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
                REQUIRE_THROWS_AS(open_checkpoint(bad), std::runtime_error);
            }
        }
        CHECK_THROWS_AS(open_checkpoint(good + '\0'), std::runtime_error);
        CHECK_THROWS_AS(open_checkpoint(good + good), std::runtime_error);
    }
}
