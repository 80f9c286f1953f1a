// SPDX-License-Identifier: BSL-1.0
// Which open shard has a hash key: tables that are published whole. Looking is wait-free, for any thread; one at a time
// publishes. Tables stay until the routes go, so who has one may go on with it; a shard of it may be closed by then.
//
// Order: (1) release store of `now_` -> (2) acquire load.
#pragma once

#include <cstddef>
#include <forward_list>
#include <utility>
#include <vector>

#include "../../support/atomic.hpp"
#include "../hash_key.hpp"

namespace weir::detail {

template <class Shard>
class shard_routes {
  public:
    struct entry {
        hash_key last;
        Shard* to;
    };
    using table = std::vector<entry>;  // in the order of the ring

    [[nodiscard]] const table& now() const noexcept { return *now_.load(memory_order_acquire); }  // (2) pairs with (1)
    [[nodiscard]] static std::size_t index(const table& in, hash_key hash) noexcept {
        std::size_t low = 0;
        for (std::size_t n = in.size(); n > 1;) {
            const std::size_t half = n / 2;
            low += half & -std::size_t{in[low + half - 1].last < hash};  // no branch: a hash is not predicted
            n -= half;
        }
        return low;
    }
    /// `open` divides the ring, in its order.
    void publish(const std::vector<Shard*>& open) {
        table next;
        next.reserve(open.size());
        for (Shard* s : open) next.push_back({s->keys().last, s});
        tables_.push_front(std::move(next));
        now_.store(&tables_.front(), memory_order_release);  // (1) pairs with (2)
    }

  private:
    std::forward_list<table> tables_;
    atomic<const table*> now_{nullptr};
};

}  // namespace weir::detail
