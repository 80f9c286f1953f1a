// SPDX-License-Identifier: BSL-1.0
// One feed of quotes, two readers, with nothing of weir but a ring: a book that may not lose a quote reads the gated
// ring, and the feed waits for it; a screen that shows the latest reads the overwriting one, which waits for nobody and
// says what the screen has missed.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/broadcast_ring.hpp>

#include <cstdint>
#include <cstdio>
#include <thread>

struct quote {
    std::uint64_t number;
    std::int64_t cents;
};

int main() {
    constexpr std::uint64_t quotes = 200'000;
    weir::blocking<weir::broadcast_ring<quote, weir::gated>> feed(1'024);
    weir::broadcast_ring<quote, weir::overwriting> tape(256);
    auto book = feed.make_reader();
    auto screen = tape.make_reader();

    std::thread exchange([&] {
        for (std::uint64_t i = 1; i <= quotes; ++i) {
            const quote q{i, static_cast<std::int64_t>(10'000 + i % 97)};
            feed.push(q);      // waits while the book is a ring behind
            tape.try_push(q);  // never waits
        }
        feed.close();
        tape.close();
    });
    std::uint64_t in_order = 0;
    std::int64_t last = 0;
    std::thread booking([&] {
        for (auto span = book.wait_peek(); !span.empty(); span = book.wait_peek()) {
            for (const quote& q : span) {
                in_order += static_cast<std::uint64_t>(q.number == in_order + 1);
                last = q.cents;
            }
            book.release(span.size());
        }
    });
    std::uint64_t seen = 0;
    quote latest{};
    while (!screen.drained()) seen += static_cast<std::uint64_t>(screen.try_pop(latest));
    exchange.join();
    booking.join();

    std::printf("the book has %llu quotes, the last at %lld\n", static_cast<unsigned long long>(in_order),
                static_cast<long long>(last));
    std::printf("the screen shows quote %llu; seen and missed make %llu\n",
                static_cast<unsigned long long>(latest.number),
                static_cast<unsigned long long>(seen + screen.missed()));
    return in_order == quotes && latest.number == quotes && seen + screen.missed() == quotes ? 0 : 1;
}
