#!/bin/sh
# SPDX-License-Identifier: MIT
# net_failures.sh 3: whatever ends on one of three hosts ends on all, soon, with a failure that names
# the host, and leaves no process.
. "$(dirname "$0")/net_lib.sh"
tables binary

busy
kill -KILL "$rank2"
over "a rank is killed" 1 "host algo-2: rank 1 was ended by signal 9" 137
grep -q "host algo-2" "$folder/said.3" || complain "host 3 does not hear who: $(cat "$folder/said.3")"

busy
kill -KILL "$rank1"
over "the leader's rank is killed" 3 "host algo-1: rank 0 was ended by signal 9" 137

busy
kill -SEGV "$rank3"
over "a rank crashes" 1 "host algo-3: rank 2 was ended by signal 11" 139

busy
kill -KILL "$(cat "$folder/pid.3")"
over "a supervisor is killed" 1 "host algo-3: the connection is lost"

busy
kill -KILL "$(cat "$folder/pid.1")"
over "the leader is killed" 2 "host algo-1: the connection is lost"

busy
kill -STOP "$(cat "$folder/pid.2")"
sleep 4
kill -CONT "$(cat "$folder/pid.2")"
over "a supervisor is stopped" 1 "host algo-2: has not been heard of"

busy
kill -STOP "$(cat "$folder/pid.1")"
sleep 4
kill -CONT "$(cat "$folder/pid.1")"
over "the leader is stopped" 1 "host algo-1: has been stopped for longer than the heartbeat"

busy
ip -n "$tag-2" link set eth0 down
over "a link is cut" 1 "host algo-2: has not been heard of"
ip -n "$tag-2" link set eth0 up

# A signal to any host ends all of them well.
for who in 1 3; do
    busy
    kill -TERM "$(cat "$folder/pid.$who")"
    all_end 3 "SIGTERM to host $who" 0
    [ -s "$folder/out.1/model.npz" ] || complain "SIGTERM to host $who: no model"
    rm -rf "$folder/out.1"
done

# It reaches a host that comes a little later, too.
# shellcheck disable=SC2086
{
    launch 1 3 $options --join_timeout 10
    until_listening "$(cat "$folder/pid.1")"
    sleep 1
    kill -TERM "$(cat "$folder/pid.1")"
    launch 3 3 $options --join_timeout 10
    for host in 1 3; do
        ended $host
        [ "$code" -eq 0 ] || complain "stopped while waiting: host $host: $(cat "$folder/said.$host")"
    done
}

# Hosts that are not of this run, or do not come.
# shellcheck disable=SC2086
{
    launch 1 2 $options --join_timeout 2
    all_end 1 "a host that does not come" 1
    grep -q "have not come within 2 s: algo-2" "$folder/said.1" || complain "$(cat "$folder/said.1")"
    launch 2 2 $options --join_timeout 2
    ended 2
    [ "$code" -eq 1 ] || complain "no leader: $code"
    grep -q "host algo-1, which leads, has not answered" "$folder/said.2" ||
        complain "$(cat "$folder/said.2")"

    # A rank that cannot come to MPI leaves, while the others wait for it there.
    launch 1 3 $options
    launch 3 3 $options
    limit=20000
    launch 2 3 $options
    limit=
    all_end 3 "a rank leaves" 1
    grep -q "host algo-2: rank 1 gave up" "$folder/said.3" || complain "$(cat "$folder/said.3")"
    grep -q "MPICH cannot be loaded (libmpich" "$folder/said.2" || complain "$(cat "$folder/said.2")"

    launch 1 2 $options
    launch 2 2 $options --train "$folder/val.npz"
    all_end 2 "other data" 1
    grep -q "host algo-2: rank 1: $folder/val.npz" "$folder/said.1" || complain "$(cat "$folder/said.1")"

    launch 1 2 $options
    launch 2 2 $options --epochs 77
    all_end 2 "other options" 1
    grep -q "host algo-2: rank 1: epochs is 77 here" "$folder/said.1" || complain "$(cat "$folder/said.1")"

    launch 1 2 $options
    launch 2 3 $options
    all_end 2 "another list" 1
    grep -q "host algo-2 has another list" "$folder/said.1" || complain "$(cat "$folder/said.1")"

    launch 1 2 $options
    launch 2 2 $options --ranks_per_host 2
    all_end 2 "another number of ranks" 1
    grep -q "host algo-2 has another number of --ranks_per_host" "$folder/said.1" ||
        complain "$(cat "$folder/said.1")"
}

# Strangers neither join nor hold up: one with garbage, one that claims to be a host, many that are
# silent. algo-4 is none of the two hosts.
cat >"$folder/stranger.py" <<END
import socket, sys, time
silent = []
for text in [b"\x00\xff" * 3000, b"skiff-join 2 0.1.0 1 2 1 1\n", b"GET / HTTP/1.0\r\n\r\n"] + [b""] * 200:
    for attempt in range(50):
        try:
            s = socket.create_connection(("algo-1", 7733), 1)
            s.sendall(text)
            silent.append(s)
            break
        except OSError:
            time.sleep(0.05)
time.sleep(8)
END
# shellcheck disable=SC2086
{
    launch 1 2 $options --epochs 2
    ip netns exec "$tag-4" "$python" "$folder/stranger.py" >"$folder/stranger" 2>&1 &
    sleep 1
    launch 2 2 $options --epochs 2
    all_end 2 "strangers" 0
}
finish
