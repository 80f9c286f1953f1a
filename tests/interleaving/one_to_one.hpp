// SPDX-License-Identifier: BSL-1.0
// Programs for any ring with one writer and one reader.
#pragma once

#include <cstddef>
#include <cstdint>

#include "interleaving/program.hpp"

namespace interleaving {

using record = tracked<int>;

/// 3 pushes against 3 pops, then the rest.
template <class Ring>  // of 2
struct push_pop {
    static constexpr int threads = 2;
    Ring ring{weir::ring_start{~std::uint64_t{0}}};
    int pushed = 0;
    int popped = 0;

    void thread(int t) {
        for (int i = 0; i < 3; ++i) t == 0 ? push() : pop();
    }
    void push() {
        if (ring.try_emplace(pushed + 1)) ++pushed;
    }
    void pop() {
        record out;
        if (!ring.try_pop(out)) return;
        ++popped;
        require(out.get() == popped, "a record is lost, repeated or out of order");
    }
    void finish() {
        for (int n = popped; n < pushed; ++n) pop();
        require(popped == pushed, "a record is lost");
    }
};

/// Spans, an early leave of either side, undrained records, and a third thread that looks on.
template <class Ring, int Most>  // of 3; at most so many are claimed at once
struct spans {
    static constexpr int threads = 3;
    Ring ring{weir::ring_start{choose(2) == 0 ? ~std::uint64_t{1} : 0}};
    shared_cell<int> last_words;  // of the reader
    outside_view<int> started;
    int published = 0;
    int read = 0;
    bool closed = false;

    void thread(int t) {
        if (t == 0)
            writer();
        else if (t == 1)
            reader();
        else
            look_on();
    }
    void writer() {
        for (int i = 0; i < 4; ++i) {
            if (ring.reader_closed()) {
                require(last_words.read() == 7, "the reader's last words are not there");
                break;
            }
            const std::size_t n = static_cast<std::size_t>(1 + choose(Most));
            auto slots = ring.claim(n);
            started.add(static_cast<int>(slots.size()));
            for (std::size_t j = 0; j < slots.size(); ++j) slots.construct(j, published + static_cast<int>(j));
            published += static_cast<int>(slots.size());
            ring.publish(slots.size());
        }
        closed = choose(2) == 0;
        if (closed) ring.close();
    }
    void reader() {
        const int turns = 1 + choose(5);
        for (int i = 0; i < turns; ++i) take(i % 2 == 0);
        if (choose(2) == 0) {
            // Closed as seen by anybody: everything is there.
            if (choose(2) == 0 ? ring.closed() : ring.drained()) {
                while (take(true)) {}
                require(read == published, "closed, and a record is not there");
                require(ring.drained(), "closed, all is read, and it is not drained");
            }
        }
        last_words.write(7);
        ring.close_reader();
    }
    bool take(bool all) {
        const auto records = ring.peek();
        std::size_t n = 0;
        for (record& r : records) {
            require(r.get() == read, "a record is lost, repeated or out of order");
            ++read;
            ++n;
            if (!all) break;
        }
        ring.release(n);
        return n != 0;
    }
    void look_on() {
        for (int i = 0; i < 2; ++i) {
            const std::size_t n = ring.size_approx();
            require(n <= static_cast<std::size_t>(started.get()), "the size is more than was ever written");
        }
    }
    void finish() {
        if constexpr (requires { ring.read_index(); }) {
            require(ring.read_index() + (static_cast<std::uint64_t>(published) - static_cast<std::uint64_t>(read))
                        == ring.write_index(),
                    "an index is wrong");
        } else {
            while (take(true)) {}
            require(read == published, "a record is lost");
            require(!closed || ring.drained(), "closed, all is read, and it is not drained");
        }
    }
};

}  // namespace interleaving
