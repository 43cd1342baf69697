#!/bin/sh
# SPDX-License-Identifier: MIT
# net_restarts.sh 3: with --restarts, a run of three hosts that something has ended comes up again by
# itself, goes on from its checkpoint and ends in the bytes of a run that nothing has ended. What would
# fail again is not tried again, and a stop ends it, also while it waits.
. "$(dirname "$0")/net_lib.sh"
tables binary
run="--epochs 60 --batch_size 256"
# shellcheck disable=SC2086 # lists of words
train $options $run --out "$folder/alone"

# restartable ARGUMENT...: three hosts in the middle of that run.
# shellcheck disable=SC2086 # lists of words
restartable() {
    rm -rf "$folder"/out.*
    busy_with $run --restarts 2 "$@"
}

# well WHAT PATTERN: it ends well after all, and the hosts say what was wrong.
well() {
    all_end 3 "$1" 0
    same_run "$1" "$folder/alone" "$folder/out.1"
    cat "$folder"/said.* >"$folder/said"
    grep -q "$2" "$folder/said" || complain "$1: they say: $(cat "$folder/said")"
    grep -q "restart 1 of 2, from the newest checkpoint" "$folder/said" ||
        complain "$1: no restart: $(cat "$folder/said")"
}

restartable
kill -KILL "$rank2"
well "a rank is killed" "host algo-2: rank 1 was ended by signal 9"

restartable
kill -KILL "$rank1"
well "the leader's rank is killed" "host algo-1: rank 0 was ended by signal 9"

# Somebody else has to start a supervisor again.
for who in 3 1; do
    restartable
    kill -KILL "$(cat "$folder/pid.$who")"
    wait "$(cat "$folder/pid.$who")" 2>/dev/null
    relaunch $who
    well "the supervisor of host $who is killed" "host algo-$who: the connection is lost"
done

restartable
ip -n "$tag-2" link set eth0 down
sleep 3
ip -n "$tag-2" link set eth0 up
well "a link is cut for a while" "has not been heard of for longer than the heartbeat"

# Each failure takes one, then there are none.
busy --restarts 1
kill -KILL "$rank3"
until_says 1 "restart 1 of 1"
rm -f "$folder"/checkpoints/*
until_checkpoint "$folder/checkpoints"
kill -KILL "$(rank_of 2)"
over "no restart is left" 3 "host algo-2: rank 1 was ended by signal 9" 137
grep -q "rank 2 was ended by signal 9; restart 1 of 1" "$folder/said.3" ||
    complain "no restart is left: $(cat "$folder/said.3")"

# never_again WHAT PATTERN: the run that was launched fails with 1 on the first try.
never_again() {
    all_end 3 "$1" 1
    grep -q "$2" "$folder/said.1" || complain "$1: host 1 says: $(cat "$folder/said.1")"
    ! grep "restart [0-9]" "$folder"/said.* || complain "$1: it is tried again"
}

# shellcheck disable=SC2086 # lists of words
{
    launch_all 3 $options --restarts 3 --lr 1e6 --optimizer sgd --task regression --epochs 100
    never_again "divergence" "no longer a finite number"
    launch 1 3 $options --restarts 3
    launch 2 3 $options --restarts 3
    launch 3 3 --train "$folder/val.npz" --quiet --restarts 3 # which has no X_train
    never_again "bad data" "host algo-3: rank 2: $folder/val.npz"
}

rm -rf "$folder"/out.*
# A stop while hosts wait for one that does not come back: nothing is left to do.
for who in 1 3; do
    busy --restarts 3 --join_timeout 60
    kill -KILL "$(cat "$folder/pid.2")"
    wait "$(cat "$folder/pid.2")" 2>/dev/null
    until_says 1 "restart 1 of 3"
    until_says 3 "restart 1 of 3"
    sleep 0.5
    kill -TERM "$(cat "$folder/pid.$who")"
    for host in 1 3; do
        ended $host
        [ "$code" -eq 0 ] || complain "stopped at host $who: host $host ends with $code"
    done
    [ ! -e "$folder/out.1/model.npz" ] || complain "stopped at host $who: a model"
done
finish
