#!/bin/sh
# SPDX-License-Identifier: MIT
# hosts.sh RANKS: ranks that believe to be on hosts of their own, and talk over TCP. Many short runs,
# for MPICH's own way to end hangs in some of them; the same bytes, and failures that end.
. "$(dirname "$0")/mpi_lib.sh"
tables binary
unshare --uts true 2>/dev/null || { echo "skipped: unshare --uts is not allowed"; exit 77; }

# The host's name is all that skiff looks at; MPICH and UCX are told not to use shared memory.
MPIR_CVAR_NOLOCAL=1
UCX_TLS=tcp,self
export MPIR_CVAR_NOLOCAL UCX_TLS

# hosts NUMBER ARGUMENT...: train on so many of them; $code is the exit status.
hosts() {
    number=$1
    shift
    # shellcheck disable=SC2016 # for the shell of each rank
    timeout -s KILL 20 mpiexec -n "$number" unshare --uts sh -c \
        'hostname "algo-$PMI_RANK"; exec "$@"' sh "$SKIFF" train --threads 1 "$@" \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
}

# shellcheck disable=SC2086 # lists of words
{
    train $options --epochs 3 --batch_size 700 --out "$folder/alone"
    for count in $ranks; do
        for cycle in 1 2 3 4 5; do
            rm -rf "$folder/out"
            hosts "$count" $options --epochs 3 --batch_size 700 --out "$folder/out"
            [ $code -eq 0 ] ||
                complain "$count hosts, run $cycle: exit status $code: $(cat "$folder/stderr")"
            same_run "$count hosts, run $cycle" "$folder/alone" "$folder/out"
        done
        hosts "$count" $options --lr 1e6 --optimizer sgd --task regression --epochs 100
        [ $code -eq 1 ] || complain "$count hosts: a failure ends with $code"
        grep -q "no longer a finite number" "$folder/stderr" || complain "$(cat "$folder/stderr")"
        hosts "$count" $options --bogus
        [ $code -eq 2 ] || complain "$count hosts: a usage error ends with $code"
    done
}
finish
