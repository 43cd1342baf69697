#!/bin/sh
# SPDX-License-Identifier: MIT
# net_secret.sh 3: hosts with the secret of a job train together, whichever way each was given it. One
# that has none, or another, is refused by either side, with a line that says so.
. "$(dirname "$0")/net_lib.sh"
tables binary
arguments="$options --epochs 2 --batch_size 700"
unset SKIFF_JOIN_SECRET
printf 'a secret of sixteen bytes or more\n' >"$folder/secret"
printf 'a secret of sixteen bytes or more\r\n' >"$folder/secret.dos"
printf 'a secret of sixteen bytes or less\n' >"$folder/other"
printf 'too short\n' >"$folder/short"

# says HOST PATTERN
says() {
    grep -q "$2" "$folder/said.$1" || complain "host $1 does not say '$2': $(cat "$folder/said.$1")"
}

# shellcheck disable=SC2086 # lists of words
{
    train $arguments --out "$folder/alone"
    launch 1 3 $arguments --join_secret_file "$folder/secret"
    launch 2 3 $arguments --join_secret_file "$folder/secret.dos"
    SKIFF_JOIN_SECRET='a secret of sixteen bytes or more'
    export SKIFF_JOIN_SECRET
    launch 3 3 $arguments
    unset SKIFF_JOIN_SECRET
    all_end 3 "one secret" 0
    same_run "one secret" "$folder/alone" "$folder/out.1"

    # A leader that is slow to answer takes nothing else for a proof.
    launch 1 2 $arguments --heartbeat 0.5 --join_secret_file "$folder/secret"
    sleep 0.5
    kill -STOP "$(cat "$folder/pid.1")"
    launch 2 2 $arguments --heartbeat 0.5 --join_secret_file "$folder/secret"
    sleep 1
    kill -CONT "$(cat "$folder/pid.1")"
    all_end 2 "a slow leader" 0
    if grep -q "not let in" "$folder/said.1"; then
        complain "a slow leader: $(cat "$folder/said.1")"
    fi

    arguments="$options --epochs 2 --join_timeout 2"
    launch 1 2 $arguments --join_secret_file "$folder/secret"
    launch 2 2 $arguments
    all_end 2 "a host without a secret" 1
    says 1 "have not come within 2 s: algo-2 (has not the secret of the job)"
    says 2 "host algo-1, which leads: the job has a secret, and this host has none"

    launch 1 2 $options --epochs 2 --join_timeout 2
    launch 2 2 $arguments --join_secret_file "$folder/secret"
    all_end 2 "a leader without a secret" 1
    says 1 "have not come within 2 s: algo-2 (has a secret, and this host has none)"
    says 2 "has not let this host in: the leader has no secret, and this host has one"

    launch 1 2 $arguments --join_secret_file "$folder/secret"
    launch 2 2 $arguments --join_secret_file "$folder/other"
    all_end 2 "another secret" 1
    says 1 "have not come within 2 s: algo-2 (has another secret)"
    says 2 "has not let this host in: it has another secret than this host"

    launch 1 2 $arguments --join_secret_file "$folder/short"
    all_end 1 "a short secret" 2
    says 1 "short: a job's secret has 16 to 1024 bytes, not 9"
    launch 1 2 $arguments --join_secret_file "$folder/none"
    all_end 1 "no file" 1
    says 1 "none: cannot open"
    if grep -rq "secret of sixteen" "$folder"/out.* "$folder"/said.*; then
        complain "a secret is written down"
    fi
}
finish
