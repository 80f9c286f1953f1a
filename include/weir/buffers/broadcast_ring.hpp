// SPDX-License-Identifier: BSL-1.0
// One writer, any number of readers that each read every record, with a cursor of their own.
//
//   weir::broadcast_ring<quote> ring(1'024);                     // gated: nobody loses a record, the slowest sets
//                                                                // the pace
//   weir::broadcast_ring<quote, weir::overwriting> tape(1'024);  // overwriting: the writer never waits
//   auto reader = ring.make_reader();                            // from any thread, while the writer writes
//
//                     gated                                        overwriting
//   records           anything, built and read in place            trivially copyable, copied in and out
//   a slow reader     stops the writer once the ring is full       is lapped: told how many it missed
//   no reader         the writer runs freely                       the same
//   writer            claim, publish, try_emplace, try_push        try_push, try_emplace, write(span)
//   reader            peek, release, try_pop                       read(span), try_pop, missed
//   cost of a reader  a cursor that the writer looks at            none
//
// Readers join at the newest position (they get what is published from then on) or at the oldest still in the ring, and
// leave with their handle; both from any thread. A reader that joins after `close()` gets what the ring holds
// (`oldest`) and then the end: `drained()`. Handles must go before the ring.
#pragma once

#include "detail/broadcast.hpp"
#include "detail/gated_ring.hpp"
#include "detail/overwriting_ring.hpp"
