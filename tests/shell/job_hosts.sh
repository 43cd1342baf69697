#!/bin/sh
# SPDX-License-Identifier: MIT
# Several hosts of a job train one model: eleven of them, listed as texts (algo-1, algo-10, algo-11,
# algo-2, ...); one that comes late, one that never comes; the bytes of one process; one host alone
# writes files and metrics; each has the cause of a failure. Points 3, 5 and 10 of the contract.
. "$(dirname "$0")/job_lib.sh"

# ran STATUS: the job in $job, of which the platform would show that; its log in $folder/log.
ran() {
    timeout -k 5 60 "$SKIFF" job run "$job" >"$folder/log" 2>&1
    grep -q "^Status     $1" "$folder/log" || complain "$job: $(cat "$folder/log")"
}

# by_hand: starts the hosts of $job, each with what `job run` would give it, in the background; their
# processes are the numbers in $folder/HOST.pid, what they say is in $folder/HOST.log.
by_hand() {
    rm -f "$folder"/algo-*.log
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    for host in $(cd "$job" && echo algo-*); do
        SKIFF_ML_ROOT=$job/$host SM_HP_JOIN_PORT=$port SM_HP_HOST_ADDRESSES=$addresses \
            UCX_NET_DEVICES=lo "$SKIFF" train --threads 1 >"$folder/$host.log" 2>&1 </dev/null &
        echo $! >"$folder/$host.pid"
    done
}
addresses=algo-1=127.0.0.1,algo-2=127.0.0.1,algo-3=127.0.0.1,alpha=127.0.0.1,zeta=127.0.0.1

# ended WHAT HOST STATUS: the process of by_hand.
ended() {
    wait "$(cat "$folder/$2.pid")"
    code=$?
    [ $code -eq "$3" ] || complain "$1: $2 ends with $code: $(cat "$folder/$2.log")"
}

# ---- a build that cannot

parameters="--hp epochs=3 --hp hidden=[64,64] --hp batch_size=256 --hp dropout=0.2"
# shellcheck disable=SC2086
lesson pair --hosts 2 $parameters
"$SKIFF" job run "$job" >"$folder/log" 2>&1
if grep -q -e "built --without-mpi" "$folder/log"; then
    has "$(cat "$folder/log")" "Status     Failed; algo-1: exit code 1, algo-2: exit code 1" \
        "several hosts would train together (algo-1,algo-2)" "or name one host: --hosts algo-1"
    lesson one --hosts 2 --hp epochs=1 --hp hosts=algo-1
    ran Completed
    echo "skiff was built without MPI: what several hosts do is not tested"
    finish
fi
# With a sanitizer everything takes several times as long: fewer hosts, fewer epochs.
most=11 epochs=600
[ "$sanitized" = no ] || { most=3 epochs=200; }

# ---- the bytes of one process, and who writes

cp "$root/model/model.npz" "$folder/pair.npz"
is "metrics of a pair" "$(grep -c '^algo-1 | validation:accuracy = ' "$folder/log")" 3
grep -q '"ranks": 2' "$root/output/data/run.json" || complain "not two ranks"
# shellcheck disable=SC2086
lesson single $parameters
completes
same_file "one host and two" "$folder/pair.npz" "$root/model/model.npz"

# shellcheck disable=SC2086
lesson eleven --hosts $most $parameters
[ "$sanitized" = yes ] || is "the order of hosts" \
    "$(tr -d '\n ' <"$root/input/config/resourceconfig.json" | sed 's/.*"hosts":\[\("algo-1",[^]]*\)\].*/\1/')" \
    '"algo-1","algo-10","algo-11","algo-2","algo-3","algo-4","algo-5","algo-6","algo-7","algo-8","algo-9"'
ran "Completed"
same_file "one host and eleven" "$folder/pair.npz" "$root/model/model.npz"
is "metrics" "$(grep -c ' | validation:accuracy = ' "$folder/log")" 3
is "what others say" "$(grep -c '^algo-1[01] | \|^algo-[2-9] | ' "$folder/log")" 0
for host in $(seq 2 $most); do
    is "files of algo-$host" "$(find "$job/algo-$host/model" "$job/algo-$host/output" -type f)" ""
    has "$(cat "$folder/log")" "algo-$host: exit code 0"
done
has "$(cat "$folder/log")" "($most hosts, ml.m5.large)"

# Who leads is the first by name, wherever a list has it; variables win over the file.
lesson names --hosts 2 --hp epochs=1
for host in algo-1 algo-2; do
    printf '{"current_host":"%s","hosts":["zeta","alpha"],"network_interface_name":"none0"}' \
        "$([ $host = algo-1 ] && echo zeta || echo alpha)" \
        >"$job/$host/input/config/resourceconfig.json"
done
by_hand
ended "other names" algo-1 0
ended "other names" algo-2 0
[ -s "$job/algo-2/model/model.npz" ] || complain "the leader is not the first by name"
is "the second by name" "$(cat "$folder/algo-1.log")$(ls "$root/model")" ""
rm -rf "$job/algo-2/model"
SM_HOSTS='["alpha","q"]' SM_CURRENT_HOST=q fails 1 "host alpha, which leads, has not answered" \
    --join_timeout 0.2
SM_CURRENT_HOST=nobody fails 1 "SM_CURRENT_HOST: the current host 'nobody' is not in the list"

# Two objects for three hosts: one has no rows, and the table is that of one host with both; so for
# validation data, which come through a pipe.
need_python
mkdir "$folder/objects"
printf '%s\n' "$folder/objects/a.npz train binary 700 7 1" "$folder/objects/b.npz train binary 500 7 2" \
    "$folder/v.npz val binary 300 7 3" | "$python" "$source_folder/tests/shell/npz_tables.py"
options="--hp epochs=3 --hp batch_size=256 --channel train=$folder/objects --channel val=$folder/v.npz"
# shellcheck disable=SC2086
{
    lay together $options
    completes
    lay shards --hosts 3 --sharded train $options
    rm -r "$job/algo-3/input/data/train" # there may be no folder for nothing
    ran Completed
    same_file "shards" "$folder/together/algo-1/model/model.npz" "$root/model/model.npz"
    has "$(cat "$folder/log")" "1200 rows of 7 features and 300 to validate" "3 ranks"
    lay piped --hosts 2 --sharded train --sharded val --pipe val $options
    ran Completed
    same_file "shards through a pipe" "$folder/together/algo-1/model/model.npz" "$root/model/model.npz"
    lay piped --hosts 2 --pipe val --hp ranks_per_host=2 $options
    ran Failed
    has "$(cat "$folder/log")" "channel 'val' comes through a pipe, which one rank can read once"
}

# One channel with objects of both parts: a host has those of one, or none.
mkdir "$folder/mixed"
mv "$folder/objects/a.npz" "$folder/mixed/a_train.npz"
mv "$folder/v.npz" "$folder/mixed/b_val.npz"
mv "$folder/objects/b.npz" "$folder/mixed/c_train.npz"
for hosts in 2 4; do
    lay parts --hosts $hosts --sharded all --channel all="$folder/mixed" --hp epochs=3 --hp batch_size=256
    ran Completed
    same_file "parts on $hosts hosts" "$folder/together/algo-1/model/model.npz" "$root/model/model.npz"
    has "$(cat "$folder/log")" "1200 rows of 7 features and 300 to validate"
done
rm "$folder/mixed/b_val.npz"
lay parts --hosts 3 --sharded all --channel all="$folder/mixed" --hp epochs=1
ran Completed
is "a part that nobody has" "$(option val) $(grep -c "to validate" "$folder/log")" "null 0"

# Those that the user names train, if only one; the others say so.
lesson chosen --hosts 3 --hp epochs=1 --hp 'hosts=["algo-2", "algo-3"]'
ran Completed
[ -s "$job/algo-2/model/model.npz" ] || complain "chosen hosts: no model"
has "$(cat "$folder/log")" "only these hosts train: algo-2,algo-3; algo-1 has nothing to do" \
    "2 ranks with"
lesson alone --hosts 2 --hp epochs=1 --hp hosts=algo-2
ran Completed
is "one host alone" "$(grep -c 'ranks with\|waiting' "$folder/log")" 0
[ -s "$job/algo-2/model/model.npz" ] || complain "one host alone: no model"

# ---- signals, checkpoints, restarts

long="--hosts 2 --checkpoints --hp epochs=$epochs --hp batch_size=256 --hp log_every=20"
# shellcheck disable=SC2086
lesson whole $long
ran Completed
cp "$root/model/model.npz" "$folder/whole.npz"
ran Completed # a finished job is started again
same_file "finished and started again" "$folder/whole.npz" "$root/model/model.npz"
is "checkpoints of the second host" "$(ls "$job/algo-2/checkpoints")" ""
for who in algo-1 algo-2; do
    # shellcheck disable=SC2086
    lesson stopped $long
    by_hand
    until_logged '^epoch=40;' "$folder/algo-1.log"
    kill -TERM "$(cat "$folder/$who.pid")"
    ended "SIGTERM to $who" algo-1 0
    ended "SIGTERM to $who" algo-2 0
    has "$(cat "$folder/algo-1.log")" "interrupted; start it again to go on from its checkpoint"
    [ -s "$root/model/model.npz" ] || complain "SIGTERM to $who: no model"
    is "SIGTERM to $who: failures" "$(find "$job" -name failure)" ""
    ran Completed
    has "$(cat "$folder/log")" "resuming after epoch"
    same_file "SIGTERM to $who and resumed" "$folder/whole.npz" "$root/model/model.npz"
done
# On another number of hosts, elsewhere, on another machine, from the oldest checkpoint.
find "$root/checkpoints" -name 'checkpoint-*' | sort | sed 1d | xargs rm
completes --root "$root" --hosts algo-1 --ranks_per_host 2 --instance ml.c5.large
has "$(cat "$folder/stderr")" "resuming after epoch"
same_file "resumed by two ranks of one host" "$folder/whole.npz" "$root/model/model.npz"

# While others are waited for, too.
for who in algo-1 algo-3; do
    lesson waiting --hosts 3 --hp epochs=1
    rm -r "$job/algo-2"
    by_hand
    until_listening "$(cat "$folder/$who.pid")"
    sleep 0.3
    kill -TERM "$(cat "$folder/$who.pid")"
    ended "SIGTERM to $who while waiting" algo-1 0
    ended "SIGTERM to $who while waiting" algo-3 0
    has "$(cat "$folder/algo-1.log")" "no model is written"
    is "SIGTERM while waiting: failures" "$(find "$job" -name failure)" ""
done

# ---- failures: every host has the cause

# caused PATTERN HOST...: each of them has left it, in one line.
caused() {
    pattern=$1
    shift
    for host; do
        is "$job: the failure of $host" "$(grep -c "$pattern" "$job/$host/output/failure") $(wc -l \
            <"$job/$host/output/failure")" "1 1"
    done
}

lesson never --hosts 3 --hp epochs=1 --hp join_timeout=0.5
rm -r "$job/algo-2"
by_hand
ended "a host that never comes" algo-1 1
ended "a host that never comes" algo-3 1
caused "have not come within [01] s: algo-2" algo-1
caused "algo-2" algo-3
lesson leaderless --hosts 2 --hp epochs=1 --hp join_timeout=0.5
rm -r "$job/algo-1"
by_hand
ended "a leader that never comes" algo-2 1
caused "host algo-1, which leads, has not answered" algo-2
lesson killed --hosts 3 --hp epochs=100000000 --hp log_every=100
by_hand
until_logged '^epoch=' "$folder/algo-1.log"
pkill -KILL -P "$(cat "$folder/algo-2.pid")"
for host in algo-1 algo-2 algo-3; do ended "a rank is killed" $host 137; done
caused "host algo-2: .* ended by signal 9" algo-1 algo-2 algo-3
lesson lost --hosts 2 --hp epochs=100000000 --hp log_every=100
by_hand
until_logged '^epoch=' "$folder/algo-1.log"
kill -KILL "$(cat "$folder/algo-2.pid")"
ended "a host is lost" algo-1 1
caused "host algo-2: the connection is lost" algo-1
wait

# What has been overcome is no failure, though the rank has left its cause.
# shellcheck disable=SC2086
lesson again $long --hp restarts=1
by_hand
until_logged '^epoch=40;' "$folder/algo-1.log"
pkill -BUS -P "$(cat "$folder/algo-2.pid")" # that of a file comes again until the process ends
until_logged . "$job/algo-2/output/failure"
pkill -BUS -P "$(cat "$folder/algo-2.pid")"
ended "a restart" algo-1 0
ended "a restart" algo-2 0
has "$(cat "$folder/algo-1.log")" "host algo-2: " "ended by signal 7; restart 1 of 1"
is "a restart: failures" "$(find "$job" -name failure)" ""
same_file "a restart" "$folder/whole.npz" "$root/model/model.npz"

# One that has no data, or other data, or parameters of its own: all say whose it is.
lesson empty --hosts 2 --hp epochs=1
rm "$job/algo-2/input/data/train/"*
ran "Failed; algo-1: exit code 1, algo-2: exit code 1"
caused "host algo-2: rank 1: channel 'train': no .npz or .csv file in" algo-1 algo-2
lesson other --hosts 2 --hp epochs=1
cp --remove-destination "$val_file" "$job/algo-2/input/data/val/val_data.npz"
cp --remove-destination "$train_file" "$job/algo-2/input/data/val/train_data.npz"
rm "$job/algo-2/input/data/val/val_data.npz"
ran Failed
caused "host algo-2: rank 1: " algo-1 algo-2
lesson bad --hosts 2 --hp epochs=1
sed -i 's/"1"/"x"/' "$job/algo-2/input/config/hyperparameters.json"
ran Failed # of the first host the signal is the end, or it came before the process had a say in it
has "$(cat "$folder/log")" "algo-2: exit code 2" "Reason     AlgorithmError: hyperparameters.json: epochs: 'x' is not"

# Ranks that a launcher has made work together, whatever the file says: one talks and writes.
if command -v mpiexec >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    lesson ranks --hosts 2 $parameters
    SKIFF_ML_ROOT=$root SM_CURRENT_HOST=algo-2 timeout 60 mpiexec -n 2 "$SKIFF" train --threads 1 \
        >"$folder/stdout" 2>"$folder/stderr" || complain "under mpiexec: $(cat "$folder/stderr")"
    is "metrics of two ranks" "$(grep -c '^validation:accuracy' "$folder/stdout")" 3
    same_file "one process and two ranks" "$folder/pair.npz" "$root/model/model.npz"
    printf '{"epochs":"x"}' >"$root/input/config/hyperparameters.json"
    SKIFF_ML_ROOT=$root timeout 60 mpiexec -n 2 "$SKIFF" train >"$folder/stdout" 2>"$folder/stderr"
    is "a failure of two ranks" "$? $(cat "$root/output/failure")" \
        "2 hyperparameters.json: epochs: 'x' is not a whole number"
fi
finish
