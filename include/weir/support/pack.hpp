// SPDX-License-Identifier: BSL-1.0
// Values of several types in a row, where std::tuple would do but for what it costs to compile: its constructors'
// constraints, asked again for each prefix of each pipeline, were a tenth of a pipeline's compile time. An aggregate;
// nothing but construction and access by index.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <std::size_t I, class T>
struct pack_element {
    T value;
};

template <class Indices, class... T>
struct pack_elements;
template <std::size_t... I, class... T>
struct pack_elements<std::index_sequence<I...>, T...> : pack_element<I, T>... {};

template <class... T>
struct pack : pack_elements<std::index_sequence_for<T...>, T...> {
    static constexpr std::size_t size = sizeof...(T);
};

template <class T>
inline constexpr bool is_pack = false;
template <class... T>
inline constexpr bool is_pack<pack<T...>> = true;

template <std::size_t I, class T>
std::type_identity<T> pack_type_at(const pack_element<I, T>*);
/// The type at `I`.
template <std::size_t I, class... T>
using pack_type = typename decltype(pack_type_at<I>(static_cast<const pack<T...>*>(nullptr)))::type;

/// The value at `I`, found by the base class that carries it.
template <std::size_t I, class T>
[[nodiscard]] constexpr T& element(pack_element<I, T>& e) noexcept {
    return e.value;
}
template <std::size_t I, class T>
[[nodiscard]] constexpr const T& element(const pack_element<I, T>& e) noexcept {
    return e.value;
}

/// Calls `f` with each value, in order; false as soon as one call is.
template <std::size_t... I, class... T, class F>
constexpr bool all_elements(pack_elements<std::index_sequence<I...>, T...>& values, F&& f) {
    return (f(element<I>(values)) && ...);
}
template <std::size_t... I, class... T, class F>
constexpr bool all_elements(const pack_elements<std::index_sequence<I...>, T...>& values, F&& f) {
    return (f(element<I>(values)) && ...);
}

}  // namespace weir::detail
