# SPDX-License-Identifier: MIT
"""What the peers share: options, tables and the line of JSON that each of them prints.

A peer is a training script such as a course would have it, on the same table and with the same
network as skiff. Options have skiff's names. The table is a pair of .npz files, or is drawn.
BENCH_STARTED, where the caller sets it, is the monotonic clock at which it started the process.
"""

import argparse
import json
import os
import time

STARTED = float(os.environ.get("BENCH_STARTED") or time.monotonic())


def options(description, add=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--train", help="an .npz with X_train and y_train; without it one is drawn")
    parser.add_argument("--val", help="an .npz with X_val and y_val")
    parser.add_argument("--rows", type=int, default=1000, help="of the table that is drawn")
    parser.add_argument("--val_rows", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=7)
    parser.add_argument("--outputs", type=int, default=1, help="1: binary, else classes")
    parser.add_argument("--hidden", default="64,32")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--learning_rate", type=float, default=0.001)
    parser.add_argument("--threads", type=int, default=0, help="0: the library's own choice")
    parser.add_argument("--seed", type=int, default=0)
    if add:
        add(parser)
    found = parser.parse_args()
    found.hidden = [int(units) for units in found.hidden.split(",") if units]
    if found.threads:  # read by the libraries when they are loaded
        os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(found.threads)
    return found


def draw(rows, inputs, outputs, seed):
    """X float32 (rows, inputs), y int64 (rows,): what a small random network and noise make of X.

    Columns have mean 0 and deviation 1. With 1 output y is 0 or 1, else 0 to outputs - 1.
    """
    import numpy

    rng = numpy.random.default_rng(seed)
    x = rng.standard_normal((rows, inputs), dtype=numpy.float32)
    inner = rng.standard_normal((inputs, 8), dtype=numpy.float32) / numpy.sqrt(inputs)
    outer = rng.standard_normal((8, outputs), dtype=numpy.float32)
    score = numpy.tanh(2 * (x @ inner)) @ outer
    score += 0.5 * rng.standard_normal(score.shape, dtype=numpy.float32)
    y = score[:, 0] > 0 if outputs == 1 else score.argmax(axis=1)
    return x, y.astype(numpy.int64)


def draw_pair(chosen):
    """(x, y) to train on and (x, y) to validate on; the second has --val_rows rows."""
    rows = chosen.rows
    x, y = draw(rows + chosen.val_rows, chosen.inputs, chosen.outputs, chosen.seed)
    return (x[:rows], y[:rows]), (x[rows:], y[rows:])


def load(path, part):
    import numpy

    with numpy.load(path) as archive:
        return archive["X_" + part].astype(numpy.float32), archive["y_" + part]


def tables(chosen):
    """(x, y) to train on, and (x, y) to validate on or None."""
    if not chosen.train:
        train, val = draw_pair(chosen)
        return train, val if len(val[0]) else None
    return load(chosen.train, "train"), load(chosen.val, "val") if chosen.val else None


def classes(y):
    """Outputs that the labels need: 1 for 0 and 1, else one a class."""
    highest = int(y.max())
    return 1 if highest <= 1 else highest + 1


def peak_memory():
    """VmHWM in bytes: the most that was resident, this process's own pages only."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0
    return int(line.split()[1]) * 1024


def scores(model, val):
    """Accuracy and, with two classes, AUROC of a fitted scikit-learn model on (x, y)."""
    if not val:
        return {}
    from sklearn.metrics import roc_auc_score

    x, y = val
    found = dict(accuracy=float((model.predict(x) == y).mean()))
    if classes(y) == 1:
        found["auroc"] = float(roc_auc_score(y, model.predict_proba(x)[:, 1]))
    return found


def say(**figures):
    print(json.dumps(dict(figures, peak_memory_bytes=peak_memory())))
