// SPDX-License-Identifier: BSL-1.0
// No allocation per record in steady state: what a chain allocates for many records is what it allocates for a few.
#include "support/catch.hpp"

#include "core/every_stage.hpp"
#include "core/harness.hpp"
#include "support/counted_new.hpp"

#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/fold.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/stages/merge.hpp>

#include <cstddef>
#include <optional>
#include <vector>

using namespace weir_test;

namespace {

/// What a run over so many rows allocates. `make(rows)` gives the pipeline; its making is not counted.
template <class Make>
std::size_t allocated(int count, Make make) {
    const auto rows = make_rows(count);
    auto p = make(rows);
    const std::size_t before = allocations;
    drive(std::move(p));
    return allocations - before;
}

}  // namespace

TEST_CASE("allocations: they are counted at all", "[core]") {
    const std::size_t before = allocations;
    std::vector<int> v(100);
    CHECK(allocations == before + 1);
    CHECK(v.size() == 100);
    const auto made = [](const std::vector<row>& rows) {
        return weir::from(rows) | weir::map([](const row& r) { return std::vector<int>(3, r.n); }) | weir::discard;
    };
    CHECK(allocated(2'000, made) - allocated(1'000, made) == 1'000);
}

TEMPLATE_LIST_TEST_CASE("allocations: none per record in any stage", "[core]", every_stage) {
    int calls = 0;
    const auto chain = [&](const std::vector<row>& rows) {
        return weir::from(rows) | weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::microseconds(1)))
               | TestType::make(calls) | weir::discard;
    };
    // What a user's function makes, and a failure's text, are not the library's.
    const std::size_t few = allocated(100, chain);
    const std::size_t many = allocated(5'000, chain);
    if constexpr (TestType::allocates) {
        CHECK(many > few);
    } else {
        CHECK(many == few);
    }
}

TEST_CASE("allocations: none per record from sources and nodes", "[core]") {
    const auto generated = [](const std::vector<row>& rows) {
        return weir::generate(
                   [n = rows.size()]() mutable { return n == 0 ? std::optional<int>() : std::optional(int(n--)); })
               | weir::discard;
    };
    CHECK(allocated(100, generated) == allocated(5'000, generated));

    const auto merged = [](const std::vector<row>& rows) {
        return weir::merge(weir::from(rows) | weir::key_by<&row::key>(), weir::from(rows) | weir::key_by<&row::n>())
               | weir::filter([](const row& r, auto meta) { return r.n != meta.key(); }) | weir::discard;
    };
    CHECK(allocated(100, merged) == allocated(5'000, merged));

    long sum = 0;
    const auto folded = [&](const std::vector<row>& rows) {
        return weir::from(rows) | weir::fold(sum, [](long s, const row& r) { return s + r.n; });
    };
    CHECK(allocated(100, folded) == allocated(5'000, folded));
}
