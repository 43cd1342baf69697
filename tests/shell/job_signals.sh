#!/bin/sh
# SPDX-License-Identifier: MIT
# SIGTERM, also as process 1 of a container, which has no default actions: a checkpoint, the model,
# status 0, soon; the job goes on from there; a finished one that is started again writes its model.
# Points 7 and 8 of the contract.
. "$(dirname "$0")/job_lib.sh"
need_python

# stopped NAME COMMAND...: start the command, wait for some epochs, send SIGTERM; $code.
stopped() {
    name=$1
    shift
    : >"$folder/stdout"
    SKIFF_ML_ROOT=$root "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null &
    pid=$!
    until_logged '^epoch=20;' "$folder/stdout"
    # The first process of a namespace is the child of the one that made it.
    child=$(cat /proc/$pid/task/$pid/children 2>/dev/null)
    begun=$(date +%s)
    kill -TERM ${child:-$pid} 2>/dev/null
    wait $pid
    code=$?
    took=$(($(date +%s) - begun))
    [ $took -le 10 ] || complain "$name: took $took s"
}

parameters="--hp epochs=800 --hp batch_size=128 --hp dropout=0.25 --hp log_every=10"
parameters="$parameters --hp monitor=val_loss --hp restore_best=True"
# shellcheck disable=SC2086
lesson whole $parameters
completes

# Is a namespace of processes to be had here?
first=
if unshare --pid --fork true 2>/dev/null; then
    first="unshare --pid --fork --kill-child"
else
    echo "not as process 1: unshare is refused here"
fi

for wrapper in "" "$first"; do
    # shellcheck disable=SC2086
    lesson stopped --checkpoints $parameters
    # shellcheck disable=SC2086
    stopped "SIGTERM (${wrapper:-child})" $wrapper "$SKIFF" train --threads 1
    is "SIGTERM (${wrapper:-child})" "$code" 0
    has "$(cat "$folder/stderr")" "interrupted; start it again to go on from its checkpoint"
    [ -s "$root/model/model.npz" ] || complain "no model"
    [ -e "$root/output/failure" ] && complain "a failure: $(cat "$root/output/failure")"
    ls "$root/checkpoints/"checkpoint-*.npz >/dev/null || complain "no checkpoint"
    grep -q '"exit": "interrupted"' "$root/output/data/run.json" || complain "it was not interrupted"
    epoch=$(sed -n 's/^epoch=\([0-9]*\);.*/\1/p' "$folder/stdout" | tail -n 1)
    # The model is the best one, and its values are the last of the log.
    "$python" - "$root/output/data" "$folder/stdout" <<'END' || complain "not the best one's values"
import csv, re, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/history.csv")))
best = min(float(r["val_loss"]) for r in rows)
last = float(re.findall(r"val_loss=([0-9\.]+)", open(sys.argv[2]).read())[-1])
print(f"best {best}, last in the log {last}")
sys.exit(not abs(best - last) < 1e-8)
END
    # Restored to a new container: the rest, and the bytes of a run that was left alone.
    rm -rf "$root/model" "$root/output"
    mkdir -p "$root/model" "$root/output/data"
    completes
    has "$(cat "$folder/stderr")" "resuming after epoch"
    same_file "SIGTERM (${wrapper:-child}) and resumed" "$folder/whole/algo-1/model/model.npz" \
        "$root/model/model.npz"
    # A finished job is started again.
    rm -rf "$root/model"
    completes
    same_file "finished and started again" "$folder/whole/algo-1/model/model.npz" \
        "$root/model/model.npz"
    grep -q '^epoch=' "$folder/stdout" || complain "finished and started again: no metric is printed"
    [ -n "$first" ] || break
done

# The newest checkpoint is broken: the one before it counts.
newest=$(find "$root/checkpoints" -name 'checkpoint-*.npz' | sort | tail -n 1)
head -c 1000 "$newest" >"$folder/cut"
cp "$folder/cut" "$newest"
completes
has "$(cat "$folder/stderr")" "skipping a broken checkpoint: $newest"
same_file "after a broken checkpoint" "$folder/whole/algo-1/model/model.npz" "$root/model/model.npz"

# A log that is read slowly, so that the signal comes while a line of it waits for room.
lesson slow_log --hp epochs=1000000 --hp hidden='[1]'
mkfifo "$folder/log.pipe"
(
    exec 3<"$folder/log.pipe"
    until [ -e "$folder/signalled" ]; do sleep 0.05; done
    cat <&3 >"$folder/log"
) &
reader=$!
SKIFF_ML_ROOT=$root "$SKIFF" train --threads 1 >"$folder/log.pipe" 2>"$folder/stderr" &
pid=$!
asleep=0
until [ $asleep -eq 5 ] || ! kill -0 $pid; do
    sleep 0.1
    case $(cat /proc/$pid/stat) in
    *') S '*) asleep=$((asleep + 1)) ;;
    *) asleep=0 ;;
    esac
done
kill -TERM $pid
sleep 0.1
: >"$folder/signalled"
wait $pid
code=$?
wait $reader
is "SIGTERM while the log is full" "$code $(cat "$root/output/failure" 2>/dev/null)" "0 "
[ "$(wc -c <"$folder/log")" -gt 60000 ] || complain "the log was not full"

# Where the job says that checkpoints are elsewhere; and no folder, no checkpoints.
lesson elsewhere --checkpoints --hp epochs=3
echo '{"LocalPath":"/opt/ml/other/place"}' >"$root/input/config/checkpointconfig.json"
rmdir "$root/checkpoints"
completes
ls "$root/other/place/"checkpoint-*.npz >/dev/null || complain "LocalPath is not used"
lesson nowhere --hp epochs=3
completes
is "no folder" "$(find "$root" -name 'checkpoint-*' -o -name checkpoints)" ""
mkdir "$root/checkpoints"
completes
ls "$root/checkpoints/"checkpoint-*.npz >/dev/null || complain "the usual folder is not used"

# A second SIGTERM ends process 1, too, which would otherwise have to wait for a long step.
if [ -n "$first" ]; then
    printf '%s\n' "$folder/slow.npz train binary 3000 7 1" |
        "$python" "$source_folder/tests/shell/npz_tables.py"
    lay slow --channel train="$folder/slow.npz" --hp epochs=1 --hp hidden='[2000, 2000]'
    : >"$folder/stderr"
    SKIFF_ML_ROOT=$root $first "$SKIFF" train --threads 1 >"$folder/stdout" 2>"$folder/stderr" &
    pid=$!
    until_logged task "$folder/stderr"
    sleep 0.2
    child=$(cat /proc/$pid/task/$pid/children)
    for _ in 1 2 3 4 5 6; do
        # shellcheck disable=SC2086
        kill -TERM $child 2>/dev/null || break
        sleep 0.1
    done
    wait $pid
    code=$?
    [ $code -gt 128 ] || complain "a second SIGTERM as process 1: exit status $code"
fi

# The platform stops a job: the state, and going on afterwards.
lesson platform --checkpoints --hp epochs=1000000 --hp log_every=1000
"$SKIFF" job run "$job" --stop_after 0.5 >"$folder/log" || complain "stopped by the platform: $?"
has "$(cat "$folder/log")" "Status     Stopped; algo-1: exit code 0"
"$SKIFF" job run "$job" --max_run 0.5 >"$folder/log" || complain "out of time: $?"
has "$(cat "$folder/log")" "Status     Stopped (MaxRuntimeExceeded); algo-1: exit code 0" \
    "resuming after epoch"
finish
