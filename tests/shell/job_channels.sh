#!/bin/sh
# SPDX-License-Identifier: MIT
# Channels: one a part in the spellings in use, one that holds all, files in folders, names that do
# not count, shards without files (point 4 of the contract), pipes (point 12).
. "$(dirname "$0")/job_lib.sh"
need_python
rows() {
    is "$job: rows" "$(sed -n 's/^.*task, \([0-9]*\) rows of 7 features\( and \([0-9]*\) to.*\)\{0,1\};.*/\1 \3/p' "$folder/stderr")" "$1"
}
# table NAME ROWS: arrays X and y, which say of no part.
table() {
    mkdir -p "$(dirname "$folder/$1")"
    "$python" - "$folder/$1" "$2" <<'END'
import sys, npz_tables
path, rows = sys.argv[1], int(sys.argv[2])
X, y = [(i * 7 % 13) / 8 for i in range(rows * 7)], [i % 2 for i in range(rows)]
npz_tables.save(path, {"X": npz_tables.npy(X, (rows, 7)), "y": npz_tables.npy(y, (rows,), "<i8")})
END
}

table test_data.npz 20
lay validation --channel training="$train_file" --channel validation="$val_file" \
    --channel test="$folder/test_data.npz" --hp epochs=1
completes
rows "1052 264"
has "$(cat "$folder/stdout")" "Test Loss: "
[ "$(option test)" = "\"$root/input/data/test/test_data.npz\"" ] || complain "test: $(option test)"

# One channel of any name: the arrays say what is for what.
mkdir "$folder/all"
cp "$train_file" "$val_file" "$folder/all"
for name in train_test_val train data; do
    lay one --channel $name="$folder/all" --hp epochs=1
    completes
    rows "1052 264"
done
"$python" - "$train_file" "$val_file" "$folder/both.npz" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[3], "w") as out:
    for path in sys.argv[1:3]:
        for name in zipfile.ZipFile(path).namelist():
            out.writestr(name, zipfile.ZipFile(path).read(name))
END
lay both --channel everything="$folder/both.npz" --hp epochs=1
completes
rows "1052 264"

# Arrays without a part in their names: the names of files and folders say it.
table parts/train/a.npz 50
table parts/train/deep/b.npz 30
table parts/validation/c.npz 20
table parts/x-test-1.npz 10
table parts/more.npz 5
table parts/_SUCCESS.npz 1000
table parts/.hidden/d.npz 1000
echo text >"$folder/parts/README"
lay words --channel data="$folder/parts" --hp epochs=1
completes
rows "85 20"
has "$(cat "$folder/stdout")" "Test Loss: "

# Several files in a channel of their own, in folders or not; a path that a parameter gives.
lay several --channel train="$folder/parts/train" --channel val="$folder/parts/validation" --hp epochs=1
completes
rows "80 20"
for value in a.npz deep/b.npz /opt/ml/input/data/train/a.npz train; do
    lay given --channel train="$folder/parts/train" --channel val="$folder/parts/validation" \
        --hp epochs=1 --hp train=$value
    completes
    case $value in deep*) rows "30 20" ;; train) rows "80 20" ;; *) rows "50 20" ;; esac
done
SM_CHANNEL_TRAIN=/opt/ml/input/data/train completes
rows "80 20"

# ---- CSVs: one to divide, one a part, several with a header each; lists as Python writes them

raw=$data/passengers.csv
drop='["PassengerId", "Name", "Ticket", "Cabin"]'
train --out "$folder/divided" --data "$raw" --target Survived --epochs 2 \
    --drop PassengerId,Name,Ticket,Cabin
for name in all data; do
    for sender in a b; do
        lay table --sender $sender --channel $name="$raw" --hp epochs=2 --hp target=Survived --hp "drop=$drop"
        completes
        same_file "a channel $name with one CSV" "$folder/divided/model.npz" "$root/model/model.npz"
        grep -q '^validation:accuracy = ' "$folder/stdout" || complain "a CSV is not divided"
    done
done
head -n 801 "$raw" >"$folder/train.csv"
(head -n 1 "$raw" && tail -n +802 "$raw") >"$folder/val.csv"
train --out "$folder/parts.out" --train "$folder/train.csv" --val "$folder/val.csv" \
    --target Survived --epochs 2 --drop PassengerId,Name,Ticket,Cabin
lay table --channel train="$folder/train.csv" --channel val="$folder/val.csv" --hp epochs=2 \
    --hp target=Survived --hp "drop=$drop"
completes
same_file "CSVs for both parts" "$folder/parts.out/model.npz" "$root/model/model.npz"
mkdir -p "$folder/shares/train/a" "$folder/shares/validation"
head -n 401 "$raw" >"$folder/shares/train/a/1.csv"
(head -n 1 "$raw" && sed -n 402,801p "$raw") >"$folder/shares/train/b.csv"
cp "$folder/val.csv" "$folder/shares/validation"
lay table --channel train_val="$folder/shares" --hp epochs=2 --hp target=Survived --hp "drop=$drop"
completes
same_file "several CSVs in one channel" "$folder/parts.out/model.npz" "$root/model/model.npz"
is "what the record calls them" "$(option train)" "\"channel 'train_val' (its files, joined)\""
lay table --pipe train --channel train="$folder/train.csv" --pipe val --channel val="$folder/val.csv" \
    --hp epochs=2 --hp target=Survived --hp "drop=$drop"
"$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "CSVs through pipes: $(cat "$folder/log")"
same_file "CSVs through pipes" "$folder/parts.out/model.npz" "$root/model/model.npz"
is "what the record calls pipes" "$(option train) $(option val)" \
    "\"channel 'train' (its pipe)\" \"channel 'val' (its pipe)\""
lay table --pipe all --channel all="$raw" --hp epochs=1 --hp target=Survived --hp "drop=$drop"
"$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "a CSV through a pipe: $(cat "$folder/log")"
grep -q /proc/self "$folder/log" "$root/output/data/run.json" && complain "a descriptor: $(cat "$folder/log")"
lay table --channel train="$raw" --hp target=Survived --hp epochs=1
completes
grep -q '^validation' "$folder/stdout" && complain "a channel called train is divided"
for value in /opt/ml/input/data/train/passengers.csv passengers.csv train; do
    lay table --channel train="$raw" --hp target=Survived --hp epochs=2 --hp data=$value --hp "drop=$drop"
    completes
    same_file "data=$value" "$folder/divided/model.npz" "$root/model/model.npz"
done

# ---- what cannot be

lay none --hp epochs=1
fails 1 "no data: the job has no input channel"
lay odd --channel a="$train_file" --channel b="$val_file"
fails 1 "none of the 2 channels is called train"
mkdir -p "$folder/notes"
echo x >"$folder/notes/notes.txt"
lay texts --channel train="$folder/notes"
fails 1 "channel 'train': no .npz or .csv file in $root/input/data/train"
lay empty --channel train="$train_file" --channel val="$folder/notes" --hp epochs=1
completes
has "$(cat "$folder/stderr")" "channel 'val' is empty: there are no val data"
rows "1052 "
lesson missing --hp train=/opt/ml/input/data/train/no.npz
fails 1 "$root/input/data/train/no.npz: cannot open: No such file"

# Folders that are not for us are not opened; those that are must be readable.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups \
    "$SKIFF" --version >/dev/null 2>&1; then
    chmod 755 "$folder"
    lesson closed --hp epochs=1
    mkdir -m 000 "$root/input/data/train/.snapshot" "$root/input/data/train/_old"
    chown -R 65534 "$job"
    as_nobody() {
        rm -f "$root/output/failure"
        SKIFF_ML_ROOT=$root setpriv --reuid=65534 --regid=65534 --clear-groups "$SKIFF" train \
            >"$folder/stdout" 2>"$folder/stderr"
    }
    as_nobody || complain "closed folders: $(cat "$folder/stderr")"
    chmod 000 "$root/input/data"
    as_nobody && complain "closed data: status 0"
    has "$(cat "$root/output/failure")" "$root/input/data/train: cannot open the folder: Permission"
    chmod 000 "$root/input/config"
    as_nobody && complain "a closed configuration: status 0, with defaults"
    has "$(cat "$root/output/failure")" "hyperparameters.json: cannot open: Permission denied"
fi

# ---- shards: three hosts, two objects

lay shards --hosts 3 --sharded val --channel train="$train_file" --channel val="$val_file" \
    --hp epochs=1
fails 1 "channel 'val' is sharded by key, so that hosts have different rows, and the channel to"
lay shards --hosts 3 --sharded train --channel train="$folder/parts/train" --hp epochs=1 \
    --hp hosts=algo-1
completes
has "$(cat "$folder/stderr")" "channel train is sharded by key and one host trains"
rows "50 "
rm "$root/input/data/train/"*
fails 1 "sharded by key, this host got no object"

# ---- pipes are read once; the second one is not waited for

lay pipe --pipe train --pipe val --channel train="$train_file" --channel val="$val_file" --hp epochs=2
timeout -k 5 60 "$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "pipes: $(cat "$folder/log")"
has "$(cat "$folder/log")" "1052 rows of 7 features and 264 to validate" "Status     Completed"
lesson file --hp epochs=2
completes
same_file "pipes and files" "$root/model/model.npz" "$folder/pipe/algo-1/model/model.npz"
[ -p "$folder/pipe/algo-1/input/data/train_0" ] && complain "the pipe is left"
lay pipe --pipe train --channel train="$folder/notes" --hp epochs=2
rm "$root/pipes/train/notes.txt"
"$SKIFF" job run "$job" >"$folder/log" 2>&1 && complain "an empty pipe: no failure"
has "$(cat "$folder/log")" "channel 'train': nothing came through its pipe"
printf 'a,b\n1,2\n3\n' >"$root/pipes/train/a.csv"
sed -i 's/"epochs"/"target": "b", "epochs"/' "$root/input/config/hyperparameters.json"
"$SKIFF" job run "$job" >"$folder/log" 2>&1 && complain "a pipe that ends early: no failure"
has "$(cat "$folder/log")" "skiff train: channel 'train' (its pipe):3: 1 field"
sed -i 's/"RecordWrapperType": "None"/"RecordWrapperType": "RecordIO"/' \
    "$root/input/config/inputdataconfig.json"
"$SKIFF" job run "$job" >"$folder/log" 2>&1
has "$(cat "$folder/log")" "channel train: RecordIO framing is not read"
# A pipe that comes late, and one that never does: a signal ends the waiting, in good order.
lay late --pipe train --channel train="$train_file" --hp epochs=2
(sleep 0.3 && mkfifo "$root/input/data/train_0" && cat "$train_file" >"$root/input/data/train_0") &
completes
rm -rf "$root/input/data/train_0" "$root/model"
SKIFF_ML_ROOT=$root "$SKIFF" train >"$folder/stdout" 2>"$folder/stderr" &
pid=$!
until_listening $pid
sleep 0.3
kill -TERM $pid
wait $pid
is "a signal while a pipe is waited for" "$? $(cat "$folder/stderr")" \
    "0 skiff train: stopped before it began; no model is written"
# Nor does it matter when the signal comes: a writer is there and says nothing.
lay silent --pipe train --channel train="$train_file" --hp epochs=2
mkfifo "$root/input/data/train_0"
exec 3<>"$root/input/data/train_0" # which does not wait for a reader
head -c 1000 "$train_file" >&3
SKIFF_ML_ROOT=$root "$SKIFF" train >"$folder/stdout" 2>"$folder/stderr" 3>&- &
pid=$!
until_listening $pid
sleep 0.3
kill -TERM $pid
wait $pid
is "a signal while a writer is silent" "$? $(cat "$folder/stderr")" \
    "0 skiff train: stopped before it began; no model is written"
finish
