#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff prep` beside the code that it replaces: pandas, LabelEncoder, medians, StandardScaler,
train_test_split, KFold. The lesson's own arrays from the lesson's own table (looked for under
SKIFF_REAL_DATA) and from the one that ships; then other divisions, each fitted on its own training
rows. Labels and rows must be equal, features to 1e-12.
"""

import gzip
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
    from sklearn.preprocessing import LabelEncoder, StandardScaler
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)
HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 1e-12
FEATURES = ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]
COMMAND = ["--target", "Survived", "--features", ",".join(FEATURES), "--fill", "Embarked=S"]
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text))


def skiff(path, out, *options, data=None):
    command = [SKIFF, "prep", path, "--out", out] + COMMAND + list(options)
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        check(False, "%s: %s" % (" ".join(command), done.stderr.decode()))
    return done.stdout.decode()


def theirs(people, train, test, fit):
    """X and y of both sides; medians and scales from the rows of `fit`."""
    t = people.copy()
    t["Embarked"] = t["Embarked"].fillna("S")
    for name in ("Sex", "Embarked"):
        t[name] = LabelEncoder().fit(t[name].iloc[fit]).transform(t[name])
    for name in ("Age", "Fare"):
        t[name] = t[name].fillna(t[name].iloc[fit].median())
    X, y = t[FEATURES].to_numpy(float), t["Survived"].to_numpy()
    X = StandardScaler().fit(X[fit]).transform(X)
    return [X[train], y[train]] + ([X[test], y[test]] if len(test) else [])


def ours(folder):
    arrays = []
    for part in ("train", "val"):
        path = os.path.join(folder, part + "_data.npz")
        if part == "train" or os.path.exists(path):
            with np.load(path) as z:
                arrays += [z["X_" + part], z["y_" + part]]
    return arrays


def compare(what, folder, want, dtype=np.float64):
    got = ours(folder)
    if len(got) != len(want):
        return check(False, "%s: %d arrays, wanted %d" % (what, len(got), len(want)))
    worst, good = 0.0, True
    for a, b in zip(got, want):
        good = good and a.shape == b.shape and a.dtype == (np.int64 if a.ndim == 1 else dtype)
        if not good:
            return check(False, "%s: %s %s, wanted %s" % (what, a.dtype, a.shape, b.shape))
        if a.ndim == 1:
            good = np.array_equal(a, b)
        elif dtype == np.float64:
            worst = max(worst, float(np.max(np.abs(a - b))))
            good = worst <= TOLERANCE
        else:
            worst = max(worst, float(np.max(np.abs(a - b) / (1 + np.abs(b)))))
            good = worst <= 1e-7
        if not good:
            return check(False, "%s: labels differ or features by %g" % (what, worst))
    rows = " + ".join(str(len(a)) for a in want[::2])
    check(True, "%s: %s rows, largest difference %.3g" % (what, rows, worst))


def divisions(people):
    """Options, the rows of either side."""
    y, index = people["Survived"], np.arange(len(people))
    yield ["--test_size", "0.25", "--random_state", "7"], train_test_split(index, test_size=0.25, random_state=7)
    yield ["--test_size", "100", "--stratify"], train_test_split(index, test_size=100, random_state=42, stratify=y)
    yield ["--test_size=0.3", "--no-shuffle"], train_test_split(index, test_size=0.3, shuffle=False)
    yield ["--test_size", "0"], (index, index[:0])


def check_table(name, path, folder):
    people = pd.read_csv(path)
    index = np.arange(len(people))
    train, test = train_test_split(index, test_size=0.2, random_state=42)
    out = os.path.join(folder, "all")
    said = skiff(path, out, "--fit_on", "all")
    compare("%s, the lesson's order" % name, out, theirs(people, train, test, index))
    check("%d rows to train on, %d held back" % (len(train), len(test)) in said, "%s: the rows are told" % name)
    out = os.path.join(folder, "train")
    skiff(path, out)
    compare("%s, fitted on the training rows" % name, out, theirs(people, train, test, train))
    out = os.path.join(folder, "single")
    skiff(path, out, "--dtype", "float32")
    compare("%s, float32" % name, out, theirs(people, train, test, train), np.float32)
    for number, (options, (train, test)) in enumerate(divisions(people)):
        out = os.path.join(folder, "d%d" % number)
        skiff(path, out, *options)
        compare("%s, %s" % (name, " ".join(options)), out, theirs(people, train, test, train))
    check_folds(name, path, folder, people)


def check_folds(name, path, folder, people):
    index = np.arange(len(people))
    kinds = [(["--no-shuffle"], KFold(5)), (["--random_state", "3"], KFold(5, shuffle=True, random_state=3))]
    kinds.append((["--stratify"], StratifiedKFold(5, shuffle=True, random_state=42)))
    for number, (options, folds) in enumerate(kinds):
        out = os.path.join(folder, "f%d" % number)
        skiff(path, out, "--folds", "5", *options)
        for fold, (train, test) in enumerate(folds.split(index, people["Survived"])):
            what = "%s, fold %d of %s" % (name, fold + 1, folds)
            compare(what, os.path.join(out, "fold%d" % (fold + 1)), theirs(people, train, test, train))


def check_ways_in(path, folder):
    """The same bytes from a pipe, from gzip, and for any number of threads."""
    with open(path, "rb") as file:
        text = file.read()
    zipped = os.path.join(folder, "people.csv.gz")
    with gzip.open(zipped, "wb") as file:
        file.write(text)
    ways = [("a pipe", "-", text, "1"), ("gzip", zipped, None, "1"), ("three threads", path, None, "3")]
    first = os.path.join(folder, "first")
    skiff(path, first, "--threads", "1")
    for what, source, data, threads in ways:
        out = os.path.join(folder, "way")
        skiff(source, out, "--threads", threads, data=data)
        for name in sorted(os.listdir(first)):
            with open(os.path.join(first, name), "rb") as a, open(os.path.join(out, name), "rb") as b:
                check(a.read() == b.read(), "%s: the same bytes of %s" % (what, name))


def main():
    shipped = os.path.join(HERE, "..", "..", "data", "passengers.csv")
    root = os.environ.get("SKIFF_REAL_DATA")
    with tempfile.TemporaryDirectory() as folder:
        check_table("the table that ships", shipped, os.path.join(folder, "shipped"))
        check_ways_in(shipped, folder)
        if root:
            path = os.path.join(root, "titanic", "titanic_train.csv")
            check_table("the lesson's table", path, os.path.join(folder, "real"))
            with np.load(os.path.join(folder, "real", "all", "train_data.npz")) as z:
                check(z["X_train"].shape == (569, 7), "the lesson's table: 569 rows to train on")
        else:
            print("skip the lesson's own table: SKIFF_REAL_DATA is not set")
    return 1 if failures else 0


sys.exit(main())
