#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Divisions of rows beside the live scikit-learn, row by row in order: train_test_split of 100 seeds
and sizes, shuffled or not, in proportion to classes or not, and K folds likewise. What one of the
two refuses the other refuses too.

SKIFF_TESTLIB names the folder of the helper program split_driver.
"""

import os
import random
import subprocess
import sys

try:
    import numpy
    import sklearn  # noqa: F401
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from split_oracle import divide  # noqa: E402

SEEDS = 100


def classes(rng, rows):
    """A class a row: even or lopsided, few or many, sorted or not."""
    count = rng.choice([1, 2, 2, 3, 5, 10, 70])
    weights = [rng.choice([1, 1, rng.random() ** 3 + 1e-3]) for _ in range(count)]
    drawn = rng.choices(range(count), weights, k=rows)
    if rng.random() < 0.2:
        drawn.sort()
    return "".join(chr(ord("0") + k) for k in drawn)


def lines(rng):
    for seed in range(SEEDS):
        rows = rng.choice([2, 3, rng.randint(4, 60), rng.randint(60, 900), 712, 891, rng.randint(900, 20000)])
        state = rng.choice([seed, 42, rng.getrandbits(32)])
        sizes = [0.1, 0.2, 0.25, 1 / 3, 0.5, rng.random(), rng.randint(1, rows)]
        for size in sizes:
            other = rng.choice([0, 0, 0, rng.random(), rng.randint(1, rows)])
            yield "rows %d %r %r 1 %d -" % (rows, size, other, state)
            yield "rows %d %r %r 0 %d -" % (rows, size, other, state)
            yield "rows %d %r %r 1 %d %s" % (rows, size, other, state, classes(rng, rows))
        for folds in (2, 3, 5, 10, rng.randint(2, rows + 1)):
            for fold in {0, folds - 1, rng.randrange(folds)}:
                for shuffle in (0, 1):
                    yield "fold %d %d %d %d %d -" % (rows, folds, fold, shuffle, state)
                    yield "fold %d %d %d %d %d %s" % (rows, folds, fold, shuffle, state, classes(rng, rows))


def drive(asked):
    driver = os.path.join(os.environ["SKIFF_TESTLIB"], "split_driver")
    done = subprocess.run([driver], input="\n".join(asked) + "\n", text=True, stdout=subprocess.PIPE, check=True)
    replies = done.stdout.split("\n")[:-1]
    assert len(replies) == len(asked), "split_driver answered %d of %d" % (len(replies), len(asked))
    return replies


def theirs(line):
    try:
        return [numpy.asarray(part) for part in divide(line)]
    except ValueError as refusal:
        return str(refusal)


def main():
    asked = list(lines(random.Random(1)))
    equal = refused = bad = 0
    for line, reply in zip(asked, drive(asked)):
        want = theirs(line)
        if isinstance(want, str) or reply.startswith("refused"):
            if isinstance(want, str) and reply.startswith("refused"):
                refused += 1
                continue
            bad += 1
            print("FAIL '%.60s': ours '%.100s', scikit-learn '%.100s'" % (line, reply, want))
            continue
        got = [numpy.array(part.split(), dtype=numpy.int64) for part in reply.split("/")]
        if all(numpy.array_equal(a, b) for a, b in zip(got, want)):
            equal += 1
            continue
        bad += 1
        print("FAIL '%.60s'\n  ours         %s\n  scikit-learn %s" % (line, got, want))
    print("%d divisions equal, %d refused by both, %d not equal" % (equal, refused, bad))
    return 0 if bad == 0 and equal > 4000 and refused > 50 else 1


sys.exit(main())
