#!/bin/sh
# SPDX-License-Identifier: MIT
# A second build of the program, by another compiler say, writes the same bytes at the same CPU
# level: SKIFF_OTHER names it. Every activation, optimizer, schedule, loss and a wide network.
. "$(dirname "$0")/../shell/lib.sh"
[ -n "${SKIFF_OTHER:-}" ] || { echo "skipped: SKIFF_OTHER does not name a second build"; exit 77; }
need_python
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train.npz train binary 1100 7 1
$folder/val.npz val binary 300 7 2
$folder/train3.npz train multiclass 1100 11 3
$folder/val3.npz val multiclass 300 11 4
$folder/train_r.npz train regression2 1100 9 5
$folder/val_r.npz val regression2 300 9 6
$folder/train_w.npz train binary 600 54 7
$folder/val_w.npz val binary 300 54 8
END
binary="--train $folder/train.npz --val $folder/val.npz"
classes="--train $folder/train3.npz --val $folder/val3.npz"
numbers="--train $folder/train_r.npz --val $folder/val_r.npz"
wide="--train $folder/train_w.npz --val $folder/val_w.npz"
compared=0

# alike WHAT ARGUMENT...: both builds, at every CPU level.
alike() {
    what=$1
    shift
    for level in $(cpu_levels); do
        SKIFF_CPU=$level
        export SKIFF_CPU
        train --quiet "$@" --out "$folder/one"
        "$SKIFF_OTHER" train --threads 1 --quiet "$@" --out "$folder/other" ||
            complain "$SKIFF_OTHER fails"
        same_run "$what at $level" "$folder/one" "$folder/other"
        same_file "$what at $level" "$folder/one/metrics.json" "$folder/other/metrics.json"
        compared=$((compared + 1))
    done
}

# shellcheck disable=SC2086 # options in variables are meant to be split
{
    for activation in relu leaky_relu tanh sigmoid gelu silu; do
        alike $activation $binary --epochs 30 --activation $activation
        alike "$activation, mini-batches" $binary --epochs 2 --batch_size 32 --activation $activation
    done
    for optimizer in sgd adam adamw; do
        for schedule in constant step cosine onecycle; do
            alike "$optimizer, $schedule" $binary --epochs 20 --optimizer $optimizer \
                --schedule $schedule --weight_decay 0.01 --step_size 3 --warmup 2 --clip_norm 0.3
        done
    done
    alike momentum $binary --epochs 20 --optimizer sgd --momentum 0.9 --nesterov --dropout 0.3
    alike classes $classes --epochs 20 --class_weight balanced
    alike numbers $numbers --epochs 20 --hidden 33,17
    alike linear $numbers --epochs 20 --hidden ""
    alike wide $wide --epochs 3 --hidden 256,256 --dropout 0.1 --gemm own
    alike "wide, mini-batches" $wide --epochs 2 --hidden 200,100,50 --batch_size 64
}
echo "$compared pairs of runs compared: $("$SKIFF" --version | head -n 1), $SKIFF_OTHER"
finish
