// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/signal_ring.hpp>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;

/// 3 signals against 3 reads through 2 slots.
struct signals {
    static constexpr int threads = 2;
    weir::signal_ring ring{2};
    unsigned written = 0;
    unsigned read = 0;

    void thread(int t) {
        for (int i = 0; i < 3; ++i) t == 0 ? write() : take();
    }
    void write() {
        const bool slot = choose(2) == 0 && ring.has_slot();
        if (ring.try_signal(written, weir::signal_kind::barrier, static_cast<std::int64_t>(written))) {
            ++written;
        } else {
            require(!slot, "there was a slot, and then there was none");
        }
    }
    void take() {
        ring.refresh();
        const weir::signal_entry* s = ring.next();
        if (s == nullptr) return;
        require(s->position == read && s->value == static_cast<std::int64_t>(read),
                "a signal is lost, repeated or out of order");
        ring.pop();
        ++read;
    }
    void finish() {
        while (read < written) take();
        ring.refresh();
        require(ring.next() == nullptr, "a signal nobody wrote");
    }
};

const add_program<signals> a("signal_ring", "signal_ring.hpp", "signals", exhaustive::yes);

}  // namespace
