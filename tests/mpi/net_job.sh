#!/bin/sh
# SPDX-License-Identifier: MIT
# net_job.sh 2: a SageMaker job on hosts of its own, as the platform has them: train is process 1, all
# machines have one and the same name, an interface is called eth0, and the names of hosts are known
# late. Point 5 of the contract, and 7 for several hosts.
. "$(dirname "$0")/net_lib.sh"

# job_host HOST ARGUMENT...: its container, in the background; as launch.
job_host() {
    host=$1
    shift
    # shellcheck disable=SC2016 # for the host's shell
    SKIFF_ML_ROOT=$folder/job/algo-$host ip netns exec "$tag-$host" \
        unshare --uts --pid --fork --kill-child sh -c 'hostname aws; exec "$@"' sh \
        "$SKIFF" train --threads 1 "$@" >"$folder/said.$host" 2>&1 </dev/null &
    echo $! >"$folder/pid.$host"
}

# lay ARGUMENT...: a job of two hosts.
lay() {
    rm -rf "$folder/job" "$folder"/said.*
    "$SKIFF" job new "$folder/job" --hosts 2 --channel train="$data/train_data.npz" \
        --channel val="$data/val_data.npz" --hp hidden=[64,64] --hp batch_size=256 "$@" ||
        complain "job new"
}

# first_process HOST: of its container, by the number that it has here.
first_process() {
    ps -o pid= --ppid "$(cat "$folder/pid.$1")" | tr -d ' '
}

ip netns exec "$tag-1" unshare --uts --pid --fork true 2>/dev/null ||
    { echo "skipped: no namespaces of processes here"; exit 77; }

# No host knows a name at first, then the second knows all, then the first.
lay --hp epochs=3
for i in 1 2; do cp "/etc/netns/$tag-$i/hosts" "$folder/hosts.$i"; : >"/etc/netns/$tag-$i/hosts"; done
job_host 1
job_host 2
sleep 0.5
cat "$folder/hosts.2" >>"/etc/netns/$tag-2/hosts"
sleep 1
cat "$folder/hosts.1" >>"/etc/netns/$tag-1/hosts"
all_end 2 "late names" 0
train --train "$data/train_data.npz" --val "$data/val_data.npz" --hidden 64,64 --batch_size 256 \
    --epochs 3 --out "$folder/alone"
same_file "late names" "$folder/alone/model.npz" "$folder/job/algo-1/model/model.npz"
[ ! -e "$folder/job/algo-2/model/model.npz" ] || complain "the second host writes a model, too"

# A name that never is known, and a host that never comes.
lay --hp epochs=3 --hp join_timeout=1
: >"/etc/netns/$tag-2/hosts"
job_host 1
job_host 2
all_end 2 "names that nobody knows" 1
for i in 1 2; do
    grep -q "algo-$((3 - i))" "$folder/job/algo-$i/output/failure" ||
        complain "host $i: $(cat "$folder/said.$i")"
done
cat "$folder/hosts.2" >>"/etc/netns/$tag-2/hosts"

# SIGTERM to process 1 of either.
for who in 1 2; do
    lay --checkpoints --hp epochs=100000000 --hp log_every=10
    job_host 1
    job_host 2
    until_says 1 '^epoch=20;'
    kill -TERM "$(first_process $who)"
    all_end 2 "SIGTERM to process 1 of host $who" 0
    [ -s "$folder/job/algo-1/model/model.npz" ] || complain "SIGTERM to host $who: no model"
    [ -z "$(find "$folder/job" -name failure)" ] || complain "SIGTERM to host $who: a failure"
done

# The network that the platform names is used: a host's only way to others is cut.
lay --hp epochs=100000000 --hp heartbeat=1 --hp log_every=100
job_host 1
job_host 2
until_says 1 '^epoch='
ip -n "$tag-2" link set eth0 down
all_end 2 "a host without its network" 1
grep -q "host algo-2: .*heard" "$folder/job/algo-1/output/failure" || complain "$(cat "$folder/said.1")"
grep -q "host algo-1: " "$folder/job/algo-2/output/failure" || complain "$(cat "$folder/said.2")"
finish
