#!/bin/sh
# SPDX-License-Identifier: MIT
# net_ipv6.sh HOSTS: --hosts where names lead to addresses of IPv6, of both families, or where the
# machines have nothing but IPv6: the bytes of one process.
. "$(dirname "$0")/net_lib.sh"
tables binary
arguments="$options --epochs 2 --batch_size 700"

# resolve PREFIX...: every host finds every other under these prefixes and the number of the host.
resolve() {
    for i in 1 2 3 4; do
        for prefix; do
            for k in 1 2 3 4; do echo "$prefix$k algo-$k"; done
        done >"/etc/netns/$tag-$i/hosts"
    done
}

# same WHAT ARGUMENT...: all hosts train, to the bytes of one process.
same() {
    what=$1
    shift
    # shellcheck disable=SC2086 # a list of words
    for hosts in $ranks; do
        launch_all "$hosts" $arguments "$@"
        all_end "$hosts" "$what, $hosts hosts" 0
        same_run "$what, $hosts hosts" "$folder/alone" "$folder/out.1"
        rm -rf "$folder"/out.*
    done
}

for i in 1 2 3 4; do
    ip -n "$tag-$i" -6 addr add "fd77::$i/64" dev eth0 nodad 2>"$folder/net" || {
        echo "skipped: no IPv6 here: $(tail -n 1 "$folder/net")"
        exit 77
    }
done
# shellcheck disable=SC2086 # a list of words
train $arguments --out "$folder/alone"
resolve 10.77.0. fd77::
same "both families"
resolve fd77::
same "names of IPv6"
for i in 1 2 3 4; do
    ip -n "$tag-$i" addr del "10.77.0.$i/24" dev eth0
done
resolve
same "IPv6 alone" --host_addresses algo-1=fd77::1,algo-2=fd77::2,algo-3=fd77::3
finish
