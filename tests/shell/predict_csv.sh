#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff predict MODEL DATA.csv`: the bytes that the prepared arrays give, however the CSV is
# written, packed and cut, for any number of threads; ids and names of classes; what is told about
# categories that training had not met; what is refused; memory that does not grow with the rows.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
"$python" - <<'END' || exit 1
import gzip, os
from csv_models import *
from npz_tables import npy, save
for model in TARGETS:
    arrays(model + ".npz", passengers(600, 1), model)
rows = list(passengers(900, 2))
arrays("new.npz", rows, "two", "val")
write("new.csv", table(rows))
write("semicolon.csv", table(rows, delimiter=";"))
write("tab.txt", table(rows, delimiter="\t", end="\r\n"))
write("quoted.csv", table(rows, always=True))
write("mark.csv", "\ufeff" + table(rows))
write("blank.csv", table(rows[:5]) + "\n\n" + table(rows[5:], header=False))
write("turned.csv", table(rows, columns=COLUMNS[::-1]))
needed = ["Port", "Adult", "Sex", "Fare", "Age"]
write("needed.csv", table(rows, columns=needed))
write("more.csv", table([{**r, "x,\ny": "?"} for r in rows], columns=["x,\ny", *COLUMNS]))
with open("packed", "wb") as f: # two members, and no name to go by
    f.write(gzip.compress(table(rows[:300]).encode()) + gzip.compress(table(rows[300:], header=False).encode()))
os.mkdir("parts")
write("parts/a.csv", table(rows[:100]))
write("parts/b.csv", table([], columns=needed))
with gzip.open("parts/c.csv.gz", "wt") as f:
    f.write(table(rows[100:], columns=needed, delimiter="|"))
write("none.csv", table([]))
odd = [{**r, "Sex": "other" if i in (7, 500) else r["Sex"], "Port": "X\ny" if i == 8 else r["Port"]}
       for i, r in enumerate(rows)]
write("odd.csv", table(odd))
write("even.csv", table([{**r, "Sex": "" if r["Sex"] == "other" else r["Sex"]} for r in odd]))
def without(name):
    return [c for c in COLUMNS if c != name]
write("no_age.csv", table(rows, columns=without("Age")))
write("renamed.csv", table(rows).replace("Fare", "Fares", 1))
write("word.csv", table([{**r, "Age": "old" if i == 3 else r["Age"]} for i, r in enumerate(rows)], columns=needed))
write("truth.csv", table([{**r, "Adult": "2" if i == 4 else r["Adult"]} for i, r in enumerate(rows)], columns=needed))
write("short.csv", table(rows[:20], columns=needed) + "1,2\n")
write("label.csv", table([{**r, "label": "x", "p_setosa": "y"} for r in rows[:3]], columns=COLUMNS + ["label", "p_setosa"]))
with open("zip.csv", "wb") as f:
    f.write(open("new.npz", "rb").read())
os.mkdir("mixed")
write("mixed/a.csv", table(rows[:3]))
arrays("mixed/b.npz", rows[:3], "two")
END
for model in two three amount; do
    train --quiet --train $model.npz --epochs 20 --out $model
done
cp -r two bare
cp -r two strict
"$python" - <<'END' || exit 1
from csv_models import *
for model in TARGETS:
    carry(model + "/model.npz", prep(model))
carry("strict/model.npz", prep("two", unseen="error"))
END

# predict ARGUMENT...: must succeed; $folder/stdout and $folder/stderr.
predict() {
    "$SKIFF" predict "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    code=$?
    [ $code -eq 0 ] || complain "predict $*: exit status $code: $(cat "$folder/stderr")"
}

# predicts_quietly ARGUMENT...
predicts_quietly() {
    predict "$@"
    [ -s "$folder/stderr" ] && complain "predict $*: said $(cat "$folder/stderr")"
    return 0
}

# less_ids: of $folder/stdout, where the only id is a number.
less_ids() {
    sed 's/^[^,]*,//' "$folder/stdout" >"$folder/less"
}

# The arrays are the oracle, of every model. A CSV brings the id along.
for model in two three amount; do
    predicts_quietly $model/model.npz new.npz
    mv stdout $model.want
    [ "$(wc -l <$model.want)" -eq 901 ] || complain "$model: $(wc -l <$model.want) lines"
    predicts_quietly $model/model.npz new.csv
    less_ids
    same_file "$model: new.csv" $model.want less
    [ "$(sed 's/,.*//' stdout)" = "$(echo PassengerId && seq 900)" ] || complain "$model: not the ids of new.csv"
done
[ "$(head -n 1 two.want)" = "probability,label" ] || complain "two: header $(head -n 1 two.want)"
[ "$(head -n 1 amount.want)" = "prediction" ] || complain "amount: header $(head -n 1 amount.want)"
[ "$(head -n 1 three.want)" = 'label,p_setosa,"p_a ""b"", c",p_virginica' ] ||
    complain "three: header $(head -n 1 three.want)"
"$python" - <<'END' || complain "three: a label is not the name of the largest probability"
import csv
rows = list(csv.reader(open("three.want", newline="")))
names = [n[2:] for n in rows[0][1:]]
seen = {r[0] for r in rows[1:]}
assert seen <= set(names) and len(seen) > 1, seen
for r in rows[1:]:
    p = [float(v) for v in r[1:]]
    assert r[0] == names[p.index(max(p))], r
END

# However the CSV is written, and wherever it comes from.
for how in semicolon.csv tab.txt quoted.csv mark.csv blank.csv turned.csv more.csv packed; do
    predicts_quietly two/model.npz $how
    less_ids
    same_file "$how" two.want less
done
predicts_quietly two/model.npz needed.csv
same_file "needed.csv, no ids" two.want stdout
for pipe in "cat new.csv" "cat packed"; do
    $pipe | "$SKIFF" predict two/model.npz - >stdout 2>stderr || complain "$pipe: $(cat stderr)"
    less_ids
    same_file "$pipe |" two.want less
done
"$SKIFF" predict two/model.npz - <new.csv >stdout || complain "standard input from a file is refused"
less_ids
same_file "<new.csv" two.want less
mkfifo fifo && { cat new.csv >fifo & }
predicts_quietly two/model.npz fifo
less_ids
same_file "a fifo" two.want less
predicts_quietly two/model.npz zip.csv # by its content, an .npz
same_file "zip.csv" two.want stdout
"$SKIFF" predict two/model.npz parts >stdout 2>stderr
has "$(cat stderr)" "parts/b.csv: no column 'PassengerId' to pass through"
predicts_quietly two/model.npz parts --id Fare,Sex
sed 's/^[^,]*,[^,]*,//' stdout >less
same_file "parts" two.want less

# Threads and levels: of many rows, quoted line ends among them.
"$python" - <<'END' || exit 1
from csv_models import *
rows = list(passengers(20000, 3))
write("many.csv", table(rows))
arrays("many.npz", rows, "two")
END
for level in $(cpu_levels); do
    SKIFF_CPU=$level
    export SKIFF_CPU
    predicts_quietly two/model.npz many.npz
    mv stdout many.want
    for threads in 1 2 3 7; do
        predicts_quietly two/model.npz many.csv --threads $threads
        less_ids
        same_file "$level, $threads threads" many.want less
    done
done
unset SKIFF_CPU

# What skiff prep writes is what the model makes of the CSV, for every kind of column and target.
"$python" - "$data/passengers.csv" <<'END' || exit 1
import csv, sys
from csv_models import *
rows = [r for r in csv.DictReader(open(sys.argv[1], newline="")) if r["Embarked"] and r["Fare"]]
write("people.csv", table(rows, columns=list(rows[0])))
END
for target in Survived Embarked Fare; do
    rm -rf work
    "$SKIFF" prep people.csv --target $target --id PassengerId --encode Sex=onehot \
        --scale standard,Age=robust --log1p SibSp --clip Parch=0.05:0.95 --quiet --out work ||
        complain "$target: skiff prep fails"
    train --quiet --train work/train_data.npz --prep work/prep.json --epochs 10 --out work
    for part in train val; do
        predicts_quietly work/model.npz work/${part}_data.npz
        mv stdout work/$part.want
    done
    predicts_quietly work/model.npz people.csv
    "$python" - <<'END' || complain "$target: skiff prep's arrays give other predictions than the CSV"
def lines(name, skip=0):
    return sorted(line[skip:] for line in open(name).read().splitlines()[1:])
want = lines("work/train.want") + lines("work/val.want")
got = [line.split(",", 1)[1] for line in lines("stdout")]
assert sorted(want) == sorted(got) and len(got) > 1300, (len(want), len(got))
END
done

# A text with more semicolons than there are columns: the delimiter is that of the preparation.
"$python" - >lists.csv <<'END'
for i in range(40):
    print(i * 7 % 11, "a;b;c;d" if i % 3 else "d;c;b;a", i % 2, sep=",")
END
train --quiet --data lists.csv --target c3 --header no --delimiter comma --epochs 1 --out lists
predicts_quietly lists/model.npz lists.csv
[ "$(wc -l <stdout)" -eq 41 ] || complain "lists.csv: $(wc -l <stdout) lines"

# Ids as they stand.
predicts_quietly two/model.npz new.csv --id Name,Survived
"$python" - <<'END' || complain "--id Name,Survived: not what new.csv has"
import csv
want = list(csv.DictReader(open("new.csv", newline="")))
got = list(csv.DictReader(open("stdout", newline="")))
assert list(got[0]) == ["Name", "Survived", "probability", "label"], list(got[0])
assert [(r["Name"], r["Survived"]) for r in want] == [(r["Name"], r["Survived"]) for r in got]
END
mv stdout comma.want
predicts_quietly two/model.npz tab.txt --id Name,Survived
tr -d '\r' <stdout >less
same_file "ids of tab.txt, which need quotes now" comma.want less
predicts_quietly two/model.npz more.csv --id '"x,
y"'
has "$(head -n 2 stdout)" '"x,
y",probability,label'

# Arrays have no room for ids.
predicts_quietly two/model.npz needed.csv --out csv.npz
predicts_quietly two/model.npz new.npz --out npz.npz
same_file "--out csv.npz" npz.npz csv.npz
predict two/model.npz new.csv --out csv.npz
[ "$(cat stderr)" = "skiff predict: csv.npz: ids such as 'PassengerId' are left out; a CSV has them" ] ||
    complain "ids and an .npz: $(cat stderr)"
same_file "--out csv.npz, with ids" npz.npz csv.npz
predicts_quietly two/model.npz none.csv
[ "$(cat stdout)" = "PassengerId,probability,label" ] || complain "no rows: $(cat stdout)"
predicts_quietly three/model.npz none.csv --id Sex --out - --threads 3
predict two/model.npz none.csv --out none.npz
has "$("$SKIFF" inspect none.npz)" "(0,)" "label"

# What training had not met: as if missing, or nothing of it, and told.
for threads in 1 3; do
    predict two/model.npz odd.csv --threads $threads
    less_ids
    [ "$(wc -l <stderr)" -eq 2 ] || complain "odd.csv: said $(cat stderr)"
    has "$(cat stderr)" "odd.csv: column 'Sex': 2 rows with a category that training had not met" \
        "such as 'other'; taken as missing" "column 'Port': 1 row with a" "such as 'X?y'; taken as none of"
done
predict two/model.npz even.csv --id Port
cut -d, -f2- stdout | head -n 9 >even.want
head -n 9 less >odd.got
same_file "a category that was not met, as if missing" even.want odd.got

# refuses STATUS PATTERN ARGUMENT...: and nothing is left behind.
refuses() {
    rm -f left.csv
    command_refuses predict "$@"
    [ ! -e left.csv ] || complain "predict $*: left a file behind"
}
refuses 1 "new.csv: is no .npz archive, and this model does not say how" bare/model.npz new.csv
refuses 1 "standard input: is read as a CSV, and this model" bare/model.npz -
refuses 1 "absent.csv: cannot open" bare/model.npz absent.csv
refuses 1 "absent.csv: cannot open" two/model.npz absent.csv
refuses 1 "standard input: empty" two/model.npz -
refuses 1 "no_age.csv: no column 'Age', which the preparation needs" two/model.npz no_age.csv --out left.csv
refuses 1 "renamed.csv: no column 'Fare', which the preparation needs; is it 'Fares'?" two/model.npz renamed.csv
sed '1s/Fare/F\xe4re/' new.csv >latin1.csv
refuses 1 "is it 'F?re'?; names in the file are not UTF-8: iconv -f latin1" two/model.npz latin1.csv
sed '1s/Name/N\xe4me/' new.csv >latin1.csv
refuses 1 "is it 'N?me'?; names in the file are not UTF-8: iconv -f latin1" two/model.npz latin1.csv --id Name
refuses 1 "new.csv: no column 'Nam' to pass through; is it 'Name'?" two/model.npz new.csv --id Nam
refuses 1 "no column 'Zeppelin' to pass through; skiff inspect lists those that there are" \
    two/model.npz new.csv --id Zeppelin
sed 1d new.csv >headless.csv
refuses 1 "headless.csv:1: column 5 has no name; is this line the header?" two/model.npz headless.csv
refuses 1 "word.csv:5: " two/model.npz word.csv --out left.csv
refuses 1 "truth.csv:6: " two/model.npz truth.csv --out left.csv
refuses 1 "short.csv:22: 2 fields" two/model.npz short.csv --out left.csv
refuses 1 "odd.csv:" strict/model.npz odd.csv --out left.csv
has "$(cat stderr)" "column 'Sex'" "'other'"
refuses 1 "columns 1 and 3 are both called 'label'" two/model.npz label.csv --id label --out left.csv
refuses 1 "both called 'p_setosa'" three/model.npz label.csv --id p_setosa --out left.csv
refuses 1 "mixed: holds both b.npz and a.csv" two/model.npz mixed
refuses 2 "--part: is for an .npz, and new.csv is a CSV" two/model.npz new.csv --part val
refuses 2 "--x_key: is for an .npz" two/model.npz new.csv --x_key X
refuses 2 "--id: is for a CSV, and new.npz holds arrays" two/model.npz new.npz --id Sex
refuses 2 "--out: ./new.csv is what is read" two/model.npz new.csv --out ./new.csv
refuses 2 "--out: parts/b.csv is what is read" two/model.npz parts --id Sex --out parts/b.csv
head -c 3000 packed >cut.gz
refuses 1 "cut.gz: its gzip data end early" two/model.npz cut.gz --out left.csv
"$python" - <<'END' || exit 1
from csv_models import *
import shutil
wrong = {"narrow": prep("two"), "task": prep("three"), "json": {**prep("two"), "features": -1}}
wrong["narrow"]["columns"].pop()
wrong["narrow"]["features"] = 6
for name, p in wrong.items():
    shutil.copy("bare/model.npz", name + ".npz")
    carry(name + ".npz", p)
END
refuses 1 "narrow.npz: prep.json: makes 6 features of a row, but the network takes 7" narrow.npz new.csv
refuses 1 "task.npz: prep.json: its target 'Species' is for a multiclass task, but this is a binary" task.npz new.csv
refuses 1 "json.npz: prep.json: " json.npz new.csv
no_leftovers "after all of this" "$folder"

# As much memory for ten times the rows; other work on the machine may do harm to a try, not to three.
if [ "$sanitized" = no ]; then
    for threads in 1 2; do
        "$python" - "$SKIFF" $threads <<'END' || complain "memory grows with the rows ($threads threads)"
import re, subprocess, sys
from csv_models import *
header, rows = table([]).encode(), table(passengers(2000, 4), header=False).encode()
def peak(times):
    with open("out.csv", "w") as out:
        run = subprocess.Popen([sys.argv[1], "predict", "two/model.npz", "-", "--threads", sys.argv[2]],
                               stdin=subprocess.PIPE, stdout=out)
    run.stdin.write(header)
    for _ in range(times):
        run.stdin.write(rows)
    run.stdin.flush() # all but what a pipe holds has been read
    status = open(f"/proc/{run.pid}/status").read()
    run.stdin.close()
    assert run.wait() == 0
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])
for _ in range(3):
    few, many = peak(25), peak(250)
    print(f"{few} KiB for 50,000 rows, {many} KiB for 500,000")
    if many <= few + 512 and many <= 40000:
        sys.exit(0)
sys.exit(1)
END
    done
fi
finish
