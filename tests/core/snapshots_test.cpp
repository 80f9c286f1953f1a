// SPDX-License-Identifier: BSL-1.0
// A snapshot taken between two records, restored into a fresh chain, makes it go on as if nothing had happened: for
// every stage, at every place. The snapshot goes through bytes, as a checkpoint does.
#include "support/catch.hpp"

#include "core/every_stage.hpp"
#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/fold.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/merge.hpp>
#include <weir/core/stages/merge_by_time.hpp>
#include <weir/runtime/state.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

/// The chain of a pipeline without its source, fed by hand.
template <class Pipeline>
struct hand_fed {
    static auto bind(Pipeline& p, const builder& b) {
        return weir::detail::bind_from<1>(p.parts(), b,
                                          weir::detail::part_stage(weir::detail::element<0>(p.parts())).out());
    }

    builder place;
    Pipeline pipeline;
    decltype(bind(std::declval<Pipeline&>(), place)) chain;

    explicit hand_fed(const Pipeline& p) : pipeline(p), chain(bind(pipeline, place)) {}

    /// As a driver does: what was full is resumed until it is not.
    bool settled(weir::flow f) {
        while (f == weir::flow::full) f = chain.resume();
        return f == weir::flow::more;
    }
    bool feed(const std::vector<row>& rows, std::size_t from, std::size_t to) {
        if (chain.due() <= weir::instant{} && !settled(chain.tick({}))) return false;
        for (std::size_t i = from; i < to; ++i) {
            if (!settled(chain.put(rows[i], weir::meta_set<>{}))) return false;
        }
        return true;
    }
    [[nodiscard]] std::string save() {
        weir::state_writer out;
        settled(chain.snapshot(weir::barrier{1}, out));
        return out.bytes();
    }
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("snapshots: a restored stage goes on where it was", "[core]", every_stage) {
    const auto rows = make_rows(40);
    int calls = 0;
    auto flowing = weir::from(rows) | weir::event_time<&row::time>(weir::out_of_order_by(1us)) | TestType::make(calls);
    using value = typename decltype(flowing)::out_stream::value_type;

    slow_log<value> whole;
    drive(flowing | slow_sink<value>(whole, {0, 1, SIZE_MAX, false, 4}));
    for (std::size_t cut = 0; cut <= rows.size(); ++cut) {
        CAPTURE(cut);
        slow_log<value> log;
        const auto p = flowing | slow_sink<value>(log, {3, 2, SIZE_MAX, true, 4});
        hand_fed before(p);
        const bool open = before.feed(rows, 0, cut);
        const std::string bytes = before.save();

        hand_fed after(p);
        weir::state_reader in(bytes);
        after.chain.restore(in);
        const bool still_open = after.feed(rows, cut, rows.size());
        if (!open && cut < rows.size()) CHECK_FALSE(still_open);
        after.settled(after.chain.finish());
        CHECK(log.records == whole.records);
        CHECK(log.watermarks == whole.watermarks);
        CHECK(log.at == whole.at);
    }
}

TEST_CASE("snapshots: fold keeps what it has", "[core]") {
    const auto rows = make_rows(10);
    long sum = 100;
    const auto p = weir::from(rows) | weir::fold(sum, [](long s, const row& r) { return s + r.n; });
    hand_fed before(p);
    before.feed(rows, 0, 4);
    const std::string bytes = before.save();
    hand_fed after(p);
    weir::state_reader in(bytes);
    after.chain.restore(in);
    after.feed(rows, 4, 10);
    after.settled(after.chain.finish());
    CHECK(sum == 100 + 45);
}

TEST_CASE("snapshots: a stage finds its own state by its id, and nothing where it is new", "[core]") {
    const auto rows = make_rows(8);
    slow_log<row> log;
    const slow_options free{0, 1, SIZE_MAX, false, 0};
    hand_fed before(weir::from(rows) | weir::drop(3).named("heading") | weir::take(6) | slow_sink<row>(log, free));
    before.feed(rows, 0, 5);
    const std::string bytes = before.save();
    log = {};
    // The named stage has another place; the unnamed one has another id, and begins afresh.
    hand_fed after(weir::from(rows) | weir::tap([](const row&) {}) | weir::drop(3).named("heading") | weir::take(6)
                   | slow_sink<row>(log, free));
    weir::state_reader in(bytes);
    after.chain.restore(in);
    after.feed(rows, 0, 8);
    CHECK(log.records.size() == 6);
    CHECK(log.records.at(0).n == 0);
}

TEST_CASE("snapshots: one that is cut off, or another pipeline's, is refused", "[core]") {
    const auto rows = make_rows(8);
    slow_log<row> log;
    const slow_options free{0, 1, SIZE_MAX, false, 0};
    const auto p = weir::from(rows) | weir::take(6) | slow_sink<row>(log, free);
    hand_fed before(p);
    const std::string bytes = before.save();
    CHECK_THROWS_AS(weir::state_reader(std::string_view(bytes).substr(0, bytes.size() - 1)), std::runtime_error);
    hand_fed other(weir::from(rows) | weir::scan(std::string(), [](std::string s, const row&) { return s; })
                   | weir::discard);
    weir::state_reader in(bytes);
    CHECK_THROWS_AS(other.chain.restore(in), std::runtime_error);
}
