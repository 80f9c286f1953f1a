// SPDX-License-Identifier: BSL-1.0
// Reads records from JSON, one object a line, through simdjson. CMake target weir::json; not in weir/weir.hpp.
//
//     weir::from(weir::lines("traffic.ndjson")) | weir::parse<usage>(weir::formats::ndjson)
//     weir::parse<sample>(weir::formats::ndjson.rename<"@timestamp", &sample::time>())
//
// The object's members land in the fields of that name, in any order, in the forms that schema/ndjson.hpp writes: what
// write_ndjson has written reads back the same, but for infinities (null, which is read as NaN). Members without a
// field are passed over. A member that is missing leaves an optional empty and fails everything else, as null does; of
// two with one name the last counts. A renamed window_bounds is "<name>_start" and "<name>_end". Refused: numbers that
// their field cannot hold (a fraction for an integer too), an array of another size than a fixed one, objects and
// arrays in more than 256 levels, a line that is no UTF-8 or no JSON. The column is that of the value that does not
// fit, of the token that is no JSON, or of the object that lacks a member. What is passed over is checked as far as
// simdjson does that: its encoding, quotes and brackets, not its numbers and commas. A parser belongs to one thread. It
// copies each line into a buffer that has simdjson's padding behind it, so it never reads beyond the line; buffers grow
// to the longest line and stay (13 bytes for one of its bytes). No allocation but for that and for strings and
// containers that grow; map entries and set elements are made anew.
#pragma once

#if !__has_include(<simdjson.h>)
#error "weir/connectors/json.hpp needs simdjson: install it (Debian: libsimdjson-dev) and link weir::json"
#endif
#include <simdjson.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Ahead of those that include it too: its refusals are then said with a line less.
#include "../schema/format_check.hpp"

#include "../schema/columns.hpp"
#include "../schema/fields.hpp"
#include "../schema/json_text.hpp"
#include "../schema/ndjson.hpp"
#include "../schema/parse_status.hpp"
#include "../schema/renamed.hpp"
#include "../schema/static_text.hpp"
#include "../schema/text_error.hpp"
#include "../schema/text_value.hpp"
#include "../schema/window_bounds.hpp"
#include "../support/config.hpp"

namespace weir {
namespace detail {

namespace on_demand = simdjson::ondemand;

template <class T>
concept json_filled_map = json_map<T> && std::is_constructible_v<typename T::key_type, std::string_view>
                          && requires(T& map, typename T::key_type key) {
                                 map.clear();
                                 map[std::move(key)];
                             };
template <class T>
concept json_filled_list = requires(T& list) {
    typename T::value_type;
    list.emplace_back();
    list.erase(list.begin(), list.end());
};
template <class T>
concept json_filled_set = !json_filled_list<T> && !json_map<T> && requires(T& set, typename T::value_type element) {
    set.clear();
    set.insert(std::move(element));
};
template <class T>
inline constexpr bool is_fixed_array_object = false;
template <class T, std::size_t N>
inline constexpr bool is_fixed_array_object<std::array<T, N>> = true;

/// `Around` are the records it is part of: of a tree the rest decides.
template <class T, class... Around>
[[nodiscard]] consteval bool reads_from_json() noexcept {
    if constexpr (std::is_const_v<T>) {
        return false;
    } else if constexpr (text_readable<T> || (std::is_same_v<T, Around> || ...)) {
        return true;
    } else if constexpr (is_optional<T> || is_fixed_array_object<T> || json_filled_list<T> || json_filled_set<T>) {
        return reads_from_json<typename T::value_type, Around...>();
    } else if constexpr (std::is_bounded_array_v<T>) {
        return reads_from_json<std::remove_extent_t<T>, Around...>();
    } else if constexpr (json_filled_map<T>) {
        return reads_from_json<typename T::mapped_type, Around...>();
    } else if constexpr (is_record<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (reads_from_json<field_type<T, I>, T, Around...>() && ...);
        }(std::make_index_sequence<field_count<T>>{});
    } else {
        return false;
    }
}

template <class T>
struct json_readable {
    static constexpr bool value = reads_from_json<T>();
};

inline constexpr std::string_view no_json_reason =
    "the line is no JSON: a quote, comma, colon or bracket is missing or too many";

/// `json_line::status` says why.
inline constexpr fixed_string told_text = "";
inline constexpr text_error told = told_text.text;

/// What is known of the line while it is read.
struct json_line {
    on_demand::document* document;
    const char* begin;
    const char* end;
    const char* at = nullptr;  // of the value that does not fit
    parse_status status{};
    unsigned depth = 0;

    static constexpr unsigned deepest = 256;

    WEIR_COLD text_error refuse(on_demand::value& value, text_error error) noexcept {
        at = value.raw_json_token().data();
        return error;
    }
    WEIR_COLD void fail(const char* where, std::string_view reason) noexcept {
        status = parse_failed(static_cast<std::size_t>(where - begin), reason);
    }
    /// The token where simdjson stopped.
    WEIR_COLD text_error no_json() noexcept {
        const char* where = end;
        if (document->current_location().get(where) != simdjson::SUCCESS) where = end;
        fail(where, no_json_reason);
        return told;
    }
    /// The name and value of an object's next member; `told` where there is none.
    WEIR_INLINE text_error next(simdjson::simdjson_result<on_demand::field> found, std::string_view& name,
                                on_demand::value& value) noexcept {
        on_demand::field field;
        if (std::move(found).get(field) != simdjson::SUCCESS) [[unlikely]]
            return no_json();
        const char* const quote = field.key().raw() - 1;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS) [[unlikely]] {
            fail(quote, "a name has an escape that does not exist");
            return told;
        }
        value = field.value();
        return nullptr;
    }
};

/// The token without the white space behind it.
[[nodiscard]] inline std::string_view json_token(on_demand::value& value) noexcept {
    std::string_view token = value.raw_json_token();
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

template <class T>
[[nodiscard]] WEIR_COLD text_error no_json_number(on_demand::value& value, json_line& line) noexcept {
    const std::string_view token = json_token(value);
    text_error error = token == "null" ? is_null : no_number;
    if (token[0] == '-' || is_digit(token[0])) {
        T ignored{};
        error = read_value(token, ignored);
        if (error == nullptr) error = no_number;  // as "01" is none
    }
    return line.refuse(value, error);
}
[[nodiscard]] WEIR_COLD inline text_error no_json_form(on_demand::value& value, json_line& line,
                                                       text_error error) noexcept {
    return line.refuse(value, json_token(value) == "null" ? is_null : error);
}

/// The text lies in the parser until the next line.
[[nodiscard]] inline text_error read_json_text(on_demand::value& value, json_line& line,
                                               std::string_view& out) noexcept {
    const simdjson::error_code error = value.get_string().get(out);
    if (error == simdjson::SUCCESS) [[likely]]
        return nullptr;
    return error == simdjson::STRING_ERROR ? line.refuse(value, bad_escape) : no_json_form(value, line, no_string);
}

template <class T>
[[nodiscard]] text_error read_json_number(on_demand::value& value, json_line& line, T& out) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        double number = 0;
        if (value.get_double().get(number) == simdjson::SUCCESS) [[likely]] {
            if constexpr (std::is_same_v<T, double>) {
                out = number;
                return nullptr;
            } else {  // rounding twice would be wrong at times
                const text_error error = read_value(json_token(value), out);
                return error == nullptr ? nullptr : line.refuse(value, error);
            }
        }
        bool null = false;
        if (value.is_null().get(null) == simdjson::SUCCESS && null) {
            out = std::numeric_limits<T>::quiet_NaN();
            return nullptr;
        }
    } else if constexpr (std::is_signed_v<T>) {
        std::int64_t number = 0;
        if (value.get_int64().get(number) == simdjson::SUCCESS) [[likely]] {
            out = static_cast<T>(number);
            if (static_cast<std::int64_t>(out) == number) [[likely]]
                return nullptr;
        }
    } else {
        std::uint64_t number = 0;
        if (value.get_uint64().get(number) == simdjson::SUCCESS) [[likely]] {
            out = static_cast<T>(number);
            if (static_cast<std::uint64_t>(out) == number) [[likely]]
                return nullptr;
        }
    }
    return no_json_number<T>(value, line);
}

template <class T>
[[nodiscard]] text_error read_json_enum(on_demand::value& value, json_line& line, T& out) noexcept {
    if (value.raw_json_token()[0] == '"') [[likely]] {
        std::string_view name;
        if (const text_error error = read_json_text(value, line, name)) return error;
        return read_enum_name(name, out) ? nullptr : line.refuse(value, no_enumerator);
    }
    std::conditional_t<std::is_signed_v<enum_number<T>>, std::int64_t, std::uint64_t> number = 0;
    if (const text_error error = read_json_number(value, line, number)) return error;
    const auto narrow = static_cast<enum_number<T>>(number);
    if (static_cast<decltype(number)>(narrow) != number) return line.refuse(value, number_out_of_range);
    out = static_cast<T>(narrow);
    return nullptr;
}

template <class T, class... Renames>
[[nodiscard]] text_error read_json_object(on_demand::object& object, const char* at, json_line& line, T& out);
template <class T>
[[nodiscard]] text_error read_json(on_demand::value& value, json_line& line, T& out);

/// `f(element)` for each element, while it answers nullptr.
template <class F>
[[nodiscard]] text_error each_json_element(on_demand::value& value, json_line& line, F f) {
    on_demand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return no_json_form(value, line, no_array);
    if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
    for (auto found : array) {
        on_demand::value element;
        if (found.get(element) != simdjson::SUCCESS) [[unlikely]]
            return line.no_json();
        if (const text_error error = f(element)) [[unlikely]]
            return error;
    }
    --line.depth;
    return nullptr;
}

template <class T>
[[nodiscard]] text_error read_json_array(on_demand::value& value, json_line& line, T& out) {
    std::size_t used = 0;
    const text_error error = each_json_element(value, line, [&](on_demand::value& element) {
        if (used++ == std::size(out)) return line.refuse(value, wrong_size);
        return read_json(element, line, out[used - 1]);
    });
    return error == nullptr && used != std::size(out) ? line.refuse(value, wrong_size) : error;
}

/// The elements that are there are used again.
template <class T>
[[nodiscard]] text_error read_json_list(on_demand::value& value, json_line& line, T& out) {
    auto at = out.begin();
    const text_error error = each_json_element(value, line, [&](on_demand::value& element) {
        if (at == out.end()) {
            out.emplace_back();
            at = std::prev(out.end());
        }
        text_error bad = nullptr;
        if constexpr (std::is_same_v<typename T::value_type, bool>) {
            bool bit = false;
            bad = read_json(element, line, bit);
            *at = bit;
        } else {
            bad = read_json(element, line, *at);
        }
        ++at;
        return bad;
    });
    out.erase(at, out.end());
    return error;
}

template <class T>
[[nodiscard]] text_error read_json_set(on_demand::value& value, json_line& line, T& out) {
    out.clear();
    return each_json_element(value, line, [&](on_demand::value& element) {
        typename T::value_type made{};
        const text_error error = read_json(element, line, made);
        if (error == nullptr) out.insert(std::move(made));
        return error;
    });
}

template <class T>
[[nodiscard]] text_error read_json_map(on_demand::value& value, json_line& line, T& out) {
    on_demand::object object;
    out.clear();
    if (value.get_object().get(object) != simdjson::SUCCESS) return no_json_form(value, line, no_object);
    if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
    for (auto found : object) {
        std::string_view key;
        on_demand::value mapped;
        if (const text_error error = line.next(found, key, mapped)) [[unlikely]]
            return error;
        if (const text_error error = read_json(mapped, line, out[typename T::key_type(key)])) [[unlikely]]
            return error;
    }
    --line.depth;
    return nullptr;
}

template <class T>
[[nodiscard]] text_error read_json(on_demand::value& value, json_line& line, T& out) {
    if constexpr (is_optional<T>) {
        bool null = false;
        if (value.is_null().get(null) == simdjson::SUCCESS && null) {
            out.reset();
            return nullptr;
        }
        if (!out.has_value()) out.emplace();
        return read_json(value, line, *out);
    } else if constexpr (std::is_same_v<T, bool>) {
        return value.get_bool().get(out) == simdjson::SUCCESS ? nullptr : no_json_form(value, line, no_bool);
    } else if constexpr (std::is_enum_v<T>) {
        return read_json_enum(value, line, out);
    } else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, char>) {
        return read_json_number(value, line, out);
    } else if constexpr (is_duration<T>) {
        typename T::rep count{};
        const text_error error = read_json_number(value, line, count);
        if (error == nullptr) out = T(count);
        return error;
    } else if constexpr (text_readable<T>) {
        std::string_view text;
        if (const text_error error = read_json_text(value, line, text)) [[unlikely]]
            return error;
        const text_error error = read_value(text, out);
        return error == nullptr ? nullptr : line.refuse(value, error);
    } else if constexpr (std::is_bounded_array_v<T> || is_fixed_array_object<T>) {
        return read_json_array(value, line, out);
    } else if constexpr (json_filled_map<T>) {
        return read_json_map(value, line, out);
    } else if constexpr (json_filled_list<T>) {
        return read_json_list(value, line, out);
    } else if constexpr (json_filled_set<T>) {
        return read_json_set(value, line, out);
    } else {
        const char* const at = value.raw_json_token().data();
        on_demand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return no_json_form(value, line, no_object);
        if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
        const text_error error = read_json_object(object, at, line, out);
        --line.depth;
        return error;
    }
}

/// The members of an object that fill a T: its fields, a window_bounds as two.
template <class T, class... Renames>
class json_members {
    enum class part : unsigned char { whole, start, end };
    struct member {
        std::string_view name{};
        std::size_t field = 0;
        part of = part::whole;
    };

    template <std::size_t I>
    static constexpr bool is_window = std::is_same_v<field_type<T, I>, window_bounds>;
    template <std::size_t I>
    static constexpr auto name = text_name_fixed<T, I, Renames...>;

    template <std::size_t... I>
    [[nodiscard]] static consteval std::size_t count_members(std::index_sequence<I...>) noexcept {
        return (std::size_t{0} + ... + (is_window<I> ? std::size_t{2} : std::size_t{1}));
    }
    using indices = std::make_index_sequence<field_count<T>>;

  public:
    static constexpr std::size_t count = count_members(indices{});

  private:
    static constexpr std::array<member, count> all = [] {
        std::array<member, count> list{};
        std::size_t n = 0;
        const auto add = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            if constexpr (is_window<I>) {
                list[n++] = {joined<name<I>, "_start">, I, part::start};
                list[n++] = {joined<name<I>, "_end">, I, part::end};
            } else {
                list[n++] = {joined<name<I>>, I, part::whole};
            }
        };
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (add(std::integral_constant<std::size_t, I>{}), ...);
        }(indices{});
        return list;
    }();
    template <std::size_t M>
    struct member_name_getter {
        constexpr std::string_view operator()() const noexcept { return all[M].name; }
    };

    template <std::size_t M>
    [[nodiscard]] static constexpr auto& target(T& out) noexcept {
        auto& field = field_at<all[M].field>(out);
        if constexpr (all[M].of == part::start) {
            return field.start;
        } else if constexpr (all[M].of == part::end) {
            return field.end;
        } else {
            return field;
        }
    }

    template <std::size_t M>
    [[nodiscard]] static text_error read_one(on_demand::value& value, json_line& line, T& out) {
        const text_error error = read_json(value, line, target<M>(out));
        if (error == nullptr) [[likely]]
            return nullptr;
        if (error != told) line.fail(line.at, reason_of<fixed_from<member_name_getter<M>>>(error));
        return told;
    }
    template <std::size_t M>
    [[nodiscard]] WEIR_COLD static text_error lacks(const char* at, json_line& line, T& out) noexcept {
        if constexpr (is_optional<std::remove_reference_t<decltype(target<M>(out))>>) {
            target<M>(out).reset();
            return nullptr;
        } else {
            line.fail(at, joined<"there is no member ", fixed_from<member_name_getter<M>>>);
            return told;
        }
    }

    [[nodiscard]] static consteval bool distinct() noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                if (all[i].name == all[k].name) return false;
            }
        }
        return true;
    }
    static_assert(distinct(),
                  "weir::formats::ndjson: two members of the record have one name in JSON; rename one of them");

  public:
    /// `expected`, if it has this name; `count` where none has.
    [[nodiscard]] static std::size_t find(std::string_view key, std::size_t expected) noexcept {
        if (expected < count && all[expected].name == key) [[likely]]
            return expected;
        std::size_t at = 0;
        while (at != count && all[at].name != key) ++at;
        return at;
    }
    [[nodiscard]] static text_error read(std::size_t at, on_demand::value& value, json_line& line, T& out) {
        return [&]<std::size_t... M>(std::index_sequence<M...>) {
            text_error error = nullptr;
            static_cast<void>(((at == M ? (error = read_one<M>(value, line, out), true) : false) || ...));
            return error;
        }(std::make_index_sequence<count>{});
    }
    [[nodiscard]] static text_error miss(const bool* seen, const char* at, json_line& line, T& out) noexcept {
        return [&]<std::size_t... M>(std::index_sequence<M...>) {
            text_error error = nullptr;
            static_cast<void>(((!seen[M] && (error = lacks<M>(at, line, out)) != nullptr) || ...));
            return error;
        }(std::make_index_sequence<count>{});
    }
};

template <class T, class... Renames>
[[nodiscard]] text_error read_json_object(on_demand::object& object, const char* at, json_line& line, T& out) {
    using members = json_members<T, Renames...>;
    bool seen[members::count + 1] = {};
    std::size_t expected = 0;
    for (auto found : object) {
        std::string_view key;
        on_demand::value value;
        if (const text_error error = line.next(found, key, value)) [[unlikely]]
            return error;
        const std::size_t member = members::find(key, expected);
        if (member == members::count) continue;
        if (const text_error error = members::read(member, value, line, out)) [[unlikely]]
            return error;
        seen[member] = true;
        expected = member + 1;
    }
    return members::miss(seen, at, line, out);
}

/// Where a string that does not close begins, or has a control character; the line's size where neither is.
[[nodiscard]] WEIR_COLD inline std::size_t find_json_string_flaw(std::string_view line) noexcept {
    bool inside = false;
    std::size_t begin = line.size();
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            inside = !inside;
            begin = i;
        } else if (inside && line[i] == '\\') {
            ++i;
        } else if (inside && static_cast<unsigned char>(line[i]) < 0x20) {
            return i;
        }
    }
    return inside ? begin : line.size();
}
[[nodiscard]] WEIR_COLD inline std::size_t find_no_utf8(std::string_view line) noexcept {
    const char* const end = line.data() + line.size();
    for (const char* p = line.data(); p != end;) {
        const utf8_step step = static_cast<unsigned char>(*p) < 0x80 ? utf8_step{1, true} : utf8_sequence(p, end);
        if (!step.valid) return static_cast<std::size_t>(p - line.data());
        p += step.size;
    }
    return line.size();
}

/// Why the line is no object, though its encoding and its strings are right.
[[nodiscard]] WEIR_COLD inline parse_status no_json_object(std::string_view line) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t begin = line.find_first_not_of(blank);
    if (line[begin] != '{') return parse_failed(begin, "the line is no JSON object");
    std::size_t depth = 0;
    bool inside = false;  // a string
    for (std::size_t i = begin; i < line.size(); ++i) {
        const char c = line[i];
        if (inside && c == '\\') ++i;
        if (c == '"') inside = !inside;
        if (inside) continue;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) {
            const std::size_t behind = line.find_first_not_of(blank, i + 1);
            return behind == std::string_view::npos ? parse_failed(i, no_json_reason)
                                                    : parse_failed(behind, "something stands behind the object");
        }
    }
    return parse_failed(line.size(), "the object does not close");
}

/// Why simdjson did not even begin.
[[nodiscard]] WEIR_COLD inline parse_status no_json_document(simdjson::error_code error, std::string_view line) {
    switch (error) {
    case simdjson::EMPTY:
        return {parsed::nothing, 0, {}};
    case simdjson::MEMALLOC:
        throw std::bad_alloc();
    case simdjson::UTF8_ERROR:
        return parse_failed(find_no_utf8(line), "the line is no UTF-8");
    case simdjson::UNCLOSED_STRING:
        return parse_failed(find_json_string_flaw(line), "a string does not close");
    case simdjson::UNESCAPED_CHARS:
        return parse_failed(find_json_string_flaw(line), "a string has a control character that is not escaped");
    case simdjson::CAPACITY:
        return parse_failed(0, "the line is longer than 4 GiB");
    default:
        return parse_failed(0, "the line is no JSON object");
    }
}

/// A line with simdjson's padding behind it, and simdjson's own buffers.
struct json_scratch {
    on_demand::parser parser{};
    std::vector<char> text{};

    [[nodiscard]] simdjson::padded_string_view copy(std::string_view line) {
        constexpr std::size_t padding = simdjson::SIMDJSON_PADDING;
        if (line.size() + padding > text.size()) [[unlikely]] {
            text.resize(std::bit_ceil(line.size() + padding + 448));
            if (parser.allocate(text.size() - padding) == simdjson::MEMALLOC) throw std::bad_alloc();
        }
        if (!line.empty()) std::memcpy(text.data(), line.data(), line.size());
        std::memset(text.data() + line.size(), 0, padding);  // what a line before has left could close this one
        return simdjson::padded_string_view(text.data(), line.size(), text.size());
    }
};

template <class T, class... Renames>
class json_parser {
  public:
    [[nodiscard]] parse_status parse(std::string_view line, T& out) {
        const simdjson::padded_string_view text = kept_->copy(line);
        on_demand::document document;
        if (const simdjson::error_code error = kept_->parser.iterate(text).get(document)) [[unlikely]] {
            return no_json_document(error, line);
        }
        json_line state{&document, text.data(), text.data() + line.size()};
        on_demand::object object;
        if (document.get_object().get(object) != simdjson::SUCCESS) [[unlikely]]
            return no_json_object(line);
        if (read_json_object<T, Renames...>(object, text.data() + line.find('{'), state, out) != nullptr) [[unlikely]] {
            return state.status;
        }
        const char* behind = nullptr;
        if (document.current_location().get(behind) == simdjson::SUCCESS) [[unlikely]] {
            state.fail(behind, "something stands behind the object");
        }
        return state.status;
    }

  private:
    std::unique_ptr<json_scratch> kept_ = std::make_unique<json_scratch>();  // one pointer: receivers are small
};

}  // namespace detail

template <class... Renames>
struct ndjson_format {
    template <class T>
    static constexpr detail::format_check check = detail::check_members<T, detail::json_readable, Renames...>();

    /// Member takes the object's member of this name; its own name counts no more.
    template <fixed_string Field, auto Member>
    [[nodiscard]] constexpr auto rename() const noexcept {
        return ndjson_format<Renames..., detail::renamed<Field, Member>>{};
    }
    /// What fills records of type T. One per thread.
    template <class T>
    [[nodiscard]] auto parser() const {
        static_assert(check<T>.flaw == detail::format_flaw::none,
                      "weir::formats::ndjson: the record does not fit the format; weir::parse says what is wrong");
        return detail::json_parser<T, Renames...>{};
    }
};

namespace formats {

inline constexpr ndjson_format<> ndjson{};

}  // namespace formats
}  // namespace weir
