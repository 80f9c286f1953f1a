#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# run.sh KAFKA_COMPARE [SCRIPTS]: runs the comparison with the broker that WEIR_TEST_KAFKA names, or with that of
# SCRIPTS/kafka.sh, which is stopped again if it was started for this.
set -euo pipefail
if [ -z "${WEIR_TEST_KAFKA:-}" ]; then
  service=${2:-}/kafka.sh
  if [ ! -x "$service" ]; then
    echo "skipped: no broker; set WEIR_TEST_KAFKA=HOST:PORT, or CMake's WEIR_SERVICES_DIR to the folder of kafka.sh"
    exit 77
  fi
  if ! "$service" status; then
    "$service" start || { echo "skipped: the broker does not start here; see above"; exit 77; }
    trap '"$service" stop' EXIT
  fi
  eval "$("$service" env)"
fi
"$1" "$WEIR_TEST_KAFKA"
