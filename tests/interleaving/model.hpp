// SPDX-License-Identifier: BSL-1.0
// The interleaving checker's engine: threads are fibers, every atomic operation is a scheduling point, and each atomic
// remembers its last stores, so that a load may return any value that coherence and happens-before allow.
//
//   memory   C++20 release and acquire, relaxed, release sequences through read-modify-writes. The modification order
//            of an atomic is the order in which the stores were executed, so outcomes that need another one (2+2W, load
//            buffering) are not explored; seq_cst and fences are refused. The last 8 stores can be returned; one and
//            the same stale value at most 4 times in a row, so that waiting loops end.
//   races    plain accesses are compared by vector clocks: the order in which this schedule ran them does not matter.
//            They are told to the engine by `tracked`, `shared_cell` and the functions below; those of the headers
//            themselves by the compiler: what runs in a program is compiled with -fsanitize=thread and linked with the
//            engine in place of that run-time. A thread's accesses to its own stack are not looked at.
//   sleep    `futex_sleep` reads the newest value and orders nothing; it may wake early; a state where only sleepers
//            without a deadline are left is a lost wake-up.
//   barrier  `process_barrier` makes every store executed so far visible to every fiber; to one that has stored since
//            its last `compiler_barrier`, not before its next one. It is no happens-before.
//
// One execution = construct the program, run its threads, finish, destroy. Choices come from a seed (uniform, or PCT)
// or from a depth-first search with sleep sets. Nothing allocates per step; stacks are used again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

namespace interleaving {

inline constexpr int max_threads = 4;

/// Whether an execution is under way; outside one an atomic is a plain variable.
extern bool active;

// ---- For the atomics: `size` bytes at `at`, of which only the engine knows more than the newest value.
// -----------------
using place = std::source_location;

[[nodiscard]] std::uint64_t load(const void* at, std::size_t size, std::memory_order order, const place& where);
void store(void* at, std::size_t size, std::uint64_t value, std::memory_order order, const place& where);
/// Between the two nothing else runs.
[[nodiscard]] std::uint64_t begin_change(void* at, std::size_t size, std::memory_order order, const place& where);
void end_change(std::uint64_t value);
[[nodiscard]] bool compare_exchange(void* at, std::size_t size, std::uint64_t& expected, std::uint64_t desired,
                                    std::memory_order success, std::memory_order failure, bool weak,
                                    const place& where);
void atomic_constructed(void* at, std::size_t size, std::uint64_t value);
void atomic_destroyed(const void* at);

// ---- For waiting.
// ----------------------------------------------------------------------------------------------------
void futex_sleep(const void* at, std::uint64_t seen, bool timed);
void futex_wake(const void* at, int how_many);
void relax();
void process_barrier(const place& where);
void compiler_barrier(const place& where);

// ---- For the payload.
// ------------------------------------------------------------------------------------------------
void plain_read(const void* at);
void plain_write(const void* at);
void object_constructed(const void* at);
void object_destroyed(const void* at);
void object_read(const void* at);
void object_written(const void* at);

// ---- For programs.
// ---------------------------------------------------------------------------------------------------

/// Ends this execution as failed.
[[noreturn]] void fail(const char* what);
inline void require(bool holds, const char* what) {
    if (!holds) fail(what);
}
/// One of `[0, n)`, as this schedule has it.
[[nodiscard]] int choose(int n);
/// The running thread of the program.
[[nodiscard]] int this_thread() noexcept;

struct program {
    const char* structure;  // what is checked
    const char* name;       // how
    int threads;
    void (*setup)();
    void (*body)(int);
    void (*finish)();
};

/// A call of an atomic operation, as the headers have it.
struct call_site {
    std::string file;  // the name as compiled
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::memory_order order = std::memory_order_relaxed;  // the strongest seen
    const char* operation = "";

    [[nodiscard]] bool same_place(const call_site& o) const {
        return line == o.line && column == o.column && file == o.file;
    }
};

/// Executes with this seed: an even one uniform, an odd one PCT. Empty: nothing failed; else what did.
[[nodiscard]] std::string run_schedule(const program& p, std::uint64_t seed);

struct search_result {
    std::uint64_t schedules = 0;
    bool complete = false;
    std::string failure;
};
/// Depth first, all schedules and read choices; at most `limit` of them (0: no limit). With `preemptions`, those in
/// which a thread that could go on is left at most so many times; sleep sets, which would leave out some of these, are
/// not used then.
[[nodiscard]] search_result search(const program& p, std::uint64_t limit, int preemptions = -1);

/// From now on the operations at that place have this order; nullptr: none.
void weaken(const call_site* site, std::memory_order to);
/// Collects the call sites that executions go through into `sites`; nullptr: no more.
void collect_sites(std::vector<call_site>* sites);
/// Prints every step to standard error.
void trace(bool on);

}  // namespace interleaving
