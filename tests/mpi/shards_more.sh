#!/bin/sh
# SPDX-License-Identifier: MIT
# shards_more.sh RANKS (3 of them): what is wrong with one rank's files is said with their name; a run
# goes on with other shards of the same rows; rows that hosts share count once.
. "$(dirname "$0")/mpi_lib.sh"

"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/all.npz train binary 900 5 1
$folder/a.npz train binary 900 5 1 0 400
$folder/b.npz train binary 900 5 1 400 650
$folder/c.npz train binary 900 5 1 650 900
$folder/bc.npz train binary 900 5 1 400 900
$folder/a_again.npz train binary 900 5 1 0 400
$folder/wide.npz train binary 900 6 1
$folder/amounts.npz train regression 50 5 1
$folder/classes.npz train multiclass 200 5 1
$folder/none.npz train binary 900 5 1 7 7
$folder/val.npz val binary 300 5 2
$folder/val_again.npz val binary 300 5 2
END
"$python" - "$folder" <<'END'
import sys
from npz_tables import npy, save
X = [0.5] * 20
X[13] = float("nan")
save(sys.argv[1] + "/nan.npz", {"X_train": npy(X, (4, 5)), "y_train": npy([0, 1, 0, 1], (4,), "<i8")})
END
head -n 300 "$data/passengers.csv" >"$folder/few.csv"
for all in "$data/passengers.csv" "$folder/few.csv"; do
    "$SKIFF" prep "$all" --target Survived --out "$folder/prep_$(basename "$all")" --quiet ||
        complain "prep $all fails"
done
run="$SKIFF train --threads 1 --quiet --sharded"
a="--train $folder/a.npz"
b="--train $folder/b.npz"
c="--train $folder/c.npz"
# shellcheck disable=SC2086 # lists of words
{
    refused 1 "rank 1: $folder/nan.npz: X_train: row 2, column 3 is NaN" \
        -n 1 $run $a : -n 1 $run --train "$folder/nan.npz" : -n 1 $run $c
    refused 1 "rank 2: $folder/wide.npz: X_train has 6 features, but that of rank 0 has 5" \
        -n 1 $run $a : -n 1 $run $b : -n 1 $run --train "$folder/wide.npz"
    refused 1 "rank 1: $folder/classes.npz: y_train: the label of row " \
        -n 1 $run $a --task binary : -n 1 $run --train "$folder/classes.npz" --task binary
    refused 1 "rank 1: --val is not given here, but at rank 0" \
        -n 1 $run $a --val "$folder/val.npz" : -n 2 $run $b
    refused 1 "rank 1: sharded is 0 here and 1 at rank 0" -n 1 $run $a : -n 1 $run $b --no-sharded
    refused 1 "all ranks hold the same 400 rows" -n 1 $run $a : -n 1 $run --train "$folder/a_again.npz"
    refused 1 "no rank has rows to train on" -n 3 $run --train "$folder/none.npz"
    refused 1 "rank 1: $folder/x.npz: cannot open" -n 1 $run $a : -n 1 $run --train "$folder/x.npz"
    refused 2 "nobody has all of them" -n 2 $run --data "$data/passengers.csv" --target Survived
    refused 2 "to fit a preparation on" -n 2 $run --train "$data/passengers.csv" --target Survived
    refused 1 "rank 1: --prep (CRC-32) is" \
        -n 1 $run --train "$data/passengers.csv" --prep "$folder/prep_passengers.csv/prep.json" : \
        -n 1 $run --train "$folder/few.csv" --prep "$folder/prep_few.csv/prep.json"
}

# ranks_of WHAT ARGUMENT...: of mpiexec, all of which ends well.
ranks_of() {
    what=$1
    shift
    timeout -s KILL 30 mpiexec "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null ||
        complain "$what: $(cat "$folder/stderr")"
}

options="--batch_size 64 --dropout 0.2 --val $folder/val.npz"
kept="$options --checkpoint_dir $folder/kept --out $folder/out"
# shellcheck disable=SC2086 # lists of words
{
    # 3 shards, then 2, then a process with all rows.
    train --quiet --train "$folder/all.npz" $options --epochs 6 --out "$folder/alone"
    ranks_of "3 shards" -n 1 $run $a $kept --epochs 2 : -n 1 $run $b $kept --epochs 2 : \
        -n 1 $run $c $kept --epochs 2
    ranks_of "2 shards" -n 1 $run $a $kept --epochs 4 : \
        -n 1 $run --train "$folder/bc.npz" $kept --epochs 4
    train --train "$folder/all.npz" $kept --epochs 6
    has "$(cat "$folder/stderr")" "resuming after epoch 4"
    same_run "other shards" "$folder/alone" "$folder/out"

    # Ranks of one host with the same file; equal files to validate on.
    ranks_of "one shard" -n 3 $run --train "$folder/all.npz" $options --epochs 6 --out "$folder/one"
    same_run "one shard" "$folder/alone" "$folder/one"
    ranks_of "equal files" -n 1 "$SKIFF" train --threads 1 --sharded $a $options --epochs 6 \
        --out "$folder/equal" : -n 1 $run --train "$folder/bc.npz" $options \
        --val "$folder/val_again.npz" --epochs 6
    same_run "equal files" "$folder/alone" "$folder/equal"
    has "$(cat "$folder/stderr")" "all ranks hold the same rows to validate on; they count once"
}
finish
