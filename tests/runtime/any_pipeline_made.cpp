// SPDX-License-Identifier: BSL-1.0
#include "any_pipeline_made.hpp"

#include <weir/core.hpp>
#include <weir/runtime/stages/merge_shards.hpp>
#include <weir/runtime/stages/shard.hpp>
#include <weir/runtime/start.hpp>

#include <numeric>
#include <vector>

namespace weir_test {

weir::any_pipeline squares(int n, int shards, long& sum) {
    std::vector<int> numbers(static_cast<std::size_t>(n));
    std::iota(numbers.begin(), numbers.end(), 1);
    const auto square = weir::map([](int i) { return static_cast<long>(i) * i; });
    const auto add = weir::for_each([&sum](long i) { sum += i; });
    if (shards == 0) return weir::from(std::move(numbers)) | square | add;
    return weir::from(std::move(numbers)) | weir::shard(static_cast<std::size_t>(shards)) | square | weir::merge()
           | add;
}

}  // namespace weir_test
