// SPDX-License-Identifier: BSL-1.0
// Queues whose threads really sleep: what the ability to sleep costs beside our own spinning ring, against the peers
// that block, with both threads on one core, and what a wake-up costs beside a bare futex.
#include <weir/buffers/blocking.hpp>

#include "../support/queues.hpp"

#if __has_include(<readerwriterqueue/readerwritercircularbuffer.h>)
#include <readerwriterqueue/readerwritercircularbuffer.h>
#endif
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif

namespace {

using queues::item;

template <class Wait>
struct waiting {
    template <class T>
    struct ours {
        static constexpr const char* name = "weir::blocking";
        weir::blocking<weir::spsc_ring<T>, Wait> q{queues::capacity};
        void push(const T& v) { static_cast<void>(q.push(v)); }
        void pop(T& v) { v = *q.pop(); }
        void push_all(const std::vector<T>& batch) { static_cast<void>(q.push_range(batch)); }
        std::size_t pop_some(T* out, std::size_t n) { return q.pop_some(out, n); }
    };
};

#if __has_include(<readerwriterqueue/readerwritercircularbuffer.h>)
template <class T>
struct circular {
    static constexpr const char* name = "moodycamel::BlockingReaderWriterCircularBuffer";
    moodycamel::BlockingReaderWriterCircularBuffer<T> q{queues::capacity};
    void push(const T& v) { q.wait_enqueue(v); }
    void pop(T& v) { q.wait_dequeue(v); }
};
#endif
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
template <class T>
struct blocking_concurrent {
    static constexpr const char* name = "moodycamel::BlockingConcurrentQueue";
    moodycamel::BlockingConcurrentQueue<T> q{queues::capacity};
    void push(const T& v) { q.enqueue(v); }  // unbounded: it never waits
    void pop(T& v) { q.wait_dequeue(v); }
};
#endif
#if __has_include(<tbb/concurrent_queue.h>)
template <class T>
struct tbb_bounded {
    static constexpr const char* name = "tbb::concurrent_bounded_queue";
    tbb::concurrent_bounded_queue<T> q;
    tbb_bounded() { q.set_capacity(static_cast<std::ptrdiff_t>(queues::capacity)); }
    void push(const T& v) { q.push(v); }
    void pop(T& v) { q.pop(v); }
};
#endif

template <class Queue, class T, bool SameCore>
double one_by_one(std::uint64_t items, bool& whole) {
    const auto queue = std::make_unique<Queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) queue->push(T(i));
        },
        [&] {
            T v;
            for (std::uint64_t i = 0; i < items; ++i) {
                queue->pop(v);
                same = same && v.is(i);
            }
        },
        SameCore);
    whole = same;
    return ns;
}

template <class Queue, class T>
double batches(std::uint64_t items, bool& whole) {
    constexpr std::size_t size = 32;
    const auto queue = std::make_unique<Queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            std::vector<T> batch(size);
            for (std::uint64_t i = 0; i < items; i += size) {
                for (std::size_t k = 0; k < size; ++k) batch[k] = T(i + k);
                queue->push_all(batch);
            }
        },
        [&] {
            std::vector<T> batch(size);
            for (std::uint64_t i = 0; i < items;) {
                const std::size_t n = queue->pop_some(batch.data(), size);
                for (std::size_t k = 0; k < n; ++k) same = same && batch[k].is(i + k);
                i += n;
            }
        });
    whole = same;
    return ns;
}

template <class T>
void rows(bench::program& p, const std::string& size, std::uint64_t items, double own_goal) {
    using parked = typename waiting<weir::wait::adaptive>::template ours<T>;
    using adaptive = typename waiting<weir::wait::adaptive>::template ours<T>;
    using spinning = typename waiting<weir::wait::spin>::template ours<T>;
    const auto n = p.size(items, 16);
    const std::size_t runs = p.runs(11);
    {
        std::vector<queues::competitor> all{{"park", one_by_one<parked, T, false>},
                                            {"our own, spinning", one_by_one<spinning, T, false>}};
        queues::measure(all, runs, n);
        queues::add_row(p, size + ", one by one, park and spin", all, own_goal);
    }
    {
        std::vector<queues::competitor> all{{"batches of 32, park", batches<parked, T>},
                                            {"our own, spinning", batches<spinning, T>}};
        queues::measure(all, runs, 2 * n);
        queues::add_row(p, size + ", batches of 32, park and spin", all, bench::none);
    }
    const auto against = [&]<bool SameCore>(std::bool_constant<SameCore>, const std::string& name, double goal) {
        std::vector<queues::competitor> all{{adaptive::name, one_by_one<adaptive, T, SameCore>}};
#if __has_include(<readerwriterqueue/readerwritercircularbuffer.h>)
        all.push_back({circular<T>::name, one_by_one<circular<T>, T, SameCore>});
#endif
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
        all.push_back({blocking_concurrent<T>::name, one_by_one<blocking_concurrent<T>, T, SameCore>});
#endif
#if __has_include(<tbb/concurrent_queue.h>)
        all.push_back({tbb_bounded<T>::name, one_by_one<tbb_bounded<T>, T, SameCore>});
#endif
        queues::measure(all, runs, n / 2);
        queues::add_row(p, name, all, goal);
    };
    against(std::false_type{}, size + ", one by one, blocking", 5);
    against(std::true_type{}, size + ", one by one, blocking, both on one core", bench::none);
}

/// From just before the wake-up to the first instruction of the sleeper, in nanoseconds.
template <class Wake, class Sleep>
std::vector<double> wake_ups(std::size_t times, Wake wake, Sleep sleep) {
    std::vector<double> ns(times);
    std::atomic<double> called{0};
    std::atomic<std::size_t> asleep{0};
    static_cast<void>(queues::two_threads(
        [&] {
            for (std::size_t i = 1; i <= times; ++i) {
                while (asleep.load(std::memory_order_acquire) != i) queues::pause();
                const double until = bench::now_ns() + 50'000;  // by then it sleeps
                while (bench::now_ns() < until) queues::pause();
                called.store(bench::now_ns(), std::memory_order_release);
                wake(i);
            }
        },
        [&] {
            for (std::size_t i = 1; i <= times; ++i) {
                asleep.store(i, std::memory_order_release);
                sleep(i);
                ns[i - 1] = bench::now_ns() - called.load(std::memory_order_acquire);
            }
        }));
    return ns;
}

void waking(bench::program& p) {
    std::vector<double> ours, bare;
    const std::size_t times = p.size(2'000, 8);
    for (std::size_t round = 0; round < p.runs(11); ++round) {
        {
            weir::blocking<weir::spsc_ring<std::size_t>, weir::wait::park> q(16);
            const auto ns = wake_ups(
                times, [&](std::size_t i) { static_cast<void>(q.push(i)); },
                [&](std::size_t) { bench::keep(q.pop()); });
            ours.push_back(bench::summarize("", ns).median);
        }
        {
            weir::atomic<std::uint32_t> word{0};
            const auto ns = wake_ups(
                times,
                [&](std::size_t i) {
                    word.store(static_cast<std::uint32_t>(i), weir::memory_order_release);
                    weir::detail::futex_wake(word, 1);
                },
                [&](std::size_t i) {
                    while (word.load(weir::memory_order_acquire) != i) {
                        weir::detail::futex_sleep(word, static_cast<std::uint32_t>(i - 1), weir::detail::for_ever);
                    }
                });
            bare.push_back(bench::summarize("", ns).median);
        }
    }
    p.add("waking a sleeper, p50", "ns", bench::summarize("weir::blocking, park", ours),
          bench::summarize("a bare futex", bare), 1 / 1.4);
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("parking", argc, argv);
    rows<item<1>>(p, "8 B", 16'000'000, 0.75);
    rows<item<8>>(p, "64 B", 8'000'000, 0.45);
    waking(p);
    return p.finish();
}
