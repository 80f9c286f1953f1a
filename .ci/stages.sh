# SPDX-License-Identifier: BSL-1.0
# The stages of .ci/run and .ci/nightly that are not a script of their own. Needs lib.sh and `root`.
# shellcheck shell=bash

stage_names=()
stage_codes=()
stage_times=()
run_started=$SECONDS

# stage NAME COMMAND...: runs it in a subshell, times it, remembers how it went.
stage() {
    local name=$1 started=$SECONDS code
    shift
    printf '\n======== %s\n' "$name"
    ("$@")
    code=$?
    stage_names+=("$name")
    stage_codes+=("$code")
    stage_times+=($((SECONDS - started)))
    printf '======== %s: %s in %s\n' "$name" "$([ $code = 0 ] && echo passed || echo "FAILED ($code)")" \
        "$(duration $((SECONDS - started)))"
}

stage_table() {
    local i failed=0
    printf '\n%-34s %-12s %8s\n' stage result time
    for i in "${!stage_names[@]}"; do
        if [ "${stage_codes[$i]}" != 0 ]; then failed=$((failed + 1)); fi
        printf '%-34s %-12s %8s\n' "${stage_names[$i]}" \
            "$([ "${stage_codes[$i]}" = 0 ] && echo passed || echo "FAILED (${stage_codes[$i]})")" \
            "$(duration "${stage_times[$i]}")"
    done
    printf '%-34s %-12s %8s\n' "${#stage_names[@]} stages" \
        "$([ $failed = 0 ] && echo "all passed" || echo "$failed FAILED")" "$(duration $((SECONDS - run_started)))"
    [ $failed = 0 ]
}

our_sources() { find include tests examples benchmarks \( -name '*.hpp' -o -name '*.cpp' \) -print | LC_ALL=C sort; }

check_format() {
    need clang-format-19:clang-format-19
    local file bad=0
    while read -r file; do
        if ! clang-format-19 "$file" | cmp -s - "$file"; then
            echo "$file: not formatted"
            bad=$((bad + 1))
        fi
    done < <(our_sources)
    if [ $bad -gt 0 ]; then
        echo "$bad files differ from .clang-format; fix them with: clang-format-19 -i FILE"
        return 1
    fi
    echo "all sources are formatted"
}

# What clang 19 is asked without sanitizers: wrong programs, outside consumers, examples, two translation units.
clang_static() {
    need_build_tools
    need_clang
    need_libraries
    need_catch2
    need_connectors
    need --optional ccache:ccache
    cmake --preset clang > /dev/null || return 1
    NINJA_STATUS='[%f/%t, %es] ' cmake --build --preset clang -j "$(cores)" \
        --target examples/all weir_odr_test weir_readme_example || return 1
    ctest --preset clang -j "$(cores)" -L '^(static|odr|examples)$' < /dev/null
}

# lint SECONDS HEADER...: each header alone, as CMake's header check compiles it. Headers that the time does not reach
# are named and fail nothing.
lint() {
    local seconds=$1
    shift
    need_build_tools
    need_clang
    need_libraries
    need_catch2
    need clang-tidy-19:clang-tidy-19
    need_connectors
    # A tree of its own: the files that CMake's header check compiles are written when it generates.
    cmake --preset clang -B build/lint -DCMAKE_VERIFY_INTERFACE_HEADER_SETS=ON -DWEIR_BUILD_TESTS=OFF \
        -DWEIR_BUILD_EXAMPLES=OFF > /dev/null || return 1
    local header list=()
    for header in "$@"; do
        [ -e "$header" ] || continue
        local file
        file=$(find build/lint -path "*verify_interface_header_sets/${header#include/}.cxx" | head -n 1)
        if [ -n "$file" ]; then list+=("$file"); fi
    done
    if [ ${#list[@]} = 0 ]; then
        echo "no header to lint"
        return 0
    fi
    echo "${#list[@]} headers, at most $(duration "$seconds")"
    # shellcheck disable=SC2016
    printf '%s\n' "${list[@]}" | WEIR_LINT_UNTIL=$(($(date +%s) + seconds)) xargs -P "$(cores)" -I{} sh -c '
        left=$((WEIR_LINT_UNTIL - $(date +%s)))
        name=$(echo "{}" | sed "s/.*header_sets\///; s/\.cxx$//")
        if [ "$left" -le 0 ]; then echo "not reached: $name"; exit 0; fi
        out=$(timeout "$left" clang-tidy-19 --quiet -p build/lint "{}" 2>&1)
        code=$?
        if [ $code = 124 ]; then echo "not reached: $name"; exit 0; fi
        if [ $code != 0 ]; then printf "%s\n" "$out" | grep -v "warnings generated\|Suppressed\|Use -header-filter"; exit 1; fi'
}

lint_changed() {
    local changed
    if git rev-parse -q --verify HEAD^ > /dev/null 2>&1; then
        changed=$(git diff --name-only --diff-filter=d HEAD^ -- include | grep '\.hpp$' || true)
    else
        echo "there is no previous commit here: every header counts as changed"
        changed=$(find include -name '*.hpp' | LC_ALL=C sort)
    fi
    # shellcheck disable=SC2086
    lint 360 $changed
}

lint_all() {
    # shellcheck disable=SC2046
    lint 7200 $(find include -name '*.hpp' | LC_ALL=C sort)
}

# Against other people's programs: a Kafka broker, and Amazon's deaggregators for the JVM. What cannot be had is skipped.
services() {
    need_build_tools
    need_libraries
    need_catch2
    need_connectors
    need --optional "$(header librdkafka/rdkafka.h librdkafka-dev)" javac:default-jdk-headless mvn:maven
    cmake --preset dev > /dev/null || return 1
    cmake --build --preset dev --target weir_kpl_deaggregator weir_kafka_compare || return 1
    ctest --preset dev -L '^services$' --output-on-failure < /dev/null
}

# fuzz_all SECONDS: every target for so long, from its corpus; what it finds new stays in build/.
fuzz_all() {
    local seconds=$1 source name failed=0
    # Half of a run would be the sanitizer's notes of where memory came from; a finding is run again with them.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-malloc_context_size=0:quarantine_size_mb=2:max_redzone=16:allocator_release_to_os_interval_ms=-1:max_malloc_fill_size=0}
    need_build_tools
    need_clang
    need_libraries
    need_catch2
    need_connectors
    need --optional ccache:ccache
    cmake --preset fuzz > /dev/null || return 1
    for source in tests/fuzz/*.cpp; do
        name=$(basename "$source" .cpp)
        if [ "$name" = replay_main ] || [ ! -e "$source" ]; then continue; fi
        say "fuzzing $name for $seconds s"
        cmake --build --preset fuzz --target "weir_fuzz_$name" > /tmp/weir_fuzz.$$ 2>&1 || {
            cat /tmp/weir_fuzz.$$
            rm -f /tmp/weir_fuzz.$$
            failed=1
            continue
        }
        rm -f /tmp/weir_fuzz.$$
        mkdir -p "build/fuzz/found/$name"
        local corpus=()
        [ ! -d "tests/fuzz/corpus/$name" ] || corpus=("tests/fuzz/corpus/$name")
        "build/fuzz/tests/weir_fuzz_$name" -max_total_time="$seconds" -print_final_stats=1 -rss_limit_mb=4096 \
            -artifact_prefix="build/fuzz/$name-" "build/fuzz/found/$name" "${corpus[@]}" 2>&1 | tail -n 12
        [ "${PIPESTATUS[0]}" = 0 ] || failed=1
    done
    return $failed
}
