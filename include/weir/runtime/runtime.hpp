// SPDX-License-Identifier: BSL-1.0
// The runtime: real threads, one per process by default, shared by all pipelines that are started without naming
// another.
#pragma once

#include "threads.hpp"

namespace weir {

class runtime final : public threads {
  public:
    using threads::threads;
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;
    ~runtime() override { end_pipelines(); }

    /// The process's runtime; made at first use, its threads started by the first pipeline. Any thread.
    [[nodiscard]] static runtime& get_default() {
        static runtime shared;
        return shared;
    }
};

}  // namespace weir
