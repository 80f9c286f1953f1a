// SPDX-License-Identifier: BSL-1.0
// How a result struct is filled by name and type: shared by the stages that make results of keys, windows and
// aggregates.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "../../core/stages/key_by.hpp"
#include "../../core/stream.hpp"
#include "../../schema/fields.hpp"
#include "../../schema/window_bounds.hpp"
#include "../../support/instant.hpp"
#include "../../support/pack.hpp"
#include "../aggregates/concepts.hpp"

namespace weir::detail {

/// The names under which a key goes into a result: its members', or the one it was given.
template <class Origin>
struct key_names {
    using type = typename Origin::names;
};
template <auto... Members>
struct key_names<member_key<Members...>> {
    using type = output_names<name_of_member<Members>...>;
};

/// The key of a result, read from its fields.
template <class Result, fixed_string... Names>
struct result_key {
    using names = output_names<Names...>;
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr auto operator()(const Value& v) const {
        return std::tuple<const std::remove_cvref_t<decltype(get_field<Names>(v))>&...>(get_field<Names>(v)...);
    }
};
template <class Result, fixed_string Name>
struct result_key<Result, Name> {
    using names = output_names<Name>;
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr decltype(auto) operator()(const Value& v) const {
        using field = std::remove_cvref_t<decltype(get_field<Name>(v))>;
        return static_cast<std::conditional_t<cheap_to_copy<field>, field, const field&>>(get_field<Name>(v));
    }
};

struct window_end {};

/// The key of a flow that has none: all records share it.
struct no_key {
    friend constexpr bool operator==(no_key, no_key) noexcept = default;
    [[nodiscard]] friend constexpr std::uint64_t weir_hash(no_key, std::uint64_t seed) noexcept { return seed; }
};

template <class In, bool Keyed = In::keyed>
struct key_of_stream {
    using type = no_key;
    using names = output_names<>;
    using needs = tags<meta_of::event_time>;
    template <class Result>
    using out_entry = void;
};
template <class In>
struct key_of_stream<In, true> {
    using type = meta_value<typename In::meta_type, meta_of::key, typename In::value_type>;
    using names = typename key_names<typename entry_of<typename In::meta_type, meta_of::key>::origin>::type;
    using needs = tags<meta_of::event_time, meta_of::key>;
};

/// The field of type `window_bounds`; the number of fields where there is none.
template <class Result>
constexpr std::size_t window_field() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        std::size_t found = sizeof...(I);
        ((std::is_same_v<std::remove_cvref_t<field_type<Result, I>>, window_bounds> && found == sizeof...(I)
              ? void(found = I)
              : void()),
         ...);
        return found;
    }(std::make_index_sequence<field_count<Result>>{});
}

template <class Result, fixed_string Name>
inline constexpr bool has_field = field_index<Result, Name> < field_count<Result>;

template <class Result, class Names>
inline constexpr bool has_fields = false;
template <class Result, fixed_string... Names>
inline constexpr bool has_fields<Result, output_names<Names...>> = (has_field<Result, Names> && ...);

/// A field takes a value of its own type, or one that loses nothing by becoming it; a view takes none that owns its
/// text.
template <class Field, class Value, bool NeverNegative>
inline constexpr bool takes = [] {
    if constexpr (std::is_integral_v<Field> && std::is_integral_v<Value>) {
        return !std::is_same_v<Field, bool> && sizeof(Field) >= sizeof(Value)
               && (NeverNegative || std::is_signed_v<Field> == std::is_signed_v<Value>);
    } else if constexpr (std::is_floating_point_v<Field> && std::is_floating_point_v<Value>) {
        return sizeof(Field) >= sizeof(Value);
    } else if constexpr (std::is_arithmetic_v<Field> && std::is_arithmetic_v<Value>) {
        return false;
    } else if constexpr (view_of_text<Field> && !view_of_text<Value>) {
        return false;
    } else {
        return std::is_convertible_v<Value, Field>;
    }
}();

template <class A>
constexpr bool never_negative() {
    if constexpr (requires { A::never_negative; }) {
        return A::never_negative;
    } else {
        return false;
    }
}

template <class A, class Record>
using aggregate_result =
    std::remove_cvref_t<decltype(std::declval<const A&>().result(std::declval<aggregate_state<A, Record>>()))>;

template <class Result, class Key, class Names>
inline constexpr bool takes_key = false;
template <class Result, class Key, fixed_string Name>
inline constexpr bool takes_key<Result, Key, output_names<Name>> =
    takes<field_type<Result, field_index<Result, Name>>, Key, false>;
template <class Result, class... Keys, fixed_string... Names>
    requires(sizeof...(Names) != 1)
inline constexpr bool takes_key<Result, std::tuple<Keys...>, output_names<Names...>> =
    (takes<field_type<Result, field_index<Result, Names>>, Keys, false> && ...);
template <class Result>
inline constexpr bool takes_key<Result, no_key, output_names<>> = true;

/// What is to be true of a result struct; each is asked only where those before it are.
template <class Result, class In, class... Aggregates>
struct result_checks {
    using key = key_of_stream<In>;
    using key_names = typename key::names;
    template <class A>
    static constexpr bool field_takes() {
        return takes<field_type<Result, field_index<Result, A::name>>, aggregate_result<A, typename In::value_type>,
                     never_negative<A>()>;
    }

    static constexpr bool has_keys = has_fields<Result, key_names>;
    static constexpr bool has_aggregates() { return (has_field<Result, Aggregates::name> && ...); }
    static constexpr bool key_fits() { return takes_key<Result, typename key::type, key_names>; }
    static constexpr bool aggregates_fit() { return (field_takes<Aggregates>() && ...); }
    /// Each field is filled, and by one.
    static constexpr bool filled_once() {
        std::size_t filled[field_count<Result> + 1] = {};
        [&]<fixed_string... Keys>(output_names<Keys...>) { ((++filled[field_index<Result, Keys>]), ...); }(key_names{});
        ((++filled[field_index<Result, Aggregates::name>]), ...);
        if (window_field<Result>() < field_count<Result>) ++filled[window_field<Result>()];
        for (std::size_t i = 0; i < field_count<Result>; ++i) {
            if (filled[i] != 1) return false;
        }
        return true;
    }
};

/// Everything `aggregate_receiver` needs to know of the flow and the result, so that it is not a template of the
/// stream.
template <class Result, class Key, class KeyNames, class Needs, class Record, class... Aggregates>
struct plan_of;

template <class Result, class Key, fixed_string... KeyNames, class Needs, class Record, class... Aggregates>
struct plan_of<Result, Key, output_names<KeyNames...>, Needs, Record, Aggregates...> {
    using needs = Needs;
    using key = Key;
    using states = pack<aggregate_state<Aggregates, Record>...>;
    using time_entry = stored<meta_of::event_time, instant, window_end>;
    using key_entry = lazy<meta_of::key, result_key<Result, KeyNames...>>;
    static constexpr bool keyed = sizeof...(KeyNames) > 0;
    using out_meta = std::conditional_t<keyed, meta_set<time_entry, key_entry>, meta_set<time_entry>>;

    pack<Aggregates...> aggregates;

    template <class M, class V>
    [[nodiscard]] WEIR_INLINE static decltype(auto) key_of(const M& meta, const V& value) {
        if constexpr (keyed) {
            return read_meta<meta_of::key>(meta, value);
        } else {
            return no_key{};
        }
    }
    template <class V>
    [[nodiscard]] states start(const V& value, instant time) const {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return states{{{element<I>(aggregates).start(value, time)}...}};
        }(std::index_sequence_for<Aggregates...>{});
    }
    template <class V>
    WEIR_INLINE void add(states& s, const V& value, instant time) const {
        [&]<std::size_t... I>(std::index_sequence<I...>) WEIR_INLINE_LAMBDA {
            (element<I>(aggregates).add(element<I>(s), value, time), ...);
        }(std::index_sequence_for<Aggregates...>{});
    }
    /// Moves the key and the states out.
    [[nodiscard]] Result result(key& k, states& s, std::int64_t start_us, std::int64_t last_us) const {
        Result out{};
        if constexpr (keyed) {
            if constexpr (sizeof...(KeyNames) == 1) {
                ((get_field<KeyNames>(out) = std::move(k)), ...);
            } else {
                [&]<std::size_t... I>(std::index_sequence<I...>) {
                    ((get_field<KeyNames>(out) = std::move(std::get<I>(k))), ...);
                }(std::make_index_sequence<sizeof...(KeyNames)>{});
            }
        }
        constexpr std::size_t window = window_field<Result>();
        if constexpr (window < field_count<Result>) {
            using time = decltype(window_bounds::start);
            get_field<window>(out) = {time(typename time::duration(start_us)),
                                      time(typename time::duration(last_us == INT64_MAX ? last_us : last_us + 1))};
        }
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (put_field<Aggregates>(out, element<I>(aggregates).result(std::move(element<I>(s)))), ...);
        }(std::index_sequence_for<Aggregates...>{});
        return out;
    }
    [[nodiscard]] WEIR_INLINE static out_meta meta(std::int64_t last_us) noexcept {
        if constexpr (keyed) {
            return out_meta{time_entry{instant{last_us}}, key_entry{}};
        } else {
            return out_meta{time_entry{instant{last_us}}};
        }
    }

  private:
    template <class A, class Value>
    static void put_field(Result& out, Value&& value) {
        auto& field = get_field<A::name>(out);
        field = static_cast<std::remove_cvref_t<decltype(field)>>(static_cast<Value&&>(value));
    }
};

template <class Result, class In, class... Aggregates>
using aggregate_plan = plan_of<Result, typename key_of_stream<In>::type, typename key_of_stream<In>::names,
                               typename key_of_stream<In>::needs, typename In::value_type, Aggregates...>;

}  // namespace weir::detail
