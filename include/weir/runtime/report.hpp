// SPDX-License-Identifier: BSL-1.0
// What a run did: the counters of every stage, and whether they add up.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "../core/accounting.hpp"
#include "../support/instant.hpp"

namespace weir {

/// One stage of one chain. in + made = passed + absorbed + dropped + late + failed + routed + held. For a sink `passed`
/// is what it took. For a stage that goes on in other tasks (shard, merge, on_own_thread) it is what they have read,
/// and `dropped` what they did not want any more: they were done.
struct stage_report {
    std::string path;
    std::string kind;
    std::uint32_t shard = 0;
    std::uint64_t in = 0;
    std::uint64_t passed = 0;
    exits counts;
    bool source = false;
    bool sink = false;
};

/// A task: one fused chain.
struct task_report {
    std::string name;
    std::uint64_t records = 0;  // taken from its source or rings
    std::uint64_t busy_ns = 0;
    std::uint64_t longest_step_ns = 0;
    bool slow_record = false;  // a single record took over 10 ms
};

/// Plain values; made by `run`, `job::wait` and `job::metrics`. Of every record that a source gave, that was put into
/// an inlet or that a stage made: given + made = delivered + absorbed + dropped + abandoned. Late and failed records
/// are delivered to whatever `on<"late">(...)` decided. Where a function threw, a source that counts by the batch (a
/// range, `generate`) has not counted its last one.
struct report {
    std::vector<stage_report> stages;
    std::vector<task_report> tasks;
    bool finished = false;               // every source ended (or was drained) and every sink has flushed
    bool interrupted = false;            // a signal, or `stop()`
    std::exception_ptr error;            // what ended it early
    std::string failed_stage;            // the stage whose function threw
    std::string message;                 // of the error
    std::uint64_t abandoned = 0;         // on their way (in a stage or a ring) when it was stopped or threw; or now
    std::uint64_t bytes = 0;             // of text that sources read
    instant watermark = instant::min();  // the least that an event_time stage has reached; `max()` at the end
    std::uint64_t unbalanced = 0;        // records that no counter explains; 0 unless there is a defect

    /// Whether it ran to its end without an error.
    [[nodiscard]] explicit operator bool() const noexcept { return finished && !error; }

    /// Records that sources gave.
    [[nodiscard]] std::uint64_t taken() const noexcept {
        return sum([](const stage_report& s) { return s.source ? s.passed : 0; });
    }
    /// Records that sinks took, side outputs included.
    [[nodiscard]] std::uint64_t delivered() const noexcept {
        return sum([](const stage_report& s) { return s.sink ? s.passed : 0; });
    }
    [[nodiscard]] std::uint64_t late() const noexcept {
        return sum([](const stage_report& s) { return s.counts.late; });
    }
    [[nodiscard]] std::uint64_t failed() const noexcept {
        return sum([](const stage_report& s) { return s.counts.failed; });
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept {
        return sum([](const stage_report& s) { return s.counts.dropped; });
    }
    /// The counters of the stage of that kind or name, summed over its shards.
    [[nodiscard]] stage_report of(const std::string& kind_or_path) const {
        stage_report out;
        for (const stage_report& s : stages) {
            if (s.kind != kind_or_path && s.path != kind_or_path) continue;
            out.path = s.path;
            out.kind = s.kind;
            out.in += s.in;
            out.passed += s.passed;
            out.counts.made += s.counts.made;
            out.counts.absorbed += s.counts.absorbed;
            out.counts.dropped += s.counts.dropped;
            out.counts.late += s.counts.late;
            out.counts.failed += s.counts.failed;
            out.counts.routed += s.counts.routed;
            out.counts.held += s.counts.held;
        }
        return out;
    }
    /// Throws the error that ended the run, if there is one.
    void rethrow() const {
        if (error) std::rethrow_exception(error);
    }

  private:
    template <class Get>
    [[nodiscard]] std::uint64_t sum(Get get) const noexcept {
        std::uint64_t total = 0;
        for (const stage_report& s : stages) total += get(s);
        return total;
    }
};

}  // namespace weir
