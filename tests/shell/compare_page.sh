#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff compare --page`: pages of real runs and of records whose crossing is known are well-formed,
# stand alone and have the same bytes each time; the sentences are those of the text; what is
# missing is said; text of any kind stays text; what cannot be written is an error.
. "$(dirname "$0")/lib.sh"
need_python
case $SKIFF in
/*) ;;
*) SKIFF=$PWD/$SKIFF ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
published=$(cd "$data" && pwd)/published_runs.csv
prices=$(cd "$data" && pwd)/prices.csv
cd "$folder" || exit 1

# compare ARGUMENT...: must succeed; its output is in stdout.
compare() {
    "$SKIFF" compare --prices "$prices" "$@" >stdout 2>stderr </dev/null
    code=$?
    [ $code -eq 0 ] || complain "compare $*: exit status $code: $(cat stderr)"
    [ ! -s stderr ] || complain "compare $*: said $(cat stderr)"
}

check_page() {
    "$python" "$here/check_html.py" "$1" >found || complain "$1: $(cat found)"
}

# Records on lines without noise: 0.115 (1 + 1e-4 x) and 0.7364 (10 + 1e-5 x) dollars an hour's
# seconds are equal at 7.249 / 4.136e-6 = 1,753,000 rows, seconds at 9 / 9e-5 = 100,000.
"$python" "$here/sweep_runs.py" >sweep.jsonl || complain "no records"
compare sweep.jsonl "$published" --page sweep.html
check_page sweep.html
sentence='ml.m5.large with skiff (cpu) costs less up to 1,750,000 rows'
tr '\n' ' ' <stdout | tr -s ' ' >joined
shows joined "$sentence" 'is quicker up to 100,000 rows'
shows sweep.html "$sentence" 'is quicker up to 100,000 rows' '>Dollars and size<' \
    '>Seconds and size<' '>Cost and quality<' 'published, not ours' '0.7364' '2026-09-27' \
    'ML_with_AWS_SageMaker' 'equal at 1.75M' '>equal: 100k<'
lacks sweep.html 'class="missing"' '<script' 'src='
cp sweep.html again.html
compare sweep.jsonl "$published" --page sweep.html
same_file "a page twice" sweep.html again.html

# Real runs of this machine, on tables of two sizes: no GPU is among them, and the page says so.
printf '%s\n' "a.npz train binary 300 6 1" "b.npz train binary 1200 6 2" "v.npz val binary 200 6 3" |
    "$python" "$here/npz_tables.py"
for table in a b; do
    for seed in 1 2; do
        train --quiet --train $table.npz --val v.npz --epochs 20 --seed $seed --threads 1 \
            --instance ml.m5.large --out real/$table$seed
    done
done
compare real --page real.html
check_page real.html
shows real.html 'No run on a GPU is among these' \
    'No two configurations did the same work on tables of different size' '>Cost and quality<' \
    'a table of 1,200 rows' '>Seconds by phase<'
lacks real.html '>Sources<'
compare real "$published" --page both.html
check_page both.html
shows both.html 'No run on a GPU was measured here' '>Sources<'

# Names that are markup stay text, in the page and in its figures.
sed 's/"program": "[a-z]*"/"program": "<b>\&\\"x\\""/; s/"name": "[a-z-]*"/"name": "<script>1<\/script>"/' \
    sweep.jsonl >odd.jsonl
compare odd.jsonl --page odd.html
check_page odd.html
shows odd.html '&lt;script&gt;1&lt;/script&gt;' '&lt;b&gt;&amp;'
lacks odd.html '<script' '<b>'

# What cannot be written.
"$SKIFF" compare sweep.jsonl --prices "$prices" --page no/such/folder/page.html >stdout 2>stderr
code=$?
[ $code -eq 1 ] || complain "no folder: exit status $code"
grep -q "no/such/folder" stderr || complain "no folder: $(cat stderr)"
finish
