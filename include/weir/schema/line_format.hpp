// SPDX-License-Identifier: BSL-1.0
// A format for lines of text, from a literal:
//
//     struct entry { std::chrono::sys_seconds time; std::string level, message; };
//     weir::parse<entry>(weir::line_format<"{time:%Y-%m-%dT%H:%M:%S} {level} [{thread}] {message}">)
//
//     {name}            up to the next literal text; behind the last field, up to the end of the line
//     {name:quoted}     in double quotes; \" inside becomes ", other escapes stay as they are
//     {name:request}    the same, "GET /path HTTP/1.1", and its parts are the fields method, path and protocol
//     {name:status}     three digits, from 100 up
//     {name:%Y-%m-%d}   a time; time_pattern.hpp has the conversions. {name} reads ISO 8601 into a time
//     {} {:quoted}      passed over
//     {{ }}             a brace; everything else stands for itself
//
// Members of the record take the field of their name; `.rename<"time", &entry::at>()` gives member `at` the field
// `time`. A field without a member is passed over, a member without a field does not compile. Values are read by
// text_value.hpp. A line with bytes behind its last field is refused; a '\r' at the end is part of the line's end; an
// empty line is no record. One pass over the line, and no allocation but for strings that grow.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/config.hpp"
#include "../support/fixed_string_view.hpp"
#include "fields.hpp"
#include "format_check.hpp"
#include "line_syntax.hpp"
#include "parse_status.hpp"
#include "renamed.hpp"
#include "static_text.hpp"
#include "text_error.hpp"
#include "text_value.hpp"
#include "time_pattern.hpp"

namespace weir {

/// What "-" is in a member that is no optional: the text "-", or the log formats' sign for nothing: 0, "".
enum class dash : unsigned char { is_text, is_nothing };

namespace detail {

/// A byte in each of eight; eight bytes are looked at in little-endian order (byte_io.hpp).
inline constexpr std::uint64_t in_each_byte = 0x0101'0101'0101'0101U;

/// The first C from p on, or nullptr. Most fields are short: what is near is found without a call.
template <char C>
[[nodiscard, gnu::always_inline]] inline const char* find_near(const char* p, const char* end) noexcept {
    for (int step = 0; step < 2 && end - p >= 8; ++step, p += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, p, 8);
        eight ^= in_each_byte * static_cast<unsigned char>(C);
        // The lowest bit that is set belongs to the first zero.
        const std::uint64_t zeros = (eight - in_each_byte) & ~eight & (in_each_byte << 7U);
        if (zeros != 0) return p + (std::countr_zero(zeros) >> 3);
    }
    return static_cast<const char*>(std::memchr(p, C, static_cast<std::size_t>(end - p)));
}

/// The number that up to nine digits from p on are; answers their end.
[[nodiscard, gnu::always_inline]] inline const char* take_digits(const char* p, const char* end,
                                                                 std::uint32_t& value) noexcept {
    if (end - p >= 8) [[likely]] {
        std::uint64_t eight = 0;
        std::memcpy(&eight, p, 8);
        eight ^= in_each_byte * '0';
        // The lowest bit that is set belongs to the first byte above 9.
        const std::uint64_t others = ((eight + in_each_byte * (0x80U - 10U)) | eight) & (in_each_byte << 7U);
        const int digits = std::countr_zero(others) >> 3;
        if (digits != 0 && digits != 8) [[likely]] {
            eight <<= 64 - 8 * digits;  // the last digit last, zeros before the first
            eight = (eight * 10 + (eight >> 8U)) & 0x00FF'00FF'00FF'00FFU;
            eight = (eight * 100 + (eight >> 16U)) & 0x0000'FFFF'0000'FFFFU;
            value = static_cast<std::uint32_t>(eight * 10'000 + (eight >> 32U));
            return p + digits;
        }
    }
    const char* const last = end - p < 9 ? end : p + 9;
    for (value = 0; p != last && is_digit(*p); ++p) value = value * 10 + static_cast<std::uint32_t>(*p - '0');
    return p;
}

template <fixed_string Text>
[[nodiscard, gnu::always_inline]] inline const char* find_text(const char* p, const char* end) noexcept {
    while (true) {
        if (static_cast<std::size_t>(end - p) < Text.size()) return nullptr;
        p = find_near<Text.text[0]>(p, end - (Text.size() - 1));
        if (p == nullptr || std::memcmp(p, Text.text, Text.size()) == 0) return p;
        ++p;
    }
}

/// The quote that closes what begins at p: one with an even number of backslashes before it.
[[nodiscard, gnu::always_inline]] inline const char* closing_quote(const char* p, const char* end) noexcept {
    if (end - p > 1 && p[1] == '"' && p[0] == '-') return p + 1;  // nothing, as logs have it
    const char* from = p;
    while (true) {
        p = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(end - p)));
        if (p == nullptr || p == from || p[-1] != '\\') [[likely]]
            return p;
        const char* slash = p;
        while (slash != from && slash[-1] == '\\') --slash;
        if ((p - slash) % 2 == 0) return p;
        ++p;
    }
}

/// Sets `out` to the text with \" as ".
WEIR_COLD inline void assign_unescaped(std::string_view text, std::string& out) {
    out.clear();
    while (true) {
        const std::size_t slash = text.find('\\');
        if (slash == std::string_view::npos || slash + 1 == text.size()) break;
        const std::size_t taken = text[slash + 1] == '"' ? slash : slash + 2;
        out.append(text.substr(0, taken));
        text.remove_prefix(text[slash + 1] == '"' ? slash + 1 : taken);
        if (taken == slash) {  // the quote itself
            out.push_back('"');
            text.remove_prefix(1);
        }
    }
    out.append(text);
}

struct line_cursor {
    const char* p;
    const char* end;
    const char* begin;
    parse_status status{};

    WEIR_COLD bool fail(const char* at, std::string_view reason) noexcept {
        status = parse_failed(static_cast<std::size_t>(at - begin), reason);
        return false;
    }
};

struct no_state {};
template <std::size_t I, class State>
struct state_at : State {};
template <class Indices, class... States>
struct all_states;
template <std::size_t... I, class... States>
struct all_states<std::index_sequence<I...>, States...> : state_at<I, States>... {};

template <class T>
inline constexpr bool takes_pattern = is_sys_time<T>;
template <class T>
inline constexpr bool takes_pattern<std::optional<T>> = is_sys_time<T>;

/// `field_count<T>` where none does.
template <class T, class... Renames>
[[nodiscard]] constexpr std::size_t member_that_takes(std::string_view field) noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::size_t at = sizeof...(I);
        static_cast<void>(
            ((!field.empty() && name_in_text<T, I, Renames...>() == field ? (at = I, true) : false) || ...));
        return at;
    }(std::make_index_sequence<field_count<T>>{});
}

template <class T>
struct reads_from_line {
    static constexpr bool value = text_readable<T>;
};

template <class Layout>
[[nodiscard]] consteval bool knows_conversions() noexcept {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return (
            (Layout::template element<I>.kind != field_kind::time || inspect_pattern(Layout::template pattern<I>).valid)
            && ...);
    }(std::make_index_sequence<Layout::count>{});
}

template <class T, class Layout, class... Renames>
[[nodiscard]] consteval format_check check_line_format() noexcept {
    constexpr format_check members = check_members<T, reads_from_line, Renames...>();
    if constexpr (Layout::mistake != format_flaw::none) {
        return {Layout::mistake};
    } else if constexpr (!knows_conversions<Layout>()) {
        return {format_flaw::unknown_conversion};
    } else if constexpr (members.flaw != format_flaw::none) {
        return members;
    } else if constexpr (!(Layout::provides(Renames::field) && ...)) {
        return {format_flaw::rename_unknown_field};
    } else {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            format_check found{};
            // A field that another member takes before is none for this one.
            const auto fills = [&](std::size_t at, std::string_view field) {
                if (Layout::provides(field) && member_that_takes<T, Renames...>(field) == at) return true;
                found = {format_flaw::member_without_field, at};
                return false;
            };
            static_cast<void>((fills(I, name_in_text<T, I, Renames...>()) && ...));
            return found;
        }(std::make_index_sequence<field_count<T>>{});
    }
}

template <class T, class Layout, dash Dash, class... Renames>
class line_parser {
    [[nodiscard]] static consteval std::size_t member_of(std::string_view field) noexcept {
        return member_that_takes<T, Renames...>(field);
    }

    template <std::size_t I>
    static constexpr std::size_t target = member_of(Layout::template name<I>.view());
    static constexpr std::size_t unmapped = field_count<T>;
    static constexpr bool wants_method = member_of("method") != unmapped;
    static constexpr bool wants_path = member_of("path") != unmapped;
    static constexpr bool wants_protocol = member_of("protocol") != unmapped;

    template <std::size_t I>
    [[nodiscard]] static consteval bool reads_time() noexcept {
        if constexpr (Layout::template element<I>.kind == field_kind::time && target<I> != unmapped) {
            return takes_pattern<field_type<T, target<I>>>;
        } else {
            return false;
        }
    }
    template <std::size_t I>
    [[nodiscard]] static auto state_of() noexcept {
        if constexpr (reads_time<I>()) {
            return time_reader<Layout::template pattern<I>>{};
        } else {
            return no_state{};
        }
    }
    template <class Indices>
    struct states_of;
    template <std::size_t... I>
    struct states_of<std::index_sequence<I...>> {
        using type = all_states<std::index_sequence<I...>, decltype(state_of<I>())...>;
    };
    using indices = std::make_index_sequence<Layout::count>;

  public:
    /// Fills `out`. Its members may hold anything where the answer is not `record`.
    [[nodiscard]] parse_status parse(std::string_view line, T& out) {
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) return {parsed::nothing, 0, {}};
        line_cursor c{line.data(), line.data() + line.size(), line.data()};
        if constexpr (Layout::before.size() != 0) {
            if (!line.starts_with(Layout::before.view())) {
                c.fail(c.p, joined<"the line does not begin with '", Layout::before, "'">);
                return c.status;
            }
            c.p += Layout::before.size();
        }
        const bool whole = [&]<std::size_t... I>(std::index_sequence<I...>)
                               WEIR_INLINE_LAMBDA { return (step<I>(c, out) && ...); }(indices{});
        if (!whole) [[unlikely]]
            return c.status;
        if (c.p != c.end) [[unlikely]] {
            c.fail(c.p, joined<"something stands behind ", Layout::template name<Layout::count - 1>>);
        }
        return c.status;
    }

  private:
    template <std::size_t I>
    WEIR_INLINE bool step(line_cursor& c, T& out) {
        constexpr field_kind kind = Layout::template element<I>.kind;
        if constexpr (kind == field_kind::quoted || kind == field_kind::request) {
            return quoted<I>(c, out) && pass_literal<I>(c);
        } else if constexpr (reads_time<I>()) {
            return timed<I>(c, out) && pass_literal<I>(c);
        } else {
            return plain<I>(c, out);
        }
    }

    template <std::size_t I>
    WEIR_INLINE bool pass_literal(line_cursor& c) noexcept {
        constexpr auto literal = Layout::template behind<I>;
        if constexpr (literal.size() != 0) {
            if (static_cast<std::size_t>(c.end - c.p) < literal.size()
                || std::memcmp(c.p, literal.text, literal.size()) != 0) [[unlikely]] {
                return c.fail(c.p, joined<"no '", literal, "' behind ", Layout::template name<I>>);
            }
            c.p += literal.size();
        }
        return true;
    }

    /// Up to the literal behind the field.
    template <std::size_t I>
    WEIR_INLINE bool plain(line_cursor& c, T& out) {
        constexpr auto literal = Layout::template behind<I>;
        constexpr auto name = Layout::template name<I>;
        const char* const from = c.p;
        if constexpr (literal.size() == 0) {
            c.p = c.end;
            return put<I, name>(c, from, c.end, out);
        } else {
            if constexpr (target<I> != unmapped) {
                using field = field_type<T, target<I>>;
                if constexpr (std::is_integral_v<field> && sizeof(field) >= 4 && !is_digit(literal.text[0])) {
                    if (digits<I>(c, out)) [[likely]]
                        return true;
                }
            }
            const char* const stop = find_text<literal>(from, c.end);
            if (stop == nullptr) [[unlikely]]
                return c.fail(from, joined<"no '", literal, "' behind ", name>);
            c.p = stop + literal.size();
            return put<I, name>(c, from, stop, out);
        }
    }

    /// A number of up to nine digits and the literal behind it, without looking for that first.
    template <std::size_t I>
    WEIR_INLINE bool digits(line_cursor& c, T& out) noexcept {
        constexpr auto literal = Layout::template behind<I>;
        std::uint32_t value = 0;
        const char* const p = take_digits(c.p, c.end, value);
        if (p == c.p || static_cast<std::size_t>(c.end - p) < literal.size()
            || std::memcmp(p, literal.text, literal.size()) != 0) [[unlikely]] {
            return false;
        }
        if constexpr (Layout::template element<I>.kind == field_kind::status) {
            if (p - c.p != 3 || value < 100) return false;
        }
        field_at<target<I>>(out) = static_cast<field_type<T, target<I>>>(value);
        c.p = p + literal.size();
        return true;
    }

    template <std::size_t I>
    WEIR_INLINE bool timed(line_cursor& c, T& out) {
        auto& member = field_at<target<I>>(out);
        using field = std::remove_cvref_t<decltype(member)>;
        const char* const from = c.p;
        if constexpr (is_optional<field>) {
            if (c.p != c.end && *c.p == '-' && !(c.end - c.p > 1 && is_digit(c.p[1]))) {
                ++c.p;
                member.reset();
                return true;
            }
            if (!member.has_value()) member.emplace();
        }
        split_time time;
        state_at<I, time_reader<Layout::template pattern<I>>>& reader = states_;
        text_error error = reader.read(c.p, c.end, time);
        if (error == nullptr) [[likely]] {
            if constexpr (is_optional<field>) {
                error = time_from(time, *member);
            } else {
                error = time_from(time, member);
            }
        }
        if (error != nullptr) [[unlikely]]
            return c.fail(from, reason_of<Layout::template name<I>>(error));
        return true;
    }

    template <std::size_t I>
    WEIR_INLINE bool quoted(line_cursor& c, T& out) {
        constexpr auto name = Layout::template name<I>;
        if (c.p == c.end || *c.p != '"') [[unlikely]]
            return c.fail(c.p, joined<"no '\"' before ", name>);
        const char* const from = c.p + 1;
        const char* const stop = closing_quote(from, c.end);
        if (stop == nullptr) [[unlikely]]
            return c.fail(c.p, joined<"the quotes of ", name, " do not close">);
        c.p = stop + 1;
        if constexpr (Layout::template element<I>.kind == field_kind::request) {
            if (!request_parts(c, from, stop, out)) return false;
        }
        return put<I, name>(c, from, stop, out);
    }

    WEIR_INLINE bool request_parts(line_cursor& c, const char* from, const char* stop, T& out) {
        if constexpr (wants_method || wants_path || wants_protocol) {
            const char* const nothing = stop;
            const auto size = static_cast<std::size_t>(stop - from);
            const auto* method_end = static_cast<const char*>(std::memchr(from, ' ', size));
            const char* path = method_end == nullptr ? from : method_end + 1;
            if (method_end == nullptr) method_end = from;  // bytes that are no request: a path alone
            if (size == 1 && *from == '-') path = nothing;
            const char* protocol = stop;
            while (protocol != path && protocol[-1] != ' ') --protocol;
            const bool has_protocol = stop - protocol >= 5 && std::memcmp(protocol, "HTTP/", 5) == 0;
            const char* path_end = !has_protocol ? stop : protocol == path ? path : protocol - 1;
            if (!has_protocol) protocol = stop;
            if constexpr (wants_method) {
                if (!put_member<member_of("method"), "method", true>(c, from, method_end, out)) return false;
            }
            if constexpr (wants_path) {
                if (!put_member<member_of("path"), "path", true>(c, path, path_end, out)) return false;
            }
            if constexpr (wants_protocol) {
                if (!put_member<member_of("protocol"), "protocol", true>(c, protocol, stop, out)) return false;
            }
        }
        return true;
    }

    template <std::size_t I, fixed_string Name>
    WEIR_INLINE bool put(line_cursor& c, const char* from, const char* stop, T& out) {
        if constexpr (target<I> == unmapped) {
            return true;
        } else {
            constexpr field_kind kind = Layout::template element<I>.kind;
            constexpr bool in_quotes = kind == field_kind::quoted || kind == field_kind::request;
            if constexpr (kind == field_kind::status) {
                const bool none = stop - from == 1 && *from == '-';
                const bool three = stop - from == 3 && is_digit(from[0]) && is_digit(from[1]) && is_digit(from[2]);
                if (!none && !(three && from[0] != '0')) [[unlikely]]
                    return c.fail(from, reason_of<Name>(no_status));
            }
            return put_member<target<I>, Name, in_quotes>(c, from, stop, out);
        }
    }

    template <std::size_t Member, fixed_string Name, bool InQuotes>
    WEIR_INLINE bool put_member(line_cursor& c, const char* from, const char* stop, T& out) {
        auto& member = field_at<Member>(out);
        using field = std::remove_reference_t<decltype(member)>;
        const std::string_view text(from, static_cast<std::size_t>(stop - from));
        if constexpr (Dash == dash::is_nothing && !is_optional<field>) {
            if (text.size() == 1 && *from == '-') {
                if constexpr (std::is_same_v<field, std::string>) {
                    member.clear();
                    return true;
                } else if constexpr (is_number<field>) {
                    member = field{};
                    return true;
                }
            }
        }
        if constexpr (InQuotes
                      && (std::is_same_v<field, std::string> || std::is_same_v<field, std::optional<std::string>>)) {
            if (std::memchr(from, '\\', text.size()) != nullptr) [[unlikely]] {
                if constexpr (is_optional<field>) {
                    assign_unescaped(text, member.emplace());
                } else {
                    assign_unescaped(text, member);
                }
                return true;
            }
        }
        if (const text_error error = read_value(text, member)) [[unlikely]] {
            return c.fail(from, reason_of<Name>(error));
        }
        return true;
    }

    [[no_unique_address]] typename states_of<indices>::type states_{};
};

}  // namespace detail

/// A format as a value; `line_format` below makes it of a literal.
template <fixed_string Text, dash Dash, class... Renames>
struct line_format_type {
    template <class T>
    static constexpr detail::format_check check = detail::check_line_format<T, detail::line_layout<Text>, Renames...>();

    /// Member takes the field of this name; its own name counts no more.
    template <fixed_string Field, auto Member>
    [[nodiscard]] constexpr auto rename() const noexcept {
        return line_format_type<Text, Dash, Renames..., detail::renamed<Field, Member>>{};
    }
    /// What fills records of type T. One per thread; it remembers the last date.
    template <class T>
    [[nodiscard]] constexpr auto parser() const noexcept {
        static_assert(check<T>.flaw == detail::format_flaw::none,
                      "weir::line_format: the record does not fit the format; weir::parse says what is wrong");
        return detail::line_parser<T, detail::line_layout<Text>, Dash, Renames...>{};
    }
};

template <fixed_string Text>
inline constexpr line_format_type<Text, dash::is_text> line_format{};

}  // namespace weir
