// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for a run's report, also that of `job::metrics()`. See support/format.hpp.
//
//     fmt::print("{}\n", done);                                   // one line
//     for (const auto& s : done.stages) fmt::print("  {}\n", s);
//
// report: how it ended (finished, interrupted, failed in which stage and why; running), then its sums. stage_report:
// kind and name, as `failed_stage` has them, shard where it is above 0, counters; exits that are 0 are left out.
// task_report: records and times.
#pragma once

#include <string>

#include "../core/format.hpp"
#include "report.hpp"

template <>
struct fmt::formatter<weir::stage_report> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::stage_report& s, Context& context) const {
        std::string text = s.path == s.kind ? s.kind : weir::detail::text_of<Context>("{} ({})", s.kind, s.path);
        if (s.shard != 0) text += weir::detail::text_of<Context>(" in shard {}", s.shard);
        text += weir::detail::text_of<Context>(": in {}, passed {}", s.in, s.passed);
        const std::string exits = weir::detail::text_of<Context>("{}", s.counts);
        return put(exits == "none" ? text : text + ", " + exits, context);
    }
};

template <>
struct fmt::formatter<weir::task_report> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::task_report& t, Context& context) const {
        return put(weir::detail::text_of<Context>("{}: {} records, busy {} us, longest step {} us{}", t.name, t.records,
                                                  t.busy_ns / 1'000, t.longest_step_ns / 1'000,
                                                  t.slow_record ? ", a record took over 10 ms" : ""),
                   context);
    }
};

template <>
struct fmt::formatter<weir::report> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::report& r, Context& context) const {
        std::string text = r.interrupted ? "interrupted" : r.finished ? "finished" : "running";
        if (r.error && r.failed_stage.empty()) text = "failed: " + r.message;
        if (r.error && !r.failed_stage.empty()) text = "failed in " + r.failed_stage + ": " + r.message;
        text +=
            weir::detail::text_of<Context>("; taken {}, delivered {}, dropped {}, late {}, failed {}, abandoned {}",
                                           r.taken(), r.delivered(), r.dropped(), r.late(), r.failed(), r.abandoned);
        if (r.bytes != 0) text += weir::detail::text_of<Context>(", {} bytes", r.bytes);
        if (r.unbalanced != 0) text += weir::detail::text_of<Context>(", {} unexplained", r.unbalanced);
        return put(text, context);
    }
};
