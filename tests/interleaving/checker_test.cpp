// SPDX-License-Identifier: BSL-1.0
// The checker itself: which outcomes of small programs it shows, and which mistakes it finds (reliability.md, T9 and
// T16).
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../support/catch.hpp"
#include "interleaving/futex.hpp"
#include "interleaving/membarrier.hpp"
#include "interleaving/model.hpp"
#include "interleaving/relax.hpp"
#include "interleaving/tracked.hpp"

namespace {

using namespace interleaving;
using weir::memory_order_acq_rel;
using weir::memory_order_acquire;
using weir::memory_order_relaxed;
using weir::memory_order_release;

/// What the threads of a small program share, new in each execution.
struct memory {
    weir::atomic<std::uint32_t> x{0};
    weir::atomic<std::uint32_t> y{0};
    weir::atomic<std::uint32_t> z{0};
    shared_cell<int> data;
    alignas(tracked<int>) std::byte slot[sizeof(tracked<int>)];
    std::array<unsigned, 4> r{};  // what was read, each below 4

    tracked<int>* record() { return reinterpret_cast<tracked<int>*>(slot); }
};

using body = void (*)(memory&);

std::array<body, max_threads> bodies;
body at_end = nullptr;
alignas(memory) std::byte storage[sizeof(memory)];
memory* running = nullptr;
std::array<bool, 256> shown;

unsigned code(const std::array<unsigned, 4>& r) { return r[0] + 4 * r[1] + 16 * r[2] + 64 * r[3]; }

program make(std::initializer_list<body> threads, body end = nullptr) {
    std::copy(threads.begin(), threads.end(), bodies.begin());
    at_end = end;
    shown.fill(false);
    return {"checker",
            "test",
            static_cast<int>(threads.size()),
            [] { running = std::construct_at(reinterpret_cast<memory*>(storage)); },
            [](int t) { bodies[static_cast<std::size_t>(t)](*running); },
            [] {
                if (at_end != nullptr) at_end(*running);
                shown[code(running->r)] = true;
                std::destroy_at(running);
            }};
}

constexpr std::uint64_t enough = 20'000;

/// The first failure of random schedules.
std::string random_failure(const program& p) {
    for (std::uint64_t seed = 0; seed < enough; ++seed) {
        if (std::string f = run_schedule(p, seed); !f.empty()) {
            CHECK(run_schedule(p, seed) == f);  // a seed tells the same story again
            return f;
        }
    }
    return {};
}

/// The outcomes of all schedules; the random ones show the same.
std::array<bool, 256> outcomes(const program& p) {
    const search_result all = search(p, 0);
    REQUIRE(all.failure == "");
    REQUIRE(all.complete);
    const std::array<bool, 256> searched = shown;
    shown.fill(false);
    REQUIRE(random_failure(p) == "");
    CHECK(shown == searched);
    return searched;
}
/// Both ways find that it fails.
std::string failure(const program& p) {
    const std::string found = search(p, 0).failure;
    CHECK(found != "");
    CHECK(random_failure(p) != "");
    return found;
}
bool has(const std::array<bool, 256>& o, std::array<unsigned, 4> r) { return o[code(r)]; }
bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("store buffering: release and acquire let both loads miss both stores") {
    const auto o = outcomes(make({[](memory& m) {
                                      m.x.store(1, memory_order_release);
                                      m.r[0] = m.y.load(memory_order_acquire);
                                  },
                                  [](memory& m) {
                                      m.y.store(1, memory_order_release);
                                      m.r[1] = m.x.load(memory_order_acquire);
                                  }}));
    CHECK(has(o, {0, 0}));
    CHECK(has(o, {0, 1}));
    CHECK(has(o, {1, 0}));
    CHECK(has(o, {1, 1}));
}

TEST_CASE("store buffering: read-modify-writes of one word in between order it") {
    const auto o = outcomes(make({[](memory& m) {
                                      m.x.store(1, memory_order_relaxed);
                                      m.z.fetch_add(0, memory_order_acq_rel);
                                      m.r[0] = m.y.load(memory_order_relaxed);
                                  },
                                  [](memory& m) {
                                      m.y.store(1, memory_order_relaxed);
                                      m.z.fetch_or(1, memory_order_acq_rel);
                                      m.r[1] = m.x.load(memory_order_relaxed);
                                  }}));
    CHECK_FALSE(has(o, {0, 0}));
    CHECK(has(o, {0, 1}));
    CHECK(has(o, {1, 0}));
    CHECK(has(o, {1, 1}));
}

TEST_CASE("message passing: either side relaxed is a race, release and acquire is none") {
    const body reader_acquire = [](memory& m) {
        if (m.x.load(memory_order_acquire) == 1) m.r[0] = 1 + static_cast<unsigned>(m.data.read());
    };
    const body reader_relaxed = [](memory& m) {
        if (m.x.load(memory_order_relaxed) == 1) m.r[0] = static_cast<unsigned>(m.data.read());
    };
    const body writer_release = [](memory& m) {
        m.data.write(1);
        m.x.store(1, memory_order_release);
    };
    const body writer_relaxed = [](memory& m) {
        m.data.write(1);
        m.x.store(1, memory_order_relaxed);
    };
    const auto o = outcomes(make({writer_release, reader_acquire}));
    CHECK(has(o, {0}));
    CHECK(has(o, {2}));
    CHECK_FALSE(has(o, {1}));
    CHECK(contains(failure(make({writer_relaxed, reader_acquire})), "data race"));
    CHECK(contains(failure(make({writer_release, reader_relaxed})), "data race"));
}

TEST_CASE("message passing by atomics: a relaxed load behind an acquire is bound, behind a relaxed one it is not") {
    const body writer = [](memory& m) {
        m.y.store(1, memory_order_relaxed);
        m.x.store(1, memory_order_release);
    };
    const auto bound = outcomes(make({writer, [](memory& m) {
                                          m.r[0] = m.x.load(memory_order_acquire);
                                          m.r[1] = m.y.load(memory_order_relaxed);
                                      }}));
    CHECK_FALSE(has(bound, {1, 0}));
    CHECK(has(bound, {0, 1}));
    const auto loose = outcomes(make({writer, [](memory& m) {
                                          m.r[0] = m.x.load(memory_order_relaxed);
                                          m.r[1] = m.y.load(memory_order_relaxed);
                                      }}));
    CHECK(has(loose, {1, 0}));
}

TEST_CASE("independent reads of independent writes: two readers may see two orders") {
    const auto o = outcomes(make({[](memory& m) { m.x.store(1, memory_order_release); },
                                  [](memory& m) { m.y.store(1, memory_order_release); },
                                  [](memory& m) {
                                      m.r[0] = m.x.load(memory_order_acquire);
                                      m.r[1] = m.y.load(memory_order_acquire);
                                  },
                                  [](memory& m) {
                                      m.r[2] = m.y.load(memory_order_acquire);
                                      m.r[3] = m.x.load(memory_order_acquire);
                                  }}));
    CHECK(has(o, {1, 0, 1, 0}));
    int different = 0;
    for (const bool seen : o) different += seen ? 1 : 0;
    CHECK(different == 16);
}

TEST_CASE("write to read causality goes through a third thread") {
    const auto o = outcomes(make({[](memory& m) { m.x.store(1, memory_order_release); },
                                  [](memory& m) {
                                      m.r[0] = m.x.load(memory_order_acquire);
                                      m.y.store(1, memory_order_release);
                                  },
                                  [](memory& m) {
                                      m.r[1] = m.y.load(memory_order_acquire);
                                      m.r[2] = m.x.load(memory_order_relaxed);
                                  }}));
    CHECK_FALSE(has(o, {1, 1, 0}));
    CHECK(has(o, {0, 1, 0}));
    CHECK(has(o, {1, 1, 1}));
}

TEST_CASE("one atomic goes forward for each reader, and for who comes after it") {
    const auto o = outcomes(make({[](memory& m) {
                                      m.x.store(1, memory_order_relaxed);
                                      m.x.store(2, memory_order_relaxed);
                                  },
                                  [](memory& m) {
                                      m.r[0] = m.x.load(memory_order_relaxed);
                                      m.y.store(1, memory_order_release);
                                  },
                                  [](memory& m) {
                                      m.r[1] = m.y.load(memory_order_acquire);
                                      m.r[2] = m.x.load(memory_order_relaxed);
                                      m.r[3] = m.x.load(memory_order_relaxed);
                                  }}));
    for (unsigned first = 0; first < 3; ++first) {
        for (unsigned second = 0; second < 3; ++second) {
            CHECK(has(o, {0, 0, first, second}) == (second >= first));
            CHECK(has(o, {1, 1, first, second}) == (first >= 1 && second >= first));
        }
    }
}

TEST_CASE("a release sequence goes on through read-modify-writes of others, not through stores") {
    const body writer = [](memory& m) {
        m.data.write(1);
        m.x.store(1, memory_order_release);
    };
    const body reader = [](memory& m) {
        if (m.x.load(memory_order_acquire) == 2) m.r[0] = static_cast<unsigned>(m.data.read());
    };
    const auto o = outcomes(make({writer,
                                  [](memory& m) {
                                      std::uint32_t one = 1;
                                      m.x.compare_exchange_strong(one, 2, memory_order_relaxed, memory_order_relaxed);
                                  },
                                  reader}));
    CHECK(has(o, {1}));
    CHECK(contains(failure(make({[](memory& m) {
                                     m.data.write(1);
                                     m.x.store(1, memory_order_release);
                                     m.x.store(2, memory_order_relaxed);
                                 },
                                 reader})),
                   "data race"));
}

TEST_CASE("read-modify-writes lose nothing; a compare-exchange that fails may have read an old value") {
    const body add = [](memory& m) { m.x.fetch_add(1, memory_order_relaxed); };
    const auto o = outcomes(make({add, add, add}, [](memory& m) { m.r[0] = m.x.load(memory_order_relaxed); }));
    CHECK(has(o, {3}));
    CHECK_FALSE(has(o, {2}));
    const auto old = outcomes(make({[](memory& m) {
                                        m.x.store(1, memory_order_relaxed);
                                        m.z.store(1, memory_order_relaxed);
                                    },
                                    [](memory& m) {
                                        m.r[0] = m.z.load(memory_order_relaxed);
                                        std::uint32_t expected = 3;
                                        const bool changed = m.x.compare_exchange_strong(
                                            expected, 2, memory_order_acq_rel, memory_order_relaxed);
                                        require(!changed, "changed");
                                        m.r[1] = expected;
                                    }}));
    CHECK(has(old, {1, 0}));
    CHECK(has(old, {1, 1}));
}

TEST_CASE("a weak compare-exchange may fail for nothing") {
    const auto o = outcomes(make({[](memory& m) {
        std::uint32_t expected = 0;
        m.r[0] = m.x.compare_exchange_weak(expected, 1, memory_order_relaxed, memory_order_relaxed) ? 1 : 0;
        m.r[1] = expected;
    }}));
    CHECK(has(o, {0, 0}));
    CHECK(has(o, {1, 0}));
}

TEST_CASE("records: a race, no construction, two, a use after destruction, none at all") {
    const body construct = [](memory& m) { std::construct_at(m.record(), 1); };
    const body nothing = [](memory&) {};
    const body at_last = [](memory& m) { std::destroy_at(m.record()); };
    CHECK(contains(failure(make({nothing, [](memory& m) { m.data.write(m.record()->get()); }})), "not there"));
    CHECK(contains(failure(make({[](memory& m) {
                                     std::construct_at(m.record(), 1);
                                     std::construct_at(m.record(), 2);
                                 },
                                 nothing})),
                   "over another"));
    CHECK(contains(failure(make({[](memory& m) {
                                     std::construct_at(m.record(), 1);
                                     std::destroy_at(m.record());
                                     std::destroy_at(m.record());
                                 },
                                 nothing})),
                   "destroyed that is not there"));
    CHECK(contains(failure(make({construct, nothing})), "never destroyed"));
    CHECK(failure(make({construct, [](memory& m) { m.record()->set(2); }}, at_last)) != "");
    CHECK(search(make({construct, nothing}, at_last), 0).failure == "");
}

TEST_CASE("plain data: two writes without an order are a race in whichever order they ran, two reads are none") {
    const body write = [](memory& m) { m.data.write(1); };
    const body read = [](memory& m) { m.r[0] = static_cast<unsigned>(m.data.read()); };
    CHECK(contains(failure(make({write, write})), "data race"));
    CHECK(contains(failure(make({read, write})), "data race"));
    CHECK(contains(failure(make({write, read})), "data race"));
    CHECK(search(make({read, read}), 0).failure == "");
}

TEST_CASE("atomics have a life") {
    using word = weir::atomic<std::uint32_t>;
    static word* made = nullptr;
    const body use = [](memory& m) {
        if (m.x.load(memory_order_acquire) != 0) m.r[0] = made->load(memory_order_relaxed);
    };
    CHECK(contains(failure(make({[](memory& m) {
                                     made = new word(1);
                                     m.x.store(1, memory_order_relaxed);
                                 },
                                 use})),
                   "construction by another thread"));
    CHECK(failure(make({[](memory& m) {
                            made = new word(1);
                            m.x.store(1, memory_order_release);
                            delete made;
                        },
                        use}))
          != "");
    CHECK(search(make({[](memory& m) {
                           made = new word(1);
                           m.x.store(1, memory_order_release);
                       },
                       use}),
                 0)
              .failure
          == "");
}

TEST_CASE("a null pointer that is followed, or a member of what would be there, is a failure and no crash") {
    using word = weir::atomic<std::uint32_t>;
    struct two {
        word first;
        word second;
    };
    static word* volatile made = nullptr;  // found before anybody has set it; the compiler must not know
    static two* volatile both = nullptr;
    const body nothing = [](memory&) {};
    const char* const said = "a null pointer is followed";
    CHECK(contains(failure(make({[](memory& m) { m.r[0] = made->load(memory_order_acquire); }, nothing})), said));
    CHECK(contains(failure(make({[](memory& m) {
                                     m.x.store(1, memory_order_release);
                                     both->second.store(1, memory_order_release);
                                 },
                                 nothing})),
                   said));
    CHECK(contains(failure(make({[](memory&) { made->fetch_add(1, memory_order_acq_rel); }, nothing})), said));
    // Only the schedules that come there: the pointer is set, or another thread was not yet seen to want it.
    CHECK(contains(failure(make({[](memory& m) { m.x.store(1, memory_order_release); },
                                 [](memory& m) {
                                     if (m.x.load(memory_order_acquire) == 1) {
                                         m.r[0] = made->load(memory_order_relaxed);
                                     }
                                 }})),
                   said));
    CHECK(search(make({[](memory& m) { m.x.store(1, memory_order_release); },
                       [](memory& m) {
                           if (m.x.load(memory_order_acquire) == 2) m.r[0] = made->load(memory_order_relaxed);
                       }}),
                 0)
              .failure
          == "");
}

TEST_CASE("a lost wake-up is found; a futex that compares loses none") {
    const body wake = [](memory& m) {
        m.x.store(1, memory_order_release);
        weir::detail::futex_wake(m.x, 1);
    };
    CHECK(search(make({[](memory& m) {
                           while (m.x.load(memory_order_acquire) == 0) weir::detail::futex_sleep(m.x, 0, -1);
                       },
                       wake}),
                 0)
              .failure
          == "");
    // Sleeps on a word that nobody changes.
    CHECK(contains(failure(make({[](memory& m) {
                                     if (m.x.load(memory_order_acquire) == 0) weir::detail::futex_sleep(m.y, 0, -1);
                                 },
                                 [](memory& m) {
                                     m.x.store(1, memory_order_release);
                                     weir::detail::futex_wake(m.y, 1);
                                 }})),
                   "lost wake-up"));
    // A deadline ends it.
    CHECK(search(make({[](memory& m) {
                           if (m.x.load(memory_order_acquire) == 0) weir::detail::futex_sleep(m.y, 0, 5);
                       },
                       wake}),
                 0)
              .failure
          == "");
}

TEST_CASE("a process barrier orders who stored before a compiler barrier, and nobody else") {
    const body slow = [](memory& m) {
        m.y.store(1, memory_order_relaxed);
        weir::detail::process_barrier();
        m.r[1] = m.x.load(memory_order_relaxed);
    };
    const body fast = [](memory& m) {
        m.x.store(1, memory_order_relaxed);
        weir::detail::compiler_barrier();
        m.r[0] = m.y.load(memory_order_relaxed);
    };
    CHECK_FALSE(has(outcomes(make({fast, slow})), {0, 0}));
    CHECK(has(outcomes(make({[](memory& m) {
                                 m.x.store(1, memory_order_relaxed);
                                 m.r[0] = m.y.load(memory_order_relaxed);
                             },
                             slow})),
              {0, 0}));
    CHECK(has(outcomes(make({fast,
                             [](memory& m) {
                                 m.y.store(1, memory_order_relaxed);
                                 m.r[1] = m.x.load(memory_order_relaxed);
                             }})),
              {0, 0}));
}

TEST_CASE("waiting without end is found, waiting for something that comes is none") {
    CHECK(contains(random_failure(make({[](memory& m) {
                                            while (m.x.load(memory_order_acquire) == 0) weir::detail::relax();
                                        },
                                        [](memory&) {}})),
                   "no end"));
    CHECK(random_failure(make({[](memory& m) {
                                   while (m.x.load(memory_order_acquire) == 0) weir::detail::relax();
                               },
                               [](memory& m) { m.x.store(1, memory_order_release); }}))
          == "");
}

TEST_CASE("independent steps are searched in one order") {
    const program p = make({[](memory& m) { m.x.store(1, memory_order_relaxed); },
                            [](memory& m) { m.y.store(1, memory_order_relaxed); },
                            [](memory& m) { m.z.store(1, memory_order_relaxed); }});
    CHECK(search(p, 0).schedules < 6);
}

TEST_CASE("a search bounded by preemptions has what needs so many, and not what needs more") {
    const auto turns = [](int preemptions) {
        // The second thread sees a 1 and, later, the first one's 2: it, or the other, is left in the middle.
        const program p =
            make({[](memory& m) {
                      m.x.store(1, memory_order_relaxed);
                      m.x.store(2, memory_order_relaxed);
                  },
                  [](memory& m) {
                      std::uint32_t one = 1;
                      m.r[0] = m.x.compare_exchange_strong(one, 3, memory_order_relaxed, memory_order_relaxed) ? 1 : 0;
                      m.y.store(1, memory_order_relaxed);
                      m.r[1] = m.x.fetch_add(0, memory_order_relaxed);
                  }});
        const search_result all = search(p, 0, preemptions);
        REQUIRE(all.failure == "");
        REQUIRE(all.complete);
        return shown;
    };
    CHECK_FALSE(has(turns(0), {1, 2}));
    CHECK_FALSE(has(turns(1), {1, 2}));
    CHECK(has(turns(1), {1, 3}));
    CHECK(has(turns(2), {1, 2}));
    CHECK(has(turns(-1), {1, 2}));
}

TEST_CASE("an order is weakened at its place alone, and comes back") {
    std::vector<call_site> sites;
    const program p = make({[](memory& m) {
                                m.data.write(1);
                                m.x.store(1, memory_order_release);
                                m.y.store(1, memory_order_release);
                            },
                            [](memory& m) {
                                if (m.x.load(memory_order_acquire) == 1) m.r[0] = static_cast<unsigned>(m.data.read());
                            }});
    collect_sites(&sites);
    static_cast<void>(search(p, 0));
    collect_sites(nullptr);
    REQUIRE(sites.size() == 3);
    int caught = 0;
    for (const call_site& s : sites) {
        weaken(&s, memory_order_relaxed);
        if (search(p, 0).failure != "") ++caught;
    }
    weaken(nullptr, memory_order_relaxed);
    CHECK(caught == 2);
    CHECK(search(p, 0).failure == "");
}
