#!/bin/sh
# SPDX-License-Identifier: MIT
# A run that is killed, stopped or started again ends in the bytes of a run that was left alone; a
# broken checkpoint is named and passed over; one of another run is refused.
. "$(dirname "$0")/lib.sh"
need_python
full="--train $data/train_data.npz --val $data/val_data.npz"
mini="$full --batch_size 32 --dropout 0.2"
# shellcheck disable=SC2086 # options in variables are meant to be split, here and below
set_up() {
    train --quiet $full --epochs 20 --out "$folder/full"
    train --quiet $full --epochs 30 --out "$folder/full30"
    train --quiet $mini --epochs 800 --out "$folder/mini"
}
set_up

# ---- killed outright at random moments, with another number of threads each time

# kills OUT COUNT ARGUMENT...
# shellcheck disable=SC2086
kills() {
    out=$1
    count=$2
    shift 2
    died=0
    while [ "$count" -gt 0 ]; do
        ended KILL "$(random_moment 200)" "$@" --out "$out" --checkpoint_dir "$out/ck" \
            --threads "$count"
        [ $code -eq 137 ] && died=$((died + 1))
        count=$((count - 1))
    done
    train "$@" --out "$out" --checkpoint_dir "$out/ck"
    echo "$out: killed $died times, then: $(cat "$folder/stderr")"
}

# shellcheck disable=SC2086
kills "$folder/killed" 4 $mini --epochs 800 --checkpoint_every 0.05s
same_run "killed" "$folder/mini" "$folder/killed"

# ---- stopped in good order

for signal in TERM INT; do
    out=$folder/stopped-$signal
    # shellcheck disable=SC2086
    signalled $signal "$out/ck" $mini --epochs 800 --checkpoint_every 0.03s --out "$out" --threads 1
    [ $code -eq 0 ] || complain "SIG$signal: exit status $code"
    has "$(cat "$folder/stderr")" "interrupted"
    has "$(cat "$out/run.json")" '"exit": "interrupted"'
    has "$(tail -n 1 "$folder/stdout")" "Model saved to $out/nn_model.pth"
    cmp -s "$out/model.npz" "$folder/mini/model.npz" && complain "SIG$signal: the run was not stopped"
    "$python" - "$out" <<'END' || complain "SIG$signal: the stopped run's files"
import glob, struct, sys, zipfile

out = sys.argv[1]
rows = len(open(out + "/history.csv").readlines()) - 1
newest = max(glob.glob(out + "/ck/checkpoint-*.npz"))
counters = zipfile.ZipFile(newest).read("counters.npy")[-48:]
epoch, row, _, step, _, _ = struct.unpack("<6q", counters)
print(f"{newest}: epoch {epoch}, row {row}, step {step}, history of {rows} epochs")
sys.exit(not (rows == epoch and step == epoch * 33 + row // 32 and f"{step:012d}" in newest))
END
    # shellcheck disable=SC2086
    train $mini --epochs 800 --out "$out" --checkpoint_dir "$out/ck" --threads 3
    has "$(cat "$folder/stderr")" "resuming after epoch"
    same_run "SIG$signal" "$folder/mini" "$out"
done

# Without a checkpoint the model of the last step is still there.
out=$folder/nowhere
: >"$folder/stdout"
# shellcheck disable=SC2086
"$SKIFF" train $mini --epochs 1000000 --out "$out" --threads 1 --log_every 1 \
    >"$folder/stdout" 2>"$folder/stderr" &
pid=$!
until_logged '^Epoch' "$folder/stdout"
kill -TERM $pid
wait $pid
code=$?
[ $code -eq 0 ] || complain "SIGTERM without checkpoints: exit status $code"
has "$(cat "$folder/stderr")" "interrupted; the model is that of the last step"
[ -s "$out/model.npz" ] || complain "SIGTERM without checkpoints: no model"

# The second signal does not wait for the step, which takes a second here. It is sent until it works,
# for a process that has no core at the moment sees two signals of a kind as one.
for second in TERM INT; do
    echo "$folder/long.npz train binary 3000 7 1" |
        "$python" "$source_folder/tests/shell/npz_tables.py"
    : >"$folder/stderr"
    "$SKIFF" train --train "$folder/long.npz" --hidden 3000,3000 --epochs 1 --threads 1 \
        --out "$folder/second" >"$folder/stdout" 2>"$folder/stderr" &
    pid=$!
    until_logged task "$folder/stderr" # it trains from when it says what
    sleep 0.2
    kill -TERM $pid
    for _ in 1 2 3 4 5 6; do
        sleep 0.05
        kill -$second $pid 2>/dev/null || break
    done
    wait $pid 2>/dev/null
    code=$?
    [ $code -gt 128 ] || complain "a second signal, SIG$second: exit status $code"
    [ -e "$folder/second/model.npz" ] && complain "a second signal, SIG$second: wrote a model"
done

# ---- every so many epochs or seconds, another number of threads, more epochs

for every in 1 5 7 0 0.001s; do
    out=$folder/every$every
    # shellcheck disable=SC2086
    {
        train $full --epochs 13 --out "$out" --checkpoint_dir "$out/ck" --checkpoint_every $every
        train $full --epochs 20 --out "$out" --checkpoint_dir "$out/ck" --checkpoint_every $every \
            --threads 2
        has "$(cat "$folder/stderr")" "resuming after epoch 13"
    }
    same_run "--checkpoint_every $every, raised --epochs" "$folder/full" "$out"
    kept=$(find "$out/ck" -name 'checkpoint-*.npz' | wc -l)
    [ "$kept" -eq 2 ] || complain "--checkpoint_every $every: $kept checkpoints are kept"
done

# A finished run says so again: the same bytes and nothing trained.
cp "$out/history.csv" "$folder/history.before"
# shellcheck disable=SC2086
train $full --epochs 20 --out "$out" --checkpoint_dir "$out/ck"
same_run "a finished run again" "$folder/full" "$out"
same_file "a finished run again, seconds too" "$out/history.csv" "$folder/history.before"

# ---- broken checkpoints

# wreck WHAT: prepare $folder/wreck with the checkpoints of steps 15 and 20.
wreck() {
    rm -rf "$folder/wreck"
    # shellcheck disable=SC2086
    train --quiet $full --epochs 20 --out "$folder/wreck" --checkpoint_dir "$folder/wreck/ck" \
        --checkpoint_every 5
    newest=$folder/wreck/ck/checkpoint-000000000020.npz
    oldest=$folder/wreck/ck/checkpoint-000000000015.npz
    [ -s "$newest" ] || complain "$1: no $newest"
    rm "$folder/wreck/model.npz"
}

# recovers WHAT PATTERN...: the run that finds the wreck says all that and ends as it should.
recovers() {
    what=$1
    shift
    # shellcheck disable=SC2086
    train $full --epochs 20 --out "$folder/wreck" --checkpoint_dir "$folder/wreck/ck" \
        --checkpoint_every 5
    [ $# -gt 0 ] && has "$(cat "$folder/stderr")" "$@"
    same_run "$what" "$folder/full" "$folder/wreck"
    no_leftovers "$what" "$folder/wreck"
}

name=checkpoint-000000000020.npz
broken="skipping a broken checkpoint: $folder/wreck/ck/$name"
wreck truncated
head -c 20000 "$newest" >"$folder/cut" && cp "$folder/cut" "$newest"
recovers "a truncated checkpoint" "$broken" "resuming after epoch 15"
wreck empty
: >"$newest"
recovers "an empty checkpoint" "$broken" "resuming after epoch 15"
wreck foreign
cp "$data/train_data.npz" "$newest"
recovers "another archive" "$broken" "resuming after epoch 15"
wreck folder
mkdir "$folder/wreck/ck/checkpoint-000000000099.npz"
recovers "a folder" "skipping a broken checkpoint: $folder/wreck/ck/checkpoint-000000000099.npz" \
    "resuming after epoch 20"

# One byte of the values is another: the checksum tells.
for place in 4000 16000 30000; do
    wreck "flipped at $place"
    "$python" - "$newest" "$place" <<'END'
import sys
path, place = sys.argv[1], int(sys.argv[2])
content = bytearray(open(path, "rb").read())
content[place] ^= 16
open(path, "wb").write(content)
END
    recovers "a flipped byte at $place" "$broken" "resuming after epoch 15"
done

wreck all
: >"$newest"
: >"$oldest"
recovers "all broken" "$broken" "skipping a broken checkpoint: $oldest"
grep -q resuming "$folder/stderr" && complain "all broken: resumed from what?"

# Broken ones with larger numbers do not push out what the new run has to keep.
wreck shadowed
: >"$newest"
: >"$oldest"
# shellcheck disable=SC2086
train --quiet $full --epochs 10 --out "$folder/wreck" --checkpoint_dir "$folder/wreck/ck" \
    --checkpoint_every 1
[ -s "$folder/wreck/ck/checkpoint-000000000010.npz" ] ||
    complain "after broken checkpoints of later steps the new one is not kept: $(ls "$folder/wreck/ck")"

# ---- checkpoints of other runs

# other PATTERN ARGUMENT...: the checkpoints of the run of 20 epochs are not for these options.
other() {
    pattern=$1
    shift
    refuses 1 "$pattern" --epochs 20 --threads 1 --checkpoint_dir "$folder/wreck/ck" "$@"
    has "$(cat "$folder/stderr")" "belongs to another run" "checkpoint_dir" "checkpoint-000000000020.npz"
}
wreck other
# shellcheck disable=SC2086
{
    other "hidden was 64,32 there and is 16 here" $full --hidden 16
    other "learning_rate" $full --lr 0.01
    other "seed" $full --seed 1
    other "dropout" $full --dropout 0.1
    other "optimizer" $full --optimizer adamw
    other "activation" $full --activation gelu
    other "weight_decay" $full --weight_decay 0.1
    other "torch_compat was 1 there and is 2 here" $full --torch_compat 2
    other "schedule" $full --schedule cosine
    other "rows a step" $full --batch_size 100
    other "restore_best" $full --restore_best
    other "validation data" --train "$data/train_data.npz"
    echo "$folder/rows.npz train binary 1052 7 1" |
        "$python" "$source_folder/tests/shell/npz_tables.py"
    other "training data" --train "$folder/rows.npz" --val "$data/val_data.npz"
}
# shellcheck disable=SC2086
refuses 1 "20 epochs are done there, more than --epochs 10" $full --epochs 10 --threads 1 \
    --checkpoint_dir "$folder/wreck/ck"
recovers "after refusals" "resuming after epoch 20"

# ---- another CPU level: the levels that round alike go on for one another, others are refused
case $(cpu_levels | tr '\n' ' ') in
*"avx2 avx512"*)
    # shellcheck disable=SC2086
    for pair in avx2:avx512 avx512:avx2; do
        first=${pair%:*}
        second=${pair#*:}
        rm -rf "$folder/levels"
        SKIFF_CPU=$first "$SKIFF" train --quiet $full --epochs 9 --threads 1 --out "$folder/levels" \
            --checkpoint_dir "$folder/levels/ck" || complain "$first fails"
        SKIFF_CPU=$second "$SKIFF" train --quiet $full --epochs 20 --threads 1 \
            --out "$folder/levels" --checkpoint_dir "$folder/levels/ck" || complain "$second fails"
        same_run "$first, then $second" "$folder/full" "$folder/levels"
    done
    SKIFF_CPU=baseline && export SKIFF_CPU
    # shellcheck disable=SC2086
    refuses 1 "SKIFF_CPU" $full --epochs 30 --threads 1 --checkpoint_dir "$folder/levels/ck"
    ;;
esac
finish
