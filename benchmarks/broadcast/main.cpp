// SPDX-License-Identifier: BSL-1.0
// One writer, several readers that each read everything: gated (nobody loses a record) against Disruptor-cpp,
// overwriting (a slow reader is told what it missed) against MengRao's SPMCQueue. All threads yield while they wait;
// the payload of every record that a reader got is checked.
#include <weir/buffers/broadcast_ring.hpp>

#include "../support/queues.hpp"

#ifdef WEIR_HAS_DISRUPTOR
#include "Disruptor/ISequenceBarrier.h"
#include "Disruptor/RingBuffer.h"
#include "Disruptor/SingleProducerSequencer.h"
#include "Disruptor/YieldingWaitStrategy.h"
#endif
#if __has_include(<SPMC_Queue/SPMCQueue.h>)
#include <SPMC_Queue/SPMCQueue.h>
#endif

namespace {

using queues::item;

/// The writer on the first core, readers on the others in turn. `write` and `read(i)` until all is done.
template <class Write, class Read>
double one_to_many(std::size_t readers, Write write, Read read) {
    const std::vector<int> cores = bench::usable_cores();
    std::atomic<std::size_t> ready{0};
    const auto meet = [&](std::size_t core) {
        bench::pin_to(cores[core % cores.size()]);
        ready.fetch_add(1, std::memory_order_acq_rel);
        while (ready.load(std::memory_order_acquire) != readers + 2) std::this_thread::yield();
    };
    std::vector<std::thread> all;
    for (std::size_t i = 0; i < readers; ++i) {
        all.emplace_back([&, i] {
            meet(i + 1);
            read(i);
        });
    }
    all.emplace_back([&] {
        meet(0);
        write();
    });
    while (ready.load(std::memory_order_acquire) != readers + 1) std::this_thread::yield();
    const double start = bench::now_ns();
    ready.fetch_add(1, std::memory_order_acq_rel);
    for (std::thread& t : all) t.join();
    return bench::now_ns() - start;
}

template <class T, std::size_t Readers>
double gated(std::uint64_t items, bool& whole) {
    weir::broadcast_ring<T> ring(queues::capacity);
    using reader = decltype(ring.make_reader());
    std::vector<reader> readers;
    for (std::size_t i = 0; i < Readers; ++i) readers.push_back(ring.make_reader());
    std::atomic<bool> same{true};
    const double ns = one_to_many(
        Readers,
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                while (!ring.try_emplace(i)) std::this_thread::yield();
            }
        },
        [&](std::size_t r) {
            bool ok = true;
            T v;
            for (std::uint64_t i = 0; i < items; ++i) {
                while (!readers[r].try_pop(v)) std::this_thread::yield();
                ok = ok && v.is(i);
            }
            if (!ok) same = false;
        });
    whole = same;
    return ns;
}

#ifdef WEIR_HAS_DISRUPTOR
template <class T, std::size_t Readers>
double disruptor(std::uint64_t items, bool& whole) {
    const auto ring =
        Disruptor::RingBuffer<T>::createSingleProducer([] { return T(); }, static_cast<std::int32_t>(queues::capacity),
                                                       std::make_shared<Disruptor::YieldingWaitStrategy>());
    const auto barrier = ring->newBarrier();
    std::vector<std::shared_ptr<Disruptor::ISequence>> cursors;
    for (std::size_t i = 0; i < Readers; ++i) cursors.push_back(std::make_shared<Disruptor::Sequence>());
    ring->addGatingSequences(cursors);
    std::atomic<bool> same{true};
    const double ns = one_to_many(
        Readers,
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                const auto at = ring->next();
                (*ring)[at] = T(i);
                ring->publish(at);
            }
        },
        [&](std::size_t r) {
            bool ok = true;
            for (std::int64_t next = 0; next < static_cast<std::int64_t>(items);) {
                const std::int64_t available = barrier->waitFor(next);
                for (; next <= available; ++next) ok = ok && (*ring)[next].is(static_cast<std::uint64_t>(next));
                cursors[r]->setValue(available);
            }
            if (!ok) same = false;
        });
    whole = same;
    return ns;
}
#endif

/// A reader ends with the last record, which the writer repeats until all have it.
template <class T>
double overwriting(std::uint64_t items, bool& whole) {
    weir::broadcast_ring<T, weir::overwriting> ring(queues::capacity);
    auto reader = ring.make_reader();
    std::atomic<bool> done{false};
    bool same = true;
    const double ns = one_to_many(
        1,
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) ring.try_push(T(i));
            while (!done.load(std::memory_order_relaxed)) ring.try_push(T(items));
        },
        [&](std::size_t) {
            T v;
            std::uint64_t last = 0;
            do {
                while (!reader.try_pop(v)) {}
                same = same && v.is(v.word[0]) && v.word[0] >= last;
                last = v.word[0];
            } while (last != items);
            done.store(true, std::memory_order_relaxed);
        });
    whole = same;
    return ns;
}

#if __has_include(<SPMC_Queue/SPMCQueue.h>)
template <class T>
double mengrao(std::uint64_t items, bool& whole) {
    const auto ring = std::make_unique<SPMCQueue<T, queues::capacity>>();
    auto reader = ring->getReader();
    std::atomic<bool> done{false};
    bool same = true;
    const double ns = one_to_many(
        1,
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) ring->write([&](T& slot) { slot = T(i); });
            while (!done.load(std::memory_order_relaxed)) ring->write([&](T& slot) { slot = T(items); });
        },
        [&](std::size_t) {
            std::uint64_t last = 0;
            do {
                const T* v = nullptr;
                while ((v = reader.read()) == nullptr) {}
                const T copy = *v;  // nothing says whether it was overwritten meanwhile: its order is not checked
                last = copy.word[0];
            } while (last != items);
            done.store(true, std::memory_order_relaxed);
        });
    whole = same;
    return ns;
}
#endif

template <class T, std::size_t Readers>
void gated_row(bench::program& p, const std::string& size, std::uint64_t items, double goal) {
    std::vector<queues::competitor> all{{"weir::broadcast_ring", gated<T, Readers>}};
#ifdef WEIR_HAS_DISRUPTOR
    all.push_back({"Disruptor-cpp", disruptor<T, Readers>});
#endif
    queues::measure(all, p.runs(11), p.size(items, 8));
    queues::add_row(p, "gated, " + size + ", " + std::to_string(Readers) + (Readers == 1 ? " reader" : " readers"), all,
                    goal);
}

template <class T>
void overwriting_row(bench::program& p, const std::string& size, std::uint64_t items, double goal) {
    std::vector<queues::competitor> all{{"weir::broadcast_ring", overwriting<T>}};
#if __has_include(<SPMC_Queue/SPMCQueue.h>)
    all.push_back({"MengRao SPMCQueue", mengrao<T>});
#endif
    queues::measure(all, p.runs(11), p.size(items, 8));
    queues::add_row(p, "overwriting, " + size + ", 1 reader", all, goal, "of the writer");
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("broadcast", argc, argv);
    gated_row<item<1>, 1>(p, "8 B", 8'000'000, 4);
    gated_row<item<8>, 1>(p, "64 B", 4'000'000, 4);
    gated_row<item<1>, 2>(p, "8 B", 2'000'000, 20);
    gated_row<item<1>, 8>(p, "8 B", 1'000'000, bench::none);
    overwriting_row<item<1>>(p, "8 B", 8'000'000, bench::none);
    overwriting_row<item<8>>(p, "64 B", 4'000'000, 1.2);
    return p.finish();
}
