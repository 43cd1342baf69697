#!/bin/sh
# SPDX-License-Identifier: MIT
# run-fuzz.sh BUILD SOURCE [TARGET...]: every fuzz target of a folder configured with --enable-fuzz
# for FUZZ_SECONDS (15), as many at a time as there are cores, from the seeds in
# tests/fuzz/corpus/<target>/. What it finds stays in BUILD/tests/fuzz/<target>.found/.
set -u
build=$1
source=$2
shift 2
seconds=${FUZZ_SECONDS:-15}
jobs=$(nproc 2>/dev/null || echo 1)
status=0

# shellcheck disable=SC2046 # no blanks in our names
[ $# -gt 0 ] || set -- $(find "$build/tests/fuzz" -name 'fuzz_*' -type f -perm -u+x | sort)
[ $# -gt 0 ] || { echo "FAIL: no fuzz target in $build/tests/fuzz"; exit 1; }

# fuzz TARGET: its result, and what it said where it failed.
fuzz() {
    name=$(basename "$1")
    found=$build/tests/fuzz/$name.found
    grown=$build/tests/fuzz/$name.corpus
    seeds=$source/tests/fuzz/corpus/$name
    mkdir -p "$found" "$grown"
    [ -d "$seeds" ] || seeds=
    # 64 MB beyond what the sanitizer itself takes is what hostile input may cost.
    if "$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -malloc_limit_mb=512 \
        -print_final_stats=1 -artifact_prefix="$found/" "$grown" ${seeds:+"$seeds"} \
        >"$build/tests/fuzz/$name.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/tests/fuzz/$name.log")
        echo "PASS: tests/fuzz/$name ($runs runs in $seconds s)"
    else
        echo "FAIL: tests/fuzz/$name"
        tail -n 40 "$build/tests/fuzz/$name.log"
        return 1
    fi
}

# The batch that runs; each takes the same seconds.
pids=
finish_batch() {
    for pid in $pids; do
        wait "$pid" || status=1
    done
    pids=
}

for target in "$@"; do
    (said=$(fuzz "$target"); code=$?; echo "$said"; exit $code) &
    pids="$pids $!"
    # shellcheck disable=SC2086 # as many words as there are processes
    [ "$(set -- $pids; echo $#)" -lt "$jobs" ] || finish_batch
done
finish_batch
exit $status
