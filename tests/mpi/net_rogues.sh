#!/bin/sh
# SPDX-License-Identifier: MIT
# net_rogues.sh 3: who is no host of the job neither joins nor stops it, and does not hold it up for
# long, nor is it followed: from an address of no host (algo-4), and from one of a host, where only the secret tells.
. "$(dirname "$0")/net_lib.sh"
tables binary
secret='a secret of sixteen bytes or more'
SKIFF_JOIN_SECRET=$secret
export SKIFF_JOIN_SECRET

# rogue NUMBER KIND WANT: from that host; it hears that.
rogue() {
    heard=$(timeout -s KILL 30 ip netns exec "$tag-$1" "$python" \
        "$source_folder/tests/mpi/rogue.py" "$2" algo-1 "$secret" 2>&1 | tr '\n' ' ')
    [ "$heard" = "$3 " ] || complain "$2 from host $1 hears '$heard', not '$3'"
}

# in_background NUMBER KIND: as $rogue; what it says is in $folder/KIND.
in_background() {
    ip netns exec "$tag-$1" "$python" "$source_folder/tests/mpi/rogue.py" "$2" algo-1 \
        >"$folder/$2" 2>&1 </dev/null &
    rogue=$!
}

# shellcheck disable=SC2086 # a list of words
{
    launch 1 3 $options --epochs 2 --heartbeat 4
    for who in 2 4; do
        rogue $who garbage "refuse gone refuse refuse gone"
        [ $who = 2 ] || rogue $who version "refuse refuse refuse"
    done
    rogue 2 version "refuse challenge refuse"
    rogue 2 claim challenge
    rogue 2 bad refuse
    rogue 2 replay refuse
    rogue 4 good refuse
    rogue 2 good beat # and goes: its place is free again
    in_background 4 flood # until the end
    until_there "$folder/flood"
    launch 2 3 $options --epochs 2 --heartbeat 4
    launch 3 3 $options --epochs 2 --heartbeat 4
    all_end 3 "strangers" 0
    [ -s "$folder/out.1/model.npz" ] || complain "strangers: no model"
    kill "$rogue"

    # Somebody is where the leader should be.
    in_background 1 leader
    launch 2 2 $options --epochs 2
    wait "$rogue"
    heard=$(tr '\n' ' ' <"$folder/leader")
    [ "$heard" = "left left left left left left " ] || complain "a rogue leader hears '$heard'"
    launch 1 2 $options --epochs 2
    all_end 2 "a rogue leader" 0
}
finish
