#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A CSV read by skiff and by pandas.read_csv, beside each other in one run.

    make -C build tests/peers/frame_driver
    DRIVER=build/tests/peers/frame_driver /usr/bin/python3 bench/read_csv.py

The table has 20 columns: 5 of numbers with all their digits, 4 of prices with two, 5 of integers,
4 of short texts, one of 500 cities, one of ages with a fifth missing. Contestants take turns; only
the reading is timed, in the process that reads, after its imports. "Times faster" is pandas' time
over the reader's of the same repeat: the median, the lowest and the highest. Every value is compared
first: exit status 1 where one differs. Peak memory is that of the process, start-up included.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

DRIVER = os.path.abspath(os.environ.get("DRIVER", "tests/peers/frame_driver"))
PANDAS = """
import sys, time
import pandas
start, cpu = time.perf_counter(), time.process_time()
pandas.read_csv(sys.argv[1], %s)
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def make(path, rows):
    rng = np.random.default_rng(1)
    columns = {}
    for i in range(5):
        columns["float%d" % i] = rng.normal(size=rows)
    for i in range(4):
        columns["price%d" % i] = np.round(rng.normal(50, 20, rows), 2)
    for i in range(5):
        columns["int%d" % i] = rng.integers(0, 10 ** (i + 1), rows)
    words = np.array(["alpha", "beta", "gamma", "a longer category", "S", "C", "Q"])
    for i in range(4):
        columns["text%d" % i] = words[rng.integers(0, len(words), rows)]
    columns["city"] = np.array(["city %d" % k for k in range(500)])[rng.integers(0, 500, rows)]
    age = rng.normal(30, 10, rows).round(1)
    age[rng.random(rows) < 0.2] = np.nan
    columns["age"] = age
    pd.DataFrame(columns).to_csv(path, index=False)


def same(path, folder):
    """Are skiff's columns pandas'?"""
    out = os.path.join(folder, "out.npz")
    subprocess.run([DRIVER, path, out, "2"], check=True)
    want = pd.read_csv(path, float_precision="round_trip")
    with np.load(out) as archive:
        meta = json.loads(bytes(archive["meta.json"]))
        for i, name in enumerate(want.columns):
            got, theirs = archive[str(i)], want[name].to_numpy()
            if meta["columns"][i]["kind"] == "text":
                got = np.array(meta["columns"][i]["texts"], object)[got]
                if not (got == theirs).all():
                    return False
            elif not np.array_equal(got, theirs.astype("f8"), equal_nan=True):
                return False
    return meta["rows"] == len(want)


def timed(command):
    """What the command says it took in seconds, by the wall and of processors, and its peak MB."""
    between = ("import os, subprocess, sys\n"
               "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
               "said = child.stdout.read()\n"
               "usage = os.wait4(child.pid, 0)[2]\n"
               "print(said.strip(), usage.ru_maxrss // 1024)\n")  # fmt: skip
    words = subprocess.run([sys.executable, "-S", "-E", "-c", between, *command], check=True,
                           capture_output=True, text=True).stdout.split()  # fmt: skip
    return float(words[0]), float(words[1]), int(words[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", help="append the results as a line of JSON")
    options = parser.parse_args()
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        path = os.path.join(folder, "table.csv")
        make(path, options.rows)
        good = same(path, folder)
        size = os.path.getsize(path)
        everyone = {
            "pandas": [sys.executable, "-c", PANDAS % "", path],
            "pandas, round_trip": [sys.executable, "-c", PANDAS % "float_precision='round_trip'", path],
            "skiff, 1 thread": [DRIVER, path, "-", "1"],
            "skiff, 2 threads": [DRIVER, path, "-", "2"],
        }  # fmt: skip
        results = {name: [] for name in everyone}
        for _ in range(options.repeats):
            for name, command in everyone.items():
                results[name].append(timed(command))
    print("%d rows x 20 columns, %.0f MB; the matrix of its float32 values is %.0f MB\n"
          % (options.rows, size / 1e6, options.rows * 80 / 1e6))
    print("| reader | seconds, fastest | median | slowest | CPU seconds, fastest | times faster than"
          " pandas | peak MB |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for name, taken in results.items():
        walls, cpus, peaks = zip(*taken)
        times = [other[0] / mine for other, mine in zip(results["pandas"], walls)]
        print("| %s | %.3f | %.3f | %.3f | %.3f | %.1f [%.1f, %.1f] | %d |" % (
            name, min(walls), statistics.median(walls), max(walls), min(cpus),
            statistics.median(times), min(times), max(times), max(peaks)))  # fmt: skip
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.write(json.dumps({"bench": "csv", "rows": options.rows, "bytes": size,
                                   "pandas": pd.__version__, "results": results}) + "\n")  # fmt: skip
    print("\nall values equal" if good else "\nFAIL: a value differs")
    return 0 if good else 1


sys.exit(main())
