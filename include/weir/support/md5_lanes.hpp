// SPDX-License-Identifier: BSL-1.0
// md5_many: the MD5 of many short texts, 32 side by side in the lanes of vectors.
//
//     weir::md5_many(keys, sums);                                    // sums[i] == md5(keys[i])
//
// A text of up to 55 bytes is one block, and is hashed beside others with AVX-512 or AVX2, chosen at run time by what
// the processor has; longer ones, a rest of a few, and all of them elsewhere go through `md5`. Pure; any thread;
// allocates nothing. Throws std::invalid_argument where `out` is not as long as `texts`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>

#include "cache_line.hpp"
#include "config.hpp"
#include "md5.hpp"

namespace weir {

namespace detail {

inline constexpr std::size_t md5_lane_count = 32;
inline constexpr std::size_t md5_one_block = 55;

/// [word][lane].
struct alignas(cache_line) md5_lane_words {
    std::uint32_t at[16][md5_lane_count];
};
struct alignas(cache_line) md5_lane_sums {
    std::uint32_t at[4][md5_lane_count];
};
using md5_kernel = void (*)(const md5_lane_words&, md5_lane_sums&) noexcept;

#if defined(__x86_64__)

// The two kernels differ in their vectors only. Each has its whole text, since a function that is inlined into one with
// more instructions has lost its vectors before that: the compiler splits what its own target does not have.
//
// A vector has the width of two registers: MD5 is one chain of dependent instructions, and the second one's go into the
// gaps of the first one's.
using md5_vector_512 [[gnu::vector_size(128)]] = std::uint32_t;
using md5_vector_256 [[gnu::vector_size(64)]] = std::uint32_t;

[[gnu::target("avx512f")]] inline void md5_block_avx512(const md5_lane_words& in, md5_lane_sums& out) noexcept {
    constexpr md5_state start;
    using vector = md5_vector_512;
    vector a = vector{} + start.a;
    vector b = vector{} + start.b;
    vector c = vector{} + start.c;
    vector d = vector{} + start.d;
    const auto step = [&in](vector& w, const vector& x, const vector& f, std::size_t i, std::size_t word, int by)
                          __attribute__((target("avx512f"), always_inline)) {
                              vector text;
                              std::memcpy(&text, in.at[word % 16], sizeof text);
                              const vector sum = w + f + text + md5_constants[i];
                              w = x + (sum << by | sum >> (32 - by));
                          };
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 16; i += 4) {
        step(a, b, d ^ (b & (c ^ d)), i, i, 7);
        step(d, a, c ^ (a & (b ^ c)), i + 1, i + 1, 12);
        step(c, d, b ^ (d & (a ^ b)), i + 2, i + 2, 17);
        step(b, c, a ^ (c & (d ^ a)), i + 3, i + 3, 22);
    }
#pragma GCC unroll 4
    for (std::size_t i = 16; i < 32; i += 4) {
        step(a, b, c ^ (d & (b ^ c)), i, 5 * i + 1, 5);
        step(d, a, b ^ (c & (a ^ b)), i + 1, 5 * i + 6, 9);
        step(c, d, a ^ (b & (d ^ a)), i + 2, 5 * i + 11, 14);
        step(b, c, d ^ (a & (c ^ d)), i + 3, 5 * i + 16, 20);
    }
#pragma GCC unroll 4
    for (std::size_t i = 32; i < 48; i += 4) {
        step(a, b, b ^ c ^ d, i, 3 * i + 5, 4);
        step(d, a, a ^ b ^ c, i + 1, 3 * i + 8, 11);
        step(c, d, d ^ a ^ b, i + 2, 3 * i + 11, 16);
        step(b, c, c ^ d ^ a, i + 3, 3 * i + 14, 23);
    }
#pragma GCC unroll 4
    for (std::size_t i = 48; i < 64; i += 4) {
        step(a, b, c ^ (b | ~d), i, 7 * i, 6);
        step(d, a, b ^ (a | ~c), i + 1, 7 * i + 7, 10);
        step(c, d, a ^ (d | ~b), i + 2, 7 * i + 14, 15);
        step(b, c, d ^ (c | ~a), i + 3, 7 * i + 21, 21);
    }
    a += start.a;
    b += start.b;
    c += start.c;
    d += start.d;
    std::memcpy(out.at[0], &a, sizeof a);
    std::memcpy(out.at[1], &b, sizeof b);
    std::memcpy(out.at[2], &c, sizeof c);
    std::memcpy(out.at[3], &d, sizeof d);
}

[[gnu::target("avx2")]] inline void md5_block_avx2(const md5_lane_words& in, md5_lane_sums& out) noexcept {
    constexpr md5_state start;
    using vector = md5_vector_256;
    for (std::size_t half = 0; half < md5_lane_count; half += 16) {
        vector a = vector{} + start.a;
        vector b = vector{} + start.b;
        vector c = vector{} + start.c;
        vector d = vector{} + start.d;
        const auto step = [&in, half](vector& w, const vector& x, const vector& f, std::size_t i, std::size_t word,
                                      int by) __attribute__((target("avx2"), always_inline)) {
            vector text;
            std::memcpy(&text, in.at[word % 16] + half, sizeof text);
            const vector sum = w + f + text + md5_constants[i];
            w = x + (sum << by | sum >> (32 - by));
        };
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 16; i += 4) {
            step(a, b, d ^ (b & (c ^ d)), i, i, 7);
            step(d, a, c ^ (a & (b ^ c)), i + 1, i + 1, 12);
            step(c, d, b ^ (d & (a ^ b)), i + 2, i + 2, 17);
            step(b, c, a ^ (c & (d ^ a)), i + 3, i + 3, 22);
        }
#pragma GCC unroll 4
        for (std::size_t i = 16; i < 32; i += 4) {
            step(a, b, c ^ (d & (b ^ c)), i, 5 * i + 1, 5);
            step(d, a, b ^ (c & (a ^ b)), i + 1, 5 * i + 6, 9);
            step(c, d, a ^ (b & (d ^ a)), i + 2, 5 * i + 11, 14);
            step(b, c, d ^ (a & (c ^ d)), i + 3, 5 * i + 16, 20);
        }
#pragma GCC unroll 4
        for (std::size_t i = 32; i < 48; i += 4) {
            step(a, b, b ^ c ^ d, i, 3 * i + 5, 4);
            step(d, a, a ^ b ^ c, i + 1, 3 * i + 8, 11);
            step(c, d, d ^ a ^ b, i + 2, 3 * i + 11, 16);
            step(b, c, c ^ d ^ a, i + 3, 3 * i + 14, 23);
        }
#pragma GCC unroll 4
        for (std::size_t i = 48; i < 64; i += 4) {
            step(a, b, c ^ (b | ~d), i, 7 * i, 6);
            step(d, a, b ^ (a | ~c), i + 1, 7 * i + 7, 10);
            step(c, d, a ^ (d | ~b), i + 2, 7 * i + 14, 15);
            step(b, c, d ^ (c | ~a), i + 3, 7 * i + 21, 21);
        }
        a += start.a;
        b += start.b;
        c += start.c;
        d += start.d;
        std::memcpy(out.at[0] + half, &a, sizeof a);
        std::memcpy(out.at[1] + half, &b, sizeof b);
        std::memcpy(out.at[2] + half, &c, sizeof c);
        std::memcpy(out.at[3] + half, &d, sizeof d);
    }
}
#endif

/// The best that this processor has; none: one by one.
[[nodiscard]] inline md5_kernel choose_md5_kernel() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return &md5_block_avx512;
    if (__builtin_cpu_supports("avx2")) return &md5_block_avx2;
#endif
    return nullptr;
}

/// Up to 32 texts of one block each; `out[i]` is where the i-th sum goes.
class md5_group {
  public:
    explicit md5_group(md5_kernel by) noexcept : by_(by) { clear(); }

    /// `text` has at most `md5_one_block` bytes, and there is room.
    WEIR_INLINE void add(std::string_view text, md5_digest& out) noexcept {
        std::size_t i = 0;
        for (; i + 4 <= text.size(); i += 4) std::memcpy(&words_.at[i / 4][count_], text.data() + i, 4);
        words_.at[i / 4][count_] = last_word(text, text.size() - i);
        words_.at[14][count_] = static_cast<std::uint32_t>(text.size() * 8);
        used_ = std::max(used_, i / 4 + 1);
        out_[count_++] = &out;
    }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    void finish() noexcept {
        if (count_ == 0) return;
        md5_lane_sums sums;
        by_(words_, sums);
        for (std::size_t lane = 0; lane < count_; ++lane) {
            const std::array<std::uint32_t, 4> sum{sums.at[0][lane], sums.at[1][lane], sums.at[2][lane],
                                                   sums.at[3][lane]};
            std::memcpy(out_[lane]->data(), sum.data(), sizeof sum);  // the machine's order of bytes is MD5's
        }
        clear();
    }

  private:
    /// The last `rest` < 4 bytes and the bit behind them; a length that is hard to foretell decides no branch.
    [[nodiscard]] WEIR_INLINE static std::uint32_t last_word(std::string_view text, std::size_t rest) noexcept {
        std::uint32_t last = 0x80;
        if (text.size() >= 4) [[likely]] {
            std::uint32_t end;
            std::memcpy(&end, text.data() + text.size() - 4, 4);
            return static_cast<std::uint32_t>((std::uint64_t{last} << 32U | end) >> 8 * (4 - rest));
        }
        for (std::size_t j = text.size(); j > 0; --j) last = last << 8U | static_cast<unsigned char>(text[j - 1]);
        return last;
    }
    void clear() noexcept {
        for (std::size_t row = 0; row < used_; ++row) clear(row);
        clear(14);
        used_ = 0;
        count_ = 0;
    }
    /// By a value that the compiler does not know: of a short memset g++ makes an instruction that is slow to start.
    void clear(std::size_t row) noexcept {
        using quad [[gnu::vector_size(16)]] = std::uint32_t;
        quad zeros{};
        asm("" : "+m"(zeros));
        for (std::size_t lane = 0; lane < md5_lane_count; lane += 4) {
            std::memcpy(&words_.at[row][lane], &zeros, sizeof zeros);
        }
    }

    md5_lane_words words_;
    std::array<md5_digest*, md5_lane_count> out_;
    md5_kernel by_;
    std::size_t used_ = 16;  // rows that are not zero
    std::size_t count_ = 0;
};

/// `md5_many` with a kernel that the processor has, or none.
inline void md5_many_by(md5_kernel by, std::span<const std::string_view> texts, std::span<md5_digest> out) {
    if (texts.size() != out.size()) throw std::invalid_argument("weir::md5_many: as many sums as texts, please");
    constexpr std::size_t worth_it = 3;
    if (by == nullptr || texts.size() < worth_it) {
        for (std::size_t i = 0; i < texts.size(); ++i) out[i] = md5(texts[i]);
        return;
    }
    md5_group group(by);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts[i].size() > md5_one_block) {
            out[i] = md5(texts[i]);
            continue;
        }
        group.add(texts[i], out[i]);
        if (group.size() == md5_lane_count) group.finish();
    }
    group.finish();
}

}  // namespace detail

inline void md5_many(std::span<const std::string_view> texts, std::span<md5_digest> out) {
    static const detail::md5_kernel best = detail::choose_md5_kernel();
    detail::md5_many_by(best, texts, out);
}

}  // namespace weir
