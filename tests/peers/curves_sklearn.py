#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff eval --json --curves` beside scikit-learn's roc_curve, precision_recall_curve and
calibration_curve and numpy's histogram, on the same files: random and adversarial scores.

|skiff - sklearn| <= 1e-12 * max(1, |sklearn|) for every number, and as many points. The first ROC
threshold, which scikit-learn 1.2 makes up as the highest score plus 1, is null here, as 1.3 has
infinity."""

import json
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import sklearn
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import precision_recall_curve, roc_curve
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)

TOLERANCE = 1e-12
warnings.simplefilter("ignore")
checks = failures = 0
worst = (0.0, "")


def fail(text):
    global failures
    failures += 1
    print(f"FAIL {text}")


def compare(where, ours, theirs):
    """Lists of numbers; null stands for what is not finite."""
    global checks, worst
    checks += len(theirs)
    if len(ours) != len(theirs):
        fail(f"{where}: skiff has {len(ours)} values, sklearn {len(theirs)}")
        return
    a = np.array([np.nan if x is None else x for x in ours], "f8")
    b = np.asarray(theirs, "f8")
    b = np.where(np.isfinite(b), b, np.nan)
    error = np.abs(a - b) / np.maximum(1, np.abs(b))
    error[np.isnan(a) & np.isnan(b)] = 0
    error[np.isnan(a) != np.isnan(b)] = np.inf
    at = int(np.argmax(error)) if len(b) else 0
    if len(b) and error[at] > worst[0]:
        worst = (float(error[at]), where)
    if len(b) and error[at] > TOLERANCE:
        fail(f"{where}[{at}]: skiff {ours[at]!r}, sklearn {theirs[at]!r}, tolerance {TOLERANCE}")


def curves(path, *options):
    done = subprocess.run([SKIFF, "eval", "--scores", path, "--json", "--curves", *options],
                          capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{path}: {done.stderr.strip()}")
        return None
    return json.loads(done.stdout)["curves"]


def check_calibration(where, ours, y, s):
    if s.min() < 0 or s.max() > 1:
        if ours["calibration"] is not None or ours["histogram"] is not None:
            fail(f"{where}: scores outside 0 to 1 have a calibration")
        return
    bins = ours["calibration"]["bins"]
    full = [b for b in bins if b["count"]]
    rate, score = calibration_curve(y, s, n_bins=10, pos_label=1)
    compare(f"{where}: calibration rate", [b["rate"] for b in full], rate)
    compare(f"{where}: calibration score", [b["score"] for b in full], score)
    inside = np.searchsorted(np.linspace(0, 1, 11)[1:-1], s)
    compare(f"{where}: counts", [b["count"] for b in bins], np.bincount(inside, minlength=10))
    share = np.array([b["count"] for b in full]) / len(s)
    compare(f"{where}: calibration error", [ours["calibration"]["error"]],
            [np.sum(share * np.abs(rate - score))])
    for name, label in (("positive", 1), ("negative", 0)):
        # in double, as numpy finds the bins of other types by rounded arithmetic
        expected = np.histogram(s[y == label].astype("f8"), bins=20, range=(0, 1))[0]
        compare(f"{where}: histogram {name}", ours["histogram"][name], expected)


def check(where, ours, y, s):
    fpr, tpr, threshold = roc_curve(y, s, pos_label=1)
    compare(f"{where}: fpr", ours["roc"]["fpr"], fpr)
    compare(f"{where}: tpr", ours["roc"]["tpr"], tpr)
    compare(f"{where}: roc threshold", ours["roc"]["threshold"][1:], threshold[1:])
    if ours["roc"]["threshold"][0] is not None:
        fail(f"{where}: the first threshold is {ours['roc']['threshold'][0]}")
    precision, recall, threshold = precision_recall_curve(y, s, pos_label=1)
    compare(f"{where}: precision", ours["pr"]["precision"], precision)
    compare(f"{where}: recall", ours["pr"]["recall"], recall)
    compare(f"{where}: pr threshold", ours["pr"]["threshold"], [*threshold, np.inf])
    check_calibration(where, ours, y, s)


def cases(rng):
    for n in (1, 2, 3, 4, 7, 10, 100, 143, 1000, 4097):
        y = rng.integers(0, 2, n)
        yield f"random n={n}", rng.random(n), y
        yield f"one decimal n={n}", np.round(rng.random(n), 1), y
        yield f"edges n={n}", rng.integers(0, 21, n) / 20, y
        yield f"beside the edges n={n}", np.clip(np.nextafter(
            rng.integers(0, 21, n) / 20, rng.integers(-1, 3, n).astype(float)), 0, 1), y
        yield f"constant n={n}", np.full(n, 0.3), y
        yield f"all ones n={n}", rng.random(n), np.ones(n, int)
        yield f"all zeros n={n}", rng.random(n), np.zeros(n, int)
        yield f"0 and 1 n={n}", rng.integers(0, 2, n).astype(float), y
        yield f"extremes n={n}", rng.choice([0, 1, 1e-300, 1e-16, 1e-8, 1 - 1e-8, 1 - 1e-16], n), y
        yield f"perfect n={n}", y * 1.0, y
        yield f"inverted n={n}", 1.0 - y, y
        yield f"in runs n={n}", np.sort(rng.random(n)), np.arange(n) // 3 % 2
        yield f"logits n={n}", rng.normal(0, 3, n), y
        yield f"signed zeros n={n}", rng.choice([0.0, -0.0, 5e-324], n), y
    n = 50_000
    p = 1 / (1 + np.exp(-rng.normal(0, 2, n)))
    y = (rng.random(n) < p).astype(int)
    yield "50k rows", p, y
    yield "50k rows, ties", np.round(p, 2), y


def main():
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "scores.npz")
        for name, scores, y in cases(rng):
            for dtype in ("f8", "f4"):
                s = np.asarray(scores, dtype)
                np.savez(path, scores=s, y=y)
                ours = curves(path)
                if ours:
                    check(f"{name} {dtype}", ours, y, s)
        for k, n in ((2, 1), (3, 5), (3, 500), (10, 2000)):
            p = rng.dirichlet(np.ones(k), n)
            y = rng.integers(0, k, n)
            np.savez(path, scores=p, y=y)
            ours = curves(path, "--task", "multiclass") or []
            if len(ours) != k:
                fail(f"{k} classes: {len(ours)} curves")
            for c, one in enumerate(ours):
                check(f"class {c} of {k}, n={n}", one, (y == c).astype(int), p[:, c])
    print(f"{checks} numbers compared with scikit-learn {sklearn.__version__}, tolerance "
          f"{TOLERANCE} * max(1, |x|), largest error {worst[0]:.2g} ({worst[1]}), "
          f"{failures} failures")
    return 1 if failures or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
