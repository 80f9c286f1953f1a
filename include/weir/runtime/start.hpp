// SPDX-License-Identifier: BSL-1.0
// start(pipeline): makes its tasks and hands them to a scheduler.
//
//     weir::job job = weir::start(weir::from(in) | weir::map(match) | weir::to(out));
//
// The pipeline is copied, or moved where it is given as an rvalue; every start begins afresh. The job runs until its
// sources end, or it is stopped or drained.
#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../core/pipeline.hpp"
#include "any_pipeline.hpp"
#include "job.hpp"
#include "runtime.hpp"

namespace weir {
namespace detail {

template <class T>
inline constexpr bool is_whole_pipeline = false;
template <class Out, class... Parts>
inline constexpr bool is_whole_pipeline<pipeline<Out, Parts...>> =
    pipeline<Out, Parts...>::has_source && pipeline<Out, Parts...>::has_sink;
template <>
inline constexpr bool is_whole_pipeline<any_pipeline> = true;

/// A container says that it can be copied whatever its elements say, so a source that owns one is asked for these.
template <class P>
inline constexpr bool copies = std::is_copy_constructible_v<P>;
template <class Out, class Source, class... Decisions, class... Parts>
    requires requires { typename Source::range::value_type; }
inline constexpr bool copies<pipeline<Out, part<Source, Decisions...>, Parts...>> =
    std::is_copy_constructible_v<pipeline<Out, part<Source, Decisions...>, Parts...>>
    && std::is_copy_constructible_v<typename Source::range::value_type>;

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

/// The tasks of a pipeline value, which the job keeps.
template <class P>
void build_tasks(running_job& job, P&& p) {
    const auto kept = std::make_shared<P>(static_cast<P&&>(p));
    job.pipeline = kept;
    auto& parts = kept->parts();
    auto& source = part_stage(element<0>(parts));
    const auto in = source.out();
    const builder b = builder(job.parts).at(0, source.path);
    auto& first = b.spawn(placement{}, [&](builder inside) {
        return connect_source(source, inside, [&](builder at) { return bind_from<1>(parts, at, in); });
    });
    first.starts_barriers();
}

template <class P>
class held_pipeline final : public erased_pipeline {
  public:
    explicit held_pipeline(P&& p) : pipeline_(static_cast<P&&>(p)) {}

    [[nodiscard]] erased_pipeline* clone() const override {
        if constexpr (copies<P>) {
            return new held_pipeline(P(pipeline_));
        } else {
            throw std::logic_error("weir::any_pipeline: it holds a record or a function that only moves and cannot be "
                                   "copied; run it once, as an rvalue (std::move), or make another");
        }
    }
    [[nodiscard]] bool copyable() const noexcept override { return copies<P>; }
    void build(running_job& into) override { build_tasks(into, static_cast<P&&>(pipeline_)); }

  private:
    P pipeline_;
};

/// All tasks of a pipeline, not yet started; they go on from the checkpoint that is given, or else from the one that
/// the pipeline's own store has.
template <class P>
std::unique_ptr<running_job> build(P p, scheduler& on, std::string_view checkpoint = {}) {
    auto job = std::make_unique<running_job>();
    job->control = std::make_shared<job_control>();
    job->on = &on;
    job->parts.job = job->control;
    job->parts.scheduler = &on;
    if constexpr (std::is_same_v<P, any_pipeline>) {
        if (!p) {
            throw std::logic_error(
                "weir::any_pipeline: it is empty (nothing was assigned, or it was moved from); assign "
                "a pipeline before it is started");
        }
        p.held()->build(*job);
    } else {
        build_tasks(*job, std::move(p));
    }
    if (!checkpoint.empty()) {
        job->restore(checkpoint);
    } else if (!job->parts.kept_checkpoint.empty()) {
        job->restore_kept();
    }
    job->parts.points.push_back(job->parts.desk.point());
    for (const auto& point : job->parts.points) job->control->watch(point);
    return job;
}

template <class P>
constexpr bool check_whole() {
    using plain = std::remove_cvref_t<P>;
    constexpr bool whole = is_whole_pipeline<plain>;
    constexpr bool whole_or_refused = whole || std::is_same_v<plain, broken>;
    static_assert(whole_or_refused,
                  "weir: this is no whole pipeline; it begins with weir::from(...) and ends in a sink, such as "
                  "weir::for_each(...) or weir::discard");
    return whole;
}

}  // namespace detail

struct start_options {
    /// What `job::checkpoint()` of the same pipeline returned: it goes on from there. Empty: it begins afresh.
    std::string_view restore = {};
};

/// On this scheduler. Throws what setting up throws (a file that is not there, a checkpoint of another pipeline, ...).
template <class P>
job start(P&& p, scheduler& on, const start_options& options = {}) {
    constexpr bool whole = detail::check_whole<P>();
    if constexpr (whole) {
        auto running = detail::build(std::remove_cvref_t<P>(static_cast<P&&>(p)), on, options.restore);
        on.start(running->control, std::move(running->parts.tasks));
        return job(std::move(running));
    } else {
        return job(nullptr);
    }
}

/// On the process's runtime.
template <class P>
job start(P&& p, const start_options& options = {}) {
    return start(static_cast<P&&>(p), runtime::get_default(), options);
}

}  // namespace weir
