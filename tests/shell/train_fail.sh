#!/bin/sh
# SPDX-License-Identifier: MIT
# What `skiff train` must refuse, and how: one line that says what is wrong and where, exit status 2
# for wrong options and 1 for the rest, nothing half-written.
. "$(dirname "$0")/lib.sh"
need_python
SKIFF=$(cd "$(dirname "$SKIFF")" && pwd)/$(basename "$SKIFF")
data=$(cd "$data" && pwd)
cd "$folder" || exit 1
"$python" - <<'END' || exit 1
import npz_tables as t
from npz_tables import npy, save

X, y = t.table("binary", 40, 3, 1)
inf, nan = float("inf"), float("nan")


def pair(path, part, values=X, labels=y, rows=40, features=3, dtype="<f4"):
    save(path, {f"X_{part}": npy(values, (rows, features), dtype),
                f"y_{part}": npy(labels, (len(labels),), "<i8")})


pair("good.npz", "train")
pair("goodval.npz", "val")
pair("nan.npz", "train", X[:31] + [nan] + X[32:])
pair("inf.npz", "train", X[:4] + [-inf] + X[5:], dtype="<f8")
pair("large.npz", "train", X[:5] + [1e39] + X[6:], dtype="<f8")
pair("two.npz", "val", labels=y[:7] + [2] + y[8:])
pair("minus.npz", "val", labels=y[:9] + [-1] + y[10:])
pair("wide.npz", "val", X * 2, y, 40, 6)
pair("norows.npz", "train", [], [], 0)
pair("nofeatures.npz", "train", [], y, 40, 0)
pair("long.npz", "train", labels=y + y)
pair("gaps.npz", "train", labels=[7 * v for v in y])
save("floats.npz", {"X_train": npy(X, (40, 3)), "y_train": npy([i % 3 for i in range(40)], (40,))})
save("onehot.npz", {"X_train": npy(X, (40, 3)),
                    "y_train": npy([float(j == i % 3) for i in range(40) for j in range(3)], (40, 3))})
save("noy.npz", {"X_train": npy(X, (40, 3))})
save("flat.npz", {"X_train": npy(X, (120,)), "y_train": npy(y, (40,), "<i8")})
save("cube.npz", {"X_train": npy(X, (4, 10, 3)), "y_train": npy(y[:4], (4,), "<i8")})
save("nany.npz", {"X_train": npy(X, (40, 3)), "y_train": npy([nan] + y[1:], (40,))})
names = npy(y[:40], (40,), "<i8").replace(b"<i8", b"<U2")  # as long as two characters are
save("names.npz", {"X_train": npy(X, (40, 3)), "y_train": names})
save("objects.npz", {"X_train": npy(X, (40, 3)), "y_train": names.replace(b"<U2", b"|O8")})
save("big.npz", {"X_train": npy([1e6 * x for x in X], (40, 3)),
                 "y_train": npy([1e6 * x for x in X[:40]], (40,))})
content = open("good.npz", "rb").read()
open("cut.npz", "wb").write(content[: len(content) // 2])
at = content.rindex(b"\n", 0, content.index(b"y_train")) + 100  # among the values of X
open("noise.npz", "wb").write(bytes([7, 1, 200, 0]) + content)
open("flip.npz", "wb").write(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
END
: >empty.npz
echo "survived,age" >text.npz
mkdir folder_without
good="--train $folder/good.npz --val $folder/goodval.npz"

usage() {
    pattern=$1
    shift
    refuses 2 "$pattern" "$@"
}

# ---- options
usage "--train is missing"
usage "--trian: unknown option; did you mean --train?" --trian x
usage "--epoch: unknown option; did you mean --epochs?" --epoch 5
usage "--learning: unknown option" --learning 5
usage "unknown option" --xyzzy
usage "'extra': unexpected word" extra
usage "long options only" -e 5
usage "--epochs: needs a value" --epochs
usage "'many' is not a whole number" --epochs many
usage "'3.5' is not a whole number" --epochs 3.5
usage "'' is not a whole number" --epochs ""
usage "out of range" --epochs -1
usage "99999999999999999999" --epochs 99999999999999999999
usage "--learning_rate" --learning_rate nan
usage "--lr" --lr inf
usage "--learning-rate" --learning-rate -0.1
usage "--learning_rate" --learning_rate 0,01
usage "--learning_rate" --learning_rate 0x1p-3
usage "out of range" --batch_size -2
usage "out of range" --accumulate 0
usage "out of range" --dropout 1
usage "--hidden" --hidden 64,x
usage "--hidden" --hidden 64,-3
usage "--hidden" --hidden 64,0
usage "--hidden" --hidden 1000000000
usage "choose one of: relu, " --activation rleu
usage "choose one of: sgd, adam, adamw" --optimizer rmsprop
usage "choose one of" --task classification
usage "--betas" --betas 0.9
usage "--betas" --betas 0.9,0.99,0.999
usage "--betas" --betas 0.9,1
usage "--threads" --threads -1
usage "--threads" --threads 1025
usage "--checkpoint_every" --checkpoint_every 5m
usage "--checkpoint_every" --checkpoint_every -1s
usage "--quiet" --quiet=perhaps
# shellcheck disable=SC2086
{
    usage "--nesterov needs" $good --nesterov
    usage "--momentum is for" $good --momentum 0.9
    usage "--accumulate is for batches" $good --batch_size 0 --accumulate 2
    usage "--monitor val_loss needs --val" --train good.npz --monitor val_loss
    usage "--monitor val_rmse" $good --monitor val_rmse
    usage "--class_weight" $good --task regression --class_weight balanced
}

# ---- the configuration file
printf '{"epoch": 5}\n' >c1.json
printf '{"epochs": 5,}\n' >c2.json
printf '[5]\n' >c3.json
printf '{"epochs": {"a": 1}}\n' >c4.json
printf '{"epochs": 5, "max_epochs": 6}\n' >c5.json
printf '{"epochs": 5, "epochs": 6}\n' >c6.json
printf '{"epochs": "five"}\n' >c7.json
# shellcheck disable=SC2086
{
    usage "c1.json: unknown option 'epoch'; did you mean 'epochs'?" $good --config "$folder/c1.json"
    refuses 1 "c2.json:1:" $good --config "$folder/c2.json"
    refuses 1 "c3.json: must be a JSON object" $good --config "$folder/c3.json"
    usage "c4.json: 'epochs' must be" $good --config "$folder/c4.json"
    usage "are the same option" $good --config "$folder/c5.json"
    refuses 1 "c6.json:1:" $good --config "$folder/c6.json"
    usage "'five' is not a whole number" $good --config "$folder/c7.json"
    refuses 1 "c8.json: cannot open" $good --config "$folder/c8.json"
    refuses 1 "empty.npz:1:" $good --config "$folder/empty.npz"
}

# ---- data
bad() {
    pattern=$1
    file=$2
    shift 2
    refuses 1 "$pattern" --train "$folder/$file" --epochs 3 --threads 1 "$@"
    has "$(cat "$folder/stderr")" "$file"
}
bad "cannot open: No such file" absent.npz
bad "empty.npz" empty.npz
bad "text.npz: not a zip archive; np.savez writes one; of a CSV with a header" text.npz
has "$(cat stderr)" "d = np.genfromtxt(file, delimiter=',', skip_header=1);" \
    "np.savez('train.npz', X_train=d[:, :-1], y_train=d[:, -1])"
bad "noise.npz: not a zip archive; np.savez writes one" noise.npz
case $(cat stderr) in *CSV*) complain "noise is no CSV: $(cat stderr)" ;; esac
for file in names objects; do
    bad "member 'y_train.npy': dtype" $file.npz
    has "$(cat stderr)" "; save numbers: " "np.unique(y, return_inverse=True)[1] of labels"
done
bad "no .npz file in this folder" folder_without
bad "cut.npz" cut.npz
bad "flip.npz" flip.npz
bad "X_train: row 10, column 1 is NaN" nan.npz
bad "X_train: row 1, column 1 is infinite" inf.npz
bad "too large for float32" large.npz
bad "y_train: row 0, column 0 is NaN" nany.npz
bad "X_train has no rows" norows.npz
bad "X_train has no features" nofeatures.npz
bad "X_train has 40 rows but y_train has 80" long.npz
bad "y_train" noy.npz
bad "reshape(-1, 1)" flat.npz
bad "X_train has 3 dimensions" cube.npz
bad "X_train" goodval.npz
bad "nothing" good.npz --x_key nothing
refuses 1 "floats.npz: y_train: whole numbers stored as floats may be classes or amounts" \
    --train "$folder/floats.npz"
refuses 1 "onehot.npz: y_train: one-hot columns; save the index of the 1" --train "$folder/onehot.npz"
refuses 1 "gaps.npz: y_train: the labels are integers but not 0 to K-1" --train "$folder/gaps.npz"
for file in two:"row 7 is 2" minus:"row 9 is -1" wide:"6 features, but the training data have 3" \
    absent:"cannot open" empty:"empty.npz"; do
    refuses 1 "${file#*:}" --train "$folder/good.npz" --val "$folder/${file%%:*}.npz" --threads 1
    has "$(cat "$folder/stderr")" "$folder/${file%%:*}.npz"
done
mkfifo fifo.npz
bad "fifo.npz: not a regular file" fifo.npz
refuses 1 "/dev/null: not a regular file" --train /dev/null

# ---- weights to start from
# shellcheck disable=SC2086
{
    train --quiet $good --epochs 1 --hidden 8 --out "$folder/eight"
    refuses 1 "fc1.weight must have shape (9, 3)" $good --hidden 9 --init "$folder/eight/model.npz"
    refuses 1 "fc2.weight must have shape (8, 8)" $good --hidden 8,8 --init "$folder/eight/model.npz"
    refuses 1 "fc1.weight" $good --hidden 8 --init "$folder/good.npz"
    refuses 1 "absent.npz" $good --hidden 8 --init "$folder/absent.npz"
}

# ---- a loss that leaves the numbers
refuses 1 "no longer a finite number; lower --learning_rate" --train "$folder/big.npz" \
    --task regression --optimizer sgd --lr 1e6 --epochs 50 --threads 1
for epochs in 1 2 3; do # the last step, whichever it is
    refuses 1 "finite number" --train "$folder/big.npz" \
        --task regression --optimizer sgd --lr 1e6 --epochs $epochs --threads 1 --log_every 0
done

# ---- sizes that nothing can hold, and sizes that are merely odd
# shellcheck disable=SC2086
{
    refuses 1 "too large" $good --hidden 10000000,10000000
    refuses 1 "" $good --hidden 10000000,100000
    (ulimit -v 1000000 && [ "$sanitized" = no ] &&
        refuses 1 "out of memory" $good --hidden 30000,30000 --threads 1 && exit "$status") ||
        [ "$sanitized" = yes ] || complain "a network larger than memory"
    usage "more than" $good --hidden "$(seq -s, 1 100)"
    train $good --epochs 2 --hidden "" --out "$folder/odd1"
    train $good --epochs 2 --batch_size 4294967295 --out "$folder/odd2"
    train $good --epochs 2 --batch_size 1 --out "$folder/odd3"
    train $good --epochs 2 --threads 1024 --out "$folder/odd4"
    train $good --epochs 2 --out "$folder/odd5"
    train $good --epochs 2 --seed -1 --hidden 1,1,1,1,1,1,1,1 --out "$folder/odd6"
}
same_run "1024 threads" "$folder/odd4" "$folder/odd5"

# ---- folders that cannot be written
# shellcheck disable=SC2086
{
    refuses 1 "text.npz" $good --epochs 1 --out "$folder/text.npz"
    refuses 1 "text.npz" $good --epochs 1 --out "$folder/text.npz/below"
    refuses 1 "text.npz" $good --epochs 1 --checkpoint_dir "$folder/text.npz"
    refuses 1 "cannot" $good --epochs 1 --out /proc/nothing
}
mkdir -p taken/model.npz
# shellcheck disable=SC2086
refuses 1 "taken/model.npz: cannot be replaced" $good --epochs 1 --quiet --out "$folder/taken"
no_leftovers "a folder in the place of the model" "$folder/taken"

# ---- standard output that is full or closed
# shellcheck disable=SC2086
if [ -w /dev/full ]; then
    "$SKIFF" train $good --epochs 1 --out "$folder/full" >/dev/full 2>stderr
    [ $? -eq 1 ] || complain "a full standard output is not noticed"
    one_line "a full standard output" "cannot write to standard output"
fi
# shellcheck disable=SC2086
{
    { "$SKIFF" train $good --epochs 3000 --log_every 1 --out "$folder/pipe" --threads 1 2>stderr
      echo $? >code; } | head -n 1 >/dev/null
    one_line "a closed pipe" "cannot write to standard output"
    [ "$(cat code)" -eq 1 ] || complain "a closed pipe: exit status $(cat code)"
    [ "$(wc -l <"$folder/pipe/history.csv")" -eq 3001 ] || complain "a closed pipe ended the run"
}
finish
