#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff plan`: predictions for instances and for hosts of one's own, as text that fits a terminal and
# as JSON whose figures agree with each other and roughly with a run; nothing is written; what is
# refused.
. "$(dirname "$0")/lib.sh"
need_python
cd "$folder" || exit 1
prices=$(cd "$data" && pwd)/prices.csv
cp "$data/train_data.npz" "$data/val_data.npz" .
cat >some.csv <<'END'
instance,vcpus,gpu,usd_per_hour,network_mbit
big,8,,2,10000
small,4,,1,1000
bare,,,1,1000
offline,4,,1,
card,4,1xT4,1,1000
END
mkdir empty
cd empty || exit 1

# plan ARGUMENT...: must succeed; ../stdout and ../stderr.
plan() {
    "$SKIFF" plan --train ../train_data.npz "$@" >../stdout 2>../stderr </dev/null
    code=$?
    [ $code -eq 0 ] || complain "plan $*: exit status $code: $(cat ../stderr)"
}

plan --val ../val_data.npz --epochs 100 --prices "$prices"
has "$(cat ../stdout)" "Measured here, on one core: " " of validation; " "
ml.m5.large       1     1 " "
ml.m5.4xlarge     8    64 " "A second ml.m5.large: " "Taken for granted: "
has "$(cat ../stderr)" "skiff plan: binary task, 1052 rows of 7 features and 264 to validate"
awk 'length > 80 { print "too long: " $0; bad = 1 } END { exit bad }' ../stdout || complain "lines beyond 80"

plan --instances small,big --prices ../some.csv --host_counts 1,2,3 --json --epochs 7 --batch_size 50 --accumulate 2
mv ../stdout ../a.json
plan --cores 2.5 --network 100 --latency 1000 --host_counts 4 --json
mv ../stdout ../b.json
"$python" - <<'END' || complain "the figures disagree"
import json
a, b = (json.load(open(f"../{name}.json")) for name in "ab")
w = a["measured"]
assert (w["rows"], w["batch"], w["val_rows"], w["leaves"]) == (1052, 100, 0, 1), w
assert 1e-9 < w["seconds_a_row"] < 1e-3 and 0 <= w["serial"] <= 1 and 0 < w["behind"] < 1, w
assert [(l["instance"], l["hosts"], l["cores_each"]) for l in a["lines"]] == [
    (name, hosts, cores) for name, cores in (("small", 2), ("big", 4)) for hosts in (1, 2, 3)]
for line, price in zip(a["lines"], (1, 1, 1, 2, 2, 2)):
    s = line["seconds"]
    assert abs(s["total"] - sum(s[k] for k in ("compute", "update", "exchange", "rest"))) < 1e-12
    assert abs(line["usd"] - price / 3600 * line["hosts"] * 7 * s["total"]) < 1e-12
    assert (s["exchange"] == 0) == (line["hosts"] == 1)
for kind in a["kinds"]: # a leaf cannot be shared
    assert kind["second_gain"] < 1, kind
assert a["kinds"][0]["larger"] is None and a["kinds"][0]["network_mbit"] == 1000
line, = b["lines"]
assert line["usd"] is None and line["instance"] is None and line["hosts"] == 4
assert b["latency_us"] == 1000 and line["seconds"]["exchange"] > 1e-3 # one step an epoch
END
plan --instances ml.m5.large --prices "$prices" --json
[ "$("$python" -c 'import json; print(json.load(open("../stdout"))["kinds"][0]["larger"])')" = ml.m5.xlarge ] ||
    complain "the larger instance: $(cat ../stdout)"
[ -z "$(ls -A .)" ] || complain "files are left: $(ls -A .)"

# refuses STATUS PATTERN ARGUMENT...
refuses() {
    command_refuses plan "$@"
}
t=../train_data.npz
refuses 2 "--train" --prices "$prices"
refuses 2 "ml.m5.larg is not in $prices; did you mean 'ml.m5.large'?" --train $t --instances ml.m5.larg --prices "$prices"
refuses 2 "--instances: card has a GPU (1xT4), which skiff does not use" --train $t --instances card --prices ../some.csv
refuses 2 "says no network_mbit of offline; give --network MBIT" --train $t --instances offline --prices ../some.csv
refuses 1 "says no vcpus of bare" --train $t --instances bare --prices ../some.csv
refuses 2 "names separated by commas" --train $t --instances big,, --prices ../some.csv
refuses 2 "hosts of your own need --network MBIT" --train $t --cores 4
refuses 2 "leave out --instances" --train $t --cores 4 --network 1 --instances big
refuses 2 "--parallel model" --train $t --parallel model
refuses 2 "--host_counts" --train $t --host_counts 0
refuses 2 "at least one number" --train $t --host_counts ""
refuses 2 "did you mean --latency" --train $t --latenzy 1
refuses 1 "none.csv: cannot open" --train $t --prices none.csv
refuses 1 "none.npz: cannot open" --train none.npz --prices "$prices"
finish
