#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff compare` on real runs, published ones and both: its figures are those that Python computes
# from the records, its text is narrow, its formats agree; what is refused, in one line each.
. "$(dirname "$0")/lib.sh"
need_python
case $SKIFF in
/*) ;;
*) SKIFF=$PWD/$SKIFF ;;
esac
checker=$(cd "$(dirname "$0")" && pwd)/check_compare.py
published=$(cd "$data" && pwd)/published_runs.csv
prices=$(cd "$data" && pwd)/prices.csv
cp "$data/train_data.npz" "$data/val_data.npz" "$folder" || exit 1
cd "$folder" || exit 1

# run FOLDER ARGUMENT...
run() {
    out=$1
    shift
    "$SKIFF" train --train train_data.npz --val val_data.npz --quiet --threads 1 --out "$out" "$@" \
        >log 2>&1 || complain "train $out: $(cat log)"
}
for seed in 1 2 3; do
    run runs/small-$seed --seed $seed --epochs 40 --instance ml.m5.large
    run runs/wide-$seed --seed $seed --epochs 40 --hidden 128,64 --instance ml.m5.xlarge
done
run alone --epochs 5

# compare ARGUMENT...: must succeed; its output is in stdout.
compare() {
    "$SKIFF" compare --prices "$prices" "$@" >stdout 2>stderr </dev/null
    code=$?
    [ $code -eq 0 ] || complain "compare $*: exit status $code: $(cat stderr)"
    [ ! -s stderr ] || complain "compare $*: said $(cat stderr)"
}

says() {
    grep -q -e "$1" stdout || complain "no '$1' in: $(cat stdout)"
}

compare runs "$published" --metric accuracy
says '^small-1 .*ml.m5.large .* 3 '
says '^wide-1 .*ml.m5.xlarge .* 3 '
says '^lesson-2x-m5.xlarge\* .*2 x ml.m5.xlarge .* 228 .*\$0.0146 '
says '^lesson-m5.large\* .*\$0.00431 '
says '^lesson-g4dn.xlarge\* .*\$0.0716 '
says '^For a table of 1052 rows and 7 features, rent ml.m5.large with skiff (cpu): '
says 'rent ml.m5.large with torch (cpu, published): \$0.00431 a run'
says '^From run to run$'
wide=$(awk '!/https:/ && length > 100' stdout)
[ -z "$wide" ] || complain "wider than 100: $wide"
grep -q ' $' stdout && complain "blanks at the ends of lines"

# figures again, in Python; with what a platform adds, too
for overhead in 0 60; do
    compare runs "$published" --metric accuracy --overhead $overhead --format json --out all.json
    [ ! -s stdout ] || complain "--out: printed $(cat stdout)"
    compare runs "$published" --metric accuracy --overhead $overhead --format csv --out all.csv
    "$python" "$checker" "$prices" all.json all.csv $overhead >found || complain "$(cat found)"
done
sed 's/"usd_per_hour"/&/; s/"median": \([1-9]\)/"median": 7\1/' all.json >spoilt.json
"$python" "$checker" "$prices" spoilt.json all.csv 60 >found && complain "spoilt figures pass"

# a run a line is the same as a folder of them
for seed in 1 2 3; do
    tr -d '\n' <runs/small-$seed/run.json
    echo
done >small.jsonl
compare runs/small-* --format csv
cut -d , -f 2- stdout >folders.csv
compare small.jsonl --format csv
cut -d , -f 2- stdout >lines.csv
same_file "a run a line" folders.csv lines.csv

compare runs --target val_accuracy=0.7 --baseline wide-3
says '^To a val_accuracy of 0.700$'
says '^small-1 .* of 3 '
says '^wide-1 *baseline '
compare runs --target val_accuracy=1
says '^small-1 *not reached$'
compare small.jsonl runs/wide-1 --target val_loss=2
says '^small.jsonl:1 *no history$'
compare alone --instance alone=ml.g4dn.xlarge
says 'ml.g4dn.xlarge!'
compare alone runs/small-1 --format markdown
says '^| small-1 |'
says '^|---|---:|'

# a machine of one's own, spot and disk: 0.5 * 3.6 $ an hour and 10 * 0.36 are 0.0015 $ a second
printf 'instance,usd_per_hour\nown,3.6\nstorage.gb,0.36\n' >own.csv
compare alone --prices own.csv --assume own --spot 50 --storage 10
says '^alone  *own!  *cpu  *1 .* 1  *\$0.00150 '
compare runs/small-1 --prices own.csv
says 'no price of ml.m5.large is known; --prices'
says 'no row that is as good as the best has a price'

# as installed, wherever that is
mkdir -p place/bin place/share/skiff
cp "$SKIFF" place/bin/skiff
cp "$published" "$prices" place/share/skiff
place/bin/skiff compare --published >stdout 2>stderr || complain "--published: $(cat stderr)"
says '^lesson-m5.large\* .*\$0.00431 '

# refuses STATUS PATTERN ARGUMENT...
refuses() {
    expected=$1
    pattern=$2
    shift 2
    command_refuses compare "$expected" "$pattern" --prices "$prices" "$@"
}
# copies, files that would be lost, and names that bite
cp -r alone copied
refuses 2 "holds the same run as alone/run.json" alone copied
refuses 2 "alone/run.json is a file of a run that is compared" alone --out alone/run.json
for name in history.csv metrics.json; do
    : >>alone/$name
    refuses 2 "alone/$name is a file of a run that is compared" alone --out alone/$name
done
ln -s alone/run.json there
refuses 2 "there is a file of a run that is compared" alone --page there
refuses 2 "is the table of prices" alone --prices own.csv --out own.csv
refuses 2 "--page: a file is needed" alone --page -
refuses 2 "is also --out" alone --page both --out both
[ -e both ] || [ -e - ] && complain "a file of what was refused"
sed 's/"auroc": 0/"auroc": 3/' alone/run.json >better.json
refuses 1 "better.json: auroc is 3." better.json
compare alone --out -
says '^alone '
sed 's/"program"/"name": "=1+1", &/' alone/run.json >formula.json
compare formula.json --format csv
says "^'=1+1,"
compare alone --assume ml.m5.large
grep -q 'other epochs' stdout && complain "a single row has other work"
compare alone runs/small-1 --assume ml.m5.large
says '^1 row with other epochs, network or batch'
mkdir -p gaps
sed 's/"program"/"name": "gaps", &/; s/"written": "2/&1/; s/"threads": 1/"threads": 3/' alone/run.json >gaps/run.json
awk -F , -v OFS=, 'NR > 1 && NR < 6 { $6 = "" } 1' alone/history.csv >gaps/history.csv
compare gaps alone --target val_auroc=1
says '^gaps *not recorded$'
says '^alone *not reached$'
refuses 1 "no run has val_auroc epoch by epoch" gaps --target val_auroc=1

mkdir empty
head -c 300 alone/run.json >cut.json
echo '{"accuracy": 1}' >other.json
sed 's/"total": /&-/' alone/run.json >negative.json
printf 'instance,usd_per_hour\nown,3.6\nown,1\n' >twice.csv
refuses 2 "a run is needed"
refuses 1 "absent: No such file" absent
refuses 1 "cut.json:" cut.json
refuses 1 "other.json: is no record of a run" other.json
refuses 1 "negative.json: seconds.total is -" negative.json
refuses 1 "empty: no run.json there or below" empty
refuses 2 "is given twice" alone runs alone/run.json
refuses 2 "is given twice" runs runs/wide-2
refuses 2 "there is no price of 'ml.m5.larg'; did you mean 'ml.m5.large'?" alone --instance ml.m5.larg
refuses 2 "there is no price of 'mine'; --prices FILE.csv brings other prices" alone --instance mine
refuses 2 "no run is called 'alnoe'; did you mean 'alone'?" alone --baseline alnoe
refuses 2 "wanted TYPE or RUN=TYPE" alone --instance =ml.m5.large
refuses 2 "is no METRIC=VALUE" alone --target val_auroc
refuses 1 "no run has val_rmse epoch by epoch" alone --target val_rmse=1
refuses 1 "no run has rmse" alone --metric rmse
refuses 1 "twice.csv: own has 2 prices" alone --prices twice.csv
refuses 1 "absent.csv" alone --prices absent.csv
printf 'instance,usd_per_hour\nown,3.6\n' >own2.csv
refuses 2 "the prices have no row 'storage.gb'" alone --prices own2.csv --storage 1
refuses 1 "no/such/folder" alone --out no/such/folder/x
refuses 2 "--spot" alone --spot 101
finish
