// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/in_slot_ring.hpp>

#include "interleaving/one_to_one.hpp"

namespace {

using namespace interleaving;

const add_program<push_pop<weir::in_slot_ring<record, 2>>> a("in_slot_ring", "in_slot_ring.hpp", "push_pop",
                                                             exhaustive::yes);
const add_program<spans<weir::in_slot_ring<record, 3>, 2>> b("in_slot_ring", "in_slot_ring.hpp", "spans",
                                                             exhaustive::no);

}  // namespace
