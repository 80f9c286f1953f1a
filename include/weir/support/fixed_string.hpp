// SPDX-License-Identifier: BSL-1.0
// A string literal as a template argument: `on<"late">`, `count<"hits">()`. Light enough for every stage:
// who wants it as a `std::string_view` includes `fixed_string_view.hpp`.
#pragma once

#include <cstddef>

namespace weir {
namespace detail {

template <class Char>
struct view_of;  // defined in fixed_string_view.hpp

}  // namespace detail

template <std::size_t N>
struct fixed_string {
    char text[N + 1] = {};

    constexpr fixed_string() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): a literal must convert by itself
    constexpr fixed_string(const char (&literal)[N + 1]) {
        for (std::size_t i = 0; i <= N; ++i) text[i] = literal[i];
    }

    /// The text as a `std::string_view`; needs `fixed_string_view.hpp`.
    template <class Char = char>
    [[nodiscard]] constexpr auto view() const noexcept {
        return detail::view_of<Char>::make(text, N);
    }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

    template <std::size_t M>
    [[nodiscard]] friend constexpr bool operator==(const fixed_string& a, const fixed_string<M>& b) noexcept {
        if (N != M) return false;
        for (std::size_t i = 0; i < N && i < M; ++i) {
            if (a.text[i] != b.text[i]) return false;
        }
        return true;
    }
};

template <std::size_t N>
fixed_string(const char (&)[N]) -> fixed_string<N - 1>;

}  // namespace weir
