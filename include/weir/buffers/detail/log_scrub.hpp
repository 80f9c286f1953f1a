// SPDX-License-Identifier: BSL-1.0
// Goes over the sealed segments of a log from the oldest to the newest, and then again, a part at a call. They are read
// from the disk, not from the page cache: a copy there says nothing of the disk, and what readers use stays there. What
// is trimmed meanwhile is left. One thread, the one that trims.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../storage_scrub.hpp"
#include "log_shared.hpp"
#include "log_verify.hpp"

namespace weir::detail {

class log_scrubber {
  public:
    /// What was told already is not found again.
    void know(std::vector<storage_loss> told) { known_ = std::move(told); }

    /// Ends early where a pass ends.
    [[nodiscard]] storage_scrub run(log_shared& shared, std::uint64_t size) {
        storage_scrub done;
        if (size == 0) size = 1;
        while (done.bytes < size) {
            if (segment_ && segment_->header.base_sequence < shared.first.load(memory_order_acquire)) leave();
            if (!segment_ && !enter(shared, done)) {
                place_ = 0;
                ++done.passes;
                forget_trimmed(shared);
                break;
            }
            if (!verify_) continue;
            std::vector<storage_loss> found;
            done.bytes += verify_->step(size - done.bytes, found);
            tell(std::move(found), done);
            if (!verify_->done()) continue;
            ++done.segments;
            leave();
        }
        return done;
    }

  private:
    void leave() noexcept {
        verify_.reset();
        segment_.reset();
    }
    /// The next sealed segment, also where it cannot be opened; false: there is none.
    bool enter(log_shared& shared, storage_scrub& done) {
        std::uint64_t next = 0;
        {
            const std::lock_guard hold(shared.mutex);
            for (const auto& s : shared.segments) {
                if (s->header.base_sequence < place_ || !s->closed.load(memory_order_acquire)) continue;  // (4)
                segment_ = s;
                next = s->next;
                break;
            }
        }
        if (!segment_) return false;
        place_ = segment_->header.base_sequence + 1;
        auto f = shared.io.open_direct(segment_->name);
        if (f) {
            verify_.emplace(shared.io, std::move(*f), window_kind::direct,
                            log_format::read_header{segment_->header, segment_->header_crc},
                            segment_->durable_end.load(memory_order_acquire), next);  // (2)
            return true;
        }
        if (f.error().code == errc::not_found && next > segment_->header.base_sequence) {
            std::vector<storage_loss> found;
            found.push_back({segment_->name, 0, segment_->header.base_sequence, next - 1, f.error().message});
            tell(std::move(found), done);
        } else {
            ++done.unread;
            done.trouble = f.error().message;
        }
        segment_.reset();
        return true;
    }
    void tell(std::vector<storage_loss> found, storage_scrub& done) {
        if (found.empty()) return;
        // Relaxed: readers that miss it have seen the blocks whole.
        segment_->suspect.store(true, memory_order_relaxed);
        storage_scrub fresh;
        for (storage_loss& l : found) {
            if (is_known(l)) continue;
            if (known_.size() < storage_scrub::most_found) known_.push_back(l);
            ++fresh.damaged;
            fresh.found.push_back(std::move(l));
        }
        done.add(std::move(fresh));
    }
    [[nodiscard]] bool is_known(const storage_loss& l) const noexcept {
        for (const storage_loss& k : known_) {
            if (k.offset == l.offset && k.file == l.file) return true;
        }
        return false;
    }
    void forget_trimmed(const log_shared& shared) {
        const std::uint64_t first = shared.first.load(memory_order_acquire);
        std::erase_if(known_, [&](const storage_loss& l) { return l.last < first; });
    }

    std::uint64_t place_ = 0;  // segments whose first record is before it are done
    std::shared_ptr<segment_file> segment_;
    std::optional<log_verify> verify_;
    std::vector<storage_loss> known_;
};

}  // namespace weir::detail
