# SPDX-License-Identifier: BSL-1.0
# Shared by tests/run.sh, examples/run.sh, benchmarks/run.sh and .ci/*: source it after setting `root`.
# shellcheck shell=bash

say() { printf '== %s\n' "$*"; }

cores() { nproc 2> /dev/null || echo 2; }

# need [--optional] COMMAND_OR_FILE:PACKAGE...: installs the packages of what is missing. As root by apt-get, without
# sudo; elsewhere lists what is missing and exits with 2. With --optional a package that cannot be had is only named.
need() {
    local optional=0
    if [ "$1" = --optional ]; then optional=1; shift; fi
    local item what package missing=()
    for item in "$@"; do
        what=${item%%:*}
        package=${item#*:}
        case $what in
            /*) [ -e "$what" ] || missing+=("$package") ;;
            *) command -v "$what" > /dev/null 2>&1 || missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
        say "installing ${missing[*]}"
        if [ -z "${weir_apt_updated:-}" ]; then
            DEBIAN_FRONTEND=noninteractive apt-get update -q > /dev/null || true
            export weir_apt_updated=1
        fi
        if [ $optional = 1 ]; then
            for package in "${missing[@]}"; do
                DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-remove --no-install-recommends "$package" > /dev/null 2>&1 ||
                    say "cannot install $package; going on without it"
            done
            return 0
        fi
        if ! DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-remove --no-install-recommends "${missing[@]}" > /dev/null; then
            echo "error: apt-get could not install: ${missing[*]}" >&2
            exit 2
        fi
        return 0
    fi
    if [ $optional = 1 ]; then
        say "not found, going on without: ${missing[*]}"
        return 0
    fi
    echo "error: these packages are missing (Debian names): ${missing[*]}" >&2
    echo "       install them and run this again, for example: sudo apt-get install ${missing[*]}" >&2
    exit 2
}

# unpack_peer PACKAGE HEADER DIR: a package of headers that cannot be installed beside what is there, unpacked to DIR.
unpack_peer() {
    local package=$1 header=$2 dir=$3
    [ ! -e "/usr/include/$header" ] && [ ! -e "$dir/usr/include/$header" ] || return 0
    if ! command -v apt-get > /dev/null 2>&1 || ! command -v dpkg-deb > /dev/null 2>&1; then return 0; fi
    mkdir -p "$dir"
    (cd "$dir" && apt-get download -q "$package" > /dev/null 2>&1 && dpkg-deb -x "$package"_*.deb .) ||
        say "cannot get $package; going on without it"
}

# have_header FILE PACKAGE: the argument of `need` for a header, wherever a compiler may look for it.
header() {
    local dir
    for dir in /usr/include /usr/local/include /usr/include/x86_64-linux-gnu /usr/include/aarch64-linux-gnu \
        ${CPLUS_INCLUDE_PATH:+${CPLUS_INCLUDE_PATH//:/ }} ${CMAKE_PREFIX_PATH:+${CMAKE_PREFIX_PATH//[:;]//include }/include}; do
        if [ -e "$dir/$1" ]; then
            echo "$dir/$1:$2"
            return
        fi
    done
    echo "/usr/include/$1:$2"
}

need_build_tools() { need g++:g++ cmake:cmake ninja:ninja-build; }
need_libraries() { need "$(header range/v3/all.hpp librange-v3-dev)" "$(header fmt/core.h libfmt-dev)"; }
# What a connector of ours needs; without it the connector, its tests and its benchmarks are left out.
need_connectors() { need --optional "$(header simdjson.h libsimdjson-dev)" "$(header sqlite3.h libsqlite3-dev)"; }
need_catch2() {
    if [ -e /usr/include/catch2/catch_all.hpp ] || [ -e /usr/local/include/catch2/catch_all.hpp ]; then return; fi
    need "$(header catch2/catch.hpp catch2)"
}
need_clang() {
    need clang++-19:clang-19 /usr/lib/llvm-19/lib/clang/19/lib/linux:libclang-rt-19-dev llvm-symbolizer-19:llvm-19
}

# A time in words.
duration() { printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); }
