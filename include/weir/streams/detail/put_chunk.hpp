// SPDX-License-Identifier: BSL-1.0
// Records of a put_records call, up to 256 at a time, on the stack: a call allocates nothing but its answer. They are
// gathered by shard with a counting sort, which needs no branch that a hash key decides.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace weir::detail {

inline constexpr std::size_t put_chunk_records = 256;

template <class T>
class put_chunk {
  public:
    static constexpr std::size_t most = put_chunk_records;

    put_chunk() noexcept = default;
    put_chunk(const put_chunk&) = delete;
    put_chunk& operator=(const put_chunk&) = delete;
    ~put_chunk() {
        for (std::size_t i = 0; i < size_; ++i) std::destroy_at(std::addressof((*this)[i]));
    }

    /// What `make()` gives, in place. Only while there are less than `most`.
    template <class Make>
    T& add(Make&& make) {
        T* const made = ::new (static_cast<void*>(room_ + size_ * sizeof(T))) T(make());
        ++size_;
        return *made;
    }
    [[nodiscard]] T& operator[](std::size_t i) noexcept {
        return *std::launder(reinterpret_cast<T*>(room_ + i * sizeof(T)));
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::size_t size_ = 0;
    alignas(T) std::byte room_[most * sizeof(T)];
};

/// Indices of a chunk's records, grouped by a number that each has.
class put_groups {
  public:
    using index = std::uint16_t;

    void add(std::size_t i, std::size_t group) noexcept {
        index_[size_] = static_cast<index>(i);
        group_[size_++] = static_cast<std::uint32_t>(group);
        ++begin_[group % places + 1];
        used_ |= std::uint64_t{1} << group % places;
    }
    /// Calls `f(indices)` for each group, each in the order in which they were added.
    template <class F>
    void each(F f) {
        for (std::size_t p = 1; p <= places; ++p) begin_[p] = static_cast<index>(begin_[p] + begin_[p - 1]);
        std::array<index, places> next;
        std::copy_n(begin_.begin(), places, next.begin());
        std::array<index, put_chunk_records> by_place;
        std::array<index, put_chunk_records> other;
        for (std::size_t i = 0; i < size_; ++i) by_place[next[group_[i] % places]++] = static_cast<index>(i);
        for (; used_ != 0; used_ &= used_ - 1) {
            const auto p = static_cast<std::size_t>(std::countr_zero(used_));
            std::span<index> here(by_place.data() + begin_[p], by_place.data() + begin_[p + 1]);
            // Groups that share a place are rare: there are as many as shards.
            while (!here.empty()) {
                const std::uint32_t group = group_[here.front()];
                std::size_t n = 0;
                std::size_t others = 0;
                for (const index i : here) (group_[i] == group ? here[n++] : other[others++]) = i;
                std::copy_n(other.begin(), others, here.begin() + static_cast<std::ptrdiff_t>(n));
                for (index& i : here.first(n)) i = index_[i];
                f(std::span<const index>(here.first(n)));
                here = here.subspan(n);
            }
        }
    }

  private:
    static constexpr std::size_t places = 64;

    std::size_t size_ = 0;
    std::uint64_t used_ = 0;
    std::array<index, places + 1> begin_{};
    std::array<index, put_chunk_records> index_;
    std::array<std::uint32_t, put_chunk_records> group_;
};

}  // namespace weir::detail
