// SPDX-License-Identifier: BSL-1.0
// The program that runs under callgrind: access_log_counted LOG OUT weir|hand. The clock stands still: counting makes a
// program some fifty times slower, and steps are to have the size to which they grow at full speed.
#include <ctime>
#include <string_view>

#include "traffic.hpp"

extern "C" int clock_gettime(clockid_t, timespec* t) noexcept {
    *t = {1, 0};
    return 0;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const bool hand = std::string_view(argv[3]) == "hand";
    const access_log::counts n =
        hand ? access_log::by_hand(argv[1], argv[2]) : access_log::by_weir(argv[1], argv[2], 0);
    return n.lines == n.parsed + n.failed ? 0 : 1;
}
