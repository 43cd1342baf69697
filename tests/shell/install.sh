#!/bin/sh
# SPDX-License-Identifier: MIT
# make install puts everything below DESTDIR, what is installed runs, and uninstall leaves nothing.
set -u
make=${MAKE:-make}
command -v "$make" >/dev/null 2>&1 || { echo "skipped: no make"; exit 77; }
unset MAKEFLAGS MAKELEVEL MFLAGS
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

cd "$SKIFF_BUILDDIR" || exit 1
$make -s install DESTDIR="$folder" prefix=/opt/x >"$folder/log" 2>&1 || {
    echo "make install failed"
    cat "$folder/log"
    exit 1
}
status=0
for path in bin/skiff share/skiff/train_data.npz share/skiff/val_data.npz share/skiff/prices.csv \
    share/skiff/published_runs.csv; do
    [ -f "$folder/opt/x/$path" ] || { echo "missing: $path"; status=1; }
done
for page in "$SKIFF_SRCDIR"/man/*.1; do
    [ ! -f "$page" ] || [ -f "$folder/opt/x/share/man/man1/$(basename "$page")" ] || {
        echo "missing: $(basename "$page")"
        status=1
    }
done
outside=$(find "$folder" -type f ! -path "$folder/opt/x/*" ! -path "$folder/log")
[ -z "$outside" ] || { echo "outside the prefix: $outside"; status=1; }
"$folder/opt/x/bin/skiff" --version || { echo "the installed program does not run"; status=1; }

$make -s uninstall DESTDIR="$folder" prefix=/opt/x >"$folder/log" 2>&1 || status=1
left=$(find "$folder/opt" -type f)
[ -z "$left" ] || { echo "left behind: $left"; status=1; }
exit $status
