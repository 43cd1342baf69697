#!/bin/sh
# SPDX-License-Identifier: MIT
# net_strangers.sh 3: while a restart waits for a host, a stranger (algo-4, which is none of the hosts)
# calls 10,000 times, and keeps calling: says nothing, half a line, garbage, what a host would say, also
# as another version. It neither joins nor stops the run, nor keeps the host out.
. "$(dirname "$0")/net_lib.sh"
tables binary
run="--epochs 60 --batch_size 256"
# shellcheck disable=SC2086 # lists of words
train $options $run --out "$folder/alone"

# First it learns what a host says: it stands where the leader should be.
cat >"$folder/leader.py" <<END
import socket
door = socket.create_server(("", 7733))
with door.accept()[0] as host:
    print(host.makefile().readline(), end="", flush=True)
END
cat >"$folder/host.py" <<END
import socket, sys, time
for attempt in range(100):
    try:
        s = socket.create_connection(("algo-1", 7733), 1)
        s.sendall(sys.stdin.buffer.read())
        s.recv(1000)
        break
    except OSError:
        time.sleep(0.05)
END
cat >"$folder/stranger.py" <<END
import socket, sys, time
said = open(sys.argv[1], "rb").read()
words = said.split()
texts = [b"", b"skiff-jo", b"\x00\xff" * 3000, b"GET / HTTP/1.0\r\n\r\n", b"beat\n" * 100, said,
         b" ".join(words[:2] + [b"9.9.9"] + words[3:]) + b"\n", b"stop\n", b"start 1 111\n"]
kept, calls, answered = [], 0, 0
while True:
    try:
        s = socket.create_connection(("algo-1", 7733), 1)
        s.sendall(texts[calls % len(texts)])
        kept.append(s)
        calls += 1
    except OSError:
        time.sleep(0.001)
    if len(kept) > 400:
        kept.pop(0).close()
    if calls == 10000:
        print("10,000 calls", flush=True)
    if calls > 10000:
        time.sleep(0.001)
END

# shellcheck disable=SC2086 # lists of words
{
    ip netns exec "$tag-1" "$python" "$folder/leader.py" >"$folder/greeting" &
    listener=$!
    launch 3 3 $options $run
    wait $listener
    kill -KILL "$(cat "$folder/pid.3")"
    grep -q "^skiff-join" "$folder/greeting" || complain "no greeting: $(cat "$folder/greeting")"

    # From the address of a host another version is a mistake, and ends the run.
    sed 's/^\(skiff-join [0-9]*\) [^ ]*/\1 9.9.9/' "$folder/greeting" >"$folder/version"
    launch 1 3 $options $run
    ip netns exec "$tag-3" "$python" "$folder/host.py" <"$folder/version" &
    all_end 1 "another version" 1
    grep -q "host algo-3 has another version of skiff; start the same" "$folder/said.1" ||
        complain "another version: $(cat "$folder/said.1")"

    busy_with $run --restarts 2 --heartbeat 5
    kill -KILL "$(cat "$folder/pid.3")"
    until_says 1 "restart 1 of 2"
    ip netns exec "$tag-4" "$python" "$folder/stranger.py" "$folder/greeting" >"$folder/stranger" 2>&1 &
    stranger=$!
    until_there "$folder/stranger"
    relaunch 3
    all_end 3 "strangers" 0
    kill $stranger
    same_run "strangers" "$folder/alone" "$folder/out.1"
    [ "$(cat "$folder/stranger")" = "10,000 calls" ] || complain "$(cat "$folder/stranger")"
    grep -c "restart" "$folder/said.1" | grep -qx 1 || complain "$(cat "$folder/said.1")"
}
finish
