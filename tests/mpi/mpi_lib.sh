# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# What the tests of several ranks share: lib.sh of the shell tests, and tables of some thousand rows,
# so that every rank has leaves to compute.
. "$(dirname "$0")/../shell/lib.sh"
need_python

ranks=$(echo "$1" | tr ',' ' ')
shift

# clock: milliseconds, since the machine began.
clock() {
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}0"
}

# A failure ends all within the heartbeat, which is 2 s in these tests, and a second. A machine that is
# busy with other things only makes that longer, so the shortest of three attempts counts:
#     begin_attempts; while next_attempt WHAT; do ...; took=MILLISECONDS; done
soon=3000
begin_attempts() {
    attempt=0
    took=
}
next_attempt() {
    [ -z "$took" ] || echo "$1: $took ms"
    [ "${took:-$soon}" -ge $soon ] || return 1
    attempt=$((attempt + 1))
    [ $attempt -le 3 ] || complain "$1: the end took more than $soon ms three times"
    [ $attempt -le 3 ]
}

# shape KIND: $train and $val are what npz_tables.py makes the tables of that kind from, $train_rows
# and $val_rows their rows.
shape() {
    case $1 in
    binary) set -- binary 3000 7 1 1500 ;;
    classes) set -- multiclass 1100 11 3 700 ;;
    numbers) set -- regression2 1100 9 5 700 ;;
    wide) set -- binary 600 54 7 3000 ;;
    many) set -- binary 33000 3 3 1500 ;; # a full batch has 64 leaves
    esac
    train="train $1 $2 $3 $4"
    val="val $1 $5 $3 1$4"
    train_rows=$2
    val_rows=$5
}

# tables KIND: sets $options to the table of that kind.
tables() {
    if [ "$1" = csv ]; then
        options="--data $data/passengers.csv --target Survived --quiet"
        return
    fi
    shape "$1"
    "$python" "$source_folder/tests/shell/npz_tables.py" <<END
$folder/train.npz $train
$folder/val.npz $val
END
    options="--train $folder/train.npz --val $folder/val.npz --quiet"
}

# The arguments that make a network wide.
wide_network() {
    [ "$1" != wide ] || echo --hidden 256,256
}

# ranked NUMBER ARGUMENT...: a run on so many ranks that must succeed, with one thread in each
# unless it says otherwise. mpiexec may ignore SIGTERM.
ranked() {
    number=$1
    shift
    timeout -s KILL 30 mpiexec -n "$number" "$SKIFF" train --threads 1 "$@" \
        >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || complain "$number ranks: train $*: exit status $code: $(cat "$folder/stderr")"
}

# refused STATUS PATTERN ARGUMENT...: arguments of mpiexec; it ends soon, with one line on standard error that has the
# pattern, nothing printed, nothing written into the working folder.
refused() {
    expected=$1
    pattern=$2
    shift 2
    begin_attempts
    while next_attempt "$pattern"; do
        rm -rf "$folder/refused"
        mkdir "$folder/refused"
        since=$(clock)
        (cd "$folder/refused" && exec timeout -s KILL 20 mpiexec "$@") \
            >"$folder/stdout" 2>"$folder/stderr" </dev/null
        got=$?
        took=$(($(clock) - since))
    done
    [ "$got" -eq "$expected" ] || complain "mpiexec $*: exit status $got, expected $expected"
    [ ! -s "$folder/stdout" ] || complain "mpiexec $*: printed $(head -n 3 "$folder/stdout")"
    one_line "mpiexec $*" "$pattern"
    left=$(find "$folder/refused" -type f)
    [ -z "$left" ] || complain "mpiexec $*: left behind: $left"
}

# start NUMBER ARGUMENT...: the same in the background as $launcher; the process of rank R is the
# number in $folder/pid.R.
start() {
    number=$1
    shift
    rm -f "$folder"/pid.*
    # shellcheck disable=SC2016 # for the shell of each rank
    timeout -s KILL 30 mpiexec -n "$number" sh -c \
        'f=$1; shift; echo $$ >"$f/pid.$PMI_RANK"; exec "$@"' \
        sh "$folder" "$SKIFF" train --threads 1 "$@" >"$folder/stdout" 2>"$folder/stderr" \
        </dev/null &
    launcher=$!
}

# until_there FILE...: all of them hold something.
until_there() {
    for file; do
        until_true test -s "$file" || complain "not there after 20 s: $file"
    done
}

# all_gone WHAT: no rank of the latest start is left.
all_gone() {
    # shellcheck disable=SC2046 # numbers
    until_gone "$1" $(cat "$folder"/pid.*)
}
