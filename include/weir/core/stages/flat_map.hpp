// SPDX-License-Identifier: BSL-1.0
// flat_map(f): `f(record)` returns a range, whose elements go on one by one.
//
//     | weir::flat_map([](const hit& h) { return split(h.path, '/'); })
//
// A container returned by value gives its elements; a reference to one, and a view of stored elements, lends them; a
// view that computes gives what it computes. Each element carries the event time, key and place of the record it came
// from. When those behind have no room, a container is kept as it is and continued in `resume()`; of a view, or of a
// container inside the record, the rest is copied first (a view that computes is run to its end), because the
// record is gone by then. A record in is counted as absorbed, an element out as made.
#pragma once

#include "../../support/box.hpp"
#include "../../support/growing.hpp"
#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class R>
concept member_range = requires(R& r) {
    r.begin();
    r.end();
};
template <class R>
concept argument_range = requires(R& r) {
    begin(r);
    end(r);
};

/// As the range-based for does: array, member, or found by argument.
template <class R>
    requires(std::is_array_v<R> || member_range<R> || argument_range<R>)
constexpr auto each_begin(R& r) {
    if constexpr (std::is_array_v<R>) {
        return &r[0];
    } else if constexpr (member_range<R>) {
        return r.begin();
    } else {
        return begin(r);
    }
}
template <class R>
    requires(std::is_array_v<R> || member_range<R> || argument_range<R>)
constexpr auto each_end(R& r) {
    if constexpr (std::is_array_v<R>) {
        return &r[0] + std::extent_v<R>;
    } else if constexpr (member_range<R>) {
        return r.end();
    } else {
        return end(r);
    }
}

template <class R>
concept each_able = requires(R& r) {
    { each_begin(r) != each_end(r) } -> std::convertible_to<bool>;
    *each_begin(r);
};

/// What a function returned, read element by element. `Result` as it was returned.
template <class Result>
struct elements {
    using range = std::remove_reference_t<Result>;
    using iterator = decltype(each_begin(std::declval<range&>()));
    using read = decltype(*std::declval<iterator&>());
    using value = std::remove_cvref_t<read>;

    /// Containers own their elements; views copy in constant time and only refer to theirs, or compute them.
    static constexpr bool owns = !std::is_reference_v<Result> && !std::is_const_v<range>
                                 && requires { typename range::allocator_type; } && std::is_lvalue_reference_v<read>;
    static constexpr category gives = owns ? category::given : category_of<read>;
    using emitted = std::conditional_t<gives == category::given, value&&, const value&>;
};

/// What was left of a container when those behind were full.
template <class Elements>
struct rest_of_container {
    typename Elements::range range;
    typename Elements::iterator at;

    template <class It>
    rest_of_container(typename Elements::range& from, It now) : range(), at() {
        std::size_t passed = 0;
        for (auto i = each_begin(from); i != now; ++i) ++passed;
        range = static_cast<typename Elements::range&&>(from);
        at = each_begin(range);
        while (passed-- != 0) ++at;
    }
    bool empty() { return !(at != each_end(range)); }
    typename Elements::value& now() { return const_cast<typename Elements::value&>(*at); }
    void step() { ++at; }
};

/// What was left of a view, copied.
template <class Elements>
struct rest_of_view {
    growing<typename Elements::value> copies;
    std::size_t at = 0;

    template <class Range, class It>
    rest_of_view(Range& from, It now) {
        for (; now != each_end(from); ++now) copies.push_back(*now);
    }
    bool empty() { return at == copies.size(); }
    typename Elements::value& now() { return copies[at]; }
    void step() { ++at; }
};

template <class Next, class F, class Errors, class Asked, class Elements, class Kept>
struct flat_map_receiver : forward_signals<flat_map_receiver<Next, F, Errors, Asked, Elements, Kept>> {
    using needs = tags_union<typename Next::needs, Asked>;
    using emitted = typename Elements::emitted;

    struct stopped {
        std::conditional_t<Elements::owns, rest_of_container<Elements>, rest_of_view<Elements>> rest;
        Kept kept;
    };

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    box<stopped> pending{};
    std::uint64_t absorbed = 0;
    std::uint64_t made = 0;
    std::uint64_t failed = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const Kept& kept = keep_meta<typename Next::needs>(meta, value);
        return call_then<Errors>(stage, failed, f, static_cast<V&&>(value), meta, next,
                                 [&](auto&& range) WEIR_INLINE_LAMBDA {
                                     ++absorbed;
                                     const auto last = each_end(range);
                                     for (auto at = each_begin(range); at != last;) {
                                         ++made;
                                         const flow answer = emit(at, kept);
                                         ++at;
                                         if (answer != flow::more) [[unlikely]] {
                                             if (answer == flow::full && at != last) stop_at(range, at, kept);
                                             return answer;
                                         }
                                     }
                                     return flow::more;
                                 });
    }

    WEIR_COLD flow resume() {
        flow answer = next.resume();
        if (!pending) return answer;
        while (answer == flow::more && !pending->rest.empty()) {
            ++made;
            if constexpr (Elements::gives == category::given) {
                answer = next.put(static_cast<typename Elements::value&&>(pending->rest.now()), pending->kept);
            } else {
                answer = next.put(static_cast<const typename Elements::value&>(pending->rest.now()), pending->kept);
            }
            pending->rest.step();
        }
        if (answer == flow::done || pending->rest.empty()) pending.reset();
        return answer;
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.made = made, .absorbed = absorbed, .failed = failed});
        next.account(ledger);
    }

  private:
    template <class It>
    WEIR_INLINE flow emit(It& at, const Kept& kept) {
        if constexpr (Elements::owns) {
            return next.put(static_cast<typename Elements::value&&>(const_cast<typename Elements::value&>(*at)), kept);
        } else {
            return next.put(static_cast<emitted>(*at), kept);
        }
    }
    template <class Range, class It>
    WEIR_COLD void stop_at(Range& range, It at, const Kept& kept) {
        pending = box<stopped>::from([&] { return stopped{{range, at}, kept}; });
    }
};

template <class F, class Errors>
struct flat_map_stage : function_stage<flat_map_stage, F, Errors> {
    using function_stage<weir::detail::flat_map_stage, F, Errors>::function_stage;

    /// After a try the result was kept, and is ours.
    template <class In>
    using elements_of = elements<
        std::conditional_t<std::is_same_v<Errors, to_failed>,
                           std::remove_cvref_t<call_result<F, lent_if_caught<In, Errors>, typename In::meta_type>>,
                           call_result<F, lent_if_caught<In, Errors>, typename In::meta_type>>>;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool callable_with_record = user_function<F, lent_if_caught<In, Errors>, typename In::meta_type>;
        static_assert(
            callable_with_record,
            "weir::flat_map: the function cannot be called with this record; it takes (const T&), (T&&) where "
            "records are given, or one of these and (auto meta)");
        if constexpr (callable_with_record) {
            using result = call_result<F, lent_if_caught<In, Errors>, typename In::meta_type>;
            constexpr bool gives_range = each_able<std::remove_reference_t<result>>;
            static_assert(gives_range,
                          "weir::flat_map: the function returns no range; return a container or a view, or use "
                          "weir::map for one record each");
            if constexpr (gives_range) {
                using each = elements_of<In>;
                constexpr bool keeps =
                    each::gives == category::given || std::is_copy_constructible_v<typename each::value>;
                static_assert(keeps, "weir::flat_map: the function returns a view of records that only move; return a "
                                     "container by value, which gives them");
                constexpr bool fits = function_stage<weir::detail::flat_map_stage, F, Errors>::template fits_shards<In>;
                static_assert(fits, "weir::flat_map: behind shard(n) the function is copied; make it copyable");
                return keeps && fits;
            }
        }
        return false;
    }

    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return changed_stream<In, typename elements_of<In>::emitted>{in.window};
    }

    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using next = decltype(make_next(b));
        using asked = asked_by<F, lent_if_caught<In, Errors>>;
        using kept = weir::kept_meta<typename In::meta_type, typename In::value_type, typename next::needs>;
        return flat_map_receiver<next, F, Errors, asked, elements_of<In>, kept>{
            {}, b.info("flat_map"), copy_or_move(this->f), make_next(b)};
    }
};

struct flat_map_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f) const {
        return flat_map_stage<F, propagate>(static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::flat_map_fn flat_map{};

}  // namespace weir
