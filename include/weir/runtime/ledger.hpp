// SPDX-License-Identifier: BSL-1.0
// Walks the receivers of a chain and follows its records: what goes into each stage is what left the one before it. A
// sink, and a writer of rings, count for themselves, so that the sums can be checked. Every record that a chain was
// given is delivered, dropped by a stage that says so, or was on its way when the pipeline was stopped: `abandoned`.
#pragma once

#include <cstdint>
#include <string>

#include "report.hpp"

namespace weir::detail {

/// Where the records put to an edge went: read; unwanted by a reader that had enough; still in a ring, or lost to a
/// stop.
struct edge_tally {
    std::uint64_t passed = 0;
    std::uint64_t dropped = 0;
    std::uint64_t held = 0;
};

class ledger {
  public:
    /// `threw`: the chain ended in the middle of a batch; what its stages do not count was on its way.
    explicit ledger(report& out, bool threw = false) noexcept : out_(out), threw_(threw) {}

    /// The chain begins: this many records came from a source of the outside, or from rings (not listed).
    void begin(const stage_info* source, std::uint64_t records) {
        flowing_ = records;
        if (source != nullptr) {
            stage_report& s = add(*source);
            s.source = true;
            s.passed = records;
        }
    }
    [[nodiscard]] std::uint64_t flowing() const noexcept { return flowing_; }
    /// What follows gets this many: the inputs of a node together.
    void go_on_with(std::uint64_t records) noexcept { flowing_ = records; }
    /// One branch of `tee` follows; `skipped` of the records came after it was done.
    void branch(const char* name, std::uint64_t records, std::uint64_t skipped) {
        unwanted(name, skipped);
        flowing_ = records - skipped;
    }

    void stage(const stage_info& info, const exits& e) {
        stage_report& s = add(info);
        s.in = flowing_;
        s.counts = e;
        s.passed = flowing_ + e.made - e.absorbed - e.dropped - e.late - e.failed - e.routed - e.held;
        last_ = e;
        of_ = &info;
        flowing_ = s.passed;
        out_.abandoned += e.held;
    }
    /// An output beside the main one; `skipped` of its records came after the branch was done.
    template <class Call>
    void side(const char* name, std::uint64_t skipped, Call call) {
        const std::uint64_t main = flowing_;
        const exits last = last_;
        const stage_info* const of = of_;
        const bool late = name[0] == 'l' && name[1] == 'a' && name[2] == 't' && name[3] == 'e' && name[4] == 0;
        const bool failed = name[0] == 'f' && name[1] == 'a' && name[2] == 'i' && name[3] == 'l' && name[4] == 'e';
        flowing_ = (late ? last.late : failed ? last.failed : last.routed) - skipped;
        unwanted(name, skipped);
        call(*this);
        flowing_ = main;
        last_ = last;
        of_ = of;
    }
    /// How far event time has come at a stage that makes watermarks.
    void watermark(instant at) noexcept {
        if (out_.watermark == instant::min() || at < out_.watermark) out_.watermark = at;
    }
    /// Text that a source has read.
    void bytes(std::uint64_t n) noexcept { out_.bytes += n; }

    void skipped(std::uint64_t records) {
        unwanted("main", records);
        flowing_ -= records;
    }

    /// `dropped`: nobody wanted them any more; `held`: taken in, and not where they shall go yet.
    void sink(const stage_info& info, std::uint64_t taken, std::uint64_t dropped = 0, std::uint64_t held = 0) {
        stage_report& s = add(info);
        s.sink = true;
        s.in = flowing_;
        s.passed = taken;
        s.counts.dropped = dropped;
        s.counts.held = held;
        out_.abandoned += held;
        explain(taken + dropped + held);
    }
    /// The chain ends in rings to other tasks, which go on with what they read.
    void edge(const stage_info& info, const edge_tally& went) {
        stage_report& s = add(info);
        s.in = flowing_;
        s.passed = went.passed;
        s.counts.dropped = went.dropped;
        s.counts.held = went.held;
        out_.abandoned += went.held;
        explain(went.passed + went.dropped + went.held);
    }

  private:
    stage_report& add(const stage_info& info) {
        stage_report s;
        s.path = info.path;
        s.kind = info.kind;
        s.shard = info.shard;
        out_.stages.push_back(static_cast<stage_report&&>(s));
        return out_.stages.back();
    }
    /// Records that came for an output or branch after what is behind it was done: an entry of their own.
    void unwanted(const char* name, std::uint64_t records) {
        if (records == 0) return;
        stage_report s;
        s.path = std::string(of_ != nullptr ? of_->path : "0") + "." + name + ".unwanted";
        s.kind = "unwanted";
        s.shard = of_ != nullptr ? of_->shard : 0;
        s.in = records;
        s.counts.dropped = records;
        out_.stages.push_back(static_cast<stage_report&&>(s));
    }
    void explain(std::uint64_t counted) noexcept {
        if (!threw_) {
            out_.unbalanced += counted > flowing_ ? counted - flowing_ : flowing_ - counted;
        } else if (flowing_ > counted) {
            out_.abandoned += flowing_ - counted;
        }
        flowing_ = 0;
    }

    report& out_;
    const bool threw_;
    std::uint64_t flowing_ = 0;
    exits last_;
    const stage_info* of_ = nullptr;  // whose counters those are
};

}  // namespace weir::detail
