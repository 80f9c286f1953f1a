// SPDX-License-Identifier: BSL-1.0
// What every fuzz target needs: the input as text, and an end that makes the fuzzer keep it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace weir_fuzz {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// f(line) for each line of the text, from a copy of exactly its size, so that AddressSanitizer sees a read behind it.
template <class F>
void each_line(std::string_view text, F f) {
    while (true) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        char* const exact = static_cast<char*>(std::malloc(line.size() + (line.empty() ? 1 : 0)));
        line.copy(exact, line.size());
        f(std::string_view(exact, line.size()));
        std::free(exact);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

/// A refusal names a byte of the line, or the one behind it.
template <class Status>
void require_place(const Status& status, std::string_view line) {
    require(status.column >= 1 && status.column <= line.size() + 1, "the column lies within the line");
    require(!status.reason.empty(), "a refusal has a reason");
}

}  // namespace weir_fuzz
