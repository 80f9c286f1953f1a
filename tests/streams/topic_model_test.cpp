// SPDX-License-Identifier: BSL-1.0
// Groups of consumers by random scripts: they come, poll, commit, go silent, die and leave, while the topic gets
// records and partitions (T05, T06, T09, T10).
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <weir/streams/topics/topic_consumer.hpp>

#include "support/catch.hpp"

namespace {

using text_topic = weir::topic<std::string>;
using record = text_topic::record;
using consumer = weir::topic_consumer<std::string>;
constexpr std::int64_t ms = 1'000;

struct model {
    std::mt19937 random;
    weir::assignor how;
    weir::virtual_clock time{{1'000'000'000}};
    weir::group_coordinator groups{time, 0};
    text_topic topic{"t", {.partitions = 3, .segment_bytes = 600, .log_segment_records = 8, .time = &time}};
    std::vector<std::unique_ptr<consumer>> members;
    std::vector<std::int64_t> produced = std::vector<std::int64_t>(8, 0);
    std::map<std::uint32_t, std::set<std::int64_t>> seen;

    model(std::uint32_t seed, weir::assignor a) : random(seed), how(a) {}

    void join() {
        members.push_back(
            std::make_unique<consumer>(topic, groups,
                                       weir::topic_consumer_options{.group = "g",
                                                                    .assignors = {how},
                                                                    .reset = weir::offset_reset::to_earliest,
                                                                    .auto_commit = random() % 2 == 0,
                                                                    .session_timeout_ms = 1'000,
                                                                    .max_poll_interval_ms = 3'000,
                                                                    .max_records = 5}));
    }
    void poll(consumer& c) {
        std::map<std::uint32_t, std::int64_t> last;
        bool right = true;
        REQUIRE(c.poll([&](std::uint32_t p, const record& r) {
            right = right && *r.value == std::to_string(r.offset);
            right = right && (!last.contains(p) || r.offset == last[p] + 1);  // T05: dense, in order
            last[p] = r.offset;
            seen[p].insert(r.offset);
        }));
        REQUIRE(right);
    }
    void produce() {
        const auto p = static_cast<std::uint32_t>(random() % topic.partitions());
        record r;
        r.value = std::to_string(produced[p]);
        CHECK(topic.produce(p, r).value().offset == produced[p]++);
    }
    /// Of one generation no two have a partition; what is committed was read by somebody.
    void check() {
        std::map<std::int32_t, std::set<std::uint32_t>> owned;
        for (const auto& c : members) {
            for (const auto& [p, at] : c->positions()) REQUIRE(owned[c->generation()].insert(p).second);
        }
        for (std::uint32_t p = 0; p != topic.partitions(); ++p) {
            const auto at = groups.committed("g", {"t", p}).value().value_or(0);
            const auto behind = seen[p].lower_bound(at);
            REQUIRE(std::distance(seen[p].begin(), behind) == at);
        }
    }
    void step() {
        const auto what = random() % 100;
        if (members.empty() || (what < 6 && members.size() < 4)) return join();
        const std::size_t i = random() % members.size();
        consumer& c = *members[i];
        if (what < 50) {
            poll(c);
        } else if (what < 62) {
            static_cast<void>(c.commit());  // refused where it is no member any more
        } else if (what < 66) {
            static_cast<void>(c.keep_alive());
        } else if (what < 68) {
            static_cast<void>(c.close());
            members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
        } else if (what < 70) {
            members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));  // died
        } else if (what < 72 && topic.partitions() < 8) {
            REQUIRE(topic.add_partitions(topic.partitions() + 1));
        } else if (what < 85) {
            produce();
        } else {
            time.advance(static_cast<std::int64_t>(random() % 500) * ms);
        }
    }
    /// All that live poll and are heard of: each partition has one owner, and all of it is read.
    void settle() {
        if (members.empty()) join();
        const auto done = [&] {
            std::size_t n = 0;
            for (const auto& c : members) n += c->positions().size();
            if (n != topic.partitions()) return false;
            for (std::uint32_t p = 0; p != topic.partitions(); ++p) {
                if (static_cast<std::int64_t>(seen[p].size()) != produced[p]) return false;
            }
            return true;
        };
        int rounds = 0;
        for (; (rounds < 40 || !done()) && rounds != 400; ++rounds) {  // sessions end meanwhile
            time.advance(100 * ms);
            for (const auto& c : members) poll(*c);
        }
        REQUIRE(done());
        std::size_t least = 99;
        std::size_t most = 0;
        for (const auto& c : members) {
            least = std::min(least, c->positions().size());
            most = std::max(most, c->positions().size());
            CHECK(c->generation() == members.front()->generation());
        }
        CHECK(most - least <= 1);
        check();
    }
};

}  // namespace

TEST_CASE("topic_consumer: T06 T09 T10, random groups: one owner a generation, nothing is passed over", "[streams]") {
    for (const auto how : {weir::assignor::range, weir::assignor::round_robin, weir::assignor::cooperative_sticky}) {
        for (std::uint32_t seed = 1; seed != 60; ++seed) {
            INFO(weir::to_string(how) << ", seed " << seed);
            model m(seed, how);
            for (int round = 0; round != 4; ++round) {
                for (int i = 0; i != 150; ++i) {
                    m.step();
                    m.check();
                }
                m.settle();
            }
        }
    }
}
