// SPDX-License-Identifier: BSL-1.0
// Why a text is no value of a type: static text that reads on from the field's name ("status" "is no number"), or
// nullptr where it is one. All of them stand here, so that a format can join each to each of its fields at compile
// time.
#pragma once

#include <cstddef>
#include <string_view>

#include "static_text.hpp"

namespace weir {

using text_error = const char*;

namespace detail {

inline constexpr fixed_string no_number_text = "is no number";
inline constexpr fixed_string number_out_of_range_text = "is a number that its type cannot hold";
inline constexpr fixed_string number_goes_on_text = "has something behind the number";
inline constexpr fixed_string no_bool_text = "is neither true nor false";
inline constexpr fixed_string no_character_text = "is not one character";
inline constexpr fixed_string no_enumerator_text = "is none of the enumerators";
inline constexpr fixed_string too_long_text = "is longer than its member";
inline constexpr fixed_string has_nul_text = "has a NUL";
inline constexpr fixed_string no_time_text = "is no time";
inline constexpr fixed_string no_such_date_text = "is a date that does not exist";
inline constexpr fixed_string no_such_hour_text = "has an hour, minute or second that does not exist";
inline constexpr fixed_string no_zone_text = "has a time zone that is no +hhmm";
inline constexpr fixed_string time_out_of_range_text = "is a time that its type cannot hold";
inline constexpr fixed_string no_status_text = "is no status from 100 to 999";
inline constexpr fixed_string is_null_text = "is null, and its member is no optional";
inline constexpr fixed_string no_string_text = "is no string";
inline constexpr fixed_string bad_escape_text = "has an escape that does not exist";
inline constexpr fixed_string no_array_text = "is no array";
inline constexpr fixed_string wrong_size_text = "is an array of another size than its member";
inline constexpr fixed_string no_object_text = "is no object";
inline constexpr fixed_string too_deep_text = "is nested too deep";

inline constexpr text_error no_number = no_number_text.text;
inline constexpr text_error number_out_of_range = number_out_of_range_text.text;
inline constexpr text_error number_goes_on = number_goes_on_text.text;
inline constexpr text_error no_bool = no_bool_text.text;
inline constexpr text_error no_character = no_character_text.text;
inline constexpr text_error no_enumerator = no_enumerator_text.text;
inline constexpr text_error too_long = too_long_text.text;
inline constexpr text_error has_nul = has_nul_text.text;
inline constexpr text_error no_time = no_time_text.text;
inline constexpr text_error no_such_date = no_such_date_text.text;
inline constexpr text_error no_such_hour = no_such_hour_text.text;
inline constexpr text_error no_zone = no_zone_text.text;
inline constexpr text_error time_out_of_range = time_out_of_range_text.text;
inline constexpr text_error no_status = no_status_text.text;
inline constexpr text_error is_null = is_null_text.text;
inline constexpr text_error no_string = no_string_text.text;
inline constexpr text_error bad_escape = bad_escape_text.text;
inline constexpr text_error no_array = no_array_text.text;
inline constexpr text_error wrong_size = wrong_size_text.text;
inline constexpr text_error no_object = no_object_text.text;
inline constexpr text_error too_deep = too_deep_text.text;

template <fixed_string Field, fixed_string Error>
inline constexpr std::string_view of_field = joined<Field, " ", Error>;

/// The error with the field's name before it: "status is no number".
template <fixed_string Field>
[[nodiscard, gnu::cold, gnu::noinline]] constexpr std::string_view reason_of(text_error error) noexcept {
    if (error == no_number) return of_field<Field, no_number_text>;
    if (error == number_out_of_range) return of_field<Field, number_out_of_range_text>;
    if (error == number_goes_on) return of_field<Field, number_goes_on_text>;
    if (error == no_bool) return of_field<Field, no_bool_text>;
    if (error == no_character) return of_field<Field, no_character_text>;
    if (error == no_enumerator) return of_field<Field, no_enumerator_text>;
    if (error == too_long) return of_field<Field, too_long_text>;
    if (error == has_nul) return of_field<Field, has_nul_text>;
    if (error == no_time) return of_field<Field, no_time_text>;
    if (error == no_such_date) return of_field<Field, no_such_date_text>;
    if (error == no_such_hour) return of_field<Field, no_such_hour_text>;
    if (error == no_zone) return of_field<Field, no_zone_text>;
    if (error == time_out_of_range) return of_field<Field, time_out_of_range_text>;
    if (error == no_status) return of_field<Field, no_status_text>;
    if (error == is_null) return of_field<Field, is_null_text>;
    if (error == no_string) return of_field<Field, no_string_text>;
    if (error == bad_escape) return of_field<Field, bad_escape_text>;
    if (error == no_array) return of_field<Field, no_array_text>;
    if (error == wrong_size) return of_field<Field, wrong_size_text>;
    if (error == no_object) return of_field<Field, no_object_text>;
    if (error == too_deep) return of_field<Field, too_deep_text>;
    return error;
}

}  // namespace detail
}  // namespace weir
