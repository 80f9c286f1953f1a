/* SPDX-License-Identifier: BSL-1.0
 * A reader sleeps while a writer publishes, by membarrier (waker.hpp, wait_point): the writer's store may still be in
 * its store buffer when it looks at the reader's flag. The reader's barrier empties that buffer.
 * Shown: what was published is read; nobody sleeps for ever.
 * BUG: the reader pays no barrier. */
#define RECORDS 2

byte memory_head;     /* what other cores see of the writer's index */
byte buffered_head;   /* what the writer has stored */
bit flag;             /* the reader says that it sleeps */
bit in_futex;

/* The processor writes the buffered store back at any moment. */
active proctype store_buffer() {
end:
    do
    :: atomic { memory_head != buffered_head -> memory_head = buffered_head }
    od
}

active proctype writer() {
    byte n;
    for (n : 1 .. RECORDS) {
        buffered_head = n
        if                                                  /* the look: one relaxed load */
        :: flag == 1 ->
            atomic { flag = 0; memory_head = buffered_head }    /* an exchange: locked, so it empties the buffer */
            in_futex = 0
        :: else
        fi
    }
}

active proctype reader() {
    byte seen;
    do
    :: seen == RECORDS -> break
    :: else ->
        seen = memory_head
        if
        :: seen == RECORDS -> break
        :: else
        fi
        atomic { flag = 1 }
#ifndef BUG
        atomic { memory_head = buffered_head }              /* membarrier: every core's buffer is empty */
#endif
        if
        :: memory_head != seen -> atomic { flag = 0 }
        :: else ->
            atomic {
                if
                :: flag == 1 -> in_futex = 1
                :: else
                fi
            }
            in_futex == 0
        fi
    od
}
