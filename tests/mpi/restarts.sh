#!/bin/sh
# SPDX-License-Identifier: MIT
# restarts.sh RANKS: --restarts on one machine, with so many ranks: what has ended one of them is of no
# consequence but a line, until there are no restarts left.
. "$(dirname "$0")/mpi_lib.sh"
tables binary
arguments="$options --threads 1 --epochs 400 --batch_size 256"
# shellcheck disable=SC2086 # lists of words
train $arguments --out "$folder/alone"

# begin NUMBER ARGUMENT...: in the background as $supervisor, with so many ranks.
# shellcheck disable=SC2086 # lists of words
begin() {
    number=$1
    shift
    rm -rf "$folder/out" "$folder/checkpoints"
    "$SKIFF" train $arguments --ranks_per_host "$number" --out "$folder/out" "$@" \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null &
    supervisor=$!
}

# kill_last: the last rank, once there are all.
all_ranks() {
    ps -o pid=,stat= --ppid $supervisor | grep -v ' Z' >"$folder/ranks"
    [ "$(wc -l <"$folder/ranks")" = "$number" ]
}
kill_last() {
    until_true all_ranks || complain "there are not $number ranks: $(cat "$folder/ranks")"
    kill -KILL "$(awk 'END { print $1 }' "$folder/ranks")"
}

# kill_rank: the same, once there is a checkpoint.
kill_rank() {
    until_checkpoint "$folder/checkpoints"
    kill_last
}

# until_said PATTERN: by the supervisor.
until_said() {
    until_logged "$1" "$folder/stderr"
}

# ends STATUS WHAT
ends() {
    timeout 30 tail --pid=$supervisor -f /dev/null || kill -KILL $supervisor
    wait $supervisor
    code=$?
    [ $code -eq "$1" ] || complain "$2: exit status $code, expected $1: $(cat "$folder/stderr")"
}

for count in $ranks; do
    begin "$count" --restarts 2 --checkpoint_dir "$folder/checkpoints" --checkpoint_every 2
    kill_rank
    ends 0 "$count ranks"
    same_run "$count ranks" "$folder/alone" "$folder/out"
    one_line "$count ranks" "rank $((count - 1)) was ended by signal 9; restart 1 of 2, from the newest"

    begin "$count" --restarts 1 --epochs 1000000 --checkpoint_dir "$folder/checkpoints" \
        --checkpoint_every 2
    kill_rank
    until_said "restart 1 of 1"
    rm -f "$folder"/checkpoints/*
    kill_rank
    ends 137 "$count ranks, none left"
    [ "$(wc -l <"$folder/stderr")" = 2 ] || complain "$count ranks, none left: $(cat "$folder/stderr")"

    # A stop is none of its failures, in the pause of the second either.
    begin "$count" --restarts 3 --epochs 1000000
    kill_last
    until_said "restart 1 of 3, from the beginning, for there is no"
    kill -TERM $supervisor
    ends 0 "$count ranks, stopped"
    [ ! -e "$folder/out/model.npz" ] || complain "$count ranks, stopped: a model"
done

# shellcheck disable=SC2086 # lists of words
{
    refuses 2 "--elastic is about restarts" $arguments --elastic
    refuses 2 "a host's rows would be missing" $arguments --elastic --restarts 1 --sharded
    refuses 1 "no longer a finite number" $options --restarts 3 --lr 1e6 --optimizer sgd \
        --task regression --epochs 100 --hidden 64,32
}
# A rank that cannot come to MPI could not do so another time. (Sanitizers want all addresses.)
if [ "$sanitized" = no ]; then
    rm -rf "$folder/out"
    # shellcheck disable=SC2086 # a list of words
    (ulimit -v 20000 && exec "$SKIFF" train $arguments --ranks_per_host 2 --restarts 3 \
        --out "$folder/out") >"$folder/stdout" 2>"$folder/stderr"
    code=$?
    [ $code -eq 1 ] || complain "no MPI: exit status $code"
    grep -q "MPICH cannot be loaded" "$folder/stderr" || complain "no MPI: $(cat "$folder/stderr")"
    ! grep -q "restart [0-9]" "$folder/stderr" || complain "no MPI, and tried again"
fi
finish
