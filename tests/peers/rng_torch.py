#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random draws beside the live torch, numpy and scikit-learn, bit for bit.

SKIFF_TESTLIB names the folder of the helper program rng_driver.
"""

import os
import subprocess
import sys

try:
    import numpy
    import torch
    from sklearn.model_selection import train_test_split
    from torch.utils.data import DataLoader, TensorDataset
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from rng_oracle import Oracle  # noqa: E402

SEEDS = [0, 1, 42, -1, -(2**63), 2**31, 2**32 - 1, 2**32 + 5, 2**63 + 12345, 2**64 - 1]
SIZES = [0, 1, 2, 3, 10, 311, 312, 313, 569, 623, 624, 625, 1000, 9999, 200000]
LAYERS = [(7, 64), (64, 32), (32, 1), (1, 1), (13, 3), (784, 10), (3, 625), (9999, 2)]


def groups():
    """Name of a group of lines, and the lines."""
    yield "raw outputs", [x for s in SEEDS for x in ("seed %d" % s, "u32 2000", "u64 500")]
    yield "linear init", [
        x
        for s in SEEDS
        for x in ["seed %d" % s] + ["linear %d %d" % shape for shape in LAYERS]
    ]
    yield "uniform", [
        x
        for bounds in ("0 1", "-0.1 0.3", "-1e-3 1e-3", "5 1e6", "-1 1")
        for x in ["seed 6"] + ["uniform %s %d" % (bounds, n) for n in SIZES]
    ]
    yield "randperm", [
        x for s in SEEDS[:6] for x in ["seed %d" % s] + ["randperm %d" % n for n in SIZES]
    ]
    yield "loader orders", [
        x
        for s in SEEDS
        for x in ["seed %d" % s, "linear 7 64"]
        + ["loader %d" % n for n in (1, 2, 3, 32, 569, 569, 569, 10000)]
        + ["uniform 0 1 3"]
    ]
    yield "dropout", [
        x
        for s in SEEDS[:6]
        for p in ("0", "0.1", "0.2", "0.5", "0.9", "1", "1e-12", "0.999999")
        for x in ["seed %d" % s, "uniform 0 1 %d" % (s % 3)]
        + ["dropout %s %d" % (p, n) for n in SIZES[1:-1]]
        + ["uniform 0 1 3"]
    ]
    yield "numpy permutation", [
        x
        for s in SEEDS
        for x in ["seed %d" % s] + ["permutation %d" % n for n in SIZES + [65536, 65537]]
    ]


def drive(lines):
    """The words that rng_driver prints for each line."""
    driver = os.path.join(os.environ["SKIFF_TESTLIB"], "rng_driver")
    done = subprocess.run(
        [driver], input="\n".join(lines) + "\n", text=True, stdout=subprocess.PIPE, check=True
    )
    replies = done.stdout.split("\n")[:-1]
    assert len(replies) == len(lines), "rng_driver answered %d of %d" % (len(replies), len(lines))
    return [numpy.array([int(w, 16) for w in r.split()], numpy.uint32) for r in replies]


def same(name, lines, ours, theirs):
    """Report one group; every word must be equal."""
    words = 0
    for line, a, b in zip(lines, ours, theirs):
        if len(a) != len(b):
            print("FAIL %s: '%s': %d words, torch %d" % (name, line, len(a), len(b)))
            return False
        if not numpy.array_equal(a, b):
            at = int(numpy.flatnonzero(a != b)[0])
            print("FAIL %s: '%s': word %d is %x, torch %x" % (name, line, at, a[at], b[at]))
            return False
        words += len(a)
    print("ok   %s: %d lines, %d words, all bits equal" % (name, len(lines), words))
    return True


def minibatch_epochs():
    """A network with two dropout layers under a DataLoader: the lines and what torch drew."""
    rows, batch, hidden, drops = 569, 32, (64, 32), (0.2, 0.5)
    lines, theirs, seen = ["seed 123"], [[]], []
    torch.manual_seed(123)
    layers = [torch.nn.Linear(7, 64), torch.nn.Linear(64, 32), torch.nn.Linear(32, 1)]
    drop = [torch.nn.Dropout(p) for p in drops]
    for layer in layers:
        lines.append("linear %d %d" % (layer.in_features, layer.out_features))
        both = [t.detach().numpy().ravel() for t in (layer.weight, layer.bias)]
        theirs.append(numpy.concatenate(both).view(numpy.uint32))
    for d in drop:
        d.register_forward_hook(lambda _m, _i, out: seen.append((out != 0).numpy().ravel()))
    data = TensorDataset(torch.arange(rows), torch.randperm(rows))
    lines.append("randperm %d" % rows)
    theirs.append(data.tensors[1].numpy())
    loader = DataLoader(data, batch_size=batch, shuffle=True)
    for _ in range(3):
        order = []
        seen.clear()
        masks = []
        for index, _label in loader:
            order.append(index.numpy())
            for d, width in zip(drop, hidden):
                d(torch.ones(len(index), width))
                masks.append("dropout %g %d" % (d.p, len(index) * width))
        lines += ["loader %d" % rows] + masks
        theirs += [numpy.concatenate(order)] + seen
    return lines, [numpy.asarray(t).astype(numpy.uint32) for t in theirs]


def splits():
    """sklearn's split: test rows are the first ceil(size * n) of numpy's permutation."""
    good = True
    for n in (5, 10, 712, 891, 1313, 20000):
        for size in (0.1, 0.2, 0.25, 1 / 3):
            for seed in (0, 42, 2**32 - 1):
                order = drive(["seed %d" % seed, "permutation %d" % n])[1]
                train, test = train_test_split(
                    numpy.arange(n), test_size=size, random_state=seed
                )
                count = int(numpy.ceil(size * n))
                equal = numpy.array_equal(order[:count], test)
                if not (equal and numpy.array_equal(order[count:], train)):
                    print("FAIL split of %d rows, size %g, seed %d" % (n, size, seed))
                    print("  ours  %s..., sklearn %s..." % (order[:5], test[:5]))
                    good = False
    if good:
        print("ok   train_test_split: 72 splits, all indices equal")
    return good


def main():
    if "SKIFF_TESTLIB" not in os.environ:
        print("skip: SKIFF_TESTLIB is not set")
        return 77
    if "CPU capability usage: NO AVX" in torch.__config__.show():
        print("skip: this torch runs without AVX2, so its initial weights are rounded twice")
        return 77
    oracle = Oracle()
    good = True
    for name, lines in groups():
        good &= same(name, lines, drive(lines), [oracle.run(line) for line in lines])
    lines, theirs = minibatch_epochs()
    good &= same("mini-batch epochs with two dropouts", lines, drive(lines), theirs)
    good &= splits()
    return 0 if good else 1


sys.exit(main())
