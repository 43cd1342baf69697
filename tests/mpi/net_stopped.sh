#!/bin/sh
# SPDX-License-Identifier: MIT
# net_stopped.sh 3: a rank that is stopped (SIGSTOP) ends the run on all hosts after the heartbeat, not
# before, wherever it is; hosts may come later than the heartbeat.
. "$(dirname "$0")/net_lib.sh"
tables binary

# A short stop of the rank of host $who, of which nothing comes, then one that lasts.
stop_twice() {
    [ "$who" -eq 1 ] && stopped=$rank1 || stopped=$rank2
    kill -STOP "$stopped"
    sleep 1
    kill -CONT "$stopped"
    sleep 2.5
    for host in 1 2 3; do
        is_gone "$(cat "$folder/pid.$host")" && complain "a short stop ends host $host"
    done
    kill -STOP "$stopped"
    since=$(clock)
}

for who in 1 2; do
    fails "rank $((who - 1)) is stopped" 3 \
        "host algo-$who: rank $((who - 1)) has been stopped for longer than the heartbeat" 1 stop_twice
done

# shellcheck disable=SC2086 # a list of words
{
    launch 3 3 $options --epochs 1 --heartbeat 1
    launch 1 3 $options --epochs 1 --heartbeat 1
    sleep 3
    launch 2 3 $options --epochs 1 --heartbeat 1
    all_end 3 "a host comes late" 0
}
finish
