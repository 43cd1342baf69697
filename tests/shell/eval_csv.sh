#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff eval MODEL DATA.csv`: the digits that the prepared arrays give, at every CPU level and for
# any number of threads; thresholds from a CSV; classes by their names; what is refused;
# memory of some bytes a row, however many columns there are.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
"$python" - <<'END' || exit 1
import gzip, os
from csv_models import *
for model in TARGETS:
    arrays(model + ".npz", passengers(600, 1), model)
    arrays(model + ".test.npz", passengers(900, 2), model)
rows = list(passengers(900, 2))
write("test.csv", table(rows))
write("turned.csv", table(rows, columns=COLUMNS[::-1], delimiter=";", end="\r\n", always=True))
with gzip.open("test.csv.gz", "wt") as f:
    f.write(table(rows))
os.mkdir("parts")
write("parts/1.csv", table(rows[:200]))
write("parts/2.csv", table(rows[200:]))
other = list(passengers(300, 3))
write("other.csv", table(other))
arrays("other.npz", other, "two", "val")
write("one.csv", table(rows[:1]))
write("none.csv", table([]))
def write_with(name, value, at=5, to=None):
    write(to + ".csv", table([{**r, name: value if i == at else r[name]} for i, r in enumerate(rows)],
                             columns=[c for c in COLUMNS if c != "Name"]))
write_with("Survived", "2", to="class")
write_with("Survived", "", to="missing")
write_with("Survived", "yes", to="word")
write_with("Species", "nobilis", to="species")
write_with("Price", "dear", to="price")
write_with("Price", "1e39", to="far")
write_with("Sex", "other", to="odd")
write("no_target.csv", table(rows, columns=[c for c in COLUMNS if c != "Survived"]))
END
for model in two three amount; do
    train --quiet --train $model.npz --epochs 20 --out $model
done
cp -r two bare
cp -r two aimless
"$python" - <<'END' || exit 1
from csv_models import *
for model in TARGETS:
    carry(model + "/model.npz", prep(model))
aimless = prep("two")
aimless["target"] = None
carry("aimless/model.npz", aimless)
END

for level in $(cpu_levels); do
    SKIFF_CPU=$level
    export SKIFF_CPU
    for model in two three amount; do
        evaluate $model/model.npz $model.test.npz --json --bootstrap 20 --threads 1
        mv stdout want
        has "$(cat want)" '"n": 900' '"loss": '
        for threads in 1 2 3; do
            evaluate $model/model.npz test.csv --json --bootstrap 20 --threads $threads
            same_file "$level, $model, $threads threads" want stdout
        done
    done
done
unset SKIFF_CPU
for data in turned.csv test.csv.gz parts; do
    evaluate two/model.npz $data --json --bootstrap 0
    mv stdout got
    evaluate two/model.npz two.test.npz --json --bootstrap 0
    same_file "$data" stdout got
done
"$SKIFF" eval two/model.npz - --json --bootstrap 0 <test.csv >got || complain "standard input is refused"
same_file "standard input" stdout got
"$SKIFF" eval two/model.npz - --bootstrap 0 <test.csv >got || complain "standard input is refused"
has "$(cat got)" "standard input: 900 rows"

# The threshold from a CSV, beside arrays or a CSV.
for val in other.csv other.npz; do
    for test in test.csv two.test.npz; do
        evaluate two/model.npz $test --threshold f1 --val $val --json --bootstrap 0
        mv stdout got.$val.$test
        same_file "$test, --val $val" got.other.csv.test.csv got.$val.$test
    done
done
has "$(cat got.other.csv.test.csv)" '"threshold_rule": "f1"'

# For people.
evaluate two/model.npz test.csv --bootstrap 0
has "$(cat stdout)" "test.csv: 900 rows, " " positive (1), threshold 0.5" "predicted 1" "label 0"
evaluate two/model.npz two.test.npz --bootstrap 0
has "$(cat stdout)" " positive (1), "
evaluate bare/model.npz two.test.npz --bootstrap 0
has "$(cat stdout)" " positive, threshold"
evaluate three/model.npz test.csv
has "$(cat stdout)" "test.csv: 900 rows, 3 classes" "
setosa      " "
a \"b\", c    " "
virginica   " "    setosa  a \"b\", c virginica"
evaluate two/model.npz one.csv --bootstrap 0
has "$(cat stdout)" "one.csv: 1 row, "
"$SKIFF" eval two/model.npz odd.csv --bootstrap 0 >stdout 2>stderr || complain "odd.csv: $(cat stderr)"
[ "$(cat stderr)" = "skiff eval: odd.csv: column 'Sex': 1 row with a category that training had not met, such \
as 'other'; taken as missing" ] || complain "odd.csv: said $(cat stderr)"

# refuses STATUS PATTERN ARGUMENT...
refuses() {
    command_refuses eval "$@"
}
refuses 1 "no_target.csv: no column 'Survived', the target, whose values are needed" two/model.npz no_target.csv
refuses 1 "test.csv: is no .npz archive, and this model does not say how" bare/model.npz test.csv
refuses 1 "the preparation in aimless/model.npz names no target" aimless/model.npz test.csv
refuses 1 "none.csv: has no rows" two/model.npz none.csv
refuses 1 "class.csv:7: " two/model.npz class.csv
has "$(cat stderr)" "Survived" "'2' is none of the classes of the fit; correct it or remove the row"
refuses 1 "missing.csv:7: " two/model.npz missing.csv
has "$(cat stderr)" "Survived" "no value"
refuses 1 "word.csv:7: " two/model.npz word.csv
refuses 1 "species.csv:7: " three/model.npz species.csv
refuses 1 "price.csv:7: " amount/model.npz price.csv
refuses 1 "far.csv:7: " amount/model.npz far.csv
refuses 1 "class.csv:7: " two/model.npz test.csv --threshold f1 --val class.csv
refuses 1 "absent.csv: cannot open" two/model.npz test.csv --threshold f1 --val absent.csv
refuses 2 "--y_key: is for an .npz, and test.csv is a CSV" two/model.npz test.csv --y_key y
refuses 2 "--part: is for an .npz" two/model.npz test.csv --part test
refuses 1 "two.test.npz: X_train has 7 columns, but the model two/model.npz gives 1" \
    two/model.npz two.test.npz --y_key X_train

# What is kept of a row is its prediction, label and loss, 12 bytes in blocks that grow by half; what
# of a block's old place counts is the allocator's affair. In the end what sorts them is added, or
# what resamples are made of.
if [ "$sanitized" = no ]; then
    "$python" - "$SKIFF" <<'END' || complain "memory grows by more than 30 bytes a row, or 44 or 74 in the end"
import os, re, subprocess, sys
from csv_models import *
header, rows = table([]).encode(), table(passengers(2000, 4), header=False).encode()
def peaks(times, resamples):
    """KiB when all rows are read, and at the end."""
    words = [sys.argv[1], "eval", "two/model.npz", "-", "--bootstrap", resamples, "--threads", "1"]
    run = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    run.stdin.write(header)
    for _ in range(times):
        run.stdin.write(rows)
    run.stdin.flush() # all but what a pipe holds has been read
    status = open(f"/proc/{run.pid}/status").read()
    run.stdin.close()
    _, run.returncode, usage = os.wait4(run.pid, 0)
    assert run.returncode == 0
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]), usage.ru_maxrss
few, many = peaks(25, "0"), peaks(250, "0")
sampled = peaks(250, "2")[1]
print(f"{few[0]} KiB for 50,000 rows, {many[0]} KiB for 500,000, {many[1]} in the end, {sampled} with intervals")
def grown(more, by):
    return (more - few[0]) * 1024 > 450000 * by
sys.exit(grown(many[0], 30) or grown(many[1], 44) or grown(sampled, 74))
END
fi
finish
