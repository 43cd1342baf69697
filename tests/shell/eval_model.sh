#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff eval MODEL DATA`: the very numbers of metrics.json, for any number of threads, at every CPU
# level; the same intervals from the same seed; thresholds from rules; what is refused.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
train.npz train binary 700 7 1
val.npz val binary 400 7 2
test.npz test binary 500 7 3
train3.npz train multiclass 600 7 4
val3.npz val multiclass 300 7 5
test3.npz test multiclass 300 7 5
train2.npz train regression2 600 7 6
val2.npz val regression2 300 7 7
test2.npz test regression2 300 7 7
narrow.npz val binary 20 5 8
END
"$python" - <<'END' || exit 1
from npz_tables import npy, save, table
X, y = table("binary", 30, 7, 9)
save("ones.npz", {"X": npy(X, (30, 7)), "y": npy([1] * 30, (30,), "<i8")})
save("three.npz", {"X": npy(X, (30, 7)), "y": npy([2] + y[1:], (30,), "<i8")})
save("two.npz", {"X": npy(X, (30, 7)), "y": npy(y + y, (30, 2), "<i8")})
save("nolabels.npz", {"X": npy(X, (30, 7))})
save("far.npz", {"X": npy(X, (30, 7)), "y": npy([1e30] * 60, (30, 2))})
END

# same_part WHAT METRICS PART: that part of metrics.json is what was printed, digit by digit.
same_part() {
    "$python" - "$2" "$3" <<'END' || complain "$1: differs from $2"
import json, sys
load = lambda path: json.load(open(path), parse_float=str, parse_int=str)
want, got = load(sys.argv[1])[sys.argv[2]], load("stdout")
for key in sorted({*want, *got}):
    if want.get(key) != got.get(key):
        print(f"{key}: {got.get(key)}, not {want.get(key)}")
sys.exit(want != got)
END
}

compared=0
for level in $(cpu_levels); do
    SKIFF_CPU=$level
    export SKIFF_CPU
    for kind in "" 3 2; do
        case $kind in
        2) task=regression ;;
        3) task=multiclass ;;
        *) task=binary ;;
        esac
        train --quiet --train train$kind.npz --val val$kind.npz --test test$kind.npz --task $task \
            --epochs 3 --hidden 33,17 --activation gelu --out "run$kind"
        for name in train val test; do
            what="$level, $name$kind.npz"
            evaluate "run$kind/model.npz" $name$kind.npz --json --bootstrap 0 --threads 1
            same_part "$what" "run$kind/metrics.json" $name
            mv stdout one
            evaluate "run$kind/model.npz" $name$kind.npz --json --bootstrap 0 --threads 3
            same_file "$what, 3 threads" one stdout
            compared=$((compared + 1))
        done
        evaluate "run$kind/model.npz" test$kind.npz --json --bootstrap 150 --seed 5 --threads 1
        mv stdout one
        for threads in 2 3; do
            evaluate "run$kind/model.npz" test$kind.npz --json --bootstrap 150 --seed 5 --threads $threads
            same_file "$level, intervals of test$kind.npz, $threads threads" one stdout
        done
        evaluate "run$kind/model.npz" test$kind.npz --json --bootstrap 150 --seed 6
        cmp -s one stdout && complain "another seed gives the same intervals"
    done
done
unset SKIFF_CPU
echo "$compared parts of metrics.json compared"

evaluate run/model.npz val.npz
has "$(cat stdout)" "val.npz: 400 rows, " "threshold 0.5" "95 % interval" "accuracy " " to 0." \
    "predicted 1" "percentiles of 1000 bootstrap resamples of the rows, seed 0"
evaluate run/model.npz val.npz --bootstrap 0
case $(cat stdout) in *" to "* | *"interval"*) complain "--bootstrap 0 prints intervals" ;; esac
evaluate run3/model.npz val3.npz
has "$(cat stdout)" "val3.npz: 300 rows, 3 classes" "macro F1" " to 0."
evaluate run2/model.npz val2.npz
has "$(cat stdout)" "val2.npz: 300 rows, 2 targets" "RMSE" " to "

# Rules: F1 on the rows themselves is at least that of 0.5; elsewhere it is theirs that count.
evaluate run/model.npz val.npz --threshold f1
has "$(cat stdout)" "(the best F1 on these rows)" "flatters"
evaluate run/model.npz test.npz --threshold youden --val val.npz
has "$(cat stdout)" "test.npz: 500 rows" "(the best of Youden's index on val.npz)"
case $(cat stdout) in *flatters*) complain "a threshold from other rows is said to flatter" ;; esac
# threshold FILE RULE [VAL]: the threshold that is chosen.
threshold() {
    "$SKIFF" eval run/model.npz "$1" --threshold "$2" ${3:+--val "$3"} --bootstrap 0 --json |
        sed -n 's/^ *"threshold": \(.*\),$/\1/p'
}
for rule in f1 youden; do
    [ "$(threshold val.npz $rule)" = "$(threshold test.npz $rule val.npz)" ] ||
        complain "$rule: --val val.npz chooses another threshold than val.npz itself"
    [ "$(threshold test.npz $rule)" = "$(threshold test.npz $rule val.npz)" ] &&
        complain "$rule: --val changes nothing"
done
# Curves: of one class, or one object a class.
for kind in "" 3; do
    for threads in 1 3; do
        evaluate run$kind/model.npz val$kind.npz --json --curves --bootstrap 0 --threads $threads
        mv stdout curves$threads
    done
    same_file "curves of val$kind.npz, 3 threads" curves1 curves3
    [ "$(grep -c '"tpr"' curves1)" -eq "${kind:-1}" ] || complain "curves of val$kind.npz: not one a class"
done
evaluate run/model.npz ones.npz --json --bootstrap 20
has "$(cat stdout)" '"auroc": null' '"auroc": [' 'null,'

# refuses STATUS PATTERN ARGUMENT...
refuses() {
    command_refuses eval "$@"
}
refuses 2 "a model and data, or --scores" run/model.npz
refuses 2 "unexpected word" run/model.npz val.npz more.npz
refuses 2 "--task: is for --scores" run/model.npz val.npz --task binary
refuses 2 "'best' is not a number, nor f1 nor youden" run/model.npz val.npz --threshold best
refuses 2 "--val: is where --threshold f1 or youden chooses" run/model.npz test.npz --val val.npz
refuses 2 "binary models, and run3/model.npz is a multiclass one" run3/model.npz val3.npz --threshold f1
refuses 2 "is for classes, and run2/model.npz is a regression" run2/model.npz val2.npz --json --curves
refuses 2 "--curves: is for --json" run/model.npz val.npz --curves
refuses 2 "out of range" run/model.npz val.npz --bootstrap -1
refuses 1 "absent.npz: cannot open" run/model.npz absent.npz
refuses 1 "a torch state dict" run/nn_model.pth val.npz
refuses 1 "narrow.npz: X_val has 5 features, but the model run/model.npz takes 7" run/model.npz narrow.npz
refuses 1 "narrow.npz: X_val has 5 features" run/model.npz val.npz --threshold f1 --val narrow.npz
refuses 1 "three.npz: y: the label of row 0 is 2" run/model.npz three.npz
refuses 1 "two.npz: y has 2 columns" run/model.npz two.npz
refuses 1 "far.npz: the loss is not a finite number: its features or labels" run2/model.npz far.npz
refuses 1 "nolabels.npz: no array 'y'" run/model.npz nolabels.npz
refuses 1 "ones.npz: every label is 1" run/model.npz ones.npz --threshold youden
if [ -w /dev/full ]; then
    "$SKIFF" eval run/model.npz val.npz >/dev/full 2>stderr
    [ $? -eq 1 ] || complain "a full disk is not noticed"
fi
finish
