// SPDX-License-Identifier: BSL-1.0
// retained(stream, shard): what a shard holds, as an input range of std and of range-v3, without a copy.
//
//     for (const auto& [value, number, arrival] : weir::retained(hits, shard)) ...
//     auto slow = weir::retained(hits, shard) | ranges::views::filter(...);
//
// It begins at the oldest retained record, or at an iterator that get_shard_iterator gave, and ends behind the newest
// one that there is at `begin()`. `value` lives until the next increment. Records that retention takes from under it
// are left out and counted: `missed()`. One thread at a time; lock-free. Copies of the view are at one place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <utility>

#include <range/v3/range/concepts.hpp>

#include "data_stream.hpp"

namespace weir {

template <class T>
struct retained_record {
    const T& value;
    sequence_number number;
    instant arrival;
};

template <class Payload>
class retained_view : public std::ranges::view_base, public ::ranges::view_base {
    using core_type = detail::stream_core<Payload>;
    using shard = typename core_type::shard;

    /// Where it is; the iterator moves it on. Copies of the view share it.
    struct place {
        place(std::shared_ptr<core_type> c, shard& s, std::uint64_t position)
            : core(std::move(c)), in(&s), reader(s, position), at(reader.position()) {}

        [[nodiscard]] bool over() {
            if (used == known.size()) {
                reader.release(used);
                known = reader.peek();
                missed += reader.take_missed();
                at = reader.position();
                used = 0;
                if (reader.blocked() && !std::exchange(cut, true) && end > at) missed += end - at;
            }
            return known.empty() || at + used >= end;
        }

        std::shared_ptr<core_type> core;
        shard* in;
        detail::shard_reader<Payload> reader;
        std::span<const typename shard::record> known = {};
        std::uint64_t at;  // of `known`
        std::size_t used = 0;
        std::uint64_t end = 0;
        std::uint64_t missed = 0;
        bool cut = false;  // the storage could not open its files: the view ends there
    };

  public:
    class iterator {
      public:
        using value_type = retained_record<Payload>;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        iterator() noexcept = default;
        [[nodiscard]] value_type operator*() const {
            const auto& r = of_->known[of_->used];
            return {r.payload, of_->in->number(of_->at + of_->used, r.at.arrival), r.at.arrival};
        }
        iterator& operator++() {
            detail::prefetch_records_behind(of_->known[of_->used]);
            ++of_->used;
            return *this;
        }
        void operator++(int) { ++*this; }
        [[nodiscard]] friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.of_->over(); }

      private:
        friend retained_view;
        explicit iterator(place* of) noexcept : of_(of) {}
        place* of_ = nullptr;
    };

    retained_view() noexcept = default;
    retained_view(std::shared_ptr<core_type> core, shard& s, std::uint64_t position)
        : place_(std::make_shared<place>(std::move(core), s, position)) {}

    /// Once: an input range.
    [[nodiscard]] iterator begin() const {
        place_->end = place_->in->log().end_position();
        return iterator(place_.get());
    }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return std::default_sentinel; }

    [[nodiscard]] std::uint64_t missed() const noexcept { return place_ ? place_->missed : 0; }

  private:
    std::shared_ptr<place> place_;
};

/// Throws `bad_result` (`errc::resource_not_found`) where there is no such shard.
template <class T, auto... Key>
[[nodiscard]] auto retained(const data_stream<T, Key...>& s, shard_id id, const iterator_start& start = trim_horizon) {
    const shard_iterator at = s.get_shard_iterator(id, start).value();
    using payload = typename data_stream<T, Key...>::payload_type;
    return retained_view<payload>(s.core(), *s.core()->find(id), at.position);
}

}  // namespace weir
