# SPDX-License-Identifier: MIT
"""Tables in .npz files without numpy, for the shell tests: any dtype, order and compression, and
data that are the same on every machine.

As a program: each line of standard input makes one file,
    FILE PART KIND ROWS FEATURES SEED [BEGIN END]
with KIND binary, multiclass, regression or regression2 (two targets), and of such a table the rows
from BEGIN to END alone.
"""

import functools
import random
import struct
import sys
import zipfile

CODES = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?",
}  # fmt: skip


def transposed(values, shape):
    rows, columns = shape
    return [values[r * columns + c] for c in range(columns) for r in range(rows)]


def npy(values, shape, dtype="<f4", fortran=False):
    """The bytes of an .npy file; `values` is flat and in C order."""
    if fortran and len(shape) == 2:
        values = transposed(values, shape)
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {tuple(shape)!r}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    code = CODES[dtype[1:]]
    order = ">" if dtype[0] == ">" else "<"
    convert = float if code in "efd" else bool if code == "?" else int
    body = struct.pack(f"{order}{len(values)}{code}", *map(convert, values))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body


def save(path, members, deflate=False, misalign=0):
    """Write {name: bytes of an .npy file}. The data of a stored member begin `misalign` bytes
    after a multiple of 64, which decides whether its floats can be used where they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            if deflate:
                info.compress_type = zipfile.ZIP_DEFLATED
            start = archive.fp.tell() + 30 + len(info.filename) + 4
            pad = (misalign - start) % 64
            info.extra = struct.pack("<HH", 0x5343, pad) + bytes(pad)
            archive.writestr(info, content)


@functools.lru_cache(maxsize=2)
def table(kind, rows, features, seed):
    """X as whole eighths, which every float type holds exactly, and y; both flat."""
    rng = random.Random(seed)
    weights = [random.Random(1000 + f).randint(-8, 8) for f in range(features)]
    X, y = [], []
    for _ in range(rows):
        row = [rng.randint(-16, 16) for _ in range(features)]
        score = sum(w * x for w, x in zip(weights, row)) + rng.randint(-50, 50)
        X += [x / 8 for x in row]
        if kind == "binary":
            y.append(int(score > 0))
        elif kind == "multiclass":
            y.append(0 if score < -60 else 1 if score < 60 else 2)
        else:
            y.append(score / 64)
            if kind == "regression2":
                y.append(-score / 32)
    return X, y


def save_table(path, part, kind, rows, features, seed, begin=0, end=None):
    X, y = table(kind, rows, features, seed)
    labels = kind in ("binary", "multiclass")
    targets = 2 if kind == "regression2" else 1
    end = rows if end is None else end
    rows = end - begin
    shape = (rows, targets) if targets > 1 else (rows,)
    save(
        path,
        {
            f"X_{part}": npy(X[begin * features : end * features], (rows, features)),
            f"y_{part}": npy(y[begin * targets : end * targets], shape, "<i8" if labels else "<f4"),
        },
    )


if __name__ == "__main__":
    for line in sys.stdin:
        path, part, kind, *numbers = line.split()
        save_table(path, part, kind, *map(int, numbers))
