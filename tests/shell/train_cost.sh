#!/bin/sh
# SPDX-License-Identifier: MIT
# What run.json says of the instance: the job's type, the user's, or a guess from a table of prices,
# which may be absent or damaged without harm to the run; billed seconds of all hosts.
. "${SKIFF_SRCDIR:-$(dirname "$0")/../..}/tests/shell/job_lib.sh"
need_python

# record FOLDER EXPRESSION: of run.json as r, which is true.
record() {
    "$python" -c 'import json, sys
r = json.load(open(sys.argv[1] + "/run.json"))
i, s = r["instance"], r["seconds"]
if not eval(sys.argv[2]):
    print(i, s, r["device"], r["energy"])
    sys.exit(1)' "$1" "$2" >"$folder/said" || complain "$2: $(cat "$folder/said")"
}

# short ARGUMENT...: a run of one epoch into $folder/run.
short() {
    rm -rf "$folder/run"
    train --train "$train_file" --epochs 1 --out "$folder/run" "$@"
}

# whatever this machine is, it has fewer cores than these
cat >"$folder/large.csv" <<'END'
instance,vcpus,memory_gib,gpu,usd_per_hour
own.larger,4096,1,,1
own.large,2048,1,,2
own.gpu,2048,1,1xT4,0.5
END
short --prices "$folder/large.csv"
record "$folder/run" 'i == {"type": "own.large", "source": "guess", "count": 1}'
record "$folder/run" 'r["device"]["kind"] == "cpu" and r["device"]["name"] == r["machine"]["cpu"]'
record "$folder/run" 's["download"] is None and s["image"] is None and s["billable"] >= 1'
record "$folder/run" 's["billable"] >= s["total"] and s["billable"] < s["total"] + 60'
record "$folder/run" 'r["energy"] is None or r["energy"]["joules"] >= 0'
short --prices "$folder/large.csv" --instance ml.other
record "$folder/run" 'i == {"type": "ml.other", "source": "option", "count": 1}'

# Nothing is as large as this machine; no table, a damaged one: a run like any other.
printf 'instance,vcpus,memory_gib,usd_per_hour\nown.small,0,1,1\n' >"$folder/bad.csv"
printf 'instance,usd_per_hour\nown.small,1\n' >"$folder/unsaid.csv"
short --prices "$folder/unsaid.csv"
record "$folder/run" 'i == {"type": None, "source": None, "count": 1}'
for table in bad none; do
    short --prices "$folder/$table.csv"
    record "$folder/run" 'i == {"type": None, "source": None, "count": 1}'
    one_line "--prices $table.csv" "$table.csv: "
done

# The table beside a program that was moved, or that was built in the source tree.
mkdir -p "$folder/moved/bin" "$folder/moved/share/skiff"
cp "$SKIFF" "$folder/moved/bin/skiff"
cp "$folder/large.csv" "$folder/moved/share/skiff/prices.csv"
"$folder/moved/bin/skiff" train --train "$train_file" --epochs 1 --quiet --out "$folder/run" ||
    complain "a program that was moved: $?"
record "$folder/run" 'i["type"] == "own.large"'

# A job's own type wins over the option; every host of it is billed, though one trains alone.
lesson cluster --hosts 2 --instance ml.c5.xlarge --hp epochs=1 --hp hosts=algo-1
completes --instance ml.other
record "$root/output/data" 'i == {"type": "ml.c5.xlarge", "source": "job", "count": 2}'
record "$root/output/data" 's["billable"] >= 2 and s["billable"] % 2 == 0'
# Local modes have types that nobody rents.
lesson local --instance local_cpu --hp epochs=1
completes --prices "$folder/large.csv"
record "$root/output/data" 'i["type"] == "own.large" and i["source"] == "guess"'
completes --instance ml.other
record "$root/output/data" 'i == {"type": "ml.other", "source": "option", "count": 1}'

# Time that a pipe took is billed and told.
lesson pipe --pipe train --hp epochs=1
timeout -k 5 60 "$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "pipe: $(cat "$folder/log")"
record "$root/output/data" 's["download"] > 0 and s["billable"] >= s["total"] + s["download"]'
finish
