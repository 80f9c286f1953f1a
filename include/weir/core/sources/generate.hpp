// SPDX-License-Identifier: BSL-1.0
// generate(f): what `f()` returns, record by record. An optional ends the stream when it is empty; anything else
// never ends by itself (`take(n)`, `job.drain()`).
//
//     weir::generate([&]() -> std::optional<int> { int n; return in >> n ? std::optional(n) : std::nullopt; }) | ...
//
// `f` is called by one thread, once per record, and must not block. Records are given. What it keeps is not in a
// checkpoint: a restored pipeline is given what its own `f` returns.
#pragma once

#include "../invoke.hpp"
#include "../pipeline.hpp"

namespace weir {
namespace detail {

/// `std::optional` and what looks like it.
template <class T>
concept maybe_record = requires(T& t) {
    typename T::value_type;
    { t.has_value() } -> std::convertible_to<bool>;
    *static_cast<T&&>(t);
    t.reset();
};

template <class Result>
struct generated {
    using type = Result;
};
template <maybe_record Result>
struct generated<Result> {
    using type = typename Result::value_type;
};

template <class F>
struct generate_cursor {
    using result = std::remove_cvref_t<decltype(std::declval<F&>()())>;

    const stage_info* stage;
    [[no_unique_address]] F f;

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        for (std::size_t n = 0; n < max_records;) {
            result made = make();
            if constexpr (maybe_record<result>) {
                if (!made.has_value()) [[unlikely]]
                    return {pulled::exhausted, n};
            }
            ++n;
            flow answer;
            if constexpr (maybe_record<result>) {
                answer = receiver.put(*static_cast<result&&>(made), meta_set<>{});
            } else {
                answer = receiver.put(static_cast<result&&>(made), meta_set<>{});
            }
            if (answer != flow::more) [[unlikely]]
                return {answer == flow::full ? pulled::full : pulled::done, n};
        }
        return {pulled::more, max_records};
    }

  private:
    WEIR_INLINE result make() {
        try {
            return f();
        } catch (...) {
            blame(stage);
            throw;
        }
    }
};

template <class F>
struct generate_source : source_base<generate_source<F>> {
    F f;

    constexpr explicit generate_source(F function) : f(static_cast<F&&>(function)) {}

    [[nodiscard]] constexpr auto out() const {
        return stream<typename generated<typename generate_cursor<F>::result>::type, category::given>{};
    }
    template <class Builder>
    [[nodiscard]] auto connect(Builder b) {
        return generate_cursor<F>{b.info("generate"), copy_or_move(f)};
    }
};

struct generate_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f) const {
        constexpr bool makes = requires(F& make) { [](auto&&) {}(make()); };
        static_assert(makes, "weir::generate: it takes a function without parameters that returns a record, or an "
                             "optional that is empty at the end");
        if constexpr (makes) {
            return lift(generate_source<F>(static_cast<F&&>(f)));
        } else {
            return broken{};
        }
    }
};

}  // namespace detail

inline constexpr detail::generate_fn generate{};

}  // namespace weir
