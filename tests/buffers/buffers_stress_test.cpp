// SPDX-License-Identifier: BSL-1.0
// Every buffer for a while with a number of threads, also more than there are cores: each record's payload is checked,
// and at the end the writers' counts are compared with the readers' (reliability.md, T8). How long and with how many is
// data: 10 s with 4 threads under ThreadSanitizer; with WEIR_NIGHTLY 60 s each with 2, 4, 8 and 16; a short while in
// other builds. WEIR_STRESS_SECONDS and WEIR_STRESS_THREADS ask for others.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/broadcast_ring.hpp>
#include <weir/buffers/byte_ring.hpp>
#include <weir/buffers/in_slot_ring.hpp>
#include <weir/buffers/mpsc_ring.hpp>
#include <weir/buffers/shard_log.hpp>
#include <weir/buffers/spsc_ring.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "../support/catch.hpp"

#if defined(__SANITIZE_THREAD__)
#define WEIR_STRESS_RACES
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_STRESS_RACES
#endif
#endif

namespace {

struct load {
    double seconds;
    std::vector<unsigned> threads;
};

load the_load() {
    const bool nightly = std::getenv("WEIR_NIGHTLY") != nullptr;
#ifdef WEIR_STRESS_RACES
    load l{nightly ? 60.0 : 10.0, {4}};
#else
    load l{nightly ? 5.0 : 0.25, {4}};
#endif
    if (nightly) l.threads = {2, 4, 8, 16};
    if (const char* const s = std::getenv("WEIR_STRESS_SECONDS"); s != nullptr) l.seconds = std::atof(s);
    if (const char* const n = std::getenv("WEIR_STRESS_THREADS"); n != nullptr) {
        l.threads = {std::max(2U, static_cast<unsigned>(std::atoi(n)))};
    }
    return l;
}

/// When the writers stop. Asked now and then, by each for itself.
class while_it_lasts {
  public:
    explicit while_it_lasts(double seconds)
        : end_(std::chrono::steady_clock::now()
               + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds))) {}
    [[nodiscard]] bool go_on(std::uint64_t n) const { return n % 256 != 0 || std::chrono::steady_clock::now() < end_; }

  private:
    std::chrono::steady_clock::time_point end_;
};

/// Whose it is and its number there; the third word says both again. Trivially copyable, for every buffer.
struct entry {
    std::uint64_t source = 0;
    std::uint64_t number = 0;
    std::uint64_t seal = 0;

    entry() = default;
    entry(std::uint64_t from, std::uint64_t n) noexcept : source(from), number(n), seal(~(from * 31 + n)) {}
    [[nodiscard]] bool whole() const noexcept { return seal == ~(source * 31 + number); }
};

/// One reader's account: each source's records come whole, and in order without a gap.
struct account {
    std::vector<std::uint64_t> next;
    std::uint64_t bad = 0;
    std::uint64_t total = 0;

    explicit account(std::size_t sources = 1) : next(sources) {}
    void take(const entry& e) {
        ++total;
        bad += !e.whole() || e.source >= next.size() || e.number != next[e.source % next.size()]++;
    }
    /// Of one source, of whose records some were missed.
    void take(const entry& e, std::uint64_t missed) {
        next[0] += missed;
        take(e);
    }
};

void run_all(std::vector<std::function<void()>> bodies) {
    std::atomic<std::size_t> ready{0};
    std::vector<std::thread> threads;
    for (auto& body : bodies) {
        threads.emplace_back([&ready, &body, all = bodies.size()] {
            ready.fetch_add(1);
            while (ready.load() != all) std::this_thread::yield();
            body();
        });
    }
    for (std::thread& t : threads) t.join();
}

/// `test(threads, lasts)` for every number of threads asked for.
template <class Test>
void for_each_load(Test test) {
    const load l = the_load();
    for (const unsigned threads : l.threads) {
        INFO(threads << " threads");
        test(threads, while_it_lasts(l.seconds));
    }
}

/// Pairs of a writer and a reader, each with a ring of its own.
template <class Ring>
void pairs(unsigned threads, while_it_lasts lasts) {
    struct pair {
        Ring ring{64, weir::ring_start{UINT64_MAX - 1'000}};
        std::uint64_t written = 0;
        account read{1};
    };
    std::vector<std::unique_ptr<pair>> all;
    std::vector<std::function<void()>> bodies;
    for (unsigned i = 0; i < threads / 2; ++i) {
        pair& p = *all.emplace_back(std::make_unique<pair>());
        bodies.emplace_back([&p, lasts] {
            while (lasts.go_on(p.written)) {
                while (!p.ring.try_push(entry(0, p.written))) std::this_thread::yield();
                ++p.written;
            }
            p.ring.close();
        });
        bodies.emplace_back([&p] {
            entry e;
            while (!p.ring.drained()) {
                if (p.ring.try_pop(e)) {
                    p.read.take(e);
                } else {
                    std::this_thread::yield();
                }
            }
        });
    }
    run_all(bodies);
    for (const auto& p : all) {
        CHECK(p->read.bad == 0);
        CHECK(p->read.total == p->written);
        CHECK(p->written > 0);
    }
}

}  // namespace

TEST_CASE("stress: spsc_ring (T8)", "[buffers][threads]") { for_each_load(pairs<weir::spsc_ring<entry>>); }

TEST_CASE("stress: in_slot_ring (T8)", "[buffers][threads]") { for_each_load(pairs<weir::in_slot_ring<entry>>); }

TEST_CASE("stress: byte_ring (T8)", "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        struct pair {
            weir::byte_ring<> ring{4'096};
            std::uint64_t written = 0;
            account read{1};
        };
        // An entry, and behind it up to 160 bytes of its number.
        const auto length = [](std::uint64_t n) { return sizeof(entry) + n * 7 % 161; };
        std::vector<std::unique_ptr<pair>> all;
        std::vector<std::function<void()>> bodies;
        for (unsigned i = 0; i < threads / 2; ++i) {
            pair& p = *all.emplace_back(std::make_unique<pair>());
            bodies.emplace_back([&p, lasts, length] {
                for (; lasts.go_on(p.written); ++p.written) {
                    const std::size_t n = length(p.written);
                    auto room = p.ring.claim(n);
                    for (; !room; room = p.ring.claim(n)) {
                        p.ring.publish();
                        std::this_thread::yield();
                    }
                    const entry e(0, p.written);
                    std::memcpy(room->data(), &e, sizeof(e));
                    std::memset(room->data() + sizeof(e), static_cast<int>(p.written & 0x7fU), n - sizeof(e));
                    p.ring.wrote(n);
                    if (p.written % 3 == 0) p.ring.publish();
                }
                p.ring.close();
            });
            bodies.emplace_back([&p, length] {
                while (!p.ring.drained()) {
                    const auto record = p.ring.peek();
                    if (!record) {
                        std::this_thread::yield();
                        continue;
                    }
                    const std::uint64_t n = p.read.next[0];
                    p.read.bad += record->size() != length(n);
                    entry e;
                    std::memcpy(&e, record->data(), sizeof(e));
                    p.read.bad += std::any_of(record->begin() + sizeof(e), record->end(),
                                              [n](std::byte b) { return b != static_cast<std::byte>(n & 0x7fU); });
                    p.read.take(e);
                    p.ring.release();
                }
            });
        }
        run_all(bodies);
        for (const auto& p : all) {
            CHECK(p->read.bad == 0);
            CHECK(p->read.total == p->written);
            CHECK(p->written > 0);
        }
    });
}

TEST_CASE("stress: mpsc_ring, lanes that stay, lanes that come and go, and the shared one (T8)", "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        weir::mpsc_ring<entry> ring(64, {.start = {(UINT64_MAX >> 2U) - 1'000}});
        const unsigned writers = threads - 1;
        std::vector<std::uint64_t> written(writers);
        std::atomic<unsigned> left{writers};
        account read(writers);
        std::vector<std::function<void()>> bodies;
        for (unsigned w = 0; w < writers; ++w) {
            bodies.emplace_back([&, w] {
                std::uint64_t& n = written[w];
                const auto push_all = [&](auto& to) {
                    while (lasts.go_on(n)) {
                        while (!to.try_push(entry(w, n))) std::this_thread::yield();
                        ++n;
                    }
                };
                if (w % 3 == 2) {
                    push_all(ring);
                } else {
                    auto mine = ring.make_producer();
                    push_all(mine);
                }
                for (int i = 0; i < 100 && w % 3 == 1; ++i) static_cast<void>(ring.make_producer());
                if (left.fetch_sub(1) == 1) ring.close();
            });
        }
        bodies.emplace_back([&] {
            while (!ring.drained()) {
                const auto records = ring.peek();
                for (const entry& e : records) read.take(e);
                if (records.empty()) std::this_thread::yield();
                ring.release(records.size());
            }
        });
        run_all(bodies);
        CHECK(read.bad == 0);
        CHECK(read.next == written);
    });
}

TEST_CASE("stress: blocking<mpsc_ring>, threads that really sleep (T8)", "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        weir::blocking<weir::mpsc_ring<entry>, weir::wait::park> ring(8);
        const unsigned writers = threads - 1;
        std::vector<std::uint64_t> written(writers);
        std::atomic<unsigned> left{writers};
        account read(writers);
        std::vector<std::function<void()>> bodies;
        for (unsigned w = 0; w < writers; ++w) {
            bodies.emplace_back([&, w] {
                {
                    auto mine = ring.make_producer();
                    for (std::uint64_t& n = written[w]; lasts.go_on(n) && mine.push(entry(w, n));) ++n;
                }
                if (left.fetch_sub(1) == 1) ring.close();
            });
        }
        bodies.emplace_back([&] {
            while (const auto e = ring.pop()) read.take(*e);
        });
        run_all(bodies);
        CHECK(read.bad == 0);
        CHECK(read.next == written);
    });
}

TEST_CASE("stress: broadcast_ring, gated: each reader gets each record (T8)", "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        weir::broadcast_ring<entry> ring(64, weir::ring_start{UINT64_MAX - 1'000});
        std::uint64_t written = 0;
        std::vector<account> read(threads - 1);
        std::vector<decltype(ring.make_reader())> readers;
        for (unsigned r = 0; r + 1 < threads; ++r) readers.push_back(ring.make_reader());
        std::vector<std::function<void()>> bodies;
        bodies.emplace_back([&] {
            for (; lasts.go_on(written); ++written) {
                while (!ring.try_emplace(0U, written)) std::this_thread::yield();
            }
            ring.close();
        });
        for (unsigned r = 0; r + 1 < threads; ++r) {
            bodies.emplace_back([&, r] {
                entry e;
                while (!readers[r].drained()) {
                    if (readers[r].try_pop(e)) {
                        read[r].take(e);
                    } else {
                        std::this_thread::yield();
                    }
                }
            });
        }
        run_all(bodies);
        for (const account& a : read) {
            CHECK(a.bad == 0);
            CHECK(a.total == written);
        }
        CHECK(written > 0);
    });
}

TEST_CASE("stress: broadcast_ring, overwriting: what a reader gets is whole, and it knows what it missed (T8)",
          "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        weir::broadcast_ring<entry, weir::overwriting> ring(64, weir::ring_start{UINT64_MAX - 1'000});
        std::uint64_t written = 0;
        std::vector<account> read(threads - 1);
        std::vector<decltype(ring.make_reader())> readers;
        for (unsigned r = 0; r + 1 < threads; ++r) readers.push_back(ring.make_reader());
        std::vector<std::function<void()>> bodies;
        bodies.emplace_back([&] {
            for (; lasts.go_on(written); ++written) {
                if (!ring.try_emplace(0U, written)) break;
                if (written % 64 == 0) std::this_thread::yield();
            }
            ring.close();
        });
        for (unsigned r = 0; r + 1 < threads; ++r) {
            bodies.emplace_back([&, r] {
                entry e;
                std::uint64_t missed = 0;
                while (!readers[r].drained()) {
                    const bool got = readers[r].try_pop(e);
                    const std::uint64_t now = readers[r].missed();
                    if (got) {
                        read[r].take(e, now - missed);
                        missed = now;
                    } else {
                        std::this_thread::yield();
                    }
                }
                read[r].bad += read[r].total + readers[r].missed() != written;  // the writer closed before
            });
        }
        run_all(bodies);
        for (const account& a : read) CHECK(a.bad == 0);
        CHECK(written > 0);
    });
}

TEST_CASE("stress: shard_log, appended to from many threads, with readers that are overtaken (T8)",
          "[buffers][threads]") {
    for_each_load([](unsigned threads, while_it_lasts lasts) {
        weir::shard_log<entry> log(32, {.segments = 4}, {UINT64_MAX - 1'000});
        const unsigned writers = threads / 2;
        std::vector<std::uint64_t> written(writers);
        std::vector<std::uint64_t> bad(threads);
        std::atomic<unsigned> left{writers};
        std::vector<std::function<void()>> bodies;
        for (unsigned w = 0; w < writers; ++w) {
            bodies.emplace_back([&, w] {
                std::uint64_t last = 0;
                for (std::uint64_t& n = written[w]; lasts.go_on(n); ++n) {
                    const auto position = log.append(w, n);
                    bad[w] += !position || (n != 0 && static_cast<std::int64_t>(*position - last) <= 0);
                    if (!position) break;
                    last = *position;
                    if (n % 64 == 0) std::this_thread::yield();
                }
                if (left.fetch_sub(1) == 1) log.close();
            });
        }
        for (unsigned r = writers; r < threads; ++r) {
            bodies.emplace_back([&, r] {
                auto reader = log.make_reader(weir::log_start::oldest);
                std::vector<std::uint64_t> next(writers);
                const std::uint64_t start = reader.position();
                std::uint64_t total = 0;
                while (!reader.drained()) {
                    const auto records = reader.peek();
                    for (const entry& e : records) {
                        bad[r] += !e.whole() || e.source >= writers || e.number < next[e.source % writers];
                        next[e.source % writers] = e.number + 1;
                    }
                    total += records.size();
                    if (records.empty()) std::this_thread::yield();
                    reader.release(records.size());
                }
                bad[r] += total + reader.missed() != log.end_position() - start;
            });
        }
        run_all(bodies);
        CHECK(std::all_of(bad.begin(), bad.end(), [](std::uint64_t n) { return n == 0; }));
        std::uint64_t all = 0;
        for (const std::uint64_t n : written) all += n;
        CHECK(log.end_position() == UINT64_MAX - 1'000 + all);
    });
}
