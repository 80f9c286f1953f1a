// SPDX-License-Identifier: BSL-1.0
// append_right: one at a time, nobody forgotten, in the order in which they came, and the right passed on.
#include <weir/buffers/append_right.hpp>

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "../support/catch.hpp"

namespace {

struct request : weir::right_request<request> {
    explicit request(std::uint64_t v) : value(v) {}
    std::uint64_t value;
    std::uint64_t number = 0;
};

template <std::size_t Patience>
void many_threads(std::uint64_t each) {
    constexpr std::uint64_t threads = 4;
    weir::append_right<request, Patience> right;
    std::uint64_t served = 0;  // plain: the right guards it
    std::vector<std::uint64_t> last(threads);
    std::vector<std::uint64_t> bad(threads);
    std::vector<std::thread> pool;
    for (std::uint64_t t = 0; t < threads; ++t) {
        pool.emplace_back([&, t] {
            std::uint64_t before = 0;
            for (std::uint64_t i = 1; i <= each; ++i) {
                request mine(t * each + i);
                right.pass(mine, [&](request* first) noexcept {
                    for (request* r = first; r != nullptr; r = r->following()) {
                        std::uint64_t& of_thread = last[(r->value - 1) / each];
                        if (r->value <= of_thread) ++bad[(r->value - 1) / each];
                        of_thread = r->value;
                        r->number = ++served;
                    }
                });
                if (mine.number <= before) ++bad[t];
                before = mine.number;
                if (i % 64 == 0) std::this_thread::yield();
            }
        });
    }
    for (std::thread& t : pool) t.join();
    CHECK(served == threads * each);
    CHECK(bad == std::vector<std::uint64_t>(threads));
    CHECK_FALSE(right.held());
}

}  // namespace

TEST_CASE("append_right: who finds it free serves itself, and leaves it free", "[buffers]") {
    weir::append_right<request> right;
    for (std::uint64_t i = 1; i < 4; ++i) {
        request mine(i);
        int calls = 0;
        right.pass(mine, [&](request* first) noexcept {
            ++calls;
            CHECK(first == &mine);
            CHECK(first->following() == nullptr);
            CHECK(right.held());
        });
        CHECK(calls == 1);
        CHECK_FALSE(right.held());
    }
}

TEST_CASE("append_right: who comes while it is held is served by the holder, or gets the right", "[buffers][threads]") {
    weir::append_right<request, 1> right;
    std::vector<std::thread::id> servers(4);
    request first(0);
    std::thread others[3];
    right.pass(first, [&](request* list) noexcept {
        servers[0] = std::this_thread::get_id();
        CHECK(list == &first);
        for (std::size_t i = 1; i < 4; ++i) {
            others[i - 1] = std::thread([&, i] {
                request mine(i);
                right.pass(mine, [&](request* l) noexcept {
                    for (; l != nullptr; l = l->following()) servers[l->value] = std::this_thread::get_id();
                });
            });
        }
    });
    // With a patience of 1 this thread serves nobody else.
    std::vector<std::thread::id> theirs;
    for (std::thread& t : others) theirs.push_back(t.get_id());
    for (std::thread& t : others) t.join();
    CHECK(servers[0] == std::this_thread::get_id());
    for (std::size_t i = 1; i < 4; ++i) {
        bool by_another = false;
        for (const std::thread::id id : theirs) by_another = by_another || servers[i] == id;
        CHECK(by_another);
    }
}

TEST_CASE("append_right: who comes alone for long keeps it, until another one comes", "[buffers][threads]") {
    const auto before = weir::current_wake_mode();
    for (const weir::wake_mode mode : {weir::wake_mode::undecided, weir::wake_mode::read_modify_write}) {
        weir::override_wake_mode(mode);
        weir::append_right<request, 256, 3> right;
        std::uint64_t served = 0;  // plain: the right guards it
        const auto pass = [&](std::uint64_t times) {
            for (std::uint64_t i = 1; i <= times; ++i) {
                request mine(i);
                right.pass(mine, [&](request* first) noexcept {
                    for (; first != nullptr; first = first->following()) first->number = ++served;
                    CHECK(right.held());
                });
                CHECK(mine.number != 0);
            }
            CHECK_FALSE(right.held());
        };
        // More threads than seats, each behind the end of the one before; then two that take it from each other.
        constexpr std::uint64_t threads = 2 * weir::append_right<request, 256, 3>::seats;
        for (std::uint64_t t = 0; t < threads; ++t) std::thread(pass, 100).join();
        pass(100);
        for (int i = 0; i < 20; ++i) {
            std::thread(pass, 10).join();
            pass(10);
        }
        CHECK(served == 100 * threads + 100 + 20 * 20);
    }
    weir::override_wake_mode(before);
}

TEST_CASE("append_right: pass_kept is for whom the right is kept, and leaves it when the work throws", "[buffers]") {
    weir::append_right<request, 256, 3> right;
    int calls = 0;
    CHECK_FALSE(right.pass_kept([&] { ++calls; }));
    CHECK(calls == 0);
    for (std::uint64_t i = 0; i < 3; ++i) {
        request mine(i);
        right.pass(mine, [](request*) noexcept {});
    }
    const bool kept = weir::current_wake_mode() == weir::wake_mode::membarrier;
    const auto throws = [&] {
        ++calls;
        CHECK(right.held());
        throw 7;
    };
    if (kept) {
        CHECK_THROWS_AS(right.pass_kept(throws), int);
    } else {
        CHECK_FALSE(right.pass_kept(throws));
    }
    CHECK_FALSE(right.held());
    CHECK(right.pass_kept([&] { ++calls; }) == kept);
    CHECK(calls == (kept ? 2 : 0));
    bool others = true;
    std::thread([&] { others = right.pass_kept([] {}); }).join();
    CHECK_FALSE(others);
}

TEST_CASE("append_right: many threads, each served once and in its order", "[buffers][threads]") {
    many_threads<1>(10'000);
    many_threads<3>(10'000);
    many_threads<256>(20'000);
}
