#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff eval MODEL DATA` beside numpy and scikit-learn, on the predictions that `skiff predict`
writes: metrics; the bootstrap's intervals, from the same draws repeated here; thresholds, by trying
every score.

|skiff - other| <= TOLERANCE * max(1, |other|) for every number."""

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
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)
if tuple(int(x) for x in sklearn.__version__.split(".")[:2]) < (1, 2):
    print(f"skip: scikit-learn {sklearn.__version__} clips the log loss otherwise; 1.2 is needed")
    sys.exit(77)

TOLERANCE = 1e-12
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
warnings.simplefilter("ignore")
checks = failures = 0
worst = 0.0


def compare(where, ours, theirs):
    global checks, failures, worst
    checks += 1
    if ours is None or theirs is None:
        good = ours is None and theirs is None
    else:
        error = abs(ours - theirs) / max(1.0, abs(theirs))
        worst = max(worst, error)
        good = error <= TOLERANCE
    if not good:
        failures += 1
        print(f"FAIL {where}: skiff {ours!r}, expected {theirs!r}, tolerance {TOLERANCE}")


def mix(x):
    x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return x ^ x >> np.uint64(31)


def resample(n, seed, r):
    """The rows of resample r."""
    with np.errstate(over="ignore"):
        start = mix(np.array([seed], "i8").astype("u8") + np.uint64(r + 1) * GOLDEN)
        draws = mix(start + np.arange(1, n + 1, dtype="u8") * GOLDEN)
        return ((draws >> np.uint64(32)) * np.uint64(n) >> np.uint64(32)).astype("i8")


def defined(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except ValueError:
        return np.nan


def binary(y, p, threshold):
    called = p > np.float32(threshold)
    both = len(set(y)) == 2
    return dict(
        accuracy=sk.accuracy_score(y, called),
        precision=sk.precision_score(y, called, zero_division=0),
        recall=sk.recall_score(y, called, zero_division=0),
        f1=sk.f1_score(y, called, zero_division=0),
        auroc=sk.roc_auc_score(y, p) if both else np.nan,
        ap=sk.average_precision_score(y, p) if y.any() else 0.0,
        log_loss=sk.log_loss(y, p, labels=[0, 1]),
        brier=np.mean((y - p.astype("f8")) ** 2),
    )


def multiclass(y, p, _):
    called, classes = p.argmax(1), p.shape[1]
    average = dict(average="macro", zero_division=0)
    columns = range(classes)
    return dict(
        accuracy=sk.accuracy_score(y, called),
        macro_precision=sk.precision_score(y, called, **average),
        macro_recall=sk.recall_score(y, called, **average),
        macro_f1=sk.f1_score(y, called, **average),
        weighted_f1=sk.f1_score(y, called, average="weighted", zero_division=0),
        auroc=np.mean([sk.roc_auc_score(y == c, p[:, c]) for c in columns])
        if len(set(y)) == classes else np.nan,
        log_loss=sk.log_loss(y, p, labels=list(columns)),
    )  # fmt: skip


def regression(y, p, _):
    y, p = y.astype("f8"), p.astype("f8")
    return dict(
        mse=sk.mean_squared_error(y, p),
        rmse=sk.mean_squared_error(y, p, squared=False),
        mae=sk.mean_absolute_error(y, p),
        r2=sk.r2_score(y, p) if len(y) > 1 else np.nan,
    )


def or_none(x):
    return float(x) if np.isfinite(x) else None


def skiff_json(*arguments):
    done = subprocess.run([SKIFF, "eval", *map(str, arguments), "--json"], capture_output=True)
    if done.returncode:
        sys.exit(f"skiff eval {arguments}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def best_threshold(y, p, rule):
    """The value of the best threshold by trying all; what skiff chooses must reach it."""
    values = []
    for t in [-1.0, *np.unique(p)]:
        values.append(quality(y, p, t, rule))
    return max(values)


def quality(y, p, t, rule):
    called = p > np.float32(t)
    if rule == "f1":
        return sk.f1_score(y, called, zero_division=0)
    return called[y == 1].mean() - called[y == 0].mean()


def check(folder, name, task, X, y, resamples, seed):
    at = lambda file: os.path.join(folder, file)  # noqa: E731
    np.savez(at("d.npz"), X=X, y=y)
    model = at(f"{task}/model.npz")
    subprocess.run([SKIFF, "predict", model, at("d.npz"), "--out", at("p.npz")], check=True)
    p = np.load(at("p.npz"))["prediction" if task == "regression" else "probability"]
    measure = {"binary": binary, "multiclass": multiclass, "regression": regression}[task]
    options = ["--threshold", "0.4"] if task == "binary" else []
    ours = skiff_json(model, at("d.npz"), "--bootstrap", resamples, "--seed", seed, *options)
    for key, value in measure(y, p, 0.4).items():
        compare(f"{name}: {key}", ours[key], or_none(value))
    loss = {"binary": "log_loss", "multiclass": "log_loss", "regression": "mse"}[task]
    if abs(ours["loss"] - ours[loss]) > 1e-5 * max(1, abs(ours[loss])):
        compare(f"{name}: loss", ours["loss"], ours[loss])

    order = np.argsort(-p, kind="stable") if task == "binary" else np.arange(len(y))
    rows = [order[resample(len(y), seed, r)] for r in range(resamples)]
    drawn = [measure(y[i], p[i], 0.4) for i in rows]
    for key, pair in ours["bootstrap"]["intervals"].items():
        values = np.array([d[key] for d in drawn])
        values = values[~np.isnan(values)]
        ends = np.percentile(values, [2.5, 97.5]) if len(values) else [np.nan, np.nan]
        for end, mine, theirs in zip(("low", "high"), pair, ends):
            compare(f"{name}: {key} {end}", mine, or_none(theirs))
    if task == "binary" and len(set(y)) == 2:
        for rule in ("f1", "youden"):
            chosen = skiff_json(model, at("d.npz"), "--bootstrap", 0, "--threshold", rule)
            compare(f"{name}: {rule}", quality(y, p, chosen["threshold"], rule),
                    best_threshold(y, p, rule))  # fmt: skip


def table(task, n, rng):
    X = np.round(rng.standard_normal((n, 6)), 1).astype("f4")  # coarse, so that scores tie
    X[: n // 3] = X[0]
    score = X @ np.arange(-3, 3) + rng.standard_normal(n) * 3
    if task == "binary":
        return X, (score > 0).astype("i8")
    if task == "multiclass":
        return X, np.digitize(score, [-3, 0, 4]).astype("i8")
    return X, np.stack([score, score**2 / 9], 1).astype("f4")


def main():
    rng = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as folder:
        for task in ("binary", "multiclass", "regression"):
            X, y = table(task, 400, rng)
            path = os.path.join(folder, "t.npz")
            np.savez(path, X=X, y=y)
            subprocess.run([SKIFF, "train", "--train", path, "--task", task, "--epochs", "30",
                            "--quiet", "--out", os.path.join(folder, task)], check=True)  # fmt: skip
            for n, resamples, seed in ((300, 60, 0), (143, 61, 7), (40, 200, -1), (3, 100, 2**53), (1, 20, 1)):
                X, y = table(task, n, rng)
                check(folder, f"{task}, {n} rows", task, X, y, resamples, seed)
        X, y = table("binary", 50, rng)
        check(folder, "one class only", "binary", X, np.ones_like(y), 50, 3)
    print(f"{checks} checks, {failures} failures, worst relative difference {worst:.2g}")
    return 1 if failures or checks < 300 else 0


sys.exit(main())
