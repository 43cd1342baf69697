#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A model that carries its preparation on raw CSVs, beside pandas, scikit-learn and torch: skiff
trains on one CSV and predicts another; scikit-learn fits the same preparation on the same rows,
prepares the other, and torch runs nn_model.pth on it in float64. Ids, labels and metrics, too.

The passenger table that ships is always used, the real one where $SKIFF_REAL_DATA has it."""

import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
    import torch
    from sklearn import metrics
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import MinMaxScaler, StandardScaler
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

from tables import real_data

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)

TOLERANCE = 2e-5  # of float32 beside float64, relative to the largest prediction
NUMBERS = ["Pclass", "Age", "SibSp", "Parch", "Fare"]
TEXTS = ["Sex", "Embarked"]
problems = 0


def skiff(*arguments):
    done = subprocess.run([SKIFF, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"skiff {' '.join(map(str, arguments))}: {done.stderr}")
    return done


def expect(good, what):
    global problems
    problems += not good
    print(f"{'ok' if good else 'FAIL'}: {what}")


class Preparation:
    """Fills and categories of some rows, then scales of their features."""

    def __init__(self, fit, numbers, texts, onehot, scaler):
        self.numbers, self.texts, self.onehot = numbers, texts, onehot
        self.median = {c: fit[c].median() for c in numbers}
        self.most = {c: fit[c].dropna().mode()[0] for c in texts}
        self.categories = {c: sorted(fit[c].dropna().unique()) for c in texts}
        self.scaler = scaler.fit(self.raw(fit)[0])

    def raw(self, table):
        """Features, and which of them are scaled."""
        columns, scaled = [], []
        for c in NUMBERS + TEXTS:
            if c in self.numbers:
                columns.append(table[c].fillna(self.median[c]))
            elif c in self.texts:
                known = table[c].fillna(self.most[c])
                if self.onehot:  # a stranger is none of them
                    columns += [(known == name).astype(float) for name in self.categories[c]]
                    scaled += [False] * len(self.categories[c])
                    continue
                known = known.where(known.isin(self.categories[c]), self.most[c])
                columns.append(known.map(self.categories[c].index))
            else:
                continue
            scaled.append(True)
        return np.column_stack(columns).astype(float), np.array(scaled)

    def features(self, table):
        X, scaled = self.raw(table)
        return np.where(scaled, self.scaler.transform(X), X)


def forward(path, x):
    """The network of an nn_model.pth, in float64."""
    weights = torch.load(path)
    z = torch.from_numpy(x)
    depth = len(weights) // 2
    for i in range(1, depth + 1):
        z = z @ weights[f"fc{i}.weight"].double().T + weights[f"fc{i}.bias"].double()
        z = torch.relu(z) if i < depth else z
    return z


def check_labels(what, got, want, names):
    """Labels where the best is clear, and names of columns."""
    if len(names) == 2:
        label, clear = (want > 0.5).astype(int), np.abs(want - 0.5) > 1e-4
    else:
        best = np.sort(want)[:, -2:]
        label, clear = want.argmax(1), best[:, 1] - best[:, 0] > 1e-4
    theirs = np.array(names)[label]
    expect(clear.mean() > 0.95 and (got["label"][clear] == theirs[clear]).all(), f"{what}: labels")


def check_metrics(what, model, path, target, got, names):
    out = json.loads(skiff("eval", model, path, "--json", "--bootstrap", 0).stdout)
    truth = pd.read_csv(path, dtype={target: str} if names else None)[target]
    if names is None:
        want = {"mse": metrics.mean_squared_error(truth, got["prediction"]),
                "r2": metrics.r2_score(truth, got["prediction"])}  # fmt: skip
    else:
        want = {"accuracy": metrics.accuracy_score(truth, got["label"])}
    if names is not None and len(names) == 2:
        p = got["probability"].astype("f4")
        want["auroc"] = metrics.roc_auc_score(truth == names[1], p)
        want["f1"] = metrics.f1_score(truth == names[1], got["label"] == names[1])
    elif names is not None:
        want["macro_f1"] = metrics.f1_score(truth, got["label"], average="macro")
    worst = max(abs(out[k] - v) / max(1, abs(v)) for k, v in want.items())
    expect(worst < 1e-6 and out["n"] == len(truth), f"{what}: {', '.join(want)} differ by {worst:.1e}")


def check(folder, what, train, test, target, task, onehot=False, minmax=False):
    at = lambda name: os.path.join(folder, name)  # noqa: E731
    numbers, texts = [c for c in NUMBERS if c != target], [c for c in TEXTS if c != target]
    skiff("train", "--quiet", "--data", train, "--target", target, "--features",
          ",".join(c for c in NUMBERS + TEXTS if c != target), "--id", "PassengerId", "--task", task,
          "--encode", "onehot" if onehot else "label",
          *(["--scale", "minmax," + ",".join(f"{c}=none" for c in texts)] if minmax else []),
          "--epochs", 60, "--batch_size", 64, "--learning_rate", 0.003, "--out", at("run"))  # fmt: skip
    model = at("run/model.npz")
    kind = {c: str for c in texts + ([target] if task != "regression" else [])}
    table = pd.read_csv(train, dtype=kind)
    fit = table.iloc[train_test_split(np.arange(len(table)), test_size=0.2, random_state=42)[0]]
    prepared = Preparation(fit, numbers, texts, onehot, MinMaxScaler() if minmax else StandardScaler())
    if minmax and not onehot:
        raise ValueError("labels would be scaled, too")

    new = pd.read_csv(test, dtype=kind)
    done = skiff("predict", model, test, "--out", at("p.csv"))
    got = pd.read_csv(at("p.csv"), dtype={"label": str})
    z = forward(at("run/nn_model.pth"), prepared.features(new))
    names = None if task == "regression" else sorted(table[target].dropna().unique())
    if task == "binary":
        want, columns = torch.sigmoid(z)[:, 0].numpy(), ["probability", "label"]
    elif task == "multiclass":
        want, columns = torch.softmax(z, 1).numpy(), ["label", *(f"p_{n}" for n in names)]
    else:
        want, columns = z[:, 0].numpy(), ["prediction"]
    expect(list(got.columns) == ["PassengerId", *columns], f"{what}: columns {list(got.columns)}")
    mine = got.drop(columns=["PassengerId", "label"], errors="ignore").to_numpy().squeeze()
    off = np.abs(mine - want).max() / np.abs(want).max()
    expect(off < TOLERANCE, f"{what}: {len(new)} rows, predictions differ by {off:.1e}")
    expect((got["PassengerId"] == new["PassengerId"]).all(), f"{what}: ids")
    unseen = sum((new[c].notna() & ~new[c].isin(prepared.categories[c])).sum() for c in texts)
    told = sum(int(line.split(": ")[3].split()[0]) for line in done.stderr.splitlines())
    expect(unseen == told, f"{what}: {told} categories unseen")
    if names:
        check_labels(what, got, want, names)
    check_metrics(what, model, test, target, got, names)


def with_strangers(path, folder):
    """The table with categories that nobody has met, and without its last columns' order."""
    table = pd.read_csv(path, dtype=str)
    table.loc[[1, 50, 77], "Embarked"] = "X"
    table.loc[60, "Sex"] = "unknown"
    to = os.path.join(folder, "strangers.csv.gz")
    table[table.columns[::-1]].to_csv(to, index=False)
    return to


def check_all(folder, what, train, test):
    def known(path, target, name):
        """Rows whose target has a value."""
        to = os.path.join(folder, name)
        pd.read_csv(path, dtype=str).dropna(subset=[target]).to_csv(to, index=False)
        return to

    check(folder, f"{what}, labels", train, test, "Survived", "binary")
    check(folder, f"{what}, one-hot", train, test, "Survived", "binary", onehot=True)
    check(folder, f"{what}, one-hot, minmax", train, test, "Survived", "binary", True, True)
    strangers = with_strangers(test, folder)
    check(folder, f"{what}, strangers", train, strangers, "Survived", "binary")
    check(folder, f"{what}, strangers, one-hot", train, strangers, "Survived", "binary", True)
    check(folder, f"{what}, ports", known(train, "Embarked", "a.csv"), known(test, "Embarked", "b.csv"),
          "Embarked", "multiclass")  # fmt: skip
    check(folder, f"{what}, fares", known(train, "Fare", "a.csv"), known(test, "Fare", "b.csv"),
          "Fare", "regression")  # fmt: skip


def main():
    torch.set_num_threads(1)
    here = os.path.dirname(os.path.abspath(__file__))
    ships = os.path.join(here, "../../data/passengers.csv")
    with tempfile.TemporaryDirectory() as folder:
        check_all(folder, "passengers", ships, ships)
        train, test = (real_data("titanic", f"titanic_{part}.csv") for part in ("train", "test"))
        if train and test:
            check_all(folder, "the real ones", train, test)
        else:
            print("skip the real passengers: SKIFF_REAL_DATA has none")
    print(f"{problems} problems")
    return 1 if problems else 0


sys.exit(main())
