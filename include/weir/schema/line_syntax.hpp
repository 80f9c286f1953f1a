// SPDX-License-Identifier: BSL-1.0
// What the literal of a line format means, worked out at compile time. The syntax is described in line_format.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "../support/fixed_string_view.hpp"
#include "format_check.hpp"

namespace weir::detail {

enum class field_kind : unsigned char { plain, quoted, request, status, time };

struct text_part {
    std::size_t begin = 0;
    std::size_t size = 0;
};

/// A field and the literal text behind it. Parts lie in the format's text, where "{{" has become "{".
struct line_element {
    text_part name;
    text_part pattern;
    text_part behind;
    field_kind kind = field_kind::plain;
};

template <std::size_t N>
struct line_syntax {
    std::array<char, N + 1> text{};  // names, patterns, literals
    std::array<line_element, N / 2 + 1> elements{};
    text_part before{};  // the literal before the first field
    std::size_t count = 0;
    format_flaw mistake = format_flaw::none;
};

template <std::size_t N>
[[nodiscard]] consteval line_syntax<N> read_line_syntax(const fixed_string<N>& format) noexcept {
    line_syntax<N> out;
    std::size_t used = 0;
    const auto copy = [&](std::string_view text) {
        const text_part part{used, text.size()};
        for (const char c : text) out.text[used++] = c;
        return part;
    };
    const std::string_view text(format.text, N);
    text_part literal{0, 0};
    const auto close_literal = [&] { (out.count == 0 ? out.before : out.elements[out.count - 1].behind) = literal; };
    for (std::size_t i = 0; i < N;) {
        const bool doubled = i + 1 < N && text[i + 1] == text[i];
        if (text[i] == '}' && !doubled) {
            out.mistake = format_flaw::close_brace;
            return out;
        }
        if (text[i] != '{' || doubled) {
            out.text[used++] = text[i];
            ++literal.size;
            i += doubled && (text[i] == '{' || text[i] == '}') ? std::size_t{2} : std::size_t{1};
            continue;
        }
        const std::size_t close = text.find('}', i);
        if (close == std::string_view::npos) {
            out.mistake = format_flaw::open_brace;
            return out;
        }
        close_literal();
        const std::string_view inside = text.substr(i + 1, close - i - 1);
        const std::size_t colon = inside.find(':');
        line_element element;
        element.name = copy(inside.substr(0, colon));
        const std::string_view how = colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
        if (how == "quoted") {
            element.kind = field_kind::quoted;
        } else if (how == "request") {
            element.kind = field_kind::request;
        } else if (how == "status") {
            element.kind = field_kind::status;
        } else if (how.find('%') != std::string_view::npos) {
            element.kind = field_kind::time;
            element.pattern = copy(how);
        } else if (colon != std::string_view::npos) {
            out.mistake = format_flaw::unknown_kind;
            return out;
        }
        out.elements[out.count++] = element;
        literal = {used, 0};
        i = close + 1;
    }
    close_literal();
    for (std::size_t i = 0; i + 1 < out.count; ++i) {
        const line_element& e = out.elements[i];
        const bool ends_itself = e.kind == field_kind::quoted || e.kind == field_kind::request;
        if (e.behind.size == 0 && !ends_itself) out.mistake = format_flaw::no_literal;
    }
    if (out.count == 0) out.mistake = format_flaw::no_field;
    return out;
}

/// What the literal Text means. Where it has a mistake only that counts.
template <fixed_string Text>
struct line_layout {
    static constexpr line_syntax<Text.size()> syntax = read_line_syntax(Text);
    static constexpr format_flaw mistake = syntax.mistake;
    static constexpr std::size_t count = syntax.count;

    template <std::size_t I>
    static constexpr line_element element = syntax.elements[I];

    template <text_part Part>
    static constexpr auto part = [] {
        fixed_string<Part.size> copy;
        for (std::size_t i = 0; i < Part.size; ++i) copy.text[i] = syntax.text[Part.begin + i];
        return copy;
    }();
    template <std::size_t I>
    static constexpr auto name = part<syntax.elements[I].name>;
    template <std::size_t I>
    static constexpr auto pattern = part<syntax.elements[I].pattern>;
    template <std::size_t I>
    static constexpr auto behind = part<syntax.elements[I].behind>;
    static constexpr auto before = part<syntax.before>;

    /// Does a field, or a part of a request, of this name exist?
    [[nodiscard]] static constexpr bool provides(std::string_view field) noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            const line_element& e = syntax.elements[i];
            if (!field.empty() && std::string_view(syntax.text.data() + e.name.begin, e.name.size) == field)
                return true;
            if (e.kind == field_kind::request && (field == "method" || field == "path" || field == "protocol"))
                return true;
        }
        return false;
    }
};

}  // namespace weir::detail
