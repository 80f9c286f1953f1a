// SPDX-License-Identifier: BSL-1.0
// Calls of a user's function: with the value, or with the value and what it asks to know beside it; and
// who is to blame when it throws.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "../support/config.hpp"
#include "accounting.hpp"
#include "meta.hpp"

namespace weir {

/// The second parameter of a user's function that asks for named entries:
/// `[](const hit& h, weir::meta<weir::meta_of::event_time> m) { ... m.event_time() ... }`.
template <class... Tags>
class meta;

template <>
class meta<meta_of::event_time> {
  public:
    constexpr explicit meta(instant time) noexcept : time_(time) {}
    [[nodiscard]] constexpr instant event_time() const noexcept { return time_; }

  private:
    instant time_;
};

template <>
class meta<meta_of::place> {
  public:
    constexpr explicit meta(weir::place where) noexcept : place_(where) {}
    [[nodiscard]] constexpr weir::place place() const noexcept { return place_; }

  private:
    weir::place place_;
};

template <class First, class Second, class... Rest>
class meta<First, Second, Rest...> : public meta<First>, public meta<Second>, public meta<Rest>... {
  public:
    constexpr explicit meta(meta<First> a, meta<Second> b, meta<Rest>... rest)
        : meta<First>(a), meta<Second>(b), meta<Rest>(rest)... {}
};

/// What a function taking `(value, auto)` gets: all there is beside the record. Valid during the call only.
template <class Value, class Set>
class record_meta {
  public:
    constexpr record_meta(const Value& value, const Set& set) noexcept : value_(value), set_(set) {}

    [[nodiscard]] constexpr instant event_time() const
        requires has_entry<Set, meta_of::event_time>
    {
        return read_meta<meta_of::event_time>(set_, value_);
    }
    [[nodiscard]] constexpr decltype(auto) key() const
        requires has_entry<Set, meta_of::key>
    {
        return read_meta<meta_of::key>(set_, value_);
    }
    [[nodiscard]] constexpr weir::place place() const
        requires has_entry<Set, meta_of::place>
    {
        return read_meta<meta_of::place>(set_, value_);
    }

    // NOLINTNEXTLINE(google-explicit-constructor): this is how a parameter `meta<...>` is filled
    template <class... Tags>
        requires(has_entry<Set, Tags> && ...)
    constexpr operator meta<Tags...>() const {
        return meta<Tags...>(meta<Tags>(read_meta<Tags>(set_, value_))...);
    }

  private:
    const Value& value_;
    const Set& set_;
};

namespace detail {

/// How a value is handed to a function that is not inlined: small ones by value, so that they need no address.
template <class T>
using in_register = std::conditional_t<std::is_trivially_copyable_v<T> && sizeof(T) <= 2 * sizeof(void*), T, const T&>;

template <class F, class... Args>
concept callable = requires(F& f, Args&&... args) { f(static_cast<Args&&>(args)...); };

template <class Call>
struct second_parameter {
    using type = void;
};
template <class C, class R, class V, class M>
struct second_parameter<R (C::*)(V, M)> : std::remove_cvref<M> {};
template <class C, class R, class V, class M>
struct second_parameter<R (C::*)(V, M) const> : std::remove_cvref<M> {};
template <class C, class R, class V, class M>
struct second_parameter<R (C::*)(V, M) noexcept> : std::remove_cvref<M> {};
template <class C, class R, class V, class M>
struct second_parameter<R (C::*)(V, M) const noexcept> : std::remove_cvref<M> {};

/// The tags that a second parameter names; all of them for `auto`.
template <class Parameter>
struct named_tags {
    using type = tags<meta_of::event_time, meta_of::key, meta_of::place>;
};
template <class... Tags>
struct named_tags<meta<Tags...>> {
    using type = tags<Tags...>;
};

template <class F>
struct asked_second : named_tags<void> {};
template <class F>
    requires requires { &F::operator(); }
struct asked_second<F> : named_tags<typename second_parameter<decltype(&F::operator())>::type> {};

template <class F, class Ref, bool ValueAlone>
struct asked_tags : asked_second<F> {};
template <class F, class Ref>
struct asked_tags<F, Ref, true> {
    using type = tags<>;
};

}  // namespace detail

/// Whether a user's function can be called for a record of this stream, as `Ref` (the stream's reference, or
/// `const T&` for those that only look).
template <class F, class Ref, class Set>
concept user_function =
    detail::callable<F, Ref> || detail::callable<F, Ref, record_meta<std::remove_cvref_t<Ref>, Set>>;

/// The meta that the function asks for.
template <class F, class Ref>
using asked_by = typename detail::asked_tags<F, Ref, detail::callable<F, Ref>>::type;

namespace detail {

/// Calls `f` for one record. An exception passes through; the stage is noted for the message.
template <class F, class V, class Set>
WEIR_INLINE constexpr decltype(auto) call_plain(F& f, V&& value, const Set& set) {
    if constexpr (callable<F, V&&>) {
        return f(static_cast<V&&>(value));
    } else {
        return f(static_cast<V&&>(value), record_meta<std::remove_cvref_t<V>, Set>(value, set));
    }
}

template <class F, class V, class Set>
WEIR_INLINE constexpr decltype(auto) call(const stage_info* stage, F& f, V&& value, const Set& set) {
    try {
        return call_plain(f, static_cast<V&&>(value), set);
    } catch (...) {
        blame(stage);
        throw;
    }
}

template <class F, class V, class Set>
using call_result = decltype(call_plain(std::declval<F&>(), std::declval<V>(), std::declval<const Set&>()));

}  // namespace detail
}  // namespace weir
