#!/bin/sh
# SPDX-License-Identifier: MIT
# model_parallel.sh RANKS KIND OPTION...: ranks that divide the network train the model of one process,
# to rounding, and on any number of threads in the same bytes; what they cannot do they say.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift
tables "$kind"
tolerance=1e-4 # of the largest weight of a layer
# shellcheck disable=SC2046,SC2086 # lists of words
{
    set -- $options $(wide_network "$kind") "$@"
    train "$@" --out "$folder/alone"
    for count in $ranks; do
        ranked "$count" "$@" --parallel model --out "$folder/$count"
        "$python" "$source_folder/tests/mpi/npz_close.py" $tolerance "$folder/alone/model.npz" \
            "$folder/$count/model.npz" || complain "$count ranks: another model"
        ranked "$count" "$@" --parallel model --threads 3 --out "$folder/threads"
        same_run "$count ranks, 3 threads" "$folder/$count" "$folder/threads"
        same_file "$count ranks, 3 threads" "$folder/$count/metrics.json" "$folder/threads/metrics.json"
    done
    train "$@" --parallel model --out "$folder/whole"
    "$python" "$source_folder/tests/mpi/npz_close.py" $tolerance "$folder/alone/model.npz" \
        "$folder/whole/model.npz" || complain "one process, --parallel model: another model"
    # From the weights of a file, and back into one, without a step.
    ranked 3 "$@" --parallel model --epochs 0 --init "$folder/alone/model.npz" --out "$folder/again"
    same_file "--init" "$folder/alone/model.npz" "$folder/again/model.npz"
    same_file "--init" "$folder/alone/nn_model.pth" "$folder/again/nn_model.pth"
}
finish
