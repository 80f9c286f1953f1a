#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# A web server's access log becomes traffic per host and minute, in rolling files.
#     examples/run.sh [FILE] [--out DIR]
# Installs what is missing (as root; elsewhere lists it and exits 2), builds examples/02_access_log.cpp with
# optimisation and runs it on FILE, or without FILE on made-up traffic. All arguments go to the program, paths count
# from where you are, and its exit code is this one's.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../.ci/lib.sh
. "$root/.ci/lib.sh"

need_build_tools
need_libraries

build=$root/build/examples
log=$build/build.log
mkdir -p "$build"
(
    cd "$root" &&
        cmake --preset release -B "$build" -DWEIR_BUILD_TESTS=OFF -DWEIR_BUILD_BENCHMARKS=OFF > "$log" 2>&1 || {
        cat "$log"
        exit 1
    }
    say "building examples/02_access_log.cpp (the first time takes a minute)"
    NINJA_STATUS='[%f/%t, %es] ' cmake --build "$build" --target 02_access_log -j "$(cores)" > "$log" 2>&1 || {
        cat "$log"
        exit 1
    }
) || {
    echo "FAILED: the example could not be built" >&2
    exit 1
}
exec "$build/examples/02_access_log" "$@"
