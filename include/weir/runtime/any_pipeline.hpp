// SPDX-License-Identifier: BSL-1.0
// any_pipeline: a whole pipeline of whatever type as a plain class, so that a header can declare what a .cpp makes.
//
//     weir::any_pipeline traffic(const char* file);              // in a header, which needs only this one
//
//     weir::any_pipeline traffic(const char* file) {             // in one .cpp, which needs runtime/start.hpp
//         return weir::from(weir::lines(file)) | ... | weir::directory("out");
//     }
//
//     weir::report done = weir::run(traffic("access.log"));      // in another, which needs runtime/run.hpp
//
// `run` and `start` take it like any pipeline: an lvalue is copied, so it can be started several times, also at once;
// an rvalue is used up. Copying one that holds something that only moves throws std::logic_error, and so does starting
// an empty one. What the pipeline refers to (`from(lvalue)`, `collect(out)`) must outlive its runs. A plain value: one
// thread at a time.
#pragma once

#include <utility>

namespace weir {

class scheduler;
template <class Out, class... Parts>
class pipeline;

namespace detail {

struct broken;
struct running_job;

class erased_pipeline {
  public:
    erased_pipeline() = default;
    erased_pipeline(const erased_pipeline&) = delete;
    erased_pipeline& operator=(const erased_pipeline&) = delete;
    virtual ~erased_pipeline() = default;

    [[nodiscard]] virtual erased_pipeline* clone() const = 0;
    [[nodiscard]] virtual bool copyable() const noexcept = 0;
    /// Makes the tasks, and moves what is held into the job: once.
    virtual void build(running_job& into) = 0;
};

/// Defined in `start.hpp`.
template <class Pipeline>
class held_pipeline;

}  // namespace detail

class any_pipeline {
  public:
    /// Empty.
    any_pipeline() noexcept = default;

    template <class Out, class... Parts>
    any_pipeline(pipeline<Out, Parts...> whole)  // NOLINT(google-explicit-constructor): `return from(x) | ... | sink;`
        : held_(hold(static_cast<pipeline<Out, Parts...>&&>(whole))) {}
    /// What was refused has said why.
    any_pipeline(const detail::broken&) noexcept {}  // NOLINT(google-explicit-constructor)

    any_pipeline(any_pipeline&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    any_pipeline(const any_pipeline& other) : held_(other.held_ != nullptr ? other.held_->clone() : nullptr) {}
    any_pipeline& operator=(any_pipeline other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~any_pipeline() { delete held_; }

    /// Whether it holds a pipeline.
    [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }
    /// Whether a copy can be made, which is what starting it more than once takes.
    [[nodiscard]] bool copyable() const noexcept { return held_ == nullptr || held_->copyable(); }

    /// For `start`; null when empty.
    [[nodiscard]] detail::erased_pipeline* held() noexcept { return held_; }

  private:
    template <class Pipeline>
    static detail::erased_pipeline* hold(Pipeline&& whole) {
        constexpr bool ends = Pipeline::has_source && Pipeline::has_sink;
        static_assert(ends,
                      "weir::any_pipeline: this is no whole pipeline; it begins with weir::from(...) and ends in a "
                      "sink, such as weir::for_each(...) or weir::discard");
        if constexpr (ends) {
            constexpr bool complete = requires { sizeof(detail::held_pipeline<Pipeline>); };
            static_assert(complete, "weir::any_pipeline: include <weir/runtime/start.hpp> where one is made");
            if constexpr (complete) return new detail::held_pipeline<Pipeline>(static_cast<Pipeline&&>(whole));
        }
        return nullptr;
    }

    detail::erased_pipeline* held_ = nullptr;
};

}  // namespace weir
