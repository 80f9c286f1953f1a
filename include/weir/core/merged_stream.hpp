// SPDX-License-Identifier: BSL-1.0
// The stream that leaves a node with several inputs of one record type. An entry of the meta that is the same on all
// inputs stays as it is; different projections of one type become a stored value, under the first one's name;
// event time or key on some inputs only is refused; the place in the input is dropped then.
#pragma once

#include "stream.hpp"

namespace weir::detail {

template <class Tag, class... In>
struct merged_entry {
    static constexpr std::size_t count = (std::size_t{0} + ... + std::size_t{has_entry<typename In::meta_type, Tag>});
    static constexpr bool on_all = count == sizeof...(In);
    static constexpr bool on_all_or_none = on_all || count == 0;
    using type = void;
    static constexpr bool same_type = true;
};

template <class Entry, class T>
struct as_stored {
    using type = stored<typename Entry::tag, T, typename Entry::origin>;
};

template <class Tag, class First, class... In>
    requires(has_entry<typename First::meta_type, Tag> && (has_entry<typename In::meta_type, Tag> && ...))
struct merged_entry<Tag, First, In...> {
    static constexpr bool on_all = true;
    static constexpr bool on_all_or_none = true;
    using entry = weir::entry_of<typename First::meta_type, Tag>;
    template <class S>
    using value = meta_value<typename S::meta_type, Tag, typename S::value_type>;

    static constexpr bool same_type = (std::is_same_v<value<First>, value<In>> && ...);
    static constexpr bool same_entry = (std::is_same_v<entry, weir::entry_of<typename In::meta_type, Tag>> && ...);
    using type =
        typename std::conditional_t<same_entry, std::type_identity<entry>, as_stored<entry, value<First>>>::type;
};

template <class Set, class Entry>
struct maybe_with {
    using type = weir::with_entry<Set, Entry>;
};
template <class Set>
struct maybe_with<Set, void> {
    using type = Set;
};

template <class First, class... In>
struct merged_stream {
    template <class Tag>
    using entry = merged_entry<Tag, First, In...>;

    static constexpr bool same_value = (std::is_same_v<typename First::value_type, typename In::value_type> && ...);
    static constexpr bool one_chain = !First::sharded && (!In::sharded && ...);
    static constexpr bool no_windows = !First::windowed && (!In::windowed && ...);
    static constexpr bool all_timed = First::timed && (In::timed && ...);
    static constexpr bool times_agree = entry<meta_of::event_time>::on_all_or_none;
    static constexpr bool keys_agree = entry<meta_of::key>::on_all_or_none && entry<meta_of::key>::same_type;
    static constexpr bool all_give =
        First::value_category == category::given && ((In::value_category == category::given) && ...);

    using meta = typename maybe_with<
        typename maybe_with<typename maybe_with<meta_set<>, typename entry<meta_of::event_time>::type>::type,
                            typename entry<meta_of::key>::type>::type,
        typename entry<meta_of::place>::type>::type;
    using type = stream<typename First::value_type, all_give ? category::given : category::lent, meta>;
};

template <class Entry>
inline constexpr bool is_stored = false;
template <class Tag, class T, class Origin>
inline constexpr bool is_stored<stored<Tag, T, Origin>> = true;

/// What a node moves of the merged set: the lazy entries, which cost nothing, and the stored ones that are needed.
template <class Kept, class Set, class Needs>
struct carried {
    using type = Kept;
};
template <class... Kept, class First, class... Rest, class Needs>
struct carried<meta_set<Kept...>, meta_set<First, Rest...>, Needs>
    : std::conditional_t<!is_stored<First> || has_tag<typename First::tag, Needs>,
                         carried<meta_set<Kept..., First>, meta_set<Rest...>, Needs>,
                         carried<meta_set<Kept...>, meta_set<Rest...>, Needs>> {};

template <class Set, class Needs>
using carried_meta = typename carried<meta_set<>, Set, Needs>::type;

/// One record's meta as an input brings it, as the node's set.
template <class Set>
struct carry;
template <class... Entries>
struct carry<meta_set<Entries...>> {
    template <class Brought, class Value>
    [[nodiscard]] WEIR_INLINE static constexpr meta_set<Entries...> from(const Brought& brought, const Value& value) {
        return meta_set<Entries...>{one<Entries>(brought, value)...};
    }
    /// The stored ones, for a checkpoint.
    template <class Writer>
    static void save(const meta_set<Entries...>& set, Writer& out) {
        auto one = [&]<class Entry>(const Entry& entry) {
            if constexpr (is_stored<Entry>) out.value(entry.value);
        };
        (one(static_cast<const Entries&>(set)), ...);
        static_cast<void>(one);
    }
    template <class Reader>
    [[nodiscard]] static meta_set<Entries...> load(Reader& in) {
        return meta_set<Entries...>{loaded<Entries>(in)...};
    }

  private:
    template <class Entry, class Reader>
    static Entry loaded(Reader& in) {
        if constexpr (is_stored<Entry>) {
            return Entry{in.template take<decltype(Entry::value)>()};
        } else {
            return Entry{};
        }
    }
    template <class Entry, class Brought, class Value>
    WEIR_INLINE static constexpr Entry one(const Brought& brought, const Value& value) {
        if constexpr (is_stored<Entry>) {
            return Entry{read_meta<typename Entry::tag>(brought, value)};
        } else {
            return Entry{};
        }
    }
};

}  // namespace weir::detail
