#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Real tables for the peers tests, prepared into train_data.npz and val_data.npz.

The tables are not part of the project: they are looked for under SKIFF_REAL_DATA. Used as a
module; run as a program it prepares everything it finds into a folder:

    SKIFF_REAL_DATA=... /usr/bin/python3 tests/peers/tables.py FOLDER
"""

import json
import os
import sys

import numpy
import pandas
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

LESSON_FEATURES = ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]


def real_data(*path):
    """A path under SKIFF_REAL_DATA, or None where the variable is unset or nothing is there."""
    root = os.environ.get("SKIFF_REAL_DATA")
    full = os.path.join(root, *path) if root else None
    return full if full and os.path.exists(full) else None


def save_pair(folder, x_train, x_val, y_train, y_val):
    """Write the two archives and return their paths."""
    os.makedirs(folder, exist_ok=True)
    train = os.path.join(folder, "train_data.npz")
    val = os.path.join(folder, "val_data.npz")
    numpy.savez(train, X_train=x_train, y_train=y_train)
    numpy.savez(val, X_val=x_val, y_val=y_val)
    return train, val


def lesson_arrays(path):
    """A passenger list as the lesson prepares it: X_train, X_val, y_train, y_val.

    Everything happens before the split, the scaling too; that is the lesson's way.
    """
    table = pandas.read_csv(path)
    table["Embarked"] = table["Embarked"].fillna("S")
    for name in ("Age", "Fare"):
        table[name] = table[name].fillna(table[name].median())
    for name in ("Sex", "Embarked"):
        table[name] = LabelEncoder().fit_transform(table[name])
    scaled = StandardScaler().fit_transform(table[LESSON_FEATURES].values)
    return train_test_split(scaled, table["Survived"].values, test_size=0.2, random_state=42)


def lesson(folder, path=None):
    """The lesson's own table (569 and 143 rows), or another list in its columns, as .npz paths."""
    return save_pair(folder, *lesson_arrays(path or real_data("titanic", "titanic_train.csv")))


def catalogue():
    """Name to description (target, task, categorical, numeric, ...) of the general tables."""
    path = real_data("tables", "meta.json")
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def one_hot(column):
    """A 0/1 column for each value that occurs, in sorted order; a missing value is a value."""
    texts = column.astype(object).where(column.notna(), "").astype(str).values
    return (texts[:, None] == numpy.unique(texts)[None, :]).astype(float)


def table_arrays(name, about):
    """A general table as X_train, X_val, y_train, y_val and what is known about it.

    Numbers: gaps filled with the median, then standardised, both as the training rows have it.
    Labels are 0..K-1 in sorted order; a regression's target is standardised.
    """
    table = pandas.read_csv(real_data("tables", name + ".csv"))
    train, val = train_test_split(numpy.arange(len(table)), test_size=0.2, random_state=42)
    parts = []
    for column in table.columns.drop(about["target"]):
        if column in about["categorical"]:
            parts.append(one_hot(table[column]))
            continue
        values = pandas.to_numeric(table[column], errors="coerce").astype(float)
        values = values.fillna(values.iloc[train].median()).values[:, None]
        parts.append(StandardScaler().fit(values[train]).transform(values))
    x = numpy.ascontiguousarray(numpy.hstack(parts))
    y = table[about["target"]].values
    classes = 0
    if about["task"] == "regression":
        y = (y - y[train].mean()) / y[train].std()
    else:
        y = LabelEncoder().fit_transform(y).astype(numpy.int64)
        classes = int(y.max()) + 1
    facts = dict(task=about["task"], classes=classes, rows=len(table), features=x.shape[1])
    return (x[train], x[val], y[train], y[val]), facts


def prepare(folder, name):
    """Prepare one general table into `folder`; returns the two paths and the facts."""
    arrays, facts = table_arrays(name, catalogue()[name])
    return save_pair(folder, *arrays) + (facts,)


def main():
    if len(sys.argv) != 2 or not real_data("tables"):
        sys.exit("usage: SKIFF_REAL_DATA=DIR tables.py FOLDER")
    print("lesson", *lesson(os.path.join(sys.argv[1], "lesson")))
    for name in catalogue():
        print(name, *prepare(os.path.join(sys.argv[1], name), name))


if __name__ == "__main__":
    main()
