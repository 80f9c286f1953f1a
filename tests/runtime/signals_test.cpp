// SPDX-License-Identifier: BSL-1.0
// signals: SIGINT and SIGTERM of a run that asked for them: the first drains, the second stops, and what was there
// before is put back. In the test's own process as far as it goes, else in this program as a child.
#include <weir/runtime/signals.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <errno.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "../support/catch.hpp"
#include "../support/child_process.hpp"
#include "waiting.hpp"

using weir::detail::signal_watch;
using namespace weir_test;

namespace {

void counted_by_child(int) {}

using handler = void (*)(int);
handler installed(int number) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}

void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

/// As a child (WEIR_SIGNALS_CHILD says which) this program runs one pipeline, says when it does, and how it ended.
int run_child(const std::string& which) {
    ::signal(SIGINT, &counted_by_child);
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGPIPE, &counted_by_child);
    int seen = 0;
    std::atomic<bool> during{true};
    const auto numbers =
        weir::from(weir::generate([n = 0]() mutable { return std::optional<int>(n++ % 1'000); })) | weir::tap([&](int) {
            if (seen == 4 || ++seen != 4) return;  // the one that fills the outlet
            during = installed(SIGINT) == &weir::detail::weir_on_signal
                     && installed(SIGTERM) == &weir::detail::weir_on_signal && installed(SIGPIPE) == SIG_IGN;
            say("running");
        });
    weir::report r;
    weir::outlet<int> unread{4};
    weir::threads on({.workers = 2, .oversubscribe = true});
    const weir::run_options options{.progress = weir::progress::live, .stop_on_signals = true, .on = &on};
    if (which == "reads") {
        r = weir::run(numbers | weir::map([](int i) { return i; }).on_own_thread() | weir::discard, options);
    } else {
        r = weir::run(numbers | weir::to(unread), options);
    }
    const bool restored = installed(SIGINT) == &counted_by_child && installed(SIGTERM) == SIG_IGN
                          && installed(SIGPIPE) == &counted_by_child;
    say(std::string(during ? "installed" : "not installed") + (restored ? " restored" : " not restored")
        + (r.finished ? " finished" : " stopped") + (r.interrupted ? " interrupted" : " by itself")
        + (r.taken() == r.delivered()                 ? " all"
           : r.taken() == r.delivered() + r.abandoned ? " counted"
                                                      : " lost"));
    return r.unbalanced == 0 ? 0 : 1;
}
[[maybe_unused]] const bool is_child = [] {
    if (const char* which = std::getenv("WEIR_SIGNALS_CHILD")) std::_Exit(run_child(which));
    return false;
}();

bool says(child_process& child, const std::string& text, bool on_errors = false) {
    return child.read_until(
        [&] { return (on_errors ? child.errors() : child.output()).find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("signals: the first drains: what was taken is delivered, and the handlers from before are back",
          "[runtime][signals]") {
    for (const int number : {SIGINT, SIGTERM}) {
        CAPTURE(number);
        child_process child({"/proc/self/exe"}, {.environment = {"WEIR_SIGNALS_CHILD=reads"}});
        REQUIRE(says(child, "running\n"));
        child.signal(number);
        CHECK(child.wait() == 0);
        CHECK(child.output() == "running\ninstalled restored finished interrupted all\n");
    }
}

TEST_CASE("signals: a drain that does not end is stopped by the second, whichever of the two", "[runtime][signals]") {
    for (const int first : {SIGINT, SIGTERM}) {
        for (const int second : {SIGINT, SIGTERM}) {
            CAPTURE(first, second);
            child_process child({"/proc/self/exe"}, {.environment = {"WEIR_SIGNALS_CHILD=does not read"}});
            REQUIRE(says(child, "running\n"));
            child.signal(first);
            REQUIRE(says(child, "draining", true));
            CHECK(child.alive());
            child.signal(second);
            CHECK(child.wait() == 0);
            CHECK(says(child, "stopping", true));
            CHECK(child.output() == "running\ninstalled restored stopped interrupted all\n");
        }
    }
}

TEST_CASE("signal_watch: counts since it was made; the handlers stay until the last one goes", "[runtime][signals]") {
    const handler before_int = installed(SIGINT);
    const handler before_term = installed(SIGTERM);
    const handler before_pipe = installed(SIGPIPE);
    std::optional<signal_watch> first(std::in_place);
    CHECK(first->seen() == 0);
    ::raise(SIGINT);
    ::raise(SIGTERM);
    CHECK(first->seen() == 2);
    {
        const signal_watch second;
        CHECK(second.seen() == 0);
        ::raise(SIGINT);
        ::raise(SIGPIPE);  // ignored, and not counted
        CHECK(second.seen() == 1);
        CHECK(first->seen() == 3);
        CHECK(second.point() == first->point());
    }
    CHECK(installed(SIGINT) == &weir::detail::weir_on_signal);
    std::optional<signal_watch> third(std::in_place);
    first.reset();
    CHECK(installed(SIGTERM) == &weir::detail::weir_on_signal);
    CHECK(installed(SIGPIPE) == SIG_IGN);
    third.reset();
    CHECK(installed(SIGINT) == before_int);
    CHECK(installed(SIGTERM) == before_term);
    CHECK(installed(SIGPIPE) == before_pipe);
}

TEST_CASE("signal_watch: who waits at its point is woken, and the interrupted call does not notice",
          "[runtime][signals]") {
    in_both_wake_modes([] {
        const watchdog dog("signal_watch");
        const signal_watch watch;
        for (int round = 1; round <= 200; ++round) {
            std::atomic<int> number_after{-1};
            std::thread sender([&] {
                errno = 77;
                ::raise(round % 2 == 0 ? SIGINT : SIGTERM);
                number_after = errno;
            });
            for (;;) {
                const std::uint32_t announced = watch.point()->announce();
                if (watch.seen() >= round) break;
                watch.point()->sleep(announced, weir::detail::for_ever);
            }
            sender.join();
            CHECK(number_after == 77);
            CHECK(watch.seen() == round);
        }
    });
}

TEST_CASE("signals: without being asked, a run installs nothing", "[runtime][signals]") {
    const handler before = installed(SIGINT);
    const handler before_pipe = installed(SIGPIPE);
    int changed = 0;
    int looks = 0;
    const int once[] = {1};
    CHECK(weir::run(weir::from(once) | weir::for_each([&](int) {
                        ++looks;
                        changed += installed(SIGINT) != before || installed(SIGPIPE) != before_pipe;
                    })));
    CHECK(looks == 1);
    CHECK(changed == 0);
}
