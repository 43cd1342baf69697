#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The peer that writes skiff's files (bench/peers/torch_run.py) beside skiff: the same losses and
metrics, epoch by epoch, the same members of run.json; its steps that are captured on a GPU, here
played without one; and what it says where there is none."""

import csv
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
    from sklearn import metrics as sk
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "..", "..", "bench", "peers")
PEER = os.path.join(PEERS, "torch_run.py")
DATA = os.path.join(HERE, "..", "..", "data")
sys.path.insert(0, PEERS)
import scores  # noqa: E402
import tables  # noqa: E402

SKIFF = os.environ.get("SKIFF")
# Relative. 1.5e-7 was seen in all of these runs, which is how floats round; other processors add
# up in another order (train_torch.py measures how far torch is from itself then).
FULL, BATCHES = 2e-5, 5e-6
# Plays what `captured` gives without a GPU: the work once more at every call, after the warm-up.
PLAYED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import torch_run
def captured(work):
    for _ in range(3):
        work()
    return work
torch_run.captured = captured
torch_run.check = lambda options: None
torch_run.main()
"""
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text), flush=True)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    said = done.stderr.strip()
    check(done.returncode == 0, "%s: exit %d %s" % (os.path.basename(command[1]), done.returncode,
                                                    said if done.returncode else ""))  # fmt: skip


def history(folder):
    with open(os.path.join(folder, "history.csv"), newline="", encoding="ascii") as file:
        lines = list(csv.reader(file))
    rows = [[float(field) if field else numpy.nan for field in line] for line in lines[1:]]
    return lines[0], numpy.array(rows)


def record(folder):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        return json.load(file)


def compare_histories(name, ours, theirs, tolerance):
    """All columns but seconds, where torch has them."""
    (header, mine), (other, its) = history(ours), history(theirs)
    check(header == other and mine.shape == its.shape, "%s: the same columns and epochs" % name)
    for column in range(1, len(header) - 1):
        apart = numpy.abs(mine[:, column] - its[:, column]) / numpy.abs(mine[:, column])
        least = numpy.isfinite(apart).sum()
        loss = header[column] in ("train_loss", "val_loss")
        # a row may change sides of the threshold, or places with another, once scores are this near
        allowed = tolerance if loss else 0 if header[column] == "lr" else 0.01
        check(least >= 1 and numpy.nanmax(apart) <= allowed, "%s: %s: %.2g apart, allowed %.2g"
              % (name, header[column], numpy.nanmax(apart), allowed))  # fmt: skip


def compare_records(name, ours, theirs):
    mine, its = record(ours), record(theirs)
    check(set(mine) == set(its), "%s: members %s" % (name, sorted(set(mine) ^ set(its))))
    for part in "instance data training seconds".split():
        lacking = set(mine[part]) ^ set(its[part])
        check(not lacking, "%s: members of %s %s" % (name, part, sorted(lacking)))
    for part in "data", "instance":
        check(mine[part] == its[part], "%s: %s: %s" % (name, part, its[part]))
    for member in "task parameters batch_size epochs steps monitor".split():
        pair = mine["training"][member], its["training"][member]
        check(pair[0] == pair[1], "%s: training.%s: %s" % (name, member, pair))
    check(its["program"] == "torch" and its["format"] == 1, "%s: program and format" % name)
    check(its["device"]["kind"] == "cpu" and its["device"]["name"] == mine["device"]["name"],
          "%s: device %s" % (name, its["device"]))  # fmt: skip
    seconds = its["seconds"]
    parts = sum(seconds[part] for part in "start load train evaluate save".split())
    check(abs(parts - seconds["total"]) < 1e-6 and parts <= seconds["billable"] <= parts + 60,
          "%s: seconds %s" % (name, seconds))  # fmt: skip
    check(history(theirs)[1][-1, -1] <= seconds["train"], "%s: seconds of the history" % name)
    check(seconds["start"] > 0.05, "%s: imports are in start: %.3f s" % (name, seconds["start"]))
    for part in its["metrics"]:
        for member in its["metrics"][part]:
            if isinstance(its["metrics"][part][member], float):
                pair = mine["metrics"][part][member], its["metrics"][part][member]
                check(abs(pair[0] - pair[1]) <= 0.01, "%s: %s %s: %s" % (name, part, member, pair))


def both(folder, name, pair, arguments, tolerance):
    ours, theirs = [os.path.join(folder, name, who) for who in ("skiff", "torch")]
    words = ["--train", pair[0], "--val", pair[1], "--threads", "1", "--instance", "ml.m5.large"]
    run([SKIFF, "train", "--quiet", "--out", ours] + words + arguments)
    run([sys.executable, PEER, "--out", theirs] + words + arguments)
    compare_histories(name, ours, theirs, tolerance)
    compare_records(name, ours, theirs)
    return words, theirs


def played(folder, name, words, eager, arguments):
    """Captured steps beside eager ones: the same to the bit, since it is the same arithmetic."""
    out = os.path.join(folder, name, "played")
    command = [sys.executable, "-c", PLAYED, PEERS, "--mode", "graphs"]
    run(command + ["--out", out] + words + arguments)
    (_, mine), (_, its) = history(eager), history(out)
    same = mine.shape == its.shape and (mine[:, :-1] == its[:, :-1]).all()
    check(same, "%s: captured steps give what eager ones do" % name)


def drawn_order(folder, words):
    """Another order of rows: not the same losses, but near."""
    rows = []
    for order in "loader", "device":
        out = os.path.join(folder, order)
        run([sys.executable, PEER, "--order", order, "--batch_size", "64", "--epochs", "4",
             "--metrics", "usual", "--out", out] + words)  # fmt: skip
        rows.append(history(out)[1])
    apart = abs(rows[0][-1, 1] - rows[1][-1, 1]) / rows[0][-1, 1]
    check(0 < apart < 0.05, "order of the device: loss %.2g apart" % apart)
    usual = rows[0][:, 4:7]
    check(numpy.isnan(usual[:-1]).all() and numpy.isfinite(usual[-1]).all(),
          "usual metrics: f1, auroc, ap of the last epoch only")  # fmt: skip


def several_classes(folder):
    rng = numpy.random.default_rng(5)
    x = rng.standard_normal((300, 5))
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)
    paths = [os.path.join(folder, part + ".npz") for part in ("train", "val")]
    numpy.savez(paths[0], X_train=x[:200], y_train=y[:200])
    numpy.savez(paths[1], X_val=x[200:], y_val=y[200:])
    both(folder, "classes", paths, ["--epochs", "20", "--seed", "3", "--hidden", "16"], FULL)


def check_scores(found, wanted):
    for name, value in wanted.items():
        text = "%s %.9g, scikit-learn %.9g" % (name, found[name], value)
        check(abs(found[name] - value) < 1e-12, text)


def scores_are_right():
    rng = numpy.random.default_rng(1)
    p = rng.integers(0, 40, 500) / 40  # many ties
    y = (rng.random(500) < p).astype(int)
    found = scores.of(p, y)
    wanted = dict(auroc=sk.roc_auc_score(y, p), ap=sk.average_precision_score(y, p),
                  f1=sk.f1_score(y, p > 0.5), brier=sk.brier_score_loss(y, p),
                  precision=sk.precision_score(y, p > 0.5))  # fmt: skip
    check_scores(found, wanted)
    p = rng.dirichlet([1, 1, 1], 400)
    y = rng.integers(0, 3, 400)
    found, said = scores.of(p, y), p.argmax(axis=1)
    wanted = dict(accuracy=sk.accuracy_score(y, said), log_loss=sk.log_loss(y, p),
                  macro_f1=sk.f1_score(y, said, average="macro"))  # fmt: skip
    check_scores(found, wanted)
    check(scores.of(numpy.array([0.2, 0.4]), numpy.array([1, 1]))["auroc"] is None, "one class")


def refusals(words):
    """What cannot be done here is said in one line, and nothing is trained."""
    wanted = {"graphs": "it needs --device cuda"}
    if not hasattr(torch, "compile"):
        wanted["compile"] = "needs torch 2"
    commands = [(["--mode", mode], text) for mode, text in wanted.items()]
    if not torch.cuda.is_available():
        commands.append((["--device", "cuda"], "sees no GPU"))
    for arguments, text in commands:
        done = subprocess.run([sys.executable, PEER] + words + arguments, capture_output=True,
                              text=True, timeout=60)  # fmt: skip
        said = done.stderr
        good = done.returncode == 1 and text in said and said.count("\n") == 1
        check(good, "%s: exit %d: %s" % (" ".join(arguments), done.returncode, said.strip()))


def main():
    if not SKIFF:
        print("skip: SKIFF does not name the program")
        sys.exit(77)
    pair = [os.path.join(DATA, name + "_data.npz") for name in ("train", "val")]
    with tempfile.TemporaryDirectory(prefix="skiff-torch-run-") as folder:
        scores_are_right()
        arguments = ["--epochs", "100", "--seed", "0"]
        words, eager = both(folder, "full batch", pair, arguments, FULL)
        played(folder, "full batch", words, eager, arguments)
        arguments = ["--epochs", "5", "--seed", "7", "--batch_size", "32"]
        arguments += ["--learning_rate", "0.003"]
        words, eager = both(folder, "batches", pair, arguments, BATCHES)
        played(folder, "batches", words, eager, arguments)
        lesson = tables.real_data("titanic", "titanic_train.csv")
        if lesson:
            x_train, x_val, y_train, y_val = tables.lesson_arrays(lesson)
            real = [os.path.join(folder, part + ".npz") for part in ("lesson_train", "lesson_val")]
            numpy.savez(real[0], X_train=x_train, y_train=y_train)
            numpy.savez(real[1], X_val=x_val, y_val=y_val)
            both(folder, "lesson", real, ["--epochs", "100", "--seed", "42"], FULL)
        several_classes(folder)
        drawn_order(folder, words)
        refusals(words)
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


main()
