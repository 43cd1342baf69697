#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A CSV prepared for training, and predicted, by skiff and by pandas with scikit-learn and torch,
beside each other in one run.

    SKIFF=./skiff /usr/bin/python3 bench/prep.py

The table has 20 columns and a target of two classes: 5 numbers with all their digits, 4 prices with
two, 5 integers, a twentieth of all of them missing, and 6 texts of 3 to 500 kinds. `prep`: medians and
most frequent texts for what is missing, texts by their place in sorted order, everything
standardised, a fifth of the rows held back, and both sides saved as .npz. `predict`: the same for
every row of the CSV by a preparation and a network (64-32) that are there already, probabilities
written as CSV.

Contestants take turns. Of the peers, which start as Python, the work is timed after the imports; of
skiff all of the process. "Times faster" is the peer's time over skiff's of the same repeat: the
median, the lowest and the highest. Results are compared first: exit status 1 where rows differ, or
features by more than 1e-10 (what numpy's sums of a million rows lose), probabilities by more than
1e-5. CPU seconds are those of all threads in the time that counts. Peak memory is that of the process,
start-up and libraries included.
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

SKIFF = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
NUMBERS, TEXTS, HIDDEN = 14, 6, (64, 32)

STEPS = """
import pickle, sys, time
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
path, folder = sys.argv[1:]
start, cpu = time.perf_counter(), time.process_time()
table = pd.read_csv(path)
y = table.pop("target").to_numpy()
numbers = list(table.columns[:%d])
texts = list(table.columns[%d:])
train, val, y_train, y_val = train_test_split(table, y, test_size=0.2, random_state=42)
steps = make_pipeline(
    ColumnTransformer([
        ("numbers", SimpleImputer(strategy="median"), numbers),
        ("texts", make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder()), texts)]),
    StandardScaler())
np.savez(folder + "/train_data.npz", X_train=steps.fit_transform(train), y_train=y_train)
np.savez(folder + "/val_data.npz", X_val=steps.transform(val), y_val=y_val)
print(time.perf_counter() - start, time.process_time() - cpu)
with open(folder + "/steps.pickle", "wb") as file:
    pickle.dump(steps, file)
""" % (NUMBERS, NUMBERS)  # fmt: skip

FORWARD = """
import pickle, sys, time
import numpy as np
import pandas as pd
import sklearn.compose, sklearn.impute, sklearn.pipeline, sklearn.preprocessing
import torch
path, folder, model, out, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
start, cpu = time.perf_counter(), time.process_time()
weights = torch.load(model)
with open(folder + "/steps.pickle", "rb") as file:
    steps = pickle.load(file)
table = pd.read_csv(path)
x = torch.from_numpy(steps.transform(table.drop(columns="target")).astype("f4"))
with torch.no_grad():
    for i in range(1, 3):
        x = torch.relu(torch.nn.functional.linear(x, weights["fc%d.weight" % i], weights["fc%d.bias" % i]))
    p = torch.sigmoid(torch.nn.functional.linear(x, weights["fc3.weight"], weights["fc3.bias"]))[:, 0].numpy()
pd.DataFrame({"probability": p, "label": (p >= 0.5).astype(int)}).to_csv(out, index=False, float_format="%.9g")
print(time.perf_counter() - start, time.process_time() - cpu)
"""

# A small process starts the others, so that their peak memory is not that of the one that forks.
BETWEEN = """
import os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
said = child.stdout.read()
status, usage = os.wait4(child.pid, 0)[1:]
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, status, said)
"""


def make(path, rows):
    rng = np.random.default_rng(1)
    columns = {}
    for i in range(5):
        columns["float%d" % i] = rng.normal(size=rows)
    for i in range(4):
        columns["price%d" % i] = np.round(rng.normal(50, 20, rows), 2)
    for i in range(5):
        columns["int%d" % i] = rng.integers(0, 10 ** (i + 1), rows).astype("f8")
    target = columns["float0"] + columns["price0"] / 20 + rng.normal(size=rows) > 2.5
    missing = {name: rng.random(rows) < 0.05 for name in columns}
    words = np.array(["alpha", "beta", "gamma", "a longer category", "S", "C", "Q"])
    for i in range(5):
        columns["text%d" % i] = words[: 3 + i][rng.integers(0, 3 + i, rows)]
    columns["city"] = np.array(["city %d" % k for k in range(500)])[rng.integers(0, 500, rows)]
    table = pd.DataFrame(columns)
    for i in range(5):
        table["int%d" % i] = table["int%d" % i].astype("Int64")
    for name, gone in missing.items():
        table.loc[gone, name] = pd.NA if name.startswith("int") else np.nan
    table["target"] = target.astype(int)
    table.to_csv(path, index=False)


def timed(command, inside):
    """Seconds by the wall and of processors, as the process says (`inside`) or as seen from outside,
    and its peak MB."""
    words = subprocess.run([sys.executable, "-S", "-E", "-c", BETWEEN, *command], check=True,
                           capture_output=True, text=True).stdout.split()  # fmt: skip
    if int(words[3]):
        sys.exit("%s: exit status %s" % (" ".join(command[:3]), words[3]))
    wall, cpu = words[4:6] if inside else words[:2]
    return float(wall), float(cpu), int(words[2])


def same_arrays(ours, theirs):
    for part in ("train", "val"):
        with np.load("%s/%s_data.npz" % (ours, part)) as a, np.load("%s/%s_data.npz" % (theirs, part)) as b:
            x, want = a["X_" + part], b["X_" + part]
            if x.shape != want.shape or not np.array_equal(a["y_" + part], b["y_" + part]):
                return False
            if not (np.abs(x - want) <= 1e-10 * np.maximum(1, np.abs(want))).all():
                return False
    return True


def same_predictions(ours, theirs):
    a, b = (pd.read_csv(path)["probability"].to_numpy() for path in (ours, theirs))
    return a.shape == b.shape and np.abs(a - b).max() <= 1e-5


def contest(everyone, repeats):
    """[(seconds, CPU seconds, MB)] of each contestant: name to command."""
    results = {name: [] for name in everyone}
    for _ in range(repeats):
        for name, command in everyone.items():
            results[name].append(timed(command, not name.startswith("skiff")))
    return results


def show(title, results):
    peer = next(iter(results))
    print("| %s | seconds, fastest | median | slowest | CPU seconds, fastest | times faster than %s | peak MB |\n|---|---|---|---|---|---|---|"
          % (title, peer))  # fmt: skip
    for name, taken in results.items():
        walls, cpus, peaks = zip(*taken)
        times = [other[0] / mine for other, mine in zip(results[peer], walls)]
        print("| %s | %.3f | %.3f | %.3f | %.2f | %.1f [%.1f, %.1f] | %d |" % (
            name, min(walls), statistics.median(walls), max(walls), min(cpus),
            statistics.median(times), min(times), max(times), max(peaks)))  # fmt: skip
    print()


def race(folder, rows, repeats):
    """Results by contest, and whether both sides agree."""
    at = lambda *names: os.path.join(folder, *names)  # noqa: E731
    path = at("table.csv")
    make(path, rows)
    os.mkdir(at("theirs"))
    preps = {"pandas + scikit-learn": [sys.executable, "-c", STEPS, path, at("theirs")]}
    for n in (1, 2):
        preps["skiff, %d thread%s" % (n, "s" * (n > 1))] = [
            SKIFF, "prep", path, "--target", "target", "--out", at("ours"), "--threads", str(n)]  # fmt: skip
    results = {"prep": contest(preps, repeats)}
    good = same_arrays(at("ours"), at("theirs"))
    subprocess.run([SKIFF, "train", "--train", at("ours", "train_data.npz"), "--prep", at("ours", "prep.json"),
                    "--epochs", "1", "--batch_size", "1024", "--hidden", ",".join(map(str, HIDDEN)), "--out",
                    at("run")], check=True, capture_output=True)  # fmt: skip
    predicts = {}
    for n in (1, 2):
        predicts["pandas + scikit-learn + torch, %d" % n] = [
            sys.executable, "-c", FORWARD, path, at("theirs"), at("run", "nn_model.pth"), at("theirs.csv"), str(n)]  # fmt: skip
        predicts["skiff, %d" % n] = [SKIFF, "predict", at("run", "model.npz"), path, "--out", at("ours.csv"),
                                     "--threads", str(n)]  # fmt: skip
    results["predict"] = contest(predicts, repeats)
    return results, good and same_predictions(at("ours.csv"), at("theirs.csv")), os.path.getsize(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", help="append the results as a line of JSON")
    options = parser.parse_args()
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        results, good, size = race(folder, options.rows, options.repeats)
    print("%d rows x %d columns, %.0f MB; the matrix of their features is %.0f MB\n"
          % (options.rows, NUMBERS + TEXTS, size / 1e6, options.rows * 8 * (NUMBERS + TEXTS) / 1e6))  # fmt: skip
    show("prep", results["prep"])
    show("predict, threads", results["predict"])
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.write(json.dumps({"bench": "prep", "rows": options.rows, "bytes": size,
                                   "pandas": pd.__version__, "results": results}) + "\n")  # fmt: skip
    print("rows, features and probabilities agree" if good else "FAIL: results differ")
    return 0 if good else 1


sys.exit(main())
