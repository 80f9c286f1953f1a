#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# run.sh KAFKA_COMPARE: runs the comparison with the broker that WEIR_TEST_KAFKA names, or one that it starts.
set -euo pipefail
here=$(cd "$(dirname "$0")/../../../.." && pwd)
if [ -z "${WEIR_TEST_KAFKA:-}" ]; then
  service=$here/shared/services/kafka.sh
  [ -x "$service" ] || { echo "no broker: set WEIR_TEST_KAFKA=HOST:PORT"; exit 77; }
  "$service" start
  eval "$("$service" env)"
fi
exec "$1" "$WEIR_TEST_KAFKA"
