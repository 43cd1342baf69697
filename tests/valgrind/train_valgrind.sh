#!/bin/sh
# SPDX-License-Identifier: MIT
# A training run on the data that ships is clean under valgrind: no invalid access, no use of
# uninitialised values, nothing lost. At avx2, since valgrind does not know avx512.
set -u
command -v valgrind >/dev/null 2>&1 || { echo "skipped: no valgrind"; exit 77; }
data=$SKIFF_SRCDIR/data
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
SKIFF_CPU=baseline
case " $("$SKIFF_BUILDDIR/tests/cpu_levels" | tr '\n' ' ')" in
    *" avx2 "*) SKIFF_CPU=avx2 ;;
esac
export SKIFF_CPU
status=0

# OpenMP's threads live until the end, so what they hold is reachable, not lost.
under_valgrind() {
    echo "== SKIFF_CPU=$SKIFF_CPU skiff $*"
    valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect \
        "$SKIFF" "$@" >"$folder/out" 2>&1 && return 0
    echo "failed with status $?"
    tail -n 60 "$folder/out"
    status=1
}

under_valgrind train --train "$data/train_data.npz" --val "$data/val_data.npz" --epochs 3 \
    --threads 1 --out "$folder/full"
under_valgrind train --train "$data/train_data.npz" --val "$data/val_data.npz" --epochs 2 \
    --threads 2 --batch_size 32 --dropout 0.2 --optimizer adamw --activation gelu \
    --out "$folder/mini"
under_valgrind inspect "$data/train_data.npz" --json
for file in full/model.npz full/nn_model.pth full/history.csv mini/model.npz; do
    [ -s "$folder/$file" ] || { echo "$file was not written"; status=1; }
done
exit $status
