#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# run.sh KAFKA_COMPARE: runs the comparison with the broker that WEIR_TEST_KAFKA names, or one that it starts.
set -euo pipefail
if [ -z "${WEIR_TEST_KAFKA:-}" ]; then
  service=${WEIR_SERVICES_DIR:-}/kafka.sh
  if [ ! -x "$service" ]; then
    echo "no broker: set WEIR_TEST_KAFKA=HOST:PORT, or WEIR_SERVICES_DIR to the folder of kafka.sh"
    exit 77
  fi
  "$service" start || { echo "the broker does not start here; see above"; exit 77; }
  trap '"$service" stop' EXIT
  eval "$("$service" env)"
fi
"$1" "$WEIR_TEST_KAFKA"
