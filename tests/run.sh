#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs what is missing (as root; elsewhere lists it and exits 2), configures, builds and runs all tests.
#     tests/run.sh [PRESET]     PRESET: dev (g++, the default), release, clang, asan, tsan, tsan-gcc
# Exit codes: 0 all tests pass, 1 something failed, 2 something is missing.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../.ci/lib.sh
. "$root/.ci/lib.sh"
cd "$root" || exit 2

preset=${1:-dev}
case $preset in
    dev | release | tsan-gcc) ;;
    clang | asan | tsan) need_clang ;;
    *)
        echo "usage: tests/run.sh [dev | release | clang | asan | tsan | tsan-gcc]" >&2
        exit 2
        ;;
esac
started=$SECONDS
need_build_tools
need_libraries
need_catch2
need_connectors
need --optional ccache:ccache spin:spin
# File systems that logs are tried on at night.
[ -z "${WEIR_NIGHTLY:-}" ] || need --optional mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs

# Everything is built here, so a header is compiled once for all of it. Who changes one by one is better off without:
# then each change compiles everything again.
options=()
[ "$preset" != dev ] || options+=(-DWEIR_TESTS_PCH=ON)
[ -z "${WEIR_NIGHTLY:-}" ] || options+=(-DWEIR_NIGHTLY=ON)

say "configuring ($preset)"
cmake --preset "$preset" "${options[@]}" > /tmp/weir_configure.$$ 2>&1
code=$?
[ $code = 0 ] || cat /tmp/weir_configure.$$
rm -f /tmp/weir_configure.$$
if [ $code != 0 ]; then
    echo "FAILED: the tests could not be configured"
    exit 1
fi

say "building ($preset, $(cores) jobs)"
if ! NINJA_STATUS='[%f/%t, %es] ' cmake --build --preset "$preset" -j "$(cores)"; then
    echo "FAILED: the tests could not be built ($(duration $((SECONDS - started))))"
    exit 1
fi

say "testing ($preset)"
log=$root/build/$preset/tests.log
# No input: a test that reads its own would wait for a terminal.
ctest --preset "$preset" -j "$(cores)" < /dev/null 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
if [ "$code" = 0 ]; then
    echo "PASSED: all ${total:-?} tests ($preset, $(duration $((SECONDS - started))))"
    if [ ! -e "$(sed -n 's/^WEIR_DATA_DIR:PATH=//p' "$root/build/$preset/CMakeCache.txt")" ]; then
        echo "not tried, as it is not here: real input; give its folder by cmake --preset $preset -DWEIR_DATA_DIR=FOLDER"
    fi
else
    failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of.*/\1/p' "$log" | tail -n 1)
    echo "FAILED: ${failed:-some} of ${total:-?} tests ($preset, $(duration $((SECONDS - started)))); the log is $log"
    exit 1
fi
