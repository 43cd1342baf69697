#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command of skiff-lesson(7) runs, in the page's order and in one folder, and leaves what the
# page says. The passenger list is the lesson's own where $SKIFF_REAL_DATA has it, else the one that
# ships with skiff, of which every fifth row is for testing.
. "$(dirname "$0")/serve_lib.sh"
page=$source_folder/man/skiff-lesson.7
SKIFF=$(cd "$(dirname "$SKIFF")" && pwd)/$(basename "$SKIFF")
mkdir "$folder/bin" "$folder/lesson"
ln -s "$SKIFF" "$folder/bin/skiff"
PATH=$folder/bin:$PATH
real=${SKIFF_REAL_DATA:-none}/titanic
if [ -f "$real/titanic_train.csv" ]; then
    list="the lesson's"
    cp "$real/titanic_train.csv" "$real/titanic_test.csv" "$folder/lesson"
else
    list="the one that ships"
    awk 'NR == 1 || NR % 5' "$data/passengers.csv" >"$folder/lesson/titanic_train.csv"
    awk 'NR == 1 || NR % 5 == 0' "$data/passengers.csv" >"$folder/lesson/titanic_test.csv"
fi

# The page's commands, one a line.
awk '
    /^\.EX/ { inside = 1; next }
    /^\.EE/ { inside = 0 }
    inside {
        gsub(/\\-/, "-")
        gsub(/\\\(aq/, "\047")
        more = sub(/\\e$/, "")
        if (held != "" || /^(skiff|curl) /) held = held $0
        if (held != "" && !more) { print held; held = "" }
    }' "$page" >"$folder/commands"
[ "$(wc -l <"$folder/commands")" -ge 9 ] || complain "the page has too few commands"

cd "$folder/lesson" || exit 1
serving=
while IFS= read -r command; do
    case $command in
    "skiff serve "* | "curl "*)
        serving="$serving$command
"
        continue
        ;;
    esac
    sh -c "$command" >"$folder/stdout" 2>"$folder/stderr" </dev/null ||
        complain "$command: exit status $?: $(cat "$folder/stderr")"
    [ -s "$folder/stdout" ] || [ -s "$folder/stderr" ] || echo "says nothing: $command"
done <"$folder/commands"

for file in lesson/train_data.npz lesson/val_data.npz work/train_data.npz work/val_data.npz \
    work/prep.json run/model.npz early/model.npz early/nn_model.pth one/model.npz \
    predictions.csv early/report.html early/loss.svg early/roc.svg; do
    [ -s "$file" ] || complain "no $file"
done
[ "$(wc -l <predictions.csv)" -eq "$(wc -l <titanic_test.csv)" ] ||
    complain "predictions.csv has $(wc -l <predictions.csv) lines"
head -n 1 predictions.csv | grep -q '^PassengerId,' || complain "no ids: $(head -n 1 predictions.csv)"
# One step or two, the model is the same.
same_file "prep and train, train --data" early/model.npz one/model.npz
for command in inspect prep train eval predict report serve; do
    grep -q "^skiff $command " "$folder/commands" || complain "the page does without skiff $command"
done
echo "$(wc -l <"$folder/commands") commands, the list is $list"

# The last step, where a server and curl are at hand; the page's port is whichever is free.
if [ "$status" -eq 0 ] && command -v curl >/dev/null; then
    asking=$(echo "$serving" | grep '^curl ')
    start_server early/model.npz --host 127.0.0.1
    has "$serving" "skiff serve early/model.npz --port 8080" "localhost:8080/invocations"
    sh -c "$(echo "$asking" | sed "s|localhost:8080|--noproxy '*' -sSf 127.0.0.1:$port|")" \
        >answers 2>&1 || complain "$asking: $(cat answers)"
    awk -F, 'NR > 1 { print $2 + 0 }' predictions.csv >wanted
    awk '{ print $1 + 0 }' answers | cmp - wanted || complain "other answers than predict's"
    ends_well
fi
finish
