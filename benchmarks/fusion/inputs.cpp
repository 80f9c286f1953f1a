// SPDX-License-Identifier: BSL-1.0
// The data of the comparison: the same for the same n.
#include "chains.hpp"

#include <random>

namespace fusion {

inputs make_inputs(std::size_t n) {
    inputs in;
    std::mt19937_64 random(7);
    std::int64_t time = 0;
    for (std::size_t i = 0; i < n; ++i) {
        // Every other one is even, in a period of 8: what is measured is the code, not the branch predictor.
        const bool odd = ((0b1011'0010U >> (i % 8)) & 1U) != 0;
        in.ints.push_back(static_cast<std::int32_t>(random() % 500 * 2 + (odd ? 1U : 0U)));
        wide w;
        w.a = in.ints.back();
        in.wides.push_back(w);
        time += static_cast<std::int64_t>(random() % 20'000);  // 10 ms a record: 6,000 a window
        const auto when = std::chrono::sys_time<std::chrono::microseconds>(
            std::chrono::microseconds(time - static_cast<std::int64_t>(random() % 4'000'000)));
        tick t;
        t.time = when;
        t.key = static_cast<std::int64_t>(random() % keys);
        t.value = static_cast<std::int64_t>(random() % 100);
        in.ticks.push_back(t);
        t.key = static_cast<std::int64_t>(random() % keys);
        in.more_ticks.push_back(t);
        named_tick s;
        s.time = when;
        s.key = "host-" + std::to_string(10'000'000'000'000 + t.key);
        s.key.resize(22, 'x');
        s.value = t.value;
        in.named.push_back(s);
    }
    return in;
}

}  // namespace fusion
