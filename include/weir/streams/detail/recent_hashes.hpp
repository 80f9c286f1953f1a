// SPDX-License-Identifier: BSL-1.0
// recent_hash_of(key): as `hash_of`, but a thread remembers the hash keys of the partition keys that it put last, one
// by one: MD5 takes some 300 cycles, a look here 30. Most producers have a few hundred keys, or a few that come often.
//
// A key has two places; what was found in its place since the last newcomer stays there, so that keys that come once do
// not displace those that come often. Where keys do not come again it stops looking for a while: of 256 looks a quarter
// must find something, else the next 4,096 keys are hashed at once. Keys of up to 46 bytes; 64 KiB for each thread that
// puts, from its first put to its end. Where a key is kept depends on the process's seed, so nobody outside can have
// two of them displace each other.
// Wait-free but for a thread's first call, which allocates; without memory it hashes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../../support/hash.hpp"
#include "../../support/process_seed.hpp"
#include "../hash_key.hpp"
#include "../partition_key.hpp"

namespace weir::detail {

/// One thread's.
class recent_hashes {
  public:
    static constexpr std::size_t longest = 46;
    static constexpr std::uint32_t looks_in_a_window = 256;
    static constexpr std::uint32_t hits_wanted = looks_in_a_window / 4;
    static constexpr std::uint32_t keys_of_rest = 4'096;

    [[nodiscard]] WEIR_INLINE hash_key of(std::string_view key) noexcept {
        if (rest_ != 0) {
            --rest_;
            return hash_of(key);
        }
        if (key.empty() || key.size() > longest) return hash_of(key);
        if (++looks_ == looks_in_a_window) end_window();
        const std::uint64_t at = hash_bytes(key.data(), key.size(), seed_);
        entry& first = entries_[at % entries_.size()];
        if (first.holds(key)) return hit(first);
        entry& second = entries_[(at >> 32U) % entries_.size()];
        if (second.holds(key)) return hit(second);
        const hash_key hash = hash_of(key);
        if (entry* const to = place(first, second); to != nullptr) to->keep(key, hash);
        return hash;
    }
    [[nodiscard]] bool resting() const noexcept { return rest_ != 0; }

  private:
    struct alignas(cache_line) entry {
        hash_key hash;
        std::uint8_t size = 0;  // nothing: none is kept here
        bool found = false;     // since it came, or since another one wanted its place
        std::array<char, longest> text{};

        [[nodiscard]] WEIR_INLINE bool holds(std::string_view key) const noexcept {
            return size == key.size() && same_bytes(text.data(), key.data(), size);
        }
        void keep(std::string_view key, hash_key its) noexcept {
            hash = its;
            size = static_cast<std::uint8_t>(key.size());
            found = false;
            std::memcpy(text.data(), key.data(), key.size());
        }
    };
    static_assert(sizeof(entry) == cache_line);

    /// std::memcmp is called for a number of bytes that the compiler does not know, which takes longer than this.
    [[nodiscard]] WEIR_INLINE static bool same_bytes(const char* a, const char* b, std::size_t n) noexcept {
        if (n < 8) return std::memcmp(a, b, n) == 0;
        const auto differ = [&](std::size_t at) {
            std::uint64_t x;
            std::uint64_t y;
            std::memcpy(&x, a + at, 8);
            std::memcpy(&y, b + at, 8);
            return x ^ y;
        };
        std::uint64_t differs = differ(n - 8);  // overlaps the words before
        for (std::size_t i = 0; i + 8 < n; i += 8) differs |= differ(i);
        return differs == 0;
    }
    /// Where a new one goes; null: both places have one that comes often, or did until now.
    [[nodiscard]] static entry* place(entry& first, entry& second) noexcept {
        for (entry* e : {&first, &second}) {
            if (e->size == 0) return e;
        }
        for (entry* e : {&first, &second}) {
            if (!e->found) return e;
        }
        first.found = second.found = false;
        return nullptr;
    }
    [[nodiscard]] WEIR_INLINE hash_key hit(entry& kept) noexcept {
        ++hits_;
        kept.found = true;
        return kept.hash;
    }
    WEIR_COLD void end_window() noexcept {
        if (hits_ < hits_wanted) rest_ = keys_of_rest;
        looks_ = hits_ = 0;
    }

    const std::uint64_t seed_ = process_seed();
    std::uint32_t rest_ = 0;
    std::uint32_t looks_ = 0;
    std::uint32_t hits_ = 0;
    std::array<entry, 1'024> entries_;
};

/// This thread's, or none yet, or none any more: what a thread destroys at its end may still put.
struct recent_hashes_here {
    recent_hashes* kept;
    bool over;
};
inline constinit thread_local recent_hashes_here hashes_here{nullptr, false};

struct recent_hashes_end {
    ~recent_hashes_end() {
        delete hashes_here.kept;
        hashes_here = {nullptr, true};
    }
};

/// Makes this thread's, to be freed at its end.
WEIR_COLD inline recent_hashes* make_recent_hashes() noexcept {
    if (hashes_here.over) return nullptr;
    static thread_local recent_hashes_end at_end;
    static_cast<void>(at_end);
    hashes_here.kept = new (std::nothrow) recent_hashes;
    return hashes_here.kept;
}

[[nodiscard]] WEIR_INLINE hash_key recent_hash_of(std::string_view key) noexcept {
    recent_hashes* here = hashes_here.kept;
    if (here == nullptr) [[unlikely]] {
        here = make_recent_hashes();
        if (here == nullptr) return hash_of(key);
    }
    return here->of(key);
}

}  // namespace weir::detail
