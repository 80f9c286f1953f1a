// SPDX-License-Identifier: BSL-1.0
// Files of real input (WEIR_DATA_DIR). They are no part of the sources: who has only these is told what is not tried;
// where WEIR_REQUIRE_DATA is set, as .ci/run does, the tests do not even configure without them.
#pragma once

#include <filesystem>
#include <string>

#include "catch.hpp"

namespace weir_test {

/// Where it is, or nothing and a word about it: the folder is not there. A folder that lacks the file is no excuse.
inline std::string real_input(const std::string& name) {
    const std::string folder = WEIR_DATA_DIR;
    if (std::filesystem::exists(folder)) return folder + "/" + name;
    WARN("not tried, as the real input is not in " << folder << "; configure with -DWEIR_DATA_DIR=FOLDER");
    return {};
}

}  // namespace weir_test
