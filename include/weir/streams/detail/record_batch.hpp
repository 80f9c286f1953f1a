// SPDX-License-Identifier: BSL-1.0
// A page as a processor gets it: KPL aggregates as their user records, without what is at or before the checkpoint.
// Keeps the page, which the records refer to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "../aggregate_reader.hpp"
#include "../extended_sequence_number.hpp"
#include "../record_processor.hpp"

namespace weir::detail {

template <class Record>
class record_batch {
  public:
    using delivered = consumed<Record>;

    void fill(std::vector<Record>&& page, const hash_range& keys, bool deaggregate,
              const extended_sequence_number& after) {
        page_ = std::move(page);
        records_.clear();
        first_ = 0;
        for (const Record& r : page_) {
            if constexpr (std::same_as<delivered, consumer_record>) {
                if (deaggregate) {
                    for (const user_record& u : reader_.read_in(keys, r.data, r.partition_key)) {
                        const extended_sequence_number n(r.number, static_cast<std::int64_t>(u.sub_sequence_number));
                        if (n > after) {
                            records_.push_back({n, r.arrival, u.partition_key, u.explicit_hash_key, u.data});
                        }
                    }
                } else if (extended_sequence_number(r.number) > after) {
                    records_.push_back({extended_sequence_number(r.number), r.arrival, r.partition_key, {}, r.data});
                }
            } else if (extended_sequence_number(r.number) > after) {
                records_.push_back({extended_sequence_number(r.number), r.arrival, &r.data});
            }
        }
    }
    /// Without what has been checkpointed meanwhile.
    void skip_to(const extended_sequence_number& checkpoint) noexcept {
        while (first_ < records_.size() && records_[first_].number <= checkpoint) ++first_;
    }
    void clear() noexcept {
        records_.clear();
        page_.clear();
        first_ = 0;
    }
    [[nodiscard]] std::span<const delivered> records() const noexcept {
        return std::span<const delivered>(records_).subspan(first_);
    }
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        std::uint64_t sum = 0;
        for (const delivered& r : records()) {
            if constexpr (std::same_as<delivered, consumer_record>) {
                sum += r.data.size();
            } else {
                sum += sizeof(*r.data);
            }
        }
        return sum;
    }
    /// User records of foreign aggregates (C03), since it was made.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return reader_.dropped(); }

  private:
    std::vector<Record> page_;
    std::vector<delivered> records_;
    std::size_t first_ = 0;
    aggregate_reader reader_;
};

}  // namespace weir::detail
