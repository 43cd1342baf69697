# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# Hosts algo-1, algo-2, ... as network namespaces on one bridge, for tests of --hosts. Where that is
# not allowed the test is skipped.
. "$(dirname "$0")/mpi_lib.sh"
tag=skf$$

net_down() {
    for job in $(jobs -p); do
        kill -KILL "$job" 2>/dev/null
    done
    for i in 0 1 2 3 4; do
        ip netns del "$tag-$i" 2>/dev/null
        rm -rf "/etc/netns/$tag-$i"
    done
    rm -rf "$folder"
}

host_up() {
    ip netns add "$tag-$1" && ip -n "$tag-$1" link set lo up &&
        ip link add "v$1-$$" netns "$tag-0" type veth peer name eth0 netns "$tag-$1" &&
        ip -n "$tag-0" link set "v$1-$$" master br0 up &&
        ip -n "$tag-$1" addr add "10.77.0.$1/24" dev eth0 && ip -n "$tag-$1" link set eth0 up &&
        mkdir -p "/etc/netns/$tag-$1" &&
        for k in 1 2 3 4; do echo "10.77.0.$k algo-$k"; done >"/etc/netns/$tag-$1/hosts"
}

trap net_down EXIT
{ ip netns add "$tag-0" && ip -n "$tag-0" link add br0 type bridge &&
    ip -n "$tag-0" link set br0 up && host_up 1 && host_up 2 && host_up 3 && host_up 4 &&
    ip netns exec "$tag-1" unshare --uts true; } 2>"$folder/net" || {
    echo "skipped: no network namespaces here: $(tail -n 1 "$folder/net")"
    exit 77
}

# names COUNT: algo-1,algo-2,...
names() {
    seq -s, -f 'algo-%g' 1 "$1"
}

limit= # of the memory (ulimit -v) of hosts that are launched

# launch HOST COUNT ARGUMENT...: skiff train on that host of so many, in the background: its process is
# the number in $folder/pid.HOST, what it says in $folder/said.HOST.
launch() {
    host=$1
    of=$2
    shift 2
    # shellcheck disable=SC2016 # for the host's shell
    ip netns exec "$tag-$host" unshare --uts sh -c \
        'hostname "$1"; [ -z "$2" ] || ulimit -v "$2"; shift 2; exec "$@"' sh "algo-$host" "$limit" "$SKIFF" train --hosts "$(names "$of")" --host "algo-$host" --threads 1 \
        --out "$folder/out.$host" "$@" >"$folder/said.$host" 2>&1 </dev/null &
    echo $! >"$folder/pid.$host"
}

launch_all() {
    count=$1
    shift
    launched=$*
    for i in $(seq 1 "$count"); do
        launch "$i" "$count" "$@"
    done
}

# relaunch HOST: the latest of launch_all once more, on that host, as whoever watches over it would.
# shellcheck disable=SC2086
relaunch() {
    launch "$1" "$count" $launched
}

# until_over HOST: until it has ended.
until_over() {
    pid=$(cat "$folder/pid.$1")
    until_true is_gone "$pid" || {
        complain "host $1 does not end"
        kill -KILL "$pid"
    }
}

# ended HOST: the same; $code is its exit status.
ended() {
    until_over "$1"
    wait "$pid"
    code=$?
}

# all_end COUNT WHAT STATUS: every host ends with it; "failure" is any but 0.
all_end() {
    for i in $(seq 1 "$1"); do
        ended "$i"
        case $3-$code in
        "$code-$code") ;;
        failure-0) complain "$2: host $i ends with 0" ;;
        failure-*) ;;
        *) complain "$2: host $i ends with $code: $(cat "$folder/said.$i")" ;;
        esac
    done
}

# The rank of a host's supervisor.
rank_of() {
    ps -o pid= --ppid "$(cat "$folder/pid.$1")" | tr -d ' '
}

# until_says HOST PATTERN
until_says() {
    until_logged "$2" "$folder/said.$1"
}

# busy_with ARGUMENT...: three hosts that have begun to train so; $rank1 .. $rank3 are their ranks.
# shellcheck disable=SC2086
busy_with() {
    rm -rf "$folder/checkpoints"
    launch_all 3 $options --checkpoint_every 2 --heartbeat 2 --checkpoint_dir "$folder/checkpoints" "$@"
    until_checkpoint "$folder/checkpoints"
    rank1=$(rank_of 1)
    rank2=$(rank_of 2)
    rank3=$(rank_of 3)
}

# busy ARGUMENT...: the same, and they do not end.
busy() {
    busy_with --epochs 1000000 --batch_size 512 "$@"
}

# over WHAT HOST PATTERN [STATUS]: all fail, and what that host says has the pattern.
over() {
    all_end 3 "$1" "${4:-failure}"
    grep -q "$3" "$folder/said.$2" || complain "$1: host $2 says: $(cat "$folder/said.$2")"
    # shellcheck disable=SC2086 # numbers
    until_gone "$1" $rank1 $rank2 $rank3
    for file in "$folder"/checkpoints/checkpoint-*.npz; do
        "$SKIFF" inspect "$file" >"$folder/stdout" 2>&1 || complain "$1: $(cat "$folder/stdout")"
    done
}

# fails WHAT HOST PATTERN STATUS DEED [REMEDY]: three hosts train until DEED; all end soon with that
# status, or any but 0 ("failure"), and what HOST says has the pattern. A host that DEED names as $held
# ends after REMEDY.
fails() {
    begin_attempts
    while next_attempt "$1"; do
        busy
        held=
        since=$(clock)
        eval "$5"
        for i in 1 2 3; do
            [ "$i" = "$held" ] || until_over "$i"
        done
        took=$(($(clock) - since))
        eval "${6:-}"
        over "$1" "$2" "$3" "$4"
    done
}
