// SPDX-License-Identifier: BSL-1.0
// start(pipeline): makes its tasks and hands them to a scheduler.
//
//     weir::job job = weir::start(weir::from(in) | weir::map(match) | weir::to(out));
//
// The pipeline is copied, or moved where it is given as an rvalue; every start begins afresh. The job runs until its
// sources end, or it is stopped or drained.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "../core/pipeline.hpp"
#include "job.hpp"
#include "runtime.hpp"

namespace weir {
namespace detail {

template <class T>
inline constexpr bool is_whole_pipeline = false;
template <class Out, class... Parts>
inline constexpr bool is_whole_pipeline<pipeline<Out, Parts...>> =
    pipeline<Out, Parts...>::has_source && pipeline<Out, Parts...>::has_sink;

/// The driver of a source with the chain behind it; a source of several inputs makes its own.
template <class Source, class Builder, class MakeReceiver>
auto connect_source(Source& source, Builder b, MakeReceiver make_receiver) {
    auto make_bound = [&] { return make_receiver(b); };
    if constexpr (requires { source.connect_driver(b, make_bound); }) {
        return source.connect_driver(b, make_bound);
    } else {
        using cursor = decltype(source.connect(b));
        using receiver = decltype(make_bound());
        return driver<cursor, receiver>([&] { return source.connect(b); }, make_bound,
                                        b.info(kind_of_source<Source>()));
    }
}

/// All tasks of a pipeline, not yet started. `P` is a pipeline value, which the job keeps.
template <class P>
std::unique_ptr<running_job> build(P p, scheduler& on) {
    auto job = std::make_unique<running_job>();
    const auto kept = std::make_shared<P>(std::move(p));
    job->pipeline = kept;
    job->control = std::make_shared<job_control>();
    job->on = &on;
    job->parts.job = job->control;
    job->parts.scheduler = &on;

    auto& parts = kept->parts();
    auto& source = part_stage(std::get<0>(parts));
    const auto in = source.out();
    const builder b = builder(job->parts).at(0, source.path);
    b.spawn(placement{}, [&](builder inside) {
        return connect_source(source, inside, [&](builder at) { return bind_from<1>(parts, at, in); });
    });
    for (const auto& point : job->parts.points) job->control->watch(point);
    return job;
}

template <class P>
constexpr bool check_whole() {
    using plain = std::remove_cvref_t<P>;
    constexpr bool whole = is_whole_pipeline<plain>;
    static_assert(whole || std::is_same_v<plain, broken>,
                  "weir: this is no whole pipeline; it begins with weir::from(...) and ends in a sink, such as "
                  "weir::for_each(...) or weir::discard");
    return whole;
}

}  // namespace detail

/// On this scheduler. Throws what setting up throws (a file that is not there, ...).
template <class P>
job start(P&& p, scheduler& on) {
    constexpr bool whole = detail::check_whole<P>();
    if constexpr (whole) {
        auto running = detail::build(std::remove_cvref_t<P>(static_cast<P&&>(p)), on);
        on.start(running->control, std::move(running->parts.tasks));
        return job(std::move(running));
    } else {
        return job(nullptr);
    }
}

/// On the process's runtime.
template <class P>
job start(P&& p) {
    return start(static_cast<P&&>(p), runtime::get_default());
}

}  // namespace weir
