// SPDX-License-Identifier: BSL-1.0
// Many producers, one consumer: more threads than cores, as applications have them. Producers have lanes of their own
// here; peers have one queue for all. Modes: both sides yield while they wait; both really sleep; batches of 32.
// The consumer checks that each producer's items come whole and in order.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/mpsc_ring.hpp>

#include "../support/queues.hpp"

#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif
#if __has_include(<boost/lockfree/queue.hpp>)
#include <boost/lockfree/queue.hpp>
#endif
#if __has_include(<WFMPMC/WFMPMC.h>)
#include <WFMPMC/WFMPMC.h>
#endif

namespace {

/// Whose it is, and its number among that producer's.
struct T {
    std::uint64_t producer;
    std::uint64_t number;
};

constexpr std::size_t capacity = queues::capacity;

struct ours_yielding {
    static constexpr const char* name = "weir::mpsc_ring";
    weir::mpsc_ring<T> q{capacity};
    struct producer {
        weir::mpsc_ring<T>::producer p;
        explicit producer(ours_yielding& o) : p(o.q.make_producer()) {}
        void push(const T& v) {
            while (!p.try_emplace(v)) std::this_thread::yield();
        }
        void push_all(const T* first, std::size_t n) {
            for (const T* const last = first + n; first != last;) {
                if (weir::try_push_some(p, first, last) == 0) std::this_thread::yield();
            }
        }
    };
    std::size_t pop(T* out, std::size_t n) {
        std::size_t got = weir::try_pop_some(q, out, n);
        if (got == 0) std::this_thread::yield();
        return got;
    }
};
struct ours_sleeping {
    static constexpr const char* name = "weir::blocking<mpsc_ring>";
    using queue = weir::blocking<weir::mpsc_ring<T>>;
    queue q{capacity};
    struct producer {
        decltype(std::declval<queue&>().make_producer()) p;
        explicit producer(ours_sleeping& o) : p(o.q.make_producer()) {}
        void push(const T& v) { static_cast<void>(p.push(v)); }
    };
    std::size_t pop(T* out, std::size_t n) { return q.pop_some(out, n); }
};

/// One queue for all producers, whose calls wait as `Q` does.
template <class Q>
struct shared_queue : Q {
    struct producer {
        shared_queue& to;
        explicit producer(shared_queue& q) : to(q) {}
        void push(const T& v) { to.push_one(v); }
        void push_all(const T* first, std::size_t n)
            requires requires(Q& q) { q.push_some(first, n); }
        {
            to.push_some(first, n);
        }
    };
    std::size_t pop(T* out, std::size_t n) { return this->pop_some(out, n); }
};

#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
struct moody {
    static constexpr const char* name = "moodycamel::ConcurrentQueue";
    moodycamel::ConcurrentQueue<T> q{capacity};
    // Its blocks can all be with other producers: then it is allowed one more.
    static constexpr int patience = 1'000;
    void push_one(const T& v) {
        for (int i = 0; !q.try_enqueue(v); std::this_thread::yield()) {
            if (++i == patience) return static_cast<void>(q.enqueue(v));
        }
    }
    void push_some(const T* first, std::size_t n) {
        for (int i = 0; !q.try_enqueue_bulk(first, n); std::this_thread::yield()) {
            if (++i == patience) return static_cast<void>(q.enqueue_bulk(first, n));
        }
    }
    std::size_t pop_some(T* out, std::size_t n) {
        const std::size_t got = n == 1 ? static_cast<std::size_t>(q.try_dequeue(*out)) : q.try_dequeue_bulk(out, n);
        if (got == 0) std::this_thread::yield();
        return got;
    }
};
struct moody_sleeping {
    static constexpr const char* name = "moodycamel::BlockingConcurrentQueue";
    moodycamel::BlockingConcurrentQueue<T> q{capacity};
    void push_one(const T& v) { q.enqueue(v); }
    std::size_t pop_some(T* out, std::size_t n) {
        if (n != 1) return q.wait_dequeue_bulk(out, n);
        q.wait_dequeue(*out);
        return 1;
    }
};
#endif
/// A queue with calls that try, one item at a time; while they fail, the thread yields.
template <class Peer>
struct trying : Peer {
    void push_one(const T& v) {
        while (!Peer::try_push(v)) std::this_thread::yield();
    }
    std::size_t pop_some(T* out, std::size_t) {
        if (Peer::try_pop(*out)) return 1;
        std::this_thread::yield();
        return 0;
    }
};

#if __has_include(<tbb/concurrent_queue.h>)
struct tbb_bounded {
    tbb::concurrent_bounded_queue<T> q;
    tbb_bounded() { q.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }
};
struct tbb_tries : tbb_bounded {
    static constexpr const char* name = "tbb::concurrent_bounded_queue, try calls";
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};
struct tbb_sleeping : tbb_bounded {
    static constexpr const char* name = "tbb::concurrent_bounded_queue";
    void push_one(const T& v) { q.push(v); }
    std::size_t pop_some(T* out, std::size_t) {
        q.pop(*out);
        return 1;
    }
};
#endif
#if __has_include(<boost/lockfree/queue.hpp>)
struct boost_mpmc {
    static constexpr const char* name = "boost::lockfree::queue";
    boost::lockfree::queue<T> q{capacity};
    bool try_push(const T& v) { return q.bounded_push(v); }
    bool try_pop(T& v) { return q.pop(v); }
};
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
struct atomic_mpmc {
    static constexpr const char* name = "atomic_queue";
    atomic_queue::AtomicQueue2<T, capacity> q;
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};
#endif
#if __has_include(<rigtorp/MPMCQueue.h>)
struct rigtorp_mpmc {
    static constexpr const char* name = "rigtorp::MPMCQueue";
    rigtorp::MPMCQueue<T> q{capacity};
    bool try_push(const T& v) { return q.try_push(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};
#endif
#if __has_include(<WFMPMC/WFMPMC.h>)
struct wfmpmc {
    static constexpr const char* name = "MengRao WFMPMC";
    WFMPMC<T, capacity, 64> q;  // twice the threads and more, or their tries fail for ever
    bool try_push(const T& v) { return q.tryPush(v); }
    bool try_pop(T& v) { return q.tryPop(v); }
};
#endif

#if __has_include(<lockfree/lockfree.hpp>)
struct dnedic_mpmc {
    static constexpr const char* name = "DNedic mpmc::Queue";
    lockfree::mpmc::Queue<T, capacity> q;
    bool try_push(const T& v) { return q.Push(v); }
    bool try_pop(T& v) { return q.Pop(v); }
};
#endif
#ifdef WEIR_HAS_DPDK
struct dpdk_mpsc {
    static constexpr const char* name = queues::dpdk_ring<T, true>::name;
    queues::dpdk_ring<T, true> q;
    void push_one(const T& v) { push_some(&v, 1); }
    void push_some(const T* first, std::size_t n) {
        for (const T* const last = first + n; first != last;) {
            const std::size_t pushed = q.push_some(first, static_cast<std::size_t>(last - first));
            first += pushed;
            if (pushed == 0) std::this_thread::yield();
        }
    }
    std::size_t pop_some(T* out, std::size_t n) {
        const std::size_t got = q.pop_some(out, n);
        if (got == 0) std::this_thread::yield();
        return got;
    }
};
#endif

/// Producers on all cores but the first, in turn; the consumer on the first.
template <class Queue, std::size_t Producers, std::size_t Batch>
double many_to_one(std::uint64_t items, bool& whole) {
    const auto queue = std::make_unique<Queue>();
    const std::vector<int> cores = bench::usable_cores();
    std::atomic<std::size_t> ready{0};
    const std::uint64_t each = items / Producers;
    const auto meet = [&](std::size_t core) {
        bench::pin_to(cores[core % cores.size()]);
        ready.fetch_add(1, std::memory_order_acq_rel);
        while (ready.load(std::memory_order_acquire) != Producers + 2) std::this_thread::yield();
    };
    std::vector<std::thread> producers;
    for (std::size_t p = 0; p < Producers; ++p) {
        producers.emplace_back([&, p] {
            typename Queue::producer to(*queue);
            meet(p + 1);
            if constexpr (Batch == 1) {
                for (std::uint64_t i = 0; i < each; ++i) to.push({p, i});
            } else {
                T batch[Batch];
                for (std::uint64_t i = 0; i < each; i += Batch) {
                    for (std::size_t k = 0; k < Batch; ++k) batch[k] = {p, i + k};
                    to.push_all(batch, Batch);
                }
            }
        });
    }
    std::uint64_t next[Producers] = {};
    bool same = true;
    std::thread consumer([&] {
        meet(0);
        T batch[Batch];
        const std::uint64_t all = Batch == 1 ? each * Producers : (each + Batch - 1) / Batch * Batch * Producers;
        for (std::uint64_t i = 0; i < all;) {
            const std::size_t n = queue->pop(batch, Batch);
            for (std::size_t k = 0; k < n; ++k) {
                const T v = batch[k];
                same = same && v.producer < Producers && v.number == next[v.producer % Producers]++;
            }
            i += n;
        }
    });
    while (ready.load(std::memory_order_acquire) != Producers + 1) std::this_thread::yield();
    const double start = bench::now_ns();
    ready.fetch_add(1, std::memory_order_acq_rel);
    for (std::thread& t : producers) t.join();
    consumer.join();
    whole = same;
    return bench::now_ns() - start;
}

template <std::size_t Producers, std::size_t Batch>
void yielding(bench::program& p, const std::string& name, std::uint64_t items, double goal) {
    std::vector<queues::competitor> all{{ours_yielding::name, many_to_one<ours_yielding, Producers, Batch>}};
    const auto peer = [&]<class Q>(std::type_identity<Q>) {
        using shared = shared_queue<Q>;
        if constexpr (Batch == 1 || requires(typename shared::producer& to, const T* t) { to.push_all(t, Batch); }) {
            all.push_back({Q::name, many_to_one<shared, Producers, Batch>});
        }
    };
    static_cast<void>(peer);
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
    peer(std::type_identity<moody>{});
#endif
#if __has_include(<tbb/concurrent_queue.h>)
    peer(std::type_identity<trying<tbb_tries>>{});
#endif
#if __has_include(<boost/lockfree/queue.hpp>)
    peer(std::type_identity<trying<boost_mpmc>>{});
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
    peer(std::type_identity<trying<atomic_mpmc>>{});
#endif
#if __has_include(<rigtorp/MPMCQueue.h>)
    peer(std::type_identity<trying<rigtorp_mpmc>>{});
#endif
#if __has_include(<WFMPMC/WFMPMC.h>)
    peer(std::type_identity<trying<wfmpmc>>{});
#endif
#if __has_include(<lockfree/lockfree.hpp>)
    peer(std::type_identity<trying<dnedic_mpmc>>{});
#endif
#ifdef WEIR_HAS_DPDK
    peer(std::type_identity<dpdk_mpsc>{});
#endif
    queues::measure(all, p.runs(11), p.size(items, 20));
    queues::add_row(p, name, all, goal);
}

template <std::size_t Producers>
void sleeping(bench::program& p, const std::string& name, std::uint64_t items, double goal) {
    std::vector<queues::competitor> all{{ours_sleeping::name, many_to_one<ours_sleeping, Producers, 1>}};
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
    all.push_back({moody_sleeping::name, many_to_one<shared_queue<moody_sleeping>, Producers, 1>});
#endif
#if __has_include(<tbb/concurrent_queue.h>)
    all.push_back({tbb_sleeping::name, many_to_one<shared_queue<tbb_sleeping>, Producers, 1>});
#endif
    queues::measure(all, p.runs(11), p.size(items, 20));
    queues::add_row(p, name, all, goal);
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("mpsc", argc, argv);
    yielding<4, 1>(p, "4 producers, one by one, yielding", 4'000'000, 3);
    yielding<8, 1>(p, "8 producers, one by one, yielding", 4'000'000, bench::none);
    yielding<16, 1>(p, "16 producers, one by one, yielding", 4'000'000, bench::none);
    yielding<4, 32>(p, "4 producers, batches of 32, yielding", 8'000'000, 2);
    sleeping<4>(p, "4 producers, one by one, sleeping", 2'000'000, 5);
    sleeping<16>(p, "16 producers, one by one, sleeping", 2'000'000, bench::none);
    return p.finish();
}
