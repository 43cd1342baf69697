#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a CSV comes to without an option of training, beside scikit-learn's MLPClassifier and
MLPRegressor with theirs, on the tables that scikit-learn has: accuracy or R2 on the same rows held
back. Networks of different draws differ by a few rows, so each table may fall behind by 5 % of
what can be reached, and all of them together by 1 %.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import warnings

try:
    from sklearn import datasets
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
BEHIND, BEHIND_IN_ALL = 0.05, 0.01


def tables():
    """Name, features, labels, and whether these are amounts."""
    for name in ("breast_cancer", "digits", "iris", "wine"):
        table = getattr(datasets, "load_" + name)()
        yield name, table.data, table.target, False
    table = datasets.load_diabetes()
    yield "diabetes", table.data, table.target, True
    yield ("regression", *datasets.make_regression(1500, 12, noise=10, random_state=0), True)
    yield ("friedman", *datasets.make_friedman1(2000, noise=0.5, random_state=0), True)


def of_sklearn(x, y, amounts):
    """As a careful user has it: scaled features and, for amounts, a scaled target."""
    x, x_held, y, y_held = train_test_split(x, y, test_size=0.2, random_state=42)
    scale = StandardScaler().fit(x)
    if amounts:
        y, y_held = (y - y.mean()) / y.std(), (y_held - y.mean()) / y.std()
    network = (MLPRegressor if amounts else MLPClassifier)(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 200 iterations were not enough
        network.fit(scale.transform(x), y)
    return network.score(scale.transform(x_held), y_held)


def of_skiff(folder, name, x, y, amounts):
    path, out = os.path.join(folder, name + ".csv"), os.path.join(folder, name)
    with open(path, "w", newline="", encoding="ascii") as file:
        to = csv.writer(file)
        to.writerow(["x%d" % i for i in range(x.shape[1])] + ["y"])
        to.writerows([*map(repr, map(float, row)), repr(float(label)) if amounts else int(label)]
                     for row, label in zip(x, y))  # fmt: skip
    subprocess.run([SKIFF, "train", "--data", path, "--target", "y", "--out", out, "--quiet"], check=True)
    with open(os.path.join(out, "metrics.json"), encoding="ascii") as file:
        return json.load(file)["val"]["r2" if amounts else "accuracy"]


def main():
    if not SKIFF:
        print("skip: SKIFF does not name the program")
        return 77
    failed, behind = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, x, y, amounts in tables():
            theirs, ours = of_sklearn(x, y, amounts), of_skiff(folder, name, x, y, amounts)
            behind.append(theirs - ours)
            good = behind[-1] <= BEHIND
            failed += not good
            print("%s %s: %s %.3f, scikit-learn %.3f; behind by %.3f, allowed %.2f"
                  % ("ok  " if good else "FAIL", name, "R2" if amounts else "accuracy", ours, theirs,
                     behind[-1], BEHIND), flush=True)  # fmt: skip
    mean = sum(behind) / len(behind)
    failed += mean > BEHIND_IN_ALL
    print("%s in all: behind by %.4f, allowed %.2f"
          % ("FAIL" if mean > BEHIND_IN_ALL else "ok  ", mean, BEHIND_IN_ALL))  # fmt: skip
    return 1 if failed else 0


sys.exit(main())
