// SPDX-License-Identifier: BSL-1.0
// What the two sides of an edge between tasks share: the slot of a record in a ring, the ring with whom to wake at its
// ends, and what a task sees of a side. The sides themselves: edge_writer.hpp, edge_reader.hpp. A stage with P chains
// before it and C behind it is a P x C mesh of edges, so no record ever crosses a counter that two writers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../buffers/channel.hpp"
#include "../core/concepts.hpp"
#include "chain_task.hpp"

namespace weir::detail {

/// A record on its way between tasks, with the stored meta that those behind ask for.
template <class T, class Meta>
struct slot {
    T value;
    [[no_unique_address]] Meta meta;

    template <class V>
    slot(V&& v, Meta&& m) : value(static_cast<V&&>(v)), meta(static_cast<Meta&&>(m)) {}
};

/// Of a stream's entries: those stored in a slot, and the set a reader hands on (the lazy ones are read from the
/// record).
template <class Set, class Needs>
struct edge_meta;
template <class... Entries, class Needs>
struct edge_meta<meta_set<Entries...>, Needs> {
    template <class E>
    struct is_lazy : std::false_type {};
    template <class Tag, class P>
    struct is_lazy<lazy<Tag, P>> : std::true_type {};

    template <bool Lazies, class Out, class... Rest>
    struct pick {
        using type = Out;
    };
    template <bool Lazies, class... Kept, class First, class... Rest>
    struct pick<Lazies, meta_set<Kept...>, First, Rest...>
        : std::conditional_t<has_tag<typename First::tag, Needs> && (Lazies || !is_lazy<First>::value),
                             pick<Lazies, meta_set<Kept..., First>, Rest...>,
                             pick<Lazies, meta_set<Kept...>, Rest...>> {};
    using stored_set = typename pick<false, meta_set<>, Entries...>::type;
    using read_set = typename pick<true, meta_set<>, Entries...>::type;
};

/// Those entries of `from` that `To` names.
template <class To, class From>
WEIR_INLINE To take_entries(const From& from) {
    return [&]<class... E>(meta_set<E...>*) WEIR_INLINE_LAMBDA {
        [[maybe_unused]] auto one = [&]<class Entry>(Entry*) WEIR_INLINE_LAMBDA -> Entry {
            if constexpr (std::is_base_of_v<Entry, From>) {
                return static_cast<const Entry&>(from);
            } else {
                return Entry{};  // a lazy one is empty
            }
        };
        return To{one(static_cast<E*>(nullptr))...};
    }(static_cast<To*>(nullptr));
}

/// One channel with whom to wake at its ends.
template <class Slot>
struct edge {
    channel<Slot> records;
    waker writer;
    waker reader;
    /// The reader was stopped, or threw; else it has had enough. Set before it closes, read when it has closed.
    bool abandoned = false;

    explicit edge(std::size_t capacity) : records(capacity) {}
};

/// The slots of a ring by default: 1,024 records or 64 KiB, whichever is less.
template <class Slot>
inline constexpr std::size_t default_capacity = [] {
    const std::size_t by_size = 65'536 / sizeof(Slot);
    return by_size < 16 ? std::size_t{16} : by_size > 1'024 ? std::size_t{1'024} : by_size;
}();

/// Gives back the records of a span that were used, also when one of them threw.
template <class Slot>
struct span_taken {
    channel<Slot>& from;
    std::size_t records = 0;

    explicit span_taken(channel<Slot>& c) noexcept : from(c) {}
    span_taken(const span_taken&) = delete;
    span_taken& operator=(const span_taken&) = delete;
    ~span_taken() { from.release(records); }
};

}  // namespace weir::detail
