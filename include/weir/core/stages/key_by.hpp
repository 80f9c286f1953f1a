// SPDX-License-Identifier: BSL-1.0
// key_by: the flow becomes keyed; it replaces the key it had.
//
//     | weir::key_by<&hit::host>()                       // one field: the key keeps the field's name
//     | weir::key_by<&tick::venue, &tick::symbol>()      // several
//     | weir::key_by<"network">([](const hit& h) { return network_of(h.host); })   // computed, and named
//
// A key of fields is a projection: nothing is computed or stored while the record is unchanged. A computed one is
// computed once per record and stored beside it; it owns what it is made of (no `std::string_view`, which would
// outlive the record it points into). Behind `shard(n)` the flow is then no longer partitioned by its key, and
// keyed stages ask for a new `shard(n)`.
#pragma once

#include <tuple>

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class... T>
struct owned<std::tuple<T...>> {
    using type = std::tuple<std::remove_cvref_t<T>...>;
};

template <class T>
struct member_class;
template <class C, class M>
struct member_class<M C::*> {
    using type = C;
    using value = M;
};

template <auto Member>
using class_of_member = typename member_class<decltype(Member)>::type;
template <auto Member>
using type_of_member = typename member_class<decltype(Member)>::value;

template <class T>
inline constexpr bool cheap_to_copy = std::is_trivially_copyable_v<T> && sizeof(T) <= 2 * sizeof(void*);

/// Fields as a key. By value where that is cheap: a reference forces the record into memory.
template <auto... Members>
struct member_key {
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr std::tuple<const type_of_member<Members>&...> operator()(const Value& v) const {
        return {v.*Members...};
    }
};
template <auto Member>
struct member_key<Member> {
    using field = type_of_member<Member>;
    using result = std::conditional_t<cheap_to_copy<field>, field, const field&>;
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr result operator()(const Value& v) const {
        return v.*Member;
    }
};

/// The origin of a computed key: its name.
template <fixed_string Name>
struct named_key {
    using names = output_names<Name>;
};

template <class Key>
concept view_of_text = std::is_trivially_copyable_v<Key> && requires(const Key& k) {
    k.substr(0, 1);
    k.data();
};

/// What a computed key may not be, nor have in it: it would outlive the record it refers to.
template <class Key>
inline constexpr bool refers_to_record =
    view_of_text<Key> || std::is_same_v<Key, const char*> || std::is_same_v<Key, char*>;
template <class... T>
inline constexpr bool refers_to_record<std::tuple<T...>> = ((std::is_reference_v<T> || refers_to_record<T>) || ...);
template <class A, class B>
inline constexpr bool refers_to_record<std::pair<A, B>> = refers_to_record<std::tuple<A, B>>;

template <class Next, class Entry>
struct key_receiver : forward_signals<key_receiver<Next, Entry>> {
    using needs = tags_without<typename Next::needs, tags<meta_of::key>>;

    Next next;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return next.put(static_cast<V&&>(value), replace_meta(meta, Entry{}));
    }
};

template <class In>
inline constexpr partition rekeyed = In::sharded ? partition::unkeyed : partition::one;

template <auto... Members>
struct key_by_members : stage_base<key_by_members<Members...>> {
    using entry = lazy<meta_of::key, member_key<Members...>>;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool has_members = (std::is_base_of_v<class_of_member<Members>, typename In::value_type> && ...);
        static_assert(has_members, "weir::key_by: the record at this place has no such member; key by a member of "
                                   "the type that the stage before gives, or by key_by<\"name\">(function)");
        return has_members;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        using keyed = with_meta<In, weir::with_entry<typename In::meta_type, entry>>;
        return with_partition<keyed, rekeyed<In>>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return key_receiver<decltype(make_next(b)), entry>{{}, make_next(b)};
    }
};

template <class Next, class F, class Errors, fixed_string Name, class Key, class Asked>
struct computed_key_receiver : forward_signals<computed_key_receiver<Next, F, Errors, Name, Key, Asked>> {
    using needs = tags_union<tags_without<typename Next::needs, tags<meta_of::key>>, Asked>;
    using entry = stored<meta_of::key, Key, named_key<Name>>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    std::uint64_t failed = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return call_then<Errors>(stage, failed, f, static_cast<const std::remove_cvref_t<V>&>(value), meta, next,
                                 [&](auto&& key) WEIR_INLINE_LAMBDA {
                                     return next.put(static_cast<V&&>(value),
                                                     replace_meta(meta, entry{static_cast<decltype(key)&&>(key)}));
                                 });
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.failed = failed});
        next.account(ledger);
    }
};

template <fixed_string Name>
struct key_by_name {
    template <class F, class Errors>
    struct type : function_stage<type, F, Errors> {
        using function_stage<type, F, Errors>::function_stage;

        template <class In>
        using result = std::remove_cvref_t<call_result<F, const typename In::value_type&, typename In::meta_type>>;

        template <class In>
        static constexpr bool accepts() {
            constexpr bool fits = user_function<F, const typename In::value_type&, typename In::meta_type>;
            static_assert(fits, "weir::key_by: the function cannot be called with this record; it takes (const T&) "
                                "or (const T&, auto meta) and returns the key");
            if constexpr (fits) {
                constexpr bool owns = !refers_to_record<result<In>>;
                static_assert(owns, "weir::key_by: a computed key must own its text, since it travels beside the "
                                    "record; return std::string, or std::tuple of values");
                constexpr bool copies = function_stage<type, F, Errors>::template fits_shards<In>;
                static_assert(copies, "weir::key_by: behind shard(n) the function is copied; make it copyable");
                return owns && copies;
            }
            return false;
        }
        template <class In>
        [[nodiscard]] constexpr auto out(const In& in) const {
            using entry = stored<meta_of::key, result<In>, named_key<Name>>;
            using keyed = with_meta<In, weir::with_entry<typename In::meta_type, entry>>;
            return with_partition<keyed, rekeyed<In>>{in.window};
        }
        template <class Builder, class In, class MakeNext>
        [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
            using next = decltype(make_next(b));
            using asked = asked_by<F, const typename In::value_type&>;
            return computed_key_receiver<next, F, Errors, Name, result<In>, asked>{
                {}, b.info("key_by"), copy_or_move(this->f), make_next(b)};
        }
    };
};

}  // namespace detail

/// The key is these fields of the record.
template <auto... Members>
    requires(sizeof...(Members) > 0 && (std::is_member_object_pointer_v<decltype(Members)> && ...))
[[nodiscard]] constexpr auto key_by() {
    return detail::key_by_members<Members...>{};
}

/// The key is what `f(record)` returns; `Name` is what results call it.
template <fixed_string Name, class F>
[[nodiscard]] constexpr auto key_by(F f) {
    return typename detail::key_by_name<Name>::template type<F, detail::propagate>(static_cast<F&&>(f));
}

}  // namespace weir
