/* SPDX-License-Identifier: BSL-1.0
 * Readers pin a segment of a retained log while retention drops it and the writer takes it anew under another number
 * (shard_log.hpp, detail/log_segments.hpp: pin_word). One word: number of the segment, dropped, pins.
 * Shown: nobody reads a segment that was freed or has become another one; it is freed exactly once a life.
 * BUG: the pin is taken first, and what it has pinned is looked at only afterwards. */
#define READERS 2
#define LIVES 2

byte number;        /* the word: number, */
bit dropped;        /* dropped, */
byte pins;          /* pins */
byte freed;         /* how often in this life */
byte reading[3];    /* readers inside each number */

inline unpin() {
    atomic {
        pins--
        last = dropped && pins == 0
        if
        :: last -> freed++; assert(freed == 1); assert(reading[number] == 0)
        :: else
        fi
    }
}

proctype reader() {
    byte wanted;
    bit got, last;
    for (wanted : 0 .. LIVES - 1) {
#ifdef BUG
        pins++
        got = !dropped && number == wanted
        if
        :: !got -> unpin()
        :: else
        fi
#else
        atomic {                                        /* the compare-exchange */
            got = !dropped && number == wanted
            if
            :: got -> pins++
            :: else
            fi
        }
#endif
        if
        :: got ->
            reading[wanted]++
            assert(freed == 0 && number == wanted)      /* in place */
            reading[wanted]--
            unpin()
        :: else
        fi
    }
}

active proctype writer() {
    byte i, life;
    for (i : 1 .. READERS) { run reader() }
    for (life : 0 .. LIVES - 1) {
        atomic {                                        /* drop(): the fetch_or */
            dropped = 1
            if
            :: pins == 0 -> freed++; assert(freed == 1)
            :: else
            fi
        }
        freed > 0                                       /* it comes back, here or by the last unpin */
        if
        :: life + 1 < LIVES -> freed = 0; atomic { number = life + 1; dropped = 0; pins = 0 }  /* begin() */
        :: else
        fi
    }
    _nr_pr == 1
    assert(freed == 1)
}
