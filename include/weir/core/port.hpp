// SPDX-License-Identifier: BSL-1.0
// port<I, Node>: the receiver in which the chain of input I of a node ends. The node sits at a fixed address in
// the same task and outlives its ports.
//
// A node answers `put<I>(value, meta)`, `advance<I>(w)`, `idle<I>()`, `finish<I>()`, `snapshot<I>(at, out)`, `resume()`
// and `grain()`. What it counts is asked of it once, not through its ports; its timers too.
#pragma once

#include <cstddef>

#include "receiver.hpp"
#include "receiver_home.hpp"

namespace weir {

template <std::size_t I, class Node>
struct port {
    using needs = typename Node::needs;
    static constexpr bool in_place = detail::wants_its_place<Node>();

    Node* node;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return node->template put<I>(static_cast<V&&>(value), meta);
    }
    flow advance(instant watermark) { return node->template advance<I>(watermark); }
    flow idle() { return node->template idle<I>(); }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        return node->template snapshot<I>(at, out);
    }
    template <class Reader>
    void restore(Reader&) noexcept {}
    flow finish() { return node->template finish<I>(); }
    flow resume() { return node->resume(); }
    [[nodiscard]] instant due() const noexcept { return instant::max(); }
    flow tick(instant) noexcept { return flow::more; }
    [[nodiscard]] std::int64_t grain() const { return node->grain(); }
    template <class Ledger>
    void account(Ledger&) const noexcept {}
};

}  // namespace weir
