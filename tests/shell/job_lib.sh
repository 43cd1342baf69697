# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC1091
# What the tests of jobs in containers share: trees that `skiff job new` has laid out, and what
# became of them. Sources lib.sh.
. "${SKIFF_SRCDIR:-$(dirname "$0")/../..}/tests/shell/lib.sh"
unset SKIFF_ML_ROOT SM_HPS SM_HOSTS SM_CURRENT_HOST
train_file=$data/train_data.npz
val_file=$data/val_data.npz

# lay NAME ARGUMENT...: the tree of a job in $job, which is $folder/NAME; its first host in $root.
lay() {
    job=$folder/$1
    root=$job/algo-1
    shift
    rm -rf "$job"
    "$SKIFF" job new "$job" "$@" || complain "job new $*: exit status $?"
}

# lesson NAME ARGUMENT...: the same with the lesson's two channels.
lesson() {
    name=$1
    shift
    lay "$name" --channel train="$train_file" --channel val="$val_file" "$@"
}

# start ARGUMENT...: run the program in $root as the platform would; $code, $folder/stdout and
# $folder/stderr.
start() {
    SKIFF_ML_ROOT=$root "$SKIFF" train --threads 1 "$@" >"$folder/stdout" 2>"$folder/stderr" \
        </dev/null
    code=$?
}

# completes ARGUMENT...: start, which must succeed and leave a model and no failure.
completes() {
    start "$@"
    [ $code -eq 0 ] || complain "$job: exit status $code: $(cat "$folder/stderr")"
    [ -s "$root/model/model.npz" ] || complain "$job: no model"
    [ -e "$root/output/failure" ] && complain "$job: a failure: $(cat "$root/output/failure")"
}

# fails STATUS PATTERN ARGUMENT...: start, which must fail with that status and leave the cause.
fails() {
    expected=$1
    pattern=$2
    shift 2
    rm -f "$root/output/failure"
    start "$@"
    [ $code -eq "$expected" ] || complain "$job: exit status $code, expected $expected"
    cause=$(head -n 1 "$root/output/failure" 2>/dev/null)
    case $cause in
    *"$pattern"*) ;;
    *) complain "$job: expected '$pattern' in the failure: $cause" ;;
    esac
    [ "$(wc -c <"$root/output/failure")" -le 900 ] || complain "$job: the failure is too long"
    has "$(cat "$folder/stderr")" "skiff train: $cause"
}

# option NAME: its value in the record of the last run.
option() {
    sed -n "/^  \"options\"/,/^  }/s/^    \"$1\": \(.*[^,]\),\{0,1\}$/\1/p" \
        "$root/output/data/run.json"
}

# is WHAT VALUE EXPECTED
is() {
    [ "$2" = "$3" ] || complain "$1: '$2', expected '$3'"
}
