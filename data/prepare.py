#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turn a passenger list into train_data.npz and val_data.npz, as the lesson prepares it.

    python3 data/prepare.py data/passengers.csv data
    python3 data/prepare.py titanic_train.csv FOLDER

Seven columns (FEATURES); Sex and Embarked become the index of their value in sorted order; a
missing Embarked is S, a missing Age or Fare the median; each column is centred and divided by its
population standard deviation over all rows; then a fifth of the rows, chosen as scikit-learn's
train_test_split(test_size=0.2, random_state=42) chooses them, is set aside for validation. Needs
the standard library only; pandas and scikit-learn give the same numbers to rounding.
"""

import csv
import math
import os
import random
import struct
import sys
import zipfile

FEATURES = ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]


def mersenne(seed):
    """The generator of numpy.random.RandomState(seed), which seeds unlike random.Random(seed)."""
    words = [seed % 2**32]
    for j in range(1, 624):
        words.append((1812433253 * (words[-1] ^ words[-1] >> 30) + j) % 2**32)
    generator = random.Random()
    generator.setstate((3, tuple(words) + (624,), None))
    return generator


def permutation(n, seed):
    """numpy.random.RandomState(seed).permutation(n)"""
    generator = mersenne(seed)
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        mask = 2 ** i.bit_length() - 1
        j = generator.getrandbits(32) & mask
        while j > i:
            j = generator.getrandbits(32) & mask
        order[i], order[j] = order[j], order[i]
    return order


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def numbers(rows, name):
    """A column as numbers, gaps filled."""
    texts = [row[name] for row in rows]
    if name == "Embarked":
        texts = [text or "S" for text in texts]
    if name in ("Sex", "Embarked"):
        kinds = sorted(set(texts))
        return [float(kinds.index(text)) for text in texts]
    known = [float(text) for text in texts if text != ""]
    return [float(text) if text != "" else median(known) for text in texts]


def standardise(column):
    mean = math.fsum(column) / len(column)
    variance = math.fsum((x - mean) ** 2 for x in column) / len(column)
    return [(x - mean) / (math.sqrt(variance) or 1.0) for x in column]


def npy(dtype, shape, values):
    """The bytes of a numpy array file, format 1.0."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (dtype, shape)
    head += " " * (-(len(head) + 11) % 64) + "\n"
    body = struct.pack("<%d%s" % (len(values), {"<f8": "d", "<i8": "q"}[dtype]), *values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode("latin-1") + body


def write_npz(path, part, rows, labels):
    """X_part and y_part; stored, with a fixed date, so that equal data are equal bytes."""
    members = {
        "X_" + part: npy("<f8", (len(rows), len(FEATURES)), [x for row in rows for x in row]),
        "y_" + part: npy("<i8", (len(labels),), labels),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: prepare.py PASSENGERS.csv FOLDER")
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    rows = list(zip(*[standardise(numbers(table, name)) for name in FEATURES]))
    labels = [int(row["Survived"]) for row in table]
    order = permutation(len(rows), 42)
    held_out = math.ceil(0.2 * len(rows))
    for part, chosen in (("train", order[held_out:]), ("val", order[:held_out])):
        path = os.path.join(sys.argv[2], part + "_data.npz")
        write_npz(path, part, [rows[i] for i in chosen], [labels[i] for i in chosen])


main()
