// SPDX-License-Identifier: BSL-1.0
// Times by a pattern known at compile time, each conversion unrolled:
//
//     %Y 4 digits   %y 2 digits (69-99: 19xx)   %m 01-12   %b Jan (any case)   %d 01-31   %e ' 1'-31   %F %Y-%m-%d
//     %H 00-23      %M 00-59    %S 00-59        %T %H:%M:%S                    %f digits of a fraction, 1 or more
//     %z Z, +hh, +hhmm, +hh:mm  %s seconds since 1970, or before (-1.5 by %s.%f)
//     %% a '%'                  any other byte: itself
//
// Without %z the time is UTC. A pattern that begins with the date in a fixed width (nearly every log) is decoded once
// per date: the next line with the same bytes there costs a comparison.
#pragma once

#include <cstddef>
#include <cstring>

#include "../support/config.hpp"
#include "../support/fixed_string.hpp"
#include "time_text.hpp"

namespace weir::detail {

struct time_parts {
    std::int64_t year = 1970;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    std::int64_t east = 0;
    std::int64_t epoch = 0;
    bool before_epoch = false;
    std::int64_t fraction = 0;
    int digits = 0;
};

/// 1 to 12, or 0: the first three letters of an English month.
[[nodiscard]] constexpr unsigned month_of(const char* p) noexcept {
    const auto key = [](char a, char b, char c) {
        return (static_cast<unsigned>(static_cast<unsigned char>(a)) | 0x20U) << 16U
               | (static_cast<unsigned>(static_cast<unsigned char>(b)) | 0x20U) << 8U
               | (static_cast<unsigned>(static_cast<unsigned char>(c)) | 0x20U);
    };
    switch (key(p[0], p[1], p[2])) {
    case key('j', 'a', 'n'):
        return 1;
    case key('f', 'e', 'b'):
        return 2;
    case key('m', 'a', 'r'):
        return 3;
    case key('a', 'p', 'r'):
        return 4;
    case key('m', 'a', 'y'):
        return 5;
    case key('j', 'u', 'n'):
        return 6;
    case key('j', 'u', 'l'):
        return 7;
    case key('a', 'u', 'g'):
        return 8;
    case key('s', 'e', 'p'):
        return 9;
    case key('o', 'c', 't'):
        return 10;
    case key('n', 'o', 'v'):
        return 11;
    case key('d', 'e', 'c'):
        return 12;
    default:
        return 0;
    }
}

/// Bytes that conversion `c` takes; 0 where that depends on the text, -1 where there is no such conversion.
[[nodiscard]] constexpr int width_of_conversion(char c) noexcept {
    switch (c) {
    case 'Y':
        return 4;
    case 'y':
    case 'm':
    case 'd':
    case 'e':
    case 'H':
    case 'M':
    case 'S':
        return 2;
    case 'b':
        return 3;
    case 'F':
        return 10;
    case 'T':
        return 8;
    case '%':
        return 1;
    case 'f':
    case 'z':
    case 's':
        return 0;
    default:
        return -1;
    }
}

[[nodiscard]] constexpr bool is_date_conversion(char c) noexcept {
    return c == 'Y' || c == 'y' || c == 'm' || c == 'b' || c == 'd' || c == 'e' || c == 'F';
}

struct pattern_facts {
    bool valid = true;             // every conversion is known
    std::size_t prefix_end = 0;    // of the pattern: behind the date it begins with, or behind the minute
    std::size_t prefix_width = 0;  // of the text; 0 where it does not begin with a whole date
    std::size_t rest_width = 0;    // of the text behind, up to the first conversion of no fixed width
};

/// Takes the part of the pattern from `i` on: a literal byte or a conversion. 0 where the pattern ends.
struct pattern_part {
    std::size_t size = 0;
    char conversion = '\0';
    int width = 1;
};
template <std::size_t N>
[[nodiscard]] constexpr pattern_part pattern_part_at(const fixed_string<N>& pattern, std::size_t i) noexcept {
    if (i >= N) return {};
    if (pattern.text[i] != '%') return {1};
    return {2, pattern.text[i + 1], width_of_conversion(pattern.text[i + 1])};
}

/// Where a prefix ends that holds the whole date (and, with `Clock`, hours and minutes), all of which the rest leaves
/// alone.
template <bool Clock, std::size_t N>
[[nodiscard]] constexpr pattern_facts prefix_of_pattern(const fixed_string<N>& pattern) noexcept {
    pattern_facts facts;
    const auto belongs = [](char c) { return is_date_conversion(c) || (Clock && (c == 'H' || c == 'M')); };
    bool year = false;
    bool month = false;
    bool day = false;
    std::size_t width = 0;
    std::size_t i = 0;
    for (pattern_part part; (part = pattern_part_at(pattern, i)).size != 0; i += part.size) {
        const char c = part.conversion;
        if (c != '\0' && c != '%' && !belongs(c)) break;
        width += static_cast<std::size_t>(part.width);
        if (!belongs(c)) continue;
        year = year || c == 'Y' || c == 'y' || c == 'F';
        month = month || c == 'm' || c == 'b' || c == 'F';
        day = day || c == 'd' || c == 'e' || c == 'F';
        facts.prefix_end = i + part.size;
        facts.prefix_width = width;
    }
    for (pattern_part part; (part = pattern_part_at(pattern, i)).size != 0; i += part.size) {
        if (belongs(part.conversion) || (Clock && part.conversion == 'T')) year = false;
    }
    return year && month && day && facts.prefix_width <= 32 ? facts : pattern_facts{};
}

template <std::size_t N>
[[nodiscard]] constexpr pattern_facts inspect_pattern(const fixed_string<N>& pattern) noexcept {
    std::size_t i = 0;
    for (pattern_part part; (part = pattern_part_at(pattern, i)).size != 0; i += part.size) {
        if (part.width < 0) return {false};
    }
    pattern_facts facts = prefix_of_pattern<true>(pattern);
    if (facts.prefix_width == 0) facts = prefix_of_pattern<false>(pattern);
    i = facts.prefix_end;
    for (pattern_part part; (part = pattern_part_at(pattern, i)).size != 0; i += part.size) {
        facts.rest_width += part.conversion == 'z' ? 5U : static_cast<std::size_t>(part.width);
        if (part.width == 0) break;
    }
    return facts;
}

/// Room: the text is known to be long enough for all conversions of a fixed width, and "+0000".
template <bool Room>
[[nodiscard, gnu::always_inline]] inline constexpr bool take_two(const char*& p, const char* end,
                                                                 unsigned& out) noexcept {
    if (!Room && end - p < 2) return false;
    out = two_digits(p);
    p += 2;
    return out != 100;
}

template <char C, bool Room>
[[nodiscard, gnu::always_inline]] inline constexpr bool take_conversion(const char*& p, const char* end,
                                                                        time_parts& t) noexcept {
    if constexpr (C == 'Y') {
        if (!Room && end - p < 4) return false;
        const unsigned high = two_digits(p);
        const unsigned low = two_digits(p + 2);
        t.year = high * 100 + low;
        p += 4;
        return high != 100 && low != 100;
    } else if constexpr (C == 'y') {
        unsigned year = 0;
        if (!take_two<Room>(p, end, year)) return false;
        t.year = year < 69 ? 2000 + year : 1900 + year;
        return true;
    } else if constexpr (C == 'm') {
        return take_two<Room>(p, end, t.month);
    } else if constexpr (C == 'b') {
        if (!Room && end - p < 3) return false;
        t.month = month_of(p);
        p += 3;
        return t.month != 0;
    } else if constexpr (C == 'd') {
        return take_two<Room>(p, end, t.day);
    } else if constexpr (C == 'e') {
        if ((Room || end - p >= 2) && *p == ' ') {
            if (!is_digit(p[1])) return false;
            t.day = static_cast<unsigned>(p[1] - '0');
            p += 2;
            return true;
        }
        return take_two<Room>(p, end, t.day);
    } else if constexpr (C == 'H') {
        return take_two<Room>(p, end, t.hour);
    } else if constexpr (C == 'M') {
        return take_two<Room>(p, end, t.minute);
    } else if constexpr (C == 'S') {
        return take_two<Room>(p, end, t.second);
    } else if constexpr (C == 'f') {
        if (p == end || !is_digit(*p)) return false;
        split_time part;
        p = read_fraction(p, end, part);
        t.fraction = part.fraction;
        t.digits = part.digits;
        return true;
    } else if constexpr (C == 'z') {
        if ((Room || end - p >= 5) && *p == '+' && __builtin_memcmp(p + 1, "0000", 4) == 0) [[likely]] {
            t.east = 0;
            p += 5;
            return true;
        }
        const char* behind = read_zone(p, end, t.east);
        if (behind == nullptr) return false;
        p = behind;
        return true;
    } else if constexpr (C == 's') {
        const bool negative = p != end && *p == '-';
        if (negative) ++p;
        const char* const begin = p;
        t.epoch = 0;
        for (; p != end && p - begin < 15 && is_digit(*p); ++p) t.epoch = t.epoch * 10 + (*p - '0');
        if (negative) t.epoch = -t.epoch;
        t.before_epoch = negative;
        return p != begin;
    } else {
        static_assert(C == '%');
        return (Room || p != end) && *p++ == '%';
    }
}

/// Takes Pattern[At, End); p is at the byte that does not fit where it answers false, or close before it.
template <fixed_string Pattern, std::size_t At, std::size_t End, bool Room = false>
[[nodiscard, gnu::always_inline]] inline constexpr bool take_pattern(const char*& p, const char* end,
                                                                     time_parts& t) noexcept {
    if constexpr (At >= End) {
        return true;
    } else if constexpr (Pattern.text[At] != '%') {
        if ((!Room && p == end) || *p != Pattern.text[At]) return false;
        ++p;
        return take_pattern<Pattern, At + 1, End, Room>(p, end, t);
    } else {
        constexpr char c = Pattern.text[At + 1];
        if constexpr (c == 'F') {
            if (!take_pattern<fixed_string("%Y-%m-%d"), 0, 8, Room>(p, end, t)) return false;
        } else if constexpr (c == 'T') {
            if (!take_pattern<fixed_string("%H:%M:%S"), 0, 8, Room>(p, end, t)) return false;
        } else {
            if (!take_conversion<c, Room>(p, end, t)) return false;
        }
        return take_pattern < Pattern, At + 2, End, Room && width_of_conversion(c) != 0 > (p, end, t);
    }
}

/// Reads times of one pattern. Remembers the last prefix.
template <fixed_string Pattern>
class time_reader {
    static constexpr pattern_facts facts = inspect_pattern(Pattern);
    static_assert(facts.valid,
                  "weir: the time pattern has a conversion that is not known; see schema/time_pattern.hpp");
    static constexpr bool remembers = facts.prefix_width != 0;
    static constexpr std::size_t width = facts.prefix_width;

  public:
    /// Moves p behind the time and answers nullptr, or says why not.
    [[nodiscard]] WEIR_INLINE text_error read(const char*& p, const char* end, split_time& out) noexcept {
        if constexpr (remembers) {
            const auto left = static_cast<std::size_t>(end - p);
            if (left >= width + facts.rest_width && known_ && std::memcmp(p, text_, width) == 0) [[likely]] {
                p += width;
                return read_rest<true>(p, end, seconds_, out);
            }
        }
        return read_all(p, end, out);
    }

  private:
    template <bool Room>
    WEIR_INLINE text_error read_rest(const char*& p, const char* end, std::int64_t prefix, split_time& out) noexcept {
        time_parts t;
        if (!take_pattern<Pattern, facts.prefix_end, Pattern.size(), Room>(p, end, t)) return no_time;
        if constexpr (!remembers) {
            if (!date_exists(t.year, t.month, t.day)) return no_such_date;
            prefix = days_of(t.year, t.month, t.day) * 86'400;
        }
        if (t.hour > 23 || t.minute > 59 || t.second > 59) [[unlikely]]
            return no_such_hour;
        out.seconds = prefix + t.hour * 3'600 + t.minute * 60 + t.second - t.east + t.epoch;
        out.fraction = t.fraction;
        out.digits = t.digits;
        if (t.before_epoch && t.fraction != 0) [[unlikely]] {  // the fraction of "-1.5" goes down from -1
            --out.seconds;
            out.fraction = power_of_ten(t.digits) - t.fraction;
        }
        return nullptr;
    }

    WEIR_NOINLINE text_error read_all(const char*& p, const char* end, split_time& out) noexcept {
        std::int64_t prefix = 0;
        if constexpr (remembers) {
            time_parts t;
            const char* const from = p;
            if (!take_pattern<Pattern, 0, facts.prefix_end>(p, end, t)) return no_time;
            if (!date_exists(t.year, t.month, t.day)) return no_such_date;
            if (t.hour > 23 || t.minute > 59) return no_such_hour;
            prefix = days_of(t.year, t.month, t.day) * 86'400 + t.hour * 3'600 + t.minute * 60;
            std::memcpy(text_, from, width);
            seconds_ = prefix;
            known_ = true;
        }
        return read_rest<false>(p, end, prefix, out);
    }

    char text_[remembers ? width : 1] = {};
    bool known_ = false;
    std::int64_t seconds_ = 0;
};

}  // namespace weir::detail
