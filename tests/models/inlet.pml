/* SPDX-License-Identifier: BSL-1.0
 * Threads put into an inlet that another thread closes, and the pipeline drains it (runtime/stages/inlet.hpp): a put
 * looks at `closed` and publishes under one lock, the close signals the end under the same.
 * Shown: every put that was answered true is read before the end.
 * BUG: the put looks at `closed` before it takes the lock. */
#define PUTTERS 2

bit locked, closed, end_signal;
byte accepted, published, received;
byte putting;

inline lock() { atomic { !locked -> locked = 1 } }
inline unlock() { locked = 0 }

proctype putter() {
    bit refused;
#ifdef BUG
    refused = closed
    lock()
#else
    lock()
    refused = closed
#endif
    if
    :: !refused -> published++; accepted++      /* emplace, publish */
    :: else
    fi
    unlock()
    putting--
}

active proctype closer() {
    lock()
    closed = 1
    end_signal = 1
    unlock()
}

active proctype reader() {
    byte i;
    bit ended;
    atomic {
        putting = PUTTERS
        for (i : 1 .. PUTTERS) { run putter() }
    }
    do
    :: true ->
        ended = end_signal                      /* stands behind all records published before it */
        received = published
        if
        :: ended -> break
        :: else -> end_signal || received != published
        fi
    od
    putting == 0
    assert(received == accepted)
}
