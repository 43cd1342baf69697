#!/bin/sh
# SPDX-License-Identifier: MIT
# A model trained on aarch64 has the bytes of one trained here (SKIFF_OTHER): neon's are avx2's, for
# both have fma, and baseline's are baseline's. pow and cos of two C libraries may differ in the
# last bit of a double, which could show in a learning rate; glibc's did not.
. "$(dirname "$0")/../shell/lib.sh"
[ -n "${SKIFF_OTHER:-}" ] || { echo "skipped: SKIFF_OTHER does not name this machine's program"; exit 77; }
need_python
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train3.npz train multiclass 300 11 3
$folder/val3.npz val multiclass 100 11 4
$folder/train_r.npz train regression2 300 9 5
$folder/val_r.npz val regression2 100 9 6
END
binary="--train $data/train_data.npz --val $data/val_data.npz --hidden 33,17"
classes="--train $folder/train3.npz --val $folder/val3.npz --hidden 20"
numbers="--train $folder/train_r.npz --val $folder/val_r.npz --hidden 20"
compared=0

# pair LEVEL OTHER WHAT ARGUMENT...: this program at one level, the other one at the other.
pair() {
    level=$1
    other=$2
    what=$3
    shift 3
    SKIFF_CPU=$level train --quiet "$@" --out "$folder/one"
    SKIFF_CPU=$other "$SKIFF_OTHER" train --threads 1 --quiet "$@" --out "$folder/other" ||
        complain "$SKIFF_OTHER fails"
    same_run "$what, $level and $other" "$folder/one" "$folder/other"
    same_file "$what, $level and $other" "$folder/one/metrics.json" "$folder/other/metrics.json"
    compared=$((compared + 1))
}

alike() {
    case $others in
    *avx2*) pair neon avx2 "$@" ;;
    esac
    pair baseline baseline "$@"
}

has "$(cpu_levels | paste -s -d ' ' -)" "baseline neon"
others=$("$SKIFF_OTHER" --version)
# shellcheck disable=SC2086 # options in variables are meant to be split
{
    for activation in relu leaky_relu tanh sigmoid gelu silu; do
        alike $activation $binary --epochs 2 --batch_size 32 --activation $activation
    done
    for schedule in step cosine onecycle; do
        alike $schedule $binary --epochs 4 --schedule $schedule --step_size 2 --warmup 1
    done
    alike "torch 2" $binary --epochs 3 --batch_size 64 --torch_compat 2
    alike adamw $binary --epochs 3 --batch_size 64 --optimizer adamw --weight_decay 0.01
    alike sgd $binary --epochs 4 --optimizer sgd --momentum 0.9 --nesterov --clip_norm 0.3 \
        --dropout 0.3
    alike classes $classes --epochs 4 --class_weight balanced
    alike numbers $numbers --epochs 4
    alike wide $classes --epochs 1 --hidden 130,70
}
train --quiet --train "$data/train_data.npz" --epochs 3 --out "$folder/one"
train --quiet --train "$data/train_data.npz" --epochs 3 --out "$folder/two" --threads 2
same_run "two threads" "$folder/one" "$folder/two"
echo "$compared pairs of runs compared"
finish
