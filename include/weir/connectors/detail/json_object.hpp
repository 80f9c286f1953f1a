// SPDX-License-Identifier: BSL-1.0
// read_json_object(object, at, line, out): an object's members into a record's fields, by name and in any order.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../schema/columns.hpp"
#include "../../schema/fields.hpp"
#include "../../schema/renamed.hpp"
#include "../../schema/static_text.hpp"
#include "../../schema/text_error.hpp"
#include "../../schema/window_bounds.hpp"
#include "../../support/config.hpp"
#include "json_line.hpp"
#include "json_value.hpp"

namespace weir::detail {

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

}  // namespace weir::detail
