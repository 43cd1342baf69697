#!/bin/sh
# SPDX-License-Identifier: MIT
# resume.sh N,M,K KIND OPTION...: a run on N ranks is stopped by a signal to one of them, goes on with
# M and is stopped again, and ends with K: the bytes of a run that nobody stopped.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift
tables "$kind"

more_checkpoints() {
    is_gone $launcher || [ "$(ls "$folder/checkpoints" 2>/dev/null)" != "$(cat "$folder/before")" ]
}

# stopped NUMBER WHO: goes on with so many ranks until rank WHO, as soon as there is a new
# checkpoint, gets a SIGTERM; all of them end with success.
stopped() {
    number=$1
    who=$2
    shift 2
    rm -rf "$folder/before"
    ls "$folder/checkpoints" >"$folder/before" 2>/dev/null
    start "$number" "$@" --checkpoint_dir "$folder/checkpoints" --checkpoint_every 3 \
        --out "$folder/out"
    until_there "$folder/pid.$who"
    until_true more_checkpoints || complain "$number ranks: no checkpoint"
    kill -TERM "$(cat "$folder/pid.$who")" 2>/dev/null || echo "it had ended before the signal"
    wait $launcher
    code=$?
    [ $code -eq 0 ] ||
        complain "$number ranks, SIGTERM to rank $who: exit status $code: $(cat "$folder/stderr")"
    all_gone "$number ranks, SIGTERM to rank $who"
}

# shellcheck disable=SC2086 # lists of words
{
    set -- $options "$@"
    train "$@" --out "$folder/alone"
    who=1
    left=$ranks
    for count in $ranks; do
        left=${left#"$count"}
        left=${left# }
        if [ -n "$left" ]; then
            stopped "$count" $((who % count)) "$@"
            who=$((who + 1))
        else
            ranked "$count" "$@" --checkpoint_dir "$folder/checkpoints" --out "$folder/out"
        fi
    done
}
same_run "ranks $ranks" "$folder/alone" "$folder/out"
no_leftovers "ranks $ranks" "$folder/out" "$folder/checkpoints"
finish
