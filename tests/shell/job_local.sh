#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff job`: what it lays out, byte for byte where a reader could tell; how it runs a program that
# is not ours, finds metrics by Python's expressions, and packs what was written; what it refuses.
. "$(dirname "$0")/job_lib.sh"
need_python

# ---- hyperparameters as four senders write them, against files that the toolkits wrote

written() {
    lay "sender-$1" --sender "$1" --hp epochs=10 --hp lr=0.001 --hp optimizer=adam --hp flag=True \
        --hp 'layers=[64, 32]' --hp x=None --hp 'names=["a", "b"]' --hp 'text=say "hi"'
    "$python" - "$root/input/config/hyperparameters.json" "$2" <<'END' || complain "sender $1"
import json, sys
got = json.load(open(sys.argv[1]))
got = {k: v for k, v in got.items() if not k.startswith("sagemaker_")}
want = dict(zip("epochs lr optimizer flag layers x names text".split(), json.loads(sys.argv[2])))
print(got)
sys.exit(got != want)
END
}
written a '["10", "0.001", "adam", "True", "[64, 32]", "None", "['"'a', 'b'"']", "say \"hi\""]'
written b '["10", "0.001", "\"adam\"", "true", "[64, 32]", "null", "[\"a\", \"b\"]", "\"say \\\"hi\\\"\""]'
written c '["10", "0.001", "adam", "true", "[64, 32]", "null", "[\"a\", \"b\"]", "say \"hi\""]'
written d '["\"10\"", "\"0.001\"", "\"adam\"", "\"true\"", "\"[64, 32]\"", "\"None\"", "\"[\\\"a\\\", \\\"b\\\"]\"", "\"say \\\"hi\\\"\""]'
for name in program submit_directory job_name region container_log_level; do
    has "$(cat "$root/input/config/hyperparameters.json")" "\"sagemaker_$name\""
done
lesson plain
grep -q sagemaker "$root/input/config/hyperparameters.json" && complain "sender a has names of a toolkit"
[ -e "$root/checkpoints" ] && complain "checkpoints were not asked for"

# ---- a program that is not ours

cat >"$folder/program" <<'END'
#!/bin/sh
echo "$# $SKIFF_ML_ROOT $TRAINING_JOB_NAME ${SM_HPS-none}"
printf 'a=1.5;b=-2e-3\tc:7\n' >&2
echo "a=2.5; x loss = 0.25, y"
echo "a=nothing"
mkdir -p "$SKIFF_ML_ROOT/model/deep/er" "$SKIFF_ML_ROOT/output/data"
echo model >"$SKIFF_ML_ROOT/model/deep/er/file"
printf '%0300d' 0 >"$SKIFF_ML_ROOT/model/.hidden"
head -c 2000 /dev/urandom >"$SKIFF_ML_ROOT/output/data/$(basename "$SKIFF_ML_ROOT")"
printf 'the end without a newline'
[ ! -e "$SKIFF_ML_ROOT/fail" ] || { printf 'because\nof this\n' >"$SKIFF_ML_ROOT/output/failure"; exit 3; }
END
chmod +x "$folder/program"
run() {
    SM_HPS=x "$SKIFF" job run "$job" --program "$folder/program" "$@" >"$folder/log" 2>"$folder/stderr"
    code=$?
}
lay foreign --name a-name --hosts 2 --metric 'a=a=([0-9\.]+)' --metric 'b=(?:a=|b=)(?:[0-9.]+;b=)?(-?[0-9.e-]+)' \
    --metric 'c=.*#011c:(\d+).*' --metric 'lazy=loss = (.*?), ' --metric 'never=z=([0-9]+)'
run
is "status" "$code" 0
has "$(cat "$folder/log")" "algo-2 | 0 $job/algo-2 a-name none" 'algo-1 | a=1.5;b=-2e-3#011c:7' \
    "algo-1 | the end without a newline" "Metric     a: 2.5 (4 values from 1.5 to 2.5)" \
    "Metric     b: 2.5 (4 values from -0.002 to 2.5)" \
    "Metric     c: 7 (2 values from 7 to 7)" "Metric     lazy: 0.25 (2 values" \
    "Metric     never: not found in the log" "model.tar.gz: 2 files" "output.tar.gz: 2 files" \
    "Status     Completed; algo-1: exit code 0, algo-2: exit code 0" " (2 hosts, ml.m5.large)"
has "$(cat "$folder/log")" "output.tar.gz: 2 files, $(stat -c %s "$job/output/output.tar.gz") bytes"
billed=$(sed -n 's/.*; billed \([0-9]*\) (2 hosts.*/\1/p' "$folder/log")
"$python" - "$job" "$billed" <<'END' || complain "archives and description"
import json, sys, tarfile
job = sys.argv[1]
with tarfile.open(job + "/output/model.tar.gz") as tar:
    members = {m.name: (m.size, m.mode, m.mtime) for m in tar}
    text = tar.extractfile("deep/er/file").read()
print(members, text)
bad = members != {".hidden": (300, 0o644, 0), "deep/er/file": (6, 0o644, 0)} or text != b"model\n"
with tarfile.open(job + "/output/output.tar.gz") as tar:
    bad |= sorted(tar.getnames()) != ["algo-1", "algo-2"]
d = json.load(open(job + "/describe.json"))
print(d)
bad |= d["TrainingJobStatus"] != "Completed" or d["FailureReason"] is not None
bad |= d["FinalMetricDataList"][0] != {"MetricName": "a", "Value": 2.5, "Count": 4, "Min": 1.5, "Max": 2.5}
bad |= d["ExitCodes"] != {"algo-1": 0, "algo-2": 0} or d["TrainingTimeInSeconds"] < 1
bad |= d["BillableTimeInSeconds"] != d["TrainingTimeInSeconds"] # of one host: the API says so
bad |= int(sys.argv[2]) != 2 * d["BillableTimeInSeconds"] # as the SDK prints it
sys.exit(bad)
END
run --quiet
grep -q '^algo-1 | ' "$folder/log" && complain "--quiet shows the log"

# One host fails: the reason is its failure file's first line, and the job has failed.
mkdir "$job/algo-2/fail"
run
is "a failure" "$code" 1
has "$(cat "$folder/log")" "Status     Failed; algo-1: exit code " "algo-2: exit code 3" \
    "Reason     AlgorithmError: because, exit code: 3"
printf '#!/bin/sh\nkill -KILL $$\n' >"$folder/program"
run
has "$(cat "$folder/log")" "Status     Failed; " "AlgorithmError: , exit code: 137" \
    "Model      nothing was written"
# One that does not listen is killed when its time is over.
printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 0.1; done\n' >"$folder/program"
run --stop_after 1 --grace 0.3
has "$(cat "$folder/log")" "Status     Stopped; algo-1: exit code 137"

# What a program leaves behind ends with it; one that closes its log has its time like any other.
printf '#!/bin/sh\nsleep 60 &\necho $! >"%s"\nexit 0\n' "$folder/left.pid" >"$folder/leaves"
printf '#!/bin/sh\nexec >/dev/null 2>&1\nsleep 60\n' >"$folder/silent"
printf '#!/bin/sh\ntrap "echo deaf" TERM INT HUP\necho up\nwhile :; do sleep 0.1; done\n' >"$folder/deaf"
chmod +x "$folder/leaves" "$folder/silent" "$folder/deaf"
lay program
timeout 20 "$SKIFF" job run "$job" --program "$folder/leaves" >"$folder/log" ||
    complain "a program that leaves another: $?"
until_gone "what a program left" "$(cat "$folder/left.pid")"
timeout 20 "$SKIFF" job run "$job" --program "$folder/silent" --max_run 0.3 --grace 0.3 >"$folder/log"
is "a log that is closed early" "$?" 0
has "$(cat "$folder/log")" "Status     Stopped (MaxRuntimeExceeded)"
# Two signals end it at once, in good order; the first is passed on as SIGTERM, and the terminal's
# reach nobody but us.
for number in TERM HUP; do
    : >"$folder/log" # the process is another one's that begins when the shell has time
    "$SKIFF" job run "$job" --program "$folder/deaf" >"$folder/log" 2>&1 &
    pid=$!
    until_logged up "$folder/log"
    child=$(cat /proc/$pid/task/$pid/children)
    is "group of the process" "$(ps -o pgid= -p $child | tr -d ' ')" "$(echo $child | tr -d ' ')"
    kill -$number $pid
    until_logged deaf "$folder/log"
    kill -0 $child 2>/dev/null || complain "one $number is enough"
    kill -$number $pid
    wait $pid
    is "two signals" "$?" 0
    has "$(cat "$folder/log")" "Status     Stopped; algo-1: exit code 137"
done

# ---- refused

refuse() {
    expected=$1
    pattern=$2
    shift 2
    "$SKIFF" job "$@" >"$folder/stdout" 2>"$folder/stderr"
    is "job $*" "$?" "$expected"
    has "$(cat "$folder/stderr")" "skiff job: " "$pattern"
    is "job $*: lines" "$(wc -l <"$folder/stderr")" 1
}
refuse 2 "skiff job: say 'skiff job new' or 'skiff job run'"
refuse 2 "'stop': say" stop x
refuse 2 "new: which folder?" new
refuse 2 "there are files in this folder" new "$job"
refuse 2 "--hp: 'epochs' is not NAME=VALUE" new "$folder/a" --hp epochs
refuse 2 "--channel: '=x' is not NAME=PATH" new "$folder/b" --channel =x
for name in ../../../evil /abs "tr ain" .. a/b; do
    refuse 2 "--channel: '$name' cannot be a channel's name" new "$folder/b" --channel "$name=$train_file"
done
[ -e "$folder/evil" ] && complain "a channel outside of its tree"
refuse 2 "--pipe train: there is no such --channel" new "$folder/c" --pipe train
refuse 1 "channel train: $folder/none: cannot open" new "$folder/d" --channel "train=$train_file" \
    --channel "train=$folder/none"
refuse 2 "--metric: 'loss' is not NAME=REGEX" new "$folder/d" --channel "train=$train_file" --metric loss
[ -e "$folder/d" ] && complain "a command that was wrong has left a folder behind"
refuse 2 "--max_run: unknown option" new "$folder/e" --max_run 1
refuse 2 "--sender: 'e' is unknown, choose one of: a, b, c, d" new "$folder/f" --sender e
refuse 1 "cannot be found" run "$folder/none"
refuse 1 "no job.json in it; 'skiff job new' makes such a folder" run "$folder"
refuse 1 "$folder/none: cannot start" run "$job" --program "$folder/none"
for metric in 'm=loss|has no group' 'm=(?P<x>[0-9]+)|is Python' 'm=([0-9]+|m: ' 'm=a(?=b)(c)|is Python' \
    'm=(a+?)|is Python'; do
    lay bad --metric "${metric%|*}"
    refuse $(case $metric in *Python) echo 1 ;; *) echo 2 ;; esac) "${metric##*|}" run "$job"
done
# What a link leads to is not cleared.
lay link
mkdir "$folder/precious"
echo x >"$folder/precious/x"
rmdir "$root/model"
ln -s "$folder/precious" "$root/model"
refuse 1 "$root/model: is a link" run "$job"
[ -s "$folder/precious/x" ] || complain "files behind a link are gone"
echo '{' >"$job/job.json"
refuse 1 "job.json:2:0: not valid JSON" run "$job"
echo '{"TrainingJobName":"a","InstanceType":"b","InstanceCount":1,"Pipes":["../x"],"MetricDefinitions":[]}' \
    >"$job/job.json"
refuse 1 "'Pipes' must be a list of names" run "$job"
finish
