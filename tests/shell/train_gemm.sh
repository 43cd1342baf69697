#!/bin/sh
# SPDX-License-Identifier: MIT
# Who multiplies matrices. The program links no OpenBLAS and loads it only when a run wants it;
# without it `auto` goes on and `blas` says what is missing; with it the curves agree to rounding and
# the bytes are the same for any number of threads.
. "$(dirname "$0")/lib.sh"
need_python
unset OPENBLAS_NUM_THREADS SKIFF_CPU
"$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train.npz train binary 1100 270 1
$folder/val.npz val binary 600 270 2
END
lesson="--train $data/train_data.npz --val $data/val_data.npz --epochs 20"
wide="--train $folder/train.npz --val $folder/val.npz --hidden 272,256 --epochs 3"

# gemm_of FOLDER: who multiplied, as run.json tells.
gemm_of() {
    sed -n 's/^ *"gemm": "\([a-z]*\)",$/\1/p' "$1/run.json" | tail -n 1
}

# told FOLDER WHO: run.json names them.
told() {
    [ "$(gemm_of "$1")" = "$2" ] || complain "$1: run.json says '$(gemm_of "$1")', not '$2'"
}

if command -v ldd >/dev/null && ldd "$SKIFF" 2>/dev/null | grep -i blas; then
    complain "the program is linked with a BLAS"
fi

# ---- a file in its place that is no library
mkdir "$folder/hidden"
head -c 100000 /dev/zero >"$folder/hidden/libopenblas.so.0"
# shellcheck disable=SC2086 # options in variables are meant to be split, here and below
(
    status=0
    LD_LIBRARY_PATH=$folder/hidden
    export LD_LIBRARY_PATH
    refuses 1 "or use --gemm own" $lesson --gemm blas --out "$folder/none"
    grep -q -E "hidden/libopenblas.so.0.*install libopenblas0-pthread|built --without-openblas" \
        "$folder/stderr" || complain "no reason: $(cat "$folder/stderr")"
    [ -e "$folder/none" ] && complain "a refused run makes its folder"
    train --quiet $lesson --out "$folder/auto"
    SKIFF_CPU=baseline
    export SKIFF_CPU
    train --quiet $wide --out "$folder/without"
    told "$folder/without" own
    grep -q '"openblas": "' "$folder/without/run.json" || complain "run.json tells no reason"
    exit $status
) || status=1
told "$folder/auto" own
refuses 2 "--gemm" --train "$data/train_data.npz" --gemm mkl

if ! "$SKIFF" train --quiet --train "$data/train_data.npz" --epochs 0 --gemm blas \
    --out "$folder/try" 2>"$folder/stderr"; then
    [ $status -eq 0 ] || finish
    echo "skipped: $(cat "$folder/stderr")"
    exit 77
fi

# ---- loaded for `blas` alone: the loader's own account, where there is one
# loads ARGUMENT...: whether such a run of the lesson opens the library.
loads() {
    rm -f "$folder"/loader.*
    # shellcheck disable=SC2086
    LD_DEBUG=files LD_DEBUG_OUTPUT=$folder/loader "$SKIFF" train --quiet $lesson \
        --out "$folder/loads" "$@" || complain "train $*: exit status $?"
    grep -q libopenblas "$folder"/loader.* 2>/dev/null
}
if loads --gemm blas; then
    loads --gemm own && complain "--gemm own loads OpenBLAS"
    case " $(cpu_levels | tr '\n' ' ')" in
    *" avx2 "* | *" neon "*)
        loads && complain "--gemm auto loads OpenBLAS"
        loads --hidden 512,512 --epochs 1 && complain "wide layers load OpenBLAS where there is fma"
        ;;
    esac
else
    echo "this system's loader does not tell what it loads"
fi

# ---- the curves: epoch, train_loss and val_loss within 1e-5, relatively
# near WHAT FOLDER FOLDER
near() {
    paste -d , "$2/history.csv" "$3/history.csv" | awk -F , -v what="$1" '
        function differ(a, b) { return !(a - b <= 1e-5 * a && b - a <= 1e-5 * a) }
        NR > 1 && (differ($2, $(2 + NF / 2)) || differ($3, $(3 + NF / 2))) {
            print "FAIL: " what ": epoch " $1 ": " $2 " and " $3 ", not " $(2 + NF / 2) \
                " and " $(3 + NF / 2) " within 1e-5"
            bad = 1
        }
        END { exit bad || NR < 3 }' || status=1
}
# shellcheck disable=SC2086
for level in $(cpu_levels); do
    SKIFF_CPU=$level
    export SKIFF_CPU
    for engine in own blas; do
        train --quiet $lesson --gemm $engine --out "$folder/lesson-$engine"
        train --quiet $wide --gemm $engine --out "$folder/wide-$engine"
        told "$folder/wide-$engine" $engine
    done
    near "the lesson at $level" "$folder/lesson-own" "$folder/lesson-blas"
    near "wide layers at $level" "$folder/wide-own" "$folder/wide-blas"
    cmp -s "$folder/wide-own/model.npz" "$folder/wide-blas/model.npz" &&
        complain "own and blas give the same bytes at $level: are they two?"
    for threads in 2 3; do
        train --quiet $wide --gemm blas --threads $threads --out "$folder/wide-$threads"
        same_run "blas at $level: 1 and $threads threads" "$folder/wide-blas" "$folder/wide-$threads"
    done
    train --quiet $wide --out "$folder/wide-auto"
    [ "$level" = baseline ] && expected=blas || expected=own
    told "$folder/wide-auto" $expected
done
SKIFF_CPU=baseline
# shellcheck disable=SC2086
{
    train --quiet $wide --out "$folder/wide-auto"
    for threads in 2 3; do
        train --quiet $wide --threads $threads --out "$folder/wide-$threads"
        same_run "auto: 1 and $threads threads" "$folder/wide-auto" "$folder/wide-$threads"
    done
    train --quiet $lesson --out "$folder/lesson-auto"
    told "$folder/lesson-auto" own
    train --quiet $wide --gemm own --out "$folder/wide-own"
}
same_run "auto without the library, and own" "$folder/without" "$folder/wide-own"

# ---- they do not take over from each other, unless they are the same
# shellcheck disable=SC2086
{
    train --quiet $wide --out "$folder/ck" --checkpoint_dir "$folder/ck"
    refuses 1 "matrix products (see --gemm) was OpenBLAS" $wide --epochs 5 --gemm own \
        --checkpoint_dir "$folder/ck"
    train --quiet $wide --epochs 5 --gemm blas --out "$folder/ck" --checkpoint_dir "$folder/ck"
    train --quiet $lesson --out "$folder/ck2" --checkpoint_dir "$folder/ck2"
    refuses 1 "matrix products (see --gemm) was own" $lesson --epochs 30 --gemm blas \
        --checkpoint_dir "$folder/ck2"
    train --quiet $lesson --epochs 30 --gemm own --out "$folder/ck2" --checkpoint_dir "$folder/ck2"
}
finish
