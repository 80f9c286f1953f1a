// SPDX-License-Identifier: BSL-1.0
// What a partition knows of one producer: its epoch, its last five batches, its open transaction (T12, T16). Changed
// under the partition's append right only. Errors change nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "../../../support/instant.hpp"
#include "../../../support/result.hpp"

namespace weir::detail {

struct producer_window {
    struct batch {
        std::int32_t first = -1;
        std::int32_t last = -1;
        std::int64_t offset = -1;
    };
    static constexpr std::size_t kept = 5;

    std::int16_t epoch = -1;
    bool in_transaction = false;   // the coordinator has put this partition in
    std::int64_t open_since = -1;  // the first offset of the open transaction
    instant last_used;
    std::array<batch, kept> batches{};  // the newest at (count - 1) % kept
    std::size_t count = 0;

    [[nodiscard]] static std::int32_t plus(std::int32_t sequence, std::int64_t n) noexcept {
        constexpr std::int64_t wrap = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
        return static_cast<std::int32_t>((sequence + n) % wrap);
    }

    /// The offset of the batch it repeats; nothing: it is new and in order.
    [[nodiscard]] result<std::optional<std::int64_t>> check(std::int16_t with_epoch, std::int32_t first,
                                                            std::int32_t n) const {
        if (with_epoch < epoch) {
            return error{errc::invalid_producer_epoch,
                         "a producer of the same id has begun anew since; this one is fenced, let it end", ""};
        }
        if (first < 0) return std::optional<std::int64_t>{};
        if (with_epoch > epoch && epoch >= 0) {
            if (first != 0) {
                return error{errc::out_of_order_sequence_number, "a new epoch begins with sequence 0; send from there",
                             ""};
            }
            return std::optional<std::int64_t>{};
        }
        const std::int32_t last = plus(first, n - 1);
        const std::size_t known = count < kept ? count : kept;
        for (std::size_t i = 0; i != known; ++i) {
            if (batches[i].first == first && batches[i].last == last) return std::optional(batches[i].offset);
        }
        // Of a producer that this partition does not know any more, any sequence is a beginning.
        const std::int32_t next = known != 0 ? plus(batches[(count - 1) % kept].last, 1) : 0;
        if (epoch >= 0 && first != next) {
            return error{errc::out_of_order_sequence_number,
                         "the batch does not follow the last one of its producer, which expected sequence "
                             + std::to_string(next) + " and got " + std::to_string(first)
                             + "; ask for a new epoch and send again from sequence 0",
                         ""};
        }
        return std::optional<std::int64_t>{};
    }
    void take(std::int16_t with_epoch, std::int32_t first, std::int32_t n, std::int64_t offset) noexcept {
        begin_epoch(with_epoch);
        if (first < 0) return;
        batches[count % kept] = {first, plus(first, n - 1), offset};
        ++count;
        if (count == 2 * kept) count = kept;
    }
    void begin_epoch(std::int16_t with_epoch) noexcept {
        if (with_epoch != epoch) count = 0;
        epoch = with_epoch;
    }
};

}  // namespace weir::detail
