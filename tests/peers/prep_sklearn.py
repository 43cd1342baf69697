#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Features that skiff prepares from a CSV beside those of pandas and scikit-learn: 200 generated
tables of numbers, truth values and texts with missing values, odd spellings and categories that the
rows of the fit lack, each column with a fill, an encoding and a scaler of its own, to 1e-12; labels
and their classes exactly; the file's path and the frame's to the bit. And the passenger lesson,
where $SKIFF_REAL_DATA has the table.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import (LabelEncoder, MinMaxScaler, OneHotEncoder, OrdinalEncoder,
                                       RobustScaler, StandardScaler)  # fmt: skip
except ImportError as error:
    print(f"skip: {error}")
    sys.exit(77)

DRIVER = os.path.join(os.environ.get("SKIFF_TESTLIB", "tests/peers"), "prep_driver")
if not os.access(DRIVER, os.X_OK):
    print(f"skip: no {DRIVER}")
    sys.exit(77)
TABLES = 200
TOLERANCE = 1e-12
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
WORDS = ["S", "C", "Q", "male", "female", "Zoë", "日本", "a b", " lead", "it's", "x,y", 'say "hi"',
         "two\nlines", "None", "yes", "-", "0x10", "B2", "low", "a longer one than most of them"]  # fmt: skip
problems = []
values_compared = 0
worst = 0.0


def report(good, what):
    if not good:
        problems.append(what)
        print("FAIL " + what)


# ---- tables, and what is asked for each column ----


def numbers(rng, rows):
    kind = rng.choice(["normal", "skewed", "int", "few", "tiny", "huge", "offset", "constant"])
    if kind == "int":
        return [str(rng.randint(-50, 1000)) for _ in range(rows)]
    if kind == "few":
        return [str(rng.choice([1, 2, 2.5, 3])) for _ in range(rows)]
    if kind == "constant":
        value = rng.choice(["0.1", "7", "-3.3e-5"])
        return [value] * rows
    scale, shift = {"normal": (1, 0), "skewed": (1, 0), "tiny": (1e-9, 0), "huge": (1e12, 0), "offset": (1, 900)}[kind]
    draw = (lambda: rng.lognormvariate(0, 2)) if kind == "skewed" else (lambda: rng.gauss(0, 1))
    return [repr(draw() * scale + shift) for _ in range(rows)]


def column(rng, name, rows, fit_rows):
    """A dict: the texts of its fields, and the rules for it."""
    kind = rng.choice("number number number text text text boolean category".split())
    c = {"name": name, "kind": kind, "encode": "numeric", "clip": None, "log1p": False, "order": None, "unseen": None}
    if kind == "number":
        values = numbers(rng, rows)
        c["fill"] = rng.choice(["median", "mean", "most_frequent", "constant"])
        c["constant"] = rng.choice(["0", "-0.5", "12.25"])
        c["clip"] = rng.choice([None, None, (0.05, 0.9), (0, 0.5), (0.25, 1)])
        c["log1p"] = rng.random() < 0.2 and all(float(v) > -0.4 for v in values)
        if c["log1p"]:
            c["constant"] = "3"
    elif kind == "boolean":
        words = rng.choice([["True", "False"], ["TRUE", "FALSE"], ["true", "false"]])
        values = [rng.choice(words) for _ in range(rows)]
        c["fill"] = rng.choice(["most_frequent", "constant"])
        c["constant"] = rng.choice(["True", "false"])
    else:
        if kind == "text":
            some = rng.sample(WORDS, rng.randint(1, 8))
        else:
            some = [repr(v) for v in rng.sample([0, 1, 2, 10, -3, 2.5, 1e6, 0.1], rng.randint(1, 6))]
        fitted = some[: max(1, len(some) - rng.choice([0, 0, 1, 2]))]
        values = [rng.choice(fitted if i < fit_rows else some) for i in range(rows)]
        c["fill"] = rng.choice(["most_frequent", "most_frequent", "constant"])
        c["constant"] = rng.choice(["missing", some[0]] if kind == "text" else ["99", some[0]])
        c["encode"] = rng.choice(["label", "onehot"])
        c["unseen"] = rng.choice(["fill", "zero"])
        if kind == "text" and rng.random() < 0.3:
            c["encode"], c["order"] = "label", rng.sample(some + ["never"], len(some) + 1)
            if c["constant"] not in c["order"]:
                c["constant"] = some[0]
    c["scale"] = rng.choice(["none", "standard", "minmax", "robust"])
    share = rng.choice([0, 0, 0.1, 0.6])
    keep = rng.randrange(fit_rows)
    c["values"] = [v if i == keep or rng.random() >= share else rng.choice(["", "NA"]) for i, v in enumerate(values)]
    if kind == "text" and not any(v not in ("", "NA") and not is_number(v) for v in c["values"]):
        c["values"][keep] = "word"
        if c["order"]:
            c["order"].append("word")
    return c


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def target(rng, rows):
    kind = rng.choice(["zero_one", "two", "texts", "words", "truth", "amounts", "classes", "none"])
    values = {
        "zero_one": lambda i: str(i % 2),
        "two": lambda i: ["2", "1.0"][i % 2],
        "texts": lambda i: ["yes", "no"][i % 2],
        "words": lambda i: ["b", "a", "Zoë"][i % 3],
        "truth": lambda i: ["True", "False"][i % 2],
        "amounts": lambda i: repr(rng.gauss(0, 10)),
        "classes": lambda i: str([10, 9, 3][i % 3]),
        "none": lambda i: "x",
    }[kind]
    needed = {"words": 3, "classes": 3, "none": 1}.get(kind, 2)
    task = {"amounts": "regression", "words": "multiclass", "classes": "multiclass"}.get(kind, "binary")
    return ("none", None, []) if rows < needed or kind == "none" else (kind, task, [values(i) for i in range(rows)])


def quoted(text):
    plain = text == text.strip() and not any(c in text for c in ',"=<\n')
    return text if plain else '"' + text.replace('"', '""') + '"'


def rules(columns):
    lists = {"features": [], "fill": [], "encode": [], "scale": [], "clip": [], "log1p": [], "unseen": []}
    for c in columns:
        name = quoted(c["name"])
        lists["features"].append(name)
        lists["fill"].append(name + "=" + (quoted(c["constant"]) if c["fill"] == "constant" else c["fill"]))
        lists["scale"].append(f"{name}={c['scale']}")
        if c["order"]:
            lists["encode"].append(name + "=" + "<".join(quoted(w) for w in c["order"]))
        elif c["kind"] != "boolean":
            lists["encode"].append(f"{name}={c['encode']}")
        if c["clip"]:
            lists["clip"].append(f"{name}={c['clip'][0]}:{c['clip'][1]}")
        if c["log1p"]:
            lists["log1p"].append(name)
        if c["unseen"]:
            lists["unseen"].append(f"{name}={c['unseen']}")
    return [f"{option}={','.join(items)}" for option, items in lists.items() if items]


# ---- scikit-learn's features ----


def scaled(c, X, fit_rows):
    if c["scale"] == "none":
        return X, np.ones(X.shape[1])
    scaler = SCALERS[c["scale"]]().fit(X[:fit_rows])
    # How many digits the subtraction of the center costs: any two orders of the sums differ so.
    center = np.abs(scaler.center_ if c["scale"] == "robust" else scaler.data_min_ if c["scale"] == "minmax" else scaler.mean_)
    width = scaler.data_range_ if c["scale"] == "minmax" else scaler.scale_
    return scaler.transform(X), 1 + center / np.where(width == 0, 1, width)


def number_features(c, series, fit_rows):
    if c["kind"] == "boolean":
        series = series.map(lambda v: v if pd.isna(v) else float(v))
    X = series.to_numpy(dtype=np.float64).reshape(-1, 1)
    constant = c["fill"] == "constant"
    if constant:
        value = float(c["constant"].lower() == "true") if c["kind"] == "boolean" else float(c["constant"])
        X = np.where(np.isnan(X), value, X)
    else:
        X = SimpleImputer(strategy=c["fill"]).fit(X[:fit_rows]).transform(X)
    if c["clip"]:
        X = np.clip(X, *np.quantile(X[:fit_rows], c["clip"]))
    return scaled(c, np.log1p(X) if c["log1p"] else X, fit_rows)


def category_features(c, series, fit_rows):
    text = c["kind"] == "text"
    X = series.to_numpy(dtype=object if text else np.float64).reshape(-1, 1)
    if c["fill"] == "constant":
        fill = c["constant"] if text else float(c["constant"])
        X = np.where(pd.isna(X), fill, X)
    else:
        imputer = SimpleImputer(strategy="most_frequent").fit(X[:fit_rows])
        fill = imputer.statistics_[0]
        X = imputer.transform(X)
    known = c["order"] or sorted(set(X[:fit_rows, 0]) | {fill})
    if c["unseen"] == "fill":
        X = np.array([[v if v in known else fill] for v in X[:, 0]], dtype=X.dtype)
    if c["encode"] == "onehot":
        encoder = OneHotEncoder(categories=[known], handle_unknown="ignore", sparse_output=False)
    else:
        encoder = OrdinalEncoder(categories=[known], handle_unknown="use_encoded_value", unknown_value=-1)
    return scaled(c, encoder.fit(X[:fit_rows]).transform(X), fit_rows), known


def feature_names(c, known):
    if c["encode"] != "onehot":
        return [c["name"]]
    return [f"{c['name']}={v if c['kind'] == 'text' else np.format_float_positional(v, trim='-')}" for v in known]


# ---- both ----


def run(path, out, *words):
    done = subprocess.run([DRIVER, path, out, *words], capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip())
    with np.load(out) as archive:
        arrays = {k: archive[k] for k in archive.files if k != "meta.json"}
        return json.loads(bytes(archive["meta.json"])), arrays


def compare(where, got, want, digits):
    global values_compared, worst
    values_compared += want.size
    if got.shape != want.shape:
        report(False, f"{where}: shape {got.shape}, not {want.shape}")
        return
    error = np.abs(got - want) / np.maximum(1, np.abs(want)) / digits
    worst = max(worst, error.max(initial=0))
    if error.max(initial=0) > TOLERANCE:
        at = np.unravel_index(np.argmax(error), error.shape)
        report(False, f"{where}: row {at[0]} is {got[at]!r}, scikit-learn has {want[at]!r}")


def check_own(where, meta, arrays):
    """What needs no oracle."""
    report(meta["prep"] == meta["again"], f"{where}: prep.json reads back to something else")
    same = arrays["XR"].tobytes() == arrays["X"].astype(np.float32).tobytes()
    report(same, f"{where}: the file's features are not the frame's")
    report(meta["missing"] == meta["reader_missing"], f"{where}: counts of missing values differ")


def check_labels(where, meta, arrays, task, series):
    if task is None:
        report(meta["prep"]["target"] is None, f"{where}: a target that was not asked for")
        return
    report(meta["prep"]["target"]["task"] == task, f"{where}: task {meta['prep']['target']['task']}, not {task}")
    if task == "regression":
        want = series.to_numpy(dtype=np.float64)
    else:
        encoder = LabelEncoder().fit(series)
        want = encoder.transform(series)
        classes = meta["prep"]["target"]["classes"]
        report(classes == list(encoder.classes_), f"{where}: classes {classes}, not {list(encoder.classes_)}")
    report((arrays["y"] == want).all(), f"{where}: labels differ")
    report((arrays["yR"] == want.astype(np.float32)).all(), f"{where}: the file's labels differ")


def write_table(path, names, data):
    with open(path, "w", encoding="utf-8", newline="") as file:
        for row in [names, *zip(*data)]:
            file.write(",".join(quoted(v) for v in row) + "\n")


def check_table(folder, seed):
    rng = random.Random(seed)
    rows = rng.choice([1, 2, 3, 10, 100, 1000, rng.randint(1, 8000)])
    fit_rows = rng.choice([rows, (rows + 1) // 2])
    columns = [column(rng, rng.choice(["c%d", "Näme %d", "a,b=%d"]) % i, rows, fit_rows) for i in range(rng.randint(1, 8))]
    kind, task, labels = target(rng, rows)
    path, where = os.path.join(folder, "t.csv"), f"table {seed}"
    rng.shuffle(columns)
    data = [c["values"] for c in columns] + [labels or ["x"] * rows]
    write_table(path, [c["name"] for c in columns] + ["y"], data)
    words = rules(columns) + [f"rows={fit_rows}"] + (["target=y", f"task={task}"] if task else [])
    frame = pd.read_csv(path, float_precision="round_trip")
    try:
        meta, arrays = run(path, os.path.join(folder, "t.npz"), *words)
    except RuntimeError as error:
        report(False, f"{where}: {error}: {words}")
        return
    check_own(where, meta, arrays)
    check_labels(where, meta, arrays, task, frame["y"])
    at, names = 0, []
    for c in columns:
        known = None
        if c["kind"] in ("number", "boolean"):
            want, digits = number_features(c, frame[c["name"]], fit_rows)
        else:
            (want, digits), known = category_features(c, frame[c["name"]], fit_rows)
        got = arrays["X"][:, at : at + want.shape[1]]
        at += want.shape[1]
        names += feature_names(c, known)
        rule = {k: v for k, v in c.items() if k != "values"}
        compare(f"{where}, {rule}, {fit_rows} of {rows} rows", got, want, digits)
    report(meta["names"] == names, f"{where}: names {meta['names']}, not {names}")


def check_lesson(folder, path):
    out, features = os.path.join(folder, "lesson.npz"), ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]
    words = ["target=Survived", "features=" + ",".join(features), "fill=Embarked=S"]
    meta, arrays = run(path, out, *words)
    frame = pd.read_csv(path)
    for name in ("Age", "Fare"):
        frame[name] = frame[name].fillna(frame[name].median())
    frame["Embarked"] = frame["Embarked"].fillna("S")
    for name in ("Sex", "Embarked"):
        frame[name] = LabelEncoder().fit_transform(frame[name])
    check_own("the lesson", meta, arrays)
    check_labels("the lesson", meta, arrays, "binary", frame["Survived"])
    compare("the lesson", arrays["X"], StandardScaler().fit_transform(frame[features]), 1)
    # with nothing but a target
    meta, arrays = run(path, out, "target=Survived")
    report(meta["names"] == features, f"the lesson without rules: features {meta['names']}")
    left = [note.split(":")[0] for note in meta["notes"]]
    report(left == ["PassengerId", "Name", "Ticket", "Cabin"], f"the lesson without rules: left out {left}")


def main():
    data = os.environ.get("SKIFF_REAL_DATA")
    lesson = os.path.join(data, "titanic", "titanic_train.csv") if data else None
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(TABLES):
            check_table(folder, seed)
        if lesson and os.path.exists(lesson):
            check_lesson(folder, lesson)
        else:
            print("no $SKIFF_REAL_DATA/titanic/titanic_train.csv: the lesson is left out")
    print(f"{TABLES} tables, {values_compared} values, worst difference {worst:.3g}: {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
