#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff prep` on a disk that is full, or that may only be read: one line, every file that was there
# before whole afterwards, and no temporary file left. Needs a small file system of its own, which a
# mount namespace gives to root.
disk_size=400k
. "$(dirname "$0")/disk_lib.sh"
options="$data/passengers.csv --target Survived --quiet"

# shellcheck disable=SC2086 # options are meant to be split, here and below
{
    "$SKIFF" prep $options --out "$folder/old" || complain "prep"
    "$SKIFF" prep $options --fit_on all --out "$folder/new" || complain "prep --fit_on all"
}

# The arrays need 17 and 5 pages beside the old ones, prep.json one.
failed=0
for pages in 0 1 10 20 22 40; do
    rm -rf "$disk/prepared"
    cp -r "$folder/old" "$disk/prepared"
    leave $pages
    # shellcheck disable=SC2086
    "$SKIFF" prep $options --fit_on all --out "$disk/prepared" 2>"$folder/stderr"
    code=$?
    no_leftovers "$pages pages free" "$disk"
    if [ $code -eq 0 ]; then
        diff -r "$folder/new" "$disk/prepared" >"$folder/stdout" || complain "$pages pages free: $(cat "$folder/stdout")"
        continue
    fi
    failed=$((failed + 1))
    [ $code -eq 1 ] || complain "$pages pages free: exit status $code"
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || complain "not one line: $(cat "$folder/stderr")"
    has "$(cat "$folder/stderr")" "skiff prep: $disk/prepared/" "No space left on device"
    # Whichever file finds the disk full: none is renamed.
    diff -r "$folder/old" "$disk/prepared" >"$folder/stdout" ||
        complain "$pages pages free: new files beside old ones: $(cat "$folder/stdout")"
done
[ "$failed" -ge 4 ] || complain "only $failed runs found the disk full"
[ $code -eq 0 ] || complain "40 free pages do not do: $(cat "$folder/stderr")"

# In a new folder, where no old file makes room for prep.json: all three or none.
failed=0
for pages in 20 21 22 23 24 25 26 27 28 40; do
    rm -rf "$disk/prepared"
    mkdir "$disk/prepared"
    leave $pages
    # shellcheck disable=SC2086
    "$SKIFF" prep $options --fit_on all --out "$disk/prepared" 2>"$folder/stderr" && continue
    failed=$((failed + 1))
    [ -z "$(ls -A "$disk/prepared")" ] || complain "new folder, $pages pages free: left $(ls -A "$disk/prepared")"
done
[ "$failed" -ge 2 ] || complain "only $failed runs into a new folder found the disk full"

rm -rf "$disk/prepared" "$disk/filler"
cp -r "$folder/old" "$disk/prepared"
mount -o remount,ro "$disk" || complain "cannot remount"
# shellcheck disable=SC2086
"$SKIFF" prep $options --fit_on all --out "$disk/prepared" 2>"$folder/stderr"
[ $? -eq 1 ] || complain "a read-only place: exit status"
has "$(cat "$folder/stderr")" "$disk/prepared/train_data.npz" "Read-only file system"
diff -r "$folder/old" "$disk/prepared" || complain "a read-only place: other files"
finish
