#!/bin/sh
# SPDX-License-Identifier: MIT
# What people do wrong at first: each time one line that says what to do instead, and no file.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# wrong STATUS PATTERN COMMAND ARGUMENT...
wrong() {
    expected=$1
    pattern=$2
    shift 2
    timeout -s KILL 20 "$SKIFF" "$@" >stdout 2>stderr </dev/null
    got=$?
    drop_setup
    [ $got -eq "$expected" ] || complain "$*: exit status $got, expected $expected"
    [ ! -s stdout ] || complain "$*: printed $(head -n 3 stdout)"
    [ "$(wc -l <stderr)" -eq 1 ] || complain "$*: not one line: $(cat stderr)"
    has "$(cat stderr)" "skiff $1: " "$pattern"
    [ -z "$(find left -type f 2>/dev/null)" ] || complain "$*: left a file behind"
}

awk 'BEGIN { print "age,sex,y"; for (i = 0; i < 60; i++) print i % 17 ",", (i % 2 ? "f" : "m") "," (i % 3 == 0) }' |
    tr -d ' ' >t.csv
mkdir tables
cp t.csv tables/a.csv
"$SKIFF" prep t.csv --target y --out work --quiet || complain "prep fails"
train --train work/train_data.npz --val work/val_data.npz --prep work/prep.json --epochs 1 \
    --hidden 2 --out run --quiet

# ---- one thing in the place of another
wrong 2 "'t.csv': data go with an option: --data t.csv --target NAME" train t.csv
wrong 2 "'t.csv': data go with an option: --data t.csv --target NAME" plan t.csv
wrong 2 "data go with an option: --train work/train_data.npz" train work/train_data.npz
wrong 2 "'none.csv': unexpected word" train none.csv
wrong 2 "work/: holds train_data.npz and val_data.npz: give --train work/train_data.npz --val work/val_data.npz, and its prep.json as --prep" \
    train --train work/ --out left
wrong 1 "X_val is for --val" train --train work/val_data.npz --out left
wrong 1 "run/model.npz: is a model, not data; skiff eval MODEL DATA" train --train run/model.npz --out left
wrong 1 "run/model.npz: is a model, not data" eval run/model.npz run/model.npz
wrong 1 "run/model.npz: is a model, not data" predict run/model.npz run/model.npz
wrong 1 "t.csv: no zip archive, so it is no model; skiff train writes model.npz; the model is named first, then the data" \
    predict t.csv run/model.npz
wrong 1 "the model is named first" eval t.csv run/model.npz
wrong 2 "--data: unknown option; usage: skiff prep FILE --target NAME --out DIR" \
    prep --data t.csv --target y --out left
wrong 2 "'work': unexpected word; usage: skiff prep FILE" prep t.csv work
wrong 2 "--model: unknown option; usage: skiff eval MODEL DATA" eval --model run t.csv
wrong 2 "--data: unknown option; usage: skiff predict MODEL DATA" predict run --data t.csv
printf '\223NUMPY\001' >t.npy
printf 'PAR1xxxx' >t.parquet
wrong 1 "t.npy: a single array of numpy; numpy.savez(" train --train t.npy --out left
wrong 1 "t.parquet: a parquet file; write it as CSV first" train --train t.parquet --out left
wrong 2 "t.csv: --target is missing" train --train t.csv --out left
sed 's/$/x/; 1s/x$//' t.csv >texts.csv
"$SKIFF" train --data texts.csv --target y --epochs 1 --hidden 2 --out texts --quiet || complain "texts"
sed 's/1x/1X/' texts.csv >near.csv
wrong 1 "'1X' is none of the classes of the fit; '1x' is near, if it is meant" eval texts near.csv

# ---- a folder of tables
wrong 1 "tables: is a folder, a file is needed here; (head -n 1 ONE.csv; tail -qn +2 *.csv) > ALL.csv" \
    train --data tables --target y --out left
wrong 1 "> ALL.csv makes one CSV of several" prep tables --target y --out left
wrong 1 "CSVs need --prep FILE" train --train tables --out left


# ---- what is found in a run's folder
if mkfifo pipe 2>/dev/null; then
    for name in run.json metrics.json history.csv; do
        mkdir piped
        cp run/*.json run/history.csv run/model.npz piped/
        rm piped/$name
        mkfifo piped/$name
        wrong 1 "piped/$name: not a regular file; copy it to one first" report piped --out left
        [ $name = metrics.json ] || wrong 1 "piped/$name: not a regular file" compare piped
        rm -rf piped
    done
    timeout 20 sh -c "cat run/run.json >pipe" &
    timeout -s KILL 20 "$SKIFF" compare pipe >stdout 2>stderr || complain "a pipe that was named: $(cat stderr)"
    wait
fi

# ---- something else in the place of a run
wrong 1 "run/model.npz: is a file; a report is made of the folder" report run/model.npz
wrong 1 "run/model.npz: is an archive, not the record of a run; name the run.json" compare run/model.npz
wrong 1 "column 'age' is not known; such a table has the columns name," compare t.csv

# ---- other
wrong 2 "--channel: 'train' is not NAME=PATH, such as train=train_data.npz" job new left --channel train
wrong 2 "--hp: 'epochs' is not NAME=VALUE, such as epochs=100" job new left --hp epochs
head -n 1 t.csv >header.csv
has "$("$SKIFF" inspect header.csv)" "there are no rows below the header" "age   -  "
case $("$SKIFF" inspect header.csv) in *number*) complain "columns without rows have a type" ;; esac

printf '[{"a": 1}, {"a": 2}]\n' >rows.csv
printf '{"a": [1, 2]}\n' >rows.json
wrong 1 "rows.csv: JSON; make a CSV of it first" train --data rows.csv --target a --out left
wrong 1 "rows.json: JSON; make a CSV of it first" inspect rows.json
printf 'price;list;y\n0,5;1,2,3;0\n-1.000,25;4;1\n7;x;1\n' >commas.csv
"$SKIFF" inspect commas.csv >listing || complain "decimal commas"
has "$(grep '^price' listing)" "decimal commas: write 1.5 for 1,5"
[ "$(grep -c 'decimal commas' listing)" -eq 1 ] || complain "too many commas: $(cat listing)"

# One loss, not two names for it.
"$SKIFF" eval run work/val_data.npz >listing || complain "eval fails"
[ "$(grep -c 'loss ' listing)" -eq 1 ] || complain "the loss more than once: $(cat listing)"

finish
