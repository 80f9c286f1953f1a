// SPDX-License-Identifier: BSL-1.0
// timer_queue: against a std::multimap of the sleeps that are still on, through random sleeps and wake-ups.
#include <weir/runtime/timer_queue.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "../support/catch.hpp"

using weir::detail::timer_queue;
using weir::detail::wake_node;

namespace {

/// Tasks, seen from their nodes, and the model of those that sleep until a time.
class sleepers {
  public:
    explicit sleepers(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) nodes_.push_back(std::make_shared<wake_node>(nullptr));
    }
    [[nodiscard]] bool asleep(std::size_t i) const { return nodes_[i]->flag.load() == 1; }

    void sleep(timer_queue& queue, std::size_t i, std::int64_t until) {
        fall_asleep(i);
        queue.add(nodes_[i], {until});
        model_.emplace(until, nodes_[i].get());
    }
    /// Without a time: an earlier sleep's timer must not end this one.
    void fall_asleep(std::size_t i) {
        nodes_[i]->sleeps.fetch_add(1);
        nodes_[i]->announce();
    }
    void wake(std::size_t i) {
        REQUIRE(nodes_[i]->take());
        std::erase_if(model_, [&](const auto& sleep) { return sleep.second == nodes_[i].get(); });
    }
    /// All that are due by `now`, one after the other, in the order of their times.
    void take_due(timer_queue& queue, std::int64_t now) {
        while (!model_.empty() && model_.begin()->first <= now) {
            wake_node* const woken = queue.take_due({now});
            REQUIRE(woken != nullptr);
            // Of several at one time, any.
            const auto [first, last] = model_.equal_range(model_.begin()->first);
            const auto at = std::find_if(first, last, [&](const auto& sleep) { return sleep.second == woken; });
            REQUIRE(at != last);
            REQUIRE(woken->flag.load() == 0);
            model_.erase(at);
        }
        REQUIRE(queue.take_due({now}) == nullptr);
    }
    void check(const timer_queue& queue) const {
        // Not later than the first: a void one in front only makes the worker look once too often.
        if (!model_.empty()) {
            REQUIRE_FALSE(queue.empty());
            REQUIRE(queue.next().us <= model_.begin()->first);
        }
        REQUIRE(queue.size() >= model_.size());
        REQUIRE(queue.size() <= std::max<std::size_t>(64, 2 * nodes_.size()));
    }
    [[nodiscard]] std::size_t sleeping() const { return model_.size(); }

  private:
    std::vector<std::shared_ptr<wake_node>> nodes_;
    std::multimap<std::int64_t, wake_node*> model_;
};

}  // namespace

TEST_CASE("timer_queue: as a multimap, through random sleeps, wake-ups and times, and bounded", "[runtime]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const std::size_t tasks : {1U, 2U, 7U, 50U, 200U}) {
        CAPTURE(tasks);
        timer_queue queue;
        sleepers all(tasks);
        std::int64_t now = -1'000;
        std::size_t most = 0;
        for (int i = 0; i < 20'000; ++i) {
            const std::size_t who = random() % tasks;
            switch (random() % 8) {
            case 0:
                if (!all.asleep(who)) all.fall_asleep(who);
                break;
            case 1:
            case 2:
                if (all.asleep(who)) all.wake(who);
                break;
            case 3:
                now += static_cast<std::int64_t>(random() % 40);
                all.take_due(queue, now);
                break;
            default:
                // Also times that have passed, the same ones, and those that never come.
                if (!all.asleep(who)) {
                    const bool never = random() % 50 == 0;
                    all.sleep(queue, who, never ? INT64_MAX - 1 : now - 5 + static_cast<std::int64_t>(random() % 60));
                }
                break;
            }
            all.check(queue);
            most = std::max(most, all.sleeping());
        }
        CHECK(most >= std::min<std::size_t>(tasks, 4));
        all.take_due(queue, INT64_MAX);
        CHECK(all.sleeping() == 0);
        CHECK(queue.empty());
    }
}

TEST_CASE("timer_queue: keeps the node of a task that has gone, until its time or the end", "[runtime]") {
    timer_queue queue;
    std::weak_ptr<wake_node> gone;
    {
        const auto node = std::make_shared<wake_node>(nullptr);
        gone = node;
        node->sleeps.fetch_add(1);
        node->announce();
        queue.add(node, {10});
        REQUIRE(node->take());  // woken by something else; it ended then
    }
    CHECK_FALSE(gone.expired());
    CHECK(queue.take_due({9}) == nullptr);
    CHECK(queue.size() == 1);
    CHECK(queue.take_due({10}) == nullptr);
    CHECK(gone.expired());
    const auto node = std::make_shared<wake_node>(nullptr);
    queue.add(node, {20});
    queue.clear();
    CHECK(queue.empty());
    CHECK(node.use_count() == 1);
}
