#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff train` on CSVs: preparing on the way gives the model of preparing first, to the byte; other
# CSVs are prepared as the training data are; and what is refused.
. "$(dirname "$0")/lib.sh"
need_python
people=$data/passengers.csv

# The notes on the columns come before the line on what is trained.
drop_setup() {
    sed -i -e '/^skiff train: [a-z]* task, [0-9]* rows of /d' \
        -e '/^skiff train: .* columns* becomes* /d' \
        -e '/^skiff train: [A-Za-z]*: left out: /d' \
        -e '/different whole numbers, taken for classes/d' "$folder/stderr"
}

# one_way_or_the_other WHAT CSV PREP-OPTIONS...: skiff prep and then training, or both in one.
one_way_or_the_other() {
    what=$1
    csv=$2
    shift 2
    rm -rf "$folder/prepared" "$folder/one" "$folder/two"
    "$SKIFF" prep "$csv" "$@" --quiet --out "$folder/prepared" || complain "$what: prep"
    val=
    [ -e "$folder/prepared/val_data.npz" ] && val="--val $folder/prepared/val_data.npz"
    # shellcheck disable=SC2086 # no word, or two
    train --quiet --train "$folder/prepared/train_data.npz" $val --prep "$folder/prepared/prep.json" \
        --epochs 30 --batch_size 64 --out "$folder/two"
    train --quiet --data "$csv" "$@" --epochs 30 --batch_size 64 --out "$folder/one"
    same_run "$what" "$folder/one" "$folder/two"
    same_file "$what" "$folder/one/metrics.json" "$folder/two/metrics.json"
    unzip -p "$folder/one/model.npz" prep.json 2>/dev/null >"$folder/prep.json" || return 0
    same_file "$what: the model's prep.json" "$folder/prep.json" "$folder/prepared/prep.json"
}

features=Pclass,Sex,Age,SibSp,Parch,Fare,Embarked
sed 701,702d "$people" >"$folder/fares.csv"
grep -v ',$' "$people" >"$folder/ports.csv"
one_way_or_the_other "binary" "$people" --target Survived
one_way_or_the_other "the lesson" "$people" --target Survived --features $features \
    --fill Embarked=S --fit_on all
one_way_or_the_other "texts as classes" "$folder/ports.csv" --target Embarked --encode onehot \
    --stratify --test_size 300 --random_state 7
one_way_or_the_other "amounts" "$folder/fares.csv" --target Fare --log1p Age --scale robust,Age=minmax \
    --clip Age=0.05:0.95 --no-shuffle
one_way_or_the_other "no rows held back" "$people" --target Survived --test_size 0

# Class 4 is in the last rows only, which are held back: the network has an output for it.
"$python" - >"$folder/rare.csv" <<'END'
print("x,y")
for i in range(200):
    print(i * 7 % 31, 4 if i > 190 else i % 4, sep=",")
END
one_way_or_the_other "a class that is held back" "$folder/rare.csv" --target y --features x --no-shuffle
grep -q '"classes": 5' "$folder/one/model.npz" || complain "a class that is held back: other classes"

# Any number of threads, a pipe, gzip, options from a file.
train --quiet --data "$people" --target Survived --epochs 30 --out "$folder/a"
for threads in 2 5; do
    train --quiet --data "$people" --target Survived --epochs 30 --threads $threads --out "$folder/b"
    same_run "$threads threads" "$folder/a" "$folder/b"
done
# shellcheck disable=SC2002 # a pipe is meant
cat "$people" | "$SKIFF" train --quiet --data - --target Survived --epochs 30 --out "$folder/b" \
    2>"$folder/stderr" || complain "a pipe: $(cat "$folder/stderr")"
same_run "a pipe" "$folder/a" "$folder/b"
gzip -c "$people" >"$folder/people.csv.gz"
"$python" - "$folder" <<'END'
import json, sys
run = json.load(open(sys.argv[1] + "/a/run.json"))
options = {k: v for k, v in run["options"].items() if k not in ("data", "out")}
json.dump(options, open(sys.argv[1] + "/options.json", "w"))
want = {"columns": 7, "features": 7, "target": "Survived", "fit_on": "train", "test_size": 0.2,
        "random_state": 42, "stratify": False, "shuffle": True, "rows": 1316, "train_rows": 1052,
        "test_rows": 264}
assert run["preparation"] == want, run["preparation"]
assert run["data"]["train_rows"] == 1052 and run["data"]["val_rows"] == 264, run["data"]
END
[ $? -eq 0 ] || complain "run.json"
train --data "$folder/people.csv.gz" --config "$folder/options.json" --out "$folder/b"
same_run "gzip and options from run.json" "$folder/a" "$folder/b"

# A run on arrays is continued on the CSV that they came from, wherever it lies.
"$SKIFF" prep "$people" --target Survived --quiet --out "$folder/prepared"
train --quiet --train "$folder/prepared/train_data.npz" --val "$folder/prepared/val_data.npz" --epochs 15 \
    --prep "$folder/prepared/prep.json" --checkpoint_dir "$folder/ck" --out "$folder/b"
train --data "$folder/people.csv.gz" --target Survived --epochs 30 --checkpoint_dir "$folder/ck" \
    --out "$folder/b"
has "$(cat "$folder/stderr")" "resuming after epoch 15"
same_run "arrays, then a CSV" "$folder/a" "$folder/b"
"$SKIFF" train --data "$people" --target Survived --random_state 1 --epochs 40 \
    --checkpoint_dir "$folder/ck" --out "$folder/c" 2>"$folder/stderr" >"$folder/stdout" &&
    complain "a checkpoint of other rows is continued"
has "$(cat "$folder/stderr")" "training data"

# What is said of the data.
"$SKIFF" train --data "$people" --target Survived --epochs 1 --out "$folder/b" 2>"$folder/stderr" \
    >"$folder/stdout"
has "$(cat "$folder/stderr")" "skiff train: Name: left out" \
    "passengers.csv: 7 columns become 7 features; 1052 rows to train on, 264 held back" \
    "(--test_size 0.2, --random_state 42), fitted on those to train on (--fit_on train)"

"$SKIFF" train --data "$people" --target Survived --fit_on all --epochs 1 --out "$folder/b" \
    2>"$folder/stderr" >"$folder/stdout"
has "$(cat "$folder/stderr")" "fitted on all rows (--fit_on all), so that those held back flatter a" \
    "the default, train, keeps them out"

{ cat "$people"; echo '1317,0,3,"X, Mr. Y",male,3,0,0,1,7,,Z'; } >"$folder/port.csv"
train --data "$folder/port.csv" --target Survived --test_size 1 --no-shuffle --epochs 1 --out "$folder/b"
has "$(cat "$folder/stderr")" "port.csv: column 'Embarked': 1 row with a category" "such as 'Z'"

# ---- one CSV to train on, others to validate and to test

head -n 1001 "$people" >"$folder/train.csv"
{ head -n 1 "$people"; tail -n 316 "$people"; } >"$folder/val.csv"
others="--val $folder/val.csv --test $folder/val.csv --epochs 20"
"$SKIFF" prep "$folder/train.csv" --target Survived --test_size 0 --quiet --out "$folder/work2"
# shellcheck disable=SC2086 # options are meant to be split
{
    train --quiet --train "$folder/train.csv" --target Survived $others --out "$folder/one"
    train --quiet --train "$folder/train.csv" --prep "$folder/work2/prep.json" $others --out "$folder/two"
    same_run "a CSV prepared by prep.json" "$folder/one" "$folder/two"
    train --quiet --train "$folder/work2/train_data.npz" --prep "$folder/work2/prep.json" $others \
        --threads 3 --out "$folder/two"
    same_run "arrays, and CSVs to validate" "$folder/one" "$folder/two"
    same_file "metrics" "$folder/one/metrics.json" "$folder/two/metrics.json"
}
# The same values of both parts as --no-shuffle gives them.
"$SKIFF" prep "$people" --target Survived --test_size 316 --no-shuffle --quiet --out "$folder/prepared"
train --quiet --train "$folder/prepared/train_data.npz" --val "$folder/prepared/val_data.npz" \
    --test "$folder/val.csv" --prep "$folder/prepared/prep.json" --epochs 20 --out "$folder/two"
same_file "halves of a table" "$folder/one/nn_model.pth" "$folder/two/nn_model.pth"
same_file "halves of a table" "$folder/one/metrics.json" "$folder/two/metrics.json"

# A category that the training rows lack is told of.
sed 's/,S$/,X/' "$folder/val.csv" >"$folder/other.csv"
train --train "$folder/train.csv" --target Survived --val "$folder/other.csv" --epochs 1 \
    --out "$folder/one"
has "$(cat "$folder/stderr")" "other.csv: column 'Embarked': " "with a category that training had not met"

# ---- what is refused

sed '1s/Age/Years/' "$folder/val.csv" >"$folder/renamed.csv"
sed '5s/,[^,]*$/,Q/; 5s/,male,[0-9]*,/,male,old,/; 5s/,female,[0-9]*,/,female,old,/' \
    "$folder/val.csv" >"$folder/words.csv"
printf 'a,y\n1,0\n2,1\n3,1\n4,0\n' >"$folder/small.csv"
printf 'a,y\n1,0\n2,0\n3,1\n4,0\n' >"$folder/lonely.csv"
"$SKIFF" prep "$folder/small.csv" --target y --features a --test_size 0 --quiet --out "$folder/small"
sed 's/"format": 1/"format": 99/' "$folder/prepared/prep.json" >"$folder/newer.json"
echo '{' >"$folder/broken.json"
csv="--target Survived --epochs 1"
arrays="--train $data/train_data.npz --epochs 1"
# shellcheck disable=SC2086
{
    refuses 2 "or --data, a CSV, with --target" --epochs 1
    refuses 2 "leave it or --train away" --data "$people" --train "$people" $csv
    refuses 2 "leave it or --val away" --data "$people" --val "$people" $csv
    refuses 2 "give one of them, or --train with --prep" --data "$people" --prep x.json $csv
    refuses 2 "--target is missing: the column to be predicted" --data "$people"
    refuses 2 "passengers.csv: --target is missing" --train "$people"
    refuses 2 "--monitor val_loss needs --val" --data "$people" $csv --test_size 0 --monitor val_loss
    refuses 2 "--monitor val_loss needs --val" --train "$people" $csv --monitor val_loss
    refuses 2 "--stratify draws rows by lot" --data "$people" $csv --stratify --no-shuffle
    refuses 2 "is prepared already" $arrays --target Survived
    refuses 2 "is prepared by --prep" $arrays --target Survived --prep "$folder/prepared/prep.json"
    refuses 2 "passengers.csv: is a CSV, but the training data are arrays: give --prep" $arrays \
        --val "$people"
    refuses 1 "No such file" --data "$folder/absent.csv" $csv
    refuses 1 "absent.csv: cannot open: No such file" --train "$folder/absent.csv" $csv
    refuses 1 "absent.csv" --train "$people" $csv --val "$folder/absent.csv"
    refuses 1 "absent.json: " $arrays --prep "$folder/absent.json"
    refuses 1 "broken.json:" $arrays --prep "$folder/broken.json"
    refuses 1 "newer.json" $arrays --prep "$folder/newer.json"
    refuses 1 "prep.json: makes 1 features of a row, but the network takes 7" $arrays \
        --prep "$folder/small/prep.json"
    refuses 1 "no column 'Nope'" --data "$people" --target Nope
    refuses 1 "renamed.csv: no column 'Age'" --train "$folder/train.csv" $csv --val "$folder/renamed.csv"
    refuses 1 "words.csv:5" --train "$folder/train.csv" $csv --val "$folder/words.csv"
    refuses 1 "'old'" --train "$folder/train.csv" $csv --val "$folder/words.csv"
    refuses 1 "this is a regression network" $arrays --prep "$folder/prepared/prep.json" --task regression
    refuses 1 "--stratify: a class has a single row" --data "$folder/lonely.csv" --target y --stratify
}
# Amounts of any size: the targets of a table are scaled for training, the model says amounts.
awk 'BEGIN { print "a,b,price"
             for (i = 0; i < 300; i++) { a = i % 17; b = i % 23
                                         print a "," b "," 250000 + 12000 * a - 7000 * b + i % 5 / 10 } }' \
    >"$folder/prices.csv"
train --data "$folder/prices.csv" --target price --epochs 300 --lr 0.01 --out "$folder/prices"
tail -n 1 "$folder/prices/history.csv" | awk -F , '{ exit !($5 > 0.99 && $4 > 1 && $2 < 1) }' ||
    complain "prices are not learnt: $(tail -n 1 "$folder/prices/history.csv")"
"$SKIFF" predict "$folder/prices/model.npz" "$folder/prices.csv" >"$folder/stdout" ||
    complain "prices are not predicted"
awk -F , 'NR > 1 && ($1 < 50000 || $1 > 500000) { bad = 1 } END { exit bad }' "$folder/stdout" ||
    complain "predicted prices: $(head -n 5 "$folder/stdout")"
train --data "$folder/prices.csv" --target price --epochs 300 --lr 0.01 --scale_target none \
    --out "$folder/unscaled"
tail -n 1 "$folder/unscaled/history.csv" | awk -F , '{ exit !($5 < 0.5) }' ||
    complain "--scale_target none changes nothing"

# Squares of errors that no float holds are said, and no secret of metrics.json.
awk 'BEGIN { print "x,y"; for (i = 0; i < 40; i++) print i * 7 % 40 "," (i * 11 % 40 - 20) "e23" }' \
    >"$folder/far.csv"
train --data "$folder/far.csv" --target y --features x --epochs 2 --out "$folder/far"
has "$(cat "$folder/stderr")" "the loss of the train rows is beyond what a float holds, null in"
"$SKIFF" eval "$folder/far/model.npz" "$folder/far.csv" 2>"$folder/stderr" && complain "no loss, no error"
has "$(cat "$folder/stderr")" "far.csv: the loss is not a finite number" "in larger units"

# How long nobody has said: a table until it has learnt, arrays as long as the script, the rest as asked.
lasts() {
    expected=$1
    shift
    "$SKIFF" train --threads 1 --out "$folder/long" "$@" >"$folder/stdout" 2>"$folder/stderr" ||
        complain "$*: $(cat "$folder/stderr")"
    "$python" - "$folder/long/run.json" >"$folder/lasts" <<'END'
import json, sys
options = json.load(open(sys.argv[1]))["options"]
print(options["epochs"], options["patience"], options["restore_best"])
END
    [ "$(cat "$folder/lasts")" = "$expected" ] || complain "$*: $(cat "$folder/lasts"), not $expected"
}

awk 'BEGIN { print "x,y"; for (i = 0; i < 40; i++) print i * 7 % 40 "," (i * 7 % 40 > 19) }' \
    >"$folder/steps.csv"
steps="--data $folder/steps.csv --target y --hidden 4 --features x"
"$SKIFF" prep "$folder/steps.csv" --target y --features x --out "$folder/steps" --quiet ||
    complain "prep of steps"
arrays="--hidden 4 --train $folder/steps/train_data.npz --val $folder/steps/val_data.npz"
# shellcheck disable=SC2086 # options, or none
{
    lasts "1000 30 True" $steps --learning_rate 0.1
    has "$(cat "$folder/stderr")" "; up to 1000 epochs, until val_loss is no better for 30" \
        "stopped early"
    lasts "1000 30 True" $arrays --prep "$folder/steps/prep.json" --learning_rate 0.1
    lasts "1000 2 True" $steps --patience 2
    lasts "200 0 False" $steps --patience 0
    lasts "200 0 False" $steps --test_size 0
    lasts "200 0 False" $steps --schedule cosine
    has "$(cat "$folder/stderr")" "200 epochs, as --epochs was not given; --epochs 1000"
    lasts "3 0 False" $steps --epochs 3
    lasts "10 0 False" $arrays
    has "$(cat "$folder/stderr")" \
        "10 epochs, as --epochs was not given; --epochs 1000 --patience 30 trains until"
}
finish
