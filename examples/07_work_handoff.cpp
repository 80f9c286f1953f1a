// SPDX-License-Identifier: BSL-1.0
// Threads that come and go hand work to one that does it, with nothing of weir but queues: each thread has a lane of
// its own in an mpsc_ring, so none waits for another, and gets its answers over a ring of its own.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/mpsc_ring.hpp>
#include <weir/buffers/spsc_ring.hpp>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

using answers = weir::blocking<weir::spsc_ring<std::uint64_t, 16>>;  // 16 slots inside it, no heap

struct work {
    std::uint64_t number = 0;
    answers* to = nullptr;
};

int main() {
    constexpr std::uint64_t each = 5'000;
    weir::blocking<weir::mpsc_ring<work>> inbox(256);

    std::thread squarer([&] {
        while (const auto w = inbox.pop()) w->to->push(w->number * w->number);
    });

    std::uint64_t wrong = 0;
    for (int wave = 0; wave < 3; ++wave) {  // threads come and go while the squarer runs
        std::vector<std::uint64_t> mistakes(4);
        std::vector<std::thread> askers;
        for (std::uint64_t& mine : mistakes) {
            askers.emplace_back([&] {
                const auto back = std::make_unique<answers>();
                auto lane = inbox.make_producer();
                for (std::uint64_t i = 0; i < each; ++i) {
                    lane.push(work{i, back.get()});
                    mine += static_cast<std::uint64_t>(back->pop() != i * i);
                }
            });
        }
        for (std::thread& t : askers) t.join();
        for (const std::uint64_t m : mistakes) wrong += m;
    }
    inbox.close();
    squarer.join();
    const bool reused = inbox.ring().lane_count() <= 4;
    std::printf("12 threads asked 60000 times, %llu answers were wrong, %s\n", static_cast<unsigned long long>(wrong),
                reused ? "lanes were used again" : "lanes were wasted");
    return wrong == 0 && reused ? 0 : 1;
}
