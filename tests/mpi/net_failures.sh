#!/bin/sh
# SPDX-License-Identifier: MIT
# net_failures.sh 3: whatever ends on one of three hosts ends on all, soon, with a failure that names
# the host, and leaves no process.
. "$(dirname "$0")/net_lib.sh"
tables binary

# shellcheck disable=SC2016 # what is done once they are there
{
    fails "a rank is killed" 1 "host algo-2: rank 1 was ended by signal 9" 137 'kill -KILL "$rank2"'
    grep -q "host algo-2" "$folder/said.3" || complain "host 3 does not hear who: $(cat "$folder/said.3")"
    fails "the leader's rank is killed" 3 "host algo-1: rank 0 was ended by signal 9" 137 \
        'kill -KILL "$rank1"'
    fails "a rank crashes" 1 "host algo-3: rank 2 was ended by signal 11" 139 'kill -SEGV "$rank3"'
    fails "a supervisor is killed" 1 "host algo-3: the connection is lost" failure \
        'kill -KILL "$(cat "$folder/pid.3")"'
    fails "the leader is killed" 2 "host algo-1: the connection is lost" failure \
        'kill -KILL "$(cat "$folder/pid.1")"'
    fails "a supervisor is stopped" 1 "host algo-2: has not been heard of" failure \
        'kill -STOP "$(cat "$folder/pid.2")"; held=2' 'kill -CONT "$(cat "$folder/pid.2")"'
    fails "the leader is stopped" 1 "host algo-1: has been stopped for longer than the heartbeat" \
        failure 'kill -STOP "$(cat "$folder/pid.1")"; held=1' 'sleep 1; kill -CONT "$(cat "$folder/pid.1")"'
    fails "a link is cut" 1 "host algo-2: has not been heard of" failure \
        'ip -n "$tag-2" link set eth0 down' 'ip -n "$tag-2" link set eth0 up'
}

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
}

# A host that has joined and waits for another, and whose leader is cut off, or dies.
# abandoned WHAT DEED REMEDY
abandoned() {
    begin_attempts
    while next_attempt "$1"; do
        # shellcheck disable=SC2086 # a list of words
        for host in 1 2; do launch $host 3 $options --heartbeat 2 --join_timeout 15; done
        sleep 1
        since=$(clock)
        eval "$2"
        until_over 2
        took=$(($(clock) - since))
        eval "$3"
        ended 1
        ended 2
        [ "$code" -eq 1 ] || complain "$1: host 2 ends with $code"
        grep -q "host algo-1, which leads: has not been heard of" "$folder/said.2" ||
            complain "$1: $(cat "$folder/said.2")"
    done
}
# shellcheck disable=SC2016 # what is done once they are there
{
    abandoned "a link is cut while hosts wait" 'ip -n "$tag-2" link set eth0 down' \
        'ip -n "$tag-2" link set eth0 up; kill -TERM "$(cat "$folder/pid.1")"'
    abandoned "the leader is killed while hosts wait" 'kill -KILL "$(cat "$folder/pid.1")"' :
}

# differs WHAT PATTERN COUNT ARGUMENT...: one that the first of two hosts will not have, which is
# started with these and believes to be one of so many.
differs() {
    what=$1
    pattern=$2
    number=$3
    shift 3
    begin_attempts
    while next_attempt "$what"; do
        # shellcheck disable=SC2086 # a list of words
        {
            launch 1 2 $options
            since=$(clock)
            launch 2 "$number" $options "$@"
        }
        all_end 2 "$what" 1
        took=$(($(clock) - since))
    done
    grep -q "$pattern" "$folder/said.1" || complain "$what: $(cat "$folder/said.1")"
}
differs "other data" "host algo-2: rank 1: $folder/val.npz" 2 --train "$folder/val.npz"
differs "other options" "host algo-2: rank 1: epochs is 77 here" 2 --epochs 77
differs "another list" "host algo-2 has another list" 3
differs "another number of ranks" "host algo-2 has another number of --ranks_per_host" 2 \
    --ranks_per_host 2

# A rank that cannot come to MPI leaves, while the others wait for it there.
begin_attempts
while next_attempt "a rank leaves"; do
    # shellcheck disable=SC2086 # a list of words
    {
        launch 1 3 $options
        launch 3 3 $options
        since=$(clock)
        limit=20000
        launch 2 3 $options
        limit=
    }
    all_end 3 "a rank leaves" 1
    took=$(($(clock) - since))
    grep -q "host algo-2: rank 1 gave up" "$folder/said.3" || complain "$(cat "$folder/said.3")"
    grep -q "MPICH cannot be loaded (libmpich" "$folder/said.2" || complain "$(cat "$folder/said.2")"
done

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
