#!/bin/sh
# SPDX-License-Identifier: MIT
# A root file system with nothing but the program and its libraries, as the image `small` has it:
# `train` in it by chroot, as root, as another user, on a root that cannot be written to, on two hosts,
# and as process 1. Prints what it comes to, compressed. Point 18 of the contract.
. "$SKIFF_SRCDIR/tests/shell/job_lib.sh"
limit=25000 # kB, compressed

[ "$(id -u)" = 0 ] || { echo "skipped: chroot wants root"; exit 77; }
for tool in chroot ldd setpriv unshare mount; do
    command -v $tool >/dev/null 2>&1 || { echo "skipped: no $tool"; exit 77; }
done
[ "$sanitized" = no ] || { echo "skipped: a sanitizer's libraries look for /proc"; exit 77; }
need_python
make=${MAKE:-make}
unset MAKEFLAGS MAKELEVEL MFLAGS

# In a place that may hold programs: /dev/shm often may not.
tree=$(mktemp -d /tmp/skiff-root-XXXXXX) || exit 1
trap 'rm -rf "$folder" "$tree"' EXIT
chmod 755 "$tree"
$make -s -C "$SKIFF_BUILDDIR" install-container DESTDIR="$tree" prefix=/usr/local >"$folder/log" 2>&1 ||
    { complain "make install-container: $(cat "$folder/log")"; finish; }
for name in usr/local/bin/skiff usr/local/bin/train usr/local/bin/serve opt/ml/model opt/ml/output/data; do
    [ -e "$tree/$name" ] || complain "install-container: no /$name"
done
is "the link" "$(readlink "$tree/usr/local/bin/train")" skiff
sh "$SKIFF_SRCDIR/container/libraries.sh" "$tree" || complain "libraries.sh failed"
size=$(($(tar -C "$tree" -c . | gzip -9 | wc -c) / 1000))
echo "small root: $size kB compressed, $(du -sk "$tree" | cut -f 1) kB on disk," \
    "$(find "$tree" -name '*.so*' | wc -l) libraries"
[ $size -le $limit ] || complain "$size kB compressed are more than $limit"

# inside NAME COMMAND...: the tree of $root mounted at /opt/ml, in mounts of its own.
# shellcheck disable=SC2016
inside() {
    mode=$1
    shift
    unshare --mount sh -c '
        tree=$1 root=$2 mode=$3
        shift 3
        set -e
        mkdir -p "$tree/opt/ml" "$tree/sys"
        mount --bind "$tree" "$tree"
        mount --bind "$root" "$tree/opt/ml"
        mount -t tmpfs none "$tree/tmp"
        mount -t proc none "$tree/proc"
        mount -t sysfs none "$tree/sys"
        [ "$mode" = writable ] || mount -o remount,bind,ro "$tree"
        exec "$@"' x "$tree" "$root" "$mode" "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
}
unshare --mount true 2>/dev/null || { echo "skipped: unshare --mount is refused here"; exit 77; }

lesson inside --hp epochs=5 --checkpoints
inside writable chroot "$tree" /usr/local/bin/train
is "train by chroot" "$code $(cat "$folder/stderr" | grep -vc ' task, ')" "0 0"
[ -s "$root/model/model.npz" ] && [ -s "$root/output/data/run.json" ] || complain "no model, no record"
has "$(tail -n 1 "$folder/stdout")" "Model saved to /opt/ml/model/nn_model.pth"
cp "$root/model/model.npz" "$folder/by-root.npz"

# As another user, on a root that cannot be written to.
lesson inside --hp epochs=5 --checkpoints
chmod -R u+rwX,go+rX "$folder"
chown -R 1000:1000 "$root/model" "$root/output" "$root/checkpoints"
inside readonly chroot --userspec=1000:1000 "$tree" /usr/local/bin/skiff train
is "another user, a root that is read-only" "$code" 0
[ "$code" -eq 0 ] || cat "$folder/stderr"
same_file "another user" "$folder/by-root.npz" "$root/model/model.npz"
is "whose model" "$(stat -c %u "$root/model/model.npz")" 1000
inside readonly touch "$tree/x"
[ $code -ne 0 ] || complain "the root can be written to: the test shows nothing"
# The same tree as an endpoint's, whose model nobody changes.
if [ -n "$(find "$tree" -name 'libmicrohttpd.so*')" ]; then
    : >"$folder/stderr"
    (
        inside readonly chroot --userspec=1000:1000 "$tree" /usr/local/bin/serve --port 0
        exit "$code"
    ) &
    job_pid=$!
    until_logged ' on port ' "$folder/stderr"
    port=$(sed -n 's/.* on port \([0-9]*\) of .*/\1/p' "$folder/stderr")
    "$python" - "$port" <<'END' || complain "serve: $(cat "$folder/stderr")"
import sys
from serve_client import *

c = Client(sys.argv[1])
check("ping", c.ask("GET", "/ping")[:2], (200, b""))
status, body, headers = c.post(b"0.5,1,0,0.25,3,1,0\n" * 3)
check("rows", (status, len(body.split())), (200, 3))
done()
END
    # shellcheck disable=SC2046
    kill -TERM $(cat "/proc/$job_pid/task/$job_pid/children")
    wait $job_pid
    is "serve, stopped" "$?" 0
else
    echo "built without libmicrohttpd: an endpoint is not tested"
fi
lesson locked --hp epochs=5
chown -R 1000:1000 "$root/output"
inside readonly chroot --userspec=1000:1000 "$tree" /usr/local/bin/train
is "a model that cannot be written" "$code $(cat "$root/output/failure")" \
    "1 /opt/ml/model: cannot write into this folder: Permission denied"

# Two hosts, which load MPI's library: as another user, on roots that cannot be written to.
if [ -n "$(find "$tree" -name 'libmpich.so*')" ]; then
    lesson pair --hosts 2 --hp epochs=5
    chmod -R u+rwX,go+rX "$folder"
    chown -R 1000:1000 "$job"
    SM_HP_JOIN_PORT=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    SM_HP_HOST_ADDRESSES=algo-1=127.0.0.1,algo-2=127.0.0.1
    export SM_HP_JOIN_PORT SM_HP_HOST_ADDRESSES
    for host in algo-1 algo-2; do
        mkdir "$folder/$host"
        (
            root=$job/$host
            folder=$folder/$host
            UCX_NET_DEVICES=lo inside readonly chroot --userspec=1000:1000 "$tree" /usr/local/bin/train
            exit "$code"
        ) &
        echo $! >"$folder/$host.pid"
    done
    for host in algo-1 algo-2; do
        wait "$(cat "$folder/$host.pid")" || complain "$host of two: $(cat "$folder/$host/stderr")"
    done
    unset SM_HP_JOIN_PORT SM_HP_HOST_ADDRESSES
    grep -q '2 ranks' "$folder/algo-1/stderr" || complain "not two ranks: $(cat "$folder/algo-1/stderr")"
    same_file "two hosts" "$folder/by-root.npz" "$root/model/model.npz"
else
    echo "built without MPI: several hosts are not tested"
fi

# As process 1: stopped in order.
lesson first --hp epochs=100000000 --hp log_every=100 --checkpoints
inside writable unshare --pid --fork --kill-child chroot "$tree" /usr/local/bin/train &
job_pid=$!
until_true test -s "$folder/stdout" || complain "process 1 says nothing: $(cat "$folder/stderr")"
# The one that has the number 1 inside is the last of a line of children.
first=$job_pid
while child=$(cat "/proc/$first/task/$first/children" 2>/dev/null) && [ -n "$child" ]; do
    first=${child%% *}
done
kill -TERM "$first"
wait $job_pid
has "$(cat "$folder/stderr")" "interrupted; start it again to go on from its checkpoint"
[ -s "$root/model/model.npz" ] || complain "process 1: no model"
finish
