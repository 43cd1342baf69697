#!/bin/sh
# SPDX-License-Identifier: MIT
# A network of 2 GB of parameters trains on two ranks, each of which may have 1.6 GB of address space:
# all that it maps, whether it is used or not. Then its model is whole, and the losses are those of one
# process with --parallel model, which has room for all of it.
. "$(dirname "$0")/../shell/lib.sh"
need_python
command -v mpiexec >/dev/null 2>&1 || { echo "skipped: no mpiexec (apt-get install mpich)"; exit 77; }
[ "$sanitized" = no ] || { echo "skipped: a sanitizer needs address space of its own"; exit 77; }
available=$(awk '/MemAvailable/ { print int($2 / 1000) }' /proc/meminfo)
[ "$available" -gt 8000 ] || { echo "skipped: $available MB of memory are free, not 8000"; exit 77; }
limit=1562500 # kilobytes: 1.6 GB

"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train.npz train binary 64 20 1
$folder/val.npz val binary 32 20 2
END
set -- train --train "$folder/train.npz" --val "$folder/val.npz" --hidden 22360,22360 \
    --batch_size 32 --epochs 2 --optimizer sgd --lr 0.01 --parallel model --threads 1 --quiet

# refused: more than that, in the same room, is a line and no crash.
(ulimit -v $limit && exec timeout -s KILL 300 mpiexec -n 2 "$SKIFF" "$@" --optimizer adam \
    --out "$folder/adam") >"$folder/stdout" 2>"$folder/stderr" </dev/null
code=$?
[ $code -eq 1 ] || complain "adam in 1.6 GB: exit status $code: $(cat "$folder/stderr")"
one_line "adam in 1.6 GB" "out of memory"

(ulimit -v $limit && exec timeout -s KILL 900 mpiexec -n 2 "$SKIFF" "$@" --out "$folder/two") \
    2>"$folder/stderr" </dev/null || complain "two ranks of 1.6 GB: $(cat "$folder/stderr")"
"$SKIFF" inspect "$folder/two/model.npz" >"$folder/stdout" || complain "the model is not whole"
has "$(cat "$folder/stdout")" "(22360, 22360)"
rm -f "$folder/two/model.npz" "$folder/two/nn_model.pth"
timeout -s KILL 900 "$SKIFF" "$@" --out "$folder/one" 2>"$folder/stderr" ||
    complain "one process: $(cat "$folder/stderr")"

"$python" - "$folder" <<'END' || complain "not what one process trains"
import csv, json, sys

def losses(run):
    with open(f"{sys.argv[1]}/{run}/history.csv") as f:
        return [float(row[k]) for row in csv.DictReader(f) for k in ("train_loss", "val_loss")]

def record(run):
    with open(f"{sys.argv[1]}/{run}/run.json") as f:
        return json.load(f)

two, one, tolerance = losses("two"), losses("one"), 1e-5
print("losses of two ranks:", two, "of one process:", one, "tolerance:", tolerance)
run = record("two")
print("parameters:", run["training"]["parameters"], "peak memory of rank 0:", run["peak_memory_bytes"],
      "of one process:", record("one")["peak_memory_bytes"], "seconds:", run["seconds"])
good = all(abs(a - b) <= tolerance for a, b in zip(two, one)) and two[2] < two[0]
sys.exit(not (good and len(two) == len(one) == 4 and run["training"]["parameters"] > 500e6))
END
finish
