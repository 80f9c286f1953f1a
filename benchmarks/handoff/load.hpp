// SPDX-License-Identifier: BSL-1.0
// What every competitor of the hand-off does: the same records, the same work on each, the same check of the payload.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <weir/core/concepts.hpp>
#include <weir/support/hash.hpp>

namespace handoff {

struct record {
    std::uint64_t key;
    std::uint64_t number;  // counts from 1
    std::int64_t made_ns;  // of a sample; else 0
    std::uint64_t payload[5];
};
static_assert(sizeof(record) == 64);

inline constexpr std::uint64_t keys = 1'024;
inline constexpr std::uint64_t sampled = 1'024;  // one record of so many carries the time it was made

[[nodiscard]] inline std::int64_t now_ns() noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Record `number`, in place.
WEIR_INLINE void make(record& r, std::uint64_t number) noexcept {
    r.key = (number * 0x9E37'79B9'7F4A'7C15U) >> 54U;
    r.number = number;
    r.made_ns = number % sampled == 0 ? now_ns() : 0;
    for (std::uint64_t& word : r.payload) word = number;
}
[[nodiscard]] WEIR_INLINE record make(std::uint64_t number) noexcept {
    record r;
    make(r, number);
    return r;
}

/// The shard of a key: what `shard(n)` does, for the peers.
[[nodiscard]] WEIR_INLINE std::size_t shard_of(std::uint64_t key, std::size_t shards) noexcept {
    __extension__ using wide = unsigned __int128;
    return shards == 1 ? 0 : static_cast<std::size_t>((static_cast<wide>(weir::route_hash(key)) * shards) >> 64U);
}

/// One shard's consumer: works on each record, and checks that each key's come in order and whole.
class consumer {
  public:
    explicit consumer(unsigned rounds = 0) : rounds_(rounds), last_(keys) { delays_.reserve(1U << 14U); }

    WEIR_INLINE void take(const record& r) {
        std::uint64_t x = chain_;
        for (unsigned i = 0; i < rounds_; ++i) x = x * 6'364'136'223'846'793'005U + r.number;
        chain_ = x;
        std::uint64_t& last = last_[r.key % keys];
        misplaced_ += static_cast<std::uint64_t>(r.number <= last);
        last = r.number;
        ++count_;
        sum_ += r.payload[0] + r.payload[1] + r.payload[2] + r.payload[3] + r.payload[4];
        if (r.made_ns != 0) [[unlikely]]
            delays_.push_back(now_ns() - r.made_ns);
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }
    [[nodiscard]] std::uint64_t misplaced() const noexcept { return misplaced_; }
    [[nodiscard]] std::uint64_t chain() const noexcept { return chain_; }
    [[nodiscard]] const std::vector<std::int64_t>& delays() const noexcept { return delays_; }

  private:
    unsigned rounds_;
    std::uint64_t chain_ = 1;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t misplaced_ = 0;
    std::vector<std::uint64_t> last_;
    std::vector<std::int64_t> delays_;
};

/// What one run is asked.
struct order {
    std::uint64_t records;
    std::size_t shards;
    unsigned rounds;    // of work on a record
    std::size_t batch;  // of the peers that have one
    unsigned workers = 2;
};

/// What one run came to.
struct outcome {
    double ns = 0;
    bool whole = false;    // every record once, each key's in order
    double delay_p50 = 0;  // from made to worked on, ns
    double delay_p99 = 0;

    [[nodiscard]] double rate(std::uint64_t records) const noexcept {
        return static_cast<double>(records) / ns * 1'000;  // M records/s
    }
};

[[nodiscard]] inline outcome summarize(double ns, const order& o, const std::vector<consumer>& consumers) {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t misplaced = 0;
    std::vector<std::int64_t> delays;
    for (const consumer& c : consumers) {
        count += c.count();
        sum += c.sum();
        misplaced += c.misplaced();
        asm volatile("" : : "r"(c.chain()));
        delays.insert(delays.end(), c.delays().begin(), c.delays().end());
    }
    outcome out;
    out.ns = ns;
    out.whole = count == o.records && misplaced == 0 && sum == 5 * (o.records * (o.records + 1) / 2);
    if (!delays.empty()) {
        std::sort(delays.begin(), delays.end());
        out.delay_p50 = static_cast<double>(delays[delays.size() / 2]);
        out.delay_p99 = static_cast<double>(delays[delays.size() * 99 / 100]);
    }
    return out;
}

// The competitors. A peer that is not there answers `whole == false` with `ns == 0`.
[[nodiscard]] outcome ours(const order& o);
[[nodiscard]] outcome tbb_pipeline(const order& o);
[[nodiscard]] outcome tbb_graph(const order& o);
[[nodiscard]] outcome fastflow(const order& o);
[[nodiscard]] outcome windflow(const order& o);
[[nodiscard]] bool has_tbb() noexcept;
[[nodiscard]] bool has_fastflow() noexcept;
[[nodiscard]] bool has_windflow() noexcept;

}  // namespace handoff
