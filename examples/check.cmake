# SPDX-License-Identifier: BSL-1.0
# Runs one example in an empty folder; its standard output must equal EXPECTED where that file exists.
#     cmake -DPROGRAM=... -DARGUMENTS=a|b -DEXPECTED=... -DSCRATCH=... -P check.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
string(REPLACE "|" ";" arguments "${ARGUMENTS}")
execute_process(COMMAND "${PROGRAM}" ${arguments} WORKING_DIRECTORY "${SCRATCH}" INPUT_FILE /dev/null
                RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 110)
message("${out}${err}")
if(NOT code EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ended with ${code}")
endif()
if(EXISTS "${EXPECTED}")
    file(READ "${EXPECTED}" expected)
    if(NOT out STREQUAL expected)
        message(FATAL_ERROR "the output is not what ${EXPECTED} says:\n${expected}")
    endif()
endif()
