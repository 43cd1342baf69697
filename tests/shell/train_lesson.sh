#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff train` in the place of the lesson's training script: the same arguments, the same lines on
# standard output, the same model file; and the files that describe the run.
. "$(dirname "$0")/lib.sh"
need_python
SKIFF=$(cd "$(dirname "$SKIFF")" && pwd)/$(basename "$SKIFF")
data=$(cd "$data" && pwd)
model=./nn_model.pth
[ -d /opt/ml/model ] && model=/opt/ml/model/nn_model.pth

# lesson NAME ARGUMENT...: a run in a folder of its own, with nothing but the lesson's arguments.
lesson() {
    mkdir "$folder/$1"
    cd "$folder/$1" || exit 1
    shift
    "$SKIFF" train --train "$data/train_data.npz" --val "$data/val_data.npz" "$@" \
        >"$folder/stdout" 2>"$folder/stderr"
    code=$?
    [ $code -eq 0 ] || complain "exit status $code: $(cat "$folder/stderr")"
    grep -q '^skiff train: binary task, 1052 rows of 7 features and 264 to validate; network 7-64-32-1, 1052 rows a step$' \
        "$folder/stderr" || complain "no line about the set-up: $(cat "$folder/stderr")"
    drop_setup
    [ -s "$folder/stderr" ] && complain "standard error has: $(cat "$folder/stderr")"
    cd "$folder" || exit 1
}

# logs WHAT EPOCH...: $folder/stdout has the two lines of these epochs, the line of the model, and
# no other.
logs() {
    what=$1
    shift
    for epoch in "$@"; do
        printf '%s\n' "^Epoch \\[$epoch\\], Loss: [0-9]+\\.[0-9]{4}, Val Loss: [0-9]+\\.[0-9]{4}, Val Accuracy: [01]\\.[0-9]{4}\$"
        printf '%s\n' '^validation:accuracy = [01]\.[0-9]{4}$'
    done >"$folder/patterns"
    printf '%s\n' "^Model saved to $model\$" >>"$folder/patterns"
    [ "$(wc -l <"$folder/stdout")" -eq "$(wc -l <"$folder/patterns")" ] ||
        complain "$what: other lines than expected: $(cat "$folder/stdout")"
    line=0
    while IFS= read -r pattern; do
        line=$((line + 1))
        sed -n "${line}p" "$folder/stdout" | grep -q -E "$pattern" ||
            complain "$what: line $line, $(sed -n "${line}p" "$folder/stdout"), is not $pattern"
    done <"$folder/patterns"
}

lesson plain
logs "10 epochs by default" 10/10
lesson long --epochs 250 --learning_rate 0.001
logs "250 epochs" 100/250 200/250 250/250
lesson tuned --epochs=100 --learning-rate=0.01
logs "100 epochs" 100/100
lesson aliases --max_epochs 100 --lr 0.01
logs "names of other trainers" 100/100
lesson one --epochs 1
logs "1 epoch" 1/1

if [ "$model" = ./nn_model.pth ]; then
    for file in model.npz nn_model.pth history.csv metrics.json run.json; do
        [ -s "$folder/long/$file" ] || complain "no $file"
    done
    [ "$(find "$folder/long" -type f | wc -l)" -eq 5 ] || complain "more files: $(ls -A "$folder/long")"
    same_run "names of other trainers" "$folder/tuned" "$folder/aliases"
    cmp -s "$folder/plain/model.npz" "$folder/tuned/model.npz" && complain "options change nothing"
    "$python" - "$folder/long" "$folder/stdout" "$data" <<'END' || complain "the files of the run"
import csv, json, re, sys, zipfile

run, _, data = sys.argv[1:4]
bad = []


def check(what, got, wanted):
    if got != wanted:
        bad.append(f"{what}: {got!r} instead of {wanted!r}")


rows = list(csv.reader(open(run + "/history.csv", newline="")))
check("history.csv, header", rows[0], "epoch train_loss val_loss val_accuracy val_f1 val_auroc "
      "val_ap lr seconds".split())
check("history.csv, epochs", [r[0] for r in rows[1:]], [str(e) for e in range(1, 251)])
check("history.csv, widths", {len(r) for r in rows}, {9})
values = [[float(x) for x in r] for r in rows[1:]]
check("learning rates", {v[7] for v in values}, {0.001})
check("seconds rise", all(a[8] <= b[8] for a, b in zip(values, values[1:])), True)
check("the loss falls", values[-1][1] < values[0][1] * 0.8, True)

record = json.load(open(run + "/run.json"))
metrics = json.load(open(run + "/metrics.json"))
for member in ("command options seed versions machine device instance data training seconds "
               "energy metrics peak_memory_bytes exit").split():
    check(f"run.json has {member}", member in record, True)
check("command", record["command"][0], "train")
check("epochs asked", record["options"]["epochs"], 250)
check("learning rate asked", record["options"]["learning_rate"], 0.001)
check("seed", record["seed"], 0)
check("exit", record["exit"], "finished")
check("machine", sorted(record["machine"]),
      sorted("host cpu cpu_level gemm openblas cores threads ranks network".split()))
check("gemm", (record["machine"]["gemm"], record["machine"]["openblas"]), ("own", None))
check("ranks", (record["machine"]["ranks"], record["machine"]["network"]), (1, None))
check("data", record["data"],
      {"train_rows": 1052, "val_rows": 264, "test_rows": 0, "features": 7})
training = record["training"]
check("parameters", training["parameters"], 7 * 64 + 64 + 64 * 32 + 32 + 32 + 1)
check("epochs done", training["epochs"], 250)
check("final epoch", training["final"]["epoch"], 250)
for name, column in ("train_loss", 1), ("val_loss", 2), ("val_accuracy", 3), ("val_ap", 6):
    check(f"final {name}", f"{training['final'][name]:.9g}", f"{values[-1][column]:.9g}")
best = min(values, key=lambda v: v[2])
check("best epoch", training["best"]["epoch"], int(best[0]))
seconds = record["seconds"]
for part in "start load train evaluate save total".split():
    check(f"seconds of {part}", 0 <= seconds[part] <= seconds["total"], True)
check("metrics, parts", sorted(metrics), ["train", "val"])
for part in metrics:
    for name in "accuracy precision recall f1 auroc ap log_loss confusion loss n".split():
        check(f"metrics of {part} have {name}", name in metrics[part], True)
check("accuracy, history and metrics", round(metrics["val"]["accuracy"], 8), round(values[-1][3], 8))
check("confusion, rows", sum(map(sum, metrics["val"]["confusion"])), 264)
with zipfile.ZipFile(run + "/model.npz") as archive:
    check("model.npz", archive.testzip(), None)
    check("model.npz, members", {f"fc{l}.{p}.npy" for l in (1, 2, 3) for p in ("weight", "bias")}
          <= set(archive.namelist()), True)
with zipfile.ZipFile(run + "/nn_model.pth") as archive:
    check("nn_model.pth", archive.testzip(), None)
for line in bad:
    print(line)
sys.exit(bool(bad))
END
fi


# --out takes everything, also into folders that are yet to be made; --test adds its metrics.
echo "$folder/test.npz test binary 50 7 5" | "$python" "$source_folder/tests/shell/npz_tables.py"
mkdir "$folder/elsewhere"
cd "$folder/elsewhere" || exit 1
train --train "$data/train_data.npz" --val "$data/val_data.npz" --test "$folder/test.npz" \
    --epochs 2 --out "$folder/out/deep"
has "$(tail -n 1 "$folder/stdout")" "Model saved to $folder/out/deep/nn_model.pth"
[ -z "$(ls -A)" ] || complain "--out: files in the working folder: $(ls -A)"
has "$(cat "$folder/out/deep/metrics.json")" '"test"'
train --train "$data/train_data.npz" --epochs 2 --model_dir "$folder/m" --output_dir "$folder/o"
[ "$(cd "$folder/m" && echo *)" = "model.npz nn_model.pth" ] || complain "--model_dir: $(ls "$folder/m")"
[ "$(cd "$folder/o" && echo *)" = "history.csv metrics.json run.json" ] ||
    complain "--output_dir: $(ls "$folder/o")"
[ "$(head -n 1 "$folder/o/history.csv")" = epoch,train_loss,lr,seconds ] ||
    complain "history without validation: $(head -n 1 "$folder/o/history.csv")"
[ "$(sed -n 1p "$folder/stdout" | sed 's/[0-9.]*$//')" = "Epoch [2/2], Loss: " ] ||
    complain "the log without validation: $(cat "$folder/stdout")"

# Nothing to train: the untrained model. Nothing to say: silence.
train --train "$data/train_data.npz" --epochs 0 --quiet --out "$folder/zero"
[ -s "$folder/stdout" ] && complain "--quiet prints: $(cat "$folder/stdout")"
[ "$(wc -l <"$folder/zero/history.csv")" -eq 1 ] || complain "--epochs 0 has a history"
train --train "$data/train_data.npz" --epochs 1 --lr 0 --out "$folder/still"
same_file "--epochs 0 against a step of nothing" "$folder/zero/model.npz" "$folder/still/model.npz"

# A configuration file says what arguments say, and arguments win.
printf '{"epochs": 3, "hidden": [8, 4], "lr": "0.01", "batch-size": 100, "seed": 9}\n' >"$folder/c.json"
train --config "$folder/c.json" --train "$data/train_data.npz" --epochs 4 --out "$folder/config"
train --train "$data/train_data.npz" --epochs 4 --hidden 8,4 --lr 0.01 --batch_size 100 --seed 9 \
    --out "$folder/arguments"
same_run "--config" "$folder/config" "$folder/arguments"

# The record of a run repeats it, and leaves the files of that run alone.
cp "$folder/config/run.json" "$folder/record.json"
train --config "$folder/config/run.json" --out "$folder/again"
same_run "--config run.json" "$folder/config" "$folder/again"
same_file "the record" "$folder/record.json" "$folder/config/run.json"
finish
