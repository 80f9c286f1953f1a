// SPDX-License-Identifier: BSL-1.0
// run(pipeline): to the end, or until stopped; drained, nothing lost. Then a report.
//
//     weir::report done = weir::run(traffic);
//     weir::report done = weir::run(traffic, {.progress = weir::progress::live, .stop_on_signals = true});
//
// A pipeline of one task runs on the caller's thread; others on the process's runtime, or the scheduler given. The
// library prints nothing and installs no signal handler unless these options ask for it. An exception of a user's
// function is in the report (`error`, `failed_stage`); `report::rethrow()` throws it.
#pragma once

#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "caller_thread.hpp"
#include "progress.hpp"
#include "signals.hpp"
#include "start.hpp"

namespace weir {

struct run_options {
    weir::progress progress = weir::progress::none;
    /// SIGINT and SIGTERM drain: what was read is delivered and reported. A second one stops.
    bool stop_on_signals = false;
    /// Asks for a stop from elsewhere.
    std::stop_token stop = {};
    /// Runs there instead of on the process's runtime or the caller's thread.
    scheduler* on = nullptr;
    /// What `job::checkpoint()` of the same pipeline returned: it goes on from there.
    std::string_view restore = {};
};

namespace detail {
[[noreturn]] WEIR_COLD inline void refuse_run(const char* why) {
    throw std::logic_error(std::string("weir::run: ") + why);
}
}  // namespace detail

template <class P>
report run(P&& p, const run_options& options = {}) {
    constexpr bool whole = detail::check_whole<P>();
    if constexpr (whole) {
        scheduler& on = options.on != nullptr ? *options.on : runtime::get_default();
        auto running = detail::build(std::remove_cvref_t<P>(static_cast<P&&>(p)), on, options.restore);
        const std::shared_ptr<job_control> control = running->control;
        const std::stop_callback on_stop(options.stop, [control] { control->request_stop(); });
        const bool watched = options.progress != progress::none || options.stop_on_signals;
        if (options.on == nullptr && !watched && running->parts.tasks.size() == 1) {
            if (on.forked())
                detail::refuse_run("forked: the process's runtime is in the parent; give a runtime of this one");
            detail::run_on_caller(running->control, std::move(running->parts.tasks), on);
            job done(std::move(running));
            return done.wait();
        }
        if (on.inside()) {
            detail::refuse_run("a task would wait for the runtime that runs it; use start, or another runtime, there");
        }
        std::optional<detail::signal_watch> signals;
        if (options.stop_on_signals) signals.emplace();
        on.start(running->control, std::move(running->parts.tasks));
        detail::running_job* const state = running.get();
        job started(std::move(running));
        if (watched) detail::watch(*state, options.progress, signals ? &*signals : nullptr);
        return started.wait();
    } else {
        return {};
    }
}

/// On this scheduler, such as `simulated`.
template <class P>
report run(P&& p, scheduler& on) {
    return run(static_cast<P&&>(p), run_options{.on = &on});
}

}  // namespace weir
