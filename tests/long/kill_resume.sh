#!/bin/sh
# SPDX-License-Identifier: MIT
# Each kind of run is killed outright at 20 random moments, and politely at as many in between, with
# another number of threads each time, and then let through: its model and history are those of the
# run that was left alone.
. "$(dirname "$0")/../shell/lib.sh"
need_python
kills=${KILLS:-20}
common="--train $data/train_data.npz --val $data/val_data.npz"

# whole WHAT: every checkpoint that lies there opens, and its members have their checksums.
whole() {
    "$python" - "$folder/killed/ck" <<'END' || complain "$1: a checkpoint is not whole"
import glob, sys, zipfile
bad = [p for p in glob.glob(sys.argv[1] + "/checkpoint-*.npz") if zipfile.ZipFile(p).testzip()]
print(*bad, sep="\n", end="")
sys.exit(bool(bad))
END
}

# survives NAME EPOCHS EVERY ARGUMENT...: the longest wait before a signal is a sixth of what the
# whole run takes, so that twenty of them reach its end only by going on where the last one was.
survives() {
    name=$1
    epochs=$2
    every=$3
    shift 3
    rm -rf "$folder/alone" "$folder/killed"
    begin=$(date +%s%N)
    # shellcheck disable=SC2086 # options in variables are meant to be split
    train --quiet $common --epochs "$epochs" "$@" --out "$folder/alone"
    took=$((($(date +%s%N) - begin) / 1000000))
    died=0
    stopped=0
    tries=0
    while [ "$died" -lt "$kills" ] && [ "$tries" -lt $((6 * kills)) ]; do
        tries=$((tries + 1))
        case $((tries % 4)) in
        1 | 3) how=KILL ;;
        2) how=TERM ;;
        *) how=INT ;;
        esac
        # shellcheck disable=SC2086
        ended $how "$(random_moment $((took / 6 + 20)))" $common --epochs "$epochs" "$@" \
            --out "$folder/killed" --checkpoint_dir "$folder/killed/ck" \
            --checkpoint_every "$every" --threads $((tries % 3 + 1))
        whole "$name"
        if [ $code -eq 137 ]; then
            died=$((died + 1))
        elif [ $code -eq 0 ] && ! grep -q '"exit": "interrupted"' "$folder/killed/run.json"; then
            # done too early: once more from the beginning
            same_run "$name, killed $died times" "$folder/alone" "$folder/killed"
            rm -rf "$folder/killed"
        else
            stopped=$((stopped + 1))
        fi
    done
    # shellcheck disable=SC2086
    train $common --epochs "$epochs" "$@" --out "$folder/killed" \
        --checkpoint_dir "$folder/killed/ck" --checkpoint_every "$every"
    echo "$name: $took ms alone, killed $died times and stopped $stopped times, then:" \
        "$(cat "$folder/stderr")"
    echo "temporary files of killed runs: $(find "$folder/killed" -name '.*.tmp' | wc -l)"
    [ "$died" -ge "$kills" ] || complain "$name: only $died kills hit"
    same_run "$name" "$folder/alone" "$folder/killed"
    same_file "$name: metrics.json" "$folder/alone/metrics.json" "$folder/killed/metrics.json"
}

survives "full batch" 10000 50 --hidden 64,32
survives "mini-batches with dropout" 3000 0.05s --batch_size 32 --dropout 0.2
survives "stopped by patience" 3000 0.03s --batch_size 64 --patience 2000 --optimizer adamw
survives "one cycle of sgd" 2000 20 --batch_size 32 --optimizer sgd --momentum 0.9 \
    --schedule onecycle --lr 0.05
survives "a checkpoint every epoch" 600 1 --batch_size 16 --clip_norm 1 --activation silu
finish
