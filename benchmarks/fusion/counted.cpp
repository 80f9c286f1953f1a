// SPDX-License-Identifier: BSL-1.0
// The program that runs under callgrind: every kernel with n and with 2n records, and a profile after each. The
// difference of the two is what the records cost, without what a pipeline costs to set up.
//
//     valgrind --tool=callgrind --instr-atstart=no --toggle-collect=fusion_kernel fusion_counted N [CHAINS]
//
// CHAINS: the first so many. Prints `chain competitor size result taken dropped late` for each, chain and competitor as
// numbers, size 0 or 1. The clock stands still: counting makes a program some fifty times slower, and steps are to have
// the size to which they grow at full speed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include <valgrind/callgrind.h>

#include "kernels.hpp"

extern "C" int clock_gettime(clockid_t, timespec* t) noexcept {
    *t = {1, 0};
    return 0;
}

extern "C" [[gnu::noinline]] void fusion_kernel(fusion::kernel run, const fusion::inputs* in, fusion::outcome* out) {
    *out = run(*in);
    asm volatile("" : : : "memory");
}

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const auto n = static_cast<std::size_t>(std::atoll(argv[1]));
    const std::size_t count = argc > 2 ? static_cast<std::size_t>(std::atoll(argv[2])) : fusion::chains;
    const fusion::inputs sizes[2] = {fusion::make_inputs(n), fusion::make_inputs(2 * n)};
    for (std::size_t c = 0; c < count; ++c) {
        for (std::size_t who = 0; who < fusion::competitors; ++who) {
            if (static_cast<fusion::competitor>(who) == fusion::competitor::worker) continue;
            const fusion::kernel run =
                fusion::find_kernel(static_cast<fusion::chain>(c), static_cast<fusion::competitor>(who));
            if (run == nullptr) continue;
            fusion::outcome warm;  // what happens once: symbols are bound, memory is asked of the system
            fusion_kernel(run, &sizes[0], &warm);
            for (std::size_t k = 0; k < 2; ++k) {
                fusion::outcome out;
                const std::string mark = std::to_string(c) + " " + std::to_string(who) + " " + std::to_string(k);
                CALLGRIND_START_INSTRUMENTATION;
                CALLGRIND_ZERO_STATS;
                fusion_kernel(run, &sizes[k], &out);
                CALLGRIND_DUMP_STATS_AT(mark.c_str());
                CALLGRIND_STOP_INSTRUMENTATION;
                std::printf("%s %lld %llu %llu %llu\n", mark.c_str(), static_cast<long long>(out.result),
                            static_cast<unsigned long long>(out.taken), static_cast<unsigned long long>(out.dropped),
                            static_cast<unsigned long long>(out.late));
                std::fflush(stdout);
            }
        }
    }
    return 0;
}
