// SPDX-License-Identifier: BSL-1.0
// What every stage owes to the others, whatever it does: nothing follows `full` but `resume()`, nothing is put after
// `done`, one `finish()`, signals at their place among the records, one call of a user's function for each record,
// counters that add up. The slow sink throws when the protocol is broken.
#include "support/catch.hpp"

#include "core/every_stage.hpp"
#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sources/from.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

template <class T>
struct seen {
    slow_log<T> log;
    ledger counts;
    int calls = 0;
};

/// The stage between a source of watermarks and a sink that asks for each.
template <class Subject>
auto observe(const std::vector<row>& rows, const slow_options& slow, std::size_t batch) {
    int calls = 0;
    auto flowing = weir::from(rows) | weir::event_time<&row::time>(weir::out_of_order_by(1us)) | Subject::make(calls);
    using value = typename decltype(flowing)::out_stream::value_type;
    seen<value> out;
    out.counts = drive(std::move(flowing) | slow_sink<value>(out.log, slow), batch);
    out.calls = calls;
    return out;
}

/// The records and watermarks in the order in which they came.
template <class T>
auto order_of(const slow_log<T>& log) {
    std::vector<std::pair<std::size_t, std::int64_t>> order;
    for (std::size_t i = 0; i < log.at.size(); ++i) order.emplace_back(log.at[i], log.watermarks[i].us);
    return order;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("protocol: full only delays", "[core]", every_stage) {
    const auto rows = make_rows(37);
    const auto free = observe<TestType>(rows, {0, 1, SIZE_MAX, false, 1}, 256);
    CHECK(free.log.finishes == 1);
    CHECK(free.counts.entered() == free.counts.left());
    for (std::size_t every : {1U, 2U, 5U}) {
        for (int resumes : {1, 3}) {
            for (bool on_signals : {false, true}) {
                for (std::size_t batch : {1U, 4U, 256U}) {
                    CAPTURE(every, resumes, on_signals, batch);
                    const auto held = observe<TestType>(rows, {every, resumes, SIZE_MAX, on_signals, 1}, batch);
                    CHECK(held.log.records == free.log.records);
                    CHECK(order_of(held.log) == order_of(free.log));
                    CHECK(held.log.finishes == 1);
                    CHECK(held.log.given == free.log.given);
                    CHECK(held.calls == free.calls);
                    CHECK(held.counts.entered() == held.counts.left());
                }
            }
        }
    }
}

TEMPLATE_LIST_TEST_CASE("protocol: done ends the input, finish still comes, once", "[core]", every_stage) {
    const auto rows = make_rows(60);
    const auto free = observe<TestType>(rows, {0, 1, SIZE_MAX, false, 1}, 256);
    for (std::size_t wanted : {1U, 2U, 7U}) {
        for (std::size_t every : {0U, 1U, 2U}) {
            for (std::size_t batch : {1U, 256U}) {
                CAPTURE(wanted, every, batch);
                const auto cut = observe<TestType>(rows, {every, 2, wanted, every == 1, 1}, batch);
                const std::size_t n = std::min(wanted, free.log.records.size());
                CHECK(cut.log.records
                      == std::vector(free.log.records.begin(), free.log.records.begin() + std::ptrdiff_t(n)));
                CHECK(cut.log.finishes == 1);
                CHECK(cut.counts.entered() == cut.counts.left());
            }
        }
    }
}

TEMPLATE_LIST_TEST_CASE("protocol: a user's function runs once for each record", "[core]", every_stage) {
    for (int count : {0, 1, 50}) {
        const auto out = observe<TestType>(make_rows(count), {3, 1, SIZE_MAX, true, 1}, 8);
        if (TestType::once) CHECK(out.calls == int(out.counts.sinks.at("source")));
        CHECK(out.log.finishes == 1);
    }
}

TEMPLATE_LIST_TEST_CASE("protocol: what nobody asks for is not sent", "[core]", every_stage) {
    const auto out = observe<TestType>(make_rows(40), {0, 1, SIZE_MAX, false, 0}, 256);
    CHECK(out.log.watermarks.empty());
}
