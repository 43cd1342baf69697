#!/bin/sh
# SPDX-License-Identifier: MIT
# net_elastic.sh 3: with --elastic a restart does without hosts that do not come back, to the same bytes,
# whoever they are; but of a network in two parts only one goes on.
. "$(dirname "$0")/net_lib.sh"
tables binary
run="--epochs 60 --batch_size 256 --restarts 2 --elastic --join_timeout 3"
# shellcheck disable=SC2086 # lists of words
train $options --epochs 60 --batch_size 256 --out "$folder/alone"

elastic() {
    rm -rf "$folder"/out.*
    # shellcheck disable=SC2086 # lists of words
    busy_with $run "$@"
}

# well WHAT FIRST HOST...: these hosts end well, the first of them with the model.
well() {
    what=$1
    shift
    for host; do
        ended "$host"
        [ "$code" -eq 0 ] || complain "$what: host $host ends with $code: $(cat "$folder/said.$host")"
    done
    same_run "$what" "$folder/alone" "$folder/out.$1"
    tr -d '\n ' <"$folder/out.$1/run.json" | grep -q "\"ranks\":$#[,}]" ||
        complain "$what: run.json does not say $# ranks"
}

# badly WHAT HOST PATTERN: that host fails, and says why.
badly() {
    ended "$2"
    [ "$code" -ne 0 ] || complain "$1: host $2 ends with 0"
    grep -q "$3" "$folder/said.$2" || complain "$1: host $2 says: $(cat "$folder/said.$2")"
}

gone() {
    kill -KILL "$(cat "$folder/pid.$1")"
    wait "$(cat "$folder/pid.$1")" 2>/dev/null
}

elastic
gone 2
well "host 2 is gone" 1 3

elastic
gone 1
well "the leader is gone" 2 3

elastic
ip -n "$tag-1" link set eth0 down
well "the leader is cut off" 2 3
badly "the leader is cut off" 1 "have not come within 3 s: algo-2, algo-3"
[ ! -e "$folder/out.1/model.npz" ] || complain "the leader that is cut off writes a model"
ip -n "$tag-1" link set eth0 up

elastic
gone 1
gone 3
badly "one of three is left" 2 "have not come within 3 s: algo-3"

# Two hosts: the first goes on alone.
# shellcheck disable=SC2086 # lists of words
{
    rm -rf "$folder"/out.* "$folder/checkpoints"
    launch_all 2 $options $run --checkpoint_every 2 --heartbeat 2 --checkpoint_dir "$folder/checkpoints"
    until_checkpoint "$folder/checkpoints"
    gone 2
    well "one of two is left" 1
}
finish
