// SPDX-License-Identifier: BSL-1.0
// Records of bytes between two threads on two cores: 64 bytes one by one and published by 32, and mixed lengths of 8 to
// 512 bytes, against quill's queue and MengRao's SPSCVarQueueOPT (which publishes each). Both sides wait with `pause`;
// length and content of every record are checked.
#include <weir/buffers/byte_ring.hpp>

#include <cstring>

#include "../support/queues.hpp"

#if __has_include(<quill/core/BoundedSPSCQueue.h>)
#include <quill/core/BoundedSPSCQueue.h>
#endif
#if __has_include(<SPSC_Queue/SPSCVarQueueOPT.h>)
#include <SPSC_Queue/SPSCVarQueueOPT.h>
#endif

namespace {

constexpr std::size_t bytes_held = 1U << 17U;

/// The length of record `i`: 64, or any multiple of 8 up to 512.
template <bool Mixed>
std::size_t length(std::uint64_t i) noexcept {
    return Mixed ? 8 + ((i * 0x9E37'79B9'7F4A'7C15U) >> 58U) * 8 : 64;
}
/// First and last word are the record's number.
inline void write(std::byte* to, std::size_t n, std::uint64_t i) noexcept {
    std::memset(to, static_cast<int>(i & 0x7fU), n);
    std::memcpy(to, &i, 8);
    std::memcpy(to + n - 8, &i, 8);
}
inline bool is(const std::byte* at, std::size_t n, std::uint64_t i) noexcept {
    std::uint64_t first = 0, last = 0;
    std::memcpy(&first, at, 8);
    std::memcpy(&last, at + n - 8, 8);
    return first == i && last == i;
}

template <bool Mixed, std::uint64_t Batch>
double ours(std::uint64_t items, bool& whole) {
    weir::byte_ring<> ring(bytes_held);
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const std::size_t n = length<Mixed>(i);
                auto to = ring.claim(n);
                while (!to) {
                    ring.publish();
                    queues::pause();
                    to = ring.claim(n);
                }
                write(to->data(), n, i);
                ring.wrote(n);
                if ((i + 1) % Batch == 0) ring.publish();
            }
            ring.publish();
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const auto record = ring.peek();
                if (!record) {
                    queues::pause();
                    continue;
                }
                same = same && record->size() == length<Mixed>(i) && is(record->data(), record->size(), i);
                ring.release();
                ++i;
            }
        });
    whole = same;
    return ns;
}

#if __has_include(<quill/core/BoundedSPSCQueue.h>)
/// Its records have no length: one in front of each, as its user has.
template <bool Mixed, std::uint64_t Batch>
double quill_queue(std::uint64_t items, bool& whole) {
    quill::detail::BoundedSPSCQueue ring(bytes_held);
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const std::size_t n = length<Mixed>(i);
                std::byte* to = nullptr;
                while ((to = ring.prepare_write(n + 8)) == nullptr) {
                    ring.commit_write();
                    queues::pause();
                }
                std::memcpy(to, &n, 8);
                write(to + 8, n, i);
                ring.finish_write(n + 8);
                if ((i + 1) % Batch == 0) ring.commit_write();
            }
            ring.commit_write();
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const std::byte* const from = ring.prepare_read();
                if (from == nullptr) {
                    queues::pause();
                    continue;
                }
                std::size_t n = 0;
                std::memcpy(&n, from, 8);
                same = same && n == length<Mixed>(i) && is(from + 8, n, i);
                ring.finish_read(n + 8);
                ring.commit_read();
                ++i;
            }
        });
    whole = same;
    return ns;
}
#endif

#if __has_include(<SPSC_Queue/SPSCVarQueueOPT.h>)
template <bool Mixed>
double mengrao(std::uint64_t items, bool& whole) {
    using queue = SPSCVarQueueOPT<bytes_held>;
    const auto ring = std::make_unique<queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const std::size_t n = length<Mixed>(i);
                const auto fill = [&](auto* header) { write(reinterpret_cast<std::byte*>(header + 1), n, i); };
                while (!ring->tryPush(static_cast<std::uint16_t>(n), fill)) queues::pause();
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const auto* const header = ring->front();
                if (header == nullptr) {
                    // Its words are plain; without this the compiler looks at them once.
                    std::atomic_signal_fence(std::memory_order_seq_cst);
                    queues::pause();
                    continue;
                }
                std::atomic_thread_fence(std::memory_order_acquire);
                const std::size_t n = header->size - sizeof(*header);
                same = same && n == length<Mixed>(i) && is(reinterpret_cast<const std::byte*>(header + 1), n, i);
                ring->pop();
                ++i;
            }
        });
    whole = same;
    return ns;
}
#endif

template <bool Mixed, std::uint64_t Batch>
void row(bench::program& p, const std::string& name, double goal) {
    std::vector<queues::competitor> all{{"weir::byte_ring", ours<Mixed, Batch>}};
#if __has_include(<quill/core/BoundedSPSCQueue.h>)
    all.push_back({"quill BoundedSPSCQueue", quill_queue<Mixed, Batch>});
#endif
#if __has_include(<SPSC_Queue/SPSCVarQueueOPT.h>)
    if constexpr (Batch == 1) all.push_back({"MengRao SPSCVarQueueOPT", mengrao<Mixed>});
#endif
    queues::measure(all, p.runs(11), p.size(4'000'000, 8));
    queues::add_row(p, name, all, goal);
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("byte_ring", argc, argv);
    row<false, 1>(p, "64 bytes, one by one", 1);
    row<false, 32>(p, "64 bytes, published by 32", 1);
    row<true, 1>(p, "8 to 512 bytes, one by one", 1);
    return p.finish();
}
