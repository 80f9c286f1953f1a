# SPDX-License-Identifier: BSL-1.0
# Runs the program of README.md in a folder with a small access.log, and looks at what it wrote.
#     cmake -DPROGRAM=... -DSCRATCH=... -P check.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
file(WRITE "${SCRATCH}/access.log"
[=[203.0.113.7 - - [17/May/2025:10:05:03 +0000] "GET /a HTTP/1.1" 200 100 "-" "example/1.0"
203.0.113.7 - - [17/May/2025:10:05:41 +0000] "GET /b HTTP/1.1" 200 23 "-" "example/1.0"
203.0.113.9 - - [17/May/2025:10:06:00 +0000] "GET /a HTTP/1.1" 404 7 "-" "example/1.0"
203.0.113.9 - - [17/May/2025:10:0
]=])
execute_process(COMMAND "${PROGRAM}" WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE code OUTPUT_VARIABLE out
                ERROR_VARIABLE err TIMEOUT 60)
message("${out}${err}")
if(NOT code EQUAL 0)
    message(FATAL_ERROR "the example of README.md ended with ${code}")
endif()
file(GLOB_RECURSE results "${SCRATCH}/traffic/*.ndjson")
set(text "")
foreach(file IN LISTS results)
    file(READ "${file}" more)
    string(APPEND text "${more}")
endforeach()
message("${text}")
string(REGEX MATCHALL "\"hits\"" lines "${text}")
list(LENGTH lines count)
if(NOT count EQUAL 2)
    message(FATAL_ERROR "expected one line per host and minute, 2 in all, and found ${count}")
endif()
if(NOT text MATCHES "\"host\": ?\"203\\.0\\.113\\.7\".*\"hits\": ?2, ?\"bytes\": ?123")
    message(FATAL_ERROR "203.0.113.7 has 2 hits of 123 bytes, and the output does not say so")
endif()
