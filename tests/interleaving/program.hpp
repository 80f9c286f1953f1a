// SPDX-License-Identifier: BSL-1.0
// Programs of the interleaving checker. A program is a class: its constructor sets up, `thread(i)` runs in thread i,
// `finish()` looks at what came of it, its destructor takes everything down.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "interleaving/model.hpp"
#include "interleaving/tracked.hpp"

namespace interleaving {

struct entry {
    program what;
    const char* files;  // the headers whose orders this structure answers for
    bool drawn;         // for random schedules, also of weakened orders
    bool searchable;    // small enough for the search of all schedules
};

std::vector<entry>& all_programs();

template <class Program>
struct execution {
    static inline Program* running = nullptr;
    alignas(Program) static inline std::byte memory[sizeof(Program)];

    static void set_up() { running = std::construct_at(reinterpret_cast<Program*>(memory)); }
    static void body(int t) { running->thread(t); }
    static void finish() {
        running->finish();
        std::destroy_at(running);
    }
    static program make(const char* structure, const char* name) {
        return {structure, name, Program::threads, set_up, body, finish};
    }
};

/// `only`: two threads with three operations each, for the search alone; drawn, they would take schedules from the
/// programs that show more.
enum class exhaustive : unsigned char { no, yes, only };

template <class Program>
struct add_program {
    add_program(const char* structure, const char* files, const char* name, exhaustive s) {
        all_programs().push_back(
            {execution<Program>::make(structure, name), files, s != exhaustive::only, s != exhaustive::no});
    }
};

}  // namespace interleaving
