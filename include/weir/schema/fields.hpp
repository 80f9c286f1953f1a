// SPDX-License-Identifier: BSL-1.0
// The fields of a record: of any aggregate struct, without a macro. All at compile time.
//
//     struct hit { std::string host; int status; long bytes; };
//     field_count<hit>                      3
//     field_name<hit, 0>                    "host"
//     field_type<hit, 2>                    long
//     get_field<1>(h), get_field<"bytes">(h)
//     field_index<hit, "bytes">             2; field_count<hit> for a name that is not there
//     member_name<&hit::bytes>              "bytes"
//     for_each_field(h, [](std::string_view name, auto& value) { ... });
//
// Up to 64 fields of any type that can be initialised, arrays and move-only ones too. Not a record, and refused with a
// message: base classes, members that are references or bit-fields, structs with constructors.
// Fields are counted by initialising the struct with a value that converts to anything; arrays are found by giving one
// member its own braces: where those take in several values, the rest no longer fits.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/fixed_string_view.hpp"
#include "tie_fields.hpp"

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

namespace weir {
namespace detail {

/// By value: conversions to references fail for move-only members. Never called, yet defined: a std::optional of a type
/// without linkage asks for it.
struct any_value {
    template <class U>
    operator U() const {  // NOLINT(google-explicit-constructor)
        __builtin_unreachable();
    }
};

template <class T>
struct any_base_of {
    template <class U>
        requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>)
    operator U() const {  // NOLINT(google-explicit-constructor)
        __builtin_unreachable();
    }
};

template <std::size_t>
using any_at = any_value;

template <class T, std::size_t... I>
[[nodiscard]] constexpr bool initialised_by_values(std::index_sequence<I...>) noexcept {
    return requires { T{any_at<I>{}...}; };
}
template <class T, std::size_t N>
inline constexpr bool initialised_by = initialised_by_values<T>(std::make_index_sequence<N>{});

template <class T, std::size_t... Before, std::size_t... Within, std::size_t... After>
[[nodiscard]] constexpr bool initialised_by_braced_values(std::index_sequence<Before...>,
                                                          std::index_sequence<Within...>,
                                                          std::index_sequence<After...>) noexcept {
    return requires { T{any_at<Before>{}..., {any_at<Within>{}...}, any_at<After>{}...}; };
}
/// T{Before values, { one value }, After values}
template <class T, std::size_t Before, std::size_t After>
inline constexpr bool initialised_by_braced = initialised_by_braced_values<T>(
    std::make_index_sequence<Before>{}, std::make_index_sequence<1>{}, std::make_index_sequence<After>{});

inline constexpr std::size_t no_values = static_cast<std::size_t>(-1);

/// The fewest values that initialise T: more than none where a member has no default.
template <class T, std::size_t N = 0>
[[nodiscard]] constexpr std::size_t fewest_values() noexcept {
    if constexpr (initialised_by<T, N>) {
        return N;
    } else if constexpr (N > sizeof(T) || N > 256) {
        return no_values;
    } else {
        return fewest_values<T, N + 1>();
    }
}

/// The most: Low are taken, High are not.
template <class T, std::size_t Low, std::size_t High>
[[nodiscard]] constexpr std::size_t most_between() noexcept {
    if constexpr (High - Low <= 1) {
        return Low;
    } else if constexpr (initialised_by<T, Low + (High - Low) / 2>) {
        return most_between<T, Low + (High - Low) / 2, High>();
    } else {
        return most_between<T, Low, Low + (High - Low) / 2>();
    }
}
template <class T, std::size_t Low, std::size_t Step = 1>
[[nodiscard]] constexpr std::size_t most_values() noexcept {
    if constexpr (initialised_by<T, Low + Step>) {
        return most_values<T, Low + Step, Step * 2>();
    } else {
        return most_between<T, Low, Low + Step>();
    }
}

/// How many values may follow the braced one: Low may.
template <class T, std::size_t Before, std::size_t Low, std::size_t High>
[[nodiscard]] constexpr std::size_t after_braced() noexcept {
    if constexpr (High - Low <= 1) {
        return Low;
    } else if constexpr (initialised_by_braced<T, Before, Low + (High - Low) / 2>) {
        return after_braced<T, Before, Low + (High - Low) / 2, High>();
    } else {
        return after_braced<T, Before, Low, Low + (High - Low) / 2>();
    }
}

/// How many values the member takes that the value at Before begins: 1, or as many as its array has elements.
template <class T, std::size_t Values, std::size_t Before>
[[nodiscard]] constexpr std::size_t values_of_member() noexcept {
    constexpr std::size_t rest = Values - Before - 1;
    if constexpr (rest == 0 || initialised_by_braced<T, Before, rest> || !initialised_by_braced<T, Before, 0>) {
        return 1;
    } else {
        return Values - Before - after_braced<T, Before, 0, rest>();
    }
}

template <class T, std::size_t Values, std::size_t Before = 0, std::size_t Fields = 0>
[[nodiscard]] constexpr std::size_t count_members() noexcept {
    if constexpr (Before >= Values) {
        return Fields;
    } else {
        return count_members<T, Values, Before + values_of_member<T, Values, Before>(), Fields + 1>();
    }
}

enum class record_flaw { none, no_aggregate, base_class, reference, too_many, bit_field };

template <class T, std::size_t Fewest>
[[nodiscard]] constexpr std::size_t count_from() noexcept {
    if constexpr (Fewest == no_values) {
        return no_values;
    } else {
        return count_members<T, most_values<T, Fewest>()>();
    }
}

template <class T>
inline constexpr std::size_t counted_fields = count_from<T, fewest_values<T>()>();

/// Answers what visit_fields found: the types, or not_addressable.
struct list_fields {
    template <class List, class... Ts>
    constexpr List operator()(List list, Ts&...) const noexcept {
        return list;
    }
};
template <class T>
using fields_of = decltype(visit_fields<counted_fields<T>>(std::declval<T&>(), list_fields{}));

template <class... Ts>
[[nodiscard]] constexpr bool has_reference(field_list<Ts...>) noexcept {
    return (std::is_reference_v<Ts> || ...);
}

template <class T>
[[nodiscard]] constexpr record_flaw find_flaw() noexcept {
    if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T>) {
        return record_flaw::no_aggregate;
    } else if constexpr (requires { T{any_base_of<T>{}}; }) {
        return record_flaw::base_class;
    } else if constexpr (counted_fields<T> == no_values || (counted_fields<T> == 0 && !std::is_empty_v<T>)) {
        return record_flaw::reference;
    } else if constexpr (counted_fields<T> > 64) {
        return record_flaw::too_many;
    } else if constexpr (std::is_same_v<fields_of<T>, not_addressable>) {
        return record_flaw::bit_field;
    } else if constexpr (has_reference(fields_of<T>{})) {
        return record_flaw::reference;
    } else {
        return record_flaw::none;
    }
}

template <class T>
inline constexpr record_flaw flaw_of = find_flaw<T>();

}  // namespace detail

/// T is an aggregate struct whose fields weir can see.
template <class T>
concept is_record = detail::flaw_of<std::remove_cv_t<T>> == detail::record_flaw::none;

namespace detail {

template <class T>
[[nodiscard]] constexpr std::size_t checked_count() noexcept {
    constexpr record_flaw flaw = flaw_of<T>;
    static_assert(flaw != record_flaw::no_aggregate,
                  "weir: a record is a plain struct; this type has constructors, private members or is no struct");
    static_assert(flaw != record_flaw::base_class, "weir: a record has no base class; make the base a member");
    static_assert(flaw != record_flaw::reference,
                  "weir: a record has no member that is a reference; hold a value or a pointer");
    static_assert(flaw != record_flaw::too_many, "weir: a record has at most 64 fields; group some in a nested struct");
    static_assert(flaw != record_flaw::bit_field, "weir: a record has no bit-field; give the member its own storage");
    if constexpr (flaw == record_flaw::none) {
        return counted_fields<T>;
    } else {
        return 0;
    }
}

/// Never defined: only the addresses of its members are named.
template <class T>
struct ghost_box {
    T value;
};
template <class T>
extern const ghost_box<T> ghost;

/// Stands for the members before the one that is wanted.
struct skipped {
    template <class T>
    constexpr skipped(T&) noexcept {}  // NOLINT(google-explicit-constructor)
};
template <std::size_t>
using skipped_at = skipped;

template <class Indices>
struct take_field;
template <std::size_t... Before>
struct take_field<std::index_sequence<Before...>> {
    template <class List, class T, class... Rest>
    [[gnu::always_inline]] constexpr T& operator()(List, skipped_at<Before>..., T& field, Rest&...) const noexcept {
        return field;
    }
};

template <std::size_t I, class T>
[[nodiscard, gnu::always_inline]] constexpr auto& field_at(T& object) noexcept {
    return visit_fields<counted_fields<std::remove_cv_t<T>>>(object, take_field<std::make_index_sequence<I>>{});
}

template <std::size_t I, class T>
struct indexed_type {
    using type = T;
};
template <class Indices, class List>
struct indexed_types;
template <std::size_t... I, class... Ts>
struct indexed_types<std::index_sequence<I...>, field_list<Ts...>> : indexed_type<I, Ts>... {};
template <std::size_t I, class T>
indexed_type<I, T> type_at(const indexed_type<I, T>&);

/// The last identifier of a compiler's text for a pointer: "hit::bytes" of "... = &hit::bytes]".
[[nodiscard]] constexpr bool in_identifier(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || static_cast<unsigned char>(c) >= 0x80;
}
[[nodiscard]] constexpr std::string_view last_identifier(std::string_view text) noexcept {
    std::size_t end = text.size();
    while (end != 0 && !in_identifier(text[end - 1])) --end;
    std::size_t begin = end;
    while (begin != 0 && in_identifier(text[begin - 1])) --begin;
    return text.substr(begin, end - begin);
}

/// "hit" of "... [with T = (anonymous namespace)::outer<int>::hit<long>]".
[[nodiscard]] constexpr std::string_view last_type_name(std::string_view text) noexcept {
    const std::size_t begin_of_type = text.find("T = ");
    text.remove_prefix(begin_of_type + 4);
    text.remove_suffix(1);
    int depth = 0;
    std::size_t begin = 0;
    std::size_t end = text.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '<' && depth == 0) end = i;
        if (c == '<' || c == '(' || c == '{') ++depth;
        if (c == '>' || c == ')' || c == '}') --depth;
        if (c == ';' && depth == 0) return text.substr(begin, (end < i ? end : i) - begin);
        if (c == ':' && depth == 0) {
            begin = i + 1;
            end = text.size();
        }
    }
    return text.substr(begin, end - begin);
}

template <auto Pointer>
[[nodiscard]] consteval auto pretty_value() noexcept {  // auto: g++ would add "; std::string_view = ..."
    return std::string_view(__PRETTY_FUNCTION__);
}
template <class T>
[[nodiscard]] consteval auto pretty_type() noexcept {  // auto: g++ would add "; std::string_view = ..."
    return std::string_view(__PRETTY_FUNCTION__);
}

template <std::size_t N>
struct name_text {
    char text[N + 1] = {};

    constexpr explicit name_text(std::string_view from) noexcept {
        for (std::size_t i = 0; i < N; ++i) text[i] = from[i];
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, N}; }
};

// The pointer goes straight into the consteval call: through a variable, g++ -O0 wants the ghost defined.
template <class T, std::size_t I>
inline constexpr name_text<last_identifier(pretty_value<&field_at<I>(ghost<T>.value)>()).size()> field_name_text{
    last_identifier(pretty_value<&field_at<I>(ghost<T>.value)>())};

template <auto Member>
inline constexpr name_text<last_identifier(pretty_value<Member>()).size()> member_name_text{
    last_identifier(pretty_value<Member>())};

template <class T>
inline constexpr name_text<last_type_name(pretty_type<T>()).size()> struct_name_text{last_type_name(pretty_type<T>())};

}  // namespace detail

/// How many fields T has.
template <class T>
inline constexpr std::size_t field_count = detail::checked_count<std::remove_cv_t<T>>();

/// The name of field I, in static storage.
template <class T, std::size_t I>
    requires(I < field_count<T>)
inline constexpr std::string_view field_name = detail::field_name_text<std::remove_cv_t<T>, I>.view();

/// The type of field I as it is declared.
template <class T, std::size_t I>
    requires(I < field_count<T>)
using field_type = typename decltype(detail::type_at<I>(
    detail::indexed_types<std::make_index_sequence<field_count<T>>, detail::fields_of<std::remove_cv_t<T>>>{}))::type;

/// The name of a member, or of any other pointer to something that has one.
template <auto Member>
inline constexpr std::string_view member_name = detail::member_name_text<Member>.view();

/// The name of a struct or enum, without namespace and template arguments.
template <class T>
inline constexpr std::string_view struct_name = detail::struct_name_text<std::remove_cv_t<T>>.view();

namespace detail {

template <class T>
[[nodiscard]] constexpr std::size_t find_field(std::string_view name) noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::size_t at = sizeof...(I);
        static_cast<void>(((field_name<T, I> == name ? (at = I, true) : false) || ...));
        return at;
    }(std::make_index_sequence<field_count<T>>{});
}

}  // namespace detail

/// Where the field of this name is; `field_count<T>` when there is none.
template <class T, fixed_string Name>
inline constexpr std::size_t field_index = detail::find_field<T>(Name.view());

/// Field I of an object, as an lvalue.
template <std::size_t I, class T>
    requires is_record<T>
[[nodiscard, gnu::always_inline]] inline constexpr auto& get_field(T& object) noexcept {
    static_assert(I < field_count<T>, "weir::get_field: the struct has fewer fields");
    return detail::field_at<I>(object);
}

/// The field of this name.
template <fixed_string Name, class T>
    requires is_record<T>
[[nodiscard, gnu::always_inline]] inline constexpr auto& get_field(T& object) noexcept {
    constexpr std::size_t at = field_index<T, Name>;
    static_assert(at < field_count<T>, "weir::get_field: the struct has no field of this name");
    return detail::field_at<(at < field_count<T> ? at : 0)>(object);
}

namespace detail {

template <class F, class Indices>
struct call_with_index;
template <class F, std::size_t... I>
struct call_with_index<F, std::index_sequence<I...>> {
    F& f;
    template <class List, class... Ts>
    [[gnu::always_inline]] constexpr void operator()(List, Ts&... values) const {
        (static_cast<void>(f(std::integral_constant<std::size_t, I>{}, values)), ...);
    }
};

template <class T, class F, class Indices>
struct call_with_name;
template <class T, class F, std::size_t... I>
struct call_with_name<T, F, std::index_sequence<I...>> {
    F& f;
    template <class List, class... Ts>
    [[gnu::always_inline]] constexpr void operator()(List, Ts&... values) const {
        (static_cast<void>(f(field_name<T, I>, values)), ...);
    }
};

}  // namespace detail

/// f(index, value) for each field in order; `index` is a std::integral_constant, for field_name<T, index()>.
template <class T, class F>
    requires is_record<T>
constexpr void for_each_field_index(T& object, F&& f) {
    using indices = std::make_index_sequence<field_count<T>>;
    detail::visit_fields<field_count<T>>(object, detail::call_with_index<F, indices>{f});
}

/// f(name, value) for each field in order.
template <class T, class F>
    requires is_record<T>
constexpr void for_each_field(T& object, F&& f) {
    using indices = std::make_index_sequence<field_count<T>>;
    detail::visit_fields<field_count<T>>(object, detail::call_with_name<T, F, indices>{f});
}

}  // namespace weir

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
