// SPDX-License-Identifier: BSL-1.0
// One producer, one consumer, on two cores: items one by one, in batches, and read in place, against every queue found.
// Both sides wait with `pause`. The payload of every item is checked. First, how many instructions a push and a pop
// are.
#include "../support/queues.hpp"
#include "counted.hpp"

namespace {

using queues::item;

template <class Queue, class T>
double one_by_one(std::uint64_t items, bool& whole) {
    const auto queue = std::make_unique<Queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const T v(i);
                while (!queue->try_push(v)) queues::pause();
            }
        },
        [&] {
            T v;
            for (std::uint64_t i = 0; i < items; ++i) {
                while (!queue->try_pop(v)) queues::pause();
                same = same && v.is(i);
            }
        });
    whole = same;
    return ns;
}

template <class Queue, class T, std::size_t Batch>
double batches(std::uint64_t items, bool& whole) {
    const auto queue = std::make_unique<Queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            std::vector<T> batch(Batch);
            for (std::uint64_t i = 0; i < items;) {
                const std::size_t n = std::min<std::uint64_t>(Batch, items - i);
                for (std::size_t k = 0; k < n; ++k) batch[k] = T(i + k);
                for (std::size_t k = 0; k < n;) {
                    const std::size_t pushed = queue->push_some(batch.data() + k, n - k);
                    k += pushed;
                    if (pushed == 0) queues::pause();
                }
                i += n;
            }
        },
        [&] {
            std::vector<T> batch(Batch);
            for (std::uint64_t i = 0; i < items;) {
                const std::size_t n = queue->pop_some(batch.data(), Batch);
                for (std::size_t k = 0; k < n; ++k) same = same && batch[k].is(i + k);
                i += n;
                if (n == 0) queues::pause();
            }
        });
    whole = same;
    return ns;
}

template <class Queue, class T>
double in_place(std::uint64_t items, bool& whole) {
    const auto queue = std::make_unique<Queue>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const T v(i);
                while (!queue->try_push(v)) queues::pause();
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const std::size_t n = queue->read([&](const T& v) { same = same && v.is(i++); });
                if (n == 0) queues::pause();
            }
        });
    whole = same;
    return ns;
}

template <class T>
void rows(bench::program& p, const char* size, std::uint64_t items, double one_goal, double batch_goal,
          double large_goal, double place_goal) {
    const auto n = p.size(items, 16);
    const std::size_t runs = p.runs(11);
    const std::string name = size;
    {
        std::vector<queues::competitor> all{{queues::ours<T>::name, one_by_one<queues::ours<T>, T>}};
        queues::for_each_spsc_peer<T>([&]<class Q>() { all.push_back({Q::name, one_by_one<Q, T>}); });
        queues::measure(all, runs, n);
        queues::add_row(p, name + ", one by one", all, one_goal);
    }
    const auto batch_row = [&]<std::size_t Batch>(std::integral_constant<std::size_t, Batch>, double goal) {
        std::vector<queues::competitor> all{{queues::ours<T>::name, batches<queues::ours<T>, T, Batch>}};
        queues::for_each_spsc_peer<T>([&]<class Q>() {
            if constexpr (requires(Q& q, T* t) { q.push_some(t, 1); }) all.push_back({Q::name, batches<Q, T, Batch>});
        });
        queues::measure(all, runs, 2 * n);
        queues::add_row(p, name + ", batches of " + std::to_string(Batch), all, goal);
    };
    batch_row(std::integral_constant<std::size_t, 8>{}, bench::none);
    batch_row(std::integral_constant<std::size_t, 32>{}, batch_goal);
    batch_row(std::integral_constant<std::size_t, 256>{}, large_goal);
    {
        std::vector<queues::competitor> all{{queues::ours<T>::name, in_place<queues::ours<T>, T>}};
        queues::for_each_spsc_peer<T>([&]<class Q>() {
            if constexpr (requires(Q& q) { q.read([](const T&) {}); }) all.push_back({Q::name, in_place<Q, T>});
        });
        queues::measure(all, runs, n);
        queues::add_row(p, name + ", read in place", all, place_goal);
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("spsc", argc, argv);
    counted::rows<item<1>>(p, "8 B");
    rows<item<1>>(p, "8 B", 16'000'000, 1.4, 1.4, 0.95, 1.0);
    rows<item<8>>(p, "64 B", 8'000'000, 1.8, 1.2, 1.05, 1.0);
    rows<item<32>>(p, "256 B", 2'000'000, bench::none, bench::none, bench::none, bench::none);
    return p.finish();
}
