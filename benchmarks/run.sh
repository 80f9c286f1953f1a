#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds and runs every benchmark, and draws the report.
#     benchmarks/run.sh [--quick] [NAME...]     NAME: a folder of benchmarks/; all of them if none is given
# Writes build/bench/results.json, report.md and, where python3 is there, report.html.
# Exit codes: 0 every program ran and every counted row meets its goal, 1 not so, 2 something is missing.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../.ci/lib.sh
. "$root/.ci/lib.sh"
cd "$root" || exit 2

quick=()
wanted=()
for argument in "$@"; do
    case $argument in
        --quick) quick=(--quick) ;;
        -*)
            echo "usage: benchmarks/run.sh [--quick] [NAME...]" >&2
            exit 2
            ;;
        *) wanted+=("bench_${argument#bench_}") ;;
    esac
done

need_build_tools
need_libraries
need_connectors
need --optional "$(header tbb/tbb.h libtbb-dev)" "$(header openssl/evp.h libssl-dev)" \
    "$(header rocksdb/db.h librocksdb-dev)" "$(header lmdb.h liblmdb-dev)" "$(header librdkafka/rdkafka.h librdkafka-dev)" \
    "$(header boost/unordered/unordered_flat_map.hpp libboost1.81-dev)" valgrind:valgrind ccache:ccache \
    "$(header concurrentqueue/concurrentqueue.h libconcurrentqueue-dev)" \
    "$(header readerwriterqueue/readerwriterqueue.h libreaderwriterqueue-dev)" "$(header dpdk/rte_ring.h libdpdk-dev)"
unpack_peer libatomic-queue-dev atomic_queue/atomic_queue.h build/bench/peers  # its Boost is an older one

out=$root/build/bench
say "building (bench)"
cmake --preset bench > /dev/null || exit 1
if ! NINJA_STATUS='[%f/%t, %es] ' cmake --build --preset bench -j "$(cores)" -- -k 0; then
    echo "FAILED: not every benchmark could be built; the others are run"
    broken=1
fi

rows=$out/rows
rm -rf "$rows"
mkdir -p "$rows"
failed=(${broken:+build})
ran=0
while read -r program; do
    [ -n "$program" ] || continue
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $program "* ]]; then continue; fi
    if [ ! -x "$out/programs/$program" ]; then
        failed+=("$program")
        continue
    fi
    say "$program ${quick[*]:-}"
    started=$SECONDS
    if ! timeout "${WEIR_BENCH_SECONDS:-$([ ${#quick[@]} -gt 0 ] && echo 120 || echo 3600)}" \
        "$out/programs/$program" "${quick[@]}" --json "$rows/$program.json"; then
        failed+=("$program")
    fi
    ran=$((ran + 1))
    say "$program took $(duration $((SECONDS - started)))"
done < "$out/programs.txt"

if command -v python3 > /dev/null 2>&1; then
    python3 "$root/benchmarks/support/report.py" "$rows" "$out" || failed+=(report)
else
    # Each file is an array; the report is a list of its rows as they are.
    {
        echo '['
        first=1
        for file in "$rows"/*.json; do
            [ -e "$file" ] || continue
            body=$(sed -e '1s/^[[:space:]]*\[//' -e '$s/\][[:space:]]*$//' "$file")
            [ -n "${body//[[:space:]]/}" ] || continue
            [ $first = 1 ] || echo ','
            first=0
            printf '%s' "$body"
        done
        echo ']'
    } > "$out/results.json"
    {
        echo "# weir: benchmark rows"
        echo
        echo '```json'
        cat "$out/results.json"
        echo '```'
    } > "$out/report.md"
    say "python3 is not there, so there is no report.html and report.md lists the rows as they are"
fi

echo "results: $out/results.json"
echo "report:  $out/report.md$([ -e "$out/report.html" ] && echo ", $out/report.html")"
if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]}"
    exit 1
fi
echo "PASSED: $ran benchmark programs"
