#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff predict`: the same bytes for any number of threads, by avx2 and avx512, and however the
# rows are stored; where the predictions go; what is refused, in one line and with nothing left
# behind; a pipe that closes; memory that does not grow with the rows.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
train.npz train binary 700 11 1
train3.npz train multiclass 600 11 2
train2.npz train regression2 600 11 3
narrow.npz val binary 20 7 4
many.npz test binary 30000 11 5
END
"$python" - <<'END' || exit 1
from npz_tables import npy, save, table, transposed
X, y = table("binary", 500, 11, 6)
shape = (500, 11)
save("eighths.npz", {"X": npy(X, shape)})
save("unaligned.npz", {"X": npy(X, shape)}, misalign=1)
save("deflated.npz", {"X_val": npy(X, shape), "y_val": npy(y, (500,))}, deflate=True)
save("double.npz", {"X_test": npy(X, shape, ">f8")})
save("half.npz", {"features": npy(X, shape, "<f2")})
save("fortran.npz", {"X": npy(X, shape, "<f8", fortran=True)})
save("several.npz", {"X_train": npy([9] * 22, (2, 11)), "X_val": npy(X, shape)})
save("empty.npz", {"X": npy([], (0, 11))})
save("nan.npz", {"X": npy(X[:-3] + [float("nan")] + X[-2:], shape)})
save("huge.npz", {"X": npy(X[:-3] + [1e300] + X[-2:], shape, "<f8")})
save("far.npz", {"X": npy([3e38] * 11, (1, 11))})
save("flat.npz", {"X": npy(X, (5500,))})
import os
os.mkdir("parts")
save("parts/a.npz", {"X": npy(X[: 11 * 123], (123, 11))})
save("parts/b.npz", {"X": npy(X[11 * 123 :], (377, 11), "<f8")}, deflate=True)
END
train --quiet --train train.npz --epochs 3 --out two
train --quiet --train train3.npz --epochs 3 --out three
train --quiet --train train2.npz --epochs 3 --out numbers
train --quiet --train train.npz --epochs 3 --hidden 300,150 --gemm own --out wide

predict() {
    succeeds predict "$@"
}

# check_lines HEADER LINES COLUMNS: of $folder/stdout.
check_lines() {
    [ "$(head -n 1 "$folder/stdout")" = "$1" ] || complain "header $(head -n 1 "$folder/stdout"), not $1"
    [ "$(wc -l <"$folder/stdout")" -eq "$2" ] || complain "$1: $(wc -l <"$folder/stdout") lines, not $2"
    awk -F, -v n="$3" 'NF != n { exit 1 }' "$folder/stdout" || complain "$1: not $3 columns everywhere"
}

predict two/model.npz eighths.npz
check_lines "probability,label" 501 2
awk -F, 'NR > 1 && ($1 > 0.5) != $2 { exit 1 }' stdout || complain "a label is not probability > 0.5"
mv stdout want.csv
predict two/model.npz eighths.npz --threshold 0.3
awk -F, 'NR > 1 && ($1 > 0.3) != $2 { exit 1 }' stdout || complain "a label is not probability > 0.3"
predict three/model.npz eighths.npz
check_lines "label,p0,p1,p2" 501 4
awk -F, 'NR > 1 { s = $2 + $3 + $4; b = $2 >= $3 && $2 >= $4 ? 0 : $3 >= $4 ? 1 : 2
                  if (s < 0.999999 || s > 1.000001 || b != $1) exit 1 }' stdout ||
    complain "probabilities do not add up, or the label is not the largest"
predict numbers/model.npz eighths.npz
check_lines "prediction0,prediction1" 501 2
predict two/model.npz empty.npz
check_lines "probability,label" 1 2

# However the rows are stored, and wherever the predictions go.
for how in eighths.npz unaligned.npz deflated.npz double.npz "half.npz --x_key features" \
    fortran.npz parts "several.npz --part val" "several.npz --x_key X_val" "deflated.npz --part=val"; do
    # shellcheck disable=SC2086
    predict two/model.npz $how
    same_file "$how" want.csv stdout
done
predict two eighths.npz
same_file "the folder of a run" want.csv stdout
predict two/model.npz eighths.npz --out -
same_file "--out -" want.csv stdout
predict --out p.csv two/model.npz eighths.npz
same_file "--out p.csv" want.csv p.csv
[ -s stdout ] && complain "--out p.csv printed, too"
"$SKIFF" predict two/model.npz eighths.npz --out /dev/stdout | cat >piped.csv
same_file "--out /dev/stdout" want.csv piped.csv
for model in two three numbers; do
    predict $model/model.npz eighths.npz --out $model.npz
    "$SKIFF" inspect $model.npz >listing || complain "$model.npz cannot be read"
done
predict two/model.npz eighths.npz --out TWO.NPZ
same_file "--out TWO.NPZ" two.npz TWO.NPZ
has "$("$SKIFF" inspect three.npz)" "probability" "(500, 3)" "label" "<i8"
has "$("$SKIFF" inspect numbers.npz)" "prediction" "(500, 2)"

# Threads and levels.
for model in two three numbers wide; do
    for level in $(cpu_levels); do
        SKIFF_CPU=$level
        export SKIFF_CPU
        for threads in 1 2 3; do
            predict $model/model.npz many.npz --threads $threads --out $model-$level-$threads.csv
            same_file "$model at $level, $threads threads" $model-$level-1.csv $model-$level-$threads.csv
        done
    done
    if [ -f $model-avx512-1.csv ]; then
        same_file "$model, avx2 and avx512" $model-avx2-1.csv $model-avx512-1.csv
    fi
done
unset SKIFF_CPU

# refuses STATUS PATTERN ARGUMENT...: and nothing is left behind.
refuses() {
    rm -f left.csv
    command_refuses predict "$@"
    [ ! -e left.csv ] || complain "predict $*: left a file behind"
}
refuses 2 "a model and data are needed"
refuses 2 "a model and data are needed" two/model.npz
refuses 2 "unexpected word" two/model.npz eighths.npz more.npz
refuses 2 "did you mean --threshold" two/model.npz eighths.npz --treshold 1
refuses 2 "--threshold: is for binary models, and three/model.npz is a multiclass one" \
    three/model.npz eighths.npz --threshold 0.5
refuses 2 "--out: ./eighths.npz is what is read" two/model.npz eighths.npz --out ./eighths.npz
refuses 2 "--out: two/model.npz is what is read" two/model.npz eighths.npz --out two/model.npz
ln -s parts/b.npz linked.npz
for out in parts/a.npz linked.npz; do
    refuses 2 "--out: $out is what is read" two/model.npz parts --out $out
done
refuses 1 "absent.npz: cannot open" absent.npz eighths.npz
refuses 1 "absent.npz: cannot open" two/model.npz absent.npz --out left.csv
refuses 1 "parts/model.npz: cannot open" parts eighths.npz
refuses 1 "two/nn_model.pth: a torch state dict" two/nn_model.pth eighths.npz
refuses 1 "eighths.npz: has no meta.json, so it is no model" eighths.npz eighths.npz
refuses 1 "narrow.npz: X_val has 7 features, but the model two/model.npz takes 11" \
    two/model.npz narrow.npz --out left.csv
refuses 1 "several.npz: holds X_train and X_val; --part" two/model.npz several.npz
refuses 1 "flat.npz: X has 1 dimensions" two/model.npz flat.npz
refuses 1 "half.npz: no array 'X'; it holds features (--x_key" two/model.npz half.npz
refuses 1 "nan.npz: X: row 499, column 8 is NaN" two/model.npz nan.npz --out left.csv
refuses 1 "huge.npz: X: row 499, column 8 is infinite (or too large" two/model.npz huge.npz --out left.csv
refuses 1 "far.npz: the prediction of row 0 (from 0) is not a finite number" \
    numbers/model.npz far.npz --out left.csv
refuses 1 "two: cannot write here: Is a directory" two/model.npz eighths.npz --out two
refuses 1 "no/such.csv: cannot write here" two/model.npz eighths.npz --out no/such.csv
for out in folder.npz folder.csv; do
    mkdir $out
    refuses 1 "$out: " two/model.npz eighths.npz --out $out
done
for size in 0 3 100 400 20000; do
    head -c $size eighths.npz >cut.npz
    refuses 1 "cut.npz" two/model.npz cut.npz --out left.csv
    head -c $size two/model.npz >cut.npz
    [ $size -ge "$(wc -c <two/model.npz)" ] || refuses 1 "cut.npz" cut.npz eighths.npz --out left.csv
done
if [ -w /dev/full ]; then
    for how in "" "--out /dev/full"; do
        # shellcheck disable=SC2086
        "$SKIFF" predict two/model.npz eighths.npz $how >/dev/full 2>stderr
        [ $? -eq 1 ] || complain "a full disk is not noticed ($how)"
        has "$(cat stderr)" "No space left on device"
    done
    [ -c /dev/full ] || complain "/dev/full is no device any more"
fi

# A reader that has seen enough: the end is quiet, and soon.
{
    "$SKIFF" predict two/model.npz many.npz 2>stderr
    echo $? >code
} | head -n 2 >two_lines
[ "$(wc -l <two_lines)" -eq 2 ] || complain "head saw $(cat two_lines)"
[ "$(cat code)" -eq 141 ] || complain "a closed pipe ends with status $(cat code), not by SIGPIPE"
[ ! -s stderr ] || complain "a closed pipe: $(cat stderr)"
# Where SIGPIPE is ignored, it is an error like any other.
{
    (trap '' PIPE && exec "$SKIFF" predict two/model.npz many.npz 2>stderr)
    echo $? >code
} | head -n 2 >two_lines
[ "$(cat code)" -eq 1 ] || complain "a closed pipe, SIGPIPE ignored: status $(cat code)"
has "$(cat stderr)" "standard output: cannot write: Broken pipe"

# Stopped half way: no file, and the signal shows.
for try in 1 2 3 4; do
    "$SKIFF" predict wide/model.npz many.npz --threads 1 --out left.csv 2>stderr &
    pid=$!
    sleep "$(random_moment 30)"
    kill -TERM $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
    case $code in
    0 | 143) ;;
    *) complain "SIGTERM ($try): exit status $code: $(cat stderr)" ;;
    esac
done
no_leftovers "after all of this" "$folder"

# 150 MB of features (zeros in deflate) in 80 MB of address space.
if [ "$sanitized" = no ]; then
    "$python" - <<'END' || exit 1
import zipfile
from npz_tables import npy
rows = 3500000
with zipfile.ZipFile("large.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("X.npy", "w") as member:
        member.write(npy([], (rows, 11)))
        for _ in range(rows // 5000):
            member.write(bytes(5000 * 44))
END
    (ulimit -v 80000 && exec "$SKIFF" predict two/model.npz large.npz --threads 1) 2>stderr >large.csv ||
        complain "150 MB of rows: $(cat stderr)"
    [ "$(wc -l <large.csv)" -eq 3500001 ] || complain "150 MB of rows: $(wc -l <large.csv) lines"
fi
finish
