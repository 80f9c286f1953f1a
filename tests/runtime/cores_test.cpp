// SPDX-License-Identifier: BSL-1.0
// cores: what the affinity mask and the cgroup leave, not what the machine has (runtime.md, H).
#include <weir/runtime/cores.hpp>

#include <weir/runtime/runtime.hpp>

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "../support/scratch.hpp"

using namespace weir_test;
using weir::detail::allowed_cores;
using weir::detail::cores_of_quota;
using weir::detail::usable_cores;

static_assert(cores_of_quota("100000 100000") == 1);
static_assert(cores_of_quota("100001 100000") == 2);
static_assert(cores_of_quota("  300000   100000  \n") == 3);
static_assert(cores_of_quota("0 100000") == 0);
static_assert(cores_of_quota("-100000 100000") == 0);
static_assert(cores_of_quota("100000 0") == 0);
static_assert(cores_of_quota("6553600000 100000") == 65'536);
static_assert(cores_of_quota("6553700000 100000") == 0);  // more than any machine has: no limit

TEST_CASE("cores: a process that is bound to a core has one, and a runtime in it one worker", "[runtime][fork]") {
    const auto cores = allowed_cores();
    CHECK(std::set<unsigned>(cores.begin(), cores.end()).size() == cores.size());
    for (const unsigned core : {cores.front(), cores.back()}) {
        CAPTURE(core);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(20);
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(core, &set);
            if (::sched_setaffinity(0, sizeof set, &set) != 0) ::_exit(98);
            int wrong = 0;
            wrong += allowed_cores() != std::vector<unsigned>{core};
            wrong += usable_cores() != 1;
            // Workers are started with the first pipeline: here are none.
            wrong += weir::runtime().workers() != 1;
            wrong += weir::runtime({.workers = 8}).workers() != 1;
            wrong += weir::runtime({.workers = 8, .oversubscribe = true}).workers() != 8;
            ::_exit(wrong);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(allowed_cores() == cores);
}

TEST_CASE("cores: a thread is bound to the core that it asks for, and only that thread", "[runtime]") {
    const auto cores = allowed_cores();
    for (const unsigned core : cores) {
        int on = -1;
        bool bound = false;
        std::thread([&] {
            bound = weir::detail::pin_this_thread(core);
            on = ::sched_getcpu();
        }).join();
        if (bound) CHECK(on == static_cast<int>(core));
    }
    CHECK_FALSE(weir::detail::pin_this_thread(CPU_SETSIZE));
    CHECK_FALSE(weir::detail::pin_this_thread(CPU_SETSIZE - 1));
    CHECK(allowed_cores() == cores);
}

TEST_CASE("cores: a thread's name is cut at what the kernel takes", "[runtime]") {
    const auto named = [](std::string_view name) {
        std::string got;
        std::thread([&] {
            weir::detail::name_this_thread(name);
            char text[64] = {};
            ::pthread_getname_np(::pthread_self(), text, sizeof text);
            got = text;
        }).join();
        return got;
    };
    CHECK(named("weir-0") == "weir-0");
    CHECK(named("exactly fifteen") == "exactly fifteen");
    CHECK(named("sixteen letters.") == "sixteen letters");
    CHECK(named(std::string(1'000, 'x')) == std::string(15, 'x'));
    CHECK(named("") == "");
}

TEST_CASE("cores: of a kernel's file as much as is wanted, of none nothing", "[runtime]") {
    const scratch dir;
    write_file(dir / "small", "max 100000\n");
    write_file(dir / "large", std::string(10'000, 'x'));
    CHECK(weir::detail::kernel_file(dir / "small") == "max 100000\n");
    CHECK(weir::detail::kernel_file(dir / "large") == std::string(4'096, 'x'));
    CHECK(weir::detail::kernel_file(dir / "none") == "");
    CHECK(weir::detail::kernel_file(dir.path()) == "");
    const unsigned quota = weir::detail::cgroup_cores();
    CHECK(usable_cores() >= 1);
    CHECK((quota == 0 || usable_cores() <= quota));
}
