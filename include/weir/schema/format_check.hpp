// SPDX-License-Identifier: BSL-1.0
// Whether a text format can fill a record. A format answers `check<T>`, so that `parse` refuses what does not fit in
// its own words, where the pipeline is written, and names the member.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "fields.hpp"
#include "static_text.hpp"

namespace weir::detail {

template <class T, std::size_t I>
struct field_name_getter {
    constexpr std::string_view operator()() const noexcept { return field_name<T, I>; }
};
template <class T, std::size_t I>
inline constexpr auto field_name_fixed = fixed_from<field_name_getter<T, I>>;

enum class format_flaw : unsigned char {
    none,
    no_record,
    open_brace,
    close_brace,
    unknown_kind,
    no_literal,
    no_field,
    unknown_conversion,
    rename_other_struct,
    rename_unknown_field,
    member_without_field,
    member_without_form,
};

struct format_check {
    format_flaw flaw = format_flaw::none;
    std::size_t member = 0;  // which one, where a member is meant
};

/// The first member whose type `Takes` refuses; `field_count<T>` where none is.
template <class T, template <class> class Takes>
[[nodiscard]] consteval std::size_t first_refused() noexcept {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        std::size_t at = 0;
        static_cast<void>(((Takes<field_type<T, I>>::value ? (++at, true) : false) && ...));
        return at;
    }(std::make_index_sequence<field_count<T>>{});
}

template <class T, template <class> class Takes, class... Renames>
[[nodiscard]] consteval format_check check_members() noexcept {
    if constexpr (!is_record<T>) {
        return {format_flaw::no_record};
    } else if constexpr (!(Renames::template belongs_to<T> && ...)) {
        return {format_flaw::rename_other_struct};
    } else if constexpr (constexpr std::size_t at = first_refused<T, Takes>(); at != field_count<T>) {
        return {format_flaw::member_without_form, at};
    } else {
        return {};
    }
}

/// Refuses, in the words of `parse`. Member is there for compilers to name.
template <class Record, format_flaw Flaw, fixed_string Member>
[[nodiscard]] constexpr bool record_fits_format() noexcept {
    constexpr record_flaw record = Flaw == format_flaw::no_record ? flaw_of<Record> : record_flaw::none;
    constexpr bool aggregate = record != record_flaw::no_aggregate;
    constexpr bool no_base = record != record_flaw::base_class;
    constexpr bool no_reference = record != record_flaw::reference;
    constexpr bool few_enough = record != record_flaw::too_many;
    constexpr bool no_bit_field = record != record_flaw::bit_field;
    static_assert(aggregate,
                  "weir::parse: a record is a plain struct; this type has constructors, private members or is "
                  "no struct");
    static_assert(no_base, "weir::parse: a record has no base class; make the base a member");
    static_assert(no_reference, "weir::parse: a record has no member that is a reference; hold a value");
    static_assert(few_enough, "weir::parse: a record has at most 64 fields; group some in a nested struct");
    static_assert(no_bit_field, "weir::parse: a record has no bit-field; give the member its own storage");

    constexpr bool closed = Flaw != format_flaw::open_brace;
    constexpr bool opened = Flaw != format_flaw::close_brace;
    constexpr bool known_kind = Flaw != format_flaw::unknown_kind;
    constexpr bool literal = Flaw != format_flaw::no_literal;
    constexpr bool has_field = Flaw != format_flaw::no_field;
    constexpr bool known_conversion = Flaw != format_flaw::unknown_conversion;
    static_assert(closed, "weir::line_format: a '{' has no '}'; a literal brace is written twice");
    static_assert(opened, "weir::line_format: a '}' has no '{'; a literal brace is written twice");
    static_assert(known_kind,
                  "weir::line_format: behind a field's ':' stands quoted, request, status or a time pattern");
    static_assert(literal, "weir::line_format: two fields need a literal text between them");
    static_assert(has_field, "weir::line_format: the format has no field");
    static_assert(known_conversion, "weir::line_format: a time pattern has a conversion that is not known; see "
                                    "schema/time_pattern.hpp");

    constexpr bool own_member = Flaw != format_flaw::rename_other_struct;
    constexpr bool renames_field = Flaw != format_flaw::rename_unknown_field;
    constexpr bool filled = Flaw != format_flaw::member_without_field;
    constexpr bool readable = Flaw != format_flaw::member_without_form;
    static_assert(own_member, "weir::parse: the format's rename<...> names a member of another struct");
    static_assert(renames_field, "weir::parse: the format's rename<...> names a field that the format does not have");
    static_assert(filled,
                  "weir::parse: the format has no field for a member of the record (Member); take it out of the "
                  "struct, or map a field to it with .rename<\"field\", &record::member>()");
    static_assert(readable,
                  "weir::parse: the format cannot read text into the type of a member of the record (Member); "
                  "give it another type, and let a map behind parse make the one that is wanted");
    return Flaw == format_flaw::none;
}

/// The member's name where the check found one.
template <class Record, format_check Found>
inline constexpr auto refused_member = [] {
    if constexpr (Found.flaw == format_flaw::member_without_field || Found.flaw == format_flaw::member_without_form) {
        return field_name_fixed<Record, Found.member>;
    } else {
        return fixed_string<0>{};
    }
}();

}  // namespace weir::detail
