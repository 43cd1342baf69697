#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The lesson's command beside the lesson's script: same arguments, same lines, same model file.

Both run in a folder of their own, as a user runs them. What they print must agree in every digit up
to epoch 100. Later, roundings grow into differences, torch's own between two of its runs too
(train_torch.py measures that); there the lines must agree within a few times what is seen of them.
"""

import os
import re
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
import tables  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "..", "bench", "train_nn.py")
DATA = os.path.join(HERE, "..", "..", "data")
SKIFF = os.environ.get("SKIFF")
NUMBER = re.compile(r"[0-9]+\.[0-9]+")
EPOCH = re.compile(r"Epoch \[([0-9]+)/")
# Up to this epoch, by how much the losses and the accuracies may differ. 1.01e-4 is one unit of
# the last digit printed, 0.0071 one row of 143.
ALLOWED = [(100, 1.01e-4, 0), (200, 1e-3, 0.0071), (10**9, 0.1, 0.05)]
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text), flush=True)
    return good


def run(folder, command):
    """Standard output as lines; a run that fails is a failure of the test."""
    os.makedirs(folder)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    expected = (" task, ", "epochs, as --epochs was not given")  # the set-up; how long nobody has said
    said = [line for line in done.stderr.splitlines() if not any(words in line for words in expected)]
    check(done.returncode == 0 and not said,
          "%s: exit %d, says %r" % (os.path.basename(command[0]), done.returncode, said))
    return done.stdout.splitlines()


def compare_lines(ours, theirs):
    """Line by line: the words are equal, the numbers near. The last number is an accuracy."""
    check(len(ours) == len(theirs), "lines: skiff %d, torch %d" % (len(ours), len(theirs)))
    loss = accuracy = 0
    for mine, other in zip(ours, theirs):
        if EPOCH.match(other):
            epoch = int(EPOCH.match(other).group(1))
            loss, accuracy = next(limits for until, *limits in ALLOWED if epoch <= until)
        pairs = zip(NUMBER.findall(mine), NUMBER.findall(other))
        apart = [abs(float(a) - float(b)) for a, b in pairs]
        allowed = [loss] * (len(apart) - 1) + [accuracy] * min(len(apart), 1)
        good = NUMBER.sub("#", mine) == NUMBER.sub("#", other)
        good = good and all(a <= b for a, b in zip(apart, allowed))
        text = "'%s', torch '%s', apart %s, allowed %s"
        check(good, text % (mine, other, ["%.1g" % a for a in apart], allowed))


def compare_lesson(folder, name, pair, epochs):
    where = os.path.join(folder, name)
    arguments = ["--train", pair[0], "--val", pair[1], "--epochs", str(epochs)]
    arguments += ["--learning_rate", "0.001"]
    seed = ["--seed", "42"]
    print("%s, %d epochs" % (name, epochs))
    ours = run(os.path.join(where, "skiff"), [SKIFF, "train"] + arguments + seed)
    theirs = run(os.path.join(where, "torch"), [sys.executable, SCRIPT] + arguments + seed)
    compare_lines(ours, theirs)
    if not os.path.isdir("/opt/ml/model"):
        left = sorted(os.listdir(os.path.join(where, "skiff")))
        check("nn_model.pth" in left and "model.npz" in left, "skiff left %s" % left)
        compare_models(*[os.path.join(where, who, "nn_model.pth") for who in ("skiff", "torch")])


def compare_models(ours, theirs):
    """The state dicts have the same keys in the same order, the same shapes and dtypes."""
    forms = []
    for path in (ours, theirs):
        state = torch.load(path)
        forms.append([(k, tuple(v.shape), str(v.dtype)) for k, v in state.items()])
    check(forms[0] == forms[1], "state dict: skiff %s, torch %s" % tuple(forms))
    with numpy.load(ours.replace("nn_model.pth", "model.npz")) as archive:
        state = torch.load(ours)
        differ = [k for k in state if state[k].numpy().tobytes() != archive[k].tobytes()]
    check(not differ, "model.npz has the bits of nn_model.pth; differing %s" % differ)


def defaults(folder, pair):
    """Arguments that the script has defaults for: 10 epochs, 0.001."""
    where = os.path.join(folder, "defaults")
    arguments = ["--train", pair[0], "--val", pair[1], "--seed", "0"]
    ours = run(os.path.join(where, "skiff"), [SKIFF, "train"] + arguments)
    theirs = run(os.path.join(where, "torch"), [sys.executable, SCRIPT] + arguments)
    compare_lines(ours, theirs)


def main():
    if not SKIFF:
        print("skip: SKIFF does not name the program")
        return 77
    shipped = [os.path.join(DATA, part + "_data.npz") for part in ("train", "val")]
    with tempfile.TemporaryDirectory() as folder:
        defaults(folder, shipped)
        compare_lesson(folder, "shipped", shipped, 250)
        if tables.real_data("titanic", "titanic_train.csv"):
            pair = tables.lesson(os.path.join(folder, "tables"))
            compare_lesson(folder, "lesson", pair, 1000)
        else:
            print("skip the lesson's own table: SKIFF_REAL_DATA is not set")
    return 1 if failures else 0


sys.exit(main())
