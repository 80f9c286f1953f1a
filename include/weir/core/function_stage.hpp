// SPDX-License-Identifier: BSL-1.0
// What stages with a user's function share: the function, `.catch_failed()`, and the call that turns an
// exception into a record of the output `failed`.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "concepts.hpp"
#include "invoke.hpp"
#include "pipeline.hpp"

namespace weir {

/// A record that could not be used: the record, why, and where in the input it began. Defined in
/// `core/failure.hpp`, which a pipeline with `.catch_failed()` or `parse` includes.
template <class T>
struct failure;

namespace detail {

/// What happens to an exception of a user's function: it ends the pipeline, or its record goes to `failed`.
struct propagate {
    using outputs = output_names<>;
};
struct to_failed {
    using outputs = output_names<"failed">;
};

/// Base of the stage `Stage<F, Errors>`.
template <template <class, class> class Stage, class F, class Errors>
struct function_stage : stage_base<Stage<F, Errors>> {
    using outputs = typename Errors::outputs;
    static constexpr bool catches = std::is_same_v<Errors, to_failed>;

    F f;

    constexpr explicit function_stage(F function) : f(static_cast<F&&>(function)) {}

    /// Records for which the function throws leave by the output `failed`, as `failure<T>`.
    [[nodiscard]] constexpr auto catch_failed() const& { return caught(F(f)); }
    [[nodiscard]] constexpr auto catch_failed() && { return caught(static_cast<F&&>(f)); }

    template <fixed_string Name, class In>
    [[nodiscard]] auto side(const In&) const {
        return stream<failure<typename In::value_type>, category::given, meta_set<>, no_window, In::partitioning>{};
    }

    /// A function that only moves can be in one receiver only.
    template <class In>
    static constexpr bool fits_shards = !In::sharded || std::is_copy_constructible_v<F>;

  private:
    [[nodiscard]] constexpr auto caught(F&& function) const {
        Stage<F, to_failed> out(static_cast<F&&>(function));
        out.path = this->path;
        return out;
    }
};

/// The reference a function is given: with `catch_failed` the record must still be there after a throw, so it
/// is lent (a move-only record as `T&`).
template <class In, class Errors>
using lent_if_caught = std::conditional_t<
    std::is_same_v<Errors, to_failed>,
    std::conditional_t<std::is_copy_constructible_v<typename In::value_type> || In::value_category == category::lent,
                       const typename In::value_type&, typename In::value_type&>,
    typename In::reference>;

/// Sends a record with the current exception's message to `failed`.
template <class V, class M, class Next>
WEIR_COLD flow fail_record(V&& value, const M& meta, Next& next, const char* why) {
    using T = std::remove_cvref_t<V>;
    place where{};
    if constexpr (has_entry<M, meta_of::place>) where = read_meta<meta_of::place>(meta, value);
    if constexpr (std::is_copy_constructible_v<T>) {
        return next.template put_to<"failed">(failure<T>{value, why, where}, meta_set<>{});
    } else {
        return next.template put_to<"failed">(failure<T>{static_cast<T&&>(value), why, where}, meta_set<>{});
    }
}

/// Calls `f` with the record and `then` with what it gave; an exception of `f` (never one of `then`) sends the
/// record to `failed`, or passes on with the stage noted.
template <class Errors, class F, class Ref, class M, class Next, class Then>
WEIR_INLINE flow call_then(const stage_info* stage, std::uint64_t& failed, F& f, Ref&& value, const M& meta, Next& next,
                           Then then) {
    if constexpr (!std::is_same_v<Errors, to_failed>) {
        return then(call(stage, f, static_cast<Ref&&>(value), meta));
    } else {
        // Lent, as `lent_if_caught` says: after a throw the record must be whole.
        using record = std::remove_cvref_t<Ref>;
        using lent = std::conditional_t<std::is_copy_constructible_v<record> || std::is_lvalue_reference_v<Ref>,
                                        const record&, record&>;
        using result = call_result<F, lent, M>;
        using held = std::conditional_t<std::is_void_v<result>, char, std::remove_cvref_t<result>>;
        struct slot {
            union {
                held value;
            };
            bool full = false;
            slot() noexcept {}
            slot(const slot&) = delete;
            slot& operator=(const slot&) = delete;
            ~slot() {
                if (full) value.~held();
            }
        } out;
        try {
            ::new (static_cast<void*>(&out.value)) held(call_plain(f, static_cast<lent>(value), meta));
            out.full = true;
        } catch (const std::exception& e) {
            ++failed;
            return fail_record(static_cast<Ref&&>(value), meta, next, e.what());
        } catch (...) {
            ++failed;
            return fail_record(static_cast<Ref&&>(value), meta, next, "an exception that is no std::exception");
        }
        return then(static_cast<held&&>(out.value));
    }
}

}  // namespace detail
}  // namespace weir
