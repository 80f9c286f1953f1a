// SPDX-License-Identifier: BSL-1.0
// What the benchmarks of queues share: items whose payload can be checked, the peers behind one interface, and one run
// of a producer and a consumer on cores of their own.
//
// A peer is a template over the item with try_push and try_pop; some also write or read batches (`push_some`,
// `pop_some`) or in place. Debian's peers are found as its packages install them, the others in the folder WEIR_PEERS
// (one checkout each, see benchmarks/CMakeLists.txt).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <weir/buffers/spsc_ring.hpp>
#include <weir/support/relax.hpp>

#include "bench.hpp"

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/spsc_queue.hpp>
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#endif
#if __has_include(<tbb/concurrent_queue.h>)
#include <tbb/concurrent_queue.h>
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#endif
#if __has_include(<rigtorp/SPSCQueue.h>)
#include <rigtorp/SPSCQueue.h>
#endif
#if __has_include(<rigtorp/MPMCQueue.h>)
#include <rigtorp/MPMCQueue.h>
#endif
#if __has_include(<cppcon2023/Fifo4.hpp>)
#include <cppcon2023/Fifo4.hpp>
#endif
#if __has_include(<SPSC_Queue/SPSCQueueOPT.h>)
#include <SPSC_Queue/SPSCQueueOPT.h>
#endif
#if __has_include(<dro/spsc-queue.hpp>)
#include <dro/spsc-queue.hpp>
#endif
#if __has_include(<deaod/spsc_queue.hpp>)
#include <deaod/spsc_queue.hpp>
#endif
#if __has_include(<LockFreeSpscQueue.h>)
#include <LockFreeSpscQueue.h>
#endif
#if __has_include(<lockfree/lockfree.hpp>)
#include <lockfree/lockfree.hpp>
#endif
#if __has_include(<rte_ring.h>) && __has_include(<rte_config.h>)
#include <rte_config.h>  // in front of all of its headers
#include <rte_ring.h>
#define WEIR_HAS_DPDK
#endif

namespace queues {

/// `Words` words that all hold the item's number.
template <std::size_t Words>
struct item {
    std::uint64_t word[Words];

    item() = default;
    explicit item(std::uint64_t n) noexcept {
        for (std::uint64_t& w : word) w = n;
    }
    [[nodiscard]] bool is(std::uint64_t n) const noexcept {
        bool same = true;
        for (const std::uint64_t w : word) same = same && w == n;
        return same;
    }
};

inline constexpr std::size_t capacity = 1'024;

// ---- Peers. ----------------------------------------------------------------------------------------------------

template <class T>
struct ours {
    static constexpr const char* name = "weir::spsc_ring";
    weir::spsc_ring<T> q{capacity};
    bool try_push(const T& v) { return q.try_emplace(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
    std::size_t push_some(const T* first, std::size_t n) { return weir::try_push_some(q, first, first + n); }
    std::size_t pop_some(T* out, std::size_t n) { return weir::try_pop_some(q, out, n); }
    template <class F>
    std::size_t read(F f) {
        const auto span = q.peek();
        for (std::size_t i = 0; i < span.size(); ++i) {
            weir::prefetch_within(span, i);
            f(span[i]);
        }
        q.release(span.size());
        return span.size();
    }
};

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
template <class T>
struct boost_spsc {
    static constexpr const char* name = "boost::lockfree::spsc_queue";
    boost::lockfree::spsc_queue<T> q{capacity};
    bool try_push(const T& v) { return q.push(v); }
    bool try_pop(T& v) { return q.pop(v); }
    std::size_t push_some(const T* first, std::size_t n) { return q.push(first, n); }
    std::size_t pop_some(T* out, std::size_t n) { return q.pop(out, n); }
    template <class F>
    std::size_t read(F f) {
        return q.consume_all(f);
    }
};
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
template <class T>
struct readerwriterqueue {
    static constexpr const char* name = "moodycamel::ReaderWriterQueue";
    moodycamel::ReaderWriterQueue<T> q{capacity};
    bool try_push(const T& v) { return q.try_enqueue(v); }
    bool try_pop(T& v) { return q.try_dequeue(v); }
};
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
template <class T>
struct atomic_queue_spsc {
    static constexpr const char* name = "atomic_queue (SPSC)";
    atomic_queue::AtomicQueue2<T, capacity, true, true, false, true> q;
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};
/// Its pushes and pops wait inside, for a slot that it has claimed already.
template <class T>
struct atomic_queue_optimist {
    static constexpr const char* name = "atomic_queue (SPSC, optimist)";
    atomic_queue::AtomicQueue2<T, capacity, true, true, false, true> q;
    bool try_push(const T& v) {
        q.push(v);
        return true;
    }
    bool try_pop(T& v) {
        v = q.pop();
        return true;
    }
};
#endif
#if __has_include(<rigtorp/SPSCQueue.h>)
template <class T>
struct rigtorp_spsc {
    static constexpr const char* name = "rigtorp::SPSCQueue";
    rigtorp::SPSCQueue<T> q{capacity};
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) {
        T* const front = q.front();
        if (front == nullptr) return false;
        v = *front;
        q.pop();
        return true;
    }
};
#endif
#if __has_include(<cppcon2023/Fifo4.hpp>)
template <class T>
struct fifo4 {
    static constexpr const char* name = "Frasch Fifo4";
    Fifo4<T> q{capacity};
    bool try_push(const T& v) { return q.push(v); }
    bool try_pop(T& v) { return q.pop(v); }
};
#endif
#if __has_include(<SPSC_Queue/SPSCQueueOPT.h>)
template <class T>
struct mengrao {
    static constexpr const char* name = "MengRao SPSCQueueOPT";
    SPSCQueueOPT<T, capacity> q;
    bool try_push(const T& v) {
        return q.tryPush([&](T* slot) { *slot = v; });
    }
    bool try_pop(T& v) {
        return q.tryPop([&](T* slot) { v = *slot; });
    }
};
#endif
#if __has_include(<dro/spsc-queue.hpp>)
template <class T>
struct drogalis {
    static constexpr const char* name = "drogalis SPSCQueue";
    dro::SPSCQueue<T> q{capacity};
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};
#endif
#if __has_include(<deaod/spsc_queue.hpp>)
template <class T>
struct deaod_spsc {
    static constexpr const char* name = "Deaod spsc_queue";
    deaod::spsc_queue<T, capacity> q;
    bool try_push(const T& v) { return q.push(v); }
    bool try_pop(T& v) { return q.pop(v); }
    // No batches: its read(n, out) of trivial records copies from `out` into the queue.
    template <class F>
    std::size_t read(F f) {
        return q.consume_all([&](T* v) {
            f(*v);
            return true;
        });
    }
};
#endif
#if __has_include(<LockFreeSpscQueue.h>)
template <class T>
struct joz_k {
    static constexpr const char* name = "joz-k LockFreeSpscQueue";
    std::vector<T> storage = std::vector<T>(capacity);
    LockFreeSpscQueue<T> q{std::span<T>(storage)};
    bool try_push(const T& v) { return push_some(&v, 1) == 1; }
    bool try_pop(T& v) { return pop_some(&v, 1) == 1; }
    std::size_t push_some(const T* first, std::size_t n) {
        auto scope = q.prepare_write(n);
        const auto a = scope.get_block1();
        const auto b = scope.get_block2();
        std::copy_n(first, a.size(), a.begin());
        std::copy_n(first + a.size(), b.size(), b.begin());
        return a.size() + b.size();
    }
    std::size_t pop_some(T* out, std::size_t n) {
        auto scope = q.prepare_read(n);
        const auto a = scope.get_block1();
        const auto b = scope.get_block2();
        std::copy(a.begin(), a.end(), out);
        std::copy(b.begin(), b.end(), out + a.size());
        return a.size() + b.size();
    }
    template <class F>
    std::size_t read(F f) {
        auto scope = q.prepare_read(capacity);
        for (const T& v : scope.get_block1()) f(v);
        for (const T& v : scope.get_block2()) f(v);
        return scope.get_items_read();
    }
};
#endif

#if __has_include(<lockfree/lockfree.hpp>)
template <class T>
struct dnedic {
    static constexpr const char* name = "DNedic spsc::Queue";
    lockfree::spsc::Queue<T, capacity> q;
    bool try_push(const T& v) { return q.Push(v); }
    bool try_pop(T& v) { return q.Pop(v); }
};
template <class T>
struct dnedic_ring {
    static constexpr const char* name = "DNedic spsc::RingBuf";
    lockfree::spsc::RingBuf<T, capacity> q;
    bool try_push(const T& v) { return q.Write(&v, 1); }
    bool try_pop(T& v) { return q.Read(&v, 1); }
    std::size_t push_some(const T* first, std::size_t n) {
        n = std::min(n, q.GetFree());
        return n != 0 && q.Write(first, n) ? n : 0;
    }
    std::size_t pop_some(T* out, std::size_t n) {
        n = std::min(n, q.GetAvailable());
        return n != 0 && q.Read(out, n) ? n : 0;
    }
};
template <class T>
struct dnedic_bipartite {
    static constexpr const char* name = "DNedic spsc::BipartiteBuf";
    lockfree::spsc::BipartiteBuf<T, capacity> q;
    bool try_push(const T& v) {
        T* const to = q.WriteAcquire(1);
        if (to == nullptr) return false;
        *to = v;
        q.WriteRelease(1);
        return true;
    }
    bool try_pop(T& v) {
        const auto [from, n] = q.ReadAcquire();
        if (n == 0) return false;
        v = *from;
        q.ReadRelease(1);
        return true;
    }
    template <class F>
    std::size_t read(F f) {
        const auto [from, n] = q.ReadAcquire();
        for (std::size_t i = 0; i < n; ++i) f(from[i]);
        if (n != 0) q.ReadRelease(n);
        return n;
    }
};
#endif
#ifdef WEIR_HAS_DPDK
/// rte_ring in memory of its own, as rte_ring_init lays it out: all of its calls are inline, so nothing is linked and
/// no environment of DPDK is started. `Many`: several threads enqueue, by its relaxed tail (RTS). By its plain MP calls
/// a thread that has claimed waits, without yielding, for all that claimed before it; with more threads than cores each
/// item soon costs a time slice.
template <class T, bool Many = false>
class dpdk_ring {
    static_assert(sizeof(T) % 4 == 0);

  public:
    static constexpr const char* name = Many ? "DPDK rte_ring RTS/SC" : "DPDK rte_ring SP/SC";

    dpdk_ring() noexcept {
        std::memset(memory_, 0, sizeof(memory_));
        ring_->size = capacity;
        ring_->mask = capacity - 1;
        ring_->capacity = capacity - 1;
        ring_->prod.sync_type = Many ? RTE_RING_SYNC_MT_RTS : RTE_RING_SYNC_ST;
        if (Many) ring_->rts_prod.htd_max = (capacity - 1) / 8;
        ring_->cons.sync_type = RTE_RING_SYNC_ST;
    }
    bool try_push(const T& v) { return push_some(&v, 1) == 1; }
    bool try_pop(T& v) { return rte_ring_sc_dequeue_elem(ring_, &v, sizeof(T)) == 0; }
    std::size_t push_some(const T* first, std::size_t n) {
        const auto count = static_cast<unsigned>(n);
        if constexpr (Many) {
            return rte_ring_mp_rts_enqueue_burst_elem(ring_, first, sizeof(T), count, nullptr);
        } else {
            return rte_ring_sp_enqueue_burst_elem(ring_, first, sizeof(T), count, nullptr);
        }
    }
    std::size_t pop_some(T* out, std::size_t n) {
        return rte_ring_sc_dequeue_burst_elem(ring_, out, sizeof(T), static_cast<unsigned>(n), nullptr);
    }

  private:
    alignas(RTE_CACHE_LINE_SIZE) std::byte memory_[sizeof(rte_ring) + capacity * sizeof(T)];
    rte_ring* const ring_ = reinterpret_cast<rte_ring*>(memory_);
};
#endif

/// Calls `f.template operator()<Peer>()` for every peer that is there and has one writer and one reader.
template <class T, class F>
void for_each_spsc_peer(F f) {
#if __has_include(<boost/lockfree/spsc_queue.hpp>)
    f.template operator()<boost_spsc<T>>();
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
    f.template operator()<readerwriterqueue<T>>();
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
    f.template operator()<atomic_queue_spsc<T>>();
    f.template operator()<atomic_queue_optimist<T>>();
#endif
#if __has_include(<rigtorp/SPSCQueue.h>)
    f.template operator()<rigtorp_spsc<T>>();
#endif
#if __has_include(<cppcon2023/Fifo4.hpp>)
    f.template operator()<fifo4<T>>();
#endif
#if __has_include(<SPSC_Queue/SPSCQueueOPT.h>)
    f.template operator()<mengrao<T>>();
#endif
#if __has_include(<dro/spsc-queue.hpp>)
    f.template operator()<drogalis<T>>();
#endif
#if __has_include(<deaod/spsc_queue.hpp>)
    f.template operator()<deaod_spsc<T>>();
#endif
#if __has_include(<LockFreeSpscQueue.h>)
    f.template operator()<joz_k<T>>();
#endif
#if __has_include(<lockfree/lockfree.hpp>)
    f.template operator()<dnedic<T>>();
    f.template operator()<dnedic_ring<T>>();
    f.template operator()<dnedic_bipartite<T>>();
#endif
#ifdef WEIR_HAS_DPDK
    f.template operator()<dpdk_ring<T>>();
#endif
}

// ---- Runs. -----------------------------------------------------------------------------------------------------

inline void pause() noexcept { weir::detail::relax(); }

/// Two threads, each on a core of its own (or both on one), that begin together; nanoseconds until both have ended.
template <class Write, class Read>
[[nodiscard]] double two_threads(Write write, Read read, bool same_core = false) {
    const std::vector<int> cores = bench::usable_cores();
    std::atomic<int> ready{0};
    const auto meet = [&](std::size_t core) {
        bench::pin_to(cores[same_core ? 0 : core % cores.size()]);
        ready.fetch_add(1, std::memory_order_acq_rel);
        while (ready.load(std::memory_order_acquire) != 3) std::this_thread::yield();
    };
    std::thread reader([&] {
        meet(1);
        read();
    });
    std::thread writer([&] {
        meet(0);
        write();
    });
    while (ready.load(std::memory_order_acquire) != 2) std::this_thread::yield();
    const double start = bench::now_ns();
    ready.fetch_add(1, std::memory_order_acq_rel);
    writer.join();
    reader.join();
    return bench::now_ns() - start;
}

/// What one competitor came to in its runs; its payload was checked in each.
struct competitor {
    std::string name;
    double (*run)(std::uint64_t items, bool& whole);
    std::vector<double> rates{};  // M items/s
    bool whole = true;

    [[nodiscard]] bench::timing timing() const { return bench::summarize(name, rates); }
};

/// In turns, whose first one changes; after one round to warm up.
inline void measure(std::vector<competitor>& all, std::size_t runs, std::uint64_t items) {
    for (std::size_t round = 0; round <= std::max(runs, bench::fewest_runs); ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            competitor& c = all[(round + i) % all.size()];
            bool whole = true;
            const double ns = c.run(items, whole);
            c.whole = c.whole && whole;
            if (round != 0) c.rates.push_back(static_cast<double>(items) / ns * 1'000);
        }
    }
}

/// A row: the first of them against the best of the others; the others are named in the note.
inline void add_row(bench::program& p, const std::string& name, const std::vector<competitor>& all, double goal,
                    std::string note = {}) {
    const competitor* best = nullptr;
    std::string others;
    for (std::size_t i = 1; i < all.size(); ++i) {
        const competitor& c = all[i];
        if (c.whole && (best == nullptr || c.timing().median > best->timing().median)) best = &c;
        char text[96];
        std::snprintf(text, sizeof(text), "%s%s %.1f%s", i == 1 ? "" : ", ", c.name.c_str(), c.timing().median,
                      c.whole ? "" : " (payload wrong)");
        others += text;
    }
    if (!note.empty() && !others.empty()) note += "; ";
    note += others;
    if (!all[0].whole) note = "OUR PAYLOAD IS WRONG; " + note;
    p.add(name, "M/s", all[0].timing(), best != nullptr ? best->timing() : bench::timing{},
          all[0].whole ? goal : bench::none, bench::better::more, std::move(note));
}

}  // namespace queues
