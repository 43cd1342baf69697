#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/run on a few small cases: its lines are JSON with the figures that they promise, everything
# is verified, and an expectation that was falsified (--wrong) is found out, in each suite. No time
# is judged here.
set -u
program=${SKIFF_BUILDDIR:-}/bench/run
[ -x "$program" ] || { echo "skipped: SKIFF_BUILDDIR has no bench/run"; exit 77; }
python=${PYTHON3:-python3}
"$python" -c 'import json' 2>/dev/null || { echo "skipped: no python3"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
status=0

complain() {
    echo "FAIL: $*"
    status=1
}

# bench STATUS ARGUMENT...: a short run that must end so; its output is in $folder/out and err.
bench() {
    expected=$1
    shift
    BENCH_COMMIT='a "commit"' "$program" --short --rounds 2 --gemm own --dir "$folder" "$@" \
        >"$folder/out" 2>"$folder/err"
    got=$?
    [ $got -eq "$expected" ] ||
        complain "bench/run $*: exit status $got, expected $expected: $(cat "$folder/err")"
}

# lines CASES [TEXT]: so many JSON lines besides the reference cases; each is verified but for those
# whose case contains TEXT, of which there is at least one.
lines() {
    "$python" - "$folder/out" "$@" <<'END_OF_CHECK' || status=1
import json, sys
out, count, wrong = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None
lines = [json.loads(line) for line in open(out)]
cases = [l for l in lines if l["case"] not in ("fma peak", "L2 stream")]
bad = []
if len(cases) != count:
    bad.append("%d cases, expected %d" % (len(cases), count))
for l in lines:
    expected = wrong is None or wrong not in l["case"]
    if l["verified"] is not expected:
        bad.append("%s: verified %s, expected %s" % (l["case"], l["verified"], expected))
    if not 0 < l["best_us"] <= l["median_us"] or l["spread_percent"] < 0:
        bad.append("%s: best, median, spread: %s" % (l["case"], l))
    if l["commit"] != 'a "commit"' or l["rounds"] != 2 or not l["cpu"] or l["date"][:2] != "20" or l["load"] < 0 or l["threads"] < 1 or l["gemm"] != "own":
        bad.append("%s: origin: %s" % (l["case"], l))
    if ("gflops" in l and l["level"] != "none") != ("peak_percent" in l):
        bad.append("%s: gflops without peak_percent: %s" % (l["case"], l))
    if ("floor_us" in l) != ("floor_ratio" in l) or ("base" in l) != ("base_ratio" in l):
        bad.append("%s: floor or base without ratio: %s" % (l["case"], l))
    if l["suite"] == "train" and l in cases and "floor_us" not in l:
        bad.append("%s: no floor: %s" % (l["case"], l))
if wrong is not None and not any(wrong in l["case"] for l in cases):
    bad.append("no case contains '%s'" % wrong)
for text in bad:
    print("FAIL:", text)
sys.exit(1 if bad else 0)
END_OF_CHECK
}

# found_out CASES TEXT ARGUMENT...: with --wrong TEXT those cases fail, and stderr names them.
found_out() {
    cases=$1
    wrong=$2
    shift 2
    bench 1 "$@" --wrong "$wrong"
    lines "$cases" "$wrong"
    grep -q "^bench: .*$wrong.* \(expected\|at most\) " "$folder/err" ||
        complain "--wrong '$wrong': not in: $(cat "$folder/err")"
}

bench 0 --suite kern --case 72x
lines 4
found_out 4 "32x32x64" --suite kern --case "32x"

# Every kind of case is verified round by round, not once: --late falsifies the last round alone.
bench 1 --suite kern --late --wrong " "
lines 23 " "

# One thread and two give the same bytes, alone, by the whole loop and for plain sums' own sake.
bench 0 --suite train --case "lesson" --threads 1,2
lines 5
found_out 2 "step 32" --suite train --case "step 32 " --threads 1,2
bench 0 --suite train --case "10000 steps" --threads 1,2
lines 2
found_out 1 "10000 steps" --suite train --case "10000 steps" --threads 1

bench 0 --suite load --case "float32 stored"
lines 2
found_out 2 "float64" --suite load --case "float64 stored"
left=$(find "$folder" -name 'skiff-bench*')
[ -z "$left" ] || complain "data files are left: $left"

# The table, the JSON file, the options.
bench 0 --suite kern --case "dot" --table --json "$folder/lines"
grep -q "^dot 569x32 .* yes$" "$folder/out" || complain "no table: $(cat "$folder/out")"
grep -q '^kern: ..*, [0-9]* cores*, commit a "commit", 20[0-9-]*, level [a-z0-9]*, load [0-9.]*, 2 rounds$' \
    "$folder/out" || complain "no origin: $(cat "$folder/out")"
cp "$folder/lines" "$folder/out"
lines 1
bench 0 --help
grep -q -e "--wrong" "$folder/out" || complain "--help: $(cat "$folder/out")"
bench 2 --suite everything
bench 2 --cases dot
bench 2 --case "no such case"
bench 1 --level sse9
[ $status -eq 0 ] && echo "passed"
exit $status
