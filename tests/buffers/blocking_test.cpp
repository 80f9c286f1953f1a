// SPDX-License-Identifier: BSL-1.0
// blocking and the wait strategies: calls that wait, their ends and their deadlines. No test depends on how long a wait
// takes; a wait that would not end is a hang.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/spsc_ring.hpp>

#include <memory>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "../support/catch.hpp"

using namespace std::chrono_literals;

namespace {

static_assert(weir::wait_strategy<weir::wait::spin> && weir::wait_strategy<weir::wait::yield>);
static_assert(weir::wait_strategy<weir::wait::park> && weir::wait_strategy<weir::wait::adaptive>);
static_assert(weir::span_producer<weir::spsc_ring<int>> && weir::span_consumer<weir::spsc_ring<int>>);

template <class Wait, class F>
void with(F f) {
    weir::blocking<weir::spsc_ring<std::uint64_t>, Wait> one(1);
    f(one);
    weir::blocking<weir::spsc_ring<std::uint64_t>, Wait> many(64);
    f(many);
    weir::blocking<weir::spsc_ring<std::uint64_t, 8>, Wait> inside;
    f(inside);
}
template <class F>
void with_every_wait(F f) {
    with<weir::wait::spin>(f);
    with<weir::wait::yield>(f);
    with<weir::wait::park>(f);
    with<weir::wait::adaptive>(f);
    weir::override_wake_mode(weir::wake_mode::read_modify_write);
    with<weir::wait::park>(f);
    with<weir::wait::adaptive>(f);
    weir::override_wake_mode(weir::wake_mode::undecided);
}

}  // namespace

TEST_CASE("blocking: all that is pushed is popped in order, whoever is slower", "[buffers][threads]") {
    with_every_wait([](auto& queue) {
        constexpr std::uint64_t count = 20'000;
        std::thread writer([&] {
            for (std::uint64_t i = 0; i < count / 2; ++i) {
                if (!queue.push(i)) return;
            }
            std::vector<std::uint64_t> rest(count / 2);
            std::iota(rest.begin(), rest.end(), count / 2);
            static_cast<void>(queue.push_range(rest));
            queue.close();
        });
        std::uint64_t next = 0;
        bool in_order = true;
        while (next < count / 4) in_order = in_order && queue.pop() == next++;
        std::uint64_t some[7];
        while (next < count / 2) {
            const std::size_t n = queue.pop_some(some, 7);
            for (std::size_t i = 0; i < n; ++i) in_order = in_order && some[i] == next++;
        }
        for (auto records = queue.wait_peek(); !records.empty(); records = queue.wait_peek()) {
            for (const std::uint64_t r : records) in_order = in_order && r == next++;
            queue.release(records.size());
        }
        writer.join();
        CHECK(in_order);
        CHECK(next == count);
        CHECK(queue.drained());
        CHECK_FALSE(queue.pop().has_value());
        std::uint64_t none = 0;
        CHECK(queue.pop_some(&none, 1) == 0);
        CHECK_FALSE(queue.push(std::uint64_t{1}));
    });
}

TEST_CASE("blocking: a reader that leaves frees the writer, a writer that closes the reader", "[buffers][threads]") {
    with_every_wait([](auto& queue) {
        std::uint64_t pushed = 0;
        std::thread writer([&] {
            while (queue.push(pushed)) ++pushed;
        });
        CHECK(queue.pop() == 0U);
        queue.close_reader();
        writer.join();
        CHECK(pushed >= 1);
    });
    with_every_wait([](auto& queue) {
        std::thread reader([&] { CHECK_FALSE(queue.pop().has_value()); });
        queue.close();
        reader.join();
    });
}

TEST_CASE("blocking: a deadline is kept, and a wait of no time looks once", "[buffers]") {
    with_every_wait([](auto& queue) {
        CHECK_FALSE(queue.pop_for(0s).has_value());
        CHECK_FALSE(queue.pop_for(-1h).has_value());
        CHECK_FALSE(queue.pop_for(100us).has_value());
        CHECK_FALSE(queue.drained());
        while (queue.try_push(7U)) {}
        CHECK_FALSE(queue.push_for(8U, 0s));
        CHECK_FALSE(queue.push_for(8U, 100us));
        CHECK(queue.pop_for(std::chrono::hours::max()) == 7U);
    });
}

TEST_CASE("blocking: a ring that is destroyed wakes who waits, and waits for it", "[buffers][threads]") {
    const auto round = [](auto wait, bool full) {
        using queue = weir::blocking<weir::spsc_ring<int, 1>, decltype(wait)>;
        auto owned = std::make_unique<queue>();
        queue* const shared = owned.get();
        if (full) REQUIRE(shared->try_push(1));
        std::atomic<bool> entered{false};
        bool found = true;
        std::thread other([&] {
            entered = true;
            found = full ? shared->push(2) : shared->pop().has_value();
        });
        while (!entered) std::this_thread::yield();
        // A call that begins after the destructor is a mistake of the caller's: let it be inside.
        while (!shared->somebody_waits()) std::this_thread::yield();
        owned.reset();
        other.join();
        CHECK_FALSE(found);
    };
    for (const bool full : {false, true}) {
        round(weir::wait::spin{}, full);
        round(weir::wait::yield{}, full);
        round(weir::wait::park{}, full);
        round(weir::wait::adaptive{}, full);
    }
}

TEST_CASE("blocking: a reader that a last record woke has it before the ring is gone", "[buffers][threads]") {
    const auto round = [](auto wait) {
        using queue = weir::blocking<weir::spsc_ring<int, 1>, decltype(wait)>;
        auto owned = std::make_unique<queue>();
        queue* const shared = owned.get();
        std::optional<int> got;
        std::thread reader([&] { got = shared->pop(); });
        while (!shared->somebody_waits()) std::this_thread::yield();
        CHECK(shared->try_push(7));
        owned.reset();  // while it wakes: it is waited for, with the record or without
        reader.join();
        CHECK(got.value_or(7) == 7);
    };
    for (int i = 0; i < 300; ++i) {
        round(weir::wait::spin{});
        round(weir::wait::yield{});
        round(weir::wait::park{});
        round(weir::wait::adaptive{});
    }
}

TEST_CASE("blocking: move-only records, and one that a push did not take is untouched", "[buffers]") {
    weir::blocking<weir::spsc_ring<std::unique_ptr<int>>> queue(1);
    CHECK(queue.push(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    CHECK_FALSE(queue.try_push(std::move(second)));
    CHECK_FALSE(queue.push_for(std::move(second), 10us));
    REQUIRE(second != nullptr);
    CHECK(**queue.pop() == 1);
    CHECK(queue.push(std::move(second)));
    CHECK(**queue.try_pop() == 2);
}
