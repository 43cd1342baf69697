#!/bin/sh
# SPDX-License-Identifier: MIT
# ranks_bytes.sh RANKS KIND OPTION...: one process and each of those numbers of ranks write the same
# model and the same history.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift
tables "$kind"
# shellcheck disable=SC2046,SC2086 # lists of words
{
    train $options $(wide_network "$kind") "$@" --out "$folder/alone"
    for count in $ranks; do
        ranked "$count" $options $(wide_network "$kind") "$@" --out "$folder/$count"
        same_run "$count ranks" "$folder/alone" "$folder/$count"
        same_file "$count ranks" "$folder/alone/metrics.json" "$folder/$count/metrics.json"
        grep -q "\"ranks\": $count\$" "$folder/$count/run.json" ||
            grep -q "\"ranks\": $count[,}]" "$folder/$count/run.json" ||
            complain "run.json does not say $count ranks"
    done
}
finish
