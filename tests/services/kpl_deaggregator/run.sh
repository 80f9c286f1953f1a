#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# run.sh KPL_DEAGGREGATOR SCRATCH: weir's aggregated records against Amazon's code for the JVM, both ways. The jars come
# with Maven, as it is configured here, and stay in SCRATCH. Skipped without a JDK of 17 or later, Maven, or the jars.
set -euo pipefail
program=$1 scratch=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$scratch"
skip() { echo "skipped: $1"; exit 77; }
for tool in javac java mvn; do command -v $tool >/dev/null || skip "no $tool (Debian: default-jdk-headless, maven)"; done
version=$(javac -version 2>&1 | sed 's/^javac \([0-9]*\).*/\1/')
[ "$version" -ge 17 ] || skip "a JDK of 17 or later is needed, this one is $version"

jars=$scratch/jars
if ! cmp -s "$here/jars.pom.xml" "$jars/fetched"; then
  rm -rf "$jars"
  mkdir -p "$jars"
  fetch() { timeout 180 mvn -B -q "$@" -f "$here/jars.pom.xml" -Dout="$jars" package >"$scratch/maven.log" 2>&1; }
  fetch -o || fetch || { tail -5 "$scratch/maven.log"; skip "Maven does not get the jars"; }
  cp "$here/jars.pom.xml" "$jars/fetched"
fi

for side in awslabs:AwslabsSide kcl:KclSide; do
  folder=${side%:*} class=${side#*:}
  javac -d "$scratch/$folder" -cp "$jars/$folder/*" "$here/Exchange.java" "$here/$class.java"
done
"$program" write "$scratch/cases.txt"
java -Xmx512m -cp "$scratch/awslabs:$jars/awslabs/*" AwslabsSide "$scratch/cases.txt" "$scratch/awslabs.txt" 2>"$scratch/awslabs.log" ||
  { tail -20 "$scratch/awslabs.log"; exit 1; }
java -Xmx512m -cp "$scratch/kcl:$jars/kcl/*" KclSide "$scratch/cases.txt" "$scratch/kcl.txt" 2>"$scratch/kcl.log" ||
  { tail -20 "$scratch/kcl.log"; exit 1; }
"$program" check "$scratch/awslabs.txt" "$scratch/kcl.txt"
