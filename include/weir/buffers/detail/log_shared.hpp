// SPDX-License-Identifier: BSL-1.0
// What the writer of a log and its readers in the same process share: the table of segments, and how far each is
// written and durable. Readers read the files through descriptors of their own: a segment that is deleted under one
// stays whole behind its descriptor, which is the pin.
//
// Order: (1) release store of `written_end`, `durable_end` -> (2) acquire load: the bytes before are in the file;
//        (3) release store of `closed`, behind the last (1) -> (4) acquire load, in front of the last (2);
//        (5) release store of a mark, behind (1) -> (6) acquire load: a record that is acknowledged can be read.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../../support/atomic.hpp"
#include "../../support/clock.hpp"
#include "../../support/futex.hpp"
#include "log_folder.hpp"
#include "segment_mapping.hpp"

namespace weir::detail {

struct segment_file {
    log_format::segment_header header;
    std::uint32_t header_crc = 0;
    std::string name;
    atomic<std::uint64_t> written_end{0};
    atomic<std::uint64_t> durable_end{0};
    atomic<std::uint64_t> verified{log_format::header_page};  // blocks before were checked in order, in this process
    atomic<bool> closed{false};
    atomic<bool> suspect{false};  // a scrub found damage: `verified` says nothing of it any more
    // Under the table's mutex:
    std::vector<log_format::index_entry> index;  // of the segment that is written
    std::uint64_t next = 0;
    std::uint64_t bytes = 0;
    std::int64_t last_us = INT64_MIN;
    std::int64_t modified_us = 0;
};

class log_shared {
  public:
    explicit log_shared(log_folder_io opened) : io(std::move(opened)) {}

    log_folder_io io;
    mutable std::mutex mutex;
    std::vector<std::shared_ptr<segment_file>> segments;  // under the mutex, in order
    atomic<std::uint64_t> first{0};                       // records before are trimmed
    atomic<std::uint64_t> written{0};                     // records before are
    atomic<std::uint64_t> durable{0};
    atomic<std::uint32_t> progress{0};  // changes when one of the two does, or the log fails
    // Set before there is a reader:
    std::shared_ptr<mapping_limit> maps;  // none: sealed segments are not mapped
    const clock* time = nullptr;
    std::int64_t retain_us =
        INT64_MAX;  // what arrived earlier is hidden, though its segment stands; INT64_MAX: nothing

    [[nodiscard]] std::int64_t hidden_before_us() const noexcept {
        return retain_us == INT64_MAX ? INT64_MIN : time->now().us - retain_us;
    }

    [[nodiscard]] std::shared_ptr<segment_file> segment_of(std::uint64_t sequence) const {
        const std::lock_guard hold(mutex);
        for (std::size_t i = segments.size(); i-- > 0;) {
            if (segments[i]->header.base_sequence <= sequence) return segments[i];
        }
        return segments.empty() ? nullptr : segments.front();
    }
    [[nodiscard]] std::shared_ptr<segment_file> segment_behind(std::uint64_t base) const {
        const std::lock_guard hold(mutex);
        for (const auto& s : segments) {
            if (s->header.base_sequence > base) return s;
        }
        return nullptr;
    }
    void tell() noexcept {
        progress.fetch_add(1, memory_order_release);
        futex_wake(progress, INT32_MAX);
    }
};

}  // namespace weir::detail
