# SPDX-License-Identifier: BSL-1.0
# `command`: the compiler as scripts of the tests call it, from COMPILER and INCLUDE_DIRS (a|b).
set(command "${COMPILER}" -std=c++20)
string(REPLACE "|" ";" dirs "${INCLUDE_DIRS}")
foreach(dir IN LISTS dirs)
    if(dir AND NOT dir STREQUAL "/usr/include")
        list(APPEND command "-I${dir}")
    endif()
endforeach()
