#!/bin/sh
# SPDX-License-Identifier: MIT
# shards.sh RANKS KIND OPTION...: ranks whose files are parts of one table, uneven ones and one
# without rows, write the model, the history and the metrics of a process that has them all. KIND csv
# is a CSV for which there is a prep.json.
. "$(dirname "$0")/mpi_lib.sh"
kind=$1
shift

# cuts COUNT ROWS EMPTY: the first row of each of so many shards, and the number of rows; shard EMPTY
# has none.
cuts() {
    awk -v count="$1" -v rows="$2" -v empty="$3" 'BEGIN {
        for (r = 0; r < count; r++)
            all += weight[r] = r "" == empty ? 0 : (r * 7 + 3) % 5 + 1
        for (r = 0; r < count; r++) {
            printf "%d ", rows * sum / all
            sum += weight[r]
        }
        print rows
    }'
}

# Lines for npz_tables.py: each rank has the folders train and val; a shard without rows is a file,
# or for an even number of ranks a folder without files.
arrays() {
    count=$1
    part=$2
    rows=$3
    empty=$4
    shift 4
    table=$*
    # shellcheck disable=SC2046 # numbers
    set -- $(cuts "$count" "$rows" "$empty")
    rank=0
    while [ $rank -lt "$count" ]; do
        mkdir -p "$folder/shards/$count/$rank/$part"
        [ "$1" = "$2" ] && [ $((count % 2)) -eq 0 ] ||
            echo "$folder/shards/$count/$rank/$part/rows.npz $table $1 $2"
        rank=$((rank + 1))
        shift
    done
}

# The same of a CSV, whose header each shard has.
lines() {
    count=$1
    table=$2
    # shellcheck disable=SC2046 # numbers
    set -- $(cuts "$count" $(($(wc -l <"$table") - 1)) "$3")
    rank=0
    while [ $rank -lt "$count" ]; do
        mkdir -p "$folder/shards/$count/$rank"
        awk -v begin="$1" -v end="$2" 'NR == 1 || (NR > begin + 1 && NR <= end + 1)' "$table" \
            >"$folder/shards/$count/$rank/train"
        rank=$((rank + 1))
        shift
    done
}

# The first, the middle or the last rank; none of a single one.
empty_of() {
    [ "$1" -gt 1 ] || { echo none; return; }
    case $(($1 % 3)) in
    0) echo 0 ;;
    1) echo $(($1 / 2)) ;;
    2) echo $(($1 - 1)) ;;
    esac
}

make_shards() {
    if [ "$kind" = csv ]; then
        "$SKIFF" prep "$data/passengers.csv" --target Survived --out "$folder/prep" --quiet ||
            complain "prep fails"
        for count in $ranks; do
            lines "$count" "$data/passengers.csv" "$(empty_of "$count")"
        done
        whole="--train $data/passengers.csv"
        given="--prep $folder/prep/prep.json --quiet"
        return
    fi
    shape "$kind"
    # shellcheck disable=SC2154 # of shape
    {
        echo "$folder/train.npz $train"
        echo "$folder/val.npz $val"
        for count in $ranks; do
            arrays "$count" train "$train_rows" "$(empty_of "$count")" "$train"
            arrays "$count" val "$val_rows" "$(empty_of $((count + 1)))" "$val"
        done
    } >"$folder/lines"
    "$python" "$source_folder/tests/shell/npz_tables.py" <"$folder/lines"
    whole="--train $folder/train.npz --val $folder/val.npz"
    given="--quiet $(wide_network "$kind")"
}

# sharded NUMBER ARGUMENT...: each rank with its own files.
sharded() {
    number=$1
    shift
    # shellcheck disable=SC2016 # for the shell of each rank
    timeout -s KILL 30 mpiexec -n "$number" sh -c \
        'f=$1/$PMI_RANK; shift; [ ! -e "$f/val" ] || set -- "$@" --val "$f/val"
         exec "$@" --train "$f/train"' \
        sh "$folder/shards/$number" "$SKIFF" train --sharded --threads 1 "$@" \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || complain "$number ranks: train $*: exit status $code: $(cat "$folder/stderr")"
}

make_shards
# shellcheck disable=SC2086 # lists of words
{
    train $whole $given "$@" --out "$folder/alone"
    for count in $ranks; do
        sharded "$count" $given "$@" --out "$folder/$count"
        same_run "$count ranks" "$folder/alone" "$folder/$count"
        same_file "$count ranks" "$folder/alone/metrics.json" "$folder/$count/metrics.json"
    done
}
finish
