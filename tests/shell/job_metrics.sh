#!/bin/sh
# SPDX-License-Identifier: MIT
# Metric expressions, as Python's re and the platform's way of looking at a log take them, find one
# number an epoch in what a job prints by itself, and the number is the one of history.csv; never an
# exponent; flushed line by line; the kept model's values last. Points 9 and 11 of the contract.
. "$(dirname "$0")/job_lib.sh"
need_python

# found BEST LOG HISTORY: every expression, against the columns of the history. BEST: whose epoch's
# value comes last again.
cat >"$folder/found.py" <<'END'
import csv, re, sys
best, log, history = sys.argv[1:4]
shown = "".join(f"#{ord(c):03o}" if ord(c) < 32 and c != "\n" else c for c in open(log).read())
lines = shown.split("\n")
rows = list(csv.DictReader(open(history)))
number = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
wanted = {
    r"validation:accuracy = ([0-9\.]+)": ("val_accuracy", 4),
    r"validation:accuracy = ([0-9.]+)": ("val_accuracy", 4),
    r"Val Accuracy: ([0-9\.]+)": ("val_accuracy", 4),
    r"Val Loss: ([0-9\.]+)": ("val_loss", 4),
    r"Epoch \[[0-9]+/[0-9]+\], Loss: ([0-9\.]+)": ("train_loss", 4),
    r"train_loss=([0-9\.]+)": ("train_loss", 8),
    r"val_loss=([0-9\.]+)": ("val_loss", 8),
    r"f1_score/val=([0-9\.]+)": ("val_f1", 8),
    r"auroc/val=([0-9\.]+)": ("val_auroc", 8),
    r"val/f1_score=([0-9\.]+)": ("val_f1", 8),
    r"val/auroc=([0-9\.]+)": ("val_auroc", 8),
    r"val_loss=(.*?);": ("val_loss", 8),
    f"train_loss={number}": ("train_loss", 8),
    f"val_loss={number}": ("val_loss", 8),
    f"val_accuracy={number}": ("val_accuracy", 8),
    f"val_rmse={number}": ("val_rmse", 8),
    f"val_r2={number}": ("val_r2", 8),
    rf".*\[[0-9]+\].*#011validation-auc:{number}.*": ("val_auroc", 8),
    rf".*\[[0-9]+\].*#011validation-logloss:{number}.*": ("val_loss", 8),
    rf".*\[[0-9]+\].*#011validation-rmse:{number}.*": ("val_rmse", 8),
}
bad = 0
for expression, (column, digits) in wanted.items():
    if column not in rows[0] or ("logloss" in expression and "val_rmse" in rows[0]):
        continue
    if column != "val_rmse" and "Accuracy" in expression and "val_accuracy" not in rows[0]:
        continue
    got = [m.group(1) for m in (re.search(expression, line) for line in lines) if m]
    true = [float(r[column]) for r in rows if r[column]]
    if best != "-":
        true.append(float(rows[int(best) - 1][column]))
    same = len(got) == len(true) and all(
        abs(float(g) - t) <= 0.5000001 * 10.0 ** -digits + 1e-8 * abs(t) for g, t in zip(got, true))
    if not same:
        bad = 1
        print(f"FAIL: {expression}: found {got[:3]}..{got[-2:]}, {len(got)} of them;"
              f" the history has {true[:3]}..{true[-2:]}, {len(true)}")
for line in lines:
    if re.search(r"[=:][-+]?[0-9.]+[eE][-+]?[0-9]", line):
        print("FAIL: an exponent:", line)
        bad = 1
print(f"{len(rows)} epochs, best {best}")
sys.exit(bad)
END
found() {
    "$python" "$folder/found.py" "$1" "$folder/stdout" "$root/output/data/history.csv" ||
        complain "$job: expressions"
}

lesson usual --hp epochs=25 --sender b
completes
found -
is "what else is printed" "$(grep -vc '^Epoch \[\|^validation:accuracy = \|^epoch=\|^\[' "$folder/stdout")" 1
has "$(sed -n 1p "$folder/stdout")" "Epoch [1/25], Loss: 0."
has "$(tail -n 1 "$folder/stdout")" "Model saved to $root/model/nn_model.pth"

# The best epoch is not the last: its values come again, at the end.
for objective in validation:accuracy val_loss auroc/val validation:auc; do
    lesson "best-$objective" --hp epochs=60 --hp learning_rate=0.1 --objective "$objective"
    completes
    epoch=$(sed -n 's/^skiff train: the weights of epoch \([0-9]*\) are kept.*/\1/p' "$folder/stderr")
    [ -n "$epoch" ] || complain "$objective: the last epoch is the best: choose another rate"
    found "$epoch"
    column=$(case $objective in *acc*) echo accuracy ;; *loss*) echo loss ;; *) echo auroc ;; esac)
    is "$objective" "$(option monitor) $(option restore_best)" "\"val_$column\" true"
    "$python" - "$root/output/data" "val_$column" "$epoch" <<'END' || complain "$objective: not the best"
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/history.csv")))
values = [float(r[sys.argv[2]]) for r in rows]
best = min(values) if "loss" in sys.argv[2] else max(values)
kept = values[int(sys.argv[3]) - 1]
final = json.load(open(sys.argv[1] + "/metrics.json"))["val"][sys.argv[2][4:]]
print(f"best {best}, kept {kept}, of the model {final}")
sys.exit(not (best == kept and abs(final - kept) < 1e-6))
END
done
lesson own --hp epochs=3 --hp monitor=val_f1 --hp restore_best=False --objective val_loss
completes
is "the user's own choice" "$(option monitor) $(option restore_best)" '"val_f1" false'
found -

# Losses below 1e-5, where %g would write an exponent; several classes; regression, negative R2.
printf '%s\n' "$folder/t.npz train multiclass 90 5 1" \
    "$folder/v.npz val multiclass 40 5 2" "$folder/tr.npz train regression 90 5 1" \
    "$folder/vr.npz val regression 40 5 2" | "$python" "$source_folder/tests/shell/npz_tables.py"
"$python" - "$folder" <<'END'
import sys, npz_tables
for part in "train", "val":
    X, y = [(-1) ** i * (1 + i % 3) for i in range(40)], [(i + 1) % 2 for i in range(40)]
    npz_tables.save(f"{sys.argv[1]}/easy_{part}.npz", {
        f"X_{part}": npz_tables.npy(X, (40, 1)), f"y_{part}": npz_tables.npy(y, (40,), "<i8")})
END
lay easy --channel train="$folder/easy_train.npz" --channel val="$folder/easy_val.npz" \
    --hp epochs=400 --hp learning_rate=0.05
completes
found -
grep -q 'train_loss=0\.00000[0-9]*[1-9]' "$folder/stdout" || complain "easy: no loss below 1e-5"
lay multi --channel train="$folder/t.npz" --channel val="$folder/v.npz" --hp epochs=7
completes
found -
lay regression --channel train="$folder/tr.npz" --channel val="$folder/vr.npz" --hp epochs=7 \
    --hp learning_rate=0.000001
completes
found -
grep -q 'val_r2=-0\.' "$folder/stdout" || complain "regression: R2 is not negative"
lay alone --channel train="$folder/t.npz" --hp epochs=3
completes
found -

# A line is there as soon as its epoch has ended, also through a pipe.
lesson flushed --hp epochs=1000000
mkfifo "$folder/log"
SKIFF_ML_ROOT=$root "$SKIFF" train --threads 1 >"$folder/log" 2>/dev/null &
pid=$!
seen=$(timeout 20 head -n 8 "$folder/log")
kill -TERM $pid 2>/dev/null
wait $pid
has "$seen" "Epoch [1/1000000]" "epoch=2;"
finish
