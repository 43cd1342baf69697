#!/bin/sh
# SPDX-License-Identifier: MIT
# model_resume.sh RANKS KIND OPTION...: ranks that divide the network are stopped by a signal and go on,
# to the bytes of a run that nobody stopped; what cannot be combined is refused.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift
tables "$kind"
# shellcheck disable=SC2086 # lists of words
{
    set -- $options "$@" --parallel model
    ranked "$ranks" "$@" --out "$folder/alone"
    start "$ranks" "$@" --checkpoint_dir "$folder/checkpoints" --checkpoint_every 3 --out "$folder/out"
    until_there "$folder/pid.1"
    until_checkpoint "$folder/checkpoints"
    kill -TERM "$(cat "$folder/pid.1")" 2>/dev/null || echo "it had ended before the signal"
    wait $launcher
    code=$?
    [ $code -eq 0 ] || complain "SIGTERM: exit status $code: $(cat "$folder/stderr")"
    all_gone "SIGTERM"

    # refused PATTERN ARGUMENT...: by one process, whose line has the pattern.
    refused() {
        pattern=$1
        shift
        "$SKIFF" train "$@" --out "$folder/refused" >"$folder/stdout" 2>"$folder/stderr" </dev/null &&
            complain "train $*: is not refused"
        one_line "train $*" "$pattern"
    }
    refused "ranks that divide the network (see --parallel) was $ranks there and is 1 here" "$@" \
        --checkpoint_dir "$folder/checkpoints"
    refused "ranks that divide the network (see --parallel) was $ranks there and is 1 here" "$@" --parallel data \
        --checkpoint_dir "$folder/checkpoints"
    refused "leave --elastic away" "$@" --restarts 2 --elastic
    refused "leave --sharded away" "$@" --sharded

    ranked "$ranks" "$@" --checkpoint_dir "$folder/checkpoints" --out "$folder/out"
}
same_run "stopped and resumed" "$folder/alone" "$folder/out"
no_leftovers "stopped and resumed" "$folder/out" "$folder/checkpoints"
finish
