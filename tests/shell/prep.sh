#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff prep`: what it says, what it writes, the same bytes whatever the way in and the number of
# threads, and what is refused: one line that names the remedy, the exit status, nothing half-written.
. "$(dirname "$0")/lib.sh"
need_python
people=$data/passengers.csv

# prep ARGUMENT...: must succeed and say nothing on stderr; its output is in $folder/stdout.
prep() {
    "$SKIFF" prep "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || complain "prep $*: exit status $code: $(cat "$folder/stderr")"
    [ ! -s "$folder/stderr" ] || complain "prep $*: said $(cat "$folder/stderr")"
}

# says TEXT...: each stands in the output.
says() {
    for text in "$@"; do
        grep -qF -e "$text" "$folder/stdout" || complain "no '$text' in: $(cat "$folder/stdout")"
    done
}

# same_folder WHAT FOLDER FOLDER: the same names, the same bytes.
same_folder() {
    diff -r "$2" "$3" >"$folder/cmp" 2>&1 || complain "$1: $(head -n 3 "$folder/cmp")"
}

# refuses_prep STATUS PATTERN ARGUMENT...: one line that has the pattern, and no file.
refuses_prep() {
    expected=$1
    pattern=$2
    shift 2
    rm -rf "$folder/refused"
    mkdir "$folder/refused"
    (cd "$folder/refused" && exec timeout -s KILL 20 "$SKIFF" prep "$@") \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || complain "prep $*: exit status $got, expected $expected"
    [ ! -s "$folder/stdout" ] || complain "prep $*: printed $(head -n 3 "$folder/stdout")"
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || complain "prep $*: not one line: $(cat "$folder/stderr")"
    case $(cat "$folder/stderr") in
    "skiff prep: "*"$pattern"*) ;;
    *) complain "prep $*: expected 'skiff prep: ...$pattern' in: $(cat "$folder/stderr")" ;;
    esac
    left=$(find "$folder/refused" -type f)
    [ -z "$left" ] || complain "prep $*: left behind: $left"
}

# ---- what it says and writes
awk 'BEGIN { for (i = 0; i < 60; i++) { line = i ? "" : "y,t"
                                        for (k = 0; k < 30; k++) line = i ? line "," k * i % 31 : line ",f" k
                                        print i ? i % 2 "," (i % 3 ? "a" : "b") line : line } }' \
    >"$folder/many.csv"
prep "$folder/many.csv" --target y --drop f0 --out "$folder/many"
says "30 columns become 30 features" "  t    text" "  f1   number, standard scale" \
    "  ... and 27 like it, up to" "  f29  number, standard scale"
[ "$(wc -l <"$folder/stdout")" -lt 12 ] || complain "a line for each: $(cat "$folder/stdout")"

features=Pclass,Sex,Age,SibSp,Parch,Fare,Embarked
prep "$people" --target Survived --features $features --fill Embarked=S --out "$folder/a"
says "passengers.csv: 1316 rows; 7 columns become 7 features" \
    "Sex       text, label (female, male), standard scale" \
    "Age       number, 256 missing filled with the median 30, standard scale" \
    "Embarked  text, 3 missing filled with S, label (C, Q, S), standard scale" \
    "target Survived: binary; 0: 817 rows (62.1%), 1: 499 rows (37.9%)" \
    "1052 rows to train on, 264 held back (test_size 0.2, random_state 42)" \
    "fitted on the rows to train on (--fit_on train)" \
    "wrote train_data.npz, val_data.npz and prep.json to $folder/a"
[ "$(ls "$folder/a" | paste -s -d ' ' -)" = "prep.json train_data.npz val_data.npz" ] ||
    complain "other files: $(ls "$folder/a")"
"$python" -m json.tool "$folder/a/prep.json" >/dev/null || complain "prep.json is not JSON"
"$SKIFF" inspect "$folder/a/train_data.npz" >"$folder/stdout"
grep -qE '^X_train +<f8 +\(1052, 7\)' "$folder/stdout" || complain "X_train: $(cat "$folder/stdout")"
grep -qE '^y_train +<i8 +\(1052,\)' "$folder/stdout" || complain "y_train: $(cat "$folder/stdout")"

prep "$people" --target Survived --fit_on all --out "$folder/all"
says "fitted on all rows (--fit_on all)" "the default, train, keeps them out" \
    "note: Name: left out:" "note: PassengerId: left out:"
cmp -s "$folder/all/train_data.npz" "$folder/a/train_data.npz" && complain "--fit_on all changes nothing"

# Labels of amounts are float64; without rows held back there is one file of arrays, and a stale one
# beside it is named.
sed 701,702d "$people" >"$folder/fares.csv"
prep "$folder/fares.csv" --target Fare --features Age,Sex,Pclass --encode Sex=onehot \
    --dtype float32 --test_size 100 --no-shuffle --out "$folder/b"
says "3 columns become 4 features" "Sex     text, onehot (female, male)" "target Fare: regression" \
    "1214 rows to train on, 100 held back (test_size 100, in the order of the file)"
"$SKIFF" inspect "$folder/b/train_data.npz" >"$folder/stdout"
grep -qE '^X_train +<f4 +\(1214, 4\)' "$folder/stdout" || complain "X_train: $(cat "$folder/stdout")"
grep -qE '^y_train +<f8 +\(1214,\)' "$folder/stdout" || complain "y_train: $(cat "$folder/stdout")"
prep "$folder/fares.csv" --target Fare --test_size 0 --out "$folder/b"
says "1314 rows to train on, none held back" \
    "note: $folder/b/val_data.npz is from another run and does not belong to these files; remove it"
prep "$folder/fares.csv" --target Fare --test_size 0 --out "$folder/c"
[ ! -e "$folder/c/val_data.npz" ] || complain "--test_size 0 writes val_data.npz"
prep "$people" --target Survived --quiet --out "$folder/q"
[ ! -s "$folder/stdout" ] || complain "--quiet: $(cat "$folder/stdout")"

{ cat "$people"; echo '1317,0,3,"X, Mr. Y",male,3,0,0,1,7,,Z'; } >"$folder/port.csv"
prep "$folder/port.csv" --target Survived --test_size 1 --no-shuffle --out "$folder/b"
says "label (C, Q, S), standard scale, 1 not met by the fit, such as Z"

prep "$people" --target Survived --folds 3 --stratify --out "$folder/f"
says "3 folds: 877 rows to train on and 439 held back in the first (random_state 42, classes kept" \
    "wrote train_data.npz, val_data.npz and prep.json to $folder/f/fold1 ... fold3"
[ "$(find "$folder/f" -type f | wc -l)" -eq 9 ] || complain "folds: $(find "$folder/f")"
cmp -s "$folder/f/fold1/prep.json" "$folder/f/fold2/prep.json" && complain "folds are fitted on the same rows"

# ---- the same bytes

options="--target Survived --features $features --fill Embarked=S --out"
gzip -c "$people" >"$folder/people.csv.gz"
sed 's/$/\r/' "$people" >"$folder/crlf.csv"
# shellcheck disable=SC2086 # options are meant to be split
{
    for threads in 1 2 3 8; do
        prep "$people" $options "$folder/threads" --threads $threads
        same_folder "$threads threads" "$folder/a" "$folder/threads"
    done
    prep "$folder/people.csv.gz" $options "$folder/way"
    same_folder "gzip" "$folder/a" "$folder/way"
    prep "$folder/crlf.csv" $options "$folder/way" --header yes --delimiter comma
    same_folder "CRLF" "$folder/a" "$folder/way"
    # shellcheck disable=SC2002 # a pipe is meant
    cat "$people" | "$SKIFF" prep - $options "$folder/way" >"$folder/stdout" || complain "a pipe"
    same_folder "a pipe" "$folder/a" "$folder/way"
    # Columns that are not asked for have no say, nor has their order.
    prep "$people" $options "$folder/way" --drop Name,Cabin
    same_folder "--drop" "$folder/a" "$folder/way"
}

# A table of many blocks: numbers, gaps and texts of some thousand rows.
"$python" - >"$folder/large.csv" <<'END'
import random
rng = random.Random(4)
print("id,a,b,c,d,e,kind,y")
for i in range(30000):
    row = ["%.6g" % rng.gauss(0, 10 ** j) if rng.random() > 0.03 else "" for j in range(5)]
    print(i, ",".join(row), rng.choice(["red", "green", "blue", ""]), rng.choice("nnnyu"), sep=",")
END
for fit in train all; do
    for threads in 1 2 5; do
        prep "$folder/large.csv" --target y --id id --stratify --fit_on $fit --threads $threads \
            --encode onehot --scale robust --clip 0.01:0.99 --out "$folder/large-$fit-$threads"
        same_folder "a large table, $threads threads" "$folder/large-$fit-1" \
            "$folder/large-$fit-$threads"
    done
done
says "target y: multiclass; n: " "onehot (blue, green, red)" "robust scale" "clipped to "

# Stopped while it writes: the signal shows, no file is there, and no temporary one.
"$python" - "$folder/wide.csv" <<'END'
import sys
with open(sys.argv[1], "w") as f:
    f.write(",".join("c%d" % i for i in range(40)) + ",y\n")
    for i in range(40000):
        f.write(",".join(str(i * j % 97) for j in range(1, 41)) + ",%d\n" % (i % 2))
END
for signal in INT TERM; do
    "$python" - "$SKIFF" "$folder" $signal <<'END' || complain "SIG$signal while prep writes"
import os, signal, subprocess, sys
program, folder, name = sys.argv[1:]
number = getattr(signal, "SIG" + name)
out = os.path.join(folder, "stopped" + name)
os.mkdir(out)
run = subprocess.Popen([program, "prep", folder + "/wide.csv", "--target", "y", "--folds", "40", "--out", out])
while run.poll() is None and not os.path.exists(out + "/fold2"):
    pass
run.send_signal(number)
run.wait()
left = [file for _, _, files in os.walk(out) for file in files]
assert run.returncode == -number and not left, (run.returncode, left)
END
done

# ---- what is refused

good="--target Survived --features Age,Sex --out out"
printf 'a,b,y\n1,2,0\n3,4,1\n5,x,1\n7,8,0\n' >"$folder/small.csv"
printf 'a,y\n' >"$folder/empty.csv"
printf 'a,y\n1,0\n2\n' >"$folder/ragged.csv"
printf 'a,y\n1,0\n2,0\n3,1\n4,0\n' >"$folder/lonely.csv"
printf 'a,y\ninf,0\n2,1\n3,1\n4,0\n' >"$folder/infinite.csv"
printf 'a,y\n1,0\n2,\n3,1\n4,0\n' >"$folder/unlabelled.csv"
printf 'kind,a,y\np,1,0\nq,2,1\np,3,1\nr,4,0\n' >"$folder/unseen.csv"
: >"$folder/nothing.csv"
echo x >"$folder/file"
# shellcheck disable=SC2086
{
    refuses_prep 2 "FILE is needed" --target y --out out
    refuses_prep 2 "--target is missing: the column to be predicted" "$people" --out out
    refuses_prep 2 "--out is missing: the folder" "$people" --target Survived
    refuses_prep 2 "--out: several files are written; name a folder" "$people" --target Survived --out -
    refuses_prep 2 "did you mean --test_size?" "$people" $good --testsize 0.2
    refuses_prep 2 "--test_size: -1 is out of range" "$people" $good --test_size -1
    refuses_prep 2 "--random_state: 4294967296 is out of range" "$people" $good --random_state 4294967296
    refuses_prep 2 "--folds 1: there must be two at least" "$people" $good --folds 1
    refuses_prep 2 "--folds: 101 is out of range" "$people" $good --folds 101
    refuses_prep 2 "give one of them" "$people" $good --folds 5 --test_size 0.2
    refuses_prep 2 "--stratify draws rows by lot" "$people" $good --stratify --no-shuffle
    refuses_prep 2 "--fit_on: 'test' is unknown" "$people" $good --fit_on test
    refuses_prep 2 "--dtype: 'int8' is unknown" "$people" $good --dtype int8
    refuses_prep 2 "leaves none to train on; lower it" "$people" $good --test_size 0.9999
    refuses_prep 2 "a whole number of rows below 1316" "$people" $good --test_size 1316
    refuses_prep 2 "5 folds of 4 rows" "$folder/lonely.csv" --target y --out out --folds 5
    refuses_prep 2 "4 folds, but no class has more than 3 rows" "$folder/lonely.csv" --target y \
        --out out --folds 4 --stratify
    refuses_prep 1 "a class has a single row (row 3 of the data)" "$folder/lonely.csv" --target y \
        --out out --stratify
    refuses_prep 1 "No such file" "$folder/absent.csv" --target y --out out
    refuses_prep 1 "no column 'Nope'; did you mean 'Name'? There are: PassengerId" "$people" --target Nope --out out
    refuses_prep 1 "no column 'Nope'" "$people" --target Survived --features Nope --out out
    refuses_prep 1 "take it out of --features" "$people" --target Survived --features Name --out out
    refuses_prep 1 "nothing.csv: empty" "$folder/nothing.csv" --target y --out out
    refuses_prep 1 "no rows below the header" "$folder/empty.csv" --target y --out out
    refuses_prep 1 "ragged.csv:3" "$folder/ragged.csv" --target y --out out
    refuses_prep 1 "infinite.csv: column 'a': an infinite value in row 1" "$folder/infinite.csv" \
        --target y --out out
    refuses_prep 1 "column 'y': the target has no value" "$folder/unlabelled.csv" --target y --out out
    refuses_prep 1 "unlabelled.csv: column 'y'" "$folder/unlabelled.csv" --target y --out out --stratify
    # Found in the last row held back, when the other files are made already.
    refuses_prep 1 "unseen.csv: row 4: column 'kind'" "$folder/unseen.csv" --target y --out out \
        --no-shuffle --test_size 1 --unseen error
    refuses_prep 1 "a zip archive; save the sheet" "$data/train_data.npz" --target y --out out
    refuses_prep 1 "file: " "$people" --target Survived --features Age --out "$folder/file"
    refuses_prep 1 "file/deep" "$people" --target Survived --features Age --out "$folder/file/deep"
}
finish
