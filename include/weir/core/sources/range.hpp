// SPDX-License-Identifier: BSL-1.0
// from(range): the elements of any range (range-v3, std, C arrays, generators).
//
// An lvalue is referred to, must outlive the run, and lends its elements. `from(std::move(container))` owns a
// container and gives its elements; `run(p)` then works on a copy, `run(std::move(p))` on the container
// itself. A view's elements are given where it computes them and lent where it refers to them. A range whose iterator
// returns proxies (`std::vector<bool>`) gives those, which refer into it. Its place in a checkpoint is the number of
// elements taken: the restored run skips as many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../pipeline.hpp"

namespace weir {
namespace detail {

template <class R>
concept iterable = requires(R& r) {
    std::ranges::begin(r);
    std::ranges::end(r);
};

template <class R>
using iterator_of = decltype(std::ranges::begin(std::declval<R&>()));

/// Containers own their elements: a moved-in one may give them away. Views copy in constant time.
template <class R>
inline constexpr bool owns_elements = !std::is_lvalue_reference_v<R> && requires(R& r) { typename R::allocator_type; };

template <class It, class End, bool Give>
struct range_loop {
    static constexpr bool by_pointer = std::is_pointer_v<It> && std::is_pointer_v<End>;

    It at;
    End end;

    template <class Receiver>
    WEIR_INLINE pull_result pull(Receiver& receiver, std::size_t max_records) {
        if constexpr (by_pointer) {
            It now = at;
            const std::size_t left = static_cast<std::size_t>(end - now);
            const It stop = now + (left < max_records ? left : max_records);
            flow f = flow::more;
            // One way out: with two, clang 19 counts beside the pointer.
            if (now != stop) [[likely]] {
                for (;;) {
                    f = put_one(receiver, now++);  // first on, then put: one pointer is live
                    if (f != flow::more) [[unlikely]]
                        break;
                    if (now == stop) [[unlikely]]
                        break;
                }
            }
            const std::size_t records = static_cast<std::size_t>(now - at);
            at = now;
            if (f != flow::more) [[unlikely]]
                return {f == flow::full ? pulled::full : pulled::done, records};
            return {now == end ? pulled::exhausted : pulled::more, records};
        } else {
            std::size_t n = 0;
            for (; n < max_records && at != end; ++at) {
                ++n;
                const flow f = put_one(receiver, at);
                if (f != flow::more) [[unlikely]] {
                    if (f == flow::done) return {pulled::done, n};  // the next one may never come, and is not wanted
                    ++at;
                    return {pulled::full, n};
                }
            }
            return {n < max_records ? pulled::exhausted : pulled::more, n};
        }
    }

  private:
    template <class Receiver, class Position>
    WEIR_INLINE static flow put_one(Receiver& receiver, Position&& position) {
        if constexpr (Give && std::is_lvalue_reference_v<decltype(*position)>) {
            // A set has const elements; an owned one gives them all the same, as nobody looks into it any more.
            using element = std::remove_cvref_t<decltype(*position)>;
            return receiver.put(std::move(const_cast<element&>(*position)), meta_set<>{});
        } else if constexpr (std::is_lvalue_reference_v<decltype(*position)>) {
            return receiver.put(std::as_const(*position), meta_set<>{});
        } else {
            return receiver.put(*position, meta_set<>{});
        }
    }
};

template <class R>
auto begin_of(R& r) {
    if constexpr (std::contiguous_iterator<iterator_of<R>> && requires { std::ranges::size(r); }) {
        return std::to_address(std::ranges::begin(r));
    } else {
        return std::ranges::begin(r);
    }
}
template <class R>
auto end_of(R& r) {
    if constexpr (std::contiguous_iterator<iterator_of<R>> && requires { std::ranges::size(r); }) {
        return std::to_address(std::ranges::begin(r)) + std::ranges::size(r);
    } else {
        return std::ranges::end(r);
    }
}

/// `R` is an lvalue reference, or an owned container or view.
template <class R>
class range_cursor {
    using range = std::remove_reference_t<R>;
    static constexpr bool gives = owns_elements<R>;
    using loop =
        range_loop<decltype(begin_of(std::declval<range&>())), decltype(end_of(std::declval<range&>())), gives>;
    using held = std::conditional_t<std::is_lvalue_reference_v<R>, range*, std::unique_ptr<range>>;

  public:
    explicit range_cursor(range& r)
        requires std::is_lvalue_reference_v<R>
        : range_(&r), loop_{begin_of(*range_), end_of(*range_)} {}
    explicit range_cursor(range&& r)
        requires(!std::is_lvalue_reference_v<R>)
        : range_(std::make_unique<range>(std::move(r))), loop_{begin_of(*range_), end_of(*range_)} {}

    template <class Receiver>
    WEIR_INLINE pull_result pull(Receiver& receiver, std::size_t max_records) {
        const pull_result got = pull_from(receiver, max_records);
        taken_ += got.records;
        return got;
    }

    /// Its place: the number of elements taken.
    template <class Writer>
    void save(const stage_info* source, Writer& out) const {
        save_state(*source, out, taken_);
    }
    template <class Reader>
    void load(const stage_info* source, Reader& in) {
        load_state(*source, in, taken_);
        if constexpr (loop::by_pointer) {
            if (taken_ > static_cast<std::uint64_t>(loop_.end - loop_.at)) throw_too_short();
            loop_.at += taken_;
        } else {
            for (std::uint64_t n = taken_; n > 0; --n, ++loop_.at) {
                if (loop_.at == loop_.end) throw_too_short();
            }
        }
    }

  private:
    template <class Receiver>
    WEIR_INLINE pull_result pull_from(Receiver& receiver, std::size_t max_records) {
        if constexpr (loop::by_pointer) {
            return loop_.pull(receiver,
                              max_records);  // its pointer is a local, and it needs its bounds at the end only
        } else {
            loop here = std::move(loop_);
            struct back {
                loop& from;
                loop& to;
                ~back() { to = std::move(from); }
            } restore{here, loop_};
            return here.pull(receiver, max_records);
        }
    }
    [[noreturn]] WEIR_COLD static void throw_too_short() {
        throw std::runtime_error(
            "weir::from: the range has fewer elements than had been taken at the checkpoint; a range "
            "that is read again must give the same elements");
    }

    held range_;
    loop loop_;
    std::uint64_t taken_ = 0;
};

template <class R>
struct range_source : source_base<range_source<R>> {
    using range = std::remove_reference_t<R>;
    using element = decltype(*std::ranges::begin(std::declval<range&>()));
    static constexpr const char* kind = "range";

    std::conditional_t<std::is_lvalue_reference_v<R>, range*, range> held;

    [[nodiscard]] constexpr auto out() const {
        constexpr category c = owns_elements<R> ? category::given : category_of<element>;
        return stream<std::remove_cvref_t<element>, c>{};
    }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) {
        if constexpr (std::is_lvalue_reference_v<R>) {
            return range_cursor<R>(*held);
        } else {
            return range_cursor<R>(std::move(held));
        }
    }
};

}  // namespace detail
}  // namespace weir
