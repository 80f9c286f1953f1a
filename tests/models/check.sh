#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh MODEL.pml SCRATCH: Spin must find no error in the model, and one in the same model with its planted bug.
# Prints states and transitions.
set -eu
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rm -rf "$2"
mkdir -p "$2"
cd "$2"
run() { # run NAME FLAGS: prints the number of errors
    mkdir -p "$1"
    (
        cd "$1"
        # shellcheck disable=SC2086
        spin -a $2 "$model" > spin.txt 2>&1 || { cat spin.txt >&2; exit 2; }
        cc -O2 -w -DSAFETY -o pan pan.c
        ./pan -m1000000 > pan.txt 2>&1 || true
        grep -q 'max search depth too small' pan.txt && { echo "depth" ; exit 2; }
        sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.txt
    )
}
errors=$(run sound "")
[ "$errors" = 0 ] || { echo "$1: $errors errors"; tail -n 30 sound/pan.txt; exit 1; }
planted=$(run planted "-DBUG")
[ -n "$planted" ] && [ "$planted" != 0 ] || { echo "$1: the planted bug was not found"; exit 1; }
echo "$(basename "$1"): no error; the planted bug is found"
sed -n '/states, stored/p; /transitions/p' sound/pan.txt
