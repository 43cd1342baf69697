#!/bin/sh
# SPDX-License-Identifier: MIT
# libraries.sh ROOT [loaded]: beside the programs in ROOT/usr/local/bin, what they need to run and no
# more: the libraries that they are linked with, and that of MPI which they load where several hosts
# train, from this machine, where the loader looks for them; /tmp and a user besides root. Nothing in
# the result can be executed but skiff. `loaded`: only what is loaded, for a root that has the rest.
set -eu
root=${1:?which root?}
mode=${2:-all}

# needs FILE: the libraries that it is linked with, one a line.
needs() {
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
}

# loads FILE: MPICH, if it is built with it, and what that needs.
loads() {
    grep -q 'libmpich\.so' "$1" || return 0
    mpich=$(ldconfig -p | sed -n 's/.*libmpich\.so\.12 .*=> //p' | head -n 1)
    [ -n "$mpich" ] || { echo "libraries.sh: no libmpich.so.12 (apt-get install libmpich12)" >&2; exit 1; }
    echo "$mpich"
    needs "$mpich"
}

for program in "$root"/usr/local/bin/*; do
    [ ! -L "$program" ] || continue
    loads "$program"
    [ "$mode" = loaded ] || needs "$program"
done | sort -u | while read -r library; do
    to=$root$library
    case $mode-$library in
    loaded-*/libc.so* | loaded-*/libm.so* | loaded-*/ld-linux*) continue ;;
    loaded-/lib/*) to=$root/usr$library ;; # /lib is a link there
    esac
    mkdir -p "$(dirname "$to")"
    cp -L "$library" "$to"
done
[ "$mode" != loaded ] || exit 0
mkdir -p "$root/tmp" "$root/etc" "$root/proc"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/:/usr/sbin/nologin\nskiff:x:1000:1000:skiff:/tmp:/usr/sbin/nologin\n' \
    >"$root/etc/passwd"
printf 'root:x:0:\nskiff:x:1000:\n' >"$root/etc/group"
