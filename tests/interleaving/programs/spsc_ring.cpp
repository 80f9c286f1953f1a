// SPDX-License-Identifier: BSL-1.0
#include <weir/buffers/spsc_ring.hpp>

#include "interleaving/one_to_one.hpp"

namespace {

using namespace interleaving;

const add_program<push_pop<weir::spsc_ring<record, 2>>> a("spsc_ring", "spsc_ring.hpp", "push_pop", exhaustive::yes);
const add_program<spans<weir::spsc_ring<record, 3>, 3>> b("spsc_ring", "spsc_ring.hpp", "spans", exhaustive::no);

}  // namespace
