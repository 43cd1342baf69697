#!/bin/sh
# SPDX-License-Identifier: MIT
# failures.sh RANKS: whatever goes wrong in one rank or in all, every rank ends, with one line and one
# exit status, and nothing is written.
. "$(dirname "$0")/mpi_lib.sh"
tables binary

"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/other.npz train binary 3000 7 99
$folder/wide.npz train binary 3000 8 1
$folder/test.npz test binary 1500 7 1
END
mkdir "$folder/blocked"
: >"$folder/blocked/file"
run="$SKIFF train --threads 1 --quiet"
train_table="--train $folder/train.npz"
# shellcheck disable=SC2086 # lists of words
{
    refused 2 "--bogus: unknown option" -n "$ranks" $run --bogus
    refused 2 "--train is missing" -n "$ranks" $run
    refused 1 "none.npz: cannot open" -n "$ranks" $run --train "$folder/none.npz"
    refused 1 "rank 1: $folder/none.npz" -n 1 $run $train_table : -n 2 $run --train "$folder/none.npz"
    refused 1 "rank 2: $folder/none.npz" -n 2 $run $train_table : -n 1 $run --train "$folder/none.npz"
    refused 2 "rank 1: --bogus" -n 1 $run $train_table : -n 1 $run --bogus
    refused 1 "rank 0: $folder/blocked/file" -n 2 $run $train_table --out "$folder/blocked/file/x"

    refused 2 "--restarts: a launcher such as mpiexec ends all" -n "$ranks" $run $train_table --restarts 2

    # Ranks that would not train the same model.
    refused 1 "rank 1: epochs is 4 here and 3 at rank 0" \
        -n 1 $run $train_table --epochs 3 : -n 1 $run $train_table --epochs 4
    refused 1 "rank 1: training data (CRC-32) is" -n 1 $run $train_table : -n 1 $run --train "$folder/other.npz"
    refused 1 "rank 1: inputs is 8 here and 7 at rank 0" \
        -n 1 $run $train_table : -n 1 $run --train "$folder/wide.npz"
    refused 1 "rank 2: validation data (CRC-32) is" \
        -n 2 $run $train_table : -n 1 $run $train_table --val "$folder/val.npz"
    refused 1 "rank 1: test data" \
        -n 1 $run $train_table : -n 1 $run $train_table --test "$folder/test.npz"
    refused 1 "rank 1: rows a step is 3000 here and 100" -n 1 $run $train_table --batch_size 100 : -n 2 $run $train_table
    refused 1 "fused multiply-add" -n 1 env SKIFF_CPU=baseline $run $train_table : -n 1 $run $train_table

    # What is wrong with all ranks is said as if there were one.
    refused 1 "no longer a finite number" -n "$ranks" $run $train_table --lr 1e6 --optimizer sgd \
        --task regression --epochs 100 --batch_size 0 --hidden 64,32
    refused 1 "Open MPI" -n 1 env -u PMI_RANK -u PMI_SIZE -u PMI_FD OMPI_COMM_WORLD_SIZE=2 $run $train_table

    # A rank that cannot come to MPI at all, while the others wait for it.
    # shellcheck disable=SC2016 # for the shell of the rank
    refused 1 "rank 1: started as one of several ranks, but MPICH cannot be loaded (libmpich" \
        -n 1 $run $train_table : -n 1 sh -c 'ulimit -v 20000; exec "$@"' sh $run $train_table
}

# The variables of a launcher that is not there: refused, or another one's, and not looked at.
alone() {
    (cd "$folder" && exec timeout -s KILL 20 env "$@") >"$folder/stdout" 2>"$folder/stderr" </dev/null
    got=$?
}
# shellcheck disable=SC2086 # lists of words
{
    alone PMI_RANK=1 PMI_SIZE=4 $run $train_table --out "$folder/alone"
    [ $got -eq 1 ] || complain "PMI_SIZE without a launcher: exit status $got"
    one_line "PMI_SIZE without a launcher" "rank 1: PMI_SIZE is 4, but MPI knows of 1"
    alone PMI_RANK=0 PMI_SIZE=2 PMI_FD=77 $run $train_table --out "$folder/alone"
    [ $got -eq 1 ] || complain "PMI_FD closed: exit status $got"
    one_line "PMI_FD closed" "PMI_FD 77 is closed"
    [ ! -e "$folder/alone" ] || complain "a process without its launcher has begun"
    alone PMI_RANK=1 $run --train "$folder/none.npz"
    [ $got -eq 1 ] || complain "PMI_RANK alone: exit status $got"
    one_line "PMI_RANK alone" "none.npz: cannot open"
    alone PMI_RANK=1 $SKIFF train --help
    [ -s "$folder/stdout" ] || complain "PMI_RANK alone: no help"
}

# Help and one process need no ranks.
mpiexec -n "$ranks" "$SKIFF" train --help </dev/null >"$folder/stdout" 2>&1
[ "$(grep -c '^Usage' "$folder/stdout")" = 1 ] || complain "help is printed by several ranks"
LD_DEBUG=libs mpiexec -n 1 "$SKIFF" train --train "$folder/train.npz" --quiet --epochs 1 \
    --out "$folder/single" </dev/null >"$folder/stdout" 2>&1 || complain "one rank fails"
grep -q zlib "$folder/stdout" || grep -q libz "$folder/stdout" || complain "LD_DEBUG shows nothing"
if grep -q libmpi "$folder/stdout"; then
    complain "one process loads MPI: $(grep libmpi "$folder/stdout" | head -n 1)"
fi
finish
