#!/bin/sh
# SPDX-License-Identifier: MIT
# threads.sh RANKS KIND OPTION...: ranks of several threads, also of unequal numbers, and more of
# them than there are cores: the same bytes, in bounded time. Without --threads, ranks share the
# cores of their machine.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift
tables "$kind"
cores=$(nproc)
# shellcheck disable=SC2086 # lists of words
{
    train $options "$@" --out "$folder/alone"
    for count in $ranks; do
        ranked "$count" $options "$@" --threads 3 --out "$folder/three"
        same_run "$count ranks of 3 threads" "$folder/alone" "$folder/three"
    done
    timeout -s KILL 30 mpiexec -n 1 "$SKIFF" train $options "$@" --threads 1 --out "$folder/mixed" : \
        -n 1 "$SKIFF" train $options "$@" --threads 3 --out "$folder/mixed" </dev/null ||
        complain "unequal threads: exit status $?"
    same_run "1 thread and 3" "$folder/alone" "$folder/mixed"
    # Without --threads and OMP_NUM_THREADS.
    unset OMP_NUM_THREADS
    timeout -s KILL 30 mpiexec -n 2 "$SKIFF" train $options "$@" --out "$folder/free" </dev/null ||
        complain "no --threads: exit status $?"
}
want=$((cores > 2 ? cores / 2 : 1))
grep -q "\"threads\": $want\\b" "$folder/free/run.json" ||
    complain "2 ranks on $cores cores: $(grep -o '"threads": [0-9]*' "$folder/free/run.json")"
finish
