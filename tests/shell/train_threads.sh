#!/bin/sh
# SPDX-License-Identifier: MIT
# The same bytes for any number of threads, at every CPU level of this machine; and the levels that
# add in the same order, avx2 and avx512, give the same bytes too. The tables are large enough that
# threads do share the work.
. "$(dirname "$0")/lib.sh"
need_python
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train.npz train binary 3000 7 1
$folder/val.npz val binary 1500 7 2
$folder/train3.npz train multiclass 1100 11 3
$folder/val3.npz val multiclass 700 11 4
$folder/train_r.npz train regression2 1100 9 5
$folder/val_r.npz val regression2 700 9 6
$folder/train_w.npz train binary 600 54 7
$folder/val_w.npz val binary 300 54 8
END
levels=$(cpu_levels)
echo "CPU levels: $(echo "$levels" | tr '\n' ' ')"

# one LEVEL THREADS NAME ARGUMENT...
one() {
    SKIFF_CPU=$1
    export SKIFF_CPU
    threads=$2
    name=$3
    shift 3
    train --quiet "$@" --threads "$threads" --out "$folder/$name-$SKIFF_CPU-$threads"
}

# alike NAME "THREADS..." ARGUMENT...: all levels, all of these numbers of threads.
alike() {
    name=$1
    counts=$2
    shift 2
    for level in $levels; do
        one "$level" 1 "$name" "$@"
        for count in $counts; do
            one "$level" "$count" "$name" "$@"
            same_run "$name at $level: 1 and $count threads" "$folder/$name-$level-1" \
                "$folder/$name-$level-$count"
        done
    done
    if [ -d "$folder/$name-avx512-1" ]; then
        same_run "$name: avx2 and avx512" "$folder/$name-avx2-1" "$folder/$name-avx512-1"
    fi
    rm -rf "$folder/$name"-*
}

binary="--train $folder/train.npz --val $folder/val.npz"
classes="--train $folder/train3.npz --val $folder/val3.npz"
numbers="--train $folder/train_r.npz --val $folder/val_r.npz"
wide="--train $folder/train_w.npz --val $folder/val_w.npz --hidden 256,256 --gemm own"
# shellcheck disable=SC2086 # the words of these are meant to be split
{
    alike full "2 3 5 8" $binary --epochs 4
    alike mini "3 8" $binary --epochs 1 --batch_size 700 --dropout 0.3
    alike sgd "3" $binary --epochs 3 --optimizer sgd --momentum 0.9 --nesterov --lr 0.05 --clip_norm 0.5
    alike classes "2 3 8" $classes --epochs 3 --optimizer adamw --weight_decay 0.1 --class_weight balanced --task multiclass
    alike numbers "3 8" $numbers --epochs 3 --activation gelu --patience 2 --hidden 33,17
    alike wide "2 3" $wide --epochs 2 --dropout 0.1
    alike widemini "8" $wide --epochs 1 --batch_size 128 --optimizer sgd --schedule onecycle
}

# Fewer threads than were asked for, because OpenMP gives no more.
unset SKIFF_CPU
# shellcheck disable=SC2086
{
    train --quiet $binary --epochs 3 --out "$folder/free" --threads 3
    (OMP_THREAD_LIMIT=1 OMP_DYNAMIC=true && export OMP_THREAD_LIMIT OMP_DYNAMIC &&
        train --quiet $binary --epochs 3 --out "$folder/limited" --threads 3)
}
same_run "fewer threads than asked for" "$folder/free" "$folder/limited"

# Another level that does not exist is a usage error, not a guess.
SKIFF_CPU=sse9 && export SKIFF_CPU
refuses 2 "sse9" --train "$folder/train.npz"
finish
