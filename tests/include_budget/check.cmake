# SPDX-License-Identifier: BSL-1.0
# Preprocessed lines of every header, alone, as g++ 12 with Debian's range-v3 and fmt sees them; those with a budget
# are checked. Writes [{"header", "lines", "budget"}].
#     cmake -DCOMPILER=... -DROOT=<weir> -DINCLUDE_DIRS=a|b -DJSON=... -P check.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../support/compiler.cmake")

# The first pattern that matches decides; 0 is reported only.
set(budgets
    "^core/concepts\\.hpp=6000"
    # These speak of durations or text (scan: its keyed states may have text keys; stop: its message).
    "^core/stages/(event_time|parse|scan)\\.hpp=40000"
    "^core/sinks/stop\\.hpp=40000"
    "^core/stages/=12000"
    "^core/sinks/=12000"
    # Any range is a source: range-v3's concepts cost more than a budget.
    "^core/sources/(from|range)\\.hpp=0"
    "^core/sources/=40000")

list(APPEND command -E -P -x c++)
list(JOIN command " " command)

file(GLOB_RECURSE headers RELATIVE "${ROOT}/include/weir" "${ROOT}/include/weir/*.hpp")
list(JOIN headers "\n" text)
file(WRITE "${JSON}.headers" "${text}\n")
execute_process(
    COMMAND sh -c "xargs -P 2 -I{} sh -c 'n=$(${command} \"{}\" 2>&1 | wc -l) || exit 255; echo \"{} $n\"' < '${JSON}.headers' | LC_ALL=C sort"
    WORKING_DIRECTORY "${ROOT}/include/weir" OUTPUT_VARIABLE out RESULT_VARIABLE code)
file(REMOVE "${JSON}.headers")
string(STRIP "${out}" out)
string(REPLACE "\n" ";" rows "${out}")
list(LENGTH rows count)
list(LENGTH headers expected)
if(NOT code EQUAL 0 OR NOT count EQUAL expected)
    message(FATAL_ERROR "${count} of ${expected} headers were preprocessed:\n${out}")
endif()

set(json)
set(over)
foreach(row IN LISTS rows)
    string(REGEX MATCH "^(.+) ([0-9]+)$" _ "${row}")
    set(header "${CMAKE_MATCH_1}")
    set(lines "${CMAKE_MATCH_2}")
    set(budget 0)
    foreach(entry IN LISTS budgets)
        string(REGEX MATCH "^(.+)=([0-9]+)$" _ "${entry}")
        set(limit ${CMAKE_MATCH_2})
        if(header MATCHES "${CMAKE_MATCH_1}")
            set(budget ${limit})
            break()
        endif()
    endforeach()
    set(note "")
    if(budget GREATER 0)
        set(note " of ${budget}")
        if(lines GREATER budget)
            list(APPEND over "${header}: ${lines} lines, ${budget} allowed")
        endif()
    endif()
    message("${lines}${note}  ${header}")
    list(APPEND json "  {\"header\": \"${header}\", \"lines\": ${lines}, \"budget\": ${budget}}")
endforeach()
list(JOIN json ",\n" json)
file(WRITE "${JSON}" "[\n${json}\n]\n")
if(over)
    list(JOIN over "\n" over)
    message(FATAL_ERROR "over budget; see which include is heavy with `g++ -std=c++20 -H -fsyntax-only HEADER`:\n${over}")
endif()
