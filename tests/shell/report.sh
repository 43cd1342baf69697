#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff report`: pages of every task are well-formed and stand alone, their figures are XML, and
# both have the same bytes for any number of threads; what a run lacks is said; text of any kind
# stays text; what is refused.
. "$(dirname "$0")/lib.sh"
need_python
case $SKIFF in
/*) ;;
*) SKIFF=$PWD/$SKIFF ;;
esac
checker=$(cd "$(dirname "$0")" && pwd)/check_html.py
cp "$data/train_data.npz" "$data/val_data.npz" "$folder" || exit 1
cd "$folder" || exit 1
printf '%s\n' "train3.npz train multiclass 400 6 1" "val3.npz val multiclass 200 6 2" \
    "train2.npz train regression2 400 6 3" "val2.npz val regression2 200 6 4" \
    "train1.npz train regression 400 6 5" "val1.npz val regression 200 6 6" |
    "$python" "$source_folder/tests/shell/npz_tables.py"

# report ARGUMENT...: must succeed; its output is in stdout.
report() {
    "$SKIFF" report "$@" >stdout 2>stderr </dev/null
    code=$?
    [ $code -eq 0 ] || complain "report $*: exit status $code: $(cat stderr)"
    [ ! -s stderr ] || complain "report $*: said $(cat stderr)"
}

# check_page PAGE FIGURE...
check_page() {
    "$python" "$checker" "$@" >found || complain "$(cat found)"
}

train --quiet --train train_data.npz --val val_data.npz --epochs 1000 --out run
train --quiet --train train3.npz --val val3.npz --epochs 20 --out run3
train --quiet --train train2.npz --val val2.npz --task regression --epochs 20 --out run2
train --quiet --train train1.npz --val val1.npz --task regression --epochs 20 --out run1
train --quiet --train train_data.npz --epochs 20 --out alone
find . -name '*.html' -o -name '*.svg' | grep -q . && complain "train writes reports"

# Every task has its figures, and the bytes do not depend on the threads.
figures() {
    case $1 in
    run) echo loss metrics confusion roc pr scores calibration importance ;;
    run3) echo loss metrics confusion roc classes calibration importance ;;
    run2) echo loss metrics predicted_0 residuals_0 residual_histogram_0 predicted_1 importance ;;
    run1) echo loss metrics predicted residuals residual_histogram importance ;;
    alone) echo loss confusion roc pr scores calibration importance ;;
    esac
}
for run in run run3 run2 run1 alone; do
    report $run --threads 1
    check_page $run/report.html $run/*.svg
    for name in $(figures $run); do
        [ -s "$run/$name.svg" ] || complain "$run: no $name.svg"
    done
    [ "$(grep -c '<svg' $run/report.html)" -eq "$(find $run -name '*.svg' | wc -l)" ] ||
        complain "$run: figures on the page and beside it differ"
    for threads in 2 3; do
        report $run --threads $threads --out t$threads
        for file in $run/report.html $run/*.svg; do
            same_file "$file, $threads threads" "$file" "t$threads/$(basename "$file")"
        done
        rm -r t$threads
    done
done
shows run/report.html 'ROC AUC' '95 % interval' 'id="remark-overfitting"' '<code>--restore_best</code>' \
    'Options that have their defaults' 'train_data.npz' '1,000' 'skiff train --threads 1 --quiet'
shows run3/report.html 'Classes' 'macro F1'
shows run2/report.html 'RMSE' 'target 1'
shows alone/report.html 'No validation data' 'training rows'
lacks run3/report.html 'id="remark-overfitting"'
lacks run1/report.html 'Brier'

# Classes without validation; classes of two names.
train --quiet --train train3.npz --epochs 5 --out alone3
report alone3
shows alone3/report.html 'Rows of each class'
lacks alone3/report.html '>validation<'
awk 'BEGIN { print "x,says"; for (i = 0; i < 100; i++) print i * i % 17 * 100001, i % 3 ? "no" : "yes" }' |
    tr ' ' , >says.csv
train --quiet --data says.csv --target says --epochs 5 --out says
report says
shows says/report.html 'Two classes of says (ones are yes, zeros no)'
lacks says/report.html 'e+05' # of a median

# What comes out where.
"$SKIFF" report run --out - >page.html 2>stderr || complain "--out -: $(cat stderr)"
same_file "--out -" page.html run/report.html
report ./run/ --out deep/er --bootstrap 0 --importance 0 --seed 3
[ -s deep/er/report.html ] && [ ! -e deep/er/importance.svg ] || complain "--out: $(ls deep/er)"
lacks deep/er/report.html 'Permutation importance' '95 % interval 0'
(cd run && "$SKIFF" report . --out - >../here.html) || complain "report . fails"
shows here.html '<h1>run</h1>'
report run --threshold f1 --out f1
shows f1/report.html 'at threshold'
cmp -s f1/confusion.svg run/confusion.svg && complain "--threshold changes nothing"
report run --data train_data.npz --part train --out given
shows given/report.html 'given rows'
has "$(cat stdout)" "given/report.html and 8 figures"

# From elsewhere: paths are those of the folder that the run was started in.
(cd / && "$SKIFF" report "$folder/run" --out "$folder/away" >/dev/null) || complain "from / it fails"
same_file "from another folder" away/roc.svg run/roc.svg

# The rows are gone, then more and more of the run.
cp -r run bare
rm bare/*.svg bare/*.html
mv val_data.npz hidden.npz
report bare
check_page bare/report.html bare/*.svg
shows bare/report.html 'The validation rows cannot be used' 'cannot open' '<code>--data</code>'
[ -s bare/confusion.svg ] && [ ! -e bare/roc.svg ] || complain "without rows: $(ls bare)"
report bare --data hidden.npz --part val
cmp -s bare/roc.svg run/roc.svg || grep -q 'given rows' bare/roc.svg || complain "--data draws something else"
mv hidden.npz val_data.npz
sed -i 's/^/x/' bare/report.html
for gone in model.npz metrics.json run.json; do
    rm -f bare/$gone bare/*.svg
    report bare --out still
    check_page still/report.html still/*.svg
done
shows still/report.html 'There is no model.npz' 'Loss by epoch'
printf 'epoch,train_loss,lr,seconds\n' >bare/history.csv
mkdir one
printf 'epoch,train_loss,lr,seconds\n1,0.5,0.1,1\n' >one/history.csv
report one
grep -q 'one/report.html and 1 figure$' stdout || complain "one figure: $(cat stdout)"
mkdir unmeasured
sed 's/"metrics"/"unknown"/' run/run.json >unmeasured/run.json
report unmeasured
lacks unmeasured/report.html '<td>0.0 %'
report run --model alone/model.npz --out other
shows other/report.html 'Data or model changed since the run'

# A CSV that the run divided itself: the same rows again. Or one that it was trained on as a whole.
cp "$data/passengers.csv" table.csv
for how in "--random_state 1" "--random_state 2 --stratify" "--no-shuffle --test_size 100"; do
    # shellcheck disable=SC2086 # several words
    train --quiet --data table.csv --target Survived --drop Name,Ticket,Cabin,PassengerId \
        $how --epochs 30 --out divided
    report divided
    check_page divided/report.html divided/*.svg
    shows divided/report.html 'Columns and what became of them' 'most frequent' 'Survived'
    lacks divided/report.html 'Data or model changed' 'feature 0'
done
head -n 900 "$data/passengers.csv" >table.csv
report divided
shows divided/report.html 'table.csv: has 899 rows'
train --quiet --train table.csv --target Survived --drop Name,Ticket,Cabin,PassengerId \
    --epochs 30 --out whole
report whole
shows whole/report.html '899 training rows' 'No validation data'
lacks whole/report.html 'Data or model changed'

# Names that are not text of HTML, and a division of the last rows.
mkdir csv
"$python" - <<'END' || exit 1
from csv_models import *
rows = list(passengers(600, 1))
arrays("csv/train.npz", rows[:480], "three")
arrays("csv/val.npz", rows[480:], "three", "val")
write("csv/table.csv", table(rows))
END
train --quiet --train csv/train.npz --val csv/val.npz --epochs 30 --out csv/run
report csv/run --out csv/prepared
"$python" - <<'END' || exit 1
import json
from csv_models import *
HOSTILE = {
    "Sex": "</style><script>alert(1)</script>", "Port": '"><img src=x onerror=alert(2)>',
    "Age": "a&amp;b &lt; \u202e\u0007' -->" + "x" * 300,
}
SPECIES[0], SPECIES[1] = "<b>setosa</b>", "]]>&#60;"
record = json.load(open("csv/run/run.json"))
record["options"].update(train=None, val=None, data="csv/table.csv", hidden="<i>64</i>")
record["exit"], record["machine"]["host"] = "</td><script>", "<script>alert(4)</script>"
record["command"] = ["train", "'\"<script>", "--out", "a b"]
json.dump(record, open("csv/run/run.json", "w"))
preparation = prep("three")
for column in preparation["columns"]:
    column["name"] = HOSTILE.get(column["name"], column["name"])
preparation["split"].update(rows=600, train_rows=480, test_rows=120, test_size=0.2)
carry("csv/run/model.npz", preparation)
names = [HOSTILE.get(c, c) for c in COLUMNS]
rows = [{HOSTILE.get(c, c): v for c, v in row.items()} for row in passengers(600, 1)]
for i, row in enumerate(rows):
    if i >= 590:
        row[HOSTILE["Sex"]] = "<s>neither</s>"
write("csv/table.csv", table(rows, columns=names))
END
report csv/run
check_page csv/run/report.html csv/run/*.svg
shows csv/run/report.html '120 validation rows' '&lt;script&gt;alert(1)' '&lt;b&gt;setosa' \
    'Categories that training had not met' 'one-hot of 3 categories'
lacks csv/run/report.html '<script' '<img' 'alert(2)>' '<b>' '<i>'
for file in csv/run/*.svg csv/run/report.html; do
    lacks "$file" '<script' '<b>setosa'
done
same_file "loss.svg from a CSV" csv/run/loss.svg csv/prepared/loss.svg

report csv/run --data csv/table.csv --out csv/given
shows csv/given/report.html '600 given rows'

# refuses STATUS PATTERN ARGUMENT...
refuses() {
    rm -rf refused
    command_refuses report "$@"
    [ ! -e refused ] || complain "report $*: left a file behind"
}
mkdir empty broken list past
echo '{"options": ' >broken/run.json
echo '[1, 2]' >list/run.json
printf 'epoch,train_loss\n1,0.5\n3,0.4\n' >past/history.csv
refuses 2 "the folder of a run is needed"
refuses 2 "unexpected word" run run
refuses 2 "did you mean --data" run --dta x
refuses 2 "--part: is for --data" run --part val
refuses 2 "'best' is not a number, nor f1 nor youden" run --threshold best
refuses 2 "--threshold: is for binary models, and that of run3 is a multiclass one" \
    run3 --threshold 0.5
refuses 2 "is a regression one" run1 --threshold f1
refuses 1 "absent: no such folder" absent --out refused
refuses 1 "run/model.npz: is a file; a report is made of the folder that skiff train --out names" \
    run/model.npz --out refused
refuses 1 "empty: neither run.json nor history.csv nor model.npz" empty --out refused
refuses 1 "broken/run.json:2: not valid JSON" broken --out refused
refuses 1 "list/run.json: is not a JSON object" list --out refused
refuses 1 "past: history.csv: row 2 is not of epoch 2" past --out refused
refuses 1 "absent.npz: cannot open" run --data absent.npz --out refused
refuses 1 "absent.npz: cannot open" run --model absent.npz --out refused
refuses 1 "model run/model.npz takes 7" run --data val3.npz --out refused
refuses 1 "empty: no model.npz, which --data needs" empty --data val_data.npz --out refused
refuses 1 "val_data.npz" run --out val_data.npz
cp -r run torn
head -c 3000 run/model.npz >torn/model.npz
refuses 1 "torn/model.npz" torn --out refused
if [ -w /dev/full ]; then
    "$SKIFF" report run --out - >/dev/full 2>stderr
    [ $? -eq 1 ] || complain "a full disk is not noticed"
fi
finish
