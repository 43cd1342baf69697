#!/bin/sh
# SPDX-License-Identifier: MIT
# per_host.sh RANKS: --ranks_per_host on this machine: the bytes of one process, and whatever ends one
# rank ends all, with a line that names it.
. "$(dirname "$0")/mpi_lib.sh"
tables binary

# begin NUMBER ARGUMENT...: so many ranks train in the background; $supervisor watches over them.
# shellcheck disable=SC2086
begin() {
    number=$1
    shift
    rm -rf "$folder/out" "$folder/checkpoints"
    timeout -s KILL 30 "$SKIFF" train $options --threads 1 --epochs 1000000 --batch_size 512 \
        --checkpoint_every 2 --checkpoint_dir "$folder/checkpoints" --ranks_per_host "$number" \
        --out "$folder/out" "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null &
    launcher=$!
    until_checkpoint "$folder/checkpoints"
    supervisor=$(ps -o pid= --ppid $launcher | tr -d ' ')
    ps -o pid= --ppid "$supervisor" | tr -d ' ' >"$folder/ranks"
}

# over WHAT STATUS: it ends so, and no rank lives.
over() {
    wait $launcher
    code=$?
    [ $code -eq "$2" ] || complain "$1: exit status $code, expected $2: $(cat "$folder/stderr")"
    # shellcheck disable=SC2046 # numbers
    until_gone "$1" $(cat "$folder/ranks")
}

# shellcheck disable=SC2086 # lists of words
{
    arguments="$options --epochs 5 --batch_size 700 --dropout 0.2"
    train $arguments --out "$folder/alone"
    for count in $ranks; do
        train $arguments --threads 1 --ranks_per_host "$count" --out "$folder/$count"
        same_run "$count ranks" "$folder/alone" "$folder/$count"
        grep -q "\"ranks\": $count\$" "$folder/$count/run.json" ||
            grep -q "\"ranks\": $count[,}]" "$folder/$count/run.json" ||
            complain "run.json does not say $count ranks"
    done
    for count in $ranks; do # one epoch more on each
        train $options --epochs $((count - 1)) --batch_size 700 --dropout 0.2 --threads 1 \
            --ranks_per_host "$count" --checkpoint_dir "$folder/kept" --out "$folder/resumed"
    done
    train $arguments --checkpoint_dir "$folder/kept" --out "$folder/resumed"
    same_run "a run that goes on" "$folder/alone" "$folder/resumed"
    train $arguments --threads 1 --ranks_per_host 2 --hosts this --host this --out "$folder/one"
    same_run "a list of one host" "$folder/alone" "$folder/one"

    # So does little shared memory; the folder of this test may lie in it.
    if unshare --mount true 2>/dev/null; then
        # shellcheck disable=SC2016 # for the shell in there
        unshare --mount sh -c 'mount --bind "$1" /mnt && mount -t tmpfs -o size=1m x /dev/shm &&
            mkdir -p "$1" && mount --bind /mnt "$1" && shift && exec "$@"' sh "$folder" \
            "$SKIFF" train $arguments --threads 1 --ranks_per_host 2 --out "$folder/little" ||
            complain "1 MB of shared memory: exit status $?"
        same_run "1 MB of shared memory" "$folder/alone" "$folder/little"
    fi

    refuses 2 "--ranks_per_host: 0 is out of range" $options --ranks_per_host 0
    # A network of which there is memory for one.
    memory=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
    wide=$(awk -v m="$memory" 'BEGIN { printf "%d", sqrt(0.7 * m * 1024 / 44) }')
    refuses 1 "in each of 2 ranks, which share the" $options --ranks_per_host 2 --threads 1 \
        --hidden "$wide,$wide"
    refuses 1 "none.npz: cannot open" --train "$folder/none.npz" --ranks_per_host 2
    refuses 1 "no longer a finite number" $options --ranks_per_host 2 --lr 1e6 \
        --optimizer sgd --task regression --epochs 100 --hidden 64,32
}

begin_attempts
while next_attempt "a rank crashes"; do
    begin 3
    since=$(clock)
    kill -SEGV "$(sed -n 2p "$folder/ranks")"
    over "a rank crashes" 139
    took=$(($(clock) - since))
done
one_line "a rank crashes" "host $(hostname): rank 1 was ended by signal 11"

begin 3
kill -TERM "$(sed -n 3p "$folder/ranks")"
over "SIGTERM to a rank" 0
[ -s "$folder/out/model.npz" ] || complain "SIGTERM to a rank: no model"

begin 2
kill -TERM "$supervisor"
over "SIGTERM to the supervisor" 0
[ -s "$folder/out/model.npz" ] || complain "SIGTERM to the supervisor: no model"

# One that comes before there are ranks, while the supervisor reads its options.
mkfifo "$folder/secret"
# shellcheck disable=SC2086 # a list of words
"$SKIFF" train $options --epochs 1000000 --ranks_per_host 2 --threads 1 --out "$folder/early" \
    --join_secret_file "$folder/secret" >"$folder/stdout" 2>"$folder/stderr" </dev/null &
supervisor=$!
exec 3>"$folder/secret" # opens once the other side does
kill -TERM $supervisor
sleep 0.1
echo 0123456789abcdef0123456789abcdef >&3
exec 3>&-
wait $supervisor
code=$?
[ $code -eq 0 ] || complain "SIGTERM before there are ranks: $code: $(cat "$folder/stderr")"
[ ! -e "$folder/early/model.npz" ] || complain "SIGTERM before there are ranks: a model"

begin_attempts
while next_attempt "the supervisor is killed"; do
    begin 2
    since=$(clock)
    kill -KILL "$supervisor"
    over "the supervisor is killed" 137
    took=$(($(clock) - since))
done
finish
