#!/bin/sh
# SPDX-License-Identifier: MIT
# signals.sh RANKS: SIGTERM to any rank ends all of them well, with a model. The death of any rank ends
# all of them soon, with a failure, and leaves no process and no broken checkpoint.
. "$(dirname "$0")/mpi_lib.sh"
tables binary

# shellcheck disable=SC2086 # a list of words
launch() {
    rm -rf "$folder/checkpoints" "$folder/out"
    start "$ranks" $options --epochs 1000000 --batch_size 512 --checkpoint_every 5 \
        --checkpoint_dir "$folder/checkpoints" --out "$folder/out"
    for r in $(seq 0 $((ranks - 1))); do
        until_there "$folder/pid.$r"
    done
    until_checkpoint "$folder/checkpoints"
}

for who in $(seq 0 $((ranks - 1))); do
    launch
    kill -TERM "$(cat "$folder/pid.$who")"
    wait $launcher
    code=$?
    [ $code -eq 0 ] || complain "SIGTERM to rank $who: exit status $code: $(cat "$folder/stderr")"
    [ -s "$folder/out/model.npz" ] || complain "SIGTERM to rank $who: no model"
    all_gone "SIGTERM to rank $who"

    begin_attempts
    while next_attempt "rank $who was killed"; do
        launch
        since=$(clock)
        kill -KILL "$(cat "$folder/pid.$who")"
        wait $launcher
        code=$?
        took=$(($(clock) - since))
        [ $code -ne 0 ] || complain "rank $who was killed, and the exit status is 0"
    done
    all_gone "rank $who was killed"
    for checkpoint in "$folder"/checkpoints/checkpoint-*.npz; do
        "$SKIFF" inspect "$checkpoint" >"$folder/stdout" 2>&1 ||
            complain "rank $who was killed: $(cat "$folder/stdout")"
    done
done

# So does a table that becomes shorter, which any rank may find first.
launch
truncate -s 4096 "$folder/train.npz"
wait $launcher
code=$?
[ $code -ne 0 ] || complain "the table was cut, and the exit status is 0"
grep -q "a data file became shorter" "$folder/stderr" || complain "cut: $(cat "$folder/stderr")"
all_gone "the table was cut"
finish
