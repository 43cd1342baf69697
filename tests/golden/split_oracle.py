# SPDX-License-Identifier: MIT
"""What scikit-learn makes of a line of tests/split_script.h."""

import warnings

import numpy
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split


def number(text):
    """A share, or from 1 on a number of rows; 0 is not given."""
    value = float(text)
    return None if value == 0 else value if value < 1 else int(value)


def divide(line):
    """The rows to train on and those held back; ValueError where scikit-learn refuses."""
    what, rows, a, b, shuffle, seed, classes = line.split()
    rows, shuffle, seed = int(rows), shuffle == "1", int(seed)
    y = None if classes == "-" else numpy.array([ord(c) for c in classes])
    index = numpy.arange(rows)
    if what == "rows":
        return train_test_split(
            index,
            test_size=number(a),
            train_size=number(b),
            shuffle=shuffle,
            stratify=y,
            random_state=seed,
        )
    kind = KFold if y is None else StratifiedKFold
    folds = kind(int(a), shuffle=shuffle, random_state=seed if shuffle else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer rows than folds
        return list(folds.split(index, y))[int(b)]
