// SPDX-License-Identifier: BSL-1.0
#include "interleaving/model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "interleaving/fiber.hpp"

#if defined(__x86_64__)
asm(R"(
    .text
    .globl weir_interleaving_switch
    .type weir_interleaving_switch, @function
weir_interleaving_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size weir_interleaving_switch, .-weir_interleaving_switch
)");
#endif

namespace {

// What a program allocates within an execution comes from here and is gone with it: no execution pays for the heap, a
// failed one leaks nothing, and no address comes twice.
constexpr std::size_t arena_size = std::size_t{1} << 20;
alignas(4096) std::byte arena[arena_size];
std::size_t arena_used = 0;
bool arena_on = false;

void* allocate(std::size_t size, std::size_t alignment) {
    if (arena_on) {
        const std::size_t first = (arena_used + alignment - 1) & ~(alignment - 1);
        if (first + size > arena_size) throw std::bad_alloc();
        arena_used = first + size;
        return arena + first;
    }
    void* const p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (p == nullptr) throw std::bad_alloc();
    return p;
}
void deallocate(void* p) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    const auto begin = reinterpret_cast<std::uintptr_t>(arena);
    if (at < begin || at >= begin + arena_size) std::free(p);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, std::max(static_cast<std::size_t>(alignment), sizeof(void*)));
}
void operator delete(void* p) noexcept { deallocate(p); }
void operator delete(void* p, std::size_t) noexcept { deallocate(p); }
void operator delete(void* p, std::align_val_t) noexcept { deallocate(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { deallocate(p); }

namespace interleaving {

bool active = false;

namespace {

/// The engine's own memory outlives executions.
class outside_arena {
  public:
    outside_arena() noexcept { arena_on = false; }
    outside_arena(const outside_arena&) = delete;
    outside_arena& operator=(const outside_arena&) = delete;
    ~outside_arena() { arena_on = was_; }

  private:
    const bool was_ = arena_on;
};

constexpr int owner_thread = max_threads;  // sets up and finishes, ordered with everything
constexpr std::uint32_t never = ~std::uint32_t{0};
constexpr std::uint32_t kept = 8;            // stores that an atomic remembers
constexpr std::uint32_t stale_in_a_row = 3;  // how often one stale value may come again
constexpr int most_steps = 4000;
constexpr int pct_changes = 3;
constexpr std::uint32_t pct_length = 40;

using clock = std::array<std::uint32_t, max_threads>;

void join(clock& into, const clock& other) noexcept {
    for (std::size_t i = 0; i < max_threads; ++i) into[i] = std::max(into[i], other[i]);
}
/// Whether an event that thread u noted at `seen[u]`, for any u, happens before `now`.
bool happened(const clock& seen, const clock& now) noexcept {
    bool any = false;
    for (std::size_t i = 0; i < max_threads; ++i) any |= seen[i] <= now[i];
    return any;
}

struct store_record {
    std::uint64_t value;
    int writer;     // owner_thread: ordered with everything
    clock release;  // what an acquire of it brings
    clock seen;     // when each thread first wrote or read it
};

struct location {
    std::uint32_t count;  // stores so far; the last `kept` are in `stores`
    int constructed_by;   // or -1: ordered with everything
    std::uint32_t constructed_at;
    bool alive;
    clock used;                                            // the last use by each thread
    std::array<std::uint32_t, max_threads> least;          // a barrier made this one visible
    std::array<std::uint32_t, max_threads> least_pending;  // at the next compiler barrier
    std::array<std::uint32_t, max_threads> last_read;
    std::array<std::uint32_t, max_threads> repeats;
    std::array<store_record, kept> stores;

    store_record& at(std::uint32_t index) noexcept { return stores[index % kept]; }
};

struct cell {
    enum class phase : std::uint8_t { plain, alive, dead };
    phase state;
    bool written;
    int writer;
    std::uint32_t written_at;
    clock read_at;
};

/// Addresses of one execution. Cleared by a new generation.
template <class Entry, std::size_t Entries>
class by_address {
  public:
    void clear() noexcept {
        used_ = 0;
        ++generation_;
    }
    Entry* find(const void* at) noexcept {
        const slot& s = probe(at);
        return s.generation == generation_ ? &entries_[s.entry] : nullptr;
    }
    Entry& make(const void* at) {
        slot& s = probe(at);
        if (s.generation != generation_) {
            if (used_ == Entries) {
                std::fprintf(stderr, "interleaving: too many shared objects in one execution\n");
                std::abort();
            }
            s = {at, generation_, used_++};
        }
        return entries_[s.entry];
    }
    std::uint32_t size() const noexcept { return used_; }
    Entry& operator[](std::uint32_t i) noexcept { return entries_[i]; }

  private:
    struct slot {
        const void* at = nullptr;
        std::uint64_t generation = 0;
        std::uint32_t entry = 0;
    };
    slot& probe(const void* at) noexcept {
        std::size_t i = (reinterpret_cast<std::uintptr_t>(at) * 0x9e3779b97f4a7c15U) >> (64 - bits);
        while (slots_[i].generation == generation_ && slots_[i].at != at) i = (i + 1) % slots_.size();
        return slots_[i];
    }
    static constexpr int bits = std::bit_width(Entries * 4 - 1);
    std::array<slot, std::size_t{1} << bits> slots_{};
    std::array<Entry, Entries> entries_{};
    std::uint64_t generation_ = 1;
    std::uint32_t used_ = 0;
};

/// What a fiber is about to do, for the independence of steps.
struct intention {
    const void* at = nullptr;  // nullptr: something that depends on everything
    bool writes = true;
};

struct fiber {
    fiber_context context;
    clock now{};
    intention next;
    const void* sleeps_on = nullptr;
    bool timed = false;
    bool fresh = true;          // the context must be started
    bool dirty = false;         // has stored since its last compiler barrier
    std::uint32_t settled = 0;  // stores before this one came before that barrier
    int priority = 0;
};

struct choice {
    bool schedule;
    std::uint8_t chosen;
    std::uint8_t n;  // of a value
    std::uint8_t enabled;
    std::uint8_t asleep;
    std::uint8_t tried;
};

constexpr unsigned bit(int t) noexcept { return 1U << t; }
constexpr bool acquires(std::memory_order o) noexcept {
    return o == std::memory_order_acquire || o == std::memory_order_acq_rel;
}
constexpr bool releases(std::memory_order o) noexcept {
    return o == std::memory_order_release || o == std::memory_order_acq_rel;
}
const char* name_of(std::memory_order o) noexcept {
    switch (o) {
    case std::memory_order_relaxed:
        return "relaxed";
    case std::memory_order_acquire:
        return "acquire";
    case std::memory_order_release:
        return "release";
    case std::memory_order_acq_rel:
        return "acq_rel";
    default:
        return "?";
    }
}
const char* base_name(const char* path) noexcept {
    const char* slash = std::strrchr(path, '/');
    return slash == nullptr ? path : slash + 1;
}

void run_fiber();

class engine {
  public:
    // ---- Executions. -----------------------------------------------------------------------------------------------
    void execute(const program& p) {
        program_ = &p;
        locations_.clear();
        cells_.clear();
        alive_ = 0;
        steps_ = 0;
        failure_[0] = '\0';
        spurious_left_ = 1;
        barrier_seen_ = false;
        asleep_ = 0;
        free_run_ = false;
        depth_ = 0;
        preemptions_ = 0;
        ready_ = 0;
        blocked_ = 0;
        for (int t = 0; t < p.threads; ++t) {
            fiber& f = fibers_[static_cast<std::size_t>(t)];
            f.now = {};
            f.now[static_cast<std::size_t>(t)] = 1;
            f.next = {};
            f.sleeps_on = nullptr;
            f.dirty = false;
            f.settled = 0;
        }
        fibers_[owner_thread].now.fill(never - 1);
        if (pct_) draw_priorities();

        active = true;
        arena_used = 0;
        arena_on = true;
        phase_ = phase::set_up;
        enter(owner_thread);
        if (failed()) return end();
        phase_ = phase::starting;  // each up to its first step
        for (int t = 0; t < p.threads; ++t) {
            ready_ |= bit(t);
            enter(t);
            if (failed()) return end();
        }
        phase_ = phase::running;
        if (const int first = pick(-1); first >= 0) {
            enter(first);
            if (failed()) return end();
        }
        phase_ = phase::finishing;
        enter(owner_thread);
        if (!failed() && alive_ != 0) std::strcpy(failure_, "records were never destroyed");
        end();
    }
    [[nodiscard]] const char* failure() const noexcept { return failure_; }

    void fiber_main() {
        for (;;) {
            try {
                if (current_ == owner_thread) {
                    phase_ == phase::set_up ? program_->setup() : program_->finish();
                } else {
                    program_->body(current_);
                }
            } catch (const std::exception& e) {
                fail((std::string("exception: ") + e.what()).c_str());
            } catch (...) {
                fail("exception");
            }
            finished();
        }
    }

    [[noreturn]] void fail(const char* what) {
        std::snprintf(failure_, sizeof failure_, "%s", what);
        if (trace_) std::fprintf(stderr, "  thread %d: FAILED: %s\n", current_, what);
        // Suspended frames are given up; every stack starts anew.
        for (fiber& f : fibers_) f.fresh = true;
        change_to(main_);
        std::abort();
    }

    // ---- Choices. --------------------------------------------------------------------------------------------------
    void seed(std::uint64_t s) noexcept {
        pct_ = (s & 1) != 0;
        random_ = s * 0x9e3779b97f4a7c15U + 0x2545f4914f6cdd1dU;
        static_cast<void>(random());
    }
    void depth_first(bool on, int preemptions = -1) {
        most_preemptions_ = preemptions;
        depth_first_ = on;
        if (on) pct_ = false;
        path_.clear();
    }
    /// Whether there is another schedule to search.
    bool backtrack() {
        while (!path_.empty()) {
            choice& c = path_.back();
            if (c.schedule) {
                c.tried = static_cast<std::uint8_t>(c.tried | bit(c.chosen));
                const unsigned left = c.enabled & ~unsigned{c.asleep} & ~unsigned{c.tried};
                if (left != 0) {
                    c.chosen = static_cast<std::uint8_t>(std::countr_zero(left));
                    return true;
                }
            } else if (c.chosen + 1 < c.n) {
                ++c.chosen;
                return true;
            }
            path_.pop_back();
        }
        return false;
    }
    int choose(int n) {
        if (n <= 1) return 0;
        if (!depth_first_) return static_cast<int>((std::uint64_t{random()} * static_cast<std::uint32_t>(n)) >> 32);
        if (free_run_) return 0;
        if (depth_ == path_.size()) extend({false, 0, static_cast<std::uint8_t>(n), 0, 0, 0});
        return path_[depth_++].chosen;
    }

    // ---- Atomics. --------------------------------------------------------------------------------------------------
    std::uint64_t load(const void* at, std::size_t size, std::memory_order order, const place& where) {
        if (watched_) order = look_at(where, order, "load");
        point({at, false});
        location& l = use(at, size);
        const std::uint32_t index = visible(l);
        const std::uint64_t value = read(l, index, order);
        if (trace_) say("load", at, order, where, value, l.count - 1 - index);
        tick();
        return value;
    }
    void store(void* at, std::size_t size, std::uint64_t value, std::memory_order order, const place& where) {
        if (watched_) order = look_at(where, order, "store");
        point({at, true});
        location& l = use(at, size);
        append(l, value, releases(order) ? now() : clock{});
        std::memcpy(at, &value, size);
        if (current_ != owner_thread) fibers_[here()].dirty = true;
        if (trace_) say("store", at, order, where, value, 0);
        tick();
    }
    std::uint64_t begin_change(void* at, std::size_t size, std::memory_order order, const place& where) {
        if (watched_) order = look_at(where, order, "read-modify-write");
        point({at, true});
        location& l = use(at, size);
        changing_ = &l;
        changing_order_ = order;
        changing_at_ = at;
        changing_size_ = size;
        const std::uint64_t value = read(l, l.count - 1, order);
        if (trace_) say("change", at, order, where, value, 0);
        return value;
    }
    void end_change(std::uint64_t value) {
        location& l = *changing_;
        clock release = l.at(l.count - 1).release;  // a release sequence goes on
        if (releases(changing_order_)) join(release, now());
        append(l, value, release);
        std::memcpy(changing_at_, &value, changing_size_);
        if (current_ != owner_thread) fibers_[here()].dirty = true;
        if (trace_) std::fprintf(stderr, "            to %llx\n", static_cast<unsigned long long>(value));
        tick();
        // The compiler moves nothing up past an acquire nor down past a release.
        if (changing_order_ == std::memory_order_acq_rel && current_ != owner_thread) settle();
    }
    bool compare_exchange(void* at, std::size_t size, std::uint64_t& expected, std::uint64_t desired,
                          std::memory_order success, std::memory_order failure, bool weak, const place& where) {
        if (watched_) {
            success = look_at(where, success, "compare-exchange");
            failure = look_at(where, failure, "compare-exchange");
        }
        point({at, true});
        location& l = use(at, size);
        // It may fail on an older value, where there is one that differs.
        const std::uint32_t newest = l.count - 1;
        std::uint32_t index = visible(l);
        while (index != newest && l.at(index).value == expected) ++index;
        const bool spurious = weak && index == newest && l.at(newest).value == expected && unlikely();
        if (index == newest && l.at(newest).value == expected && !spurious) {
            changing_ = &l;
            changing_order_ = success;
            changing_at_ = at;
            changing_size_ = size;
            static_cast<void>(read(l, newest, success));
            if (trace_) say("exchanged", at, success, where, expected, 0);
            end_change(desired);
            return true;
        }
        expected = read(l, index, failure);
        if (trace_) say("not exchanged", at, failure, where, expected, newest - index);
        tick();
        return false;
    }
    void atomic_constructed(void* at, std::size_t size, std::uint64_t value) {
        std::memcpy(at, &value, size);
        location& l = locations_.make(at);
        first_store(l, value);
        if (current_ != owner_thread) {
            l.constructed_by = current_;
            l.constructed_at = now()[here()];
            l.at(0).seen.fill(never);
            l.at(0).seen[here()] = l.constructed_at;
            l.at(0).writer = current_;
            tick();
        }
    }
    void atomic_destroyed(const void* at) {
        location* l = locations_.find(at);
        if (l == nullptr) return;
        if (!l->alive) fail("an atomic is destroyed twice");
        if (current_ != owner_thread) {
            for (std::size_t u = 0; u < max_threads; ++u) {
                if (l->used[u] > now()[u])
                    fail("data race: an atomic is destroyed, a use by another thread is not "
                         "before it");
            }
        }
        l->alive = false;
    }

    // ---- Waiting. --------------------------------------------------------------------------------------------------
    void futex_sleep(const void* at, std::uint64_t seen, bool timed) {
        point({});
        location& l = use(at, sizeof(std::uint32_t));
        if (l.at(l.count - 1).value != seen) {
            if (trace_) std::fprintf(stderr, "  thread %d: does not sleep on %p\n", current_, at);
            return;
        }
        if (unlikely()) {
            if (trace_) std::fprintf(stderr, "  thread %d: wakes early on %p\n", current_, at);
            return;
        }
        if (trace_) std::fprintf(stderr, "  thread %d: sleeps on %p\n", current_, at);
        fiber& f = fibers_[here()];
        f.sleeps_on = at;
        f.timed = timed;
        f.next = {};
        ready_ &= ~bit(current_);
        blocked_ |= bit(current_);
        const int next = pick(current_);
        if (next == current_) return;  // timed out at once
        change_fiber(next);
    }
    void futex_wake(const void* at, int how_many) {
        point({});
        unsigned sleepers = 0;
        for (int t = 0; t < program_->threads; ++t) {
            if ((blocked_ & bit(t)) != 0 && fibers_[static_cast<std::size_t>(t)].sleeps_on == at) sleepers |= bit(t);
        }
        if (trace_) std::fprintf(stderr, "  thread %d: wakes %x of %p\n", current_, sleepers, at);
        while (sleepers != 0 && how_many > 0) {
            unsigned left = sleepers;
            const int n = std::popcount(sleepers);
            for (int skip = how_many < n ? choose(n) : 0; skip > 0; --skip) left &= left - 1;
            const int t = std::countr_zero(left);
            awake(t);
            sleepers &= ~bit(t);
            --how_many;
        }
    }
    void relax() {
        if (current_ == owner_thread) return;
        relaxing_ = true;
        point({});
        relaxing_ = false;
    }
    void process_barrier(const place& where) {
        point({});
        if (is_left_out(where, "process barrier")) return;
        if (trace_) std::fprintf(stderr, "  thread %d: process barrier\n", current_);
        barrier_seen_ = true;
        for (std::uint32_t i = 0; i < locations_.size(); ++i) {
            location& l = locations_[i];
            for (int t = 0; t < program_->threads; ++t) {
                // A store may sink, and a load rise, up to the next compiler barrier of its thread.
                const std::size_t u = static_cast<std::size_t>(t);
                std::uint32_t newest = l.count - 1;
                while (newest > 0 && newest + kept > l.count && !is_settled(l.at(newest), t)) --newest;
                l.least_pending[u] = newest;
                if (t == current_ || !fibers_[u].dirty) l.least[u] = std::max(l.least[u], newest);
            }
        }
    }
    void compiler_barrier(const place& where) {
        if (current_ == owner_thread || is_left_out(where, "compiler barrier")) return;
        settle();
    }
    void settle() {
        fiber& f = fibers_[here()];
        if (!f.dirty) return;
        f.dirty = false;
        f.settled = now()[here()];
        if (!barrier_seen_) return;
        for (std::uint32_t i = 0; i < locations_.size(); ++i) {
            location& l = locations_[i];
            l.least[here()] = std::max(l.least[here()], l.least_pending[here()]);
        }
    }

    // ---- Payload. --------------------------------------------------------------------------------------------------
    /// Told by the compiler.
    void accessed(const void* at, bool write) {
        refuse_nothing(at);
        if (fibers_[here()].context.owns(at)) return;
        cell& c = cells_.make_cell(at);
        write ? check_write(c) : check_read(c);
    }
    void plain_read(const void* at) { check_read(cells_.make_cell(at)); }
    void plain_write(const void* at) { check_write(cells_.make_cell(at)); }
    void object_constructed(const void* at) {
        cell& c = cells_.make_cell(at);
        if (c.state == cell::phase::alive) fail("a record is constructed over another");
        c.state = cell::phase::alive;
        ++alive_;
        check_write(c);
    }
    void object_destroyed(const void* at) {
        cell& c = living(at, "a record is destroyed that is not there");
        check_write(c);
        c.state = cell::phase::dead;
        --alive_;
    }
    void object_read(const void* at) { check_read(living(at, "a record is read that is not there")); }
    void object_written(const void* at) { check_write(living(at, "a record is written that is not there")); }

    // ---- Call sites. -----------------------------------------------------------------------------------------------
    void weaken(const call_site* site, std::memory_order to) noexcept {
        weak_site_ = site;
        weak_order_ = to;
        watched_ = weak_site_ != nullptr || sites_ != nullptr;
    }
    void collect(std::vector<call_site>* sites) noexcept {
        sites_ = sites;
        watched_ = weak_site_ != nullptr || sites_ != nullptr;
    }
    void trace(bool on) noexcept { trace_ = on; }
    [[nodiscard]] int current() const noexcept { return current_; }

  private:
    enum class phase : std::uint8_t { set_up, starting, running, finishing };

    struct cell_table : by_address<cell, 4096> {
        cell& make_cell(const void* at) {
            const std::uint32_t before = size();
            cell& c = make(at);
            if (size() != before) c = {cell::phase::plain, false, -1, 0, {}};
            return c;
        }
    };

    [[nodiscard]] bool failed() const noexcept { return failure_[0] != '\0'; }
    [[nodiscard]] std::size_t here() const noexcept { return static_cast<std::size_t>(current_); }
    [[nodiscard]] clock& now() noexcept { return fibers_[here()].now; }
    void tick() noexcept {
        if (current_ != owner_thread) ++now()[here()];
    }
    std::uint32_t random() noexcept {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return static_cast<std::uint32_t>(random_ >> 32);
    }
    /// Something that may happen once in an execution, rarely.
    bool unlikely() {
        if (spurious_left_ == 0 || current_ == owner_thread) return false;
        const bool yes = depth_first_ ? choose(2) == 1 : (random() & 15U) == 0;
        if (yes) --spurious_left_;
        return yes;
    }
    void draw_priorities() noexcept {
        const int n = program_->threads;
        for (int t = 0; t < n; ++t) fibers_[static_cast<std::size_t>(t)].priority = 1000 + t;
        for (int t = n - 1; t > 0; --t) {
            std::swap(fibers_[static_cast<std::size_t>(t)].priority,
                      fibers_[static_cast<std::size_t>(choose(t + 1))].priority);
        }
        for (int& c : changes_) c = choose(pct_length);
        lowest_ = 0;
    }

    // ---- Scheduling. -----------------------------------------------------------------------------------------------
    void end() noexcept { active = arena_on = false; }
    void enter(int t) {
        fiber& f = fibers_[static_cast<std::size_t>(t)];
        current_ = t;
        if (f.fresh) {
            const outside_arena guard;
            f.context.start(run_fiber);
            f.fresh = false;
        }
        fiber_context::change(main_, f.context);
    }
    void change_to(fiber_context& to) { fiber_context::change(fibers_[here()].context, to); }
    void change_fiber(int t) {
        fiber_context& from = fibers_[here()].context;
        current_ = t;
        fiber_context::change(from, fibers_[static_cast<std::size_t>(t)].context);
    }
    void finished() {
        if (phase_ == phase::set_up || phase_ == phase::finishing) return change_to(main_);
        ready_ &= ~bit(current_);
        if (phase_ == phase::starting) return change_to(main_);
        const int next = pick(-1);
        if (next < 0) return change_to(main_);
        change_fiber(next);
    }
    void awake(int t) noexcept {
        fibers_[static_cast<std::size_t>(t)].sleeps_on = nullptr;
        blocked_ &= ~bit(t);
        ready_ |= bit(t);
    }
    /// Before every step.
    void point(intention next) {
        if (current_ == owner_thread) return;
        fibers_[here()].next = next;
        if (phase_ == phase::starting) return change_to(main_);
        if (++steps_ > most_steps) fail("no end: the threads go round and round");
        const int t = pick(current_);
        if (t != current_) change_fiber(t);
    }
    static bool independent(const intention& a, const intention& b) noexcept {
        return a.at != nullptr && b.at != nullptr && (a.at != b.at || (!a.writes && !b.writes));
    }
    /// Who goes on; -1: all have ended.
    int pick(int from) {
        if (blocked_ != 0) {
            // A deadline comes when nothing else happens, or now and then.
            for (int t = 0; t < program_->threads; ++t) {
                if ((blocked_ & bit(t)) == 0 || !fibers_[static_cast<std::size_t>(t)].timed) continue;
                if (ready_ == 0 || (!depth_first_ && (random() & 31U) == 0)) awake(t);
            }
        }
        if (ready_ == 0) {
            if (blocked_ == 0) return -1;
            fail("lost wake-up: only sleepers are left");
        }
        unsigned from_these = ready_;
        if (relaxing_ && (ready_ & ~bit(from)) != 0) from_these &= ~bit(from);
        if (depth_first_) return pick_depth_first(from, from_these);
        if (pct_) return pick_by_priority(from, from_these);
        if ((from_these & (from_these - 1)) == 0) return std::countr_zero(from_these);
        for (int skip = choose(std::popcount(from_these)); skip > 0; --skip) from_these &= from_these - 1;
        return std::countr_zero(from_these);
    }
    int pick_by_priority(int from, unsigned from_these) {
        if (from >= 0) {
            fiber& f = fibers_[static_cast<std::size_t>(from)];
            if (relaxing_) f.priority = --lowest_;
            for (const int c : changes_) {
                if (steps_ == c) f.priority = --lowest_;
            }
        }
        int best = std::countr_zero(from_these);
        for (unsigned left = from_these & (from_these - 1); left != 0; left &= left - 1) {
            const int t = std::countr_zero(left);
            if (fibers_[static_cast<std::size_t>(t)].priority > fibers_[static_cast<std::size_t>(best)].priority)
                best = t;
        }
        return best;
    }
    void extend(const choice& c) {
        const outside_arena guard;
        path_.push_back(c);
    }
    int pick_depth_first(int from, unsigned from_these) {
        const bool could_go_on = from >= 0 && (from_these & bit(from)) != 0;
        if (could_go_on && preemptions_ == most_preemptions_) from_these = bit(from);
        const unsigned allowed = from_these & ~asleep_;
        if (free_run_ || allowed == 0) {
            free_run_ = true;  // explored elsewhere; to its end, without choices
            return could_go_on ? from : std::countr_zero(from_these);
        }
        if (depth_ == path_.size()) {
            const int first = from >= 0 && (allowed & bit(from)) != 0 ? from : std::countr_zero(allowed);
            extend({true, static_cast<std::uint8_t>(first), 0, static_cast<std::uint8_t>(from_these),
                    static_cast<std::uint8_t>(asleep_), 0});
        }
        const choice c = path_[depth_++];
        if (could_go_on && c.chosen != from) ++preemptions_;
        if (most_preemptions_ >= 0) return c.chosen;
        unsigned asleep = 0;
        for (unsigned left = (unsigned{c.asleep} | c.tried) & ~bit(c.chosen); left != 0; left &= left - 1) {
            const int t = std::countr_zero(left);
            if (independent(fibers_[static_cast<std::size_t>(t)].next, fibers_[c.chosen].next)) asleep |= bit(t);
        }
        asleep_ = asleep;
        return c.chosen;
    }

    // ---- The memory. -----------------------------------------------------------------------------------------------
    [[nodiscard]] bool is_settled(const store_record& s, int reader) const noexcept {
        if (s.writer == reader || s.writer == current_ || s.writer == owner_thread) return true;
        const std::size_t w = static_cast<std::size_t>(s.writer);
        return s.seen[w] < fibers_[w].settled;
    }
    static void first_store(location& l, std::uint64_t value) noexcept {
        l.count = 1;
        l.constructed_by = -1;
        l.constructed_at = 0;
        l.alive = true;
        l.used = {};
        l.least = {};
        l.least_pending = {};
        l.last_read.fill(never);
        l.repeats = {};
        l.stores[0] = {value, owner_thread, {}, {}};
    }
    /// Null, or a member of what would be at null: the thread cannot go on from there.
    void refuse_nothing(const void* at) {
        if (reinterpret_cast<std::uintptr_t>(at) < 4096) fail("a null pointer is followed");
    }
    location& use(const void* at, std::size_t size) {
        refuse_nothing(at);
        location* l = locations_.find(at);
        if (l == nullptr) {
            l = &locations_.make(at);
            std::uint64_t value = 0;
            std::memcpy(&value, at, size);
            first_store(*l, value);
        }
        if (!l->alive) fail("an atomic is used after its destruction");
        if (current_ != owner_thread) {
            if (l->constructed_by >= 0 && now()[static_cast<std::size_t>(l->constructed_by)] < l->constructed_at) {
                fail("data race: an atomic is used, its construction by another thread is not before it");
            }
            l->used[here()] = now()[here()];
        }
        return *l;
    }
    /// Which store the running thread reads.
    std::uint32_t visible(location& l) {
        const std::uint32_t newest = l.count - 1;
        if (current_ == owner_thread || newest == 0) return newest;
        const clock& me = now();
        std::uint32_t oldest = newest;
        const std::uint32_t end = std::max(newest >= kept ? newest - kept + 1 : 0, l.least[here()]);
        while (oldest > end && !happened(l.at(oldest).seen, me)) --oldest;
        if (oldest != newest && l.last_read[here()] == oldest && l.repeats[here()] >= stale_in_a_row) ++oldest;
        const std::uint32_t n = newest - oldest + 1;
        if (n == 1) return newest;
        if (depth_first_) return newest - static_cast<std::uint32_t>(choose(static_cast<int>(n)));
        if ((random() & 1U) == 0) return newest;
        return oldest + static_cast<std::uint32_t>(choose(static_cast<int>(n - 1)));
    }
    std::uint64_t read(location& l, std::uint32_t index, std::memory_order order) noexcept {
        store_record& s = l.at(index);
        if (current_ == owner_thread) return s.value;
        const std::size_t me = here();
        s.seen[me] = std::min(s.seen[me], now()[me]);
        l.repeats[me] = l.last_read[me] == index ? l.repeats[me] + 1 : 0;
        l.last_read[me] = index;
        if (acquires(order)) join(now(), s.release);
        return s.value;
    }
    void append(location& l, std::uint64_t value, const clock& release) noexcept {
        store_record& s = l.at(l.count++);
        s.value = value;
        s.writer = current_;
        if (current_ == owner_thread) {
            s.release = {};
            s.seen = {};
        } else {
            s.release = release;
            s.seen.fill(never);
            s.seen[here()] = now()[here()];
        }
    }

    cell& living(const void* at, const char* message) {
        cell& c = cells_.make_cell(at);
        if (c.state != cell::phase::alive) fail(message);
        return c;
    }
    void check_read(cell& c) {
        if (current_ == owner_thread) return;
        if (c.written && c.written_at > now()[static_cast<std::size_t>(c.writer)]) {
            fail("data race: a read, another thread's write is not before it");
        }
        c.read_at[here()] = now()[here()];
    }
    void check_write(cell& c) {
        if (current_ == owner_thread) {
            c.written = false;
            return;
        }
        const clock& me = now();
        if (c.written && c.written_at > me[static_cast<std::size_t>(c.writer)]) {
            fail("data race: a write, another thread's write is not before it");
        }
        for (std::size_t u = 0; u < max_threads; ++u) {
            if (c.read_at[u] > me[u]) fail("data race: a write, another thread's read is not before it");
        }
        c.written = true;
        c.writer = current_;
        c.written_at = me[here()];
    }

    /// Barriers count as sites too: weakened, they are not there.
    bool is_left_out(const place& where, const char* operation) {
        return watched_ && look_at(where, std::memory_order_release, operation) == std::memory_order_relaxed;
    }
    std::memory_order look_at(const place& where, std::memory_order order, const char* operation) {
        if (order == std::memory_order_seq_cst || order == std::memory_order_consume) {
            fail("seq_cst and consume are not modelled; name another order");
        }
        if (sites_ != nullptr) {
            const outside_arena guard;
            const call_site found{where.file_name(), where.line(), where.column(), order, operation};
            const auto known =
                std::find_if(sites_->begin(), sites_->end(), [&](const call_site& s) { return s.same_place(found); });
            if (known == sites_->end())
                sites_->push_back(found);
            else if (known->order == std::memory_order_relaxed)
                known->order = order;
        }
        if (weak_site_ != nullptr && where.line() == weak_site_->line && where.column() == weak_site_->column
            && weak_site_->file == where.file_name()) {
            if (order == std::memory_order_acq_rel) return weak_order_;
            if (weak_order_ == std::memory_order_relaxed) return weak_order_;
            return weak_order_ == order ? order : std::memory_order_relaxed;
        }
        return order;
    }
    void say(const char* what, const void* at, std::memory_order order, const place& where, std::uint64_t value,
             std::uint32_t behind) const {
        std::fprintf(stderr, "  thread %d: %s %p %s %llx", current_, what, at, name_of(order),
                     static_cast<unsigned long long>(value));
        if (behind != 0) std::fprintf(stderr, " (%u behind the newest)", behind);
        std::fprintf(stderr, "  %s:%u\n", base_name(where.file_name()), where.line());
    }

    std::array<fiber, max_threads + 1> fibers_;
    fiber_context main_;
    const program* program_ = nullptr;
    int current_ = owner_thread;
    phase phase_ = phase::set_up;
    unsigned ready_ = 0;
    unsigned blocked_ = 0;
    int steps_ = 0;
    int alive_ = 0;
    int spurious_left_ = 0;
    bool relaxing_ = false;
    bool barrier_seen_ = false;
    bool trace_ = false;
    bool watched_ = false;
    char failure_[256] = {};

    std::uint64_t random_ = 1;
    bool pct_ = false;
    std::array<int, pct_changes> changes_{};
    int lowest_ = 0;

    bool depth_first_ = false;
    bool free_run_ = false;
    int preemptions_ = 0;
    int most_preemptions_ = -1;
    unsigned asleep_ = 0;
    std::size_t depth_ = 0;
    std::vector<choice> path_;

    location* changing_ = nullptr;
    void* changing_at_ = nullptr;
    std::size_t changing_size_ = 0;
    std::memory_order changing_order_ = std::memory_order_relaxed;
    by_address<location, 256> locations_;
    cell_table cells_;

    std::vector<call_site>* sites_ = nullptr;
    const call_site* weak_site_ = nullptr;
    std::memory_order weak_order_ = std::memory_order_relaxed;
};

engine the_engine;

void run_fiber() { the_engine.fiber_main(); }

}  // namespace

std::uint64_t load(const void* at, std::size_t size, std::memory_order order, const place& where) {
    return the_engine.load(at, size, order, where);
}
void store(void* at, std::size_t size, std::uint64_t value, std::memory_order order, const place& where) {
    the_engine.store(at, size, value, order, where);
}
std::uint64_t begin_change(void* at, std::size_t size, std::memory_order order, const place& where) {
    return the_engine.begin_change(at, size, order, where);
}
void end_change(std::uint64_t value) { the_engine.end_change(value); }
bool compare_exchange(void* at, std::size_t size, std::uint64_t& expected, std::uint64_t desired,
                      std::memory_order success, std::memory_order failure, bool weak, const place& where) {
    return the_engine.compare_exchange(at, size, expected, desired, success, failure, weak, where);
}
void atomic_constructed(void* at, std::size_t size, std::uint64_t value) {
    the_engine.atomic_constructed(at, size, value);
}
void atomic_destroyed(const void* at) { the_engine.atomic_destroyed(at); }

void futex_sleep(const void* at, std::uint64_t seen, bool timed) { the_engine.futex_sleep(at, seen, timed); }
void futex_wake(const void* at, int how_many) { the_engine.futex_wake(at, how_many); }
void relax() { the_engine.relax(); }
void process_barrier(const place& where) { the_engine.process_barrier(where); }
void compiler_barrier(const place& where) { the_engine.compiler_barrier(where); }

void plain_read(const void* at) { the_engine.plain_read(at); }
void plain_write(const void* at) { the_engine.plain_write(at); }
void object_constructed(const void* at) { the_engine.object_constructed(at); }
void object_destroyed(const void* at) { the_engine.object_destroyed(at); }
void object_read(const void* at) { the_engine.object_read(at); }
void object_written(const void* at) { the_engine.object_written(at); }

void fail(const char* what) { the_engine.fail(what); }
int choose(int n) { return the_engine.choose(n); }
int this_thread() noexcept { return the_engine.current(); }

std::string run_schedule(const program& p, std::uint64_t seed) {
    the_engine.depth_first(false);
    the_engine.seed(seed);
    the_engine.execute(p);
    return the_engine.failure();
}

search_result search(const program& p, std::uint64_t limit, int preemptions) {
    search_result result;
    the_engine.depth_first(true, preemptions);
    do {
        the_engine.execute(p);
        ++result.schedules;
        if (the_engine.failure()[0] != '\0') {
            result.failure = the_engine.failure();
            break;
        }
        if (limit != 0 && result.schedules == limit) return result;
    } while (the_engine.backtrack());
    result.complete = result.failure.empty();
    return result;
}

void weaken(const call_site* site, std::memory_order to) { the_engine.weaken(site, to); }
void collect_sites(std::vector<call_site>* sites) { the_engine.collect(sites); }
void trace(bool on) { the_engine.trace(on); }

}  // namespace interleaving

// ---- What code compiled with -fsanitize=thread calls.
// ------------------------------------------------------------------
extern "C" {
#define WEIR_ACCESS(size)                                                                                              \
    void __tsan_read##size(void* at) {                                                                                 \
        if (interleaving::active) interleaving::the_engine.accessed(at, false);                                        \
    }                                                                                                                  \
    void __tsan_write##size(void* at) {                                                                                \
        if (interleaving::active) interleaving::the_engine.accessed(at, true);                                         \
    }                                                                                                                  \
    void __tsan_unaligned_read##size(void* at) { __tsan_read##size(at); }                                              \
    void __tsan_unaligned_write##size(void* at) { __tsan_write##size(at); }
WEIR_ACCESS(1)
WEIR_ACCESS(2)
WEIR_ACCESS(4)
WEIR_ACCESS(8)
WEIR_ACCESS(16)
#undef WEIR_ACCESS
void __tsan_read_range(void* at, unsigned long size) {
    for (unsigned long i = 0; i < size; i += 8) __tsan_read8(static_cast<char*>(at) + i);
}
void __tsan_write_range(void* at, unsigned long size) {
    for (unsigned long i = 0; i < size; i += 8) __tsan_write8(static_cast<char*>(at) + i);
}
void __tsan_vptr_read(void** at) { __tsan_read8(at); }
void __tsan_vptr_update(void** at, void*) { __tsan_write8(at); }
void* __tsan_memcpy(void* to, const void* from, unsigned long size) {
    __tsan_read_range(const_cast<void*>(from), size);
    __tsan_write_range(to, size);
    return std::memcpy(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, unsigned long size) {
    __tsan_read_range(const_cast<void*>(from), size);
    __tsan_write_range(to, size);
    return std::memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, unsigned long size) {
    __tsan_write_range(to, size);
    return std::memset(to, value, size);
}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
}
