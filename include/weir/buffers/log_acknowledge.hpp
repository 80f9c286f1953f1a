// SPDX-License-Identifier: BSL-1.0
// How safe a record is when a put of it answers.
#pragma once

namespace weir {

/// What a record has survived when it is acknowledged.
enum class log_acknowledge : unsigned char {
    memory,   // nothing: it is in this process
    written,  // kill -9: the kernel has it
    durable   // a power cut: the disk says that it has it
};

}  // namespace weir
