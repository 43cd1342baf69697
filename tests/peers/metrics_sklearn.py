#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff eval --json` beside scikit-learn on the same files: random and adversarial scores.

Every number of skiff's JSON is compared: |skiff - sklearn| <= 1e-12 * max(1, |sklearn|), counts
exactly. Where scikit-learn raises, skiff must print null. scikit-learn is asked with
labels=[0, 1] (or all classes) where it could not know them from the truth alone.
"""
import json
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import sklearn
    from sklearn import metrics as sk
except ImportError as error:
    print(f"skip: {error}")
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)
if tuple(int(x) for x in sklearn.__version__.split(".")[:2]) < (1, 2):
    print(f"skip: scikit-learn {sklearn.__version__} clips the log loss otherwise; 1.2 is needed")
    sys.exit(77)

TOLERANCE = 1e-12
warnings.simplefilter("ignore")
checks = 0
failures = 0
worst = (0.0, "")


def or_none(function, *args, **kwargs):
    """The value, or None where scikit-learn raises or returns a NaN."""
    try:
        value = float(function(*args, **kwargs))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def compare(where, ours, theirs):
    global checks, failures, worst
    if isinstance(theirs, list) and not isinstance(theirs[0], list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            failures += 1
            print(f"FAIL {where}: skiff {ours!r}, sklearn {theirs!r}")
            return
        for i, (a, b) in enumerate(zip(ours, theirs)):
            compare(f"{where}[{i}]", a, b)
        return
    checks += 1
    if ours is None or theirs is None or isinstance(theirs, (int, str, list)):
        good = ours == theirs
        error = 0.0
    else:
        error = abs(ours - theirs) / max(1.0, abs(theirs))
        good = error <= TOLERANCE
    if error > worst[0]:
        worst = (error, where)
    if not good:
        failures += 1
        print(f"FAIL {where}: skiff {ours!r}, sklearn {theirs!r}, tolerance {TOLERANCE}")


def run(path, *options):
    done = subprocess.run([SKIFF, "eval", "--scores", path, "--json", *options],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return {"error": done.stderr.strip()}
    return json.loads(done.stdout)


def compare_all(where, ours, theirs):
    if sorted(ours) != sorted(theirs):
        global failures
        failures += 1
        print(f"FAIL {where}: skiff's keys {sorted(ours)} ({ours.get('error', '')}), "
              f"expected {sorted(theirs)}")
        return
    for key, value in theirs.items():
        compare(f"{where}: {key}", ours[key], value)


def binary_truth(scores, y, threshold):
    called = (scores > threshold).astype(int)
    tn, fp, fn, tp = (int(x) for x in sk.confusion_matrix(y, called, labels=[0, 1]).ravel())
    return {
        "task": "binary", "n": len(y), "positives": int(np.sum(y)), "threshold": threshold,
        "accuracy": or_none(sk.accuracy_score, y, called),
        "precision": or_none(sk.precision_score, y, called),
        "recall": or_none(sk.recall_score, y, called),
        "f1": or_none(sk.f1_score, y, called),
        "auroc": or_none(sk.roc_auc_score, y, scores),
        "ap": or_none(sk.average_precision_score, y, scores),
        "log_loss": or_none(sk.log_loss, y, scores, labels=[0, 1]),
        "brier": or_none(sk.brier_score_loss, y, scores, pos_label=1),
        "confusion": [[tn, fp], [fn, tp]],
    }


def write_csv(path, scores, y):
    with open(path, "w") as f:
        f.write("label,score\n")
        f.writelines(f"{int(b)},{float(a)!r}\n" for a, b in zip(scores, y))


def check_binary(folder, name, scores, y, threshold=0.5):
    options = [] if threshold == 0.5 else ["--threshold", repr(threshold)]
    y = np.asarray(y)
    for dtype in ("f8", "f4"):
        path = os.path.join(folder, "binary.npz")
        s = np.asarray(scores, dtype)
        shape = (-1, 1) if len(y) % 2 else (-1,)
        np.savez(path, scores=s.reshape(shape), y=y.reshape(shape))
        compare_all(f"{name} {dtype}", run(path, *options), binary_truth(s, y, threshold))
    path = os.path.join(folder, "binary.csv")
    s = np.asarray(scores, "f8")
    write_csv(path, s, y)
    compare_all(f"{name} csv", run(path, *options), binary_truth(s, y, threshold))


def binary_cases(rng):
    for n in (1, 2, 3, 5, 7, 8, 9, 15, 127, 128, 129, 143, 255, 1000, 4097):
        y = rng.integers(0, 2, n)
        yield f"random n={n}", rng.random(n), y
        yield f"ties n={n}", np.round(rng.random(n), 1), y
        yield f"two values n={n}", rng.integers(0, 2, n).astype(float), y
        yield f"constant n={n}", np.full(n, 0.3), y
        yield f"at the threshold n={n}", np.full(n, 0.5), y
        yield f"all ones n={n}", rng.random(n), np.ones(n, int)
        yield f"all zeros n={n}", rng.random(n), np.zeros(n, int)
        yield f"extremes n={n}", rng.choice([0, 1, 1e-300, 1e-16, 1e-8, 1 - 1e-8, 1 - 1e-16], n), y
        yield f"sorted n={n}", np.sort(rng.random(n)), y
        yield f"perfect n={n}", y * 1.0, y
        yield f"inverted n={n}", 1.0 - y, y
        yield f"logits n={n}", rng.normal(0, 3, n), y
    n = 100_000
    logits = rng.normal(0, 2, n)
    p = 1 / (1 + np.exp(-logits))
    y = (rng.random(n) < p).astype(int)
    yield "100k rows", p, y
    yield "100k rows, ties", np.round(p, 2), y
    yield "100k rows, one positive", p, (np.arange(n) == 77).astype(int)
    yield "100k rows, near 0", p * 1e-9, y
    yield "100k rows, dtype's last bits", 0.5 + rng.integers(-4, 5, n) * 2.0**-24, y
    yield "signed zeros and small numbers", np.array([0.0, -0.0, 5e-324, 1e-45, 1e-38, 0.0]), \
        np.array([0, 1, 1, 0, 1, 1])


def multiclass_truth(p, y):
    n, k = p.shape
    called = p.argmax(axis=1)
    classes = list(range(k))
    each = dict(labels=classes, average=None)
    return {
        "task": "multiclass", "n": n, "classes": k,
        "accuracy": or_none(sk.accuracy_score, y, called),
        "macro_precision": or_none(sk.precision_score, y, called, average="macro"),
        "macro_recall": or_none(sk.recall_score, y, called, average="macro"),
        "macro_f1": or_none(sk.f1_score, y, called, average="macro"),
        "weighted_f1": or_none(sk.f1_score, y, called, average="weighted"),
        # scikit-learn wants (n,) scores when there are two classes, and rows that sum to 1
        "auroc": auroc_ovr(p, y, classes),
        "log_loss": or_none(sk.log_loss, y, p, labels=classes),
        "precision": sk.precision_score(y, called, **each).tolist(),
        "recall": sk.recall_score(y, called, **each).tolist(),
        "f1": sk.f1_score(y, called, **each).tolist(),
        "support": [int(np.sum(y == c)) for c in classes],
        "confusion": sk.confusion_matrix(y, called, labels=classes).tolist(),
    }


def auroc_ovr(p, y, classes):
    if len(classes) == 2:
        areas = [or_none(sk.roc_auc_score, y == c, p[:, c]) for c in classes]
        return None if None in areas else sum(areas) / 2
    return or_none(sk.roc_auc_score, y, p, multi_class="ovr", labels=classes)


def check_multiclass(folder, name, p, y):
    for dtype in ("f8", "f4"):
        path = os.path.join(folder, "multi.npz")
        q = np.ascontiguousarray(p, dtype)
        np.savez(path, scores=q, y=y.astype("i8"))
        compare_all(f"{name} {dtype}", run(path, "--task", "multiclass"), multiclass_truth(q, y))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def multiclass_cases(rng):
    for k in (2, 3, 4, 7, 8, 9, 17, 129, 300):
        for n in (1, 2, 10, 143, 1000):
            z = rng.normal(0, 2, (n, k))
            y = rng.integers(0, k, n)
            yield f"random k={k} n={n}", softmax(z), y
            yield f"class 0 absent k={k} n={n}", softmax(z), np.maximum(y, 1)
            yield f"confident k={k} n={n}", softmax(40 * z), y
        yield f"every class k={k}", softmax(rng.normal(0, 1, (5 * k, k))), np.arange(5 * k) % k
        yield f"uniform k={k}", np.full((3 * k, k), 1 / k), np.arange(3 * k) % k
        yield f"one-hot, all right k={k}", np.eye(k), np.arange(k)
        yield f"one-hot, all wrong k={k}", np.eye(k), (np.arange(k) + 1) % k
        yield f"one class only k={k}", softmax(rng.normal(0, 1, (20, k))), np.full(20, k - 1)
    n = 100_000
    z = rng.normal(0, 1, (n, 5))
    yield "100k rows k=5", softmax(z), (z + rng.normal(0, 1, (n, 5))).argmax(axis=1)


def regression_truth(pred, y):
    """In double: skiff takes 32-bit input exactly, scikit-learn would round its squares."""
    pred, y = np.asarray(pred, "f8"), np.asarray(y, "f8")
    return {
        "task": "regression", "n": len(y), "targets": 1 if y.ndim == 1 else y.shape[1],
        "mse": or_none(sk.mean_squared_error, y, pred),
        "rmse": or_none(sk.mean_squared_error, y, pred, squared=False),
        "mae": or_none(sk.mean_absolute_error, y, pred),
        "r2": or_none(sk.r2_score, y, pred),
    }


def check_regression(folder, name, pred, y):
    for dtype in ("f8", "f4"):
        path = os.path.join(folder, "regression.npz")
        p, t = np.asarray(pred, dtype), np.asarray(y, dtype)
        np.savez(path, scores=p, y=t)
        compare_all(f"{name} {dtype}", run(path, "--task", "regression"), regression_truth(p, t))
    if np.ndim(y) == 1:
        path = os.path.join(folder, "regression.csv")
        with open(path, "w") as f:
            f.write("score,label\n")
            f.writelines(f"{float(a)!r},{float(b)!r}\n" for a, b in zip(pred, y))
        compare_all(f"{name} csv", run(path, "--task", "regression"), regression_truth(pred, y))


def regression_cases(rng):
    for n in (1, 2, 3, 7, 8, 9, 100, 128, 129, 1000, 100_000):
        y = rng.normal(3, 2, n)
        yield f"random n={n}", y + rng.normal(0, 1, n), y
        yield f"perfect n={n}", y, y
        yield f"far away n={n}", 1e6 + rng.normal(0, 1, n), 1e6 + y
        # 0.1 sums to an exact mean or not, depending on n and on the order of the sum
        for constant in (0.0, 0.1, 2.0, 1 / 3):
            yield f"truth {constant:.3g} n={n}", rng.normal(0, 1, n), np.full(n, constant)
            yield f"both {constant:.3g} n={n}", np.full(n, constant), np.full(n, constant)
    for n, k in ((1, 2), (5, 3), (143, 4), (1000, 2), (20_000, 3)):
        y = rng.normal(0, 1, (n, k))
        y[:, 0] = 0.1
        yield f"{k} targets n={n}", y + rng.normal(0, 1, (n, k)), y


def main():
    rng = np.random.default_rng(20)
    with tempfile.TemporaryDirectory() as folder:
        for name, scores, y in binary_cases(rng):
            check_binary(folder, f"binary {name}", scores, y)
        for threshold in (0.3, 0.1, 0.0, 1.0, -2.0):
            scores = np.round(rng.random(500), 1)
            check_binary(folder, f"threshold {threshold}", scores, rng.integers(0, 2, 500),
                         threshold)
        for name, p, y in multiclass_cases(rng):
            check_multiclass(folder, f"multiclass {name}", p, y)
        for name, pred, y in regression_cases(rng):
            check_regression(folder, f"regression {name}", pred, y)
    print(f"{checks} numbers compared with scikit-learn {sklearn.__version__}, tolerance "
          f"{TOLERANCE} * max(1, |x|), largest error {worst[0]:.2g} ({worst[1]}), "
          f"{failures} failures")
    return 1 if failures or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
