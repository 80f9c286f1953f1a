// SPDX-License-Identifier: BSL-1.0
// What text is written into: anything that has `append(const char*, std::size_t)` (std::string), `append(first, last)`
// (fmt's buffers) or `insert` and `push_back` (std::vector<char>). Writing appends; it never clears.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

template <class Buffer>
concept append_buffer = requires(Buffer& b, const char* text, char c) { b.push_back(c); } &&
                        (requires(Buffer& b, const char* text) { b.append(text, std::size_t{}); } ||
                         requires(Buffer& b, const char* text) { b.append(text, text); } ||
                         requires(Buffer& b, const char* text) { b.insert(b.end(), text, text); });

namespace detail {

template <append_buffer Buffer>
[[gnu::always_inline]] inline void put_text(Buffer& buffer, const char* text, std::size_t size) {
    if constexpr (requires { buffer.append(text, size); }) {
        buffer.append(text, size);
    } else if constexpr (requires { buffer.append(text, text); }) {
        buffer.append(text, text + size);
    } else {
        buffer.insert(buffer.end(), text, text + size);
    }
}
template <append_buffer Buffer>
[[gnu::always_inline]] inline void put_text(Buffer& buffer, std::string_view text) {
    put_text(buffer, text.data(), text.size());
}

}  // namespace detail
}  // namespace weir
