// SPDX-License-Identifier: BSL-1.0
// The smallest pipeline: a source, two stages, a sink. They fuse into one loop on the caller's thread.
#include <weir/weir.hpp>

#include <fmt/core.h>

#include <vector>

int main() {
    const std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8};

    const weir::report done =
        weir::run(weir::from(numbers) | weir::filter([](int n) { return n % 2 == 0; })
                  | weir::map([](int n) { return n * n; }) | weir::for_each([](int n) { fmt::print("{}\n", n); }));

    fmt::print("{} taken, {} dropped, {} delivered\n", done.taken(), done.dropped(), done.delivered());
    return done ? 0 : 1;
}
