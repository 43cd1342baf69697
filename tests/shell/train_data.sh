#!/bin/sh
# SPDX-License-Identifier: MIT
# The same numbers train the same model, whatever dtype, byte order, memory order and compression
# they are stored in, in one file or in several, and whatever the arrays are called.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
"$python" - <<'END' || exit 1
import os
import random

from npz_tables import npy, save, save_table, table

ROWS, WIDTH = 150, 5
X, y = table("binary", ROWS, WIDTH, 1)
rng = random.Random(2)
whole = [rng.randint(0, 100) for _ in range(ROWS * WIDTH)]
signed = [v - 50 for v in whole]
bits = [v % 2 for v in whole]
shape = (ROWS, WIDTH)


def one(name, x, labels=None, **how):
    save(name + ".npz", {"X_train": x, "y_train": labels or npy(y, (ROWS,), "<i8")}, **how)


for kind, values in ("eighths", X), ("whole", whole), ("signed", signed), ("bits", bits):
    one(kind, npy(values, shape))  # float32, stored, aligned: used where it is

types = {
    "eighths": "<f2 >f2 >f4 <f8 >f8",
    "whole": "|i1 |u1 <i2 >i2 <u2 >u2 <i4 >i4 <u4 >u4 <i8 >i8 <u8 >u8 <f2 <f8",
    "signed": "|i1 <i2 >i2 <i4 >i8",
    "bits": "|b1 |u1 <i8",
}
values = {"eighths": X, "whole": whole, "signed": signed, "bits": bits}
with open("list", "w") as listing:
    def add(kind, name, *args, **how):
        one(name, *args, **how)
        listing.write(f"{kind} {name}\n")

    for kind, names in types.items():
        for dtype in names.split():
            plain = dtype.replace("<", "le").replace(">", "be").replace("|", "")
            add(kind, f"{kind}-{plain}", npy(values[kind], shape, dtype))
            add(kind, f"{kind}-{plain}-fortran", npy(values[kind], shape, dtype, True))
    for misalign in 1, 2, 4, 63:
        add("eighths", f"misaligned-{misalign}", npy(X, shape), misalign=misalign)
    add("eighths", "deflated", npy(X, shape), deflate=True)
    add("eighths", "deflated-fortran", npy(X, shape, "<f8", True), deflate=True)
    add("eighths", "fortran", npy(X, shape, "<f4", True))
    for dtype in "|b1 |i1 |u1 <i2 >u4 >i8 <f2 <f4 >f8".split():
        plain = dtype.replace("<", "le").replace(">", "be").replace("|", "")
        add("eighths", f"y-{plain}", npy(X, shape), npy(y, (ROWS,), dtype))
        add("eighths", f"y-column-{plain}", npy(X, shape), npy(y, (ROWS, 1), dtype))
    add("eighths", "y-column-fortran", npy(X, shape), npy(y, (ROWS, 1), "<f8", True))

# Other names, and other arrays that are none of our business.
x_bytes, y_bytes = npy(X, shape), npy(y, (ROWS,), "<i8")
junk = npy([float("nan")] * 4, (4,))
save("short.npz", {"X": x_bytes, "y": y_bytes})
save("half.npz", {"X_train": x_bytes, "y": y_bytes})
save("both.npz", {"X": junk, "y": junk, "X_train": x_bytes, "y_train": y_bytes, "X_val": junk})
save("named.npz", {"features": x_bytes, "survived": y_bytes, "X_train": junk, "y_train": junk})


# A folder of files: joined in the order of their names, whatever each is stored as.
def part(path, first, last, dtype="<f4", **how):
    save(path, {"X_train": npy(X[first * WIDTH:last * WIDTH], (last - first, WIDTH), dtype),
                "y_train": npy(y[first:last], (last - first,), "<i8")}, **how)


os.mkdir("parts")
part("parts/part-10.npz", 71, 71)  # no rows: allowed beside others
part("parts/part-2.npz", 71, ROWS, ">f8")
part("parts/part-1.npz", 60, 71, "<f2", deflate=True)
part("parts/part-0.npz", 0, 60)
part("parts/.hidden.npz", 0, 10)
open("parts/README.txt", "w").write("not data\n")
open("parts/_SUCCESS", "w").close()
os.mkdir("lone")
part("lone/only.npz", 0, ROWS)
os.mkdir("unequal")
part("unequal/a.npz", 0, 60)
save("unequal/b.npz", {"X_train": npy(X[:12], (3, 4)), "y_train": npy(y[:3], (3,), "<i8")})
os.mkdir("spoilt")
part("spoilt/a.npz", 0, 60)
open("spoilt/b.npz", "wb").write(open("spoilt/a.npz", "rb").read()[:-30])

# Tasks that are told from the labels; more than 255 rows of a class, too.
save_table("three.npz", "train", "multiclass", 1100, 5, 3)
save_table("number.npz", "train", "regression", 300, 5, 4)
save_table("numbers.npz", "train", "regression2", 300, 5, 5)
END

options="--epochs 3 --batch_size 40 --hidden 9,5 --quiet"
# shellcheck disable=SC2086 # options in variables are meant to be split, here and below
for kind in eighths whole signed bits; do
    train --train $kind.npz $options --out "run-$kind"
done
count=0
while read -r kind name; do
    rm -rf run
    # shellcheck disable=SC2086
    train --train "$name.npz" $options --out run
    same_run "$name against $kind" "run-$kind" run
    count=$((count + 1))
done <list
echo "$count ways to store the numbers"
[ "$count" -ge 80 ] || complain "only $count files were tried"

for how in "short.npz" "half.npz" "both.npz" "named.npz --x_key features --y_key survived" \
    "parts" "parts/" "lone"; do
    rm -rf run
    # shellcheck disable=SC2086
    train --train $how $options --out run
    same_run "--train $how" run-eighths run
done
cmp -s run-eighths/model.npz run-signed/model.npz && complain "other numbers give the same model"

# Validation from a file as well as from a folder.
# shellcheck disable=SC2086
{
    train --train eighths.npz --val short.npz $options --out v1
    train --train eighths.npz --val parts --x_key X_train --y_key y_train $options --out v2
}
same_run "validation from a folder" v1 v2

refuses 1 "b.npz: X_train has 4 features but" --train "$folder/unequal"
refuses 1 "spoilt/b.npz" --train "$folder/spoilt"

# task FILE TASK COLUMNS
task() {
    train --train "$1.npz" --epochs 1 --out "task-$1"
    has "$(cat "task-$1/run.json")" "\"task\": \"$2\""
    train --train "$1.npz" --task "$2" --epochs 1 --out "task-$1-said"
    same_run "--task auto, $1" "task-$1" "task-$1-said"
}
task three multiclass
task number regression
task numbers regression
task eighths binary
finish
