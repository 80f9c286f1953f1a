// SPDX-License-Identifier: BSL-1.0
// T1 of the durability reference: every call of a workload is a crash, every subset of what was pending there (or many
// of them at random) is a disk that the log is opened on; then it is written on, and crashes again. R1 to R6. First the
// harness proves that it sees planted mistakes.
#include "support/catch.hpp"

#include <weir/buffers/storage_reader.hpp>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "buffers/crash_disk.hpp"

namespace {

using weir_test::crash_disk;

struct plan {
    std::size_t sector = 512;
    std::uint32_t alignment = 4'096;
    int commits = 9;
    std::uint64_t trim_at = 0;
    bool large = false;  // blocks of several pages
    weir::log_sync sync = weir::log_sync::each_commit;
    std::uint64_t fail_every = 0;  // so many syncs, one fails, and what it was for is lost; the log moves on
};

weir::log_options options_for(const plan& p, const weir::clock& time) {
    weir::log_options o;
    o.segment_bytes = 32'768;
    o.alignment = p.alignment;
    o.time = &time;
    o.salt_seed = 7;
    o.sync = p.sync;
    o.move_on = p.fail_every != 0;
    return o;
}
std::string payload_of(int life, std::uint64_t sequence, bool large) {
    std::string text = "life " + std::to_string(life) + " record " + std::to_string(sequence) + " ";
    const std::size_t size = large ? 300 + sequence * 977 % 5'000 : 40 + sequence % 90;
    while (text.size() < size) text += static_cast<char>('a' + text.size() % 23);
    return text;
}

struct history {
    std::vector<std::string> expected;  // by sequence: what must be there, or may be
    std::uint64_t acked = 0;            // those before must
    std::uint64_t moved_on = 0;
    std::uint64_t acked_early = 0;  // written only: for the planted mistake
};

/// Appends `commits` commits and closes, or dies on the way.
void work(crash_disk& disk, const plan& p, int life, history& h, weir::virtual_clock& time) {
    auto log = weir::log_storage::open("d", options_for(p, time), disk);
    if (!log) return;
    std::uint64_t next = (*log)->appended();
    h.expected.resize(next);
    h.acked = std::max(h.acked, next);
    for (int c = 0; c < p.commits; ++c) {
        std::vector<std::string> payloads;
        std::vector<weir::log_record> records;
        for (std::uint64_t i = 0; i < 1 + static_cast<std::uint64_t>(c % 3); ++i) {
            payloads.push_back(payload_of(life, next + i, p.large));
        }
        for (const auto& text : payloads) records.push_back({"key", text, 0});
        if (!(*log)->append(records)) return;
        next += payloads.size();
        for (auto& text : payloads) h.expected.push_back(std::move(text));
        time.advance(1'000);
        static_cast<void>((*log)->step());
        if (disk.dead() && (*log)->written() < next) {
            h.acked = std::max(h.acked, (*log)->durable());
            return;
        }
        h.acked = std::max(h.acked, (*log)->durable());
        h.moved_on = (*log)->counters().moved_on;
        h.acked_early = std::max(h.acked_early, (*log)->written());
        if (p.trim_at != 0 && c == p.commits / 2) static_cast<void>((*log)->trim(p.trim_at));
        if (c == p.commits / 3) {
            time.advance(20'000);
            static_cast<void>((*log)->step());
            static_cast<void>((*log)->step());
        }
        if (disk.dead()) return;
    }
    static_cast<void>((*log)->close());
}

struct verdict {
    std::uint64_t states = 0;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::uint64_t alarms = 0;
    std::uint64_t moved_on = 0;
    std::string first;
    void note(std::uint64_t& count, std::string what) {
        ++count;
        if (first.empty()) first = std::move(what);
    }
};

/// The log on that disk holds what it must, and nothing that nobody put.
void check(crash_disk& disk, const plan& p, history& h, std::uint64_t must, weir::virtual_clock& time, verdict& v) {
    ++v.states;
    auto log = weir::log_storage::open("d", options_for(p, time), disk);
    if (!log) return v.note(v.alarms, log.error().message);
    const std::uint64_t end = (*log)->durable();
    if (end < must) v.note(v.lost, "ends at " + std::to_string(end) + ", acknowledged " + std::to_string(must));
    if (end > h.expected.size()) return v.note(v.wrong, "more than was put");
    weir::storage_reader reader(**log, (*log)->first_available());
    std::uint64_t at = (*log)->first_available();
    for (;;) {
        const auto page = reader.next();
        if (page.kind == weir::page_kind::caught_up) break;
        if (page.kind != weir::page_kind::records) return v.note(v.lost, "a gap at " + std::to_string(page.first));
        for (const auto& r : page.records) {
            if (r.sequence != at++ || r.key != "key" || r.payload != h.expected[r.sequence])
                return v.note(v.wrong, "record " + std::to_string(r.sequence) + " differs");
        }
    }
    if (at != end) v.note(v.lost, "reads to " + std::to_string(at) + " of " + std::to_string(end));
    h.expected.resize(end);  // what recovery showed stays (R4)
    h.acked = end;
}

/// What `keep` of `crashed` asks: all subsets of few, random ones of many.
class subset {
  public:
    subset(std::size_t pending, std::uint64_t n, bool all, std::mt19937_64& random)
        : bits_(n), all_(all), random_(random) {
        style_ = all ? 0 : random() % 4;
        cut_ = pending == 0 ? 0 : random() % (pending + 1);
    }
    int operator()(std::size_t i) {
        if (all_) return static_cast<int>(bits_ >> i & 1U);
        if (style_ == 0) return i < cut_ ? 1 : 0;  // a prefix
        if (style_ == 1) return i < cut_ ? 0 : 1;  // all but a prefix
        if (style_ == 2) return static_cast<int>(random_() % 2);
        return random_() % 8 == 0 ? 2 : random_() % 3 == 0 ? 0 : 1;
    }

  private:
    std::uint64_t bits_;
    bool all_;
    std::mt19937_64& random_;
    std::uint64_t style_ = 0;
    std::size_t cut_ = 0;
};

/// The same, by a survey that leaves out one of its rules.
void check_by_survey(crash_disk& disk, const weir::detail::log_rules& rules, const history& h, std::uint64_t must,
                     verdict& v) {
    ++v.states;
    weir::detail::log_folder_io io(disk, "d");
    static_cast<void>(io.open(true));
    const auto facts = weir::detail::log_survey(io, true, rules).run();
    if (!facts) return v.note(v.alarms, facts.error().message);
    if (!facts->damage.empty()) return v.note(v.alarms, facts->damage.front().what);
    for (const auto& s : facts->segments) {
        const std::string name = weir::log_format::segment_name(s.header.base_sequence);
        const auto file = io.open(name, weir::storage_open::read);
        weir::detail::log_window in(io, *file, name, s.bytes);
        std::vector<weir::stored_record> records;
        for (std::uint64_t at = weir::log_format::header_page; at < s.end;) {
            const auto b = weir::detail::header_at(in, s.header, at);
            if (!b) break;
            if (b->kind == weir::log_format::block_kind::data) {
                if (!weir::detail::records_of(*b, weir::detail::body_at(in, at, *b), 0, INT64_MIN, records))
                    return v.note(v.wrong, "no records");
                for (const auto& r : records) {
                    if (r.sequence >= h.expected.size() || r.payload != h.expected[r.sequence])
                        return v.note(v.wrong, "record " + std::to_string(r.sequence) + " differs");
                }
            }
            at += weir::log_format::block_size(b->length, s.header.alignment);
        }
    }
    const std::uint64_t end = facts->segments.empty() ? 0 : facts->segments.back().next;
    if (end < must) v.note(v.lost, "ends at " + std::to_string(end));
}

struct planted {
    std::optional<weir::detail::log_rules> rules = {};
    bool drop_file_syncs = false;
    bool drop_folder_syncs = false;
    bool drop_cuts = false;
    bool ack_early = false;
};

/// Every so many syncs of a file one fails; the first are those of an opening.
void fail_syncs(crash_disk& disk, const plan& p) {
    if (p.fail_every == 0) return;
    disk.fault = [n = std::uint64_t{0}, every = p.fail_every](const char* call) mutable {
        return std::string_view(call) == "sync_data" && ++n > 2 && n % every == 0 ? EIO : 0;
    };
}

/// `per_point`: states at each call of the first life where not all subsets are tried; a fifth of them go on to a
/// second crash.
verdict enumerate(const plan& p, std::uint64_t per_point, std::uint64_t seed, const planted& bug = {}) {
    verdict v;
    std::mt19937_64 random(seed);
    const auto start = [&](crash_disk& d) {
        d.sector = p.sector;
        d.drop_file_syncs = bug.drop_file_syncs;
        d.drop_folder_syncs = bug.drop_folder_syncs;
        d.drop_cuts = bug.drop_cuts;
    };
    std::uint64_t calls = 0;
    {
        crash_disk whole;
        start(whole);
        history h;
        weir::virtual_clock time({1'000'000});
        fail_syncs(whole, p);
        work(whole, p, 1, h, time);
        calls = whole.calls;
    }
    for (std::uint64_t die = 1; die <= calls; ++die) {
        crash_disk disk;
        start(disk);
        disk.die_at = die;
        history one;
        weir::virtual_clock time({1'000'000});
        fail_syncs(disk, p);
        work(disk, p, 1, one, time);
        v.moved_on += one.moved_on;
        const std::uint64_t must = bug.ack_early ? std::max(one.acked, one.acked_early) : one.acked;
        const std::size_t pending = disk.pending_count();
        const bool all = pending <= 11 && (std::uint64_t{1} << pending) <= 4 * per_point;
        const std::uint64_t n = all ? std::uint64_t{1} << pending : per_point;
        for (std::uint64_t i = 0; i < n; ++i) {
            history h = one;
            subset keep(pending, i, all, random);
            auto after = disk.crashed([&](std::size_t k) { return keep(k); });
            start(*after);
            if (bug.rules) {
                auto same =
                    disk.crashed([&, k2 = subset(pending, i, all, random)](std::size_t k) mutable { return k2(k); });
                check_by_survey(*same, *bug.rules, h, must, v);
            }
            check(*after, p, h, must, time, v);
            if (v.lost + v.wrong + v.alarms != 0 && v.states > 2'000) return v;
            if (i % 5 != 0) continue;
            // Written on, with other records, and another crash.
            history two = h;
            after->die_at = after->calls + 1 + random() % 60;
            work(*after, p, 2, two, time);
            std::uint64_t early = bug.ack_early ? std::max(two.acked, two.acked_early) : two.acked;
            if (early > two.expected.size()) early = two.expected.size();
            const std::size_t pending2 = after->pending_count();
            for (int j = 0; j < 2; ++j) {
                history again = two;
                subset keep2(pending2, 0, false, random);
                auto last = after->crashed([&](std::size_t k) { return keep2(k); });
                if (bug.rules) {
                    check_by_survey(*last, *bug.rules, again, early, v);
                } else {
                    check(*last, p, again, early, time, v);
                }
            }
        }
    }
    return v;
}

}  // namespace

TEST_CASE("a crash at any call, any subset of what was pending, twice (T1; R1 to R6)") {
    const bool nightly = std::getenv("WEIR_NIGHTLY") != nullptr;
    const std::uint64_t per_point = nightly ? 20'000 : 30;
    std::uint64_t states = 0;
    std::uint64_t seed = 1;
    for (const plan& p : {plan{512, 4'096, 9, 0, false}, plan{4'096, 4'096, 9, 0, false},
                          plan{512, 4'096, 24, 12, false}, plan{512, 512, 12, 0, true}, plan{512, 4'096, 12, 0, true},
                          plan{512, 8, 14, 0, false}, plan{512, 4'096, 12, 6, true, weir::log_sync::on_request},
                          plan{512, 4'096, 14, 0, true, weir::log_sync::each_commit, 4}}) {
        const verdict v = enumerate(p, per_point, seed++);
        INFO("sector " << p.sector << " alignment " << p.alignment << " commits " << p.commits << ": " << v.states
                       << " states, seed " << seed - 1 << ": " << v.first);
        CHECK(v.lost == 0);
        CHECK(v.wrong == 0);
        CHECK(v.alarms == 0);
        CHECK((v.moved_on != 0) == (p.fail_every != 0));
        states += v.states;
    }
    CHECK(states >= (nightly ? 400'000U : 10'000U));
    if (nightly) WARN("crash states: " << states);
}

TEST_CASE("the enumeration of crashes sees planted mistakes (T1, T16)") {
    const plan p{512, 4'096, 9, 0, false};
    CHECK(enumerate(p, 12, 1, {.drop_file_syncs = true}).lost != 0);
    CHECK(enumerate(p, 12, 1, {.drop_folder_syncs = true}).lost != 0);
    plan unsynced = p;
    unsynced.sync = weir::log_sync::on_request;
    CHECK(enumerate(unsynced, 12, 1, {.ack_early = true}).lost != 0);
    // Blocks of several pages, so that a body can be torn behind a whole header.
    const plan large{512, 512, 12, 0, true};
    CHECK(enumerate(large, 12, 1, {.rules = weir::detail::log_rules{.body_crc = false}}).wrong != 0);
    plan later = large;
    later.sync = weir::log_sync::on_request;
    CHECK(enumerate(later, 12, 1, {.rules = weir::detail::log_rules{.torn_is_damage = true}}).alarms != 0);
    CHECK(enumerate(unsynced, 12, 1, {.rules = weir::detail::log_rules{.place = false}, .drop_cuts = true}).wrong != 0);
    // A cut that does not arrive does no harm: the chain keeps an old tail out.
    const verdict v = enumerate(p, 12, 1, {.drop_cuts = true});
    INFO(v.first);
    CHECK(v.lost + v.wrong + v.alarms == 0);
}
