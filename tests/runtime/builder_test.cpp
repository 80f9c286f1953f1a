// SPDX-License-Identifier: BSL-1.0
// builder: where a stage stands, by name and by place, and what the chains of one stage share.
#include <weir/runtime/builder.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "shards.hpp"

using weir::detail::builder;
using weir::detail::graph;

TEST_CASE("builder: a stage's path is its position, or its name, behind that of the output it belongs to",
          "[runtime]") {
    graph g;
    const builder top(g);
    CHECK(top.at(0, nullptr).path() == "0");
    CHECK(top.at(12, nullptr).path() == "12");
    CHECK(top.at(3, "users").path() == "users");
    const builder late = top.at(2, nullptr).side("late");
    CHECK(late.path() == "2.late.0");
    CHECK(late.at(1, nullptr).path() == "2.late.1");
    CHECK(late.at(1, "bad").path() == "bad");
    CHECK(late.at(1, nullptr).side("failed").at(4, nullptr).path() == "2.late.1.failed.4");
    CHECK(top.at(2, "users").side("late").at(1, nullptr).path() == "users.late.1");
}

TEST_CASE("builder: who a stage is lives as long as the graph, however many follow", "[runtime]") {
    graph g;
    std::vector<const weir::stage_info*> all;
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        const builder b = builder(g).at(i, nullptr).in_shard(i % 7, 7);
        CHECK(b.shard() == i % 7);
        CHECK(b.shards() == 7);
        all.push_back(b.info("map"));
    }
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        CHECK(std::string(all[i]->kind) == "map");
        CHECK(all[i]->path == std::to_string(i));
        CHECK(all[i]->shard == i % 7);
    }
}

TEST_CASE("builder: the chains of one stage share what the first has made; other stages do not, whatever the names",
          "[runtime]") {
    graph g;
    const builder top(g);
    const auto made = top.at(2, nullptr).in_shard(0, 2).common<int>("lanes", 5);
    CHECK(*made == 5);
    CHECK(top.at(2, nullptr).in_shard(1, 2).common<int>("lanes", 6) == made);
    CHECK(top.at(2, "named").common<int>("lanes", 6) == made);  // the same stage
    CHECK(*top.at(2, nullptr).common<int>("other", 7) == 7);
    CHECK(*top.at(3, "2").common<int>("lanes", 8) == 8);  // called as the other one's place
    const auto beside = top.at(2, nullptr).side("late").at(0, nullptr).common<int>("lanes", 9);
    CHECK(*beside == 9);
    CHECK(top.at(2, "x").side("late").common<int>("lanes", 10) == beside);
    CHECK(top.at_place("elsewhere").common<int>("lanes", 11)
          == top.at(9, "y").at_place("elsewhere").common<int>("lanes", 12));
}

TEST_CASE("builder: what it keeps goes with the graph", "[runtime]") {
    std::weak_ptr<int> first;
    std::weak_ptr<int> second;
    {
        graph g;
        const builder b = builder(g).at(0, nullptr);
        auto one = std::make_shared<int>(1);
        auto two = std::make_shared<int>(2);
        first = one;
        second = two;
        CHECK(b.keep(std::move(one)) == 1);
        CHECK(b.keep(std::move(two)) == 2);
        CHECK_FALSE(first.expired());
        CHECK_FALSE(second.expired());
    }
    CHECK(first.expired());
    CHECK(second.expired());
}

TEST_CASE("builder: the stages of a pipeline, with its outputs, shards and further tasks, can be told apart",
          "[runtime]") {
    const auto events = weir_test::make_events(100, 5);
    weir::simulated on(1);
    const auto same = [](const weir_test::event& e) { return e; };
    const weir::report r =
        weir::run(weir::from(events) | weir::map(same).named("first")
                      | weir::route<"odd">([](const weir_test::event& e) { return e.n % 2 != 0; })
                      | weir::on<"odd">(weir::map(same) | weir::discard) | weir::map(same).on_own_thread()
                      | weir::key_by<&weir_test::event::key>() | weir::shard(3)
                      | weir::filter([](const weir_test::event&) { return true; }) | weir::merge() | weir::discard,
                  on);
    REQUIRE(r);
    std::set<std::tuple<std::string, std::string, std::uint32_t>> ids;
    for (const weir::stage_report& s : r.stages) {
        CAPTURE(s.path, s.kind, s.shard);
        CHECK(ids.emplace(s.path, s.kind, s.shard).second);
    }
    CHECK(r.of("first").kind == "map");
    CHECK(r.of("2.odd.0").kind == "map");
    CHECK(r.of("2.odd.0").in == 50);
    std::size_t filters = 0;
    for (const weir::stage_report& s : r.stages) filters += s.kind == "filter" ? 1U : 0U;
    CHECK(filters == 3);
    CHECK(r.tasks.size() == 6);  // the source's, that of the map, the shards', that behind the merge
}
