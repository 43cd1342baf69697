#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff eval` on CSV from a file and from a pipe, its JSON, its help, and what it must refuse:
# exit status 2 for wrong options, 1 for unusable data, one line on standard error, nothing on
# standard output.
. "$(dirname "$0")/lib.sh"

# refuses STATUS PATTERN ARGUMENT...: that exit status and one line with the pattern.
refuses() {
    command_refuses eval "$@"
}

printf 'score,label\n0.1,0\n0.4,0\n0.35,1\n0.8,1\n' >"$folder/good.csv"
printf 'label;score\r\n1;0.9\r\n0;0.1\r\n' >"$folder/semicolon.csv"
printf '0.9,1\n0.1,0\n' >"$folder/nameless.csv"
printf 'score,label\n0.5,1\n0.7,yes\n' >"$folder/word.csv"
printf 'score,label\n2.5,3\n0,0.5\n4,4\n' >"$folder/numbers.csv"
printf 'score,label\n' >"$folder/none.csv"
printf 'probability,label\n0.25,0\n' >"$folder/predicted.csv"
printf 'PK\003\004 and then nothing' >"$folder/broken.npz"
cp "$folder/good.csv" "$folder/not.npz"

out=$("$SKIFF" eval --scores "$folder/good.csv") || complain "good.csv is refused"
has "$out" "4 rows, 2 positive, threshold 0.5" "0.750000" "0.833333" "predicted 1"
piped=$("$SKIFF" eval --scores - <"$folder/good.csv") || complain "standard input is refused"
[ "$piped" = "$out" ] || complain "standard input gives something else: $piped"
# shellcheck disable=SC2002 # a pipe, not a file, is what is tested
piped=$(cat "$folder/good.csv" | "$SKIFF" eval --scores=-) || complain "a pipe is refused"
[ "$piped" = "$out" ] || complain "a pipe gives something else: $piped"

out=$("$SKIFF" eval --scores "$folder/semicolon.csv") || complain "semicolons are refused"
has "$out" "2 rows, 1 positive" "accuracy             1.000000"
gzip -c "$folder/good.csv" >"$folder/good.csv.gz"
piped=$("$SKIFF" eval --scores "$folder/good.csv.gz") || complain "a CSV in gzip is refused"
[ "$piped" = "$("$SKIFF" eval --scores "$folder/good.csv")" ] || complain "gzip gives something else"

json=$("$SKIFF" eval --json --scores "$folder/good.csv") || complain "--json fails"
has "$json" '"task": "binary"' '"auroc": 0.75' '"ap": 0.83333333333333' '"n": 4'
json=$("$SKIFF" eval --json --threshold 0.3 --scores "$folder/good.csv")
has "$json" '"recall": 1.0' '"precision": 0.66666666666666663' '"threshold": 0.29999999999999999'
json=$(printf 'score,label\n0.5,1\n' | "$SKIFF" eval --json --scores -)
has "$json" '"auroc": null' '"accuracy": 0.0'
out=$(printf 'score,label\n0.5,1\n' | "$SKIFF" eval --scores -)
has "$out" "ROC AUC                     -" "1 row, 1 positive"
json=$("$SKIFF" eval --json --task regression --scores "$folder/numbers.csv")
has "$json" '"task": "regression"' '"mae": 0.33333333333333331'
json=$("$SKIFF" eval --json --curves --scores "$folder/good.csv" | tr -d ' \n')
has "$json" '"roc":{"fpr":[0.0,0.0,0.5,0.5,1.0],"tpr":[0.0,0.5,0.5,1.0,1.0],"threshold":[null,' \
    '"precision":[0.5,' '{"count":2,"score":0.375,"rate":0.5}' '"histogram":{"positive":['
json=$(printf 'score,label\n1.5,1\n0,0\n' | "$SKIFF" eval --json --curves --scores -)
has "$json" '"calibration": null' '"histogram": null' '"tpr"'
out=$("$SKIFF" eval --help) || complain "--help fails"
has "$out" "Usage: skiff eval" "--threshold" "Examples" "Exit status"

refuses 2 "--scores FILE is needed"
refuses 2 "did you mean --scores" --score "$folder/good.csv"
refuses 2 "needs a value" --scores
refuses 2 "'x' is not a number" --scores "$folder/good.csv" --threshold x
refuses 2 "choose one of" --scores "$folder/good.csv" --task other
refuses 2 "need an npz" --scores "$folder/good.csv" --task multiclass
refuses 2 "binary scores" --scores "$folder/good.csv" --task regression --threshold 0.1
refuses 2 "--curves: is for --json" --scores "$folder/good.csv" --curves
refuses 2 "--curves: is for classes" --scores "$folder/numbers.csv" --task regression --json --curves
refuses 2 "a model and data, or --scores FILE" "$folder/good.csv"
refuses 2 "unexpected word" --scores "$folder/good.csv" "$folder/good.csv"
refuses 2 "for --scores it is a number" --scores "$folder/good.csv" --threshold f1
refuses 2 "--bootstrap: is for a model" --scores "$folder/good.csv" --bootstrap 10
refuses 1 "cannot open" --scores "$folder/absent.csv"
refuses 1 "$folder" --scores "$folder"
refuses 1 "standard input: empty" --scores -
refuses 1 "no column 'score'" --scores "$folder/nameless.csv"
refuses 1 "word.csv:3: column 'label': 'yes' is not a finite number" --scores "$folder/word.csv"
refuses 1 "what skiff predict writes has no truth in it" --scores "$folder/predicted.csv"
refuses 1 "numbers.csv:2: column 'label': 3, but a label is 0 or 1" --scores "$folder/numbers.csv"
refuses 1 "none.csv: no rows" --scores "$folder/none.csv"
refuses 1 "broken.npz" --scores "$folder/broken.npz"
refuses 1 "not.npz" --scores "$folder/not.npz"
if [ -w /dev/full ]; then
    "$SKIFF" eval --scores "$folder/good.csv" >/dev/full 2>"$folder/err"
    [ $? -eq 1 ] || complain "a full disk is not noticed"
    has "$(cat "$folder/err")" "cannot write to standard output"
fi
finish
