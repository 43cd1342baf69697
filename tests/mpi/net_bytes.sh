#!/bin/sh
# SPDX-License-Identifier: MIT
# net_bytes.sh HOSTS RUNS [OPTION ...]: --hosts, without a launcher, over TCP: the bytes of one process.
# Then so many short runs, none of which may hang.
. "$(dirname "$0")/net_lib.sh"
runs=$1
shift
tables binary
arguments="$options --epochs 3 --batch_size 700 --dropout 0.2"
# shellcheck disable=SC2086 # lists of words
{
    train $arguments --out "$folder/alone"
    for hosts in $ranks; do
        launch_all "$hosts" $arguments "$@"
        all_end "$hosts" "$hosts hosts" 0
        same_run "$hosts hosts" "$folder/alone" "$folder/out.1"
        [ ! -e "$folder/out.2/model.npz" ] || complain "$hosts hosts: the second writes a model, too"
    done
    for cycle in $(seq 1 "$runs"); do
        launch 3 3 $options --epochs 1 "$@"
        launch 2 3 $options --epochs 1 "$@"
        [ $((cycle % 5)) -ne 0 ] || sleep 0.1 # for the leader is late now and then
        launch 1 3 $options --epochs 1 "$@"
        all_end 3 "run $cycle" 0
    done
}
finish
