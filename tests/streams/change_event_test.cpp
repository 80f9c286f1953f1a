// SPDX-License-Identifier: BSL-1.0
// T28: a random table's changes, as a connector writes them, fold into the table: from the beginning, from a snapshot
// at any point, and behind the log's compaction.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <weir/streams/topics/change_event.hpp>
#include <weir/streams/topics/topic.hpp>

#include "support/catch.hpp"

namespace {

using event = weir::change_event<std::string>;
using op = weir::change_op;
using table = std::map<std::string, std::string, std::less<>>;
using change_topic = weir::topic<event>;
struct change {
    std::string key;
    std::optional<event> what;  // none: a tombstone
};

/// Some changes of `rows`, and what the connector writes of them.
std::vector<change> some_changes(table& rows, std::mt19937& random, int n) {
    std::vector<change> out;
    const auto remove = [&](const std::string& key) {
        out.push_back({key, event{op::remove, rows.at(key), {}, 0}});
        out.push_back({key, std::nullopt});
        rows.erase(key);
    };
    for (int i = 0; i != n; ++i) {
        const std::string key = std::to_string(random() % 12);
        const std::string row = "row " + std::to_string(random() % 1'000);
        const auto at = rows.find(key);
        if (at == rows.end()) {
            out.push_back({key, event{op::create, {}, row, i}});
            rows[key] = row;
            continue;
        }
        switch (random() % 8) {
        case 0:
            remove(key);
            break;
        case 1: {  // its key changes
            std::string to = std::to_string(12 + random() % 12);
            if (rows.contains(to)) break;
            const std::string same = at->second;
            remove(key);
            out.push_back({to, event{op::create, {}, same, i}});
            rows[std::move(to)] = same;
            break;
        }
        case 2:
            out.push_back({key, event{op::message, {}, {}, i}});
            break;
        default:
            out.push_back({key, event{op::update, at->second, row, i}});
            at->second = row;
        }
    }
    return out;
}
table fold(const std::vector<change>& changes) {
    weir::change_table<std::string> folded;
    for (const change& c : changes) REQUIRE(folded.apply(c.key, c.what));
    return folded.rows();
}
std::vector<change> log_of(const change_topic& t) {
    std::vector<change> out;
    REQUIRE(t.visit(0, t.offsets(0).value().start,
                    [&](const change_topic::record& r) { out.push_back({*r.key, r.value}); },
                    {.max_records = 1'000'000}));
    return out;
}

}  // namespace

TEST_CASE("change_event: T28, random changes fold into the table, from a snapshot and from a compacted log too",
          "[streams]") {
    for (std::uint32_t seed = 1; seed != 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        table rows;
        std::vector<change> all = some_changes(rows, random, 60);
        REQUIRE(fold(all) == rows);
        // Who begins here reads the rows, then what comes.
        std::vector<change> late;
        for (const auto& [key, row] : rows) late.push_back({key, event{op::read, {}, row, 0}});
        for (change& c : some_changes(rows, random, 60)) {
            late.push_back(c);
            all.push_back(std::move(c));
        }
        REQUIRE(fold(all) == rows);
        REQUIRE(fold(late) == rows);
        // Read again, as at least once gives them: the last of each key is what counts.
        std::vector<change> twice = all;
        const auto from = static_cast<std::ptrdiff_t>(random() % all.size());
        twice.insert(twice.end(), all.begin() + from, all.end());
        REQUIRE(fold(twice) == rows);

        weir::virtual_clock time{{1'000'000}};
        const change_topic log("changes", {.cleanup = weir::cleanup_policy::compact, .time = &time});
        for (const change& c : all) {
            if (c.what && c.what->op == op::message) continue;  // of no row; it would take the row's place there
            change_topic::record r;
            r.key = c.key;
            r.value = c.what;
            REQUIRE(log.produce(r));
            if (random() % 10 == 0) REQUIRE(log.roll(0));
            if (random() % 20 == 0) REQUIRE(log.compact(0));
        }
        REQUIRE(log.roll(0));
        REQUIRE(log.compact(0));
        const std::vector<change> compacted = log_of(log);
        REQUIRE(compacted.size() <= 24);
        REQUIRE(fold(compacted) == rows);
        time.advance(25LL * 3'600 * 1'000'000);
        REQUIRE(log.compact(0));
        REQUIRE(log_of(log).size() == rows.size());  // the tombstones are gone
        REQUIRE(fold(log_of(log)) == rows);
    }
}

TEST_CASE("change_event: T28, an event that lacks what its op needs changes nothing", "[streams]") {
    weir::change_table<std::string> t;
    REQUIRE(t.apply("1", event{op::read, {}, "Ann", 0}));
    for (const op what : {op::read, op::create, op::update}) {
        CHECK(t.apply("1", event{what, "Ann", {}, 0}).error().code == weir::errc::bad_format);
        CHECK(t.apply({}, event{what, {}, "Bob", 0}).error().code == weir::errc::bad_format);
    }
    CHECK(t.apply({}, event{op::remove, "Ann", {}, 0}).error().code == weir::errc::bad_format);
    CHECK(t.apply({}, std::nullopt).error().code == weir::errc::bad_format);
    CHECK(t.apply("1", event{static_cast<op>('x'), {}, "Bob", 0}).error().code == weir::errc::bad_format);
    REQUIRE(t.apply("none", event{op::remove, {}, {}, 0}));
    REQUIRE(t.apply("none", std::nullopt));
    REQUIRE(t.apply("1", event{op::message, {}, {}, 0}));
    CHECK(t.rows() == table{{"1", "Ann"}});
    REQUIRE(t.apply("1", event{op::truncate, {}, {}, 0}));
    CHECK(t.rows().empty());
}
