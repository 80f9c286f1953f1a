# SPDX-License-Identifier: BSL-1.0
# One wrong program. Line 1 of the file is `// error: <regex>`, which the first line of the compiler's output that
# says `error:` must match; line 2 may be `// max_lines: <n>` (15 if not). With -DWEIR_TWIN the file compiles.
#     cmake -DCOMPILER=... -DCOMPILER_ID=... -DFILE=... -DINCLUDE_DIRS=a|b -DFOLDER=... -DJSON=... -P check.cmake
# FOLDER is what precompile.cmake has made; the wrong program, whose every line counts, is compiled without it.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../support/compiler.cmake")
cmake_path(GET FILE STEM name)
file(READ "${FILE}" text)
if(NOT text MATCHES "^// error: ([^\n]+)\n")
    message(FATAL_ERROR "${name}: line 1 must be `// error: <regex>`")
endif()
set(expected "${CMAKE_MATCH_1}")
set(max_lines 15)
if(text MATCHES "^[^\n]*\n// max_lines: ([0-9]+)\n")
    set(max_lines ${CMAKE_MATCH_1})
endif()

list(APPEND command -fsyntax-only -fdiagnostics-color=never)
execute_process(COMMAND ${command} -include "${FOLDER}/weir.hpp" -DWEIR_TWIN "${FILE}"
                RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "${name}: the corrected twin (-DWEIR_TWIN) does not compile:\n${out}")
endif()

execute_process(COMMAND ${command} "${FILE}" RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(code EQUAL 0)
    message(FATAL_ERROR "${name}: compiles, and should not")
endif()
string(REGEX MATCHALL "\n" newlines "${out}")
list(LENGTH newlines lines)
string(REGEX MATCH "[^\n]*error:[^\n]*" first "${out}")
message("${name}: ${lines} lines; ${first}")

# {"<name>": {"compiler": ..., "lines": n, "first": "..."}}: several tests write here at the same time.
file(LOCK "${JSON}.lock" GUARD PROCESS TIMEOUT 60)
set(all "{}")
if(EXISTS "${JSON}")
    file(READ "${JSON}" all)
endif()
string(REPLACE "\\" "\\\\" quoted "${first}")
string(REPLACE "\"" "\\\"" quoted "${quoted}")
string(JSON all SET "${all}" "${name}" "{\"compiler\": \"${COMPILER_ID}\", \"lines\": ${lines}, \"first\": \"${quoted}\"}")
file(WRITE "${JSON}" "${all}\n")
file(LOCK "${JSON}.lock" RELEASE)

if(NOT first MATCHES "${expected}")
    message(FATAL_ERROR "${name}: the first error does not match `${expected}`:\n${out}")
endif()
if(lines GREATER max_lines)
    message(FATAL_ERROR "${name}: ${lines} lines of diagnostics, at most ${max_lines} are allowed:\n${out}")
endif()
