#!/bin/sh
# SPDX-License-Identifier: MIT
# The file that says why a job failed: one line, short enough, whole characters, the first cause,
# none after success; exit statuses. Point 6 of the contract.
. "$(dirname "$0")/job_lib.sh"
need_python

lesson failure --hp epochs=1
completes
fails 2 "--epochs: 'x' is not a whole number" --epochs x
fails 2 "--no_such_option: unknown option" --no_such_option 1
fails 1 "none.npz: cannot open: No such file" --val "$folder/none.npz"
fails 1 "none.json: cannot open: No such file" --config "$folder/none.json"

# Longer than the platform keeps, in characters of several bytes.
name=$(printf 'ü%.0s' $(seq 1 120))
deep=$folder/$name/$name/$name/$name
fails 1 "üüü" --val "$deep/none.npz"
"$python" - "$root/output/failure" <<'END' || complain "a long cause"
import sys
text = open(sys.argv[1], "rb").read()
print(len(text), "bytes")
text.decode("utf-8")
sys.exit(not (800 < len(text) <= 900 and text.endswith(b"\n") and text.count(b"\n") == 1))
END

# A character that would be cut, in a value and in a name; a name of two lines is no metric's line.
lesson names --hp "epochs=x$(printf 'ü%.0s' $(seq 1 80))"
fails 2 "hyperparameters.json: epochs: 'xüü"
iconv -f UTF-8 -t UTF-8 "$root/output/failure" >/dev/null || complain "a value cut in a character"
lesson names --hp epochs=1
printf '{"a\\nvalidation:accuracy = 0.99": "1", "%s": "1"}' "x$(printf 'ü%.0s' $(seq 1 40))" \
    >"$root/input/config/hyperparameters.json"
completes
grep '^validation:accuracy = 0.99' "$folder/stderr" && complain "a name is taken for a metric"
iconv -f UTF-8 -t UTF-8 "$folder/stderr" >/dev/null || complain "a name cut in a character"

# The first cause stays; a success after it changes nothing, for the platform makes a new tree.
echo "an earlier cause" >"$root/output/failure"
start --epochs x
is "an earlier cause" "$(cat "$root/output/failure")" "an earlier cause"

# A full disk is a failure, and so is a log that nobody can write to.
rm "$root/output/failure"
if [ -w /dev/full ]; then
    SKIFF_ML_ROOT=$root "$SKIFF" train >/dev/full 2>"$folder/stderr"
    is "a full disk" "$? $(cat "$root/output/failure")" "1 cannot write to standard output"
fi

# Mapped data that become shorter end the process; the cause is left all the same.
rm -f "$root/output/failure"
printf '%s\n' "$folder/long.npz train binary 60000 7 1" |
    "$python" "$source_folder/tests/shell/npz_tables.py"
lay cut --channel train="$folder/long.npz" --hp epochs=100000 --hp batch_size=1000
cp --remove-destination "$folder/long.npz" "$root/input/data/train/long.npz"
: >"$folder/stdout"
SKIFF_ML_ROOT=$root "$SKIFF" train --threads 1 >"$folder/stdout" 2>"$folder/stderr" &
pid=$!
until_logged '^epoch=1;' "$folder/stdout"
: >"$root/input/data/train/long.npz"
wait $pid
is "a file that is cut short: status" "$?" 1
has "$(cat "$root/output/failure")" "a data file became shorter while it was being read"

# What SageMaker would show of it.
lay shown --channel train="$train_file" --hp epochs=many
"$SKIFF" job run "$job" >"$folder/log" && complain "job run: status 0 after a failure"
has "$(cat "$folder/log")" "Status     Failed; algo-1: exit code 2" \
    "Reason     AlgorithmError: hyperparameters.json: epochs: 'many' is not a whole number, exit code: 2"
finish
