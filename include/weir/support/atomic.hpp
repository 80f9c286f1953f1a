// SPDX-License-Identifier: BSL-1.0
// The one place that names `std::atomic`, so that a checker of interleavings can put its own here. Fences are left
// out on purpose: ThreadSanitizer does not see them.
#pragma once

#include <atomic>

namespace weir {

template <class T>
using atomic = std::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

}  // namespace weir
