// SPDX-License-Identifier: BSL-1.0
// A logger whose records have any length, with nothing of weir but a byte ring: the thread that logs copies text into
// the ring and goes on; another one formats and counts. A record that finds no room is counted as dropped, never waited
// for.
#include <weir/buffers/byte_ring.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>

int main() {
    constexpr std::string_view lines[] = {"started", "", "a longer line, of 34 bytes in total", "done"};
    constexpr std::uint64_t records = 100'000;
    weir::byte_ring<> ring(1U << 16U);

    std::uint64_t dropped = 0;
    std::thread worker([&] {
        for (std::uint64_t i = 0; i < records; ++i) {
            const std::string_view line = lines[i % 4];
            if (const auto bytes = ring.claim(line.size())) {
                std::memcpy(bytes->data(), line.data(), line.size());
                ring.publish(line.size());
            } else {
                ++dropped;
            }
        }
        ring.close();
    });
    std::uint64_t written = 0;
    std::uint64_t strange = 0;
    while (!ring.drained()) {
        const auto record = ring.peek();
        if (!record) {
            std::this_thread::yield();
            continue;
        }
        const std::string_view text(reinterpret_cast<const char*>(record->data()), record->size());
        bool known = false;
        for (const std::string_view line : lines) known = known || text == line;
        strange += static_cast<std::uint64_t>(!known);
        ++written;
        ring.release();
    }
    worker.join();
    std::printf("written and dropped make %llu records, %llu of them strange\n",
                static_cast<unsigned long long>(written + dropped), static_cast<unsigned long long>(strange));
    return written + dropped == records && strange == 0 ? 0 : 1;
}
