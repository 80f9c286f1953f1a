# SPDX-License-Identifier: BSL-1.0
# FOLDER/weir.hpp, precompiled as both compilers look for it when it is given to -include.
#     cmake -DCOMPILER=... -DINCLUDE_DIRS=a|b -DFOLDER=... -P precompile.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../support/compiler.cmake")
file(WRITE "${FOLDER}/weir.hpp" "#include <weir/weir.hpp>\n")
execute_process(COMMAND ${command} -x c++-header "${FOLDER}/weir.hpp" -o "${FOLDER}/weir.hpp.gch"
                RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "<weir/weir.hpp> does not compile alone:\n${out}")
endif()
