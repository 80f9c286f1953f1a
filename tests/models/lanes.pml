/* SPDX-License-Identifier: BSL-1.0
 * Producers come, take a lane that another one has left or a new one, publish, leave; somebody closes; the reader
 * drains (mpsc_ring.hpp: registry_, taken_).
 * Shown: everything that was published is read before the reader says that it is drained; one producer at a time is in
 * a lane; each lane's records come in order.
 * BUG: the reader does not look at the lanes once more after it has seen that nobody is left. */
#define PRODUCERS 2
#define LANES 2
#define RECORDS 2

bit closed;                 /* with members: one word */
byte members;
bit taken[LANES];
byte inside[LANES];
byte head[LANES], tail[LANES];
byte published, read_;

proctype producer() {
    byte lane, n;
    bit in, got;
    atomic {                                        /* the CAS of the registry */
        in = !closed
        if
        :: in -> members++
        :: else
        fi
    }
    if
    :: !in -> goto out                              /* refused */
    :: else
    fi
    lane = 0
    do
    :: atomic { got = !taken[lane]; taken[lane] = 1 }       /* (4) */
        if
        :: got -> break
        :: else -> lane = (lane + 1) % LANES
        fi
    od
    inside[lane]++
    assert(inside[lane] == 1)
    for (n : 1 .. RECORDS) {
        atomic { head[lane]++; published++ }
    }
    inside[lane]--
    taken[lane] = 0                                 /* (3) */
    atomic { members-- }                            /* (5) */
out:
    skip
}

active proctype closer() { atomic { closed = 1 } }

active proctype reader() {
    byte i;
    bit none, over;
    atomic {
        for (i : 1 .. PRODUCERS) { run producer() }
    }
    do
    :: true ->
        none = 1
        for (i : 0 .. LANES - 1) {
            if
            :: tail[i] != head[i] -> atomic { read_ = read_ + head[i] - tail[i]; tail[i] = head[i]; none = 0 }
            :: else
            fi
        }
        if
        :: none ->
            over = closed && members == 0           /* (6): one load */
            if
            :: over ->
#ifndef BUG
                for (i : 0 .. LANES - 1) {
                    read_ = read_ + head[i] - tail[i]
                    tail[i] = head[i]
                }
#endif
                break
            :: else
            fi
        :: else
        fi
    od
    assert(read_ == published && members == 0)
}
