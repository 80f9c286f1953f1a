// SPDX-License-Identifier: BSL-1.0
// The contract of the five buffers (buffers.md, section 3).
//
//   producer:  claim(n)   at most n raw slots, fewer at the wrap or when room is short, none when full or closed
//              construct in place, from the front
//              publish(n) the first n of them; what was claimed and not published is free still
//   consumer:  peek()     records that are there, in order, up to the wrap; none: nothing for now
//              use them where they are
//              release(n) the first n of them: destroyed, slots go back
//   end:       close() by the producer; the consumer still reads what was published, then `drained()`
//
// No call of a producer or consumer waits. What waits stands on these calls: `blocking` (blocking.hpp) for application
// threads. One thread at a time on each side; a record whose constructor throws is not there and leaves no hole.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "../support/prefetch.hpp"

namespace weir {

/// A ring's capacity is given at run time.
inline constexpr std::size_t dynamic_capacity = 0;

/// Where a ring starts to count: for tests of indices that wrap.
struct ring_start {
    std::uint64_t index = 0;
};

/// Raw slots that a producer has claimed: construct records in `[0, size())` from the front, then `publish(n)`.
template <class T>
class slot_span {
  public:
    slot_span() noexcept = default;
    slot_span(T* first, std::size_t size) noexcept : first_(first), size_(size) {}

    [[nodiscard]] T* data() const noexcept { return first_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Constructs record `i`; until it is published, nobody destroys it but `discard`.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    WEIR_INLINE T& construct(std::size_t i, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (i + ahead < size_) prefetch_to_write(first_ + i + ahead);
        return *std::construct_at(first_ + i, std::forward<Args>(args)...);
    }

    /// Constructs the first `n` records as those at `source`, a line at a time.
    void copy(const T* source, std::size_t n) noexcept
        requires std::is_trivially_copyable_v<T>
    {
        constexpr std::size_t line = sizeof(T) < cache_line ? cache_line / sizeof(T) : 1;
        std::size_t i = 0;
        for (; i + line <= n; i += line) {
            if (i + ahead < size_) prefetch_to_write(first_ + i + ahead);
            std::memcpy(static_cast<void*>(first_ + i), source + i, line * sizeof(T));
        }
        if (i != n) std::memcpy(static_cast<void*>(first_ + i), source + i, (n - i) * sizeof(T));
    }

    /// Takes back the first `n` records that were constructed and shall not be published.
    void discard(std::size_t n) noexcept { std::destroy_n(first_, n); }

  private:
    static constexpr std::size_t ahead = prefetch_distance<T>;

    T* first_ = nullptr;
    std::size_t size_ = 0;
};

/// Who writes: a ring that has one writer, or a writer's handle of one that has many.
template <class B>
concept span_producer = requires(B& b, std::size_t n) {
    typename B::value_type;
    { b.claim(n) } -> std::same_as<slot_span<typename B::value_type>>;
    b.publish(n);
    b.close();
    { b.reader_closed() } -> std::same_as<bool>;
};

/// Who reads: a ring that has one reader, or a reader's handle of one that has many.
template <class B>
concept span_consumer = requires(B& b, std::size_t n) {
    typename B::value_type;
    { b.peek() } -> std::convertible_to<std::span<const typename B::value_type>>;
    b.release(n);
    { b.drained() } -> std::same_as<bool>;
};

namespace detail {

/// Copies from there, or to there, may go as bytes.
template <class It, class T>
concept bytes_in_a_row =
    std::contiguous_iterator<It> && std::same_as<std::iter_value_t<It>, T> && std::is_trivially_copyable_v<T>;

}  // namespace detail

/// Constructs as many of `[first, last)` as there is room for, published once a span, and moves `first` on; returns how
/// many. When a constructor throws, what came before it is published.
template <span_producer B, std::input_iterator It, std::sentinel_for<It> End>
    requires std::constructible_from<typename B::value_type, std::iter_reference_t<It>>
std::size_t try_push_some(B& b, It& first, const End& last) {
    constexpr bool sized = std::sized_sentinel_for<End, It>;
    std::size_t pushed = 0;
    while (first != last) {
        std::size_t wanted = ~std::size_t{0};
        if constexpr (sized) wanted = static_cast<std::size_t>(last - first);
        slot_span<typename B::value_type> slots = b.claim(wanted);
        if (slots.empty()) break;
        if constexpr (sized && detail::bytes_in_a_row<It, typename B::value_type>) {
            slots.copy(std::to_address(first), slots.size());
            b.publish(slots.size());
            first += static_cast<std::iter_difference_t<It>>(slots.size());
            pushed += slots.size();
            continue;
        }
        struct publish_at_end {
            B& b;
            std::size_t n = 0;
            ~publish_at_end() { b.publish(n); }
        } written{b};
        for (; written.n < slots.size() && first != last; ++first, ++written.n, ++pushed) {
            slots.construct(written.n, *first);
        }
    }
    return pushed;
}

/// Moves at most `n` of the records that are there to `out`, released once a span; returns how many. It looks at the
/// writer's index at most once: a reader that looks after every few records takes the line away from the writer each
/// time. When an assignment throws, the record it threw on is still there.
template <span_consumer B, class Out>
    requires std::output_iterator<Out, typename B::value_type&&>
std::size_t try_pop_some(B& b, Out& out, std::size_t n) {
    std::size_t popped = 0;
    while (popped < n) {
        const auto records = b.peek();
        if (records.empty()) break;
        struct release_at_end {
            B& b;
            std::size_t n = 0;
            ~release_at_end() { b.release(n); }
        } read{b};
        if constexpr (detail::bytes_in_a_row<Out, typename B::value_type>) {
            read.n = records.size() < n - popped ? records.size() : n - popped;
            std::memcpy(static_cast<void*>(std::to_address(out)), records.data(), read.n * sizeof(records[0]));
            out += static_cast<std::iter_difference_t<Out>>(read.n);
            popped += read.n;
        } else {
            for (; read.n < records.size() && popped < n; ++read.n, ++popped, ++out) *out = std::move(records[read.n]);
        }
        if constexpr (requires { b.known_readable(); }) {
            if (b.known_readable() > read.n) continue;  // behind the wrap
        }
        break;
    }
    return popped;
}

}  // namespace weir
