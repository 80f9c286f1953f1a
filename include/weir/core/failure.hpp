// SPDX-License-Identifier: BSL-1.0
// What leaves by an output named `failed`.
#pragma once

#include <string>

#include "meta.hpp"

namespace weir {

template <class T>
struct failure;

/// A record that could not be used, or the text that could not be made one; why; and where in the input it
/// began (zeros where the source has no places). An aggregate, so that text sinks can write it.
template <class T>
struct failure {
    T value;
    std::string why;
    place where;
};

}  // namespace weir
