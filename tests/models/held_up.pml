/* SPDX-License-Identifier: BSL-1.0
 * An idle worker goes to sleep while another one begins a step that is known to be slow, with a task waiting behind it:
 * worker::call_for_help and worker::sleep meet on the count of parked workers.
 * Shown: the waiting task is taken over before the slow step ends (here it never ends by itself).
 * BUG: the sleeper does not look once more after it has said that it sleeps. */
byte parked;
bit inside;        /* the busy worker is in its slow step */
bit waiting = 1;   /* a task behind it */
bit asleep;

active proctype busy() {
    inside = 1
    byte seen;
    atomic { seen = parked }        /* (3) fetch_add(0) */
    if
    :: seen > 0 -> asleep = 0       /* wake_another */
    :: else
    fi
    waiting == 0                    /* the step ends only when the other task has run */
}

active proctype idle() {
    bit help;
    do
    :: waiting == 0 -> break
    :: else ->
        if
        :: inside && waiting -> waiting = 0; break      /* steal */
        :: else
        fi
        asleep = 1
        atomic { parked++ }         /* (4) */
#ifdef BUG
        help = 0
#else
        help = inside && waiting
#endif
        if
        :: help -> asleep = 0
        :: else -> asleep == 0
        fi
        atomic { parked-- }
    od
}
