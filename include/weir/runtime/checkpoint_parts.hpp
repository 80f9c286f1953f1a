// SPDX-License-Identifier: BSL-1.0
// A pipeline's checkpoint from the parts that its tasks have brought to the desk, as bytes to keep.
#pragma once

#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/result.hpp"
#include "builder.hpp"
#include "checkpoint_desk.hpp"

namespace weir::detail {

/// When the desk says `complete`; who asked calls it, and is done with the desk then. Of chains that have ended the
/// state of the end is taken, each under its task's lock.
[[nodiscard]] inline result<std::string> collect_checkpoint(graph& of) {
    std::vector<checkpoint_desk::part> brought = of.desk.take();
    of.desk.end();
    std::string sections;
    std::string incomplete;
    for (std::size_t i = 0; i < brought.size(); ++i) {
        checkpoint_desk::part& p = brought[i];
        if (!p.brought) {
            state_writer state;
            const std::unique_lock hold(static_cast<task&>(*of.chains[i]));
            of.chains[i]->save(state);
            p.bytes = state.bytes();
            p.incomplete = state.incomplete();
        }
        sections += p.bytes;
        if (incomplete.empty()) incomplete = p.incomplete;
    }
    if (!incomplete.empty()) {
        return error{errc::bad_format,
                     "weir: no checkpoint: the state of " + incomplete
                         + " cannot be written: its type is no number, text, time, or struct or container of such; "
                           "use one that is",
                     incomplete};
    }
    try {
        const state_reader readable(sections);
    } catch (const std::runtime_error& e) {
        return error{errc::bad_format, e.what(), ""};
    }
    return seal_checkpoint(sections);
}

}  // namespace weir::detail
