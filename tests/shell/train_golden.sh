#!/bin/sh
# SPDX-License-Identifier: MIT
# skiff's loss curves on the data that ships against torch's, kept in tests/golden/curves.csv.
set -eu
top=${srcdir:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tolerance=1e-5
failed=0

check() {
    name=$1
    shift
    "$SKIFF" train --train "$top/data/train_data.npz" --val "$top/data/val_data.npz" \
        --out "$dir/$name" --quiet "$@"
    awk -F, -v name="$name" -v tolerance="$tolerance" '
        FNR == NR { if ($1 == name) { train[$2] = $3; val[$2] = $4; n++ }; next }
        FNR > 1 { compare("train", $1, $2, train[$1]); compare("val", $1, $3, val[$1]); rows++ }
        function compare(what, epoch, ours, torch,   off) {
            off = (ours - torch) / torch
            if (off < 0) off = -off
            if (off > worst) worst = off
            if (!(off <= tolerance)) {
                printf "%s: epoch %d %s loss: skiff %.9g, torch %.9g, tolerance %g\n",
                    name, epoch, what, ours, torch, tolerance
                bad = 1
            }
        }
        END {
            if (rows != n || n == 0) { printf "%s: %d epochs instead of %d\n", name, rows, n; bad = 1 }
            if (!bad) printf "%s: %d epochs, largest relative difference %.2g\n", name, n, worst
            exit bad
        }' "$top/tests/golden/curves.csv" "$dir/$name/history.csv" || failed=1
}

check lesson --epochs 60
check batches --epochs 6 --batch_size 32 --dropout 0.2 --optimizer adamw --weight_decay 0.01
check nesterov --epochs 6 --batch_size 100 --hidden 16 --activation tanh --optimizer sgd \
    --learning_rate 0.05 --momentum 0.9 --nesterov --weight_decay 0.001
check linear --epochs 20 --hidden "" --optimizer sgd --learning_rate 0.1
exit $failed
