// SPDX-License-Identifier: BSL-1.0
// What a receiver answers to every call.
#pragma once

namespace weir {

/// `more`: taken, go on.
/// `full`: taken, and there is no room for another: nothing (no put, no signal) may follow until
///         `resume()` answers `more`. Whoever emits several records for one call stops here and goes on
///         in `resume()`, so no buffer of the library ever overflows (core_protocol.md, C).
/// `done`: taken or not needed; nothing more will be used. `finish()` is still called, nothing is put.
enum class flow : unsigned char { more, full, done };

}  // namespace weir
