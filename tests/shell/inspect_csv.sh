#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff inspect` of a CSV: the table, JSON, delimiters and headers found and given, gzip, pipes,
# remarks, and what is refused in one line with its place.
. "$(dirname "$0")/lib.sh"

# inspect ARGUMENT...: must succeed quietly; its output is in $folder/out.
inspect() {
    "$SKIFF" inspect "$@" >"$folder/out" 2>"$folder/err" || complain "$*: $(cat "$folder/err")"
    [ -s "$folder/err" ] && complain "$*: said on stderr: $(cat "$folder/err")"
}

# says PATTERN...: each is an extended regular expression for one line of the output.
says() {
    for pattern in "$@"; do
        grep -qE -e "$pattern" "$folder/out" || complain "no line '$pattern' in: $(cat "$folder/out")"
    done
}

# refuses STATUS TEXT ARGUMENT...: one line on stderr that holds the text, nothing on stdout.
refuses() {
    command_refuses inspect "$@"
}

people=$source_folder/data/passengers.csv
inspect "$people"
says '/passengers\.csv: 1316 rows, 12 columns, delimiter comma, with a header$' \
    '^PassengerId +integer +0 +0\.0% +1 +658\.5 +1316 +\[looks like an id\]$' \
    '^Survived +integer +0 +0\.0% +0 +0\.379179 +1$' \
    '^Age +number +256 +19\.5% ' \
    '^Cabin +text +1007 +76\.5% .* 197 different: .*\[mostly missing\]$' \
    '^Embarked +text +3 +0\.2% .* 3 different: S \(916\), C \(274\), Q \(123\)$'
[ "$(wc -l <"$folder/out")" -eq 14 ] || complain "not a line a column: $(cat "$folder/out")"
cp "$folder/out" "$folder/plain"
gzip -c "$people" >"$folder/people.csv.gz"
inspect "$folder/people.csv.gz"
sed 1d "$folder/plain" >"$folder/a"
sed 1d "$folder/out" | cmp - "$folder/a" || complain "gzip gives another table"
# shellcheck disable=SC2002 # a pipe is meant
cat "$people" | "$SKIFF" inspect - >"$folder/out" || complain "a pipe"
sed 1d "$folder/out" | cmp - "$folder/a" || complain "a pipe gives another table"
mkfifo "$folder/fifo"
cat "$people" >"$folder/fifo" &
inspect "$folder/fifo"
wait $! || complain "the writer of a fifo failed"
sed 1d "$folder/out" | cmp - "$folder/a" || complain "a fifo gives another table"
OMP_NUM_THREADS=3 "$SKIFF" inspect --json "$people" >"$folder/three"
OMP_NUM_THREADS=1 "$SKIFF" inspect --json "$people" >"$folder/one"
cmp "$folder/three" "$folder/one" || complain "threads change the result"

# Every remark; a delimiter and a missing header that are found.
{
    printf 'when;none;same;seldom;key;wide;when2\n'
    i=0
    while [ $i -lt 12 ]; do
        i=$((i + 1))
        printf '2024-01-%02d;NA;7;%s;k%d;9%02d0000000000000000;%d.1.1999 12:30\n' \
            $i "$([ $i -eq 3 ] && echo x)" $i $((13 - i)) $i
    done
} >"$folder/odd.txt"
inspect "$folder/odd.txt"
says ': 12 rows, 7 columns, delimiter semicolon, with a header$' \
    '^when .*\[looks like dates\]$' '^when2 .*\[looks like dates\]$' \
    '^none +number +12 100\.0% .*\[no value at all\]$' '^same .*\[constant\]$' \
    '^seldom .*\[mostly missing; constant\]$' '^key .*\[looks like an id\]$' \
    '^wide .*\[integers beyond 2\^53 lose digits\]$'
# Another encoding, in a name and in a text.
printf 'gr\366\337e,Stadt,n\n1,Z\374rich,1\n2,Bonn,2\n' >"$folder/latin1"
inspect "$folder/latin1"
says '^n +integer .* 2$' '^Stadt .*\[not UTF-8: iconv .*\]$'
[ "$(grep -c 'not UTF-8' "$folder/out")" -eq 2 ] || complain "not UTF-8: $(cat "$folder/out")"
# 2^53 + 1, which no double is, and the last integer before the first that is lost.
printf 'lost,below,kept\n9007199254740993,-9007199254740993,9007199254740991\n1,1,1\n' >"$folder/edge"
inspect "$folder/edge"
says '^lost .*\[integers beyond' '^below .*\[integers beyond' '^kept .* 9\.0072e\+15$'
printf '1\t2.5\n\n3\tTrue\n' >"$folder/bare"
inspect "$folder/bare"
says ': 2 rows, 2 columns, delimiter tab, no header$' '^c1 +integer ' \
    '^c2 +text .* 2 different: 2\.5 \(1\), True \(1\)$'
inspect --header yes --delimiter comma "$folder/bare"
says ': 1 row, 1 column, delimiter comma, with a header$' '^1\?2\.5 +text '
printf 'a,b\n' >"$folder/head"
inspect "$folder/head"
says ': 0 rows, 2 columns'

if "$python" -c 'import json' 2>/dev/null; then
    inspect --json "$folder/odd.txt"
    "$python" -c '
import json, sys
t = json.load(open(sys.argv[1]))
c = {x["name"]: x for x in t["columns"]}
assert (t["rows"], t["delimiter"], t["header"]) == (12, ";", True), t
assert c["key"]["remarks"] == ["identifier"] and c["key"]["different"] == 12, c["key"]
assert c["none"]["missing"] == 12 and c["none"]["min"] is None, c["none"]
assert c["wide"]["type"] == "integer" and c["wide"]["min"] == 9.01e18, c["wide"]
assert c["seldom"]["most_frequent"] == [{"text": "x", "count": 1}], c["seldom"]
assert c["when"]["remarks"] == ["dates"] and len(c["when"]["most_frequent"]) == 5, c["when"]
' "$folder/out" || complain "JSON: $(cat "$folder/out")"
fi

# Fields between spaces are one.
printf 'a b\n1 2\n' >"$folder/spaces.csv"
inspect "$folder/spaces.csv"
says '^spaces do not divide fields'

# What is refused.
printf 'id,Age\n1,2\n3\n' >"$folder/short.csv"
refuses 1 "short.csv:3: 1 field where the header has 2; " "$folder/short.csv"
printf 'id,Age\n1,"2"x\n' >"$folder/behind.csv"
refuses 1 "behind.csv:2:6: column 'Age': text behind a closing quote; " "$folder/behind.csv"
printf 'id,Age\n"1,2\n' >"$folder/open.csv"
refuses 1 "open.csv:2: a quoted field that does not end; " "$folder/open.csv"
printf 'id,id\n1,2\n' >"$folder/twice.csv"
refuses 1 "twice.csv:1: columns 1 and 2 are both called 'id'; " "$folder/twice.csv"
: >"$folder/empty.csv"
refuses 1 "empty.csv: empty; " "$folder/empty.csv"
head -c 2000 "$folder/people.csv.gz" >"$folder/cut.csv.gz"
refuses 1 "cut.csv.gz: its gzip data end early; " "$folder/cut.csv.gz"
refuses 1 "none.csv: cannot open: " "$folder/none.csv"
refuses 1 's3://bucket/a.csv: an address; skiff reads files: fetch it first' s3://bucket/a.csv
refuses 1 "is a folder" "$folder"
refuses 1 "standard input: empty; " -
"$SKIFF" inspect - <"$source_folder/data/val_data.npz" 2>"$folder/err" && complain "an archive as standard input"
grep -q "standard input: a zip archive; .* give an \.npz by its name" "$folder/err" ||
    complain "an archive as standard input: $(cat "$folder/err")"
# Only what has to be read twice needs room for a copy.
printf 'a\n1\n2\n' | TMPDIR=$folder/none "$SKIFF" inspect - >"$folder/out" 2>&1 ||
    complain "no TMPDIR: $(cat "$folder/out")"
says '^a +integer '
{ seq 100000; echo x; } | TMPDIR=$folder/none "$SKIFF" inspect - >"$folder/out" 2>&1 &&
    complain "a second pass without a copy"
says 'standard input: has to be read a second time: .*/none: cannot make .*; .* set TMPDIR$'
refuses 2 "--delimiter" --delimiter colon "$people"
refuses 2 "are for a CSV" --header no "$source_folder/data/val_data.npz"
cp "$source_folder/data/val_data.npz" "$folder/named-otherwise"
inspect "$folder/named-otherwise"
says '^X_val '

# Memory does not grow with the rows.
if command -v /usr/bin/time >/dev/null 2>&1; then
    awk 'BEGIN { for (i = 0; i < 400000; i++) print i "," i % 7 ",abc," i / 3 }' >"$folder/long.csv"
    OMP_NUM_THREADS=1 /usr/bin/time -f %M "$SKIFF" inspect "$folder/long.csv" 2>"$folder/kb" >"$folder/out"
    grep -q asan "$SKIFF" || [ "$(cat "$folder/kb")" -lt 16000 ] ||
        complain "$(cat "$folder/kb") KB for $(wc -c <"$folder/long.csv") bytes"
fi

finish
