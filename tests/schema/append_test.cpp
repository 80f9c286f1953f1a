// SPDX-License-Identifier: BSL-1.0
// schema/append.hpp: text goes into every kind of buffer, behind what is there.
#include <weir/schema/append.hpp>

#include <fmt/format.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

/// Counts, and keeps nothing.
struct counting {
    std::size_t bytes = 0;
    void push_back(char) { ++bytes; }
    void append(const char*, std::size_t size) { bytes += size; }
};
struct no_range {
    void push_back(char);
};

static_assert(weir::append_buffer<std::string> && weir::append_buffer<fmt::memory_buffer>);
static_assert(weir::append_buffer<std::vector<char>> && weir::append_buffer<std::deque<char>>);
static_assert(weir::append_buffer<counting>);
static_assert(!weir::append_buffer<no_range> && !weir::append_buffer<const std::string>
              && !weir::append_buffer<std::string_view>);

}  // namespace

TEST_CASE("append: behind what is there, NULs too") {
    const std::string_view text("a\0b", 3);
    std::string string = "x";
    std::vector<char> vector{'x'};
    fmt::memory_buffer buffer;
    buffer.push_back('x');
    counting counted{1};
    weir::detail::put_text(string, text);
    weir::detail::put_text(vector, text);
    weir::detail::put_text(buffer, text);
    weir::detail::put_text(counted, text);
    const std::string expected("xa\0b", 4);
    CHECK(string == expected);
    CHECK(std::string(vector.begin(), vector.end()) == expected);
    CHECK(std::string(buffer.data(), buffer.size()) == expected);
    CHECK(counted.bytes == 4);
    weir::detail::put_text(string, std::string_view());
    CHECK(string.size() == 4);
}
