#!/bin/sh
# SPDX-License-Identifier: MIT
# Small and quick to start: a run on the lesson's table stays within 8 MB, takes no more memory for
# more steps, checkpoints or resumed parts, and a large table is used where it lies.
. "$(dirname "$0")/lib.sh"
need_python
[ "$sanitized" = no ] || { echo "skipped: a sanitizer's memory is its own"; exit 77; }
lesson="--train $data/train_data.npz --val $data/val_data.npz"
megabyte=1048576

# figure NAME FOLDER: a number of run.json.
figure() {
    sed -n "s/^ *\"$1\": \([0-9.e-]*\),*\$/\1/p" "$2/run.json" | head -n 1
}

# measure NAME ARGUMENT...: a run; $peak is its peak memory in bytes.
measure() {
    name=$1
    shift
    train --quiet "$@" --out "$folder/$name"
    peak=$(figure peak_memory_bytes "$folder/$name")
    [ "${peak:-0}" -gt 0 ] || complain "$name: no peak memory"
    echo "$name: peak memory $peak bytes, $(figure steps "$folder/$name") steps"
}

# at_most WHAT LIMIT: of $peak.
at_most() {
    [ "$peak" -le "$2" ] || complain "$1: $peak bytes, $2 are allowed"
}

# shellcheck disable=SC2086 # options in variables are meant to be split, here and below
{
    measure lesson $lesson --epochs 1000
    at_most "the lesson's run" $((8 * megabyte))
    measure threads $lesson --epochs 100 --threads 2
    at_most "the lesson's run on two threads" $((8 * megabyte))
    measure start $lesson --epochs 1
}
echo "start: $(figure start "$folder/start") s, load $(figure load "$folder/start") s," \
    "total $(figure total "$folder/start") s"
quickest=$(for try in 1 2 3 4 5; do
    measure "start$try" --train "$data/train_data.npz" --epochs 1 >/dev/null
    figure start "$folder/start$try"
done | sort -g | head -n 1)
awk "BEGIN { exit !($quickest < 0.05) }" || complain "the quickest of five starts takes $quickest s"

# 66 steps an epoch: 132 against 10032. How many pages of its files the kernel maps at once changes a
# run's peak by some hundred kilobytes; what grows with the steps does so in each of three runs.
options="$lesson --batch_size 16 --dropout 0.1 --optimizer adamw"
# shellcheck disable=SC2086
{
    measure few $options --epochs 2
    few=$peak
    least=
    for try in 1 2 3; do
        measure "many$try" $options --epochs 152
        [ "${least:-$peak}" -lt "$peak" ] || least=$peak
    done
    peak=$least
    at_most "10000 steps" $((few + megabyte / 4))
    measure checkpoints $options --epochs 152 --checkpoint_dir "$folder/ck" --checkpoint_every 1
    at_most "152 checkpoints" $((few + megabyte))
    measure resumed $options --epochs 154 --checkpoint_dir "$folder/ck"
    at_most "a resumed run" $((few + megabyte))
}

# 12 MB of features: mapped they are counted once, read from deflate they are in memory once.
"$python" - "$folder" <<'END' || exit 1
import sys
from npz_tables import npy, save, table
X, y = table("binary", 250, 20, 1)
x_bytes = npy([], (150000, 20)) + npy(X, (250, 20))[-250 * 20 * 4:] * 600
y_bytes = npy([], (150000,), "|i1") + npy(y, (250,), "|i1")[-250:] * 600
save(sys.argv[1] + "/mapped.npz", {"X_train": x_bytes, "y_train": y_bytes})
save(sys.argv[1] + "/deflated.npz", {"X_train": x_bytes, "y_train": y_bytes}, deflate=True)
END
for how in mapped deflated; do
    measure $how --train "$folder/$how.npz" --epochs 0
    at_most "13 MB of data, $how" $((13 * megabyte + 12 * megabyte))
done
same_run "mapped and deflated" "$folder/mapped" "$folder/deflated"
finish
