# SPDX-License-Identifier: BSL-1.0
# Builds and runs tests/consumer as a user's project.
#     cmake -DWAY=... -DROOT=<weir> -DBUILD=<weir's build> -DSCRATCH=... -DCOMPILER=... -DGENERATOR=... -P check.cmake
cmake_minimum_required(VERSION 3.25)
function(step what)
    message("-- ${what}")
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${what} failed (${code}):\n${out}")
    endif()
endfunction()

cmake_path(GET CMAKE_CURRENT_LIST_FILE PARENT_PATH here)
file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
# The sources move out of weir's tree, so that nothing is found by accident.
file(COPY "${here}/CMakeLists.txt" "${here}/main.cpp" DESTINATION "${SCRATCH}/source")
set(extra)
if(WAY STREQUAL "find_package")
    step("install" ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${SCRATCH}/prefix")
    list(APPEND extra "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
    file(GLOB_RECURSE ours "${ROOT}/include/weir/*.hpp")
    file(GLOB_RECURSE installed "${SCRATCH}/prefix/include/weir/*.hpp")
    list(FILTER ours EXCLUDE REGEX "/connectors/")
    list(FILTER installed EXCLUDE REGEX "/connectors/")
    list(LENGTH ours expected)
    list(LENGTH installed found)
    if(NOT expected EQUAL found)
        message(FATAL_ERROR "${found} headers are installed, and there are ${expected}; "
                            "configure again, or add the new folder to CMakeLists.txt")
    endif()
endif()
step("configure" ${CMAKE_COMMAND} -S "${SCRATCH}/source" -B "${SCRATCH}/build" -G "${GENERATOR}" -DWAY=${WAY}
     -DWEIR_ROOT=${ROOT} -DCMAKE_CXX_COMPILER=${COMPILER} ${extra})
step("build" ${CMAKE_COMMAND} --build "${SCRATCH}/build")
step("run" "${SCRATCH}/build/consumer")
