// SPDX-License-Identifier: BSL-1.0
// When a stream's idle thread goes over what its shards have stored, and what that has come to. A step is short, so
// that a put that comes meanwhile waits no longer than a few blocks take to read, and so does the stream's end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "../../buffers/storage_scrub.hpp"
#include "../../support/instant.hpp"
#include "../stream_storage.hpp"
#include "../token_bucket.hpp"

namespace weir::detail {

class storage_scrubs {
  public:
    static constexpr std::uint64_t quantum = std::uint64_t{256} << 10U;

    /// `storage(i)`: of the shard, or null. Whether something was read; one thread at a time.
    template <class Storage>
    bool step(const storage_settings& o, std::size_t shards, Storage storage, instant now) {
        if (o.scrub_bytes_per_second == 0 || !due(o, now)) return false;
        bool read = false;
        while (!over_ && budget_->level(now) >= static_cast<std::int64_t>(quantum)) {
            shard_storage* const s = storage(shard_);
            storage_scrub done;
            if (s != nullptr) done = s->scrub(quantum);
            budget_->take(done.bytes, now);
            read = read || done.bytes != 0;
            if (done.passes != 0 || done.bytes == 0) ++shard_;
            over_ = shard_ >= shards;
            done.passes = over_ ? 1 : 0;  // one over all shards
            const std::lock_guard hold(mutex_);
            sum_.add(std::move(done));
        }
        return read;
    }
    /// Any thread.
    [[nodiscard]] storage_scrub so_far() const {
        const std::lock_guard hold(mutex_);
        return sum_;
    }

  private:
    [[nodiscard]] bool due(const storage_settings& o, instant now) {
        constexpr std::uint64_t most = std::uint64_t{1} << 40U;
        if (!budget_) {
            budget_.emplace(quantum, o.scrub_bytes_per_second < most ? o.scrub_bytes_per_second : most, now);
            begun_ = now;
        }
        if (!over_) return true;
        // Of a clock that went back it is not known how long it has been.
        if (now >= begun_ && now.us - begun_.us < o.scrub_every_us) return false;
        begun_ = now;
        shard_ = 0;
        over_ = false;
        return true;
    }

    std::optional<token_bucket> budget_;
    instant begun_;
    std::size_t shard_ = 0;  // there are more each time, if any
    bool over_ = false;
    mutable std::mutex mutex_;
    storage_scrub sum_;
};

}  // namespace weir::detail
