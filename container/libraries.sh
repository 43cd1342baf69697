#!/bin/sh
# SPDX-License-Identifier: MIT
# libraries.sh ROOT: beside the programs in ROOT/usr/local/bin, what they need to run and no more:
# the libraries that they are linked with, from this machine, where the loader looks for them; /tmp
# and a user besides root. Nothing in the result can be executed but skiff.
set -eu
root=${1:?which root?}

for program in "$root"/usr/local/bin/*; do
    [ -L "$program" ] || ldd "$program"
done | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | sort -u |
    while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
mkdir -p "$root/tmp" "$root/etc" "$root/proc"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/usr/sbin/nologin\nskiff:x:1000:1000:skiff:/tmp:/usr/sbin/nologin\n' \
    >"$root/etc/passwd"
printf 'root:x:0:\nskiff:x:1000:\n' >"$root/etc/group"
