#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk that is full, or that may only be read, is an error of one line; every file that was there
# before is whole afterwards, the old one or the new one, and no temporary file stays. Needs a small
# file system of its own, which a mount namespace gives to root.
disk_size=512k
. "$(dirname "$0")/disk_lib.sh"
common="--train $data/train_data.npz --val $data/val_data.npz --epochs 1200 --batch_size 0 --hidden 16,8"
files="model.npz nn_model.pth history.csv metrics.json run.json"

# shellcheck disable=SC2086 # options in variables are meant to be split, here and below
{
    train --quiet $common --seed 1 --out "$folder/old"
    train --quiet $common --seed 2 --out "$folder/new"
}

# whole PAGES: each file is the old one or that of a complete new run (times of day apart).
whole() {
    for file in $files; do
        cmp -s "$folder/old/$file" "$disk/run/$file" && continue
        case $file in
        run.json) "${PYTHON3:-python3}" -m json.tool "$disk/run/$file" >/dev/null && continue ;;
        history.csv)
            less_seconds "$disk/run/$file" >"$folder/history.a"
            less_seconds "$folder/new/$file" | cmp -s - "$folder/history.a" && continue
            ;;
        *) cmp -s "$folder/new/$file" "$disk/run/$file" && continue ;;
        esac
        complain "$1 pages free: $file is neither the old one nor a new one"
    done
    no_leftovers "$1 pages free" "$disk"
}

# The model needs 1 or 2 pages, the history 25: where it ends depends on what is left.
failed=0
for pages in 0 1 3 20 60; do
    rm -rf "$disk/run"
    cp -r "$folder/old" "$disk/run"
    leave $pages
    # shellcheck disable=SC2086
    "$SKIFF" train --quiet $common --seed 2 --threads 1 --out "$disk/run" 2>"$folder/stderr"
    code=$?
    whole $pages
    [ $code -eq 0 ] && continue
    failed=$((failed + 1))
    [ $code -eq 1 ] || complain "$pages pages free: exit status $code"
    one_line "$pages pages free" "No space left on device"
    has "$(cat "$folder/stderr")" "$disk/run/"
done
[ "$failed" -ge 4 ] || complain "only $failed runs found the disk full"
[ $code -eq 0 ] || complain "60 free pages do not do: $(cat "$folder/stderr")"

# Checkpoints: the run ends, the last good one stays, and with room again it goes on from there.
rm -rf "$disk/run" "$disk/filler"
leave 20
# shellcheck disable=SC2086
"$SKIFF" train --quiet $common --seed 2 --threads 1 --out "$folder/again" \
    --checkpoint_dir "$disk/ck" --checkpoint_every 100 2>"$folder/stderr"
code=$?
[ $code -eq 1 ] || complain "no room for a checkpoint: exit status $code"
one_line "no room for a checkpoint" "No space left on device"
no_leftovers "no room for a checkpoint" "$disk"
ls "$disk"/ck/checkpoint-*.npz >/dev/null 2>&1 || complain "no checkpoint is left"
rm "$disk/filler"
# shellcheck disable=SC2086
train $common --seed 2 --out "$folder/again" --checkpoint_dir "$disk/ck"
has "$(cat "$folder/stderr")" "resuming after epoch"
same_run "on after a full disk" "$folder/new" "$folder/again"

# Folders that may only be read.
rm -rf "$disk/run"
cp -r "$folder/old" "$disk/run"
mount -o remount,ro "$disk" || complain "cannot remount"
for option in --out --model_dir --output_dir --checkpoint_dir; do
    # shellcheck disable=SC2086
    "$SKIFF" train --quiet $common --seed 2 --threads 1 --out "$folder/x" $option "$disk/run" \
        >"$folder/stdout" 2>"$folder/stderr"
    code=$?
    [ $code -eq 1 ] || complain "$option in a read-only place: exit status $code"
    one_line "$option in a read-only place" "Read-only file system"
done
for file in $files; do
    same_file "a read-only place" "$folder/old/$file" "$disk/run/$file"
done
finish
