# SPDX-License-Identifier: BSL-1.0
# The compiler as wrong programs and their twins are compiled, in `command`, from COMPILER and INCLUDE_DIRS.
set(command "${COMPILER}" -std=c++20)
string(REPLACE "|" ";" dirs "${INCLUDE_DIRS}")
foreach(dir IN LISTS dirs)
    if(dir AND NOT dir STREQUAL "/usr/include")
        list(APPEND command "-I${dir}")
    endif()
endforeach()
