#!/bin/sh
# SPDX-License-Identifier: MIT
# libraries.sh ROOT [loaded]: beside the programs in ROOT/usr/local/bin, what they need to run and no
# more: the libraries that they are linked with and those that they load (of MPI where several hosts
# train, of HTTP where they serve), from this machine, where the loader looks for them; /tmp and a user
# besides root. Nothing in the result can be executed but skiff. `loaded`: only that of MPI, for a root
# that has the rest.
set -eu
root=${1:?which root?}
mode=${2:-all}

# needs FILE: the libraries that it is linked with, one a line.
needs() {
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
}

# loads FILE NAME PACKAGE: that library, if FILE is built with it, and what it needs.
loads() {
    grep -q "$2" "$1" || return 0
    library=$(ldconfig -p | sed -n "s/.*$2 .*=> //p" | head -n 1)
    [ -n "$library" ] || { echo "libraries.sh: no $2 (apt-get install $3)" >&2; exit 1; }
    echo "$library"
    needs "$library"
}

for program in "$root"/usr/local/bin/*; do
    [ ! -L "$program" ] || continue
    loads "$program" libmpich.so.12 libmpich12
    [ "$mode" != loaded ] || continue
    loads "$program" libmicrohttpd.so.12 libmicrohttpd12
    needs "$program"
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
