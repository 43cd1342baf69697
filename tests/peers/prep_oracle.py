# SPDX-License-Identifier: MIT
"""What pandas and scikit-learn make of a CSV by the rules of `skiff prep`: SimpleImputer, clipping at
numpy's quantiles, log1p, OrdinalEncoder or OneHotEncoder, a scaler; train_test_split or folds. Each
column is a chain of its own, fitted on the rows of the fit and then applied to any."""

import dataclasses
import typing

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.preprocessing import (LabelEncoder, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler,
                                   StandardScaler)  # fmt: skip

CATEGORIES = 4096  # of a column; skiff refuses more
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


class Refused(Exception):
    """The rules do not fit the rows: the command, too, has to say so."""


@dataclasses.dataclass
class Plan:
    """How a column is prepared, nothing left to defaults."""

    encode: str = "numeric"  # label, onehot
    fill: typing.Any = "median"  # mean, most_frequent, error, or ("constant", value)
    clip: tuple = None  # quantiles
    log1p: bool = False
    scale: str = "standard"  # none, minmax, robust
    unseen: str = "fill"  # zero, error
    order: list = None  # of the categories


def default_plan(kind):
    text = kind == "text"
    return Plan("label" if text else "numeric", "median" if kind == "number" else "most_frequent")


def kind_of(column):
    """number, boolean or text; a column without values holds numbers."""
    present = column.dropna()
    if column.dtype == bool or (len(present) and present.map(lambda v: isinstance(v, bool)).all()):
        return "boolean"
    return "text" if column.dtype == object else "number"


def read(path, delimiter=",", header=True):
    table = pd.read_csv(path, sep=delimiter, header=0 if header else None, low_memory=False,
                        float_precision="round_trip")  # fmt: skip
    if not header:
        table.columns = ["c%d" % (i + 1) for i in range(table.shape[1])]
    return table


def values(column, kind):
    """As scikit-learn takes them: a column of floats or of objects, NaN where missing."""
    if kind == "text":
        return column.astype(object).where(column.notna(), np.nan).to_numpy().reshape(-1, 1)
    return column.astype(float).to_numpy().reshape(-1, 1)


class Column:
    def __init__(self, column, plan):
        self.plan, self.kind = plan, kind_of(column)
        x = self.fill(values(column, self.kind), fit=True)
        if plan.encode == "numeric":
            self.fit_numbers(x)
        else:
            x = self.fit_categories(x)
        self.fit_scale(x if plan.encode != "numeric" else self.shape(x))

    def fill(self, x, fit):
        how = self.plan.fill
        if fit and pd.isna(x).all():
            raise Refused("no value")
        if how == "error":
            if pd.isna(x).any():
                raise Refused("a value is missing")
            return x
        if fit:
            constant = isinstance(how, tuple)
            options = {"fill_value": how[1]} if constant else {}
            self.imputer = SimpleImputer(strategy="constant" if constant else how, **options).fit(x)
        return self.imputer.transform(x)

    # numbers

    def fit_numbers(self, x):
        self.bounds = np.quantile(x, self.plan.clip) if self.plan.clip else None

    def shape(self, x):
        x = x if self.bounds is None else np.clip(x, *self.bounds)
        if not self.plan.log1p:
            return x
        if not (x > -1).all():
            raise Refused("log1p of -1 or less")
        return np.log1p(x)

    # categories

    def fit_categories(self, x):
        how = self.plan.fill
        known = self.plan.order or sorted(set(x.ravel()) | ({how[1]} if isinstance(how, tuple) else set()))
        if len(known) > CATEGORIES:
            raise Refused("too many categories")
        if not set(x.ravel()) <= set(known):
            raise Refused("a category is not in the order")
        self.known, known = set(known), np.array(known, object)  # objects need not be sorted
        if self.plan.encode == "onehot":
            self.encoder = OneHotEncoder(categories=[known], sparse_output=False, handle_unknown="ignore")
        else:
            self.encoder = OrdinalEncoder(categories=[known], handle_unknown="use_encoded_value",
                                          unknown_value=-1)  # fmt: skip
        return self.encoder.fit_transform(x.astype(object))

    def encode(self, x):
        """`x` may have gaps."""
        unseen = np.array([not pd.isna(v) and v not in self.known for v in x.ravel()]).reshape(-1, 1)
        self.unseen = int(unseen.sum())
        if self.unseen and self.plan.unseen == "error":
            raise Refused("a category is new")
        if self.unseen and self.plan.unseen == "fill":
            x = x.copy()
            x[unseen] = np.nan
        return self.encoder.transform(self.fill(x, fit=False).astype(object))

    # all

    def fit_scale(self, x):
        self.scaler = SCALERS[self.plan.scale]().fit(x) if self.plan.scale != "none" else None
        width = np.ones(x.shape[1])
        if self.plan.scale == "minmax":
            width = self.scaler.data_range_
        elif self.scaler is not None:
            width = self.scaler.scale_
        # How many units in the last place of the input are one of the output.
        self.conditioning = np.abs(x).max(axis=0) / np.where(width == 0, 1, width)

    def transform(self, column):
        x = values(column, self.kind)
        x = self.shape(self.fill(x, fit=False)) if self.plan.encode == "numeric" else self.encode(x)
        return x if self.scaler is None else self.scaler.transform(x)


@dataclasses.dataclass
class Division:
    test_size: float = 0.2
    random_state: int = 42
    stratify: bool = False
    shuffle: bool = True
    folds: int = 0

    def rows(self, y):
        """[(train, validation)], one pair a fold."""
        all_rows = np.arange(len(y))
        try:
            if self.folds:
                kind = StratifiedKFold if self.stratify else KFold
                seed = self.random_state if self.shuffle else None
                return list(kind(self.folds, shuffle=self.shuffle, random_state=seed).split(all_rows, y))
            if self.test_size == 0:
                return [(all_rows, all_rows[:0])]
            size = self.test_size if self.test_size < 1 else int(self.test_size)
            return [train_test_split(all_rows, test_size=size, shuffle=self.shuffle,
                                     random_state=self.random_state if self.shuffle else None,
                                     stratify=y if self.stratify else None)]  # fmt: skip
        except ValueError as error:
            raise Refused(str(error)) from error


def labels(column, task):
    return column.to_numpy(float) if task == "regression" else LabelEncoder().fit_transform(column)


def tolerance(fitted, want):
    """1e-12 of a value, and what rounding the column's mean costs where it is large beside its
    spread."""
    noise = 64 * np.finfo(float).eps * np.concatenate([c.conditioning for c in fitted])
    return 1e-12 * np.abs(want) + noise


def transform(fitted, table, names):
    return np.hstack([c.transform(table[n]) for c, n in zip(fitted, names)])
