// SPDX-License-Identifier: BSL-1.0
// Walks the receivers of a chain and follows its records: what goes into each stage is what left the one before it. A
// sink, and a writer of rings, count for themselves, so that the sums can be checked.
#pragma once

#include <cstdint>

#include "report.hpp"

namespace weir::detail {

class ledger {
  public:
    explicit ledger(report& out) noexcept : out_(out) {}

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
    void branch(const char*, std::uint64_t records, std::uint64_t skipped) noexcept { flowing_ = records - skipped; }

    void stage(const stage_info& info, const exits& e) {
        stage_report& s = add(info);
        s.in = flowing_;
        s.counts = e;
        s.passed = flowing_ + e.made - e.absorbed - e.dropped - e.late - e.failed - e.routed - e.held;
        last_ = e;
        flowing_ = s.passed;
        out_.abandoned += e.held;
    }
    /// An output beside the main one; `skipped` of its records came after the branch was done.
    template <class Call>
    void side(const char* name, std::uint64_t skipped, Call call) {
        const std::uint64_t main = flowing_;
        const exits last = last_;
        const bool late = name[0] == 'l' && name[1] == 'a' && name[2] == 't' && name[3] == 'e' && name[4] == 0;
        const bool failed = name[0] == 'f' && name[1] == 'a' && name[2] == 'i' && name[3] == 'l' && name[4] == 'e';
        flowing_ = (late ? last.late : failed ? last.failed : last.routed) - skipped;
        call(*this);
        flowing_ = main;
        last_ = last;
    }
    /// How far event time has come at a stage that makes watermarks.
    void watermark(instant at) noexcept {
        if (out_.watermark == instant::min() || at < out_.watermark) out_.watermark = at;
    }
    /// Text that a source has read.
    void bytes(std::uint64_t n) noexcept { out_.bytes += n; }

    void skipped(std::uint64_t records) noexcept { flowing_ -= records; }

    /// `dropped`: nobody wanted them any more.
    void sink(const stage_info& info, std::uint64_t taken, std::uint64_t dropped = 0) {
        stage_report& s = add(info);
        s.sink = true;
        s.in = flowing_;
        s.passed = taken;
        s.counts.dropped = dropped;
        explain(taken + dropped);
    }
    /// The chain ends in rings to other tasks, which go on with what they read.
    void edge(const stage_info& info, std::uint64_t written) {
        stage_report& s = add(info);
        s.in = flowing_;
        s.passed = written;
        explain(written);
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
    void explain(std::uint64_t counted) noexcept {
        out_.unbalanced += counted > flowing_ ? counted - flowing_ : flowing_ - counted;
        flowing_ = 0;
    }

    report& out_;
    std::uint64_t flowing_ = 0;
    exits last_;
};

}  // namespace weir::detail
