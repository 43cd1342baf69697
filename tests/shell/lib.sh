# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# What the shell tests share; a script sources it first. It makes a temporary
# $folder that goes away at the end, and sets $data (the tables that ship) and $python. Results are
# collected in $status: a script ends with `finish`.
set -u
[ -n "${SKIFF:-}" ] || { echo "skipped: SKIFF does not name the program"; exit 77; }
source_folder=${SKIFF_SRCDIR:-$(dirname "$0")/../..}
data=$source_folder/data
python=${PYTHON3:-python3}
status=0
LC_ALL=C
export LC_ALL

# Threads that wait give way, for other tests run at the same time.
OMP_WAIT_POLICY=passive
export OMP_WAIT_POLICY

# Every run ends with five synced files: in memory that takes no time.
if [ -z "${TMPDIR:-}" ] && [ -d /dev/shm ] && [ -w /dev/shm ]; then
    TMPDIR=/dev/shm
    export TMPDIR
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# A sanitizer has a shadow memory of its own, and would rather die than fail an allocation.
sanitized=no
if grep -q -E '__asan_init|__ubsan_handle' "$SKIFF"; then
    sanitized=yes
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}allocator_may_return_null=1
    export ASAN_OPTIONS
fi

complain() {
    echo "FAIL: $*"
    status=1
}

finish() {
    [ "$status" -eq 0 ] && echo "passed"
    exit "$status"
}

need_python() {
    "$python" -c 'import zipfile, json' 2>/dev/null || { echo "skipped: no python3"; exit 77; }
    PYTHONPATH=$source_folder/tests/shell
    PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH PYTHONDONTWRITEBYTECODE
}

# has TEXT PATTERN...: every pattern stands in the text.
has() {
    text=$1
    shift
    for pattern in "$@"; do
        case $text in
        *"$pattern"*) ;;
        *) complain "expected '$pattern' in: $text" ;;
        esac
    done
}

# drop_setup: take the lines that say what training begins with, that arrays are not scaled, and that
# nobody has said how long it takes, out of $folder/stderr.
drop_setup() {
    sed -i -e '/^skiff train: [a-z]* task, [0-9]* rows of /d' \
        -e '/^skiff train: [^ ]* goes up to .* --scale_target standard$/d' \
        -e '/^skiff train: [^ ]* column [0-9]* goes up to .*; features learn better/d' \
        -e '/^skiff train: [0-9]* epochs, as --epochs was not given; /d' "$folder/stderr"
}

# train ARGUMENT...: a run that must succeed, on one thread unless it says otherwise; its output is
# in $folder/stdout and $folder/stderr.
train() {
    "$SKIFF" train --threads 1 "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    drop_setup
    [ $code -eq 0 ] || complain "train $*: exit status $code: $(cat "$folder/stderr")"
    return $code
}

# refuses STATUS PATTERN ARGUMENT...: train ends soon with that status and one line that has the
# pattern, prints nothing else and writes nothing into the working folder, which is a new one.
refuses() {
    expected=$1
    pattern=$2
    shift 2
    rm -rf "$folder/refused"
    mkdir "$folder/refused"
    (cd "$folder/refused" && exec timeout -s KILL 20 "$SKIFF" train "$@") \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null
    got=$?
    drop_setup
    [ "$sanitized" = no ] || sed -i '/WARNING: AddressSanitizer failed to allocate/d' "$folder/stderr"
    [ "$got" -eq "$expected" ] || complain "train $*: exit status $got, expected $expected"
    [ -s "$folder/stdout" ] && complain "train $*: printed $(head -n 3 "$folder/stdout")"
    one_line "train $*" "$pattern"
    left=$(find "$folder/refused" -type f)
    [ -z "$left" ] || complain "train $*: left behind: $left"
}

# one_line WHAT PATTERN: $folder/stderr is one line of ours that has the pattern.
one_line() {
    drop_setup
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || complain "$1: not one line: $(cat "$folder/stderr")"
    case $(cat "$folder/stderr") in
    "skiff train: "*"$2"*) ;;
    *) complain "$1: expected 'skiff train: ...$2' in: $(cat "$folder/stderr")" ;;
    esac
}

# command_refuses COMMAND STATUS PATTERN ARGUMENT...: `skiff COMMAND`, in the working folder, ends soon
# with that status, one line that has the pattern, and nothing on standard output.
command_refuses() {
    command=$1
    expected=$2
    wanted=$3
    shift 3
    timeout -s KILL 20 "$SKIFF" "$command" "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    got=$?
    [ "$sanitized" = no ] || sed -i '/WARNING: AddressSanitizer failed to allocate/d' "$folder/stderr"
    [ $got -eq "$expected" ] || complain "$command $*: exit status $got, expected $expected"
    [ -s "$folder/stdout" ] && complain "$command $*: printed $(head -n 2 "$folder/stdout")"
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] ||
        complain "$command $*: not one line: $(cat "$folder/stderr")"
    has "$(cat "$folder/stderr")" "skiff $command: " "$wanted"
}

# succeeds COMMAND ARGUMENT...: without a word on stderr; $folder/stdout.
succeeds() {
    "$SKIFF" "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || complain "$*: exit status $code: $(cat "$folder/stderr")"
    [ -s "$folder/stderr" ] && complain "$*: said $(cat "$folder/stderr")"
    return 0
}

evaluate() {
    succeeds eval "$@"
}

# shows PAGE TEXT...: the page has each text, written as HTML.
shows() {
    page=$1
    shift
    for text in "$@"; do
        grep -q -F -e "$text" "$page" || complain "$page: no '$text'"
    done
}

# lacks PAGE TEXT...
lacks() {
    page=$1
    shift
    for text in "$@"; do
        ! grep -q -F -e "$text" "$page" || complain "$page: has '$text'"
    done
}

# same_file WHAT FILE FILE: equal bytes.
same_file() {
    cmp "$2" "$3" >"$folder/cmp" 2>&1 && return 0
    complain "$1: $(cat "$folder/cmp")"
    return 1
}

# history.csv less its seconds, which are last in a row.
less_seconds() {
    sed 's/,[^,]*$//' "$1"
}

# same_run WHAT FOLDER FOLDER: the same model and, seconds aside, the same history.
same_run() {
    same_file "$1" "$2/model.npz" "$3/model.npz"
    same_file "$1" "$2/nn_model.pth" "$3/nn_model.pth"
    less_seconds "$2/history.csv" >"$folder/history.a"
    less_seconds "$3/history.csv" >"$folder/history.b"
    same_file "$1: history.csv" "$folder/history.a" "$folder/history.b"
}

# Names of the CPU levels of this machine, one a line.
cpu_levels() {
    "$SKIFF" --version | sed -n 's/^CPU levels: //p' | tr ' ' '\n'
}

# no_leftovers WHAT FOLDER...: no temporary files.
no_leftovers() {
    what=$1
    shift
    left=$(find "$@" -name '.*.tmp')
    [ -z "$left" ] || complain "$what: temporary files are left: $left"
}

# What is asynchronous (a process that a signal ends, one that begins) is waited for, never looked at
# once: a machine that is busy with other things may take seconds.

# until_true COMMAND...: it succeeds, within 20 s.
until_true() {
    tries=2000
    until "$@"; do
        [ $tries -gt 0 ] || return 1
        sleep 0.01
        tries=$((tries - 1))
    done
}

# until_logged PATTERN FILE: a line of it has the pattern.
until_logged() {
    until_true grep -qs -e "$1" "$2" || complain "$2: no '$1' in it: $(cat "$2")"
}

# until_checkpoint FOLDER: there is one in it.
has_checkpoint() {
    ls "$1"/checkpoint-*.npz >/dev/null 2>&1
}
until_checkpoint() {
    until_true has_checkpoint "$1" || complain "no checkpoint: $(cat "$folder"/stderr "$folder"/said.* 2>/dev/null)"
}

# is_gone PID: it has ended. Nobody may have asked how (Z).
is_gone() {
    case $(cat "/proc/$1/stat" 2>/dev/null) in
    '' | *') Z '*) return 0 ;;
    *) return 1 ;;
    esac
}

# until_gone WHAT PID...: these processes end.
until_gone() {
    what=$1
    shift
    for process; do
        until_true is_gone "$process" || complain "$what: process $process lives on"
    done
}

# until_listening PID: it has a handler of SIGTERM, or it has ended.
is_listening() {
    caught=$(sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$1/status" 2>/dev/null)
    [ $((0x${caught:-ffff} & 0x4000)) -ne 0 ]
}
until_listening() {
    until_true is_listening "$1" || complain "process $1 has no handler of SIGTERM"
}

# A moment between 0 and $1 milliseconds, in seconds as sleep takes them.
random_moment() {
    number=$(od -An -N2 -tu2 /dev/urandom)
    milliseconds=$((number * $1 / 65536))
    printf '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000))
}

# ended SIGNAL MOMENT ARGUMENT...: start a run and send it that signal after that time; $code is
# what it ended with: 128 and the signal's number, or 0. A checkpoint that it leaves is never broken.
ended() {
    signal=$1
    moment=$2
    shift 2
    "$SKIFF" train "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null &
    pid=$!
    sleep "$moment"
    kill "-$signal" $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
    case $code-$signal in
    0-* | 137-KILL | 143-TERM | 130-INT) ;;
    *) complain "SIG$signal after $moment s: exit status $code: $(cat "$folder/stderr")" ;;
    esac
    grep broken "$folder/stderr" && complain "SIG$signal after $moment s left a broken checkpoint"
}

# signalled SIGNAL CHECKPOINTS ARGUMENT...: start a run, send that signal as soon as there is a
# checkpoint, and wait for its end; $code is its exit status.
signalled() {
    signal=$1
    checkpoints=$2
    shift 2
    "$SKIFF" train "$@" --checkpoint_dir "$checkpoints" >"$folder/stdout" 2>"$folder/stderr" \
        </dev/null &
    pid=$!
    until_checkpoint "$checkpoints"
    kill "-$signal" $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
}
