// SPDX-License-Identifier: BSL-1.0
// The names of branches and inputs in the paths of their stages: "1" to "99".
#pragma once

#include <cstddef>

namespace weir::detail {

template <std::size_t I>
struct branch_name {
    static_assert(I < 99, "weir: at most 99 branches or inputs; nest them");
    static constexpr char text[3] = {static_cast<char>(I < 9 ? '1' + I : '0' + (I + 1) / 10),
                                     static_cast<char>(I < 9 ? '\0' : '0' + (I + 1) % 10), '\0'};
};

}  // namespace weir::detail
