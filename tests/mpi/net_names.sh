#!/bin/sh
# SPDX-License-Identifier: MIT
# net_names.sh 3: while the leader looks up the name of a host that calls, and DNS does not answer, it
# goes on with all others: they hear from it, and it hears a signal.
. "$(dirname "$0")/net_lib.sh"
tables binary
[ -e /etc/resolv.conf ] || { echo "skipped: /etc/resolv.conf is not there to be replaced"; exit 77; }

# The DNS of algo-1 is algo-4, which says nothing; without it algo-2 is unknown.
cat >"$folder/dns.py" <<END
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.4", 53))
print("asked for", s.recv(1000)[12:].split(b"\0")[0], flush=True)
time.sleep(60)
END
echo "nameserver 10.77.0.4" >"/etc/netns/$tag-1/resolv.conf"
sed -i /algo-2/d "/etc/netns/$tag-1/hosts"
ip netns exec "$tag-4" "$python" "$folder/dns.py" >"$folder/dns" 2>&1 </dev/null &

begin_attempts
while next_attempt "a signal while DNS is slow"; do
    # shellcheck disable=SC2086 # a list of words
    for host in 1 2 3; do
        launch $host 3 $options --epochs 1 --heartbeat 1 --join_timeout 30
    done
    [ "$attempt" -gt 1 ] || until_there "$folder/dns"
    until_listening "$(cat "$folder/pid.3")"
    sleep 2 # in which host 3 would lose a leader that waits
    is_gone "$(cat "$folder/pid.3")" && complain "host 3 ends: $(cat "$folder/said.3")"
    since=$(clock)
    kill -TERM "$(cat "$folder/pid.1")"
    for host in 1 3; do
        ended $host
        [ "$code" -eq 0 ] || complain "host $host ends with $code: $(cat "$folder/said.$host")"
    done
    took=$(($(clock) - since))
    kill -KILL "$(cat "$folder/pid.2")"
    wait "$(cat "$folder/pid.2")" 2>/dev/null
done
grep -q "algo-2" "$folder/dns" || complain "DNS: $(cat "$folder/dns")"
finish
