// SPDX-License-Identifier: BSL-1.0
// Consumers that join, leave, die, stand still and come back, on a virtual clock, while shards are split and merged and
// the lease store fails now and then, all from one seed. Always: one owner at a time, checkpoints never go back,
// children behind their parents, each key's records in order. At the end: every record was processed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/consumer.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/memory_lease_store.hpp>

#include "support/catch.hpp"

namespace {

using weir::checkpointer;
using weir::consumer_record;
using weir::errc;
using weir::result;
using weir::shard_id;
using position = weir::extended_sequence_number;

constexpr std::int64_t second = 1'000'000;

/// What must hold; the first thing that does not is kept.
struct judge {
    std::string wrong;
    std::map<std::string, std::pair<std::string, int>> put;  // data -> key, its place in the key
    std::map<std::uint32_t, std::set<std::string>> put_in;   // shard -> data
    std::map<std::uint32_t, std::vector<shard_id>> parents;
    std::set<std::string> processed;
    std::map<std::string, int> next_of_key;
    std::map<std::uint32_t, std::uint64_t> instance;  // the newest processor that has processed
    std::map<std::uint32_t, position> checkpoint;
    std::uint64_t batches = 0;
    std::uint64_t again = 0;  // records processed before
    std::uint64_t lost = 0;

    void fail(const std::string& what) {
        if (wrong.empty()) wrong = what;
    }
    void begins(std::uint32_t shard) {
        for (const shard_id p : parents[shard]) {
            for (const std::string& d : put_in[p.index]) {
                if (!processed.contains(d)) fail("shard " + std::to_string(shard) + " began before " + d);
            }
        }
    }
    void processes(std::uint32_t shard, std::uint64_t who) {
        ++batches;
        std::uint64_t& newest = instance[shard];
        if (who < newest) fail("shard " + std::to_string(shard) + " was processed by one who had lost it");
        newest = std::max(newest, who);
    }
    void done(const consumer_record& r) {
        const std::string data(r.data);
        const auto found = put.find(data);
        if (found == put.end()) return fail("nobody put " + data);
        if (!processed.insert(data).second) {
            ++again;
            return;
        }
        const auto& [key, place] = found->second;
        if (next_of_key[key]++ != place) fail("out of order: " + data);
    }
    void sees(const weir::lease_write& w) {
        if (w.what == weir::lease_write::action::create_if_absent || w.what == weir::lease_write::action::require)
            return;
        const auto [at, fresh] = checkpoint.try_emplace(w.row.shard.index, w.row.checkpoint);
        if (w.what == weir::lease_write::action::erase) {
            if (!w.row.completed()) fail("a lease was deleted before its shard's end");
        } else if (!fresh && w.row.checkpoint < at->second) {
            fail("the checkpoint of shard " + std::to_string(w.row.shard.index) + " went back");
        }
        at->second = std::max(at->second, w.row.checkpoint);
    }
};

/// Fails now and then, before or after it did what it was told.
struct unreliable_store {
    weir::memory_lease_store real;
    judge* by = nullptr;
    std::mt19937_64* random = nullptr;
    std::uint64_t per_mille = 0;

    [[nodiscard]] bool fails() const { return (*random)() % 1'000 < per_mille; }
    [[nodiscard]] static weir::error down() { return {errc::io, "down", ""}; }
    result<std::vector<weir::lease>> list() const { return fails() ? down() : real.list(); }
    result<std::optional<weir::lease>> get(shard_id s) const { return fails() ? down() : real.get(s); }
    result<bool> commit(std::span<const weir::lease_write> writes) {
        if (fails()) return down();
        const result<bool> done = real.commit(writes);
        if (done && *done) {
            for (const weir::lease_write& w : writes) by->sees(w);
        }
        if (fails()) return down();  // it was done, and nobody knows
        return done;
    }
};

struct processor {
    judge* by;
    std::mt19937_64* random;
    std::uint32_t shard;
    std::uint64_t id;
    std::uint64_t fails_per_mille;

    void initialize(const weir::initialization_input&) const { by->begins(shard); }
    result<void> process_records(std::span<const consumer_record> records, checkpointer& at) const {
        by->processes(shard, id);
        for (std::size_t i = 0; i < records.size(); ++i) {
            if ((*random)() % 1'000 < fails_per_mille) return weir::error{errc::io, "a hiccup", ""};
            by->done(records[i]);
            if ((*random)() % 8 == 0) static_cast<void>(at.checkpoint(records[i].number));
        }
        if ((*random)() % 2 == 0) static_cast<void>(at.checkpoint());
        return {};
    }
    void lease_lost() const { ++by->lost; }
    void shard_ended(checkpointer& at) const {
        if ((*random)() % 4 != 0) static_cast<void>(at.checkpoint());
    }
    void shutdown_requested(checkpointer& at) const {
        if ((*random)() % 4 != 0) static_cast<void>(at.checkpoint());
    }
};

struct totals {
    std::uint64_t records = 0, again = 0, reshards = 0, deaths = 0, lost = 0, hand_overs = 0, deleted = 0;
};

class simulation {
    using stream_type = weir::data_stream<weir::bytes>;
    using factory = std::function<processor(shard_id)>;
    using worker = weir::consumer<stream_type, unreliable_store, factory>;
    struct member {
        std::unique_ptr<worker> runs;
        int still = 0;  // rounds that it does not step
        bool leaving = false;
    };

  public:
    explicit simulation(std::uint64_t seed) : random_(seed), stream_("s", {.shards = 2, .time = &time_}) {
        store_.by = &judge_;
        store_.random = &random_;
    }

    std::string run(int rounds, totals& sum) {
        join();
        for (int i = 0; i < rounds && judge_.wrong.empty(); ++i) round(true);
        // The faults stop; one worker at least, and all that is there must be processed in bounded time.
        store_.per_mille = 0;
        fails_ = 0;
        for (member& m : members_) m.still = 0;
        join();
        const auto all_done = [this] { return judge_.processed.size() == judge_.put.size(); };
        for (int i = 0; i < 4'000 && judge_.wrong.empty() && !all_done(); ++i) round(false);
        if (judge_.wrong.empty() && !all_done()) {
            judge_.fail(std::to_string(judge_.put.size() - judge_.processed.size()) + " records were never processed");
        }
        for (const member& m : members_) count(m, sum);
        sum.records += judge_.put.size();
        sum.again += judge_.again;
        sum.lost += judge_.lost;
        sum.reshards += reshards_;
        sum.deaths += deaths_;
        return judge_.wrong;
    }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    void join() {
        weir::consumer_options o;
        o.worker = "worker " + std::to_string(names_++);
        o.graceful_handoff = below(4) != 0;
        o.max_records = 1 + below(20);
        o.max_leases_to_steal = 1 + below(2);
        members_.push_back(
            {std::make_unique<worker>(
                 stream_, store_,
                 [this](shard_id s) { return processor{&judge_, &random_, s.index, ++instances_, fails_}; },
                 std::move(o)),
             0, false});
    }
    static void count(const member& m, totals& sum) {
        sum.hand_overs += m.runs->metrics().HandOvers;
        sum.deleted += m.runs->metrics().LeasesDeleted;
    }
    void put() {
        for (std::uint64_t n = below(6); n > 0; --n) {
            const std::string key = "key " + std::to_string(below(12));
            const int place = placed_[key]++;
            const std::string data = key + "/" + std::to_string(place);
            const weir::put_record_result at = stream_.put_record(data, key).value();
            judge_.put[data] = {key, place};
            judge_.put_in[at.shard.index].insert(data);
        }
    }
    void reshard() {
        const auto open = stream_.list_shards({weir::shard_filter::type::at_latest, {}, {}}).value().shards;
        const weir::shard_description& one = open[below(open.size())];
        bool done = false;
        if (below(2) == 0 && open.size() < 8 && one.keys.first != one.keys.last) {
            const auto first = weir::detail::ring_place(one.keys.first);
            const auto middle = first + (weir::detail::ring_place(one.keys.last) - first) / 2 + 1;
            done = stream_.split_shard(one.id, weir::detail::key_at(middle)).has_value();
        } else {
            for (const weir::shard_description& other : open) {
                if (done || !one.keys.adjacent_to(other.keys)) continue;
                done = stream_.merge_shards(one.id, other.id).has_value();
            }
        }
        reshards_ += done;
        for (const weir::shard_description& s : stream_.list_shards().value().shards) {
            auto& parents = judge_.parents[s.id.index];
            parents.clear();
            if (s.parent) parents.push_back(*s.parent);
            if (s.adjacent_parent) parents.push_back(*s.adjacent_parent);
        }
    }
    void round(bool faults) {
        time_.advance(static_cast<std::int64_t>(below(1'000'000)));
        if (faults) {
            put();
            if (below(25) == 0) reshard();
            if (below(40) == 0) store_.per_mille = below(3) == 0 ? below(100) : 0;
            if (below(40) == 0) fails_ = below(3) == 0 ? below(100) : 0;
            if (below(50) == 0 && members_.size() < 5) join();
            if (below(80) == 0) time_.advance(static_cast<std::int64_t>(below(15)) * second);  // everybody was paused
            if (!members_.empty()) {
                const std::size_t at = below(members_.size());
                if (below(120) == 0) {  // dies
                    count(members_[at], dead_);
                    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at));
                    ++deaths_;
                } else if (below(60) == 0) {
                    members_[at].still = static_cast<int>(below(120));
                } else if (below(150) == 0) {
                    members_[at].runs->request_shutdown();
                    members_[at].leaving = true;
                }
            }
        }
        for (std::uint64_t steps = members_.size() * 3; steps > 0 && !members_.empty(); --steps) {
            member& m = members_[below(members_.size())];
            if (m.still == 0) m.runs->step(time_.now());
        }
        for (member& m : members_) m.still = std::max(0, m.still - 1);
        std::erase_if(members_, [](const member& m) { return m.leaving && m.runs->shut_down(); });
    }

    std::mt19937_64 random_;
    weir::virtual_clock time_{{1'700'000'000 * second}};
    stream_type stream_;
    judge judge_;
    unreliable_store store_;
    std::vector<member> members_;
    std::map<std::string, int> placed_;
    totals dead_;
    std::uint64_t fails_ = 0;
    std::uint64_t instances_ = 0;
    std::uint64_t reshards_ = 0;
    std::uint64_t deaths_ = 0;
    int names_ = 0;
};

}  // namespace

TEST_CASE("consumer: any history of workers, shards and faults (C09, C10, C13, C14, C18, C19, C21, R30)") {
    const bool nightly = std::getenv("WEIR_NIGHTLY") != nullptr;
    totals sum;
    for (std::uint64_t seed = 1; seed <= (nightly ? 2'000U : 40U); ++seed) {
        INFO("seed " << seed);
        simulation s(seed);
        CHECK(s.run(nightly ? 2'000 : 600, sum) == "");
    }
    INFO("records " << sum.records << ", again " << sum.again << ", reshards " << sum.reshards << ", deaths "
                    << sum.deaths << ", leases lost " << sum.lost << ", hand-overs " << sum.hand_overs << ", deleted "
                    << sum.deleted);
    // Nothing of it was idle.
    CHECK(sum.again > 0);
    CHECK(sum.reshards > 40);
    CHECK(sum.deaths > 40);
    CHECK(sum.lost > 0);
    CHECK(sum.hand_overs > 10);
    CHECK(sum.deleted > 10);
    if (std::getenv("WEIR_VERBOSE") != nullptr) {
        WARN("records " << sum.records << ", again " << sum.again << ", reshards " << sum.reshards << ", deaths "
                        << sum.deaths << ", leases lost " << sum.lost << ", hand-overs " << sum.hand_overs
                        << ", deleted " << sum.deleted);
    }
}
