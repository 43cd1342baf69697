#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bench/compare.py on its cheapest rows: table and JSON say the same, losses that differ end it
with status 1, and a peer that is not installed is said in its row."""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

try:
    import sklearn  # noqa: F401
    import torch  # noqa: F401
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "..", "..", "bench")
COMPARE = os.path.join(BENCH, "compare.py")
sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, BENCH)
import contest  # noqa: E402

COLUMNS = ["work", "threads", "skiff", "beside", "takes", "times faster", "also"]
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text), flush=True)


def compare(rows, folder, **environment):
    """Exit status, rows of the table as dictionaries, JSON lines."""
    path = os.path.join(folder, rows + ".jsonl")
    command = [sys.executable, COMPARE, "--short", "--rows", rows, "--repeats", "2", "--threads",
               "1", "--python", sys.executable, "--json", path]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300,
                          env=dict(os.environ, BENCH_COMMIT="tested", **environment))  # fmt: skip
    cells = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in done.stdout.splitlines() if line.startswith("|")]  # fmt: skip
    check(cells[:1] == [COLUMNS], "%s: exit %d, header %s, %r" % (rows, done.returncode, cells[:1],
                                                                  done.stderr[-500:]))  # fmt: skip
    lines = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        os.remove(path)
    return done.returncode, [dict(zip(COLUMNS, row)) for row in cells[2:]], lines


def shown(value):
    return "%.3g" % value if value < 100 else "%.0f" % value


def compare_equal(folder):
    status, table, lines = compare("start", folder)
    check(status == 0, "same losses: exit %d, wanted 0" % status)
    check(len(table) == len(lines) == 2, "%d rows, %d lines, wanted 2" % (len(table), len(lines)))
    for row, line in zip(table, lines):
        sides = line["skiff"], line["peer"]
        each = [b / a for a, b in zip(sides[0]["each"], sides[1]["each"])]
        want = dict(median=statistics.median(each), lowest=min(each), highest=max(each))
        check(len(each) == 2 and line["times_faster"] == want,
              "ratios %s of %d repeats, wanted %s" % (line["times_faster"], len(each), want))
        text = "%s (%s to %s)" % tuple(shown(want[k]) for k in ("median", "lowest", "highest"))
        check(row["times faster"] == text, "table %r, JSON %r" % (row["times faster"], text))
        check("same losses" in row["also"] and line["verified"] is True, row["also"])
        peaks = [side["peak_memory_bytes"] / 2**20 for side in sides]
        check(0.5 < peaks[0] < peaks[1], "peak MiB: skiff %.3g, torch %.3g" % tuple(peaks))
        about = [line[key] for key in ("commit", "cpu", "level", "repeats", "short", "date")]
        about += [line["skiff"]["version"], line["libraries"]["torch"]]
        check(about[0] == "tested" and all(about), "about: %s" % about)
        check([side["threads"] for side in sides] == [1, 1], "threads of both, wanted 1")


def compare_different(folder):
    """A skiff that starts from other weights."""
    wrapper = os.path.join(folder, "skiff")
    with open(wrapper, "w", encoding="utf-8") as file:
        file.write('#!/bin/sh\nexec "%s" "$@" --seed 1\n' % os.path.abspath(os.environ["SKIFF"]))
    os.chmod(wrapper, 0o755)
    status, table, lines = compare("start", folder, SKIFF=wrapper)
    check(status == 1, "other losses: exit %d, wanted 1" % status)
    check(all("LOSSES DIFFER" in row["also"] for row in table) and table, "said in the table")
    check([line["verified"] for line in lines] == [False] * len(table), "said in the JSON")


def differences():
    """One loss of one repeat that is no number, or is missing, is not overlooked."""
    case = contest.Case("case", "work", [], tolerance=1e-4, losses=2)
    good = [[0.5, 0.25], [0.5, 0.25], [0.5, 0.25]]
    for at, losses, want in (
        (0, [0.5, 0.25], 0), (2, [0.5, 0.75], 0.5), (1, [2.5, 0.25], 2), (1, [0.5], None),
        (0, [], None), (0, [math.nan, 0.25], math.nan), (1, [0.5, math.nan], math.nan),
        (2, [math.nan, math.nan], math.nan), (1, [math.inf, 0.25], math.inf),
    ):  # fmt: skip
        other = good[:at] + [losses] + good[at + 1 :]
        for pair in ((good, other), (other, good)):
            sides = [contest.Side("", 1, [], None, [contest.Sample(1.0, 1, of) for of in run])
                     for run in pair]  # fmt: skip
            got = case.apart(*sides)
            check(repr(got) == repr(want) or got == want, "apart %s, wanted %s" % (got, want))
    check(not case.same(math.nan) and not case.same(None), "NaN and nothing are not the same")


def compare_missing(folder):
    """A Python whose xgboost cannot be imported."""
    hidden = os.path.join(folder, "hidden")
    os.makedirs(hidden)
    with open(os.path.join(hidden, "xgboost.py"), "w", encoding="utf-8") as file:
        file.write('raise ImportError("hidden from the test")\n')
    status, table, lines = compare("others", folder, PYTHONPATH=hidden)
    check(status == 0 and len(table) == 2, "exit %d, %d rows" % (status, len(table)))
    check("accuracy" in table[0]["also"], "scikit-learn: %s" % table[0]["also"])
    check("hidden from the test" in table[1]["also"], "xgboost: %s" % table[1]["also"])
    check("hidden" in lines[1]["peer"].get("missing", ""), "xgboost, JSON: %s" % lines[1]["peer"])


def refuse(why, arguments, **environment):
    done = subprocess.run([sys.executable, COMPARE, "--short"] + arguments, capture_output=True,
                          text=True, timeout=300, env=dict(os.environ, **environment))  # fmt: skip
    check(done.returncode in (1, 2) and why in done.stderr and "Traceback" not in done.stderr,
          "%s %s: exit %d, %s" % (arguments, environment, done.returncode, done.stderr.strip()))


def compare_refused(folder):
    refuse("no row has 'nonesuch'", ["--rows", "nonesuch"])
    refuse("set SKIFF", [], SKIFF=os.path.join(folder, "nothing"))
    refuse("no train_data.npz", ["--rows", "lesson", "--data", folder])


def main():
    if not os.environ.get("SKIFF"):
        print("skip: SKIFF does not name the program")
        sys.exit(77)
    differences()
    with tempfile.TemporaryDirectory(prefix="skiff-bench-") as folder:
        compare_equal(folder)
        compare_different(folder)
        compare_missing(folder)
        compare_refused(folder)
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


main()
