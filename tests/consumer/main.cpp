// SPDX-License-Identifier: BSL-1.0
#include <weir/weir.hpp>

#include <vector>

int main() {
    const std::vector<int> in{1, 2, 3};
    std::vector<int> out;
    const weir::report done = weir::run(weir::from(in) | weir::map([](int n) { return n + 1; }) | weir::collect(out));
    return done && out == std::vector<int>{2, 3, 4} ? 0 : 1;
}
