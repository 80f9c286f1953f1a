// SPDX-License-Identifier: BSL-1.0
// How a result struct is filled by name and type: shared by the stages that make results of keys, windows and aggregates.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "../../core/stages/key_by.hpp"
#include "../../core/stream.hpp"
#include "../../schema/fields.hpp"
#include "../../schema/window_bounds.hpp"
#include "../../support/instant.hpp"
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

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

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

/// A field takes a value of its own type, or one that loses nothing by becoming it.
template <class Field, class Value, bool NeverNegative>
inline constexpr bool takes = [] {
    if constexpr (std::is_integral_v<Field> && std::is_integral_v<Value>) {
        return !std::is_same_v<Field, bool> && sizeof(Field) >= sizeof(Value) &&
               (NeverNegative || std::is_signed_v<Field> == std::is_signed_v<Value>);
    } else if constexpr (std::is_floating_point_v<Field> && std::is_floating_point_v<Value>) {
        return sizeof(Field) >= sizeof(Value);
    } else if constexpr (std::is_arithmetic_v<Field> && std::is_arithmetic_v<Value>) {
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
using aggregate_state = std::remove_cvref_t<decltype(std::declval<const A&>().start(std::declval<const Record&>(),
                                                                                   instant{}))>;
template <class A, class Record>
using aggregate_result =
    std::remove_cvref_t<decltype(std::declval<const A&>().result(std::declval<aggregate_state<A, Record>>()))>;

template <class Result, class A, class Record>
constexpr bool field_takes() {
    using field = field_type<Result, field_index<Result, A::name>>;
    return takes<field, aggregate_result<A, Record>, never_negative<A>()>;
}

template <class Result, class Names, class... Aggregates>
struct filled_fields;
template <class Result, fixed_string... Keys, class... Aggregates>
struct filled_fields<Result, output_names<Keys...>, Aggregates...> {
    /// Whether each field is filled exactly once.
    static constexpr bool all_once() {
        std::size_t filled[field_count<Result> + 1] = {};
        ((++filled[field_index<Result, Keys>]), ...);
        ((++filled[field_index<Result, Aggregates::name>]), ...);
        if (window_field<Result>() < field_count<Result>) ++filled[window_field<Result>()];
        for (std::size_t i = 0; i < field_count<Result>; ++i) {
            if (filled[i] != 1) return false;
        }
        return true;
    }
};

/// The checks of a result struct, one message each.
template <class Result, class In, class... Aggregates>
constexpr bool check_result_fields() {
    using key = key_of_stream<In>;
    constexpr bool has_keys = has_fields<Result, typename key::names>;
    static_assert(has_keys, "weir::aggregate: the result has no field named as the key; give it one of the key's name "
                            "and type");
    constexpr bool has_aggregates = (has_field<Result, Aggregates::name> && ...);
    static_assert(has_aggregates, "weir::aggregate: the result has no field of an aggregate's name; rename the field, or "
                                  "the aggregate as in count<\"hits\">() or sum<&hit::bytes, \"volume\">()");
    if constexpr (has_keys && has_aggregates) {
        constexpr bool types = (field_takes<Result, Aggregates, typename In::value_type>() && ...);
        static_assert(types, "weir::aggregate: a field of the result cannot hold its aggregate: counts and sums of "
                             "integers are 64-bit (long, std::int64_t), avg and sums of floating point double");
        constexpr bool once = filled_fields<Result, typename key::names, Aggregates...>::all_once();
        static_assert(once, "weir::aggregate: a field of the result is filled by nobody, or twice; each field takes the "
                            "key, the window (weir::window_bounds) or one aggregate of its name");
        return types && once;
    }
    return false;
}

/// Everything `aggregate_receiver` needs to know of the flow and the result, so that it is not a template of the stream.
template <class Result, class Key, class KeyNames, class Needs, class Record, class... Aggregates>
struct plan_of;

template <class Result, class Key, fixed_string... KeyNames, class Needs, class Record, class... Aggregates>
struct plan_of<Result, Key, output_names<KeyNames...>, Needs, Record, Aggregates...> {
    using needs = Needs;
    using key = Key;
    using states = std::tuple<aggregate_state<Aggregates, Record>...>;
    using time_entry = stored<meta_of::event_time, instant, window_end>;
    using key_entry = lazy<meta_of::key, result_key<Result, KeyNames...>>;
    static constexpr bool keyed = sizeof...(KeyNames) > 0;
    using out_meta = std::conditional_t<keyed, meta_set<time_entry, key_entry>, meta_set<time_entry>>;

    std::tuple<Aggregates...> aggregates;

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
        return std::apply([&](const auto&... a) { return states(a.start(value, time)...); }, aggregates);
    }
    template <class V>
    WEIR_INLINE void add(states& s, const V& value, instant time) const {
        [&]<std::size_t... I>(std::index_sequence<I...>) WEIR_INLINE_LAMBDA {
            (std::get<I>(aggregates).add(std::get<I>(s), value, time), ...);
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
            (put_field<Aggregates>(out, std::get<I>(aggregates).result(std::move(std::get<I>(s)))), ...);
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
