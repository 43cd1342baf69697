#!/bin/sh
# SPDX-License-Identifier: MIT
# run-fuzz.sh BUILD SOURCE [TARGET...]: every fuzz target of a folder configured with --enable-fuzz
# for FUZZ_SECONDS (15), from the seeds in tests/fuzz/corpus/<target>/. What it finds stays in
# BUILD/tests/fuzz/<target>.found/.
set -u
build=$1
source=$2
shift 2
seconds=${FUZZ_SECONDS:-15}
status=0

# shellcheck disable=SC2046 # no blanks in our names
[ $# -gt 0 ] || set -- $(find "$build/tests/fuzz" -name 'fuzz_*' -type f -perm -u+x | sort)
[ $# -gt 0 ] || { echo "FAIL: no fuzz target in $build/tests/fuzz"; exit 1; }
for target in "$@"; do
    name=$(basename "$target")
    found=$build/tests/fuzz/$name.found
    grown=$build/tests/fuzz/$name.corpus
    seeds=$source/tests/fuzz/corpus/$name
    mkdir -p "$found" "$grown"
    [ -d "$seeds" ] || seeds=
    # 64 MB beyond what the sanitizer itself takes is what hostile input may cost.
    if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=512 \
        -print_final_stats=1 -artifact_prefix="$found/" "$grown" ${seeds:+"$seeds"} \
        >"$build/tests/fuzz/$name.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/tests/fuzz/$name.log")
        echo "PASS: tests/fuzz/$name ($runs runs in $seconds s)"
    else
        echo "FAIL: tests/fuzz/$name"
        tail -n 40 "$build/tests/fuzz/$name.log"
        status=1
    fi
done
exit $status
