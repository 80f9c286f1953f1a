// SPDX-License-Identifier: BSL-1.0
// Times as text: ISO 8601 in UTC.
//
//     read_time("2015-05-17T10:05:00Z", t)      also with ' ' for the T, without zone (then UTC), +02:00 or +0200 for
//                                               the Z, a fraction of a second, without seconds, or the date alone
//     write_time(buffer, t)                     "2015-05-17T10:05:00.25Z": no more fraction digits than the value needs
//
// A date or an hour that does not exist is refused, and so is a leap second. A time finer than its type is rounded
// down. Years before 0000 and after 9999 have a sign: "+12015-05-17...".
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "append.hpp"
#include "text_error.hpp"

namespace weir {

namespace detail {

/// Days since 1970-01-01; years are counted from March, so that the leap day comes last.
[[nodiscard]] constexpr std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) noexcept {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t of_era = y - era * 400;
    const std::int64_t of_year = (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

struct civil_date {
    std::int64_t year;
    unsigned month;
    unsigned day;
};
[[nodiscard]] constexpr civil_date civil_of(std::int64_t days) noexcept {
    const std::int64_t shifted = days + 719'468;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const std::int64_t of_era = shifted - era * 146'097;
    const std::int64_t year = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const std::int64_t month = (5 * of_year + 2) / 153;
    const auto day = static_cast<unsigned>(of_year - (153 * month + 2) / 5 + 1);
    const auto calendar = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
    return {year + era * 400 + (calendar <= 2 ? 1 : 0), calendar, day};
}

[[nodiscard]] constexpr bool date_exists(std::int64_t year, unsigned month, unsigned day) noexcept {
    constexpr unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month - 1 > 11 || day == 0) return false;
    const bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= lengths[month - 1] + (leap ? 1U : 0U);
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return static_cast<unsigned>(c) - '0' <= 9U; }

/// 0 to 99, or 100 where p[0] and p[1] are no digits.
[[nodiscard]] constexpr unsigned two_digits(const char* p) noexcept {
    const unsigned tens = static_cast<unsigned char>(p[0]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(p[1]) - unsigned{'0'};
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/// A time as text has it: whole seconds since 1970, and `fraction` of 10^digits.
struct split_time {
    std::int64_t seconds = 0;
    std::int64_t fraction = 0;
    int digits = 0;
};

/// Up to 18 digits count, further ones are passed over. At least one has been seen.
[[nodiscard]] constexpr const char* read_fraction(const char* p, const char* end, split_time& out) noexcept {
    out.fraction = 0;
    out.digits = 0;
    for (; p != end && is_digit(*p); ++p) {
        if (out.digits == 18) continue;
        out.fraction = out.fraction * 10 + (*p - '0');
        ++out.digits;
    }
    return p;
}

/// "Z", "+hh", "+hhmm", "+hh:mm" into seconds east of UTC; nullptr where it is none.
[[nodiscard]] constexpr const char* read_zone(const char* p, const char* end, std::int64_t& east) noexcept {
    if (p == end) return nullptr;
    if (*p == 'Z') {
        east = 0;
        return p + 1;
    }
    if ((*p != '+' && *p != '-') || end - p < 3) return nullptr;
    const std::int64_t sign = *p == '-' ? -1 : 1;
    const unsigned hours = two_digits(p + 1);
    p += 3;
    unsigned minutes = 0;
    const char* digits = p != end && *p == ':' ? p + 1 : p;
    if (end - digits >= 2 && is_digit(*digits)) {
        minutes = two_digits(digits);
        p = digits + 2;
    } else if (digits != p) {
        return nullptr;
    }
    if (hours > 23 || minutes > 59) return nullptr;
    east = sign * (hours * 3'600 + minutes * 60);
    return p;
}

/// A text's year: four digits, or a sign and four to twelve, as far as 64 bits of seconds reach.
[[nodiscard]] constexpr const char* read_year(const char* p, const char* end, std::int64_t& year) noexcept {
    const bool sign = p != end && (*p == '+' || *p == '-');
    const bool negative = sign && *p == '-';
    if (sign) ++p;
    const std::ptrdiff_t most = sign ? 12 : 4;
    const char* begin = p;
    year = 0;
    for (; p != end && p - begin < most && is_digit(*p); ++p) year = year * 10 + (*p - '0');
    if (p - begin < 4) return nullptr;
    if (negative) year = -year;
    return p;
}

/// `units` of `per_unit` and `rest` of them, less than one; false where 64 bits do not hold it. From the side of zero,
/// as the unit that the least value lies in begins beyond it.
[[nodiscard]] constexpr bool add_units(std::int64_t units, std::int64_t per_unit, std::int64_t rest,
                                       std::int64_t& out) noexcept {
    if (units < 0) {
        ++units;
        rest -= per_unit;
    }
    return !__builtin_mul_overflow(units, per_unit, &out) && !__builtin_add_overflow(out, rest, &out);
}

/// Behind the date: the second of the day, in UTC, and the fraction.
[[nodiscard]] constexpr text_error read_iso_clock(const char* p, const char* end, std::int64_t& of_day,
                                                  split_time& out) noexcept {
    if ((*p != 'T' && *p != ' ') || end - p < 6 || p[3] != ':') return no_time;
    const unsigned hour = two_digits(p + 1);
    const unsigned minute = two_digits(p + 4);
    if (hour == 100 || minute == 100) return no_time;
    unsigned second = 0;
    p += 6;
    if (p != end && *p == ':') {
        if (end - p < 3) return no_time;
        second = two_digits(p + 1);
        if (second == 100) return no_time;
        p += 3;
        if (p != end && (*p == '.' || *p == ',')) {
            if (end - p < 2 || !is_digit(p[1])) return no_time;
            p = read_fraction(p + 1, end, out);
        }
    }
    if (hour > 23 || minute > 59 || second > 59) return no_such_hour;
    of_day = hour * 3'600 + minute * 60 + second;
    if (p == end) return nullptr;
    std::int64_t east = 0;
    if (read_zone(p, end, east) != end) return no_zone;
    of_day -= east;
    return nullptr;
}

[[nodiscard]] constexpr text_error read_iso_time(std::string_view text, split_time& out) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    std::int64_t year = 0;
    p = read_year(p, end, year);
    if (p == nullptr || end - p < 6 || p[0] != '-' || p[3] != '-') return no_time;
    const unsigned month = two_digits(p + 1);
    const unsigned day = two_digits(p + 4);
    if (month == 100 || day == 100) return no_time;
    if (!date_exists(year, month, day)) return no_such_date;
    p += 6;
    std::int64_t of_day = 0;
    if (p != end) {
        if (const text_error error = read_iso_clock(p, end, of_day, out)) return error;
    }
    return add_units(days_of(year, month, day), 86'400, of_day, out.seconds) ? nullptr : time_out_of_range;
}

[[nodiscard]] constexpr std::int64_t power_of_ten(int n) noexcept {
    std::int64_t power = 1;
    while (n-- > 0) power *= 10;
    return power;
}

/// Rounds down to D; refused where D cannot hold it.
template <class D>
[[nodiscard]] constexpr text_error time_from(const split_time& t, std::chrono::sys_time<D>& out) noexcept {
    static_assert(std::is_integral_v<typename D::rep>, "weir: a time with a floating-point count is not supported");
    constexpr std::int64_t num = D::period::num;
    constexpr std::int64_t den = D::period::den;
    static_assert(num == 1 || den == 1, "weir: a time whose unit is neither a multiple nor a part of a second");
    std::int64_t count = 0;
    if constexpr (den == 1) {
        count = t.seconds / num - (t.seconds % num < 0 ? 1 : 0);
    } else {
        std::int64_t part = 0;
        if (t.digits != 0) {
            const std::int64_t scale = power_of_ten(t.digits);
            part = scale <= den ? t.fraction * (den / scale) : t.fraction / (scale / den);
            if (den % scale != 0 && scale % den != 0) {
                part = static_cast<std::int64_t>(static_cast<long double>(t.fraction) * den
                                                 / static_cast<long double>(scale));
            }
        }
        if (!add_units(t.seconds, den, part, count)) return time_out_of_range;
    }
    const auto rep = static_cast<typename D::rep>(count);
    if (static_cast<std::int64_t>(rep) != count) return time_out_of_range;
    out = std::chrono::sys_time<D>(D(rep));
    return nullptr;
}

constexpr void put_two(char* to, unsigned value) noexcept {
    to[0] = static_cast<char>('0' + value / 10);
    to[1] = static_cast<char>('0' + value % 10);
}

/// Room for the longest time: a sign, 19 digits of year, the rest, 18 digits of fraction.
inline constexpr std::size_t longest_time = 64;

/// Writes seconds and `fraction` of 10^digits; answers the end.
[[nodiscard]] constexpr char* format_time(char* to, std::int64_t seconds, std::int64_t fraction, int digits) noexcept {
    const bool before = seconds % 86'400 < 0;
    const std::int64_t days = seconds / 86'400 - (before ? 1 : 0);
    const auto of_day = static_cast<unsigned>(seconds % 86'400 + (before ? 86'400 : 0));
    const civil_date date = civil_of(days);
    if (date.year >= 0 && date.year <= 9'999) {
        const auto year = static_cast<unsigned>(date.year);
        put_two(to, year / 100);
        put_two(to + 2, year % 100);
        to += 4;
    } else {
        *to++ = date.year < 0 ? '-' : '+';
        auto magnitude =
            date.year < 0 ? 0 - static_cast<std::uint64_t>(date.year) : static_cast<std::uint64_t>(date.year);
        char reversed[20] = {};
        int size = 0;
        for (; magnitude != 0 || size < 4; magnitude /= 10) reversed[size++] = static_cast<char>('0' + magnitude % 10);
        while (size != 0) *to++ = reversed[--size];
    }
    to[0] = '-';
    put_two(to + 1, date.month);
    to[3] = '-';
    put_two(to + 4, date.day);
    to[6] = 'T';
    put_two(to + 7, of_day / 3'600);
    to[9] = ':';
    put_two(to + 10, of_day / 60 % 60);
    to[12] = ':';
    put_two(to + 13, of_day % 60);
    to += 15;
    if (fraction != 0) {
        while (fraction % 10 == 0) {
            fraction /= 10;
            --digits;
        }
        *to = '.';
        for (int i = digits; i != 0; --i) {
            to[i] = static_cast<char>('0' + fraction % 10);
            fraction /= 10;
        }
        to += digits + 1;
    }
    *to++ = 'Z';
    return to;
}

template <class D>
[[nodiscard]] constexpr char* format_time(char* to, std::chrono::sys_time<D> time) noexcept {
    static_assert(std::is_integral_v<typename D::rep>, "weir: a time with a floating-point count is not supported");
    constexpr std::int64_t num = D::period::num;
    constexpr std::int64_t den = D::period::den;
    const auto count = static_cast<std::int64_t>(time.time_since_epoch().count());
    if constexpr (den == 1) {
        std::int64_t seconds = 0;  // of units longer than a second not all have 64 bits of them: the furthest then
        if (__builtin_mul_overflow(count, num, &seconds)) seconds = count < 0 ? INT64_MIN : INT64_MAX;
        return format_time(to, seconds, 0, 0);
    } else {
        static_assert(num == 1, "weir: a time whose unit is neither a multiple nor a part of a second");
        const bool before = count % den < 0;
        const std::int64_t seconds = count / den - (before ? 1 : 0);
        const std::int64_t part = count % den + (before ? den : 0);
        constexpr int digits = [] {
            int n = 1;
            while (n < 18 && power_of_ten(n) < den) ++n;
            return n;
        }();
        if constexpr (power_of_ten(digits) == den) {
            return format_time(to, seconds, part, digits);
        } else {
            static_assert(den <= 1'000'000'000, "weir: a time whose unit is no decimal part of a second");
            // Rounded up, as reading rounds down: 2/3 is .666666667.
            const std::int64_t rest = (part * (1'000'000'000 % den) + den - 1) / den;
            return format_time(to, seconds, part * (1'000'000'000 / den) + rest, 9);
        }
    }
}

}  // namespace detail

/// Sets `out` and answers nullptr, or says why the text is no time that D can hold.
template <class D>
[[nodiscard]] constexpr text_error read_time(std::string_view text, std::chrono::sys_time<D>& out) noexcept {
    detail::split_time split;
    if (const text_error error = detail::read_iso_time(text, split)) return error;
    return detail::time_from(split, out);
}

template <append_buffer Buffer, class D>
void write_time(Buffer& buffer, std::chrono::sys_time<D> time) {
    char text[detail::longest_time];
    detail::put_text(buffer, text, static_cast<std::size_t>(detail::format_time(text, time) - text));
}

}  // namespace weir
