/* SPDX-License-Identifier: BSL-1.0
 * A task that goes to sleep on one worker, is woken by a notifier, and may be taken over by another worker:
 * worker::retire, worker::steal, worker::gather and waker (flag 0: active, 1: asleep, taken by who makes it 0).
 * Shown: one worker at a time is inside the task; the task is never lost (all that was offered is taken); it is in one
 * active list at most.
 * BUG: a worker that found work in its last look puts the task back without taking the flag. */
#define OFFERS 2

byte offered, taken;
bit flag;                /* the task sleeps */
bit locked;              /* the task's try-lock */
byte inside;
bit active_in[2];        /* the active lists */
bit ready_of[2];         /* the ready lists */
byte home;               /* where a notifier puts it */
bit over;

inline step(w) {
    assert(inside == 0); inside++
    taken = offered
    inside--
    assert(inside == 0)
}

active proctype notifier() {
    byte n;
    bit slept;
    for (n : 1 .. OFFERS) {
        offered = n
        atomic { slept = flag; flag = 0 }
        if
        :: slept -> assert(!ready_of[home]); ready_of[home] = 1
        :: else
        fi
    }
}

proctype worker(byte me) {
    bit had;
    byte before;
    byte other = 1 - me;
    do
    :: taken == OFFERS -> break
    :: else ->
        /* gather */
        atomic { had = ready_of[me]; ready_of[me] = 0 }
        if
        :: had -> home = me; atomic { assert(!active_in[0] && !active_in[1]); active_in[me] = 1 }
        :: else
        fi
        if
        :: atomic { active_in[me] && !locked -> locked = 1 }
            if
            :: !active_in[me] -> locked = 0         /* it was taken over before the lock */
            :: else ->
                before = taken
                step(me)
                if
                :: taken != before -> locked = 0
                :: else ->
                    /* retire: off the list, announce, look once more */
                    active_in[me] = 0
                    home = me
                    flag = 1
                    step(me)
                    if
                    :: taken != before ->
#ifdef BUG
                        atomic { assert(!active_in[0] && !active_in[1]); active_in[me] = 1 }
                        flag = 0
#else
                        atomic { had = flag; flag = 0 }
                        if
                        :: had -> atomic { assert(!active_in[0] && !active_in[1]); active_in[me] = 1 }
                        :: else                     /* the notifier has put it on a ready list */
                        fi
#endif
                    :: else
                    fi
                    locked = 0
                fi
            fi
        :: atomic { active_in[other] && !locked -> locked = 1 }     /* steal */
            if
            :: !active_in[other] -> locked = 0
            :: else ->
                step(me)
                home = me
                atomic { active_in[other] = 0; active_in[me] = 1 }
                locked = 0
            fi
        :: ready_of[other] && !locked ->            /* the other one is held up */
            atomic { had = ready_of[other]; ready_of[other] = 0 }
            if
            :: had -> home = me; atomic { assert(!active_in[0] && !active_in[1]); active_in[me] = 1 }
            :: else
            fi
        :: ready_of[me]
        :: taken == OFFERS
        fi
    od
}

init {
    active_in[0] = 1
    atomic { run worker(0); run worker(1) }
}
