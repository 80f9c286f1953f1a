/* SPDX-License-Identifier: BSL-1.0
 * A worker goes to sleep while tasks are put on its ready list: worker::sleep, worker::push and parker (parking.hpp).
 * Shown: no node is left on the list of a worker that sleeps (Spin would report the sleep as an invalid end state).
 * BUG: the worker announces its sleep after its last look at the list. */
#define PUSHERS 3

byte ready;      /* nodes on the list */
bit word;        /* the parker's */
bit in_futex;
byte gathered;

inline announce() { word = 1 }

proctype pusher() {
    bit slept;
    atomic { ready++ }                          /* (1) the compare-exchange */
    atomic { slept = word; word = 0 }           /* wake(): the exchange */
    if
    :: slept -> in_futex = 0                    /* futex wake */
    :: else
    fi
}

active proctype worker() {
    byte i;
    bit more;
    for (i : 1 .. PUSHERS) { run pusher() }
    do
    :: gathered == PUSHERS -> break
    :: else ->
        atomic { gathered = gathered + ready; ready = 0 }
        if
        :: gathered == PUSHERS -> break
        :: else
        fi
#ifdef BUG
        more = ready > 0
        announce()
#else
        announce()
        more = ready > 0
#endif
        if
        :: more -> atomic { word = 0 }          /* cancel() */
        :: else ->
            atomic {
                if
                :: word == 1 -> in_futex = 1    /* the kernel compares the word */
                :: else
                fi
            }
            in_futex == 0
            atomic { word = 0 }
        fi
    od
    assert(gathered == PUSHERS)
}
