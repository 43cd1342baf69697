#!/bin/sh
# SPDX-License-Identifier: MIT
# The bash completion offers every command, option and word that --help lists and none besides; it
# completes words after a space and after =, and files by their kind. Then a table that was spoilt
# on purpose must be found out.
set -u
[ -n "${SKIFF:-}" ] || { echo "skipped: SKIFF does not name the program"; exit 77; }
command -v bash >/dev/null 2>&1 || { echo "skipped: no bash"; exit 77; }
source=${SKIFF_SRCDIR:-.}
case $source in
/*) ;;
*) source=$PWD/$source ;;
esac
table=$source/completions/skiff.bash
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
status=0

complain() {
    echo "FAIL: $*"
    status=1
}

# ask WORD...: what is offered for the last word of the line, sorted, in one line.
cat >"$folder/ask.bash" <<'END'
source "$1" || exit 1
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_skiff
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort
END
ask() {
    (cd "$folder/files" && bash --norc "$folder/ask.bash" "$table" "$@") | paste -s -d ' ' -
}

# offers "WORDS" WORD...: exactly these are offered.
offers() {
    expected=$1
    shift
    got=$(ask "$@")
    [ "$got" = "$expected" ] || complain "$*: offered '$got', expected '$expected'"
}

# What --help lists, an option a line: its names and, behind a colon, its words.
listed() {
    "$SKIFF" "$1" --help | awk '
        function cut(text, pattern) { return match(text, pattern) ? substr(text, RSTART, RLENGTH) : "" }
        function flush() {
            if (name == "") return
            also = cut(text, "\\(also --[^)]*\\)")
            words = cut(text, "One of: [a-z_0-9, ]*\\.")
            gsub(/\(also|[,)]/, "", also)
            gsub(/One of:|[,.]/, "", words)
            print name also ":" words
        }
        /^  --/ { flush(); name = $1; text = "" }
        { text = text " " $0; gsub(/ +/, " ", text) }
        /^$/ { flush(); name = "" }
        END { flush() }'
}

# WORDS sorted, in one line.
sorted() {
    echo "$1" | tr -s ' ' '\n' | sed '/^$/d' | LC_ALL=C sort | paste -s -d ' ' -
}

# check_table: every option and word of every command.
check_table() {
    for command in $commands; do
        listed "$command" >"$folder/listed"
        offers "$(sorted "$(sed 's/:.*//' "$folder/listed")")" skiff "$command" --
        while IFS=: read -r names words; do
            [ -z "$words" ] || for name in $names; do
                offers "$(sorted "$words")" skiff "$command" "$name" ""
            done
        done <"$folder/listed"
    done
}

mkdir "$folder/files" "$folder/files/data" "$folder/files/data/deep"
for name in train.npz 'two words.npz' scores.csv more.csv.gz options.json notes.txt data/val.npz; do
    echo x >"$folder/files/$name"
done
commands=$("$SKIFF" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')

offers "$(sorted "--help --version $commands")" skiff ""
offers "train" skiff tr
offers "$(sorted "$commands")" skiff help ""
offers "" skiff help train ""
check_table
[ "$(listed train | grep -c ':.')" -ge 6 ] || complain "--help lists too few words"

offers "--epochs --eps" skiff train --ep
offers "--learning-rate" skiff train --learning-
offers "--no-elastic --no-nesterov --no-progress --no-quiet --no-restore_best --no-sharded --no-shuffle \
--no-stratify --no-strict" skiff train --no
offers "--no-restore-best" skiff train --no-restore-
offers "sgd" skiff train --optimizer s
offers "val_accuracy val_ap val_auroc" skiff train --epochs 5 --monitor = val_a
offers "balanced none" skiff train --class-weight = # three words, as readline breaks them
offers "--task=binary" skiff train --task=b
offers "false true" skiff train --quiet =
offers "--epochs --eps" skiff train --quiet --ep
offers "" skiff train --epochs ""
offers "" skiff train --no_such =
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff train --train ""
offers "data more.csv.gz scores.csv" skiff train --data ""
offers "data more.csv.gz scores.csv" skiff prep ""
offers "data/deep data/val.npz" skiff train --val = data/
offers "--init=train.npz" skiff train --init=tr
offers "data scores.csv train.npz two words.npz" skiff eval --scores ""
offers "data options.json" skiff train --config ""
offers "data" skiff train --checkpoint-dir ""
offers "new run" skiff job ""
offers "data" skiff job new ""
offers "a b c d" skiff job new x --sender ""
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff predict ""
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff predict train.npz ""
offers "data scores.csv train.npz two words.npz" skiff predict --out ""
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff eval train.npz ""
offers "test train" skiff predict --part t
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff inspect ""
offers "data" skiff report ""
offers "data options.json scores.csv" skiff compare ""
offers "data options.json scores.csv" skiff compare run ""
offers "data more.csv.gz scores.csv train.npz two words.npz" skiff report run --data ""
offers "--delimiter --header --help --json" skiff inspect -
offers "semicolon" skiff inspect --delimiter s
offers "" skiff nonsense --

# In a shell without its usual breaks it loads and registers, quietly.
said=$(bash --norc -c 'set -u; source "$1" && complete -p skiff' x "$table" 2>&1)
[ "$said" = "complete -F _skiff skiff" ] || complain "loading it says: $said"

# must_find SED-SCRIPT: a table changed so is found out.
must_find() {
    sed "$1" "$source/completions/skiff.bash" >"$folder/spoilt.bash"
    found=$(table=$folder/spoilt.bash check_table)
    [ -n "$found" ] || complain "not found out: $1"
}
must_find 's/ gamma= / /'
must_find 's/ gamma= / gamma= delta= /'
must_find 's/|tanh|/|/'
must_find 's/sgd|adam|/sgd|rmsprop|adam|/'
[ "$status" != 0 ] || echo "options and words of: $(sorted "$commands")"
exit $status
