// SPDX-License-Identifier: BSL-1.0
// Times: what is read, written reads back, and agrees with std::chrono's calendar; patterns that remember a date answer
// as fresh ones. The first byte chooses the pattern; the text's halves are two times of one reader.
#include <weir/schema/time_pattern.hpp>

#include "require.hpp"

using weir_fuzz::require;

namespace {

template <class D>
void read_and_write(std::string_view text) {
    std::chrono::sys_time<D> time{};
    if (weir::read_time(text, time) != nullptr) return;
    std::string written;
    weir::write_time(written, time);
    std::chrono::sys_time<D> again{};
    require(weir::read_time(written, again) == nullptr, "what is written is a time");
    require(again == time, "what is written reads back");

    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto days = day.time_since_epoch().count();
    if (days < -12'000'000 || days > 11'000'000) return;  // std::chrono::year ends there
    const std::chrono::year_month_day date(std::chrono::sys_days(std::chrono::days(static_cast<int>(days))));
    if (static_cast<int>(date.year()) < 0 || static_cast<int>(date.year()) > 9'999) return;
    char expected[32];
    std::snprintf(expected, sizeof expected, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    require(written.starts_with(expected), "the date is std::chrono's");
}

template <weir::fixed_string Pattern>
void by_pattern(std::string_view text) {
    weir::detail::time_reader<Pattern> reader;
    const std::string_view halves[] = {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
    for (const std::string_view half : halves) {
        const std::string exact(half);
        const char* const begin = exact.data();
        const char* const end = begin + exact.size();
        const char* p = begin;
        const char* q = begin;
        weir::detail::split_time a;
        weir::detail::split_time b;
        weir::detail::time_reader<Pattern> fresh;
        const weir::text_error error = reader.read(p, end, a);
        require(fresh.read(q, end, b) == error, "a fresh reader answers the same");
        require(p >= begin && p <= end, "it stays within the text");
        if (error != nullptr) continue;
        require(p == q && a.seconds == b.seconds && a.fraction == b.fraction && a.digits == b.digits,
                "a fresh reader reads the same");
        require(a.digits >= 0 && a.digits <= 18 && a.fraction >= 0, "a fraction is less than one");
        std::chrono::sys_time<std::chrono::nanoseconds> fine;
        std::chrono::sys_seconds whole;
        require(weir::detail::time_from(a, whole) == nullptr, "seconds hold every time");
        require(whole.time_since_epoch().count() == a.seconds, "seconds are whole");
        if (weir::detail::time_from(a, fine) == nullptr) {
            require(std::chrono::floor<std::chrono::seconds>(fine) == whole, "finer times are the same");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(weir_fuzz::text_of(data + 1, size - 1));
    read_and_write<std::chrono::seconds>(text);
    read_and_write<std::chrono::microseconds>(text);
    read_and_write<std::chrono::nanoseconds>(text);
    read_and_write<std::chrono::duration<int, std::ratio<1, 3>>>(text);
    read_and_write<std::chrono::days>(text);
    switch (data[0] % 7) {
    case 0:
        by_pattern<"%d/%b/%Y:%H:%M:%S %z">(text);
        break;
    case 1:
        by_pattern<"%Y-%m-%dT%H:%M:%S.%f%z">(text);
        break;
    case 2:
        by_pattern<"%b %e %H:%M:%S %Y">(text);
        break;
    case 3:
        by_pattern<"%s.%f">(text);
        break;
    case 4:
        by_pattern<"%y%m%d%%%z">(text);
        break;
    case 5:
        by_pattern<"%F %T">(text);
        break;
    default:
        by_pattern<"%H:%M">(text);
        break;
    }
    return 0;
}
