#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff train` beside torch: initial weights to the bit, and loss curves.

At each epoch |skiff - torch| / |torch| of both losses is at most max(1e-5, 10 * spread), where
spread is the largest difference so far between torch's run and its repetitions (float64; every
parameter moved in the last place after each step), as long as that is under 1 %. Beyond it the
final numbers of five seeds are compared. Runs that differ on purpose must be found out.
"""

import dataclasses
import os
import sys

try:
    import numpy
    import sklearn  # noqa: F401
    import torch
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
import torch_oracle  # noqa: E402
from beside_torch import Judge, Table  # noqa: E402
from torch_oracle import Spec  # noqa: E402

judge = Judge()
SEEDS = 5

# case: table, options. Mini-batches of 50 and 48 rows leave a short last batch.
CURVES = {
    # the lesson
    "lesson": ("lesson", dict(epochs=200)),
    "lesson, another seed": ("lesson", dict(epochs=200, seed=7)),
    "lesson, mini-batches": ("lesson", dict(epochs=30, batch_size=32)),
    "shipped": ("shipped", dict(epochs=150, seed=42)),
    "shipped, mini-batches, dropout": ("shipped", dict(epochs=12, batch_size=64, dropout=0.2)),
    # optimizers
    "adamw": ("breast_cancer", dict(epochs=100, optimizer="adamw", weight_decay=0.01)),
    "adam, L2": ("breast_cancer", dict(epochs=100, weight_decay=0.01)),
    "adam, betas, eps": (
        "breast_cancer", dict(epochs=100, betas="0.8,0.99", eps=1e-6, learning_rate=0.003)),
    "adamw, mini-batches": (
        "breast_cancer", dict(epochs=20, optimizer="adamw", weight_decay=0.1, batch_size=50)),
    "sgd": ("breast_cancer", dict(epochs=100, optimizer="sgd", learning_rate=0.1)),
    "sgd, momentum": (
        "breast_cancer", dict(epochs=100, optimizer="sgd", momentum=0.9, learning_rate=0.02)),
    "sgd, nesterov": (
        "breast_cancer",
        dict(epochs=100, optimizer="sgd", momentum=0.9, nesterov=True, learning_rate=0.02)),
    "sgd, momentum, L2": (
        "breast_cancer",
        dict(epochs=100, optimizer="sgd", momentum=0.9, weight_decay=0.01, learning_rate=0.02)),
    "sgd, nesterov, L2, mini-batches": (
        "breast_cancer",
        dict(epochs=20, optimizer="sgd", momentum=0.5, nesterov=True, weight_decay=0.001,
             learning_rate=0.05, batch_size=48)),
    # shapes
    "linear": ("breast_cancer", dict(epochs=100, hidden="", learning_rate=0.01)),
    "linear classes": ("wine", dict(epochs=100, hidden="", learning_rate=0.01)),
    "one layer": ("iris", dict(epochs=150, hidden="16", learning_rate=0.01)),
    "three layers": ("wine", dict(epochs=100, hidden="32,32,32")),
    "odd widths": ("wine", dict(epochs=80, hidden="13,1,29", activation="tanh")),
    "wide": ("digits", dict(epochs=20, hidden="256,128", batch_size=0)),
    # activations
    "leaky_relu": ("iris", dict(epochs=100, activation="leaky_relu", learning_rate=0.01)),
    "tanh": ("iris", dict(epochs=100, activation="tanh", learning_rate=0.01)),
    "sigmoid": ("iris", dict(epochs=100, activation="sigmoid", learning_rate=0.01)),
    "gelu": ("iris", dict(epochs=100, activation="gelu", learning_rate=0.01)),
    "silu": ("iris", dict(epochs=100, activation="silu", learning_rate=0.01)),
    # tasks and batches
    "digits": ("digits", dict(epochs=40)),
    "digits, mini-batches": ("digits", dict(epochs=5, batch_size=100)),
    "vehicle, mini-batches, tanh": ("vehicle", dict(epochs=12, batch_size=50, activation="tanh")),
    "one shuffled batch": ("iris", dict(epochs=60, batch_size=120, dropout=0.1)),
    "batch above the rows": ("iris", dict(epochs=60, batch_size=4000, dropout=0.1)),
    "batches of one row": ("iris", dict(epochs=5, batch_size=1, hidden="8")),
    "regression": ("diabetes", dict(epochs=150)),
    "regression, mini-batches": ("diabetes", dict(epochs=25, batch_size=50, task="regression")),
    "concrete, gelu": ("concrete", dict(epochs=100, activation="gelu", learning_rate=0.01)),
    "california, mini-batches": ("california", dict(epochs=6, batch_size=256)),
    "three targets": ("diabetes_targets", dict(epochs=120, activation="silu")),
    "three targets, mini-batches": (
        "concrete_targets", dict(epochs=15, batch_size=64, optimizer="sgd", learning_rate=0.05)),
    "six targets": ("california_targets", dict(epochs=25, hidden="32", batch_size=0)),
    # dropout
    "dropout 0.2": ("lesson", dict(epochs=120, dropout=0.2)),
    "dropout 0.5, mini-batches": ("vehicle", dict(epochs=12, batch_size=64, dropout=0.5)),
    "dropout 0.5, tanh": ("wine", dict(epochs=80, dropout=0.5, activation="tanh")),
    "dropout 0.3, regression": ("diabetes", dict(epochs=80, dropout=0.3, activation="gelu")),
    "dropout 0.9, one layer": ("iris", dict(epochs=60, dropout=0.9, hidden="40")),
    "dropout of a linear model": ("iris", dict(epochs=40, dropout=0.5, hidden="", batch_size=32)),
}  # fmt: skip

# Features of 50 standard deviations: probabilities of exactly 0 and 1, where torch limits the
# logarithm to -100 and the gradient vanishes, and activations far out. (In float64 they would not
# be 0 and 1, so that is not asked.)
LOUD = {
    "loud, relu": dict(activation="relu"),
    "loud, tanh": dict(activation="tanh"),
    "loud, sigmoid": dict(activation="sigmoid", optimizer="sgd", learning_rate=0.1),
    "loud, gelu": dict(activation="gelu"),
    "loud, silu": dict(activation="silu", batch_size=40),
    "loud, linear": dict(hidden="", optimizer="sgd", learning_rate=0.1, epochs=7),
}


def loud_tables():
    random = numpy.random.RandomState(6)
    x, y = 50 * random.normal(size=(260, 4)), random.randint(0, 4, 260)
    for name, labels in (("two classes", y // 2), ("four classes", y)):
        arrays = (x[:200], x[200:], labels[:200], labels[200:])
        task = "binary" if labels.max() == 1 else "multiclass"
        yield name, Table(judge.folder, "loud_" + task, task, arrays)


# A run of skiff with the second options must not pass for torch's run with the first.
MUST_FAIL = {
    "another seed": (dict(epochs=40), dict(seed=1)),
    "learning rate 0.1 % off": (dict(epochs=40), dict(learning_rate=0.001001)),
    "another eps": (dict(epochs=40), dict(eps=1e-6)),
    "L2 for decay": (
        dict(epochs=40, optimizer="adamw", weight_decay=0.01), dict(optimizer="adam")),
    "momentum without nesterov": (
        dict(epochs=40, optimizer="sgd", momentum=0.9, nesterov=True), dict(nesterov=False)),
    "batch of one more": (dict(epochs=10, batch_size=32), dict(batch_size=33)),
    "other dropout": (dict(epochs=10, dropout=0.2), dict(dropout=0.2001)),
}  # fmt: skip


def check_pth(case, ran, spec, data, want):
    """torch reads nn_model.pth, with and without weights_only, into the module."""
    path = os.path.join(ran.out, "nn_model.pth")
    for only in (False, True):
        net = torch_oracle.Net(spec, data.x_train.shape[1], data.outputs)
        net.load_state_dict(torch.load(path, weights_only=only))
        same = all(torch.equal(v, want[k]) for k, v in net.state_dict().items())
        judge.check(same, "%s: nn_model.pth, weights_only=%s, has torch's bits" % (case, only))


def check_weights(case, table, spec, init=None):
    """--epochs 0: model.npz and nn_model.pth hold exactly what torch starts from."""
    ran = judge.skiff_train(table, spec.arguments())
    if ran is None:
        return
    want = torch_oracle.build(spec, table.data, torch.float32, None, init).state_dict()
    have = ran.weights()
    differ = [k for k in want if k not in have or have[k].shape != tuple(want[k].shape)
              or have[k].dtype != numpy.float32
              or have[k].tobytes() != want[k].numpy().tobytes()]  # fmt: skip
    extra = sorted(set(have) - set(want))
    numbers = sum(v.numel() for v in want.values())
    text = "%s: %d initial weights to the bit; differing %s, unknown %s"
    if judge.check(not differ and not extra, text % (case, numbers, differ, extra)):
        check_pth(case, ran, spec, table.data, want)


def initial_weights():
    seeds = (0, 1, 42, -1, 2**32 + 5, 2**53 + 1, 2**63 - 1, -(2**63), 2**63 + 77, 2**64 - 1)
    for seed in seeds:
        check_weights("seed %d" % seed, judge.table("shipped", ""), Spec(epochs=0, seed=seed))
    for name, hidden in (("digits", "100,50,7"), ("iris", ""), ("diabetes_targets", "3"),
                         ("breast_cancer", "17,1,300")):  # fmt: skip
        spec = Spec(epochs=0, hidden=hidden, seed=3)
        check_weights("%s, hidden '%s'" % (name, hidden), judge.table(name, ""), spec)


def given_weights():
    """--init: the weights of a file, and the stream of random numbers where torch has it after it
    has built the layers and loaded them."""
    for name, spec in (("iris", Spec(hidden="9,5", seed=11)), ("diabetes_targets", Spec(seed=4))):
        table = judge.table(name, "")
        random = numpy.random.RandomState(8)
        net = torch_oracle.Net(spec, table.data.x_train.shape[1], table.data.outputs)
        init = {k: random.normal(0, 0.3, v.shape).astype("f4") for k, v in net.state_dict().items()}
        path = os.path.join(judge.folder, name + "_init.npz")
        numpy.savez(path, **init)
        init = {k: torch.from_numpy(v) for k, v in init.items()}
        spec = dataclasses.replace(spec, init=path)
        check_weights("init, " + name, table, dataclasses.replace(spec, epochs=0), init)
        drawn = dataclasses.replace(spec, epochs=8, batch_size=32, dropout=0.2)
        judge.follow("init, %s, mini-batches, dropout" % name, table, drawn, init)


def default_batches():
    """Without --batch_size: the full batch up to 10,000 rows, 256 above."""
    random = numpy.random.RandomState(5)
    for rows in (10000, 10001):
        x = random.normal(size=(rows + 100, 3))
        y = (x.sum(axis=1) + random.normal(size=len(x)) > 0).astype(int)
        table = Table(judge.folder, str(rows), "binary", (x[:rows], x[rows:], y[:rows], y[rows:]))
        judge.follow("%d rows, default batches" % rows, table, Spec(hidden="8", epochs=3))


def finals_of_torch(table, spec):
    """[seed][repetition][train loss, val loss, accuracy] at the end of torch's runs."""
    finals = []
    for seed in range(SEEDS):
        now = dataclasses.replace(spec, seed=seed)
        run = torch_oracle.train(now, table.data)
        runs = [run] + torch_oracle.repetitions(now, table.data, run)
        finals.append([[r.train_loss[-1], r.val_loss[-1], accuracy(r, table)] for r in runs])
    return numpy.array(finals)


def finals_of_skiff(table, spec):
    """[seed][...], the same; None where a run failed."""
    columns = ("train_loss", "val_loss", "val_accuracy")
    runs = [judge.skiff_train(table, dataclasses.replace(spec, seed=seed).arguments())
            for seed in range(SEEDS)]  # fmt: skip
    return numpy.array([[r.column[c][-1] for c in columns] for r in runs]) if all(runs) else None


def several_seeds(case, name, spec, sabotage=None):
    """Beyond the fork: the final numbers, averaged over the seeds.

    For every seed skiff's number is compared with the mean of torch's run and its repetitions. If
    skiff is one more repetition, the mean of those differences has the deviation that the
    repetitions themselves show; five times that (and 1e-4) is allowed. With `sabotage`, skiff runs
    once more with other options, and its loss must be out of bounds.
    """
    table = judge.table(name, case)
    if table is None:
        return
    theirs = finals_of_torch(table, spec)
    repeats = theirs.shape[1]
    deviation = numpy.sqrt(theirs.var(axis=1, ddof=1).mean(axis=0) * (1 + 1 / repeats) / SEEDS)
    limit = 5 * deviation + 1e-4 * theirs.mean(axis=(0, 1))
    for options in [dict()] + ([sabotage] if sabotage else []):
        ours = finals_of_skiff(table, dataclasses.replace(spec, **options))
        if ours is None:
            continue
        away = numpy.abs((ours - theirs.mean(axis=1)).mean(axis=0))
        for i, what in enumerate(("train loss", "val loss", "accuracy")):
            means = (ours[:, i].mean(), theirs[..., i].mean(), away[i], limit[i])
            text = "mean final %s of %d seeds: " % (what, SEEDS)
            text += "skiff %.6f, torch %.6f, apart %.2g, allowed %.2g" % means
            if not options:
                judge.check(away[i] <= limit[i], "%s: %s" % (case, text))
            elif i == 1:
                judge.check(away[i] > limit[i], "%s (must be noticed): %s" % (case, text))


def accuracy(run, table):
    p = torch_oracle.predictions(run.net, table.data.x_val, table.task)
    labels = p > 0.5 if table.task == "binary" else p.argmax(axis=1)
    return float((labels == table.data.labels[1]).mean())


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    if not only:
        initial_weights()
        given_weights()
        default_batches()
    for case, (name, options) in CURVES.items():
        table = judge.table(name, case) if only in case else None
        if table:
            judge.follow(case, table, Spec(**options))
    for name, table in loud_tables():
        for case, options in LOUD.items():
            if only in case:
                spec = Spec(**{**dict(hidden="16", epochs=20), **options})
                judge.follow("%s, %s" % (case, name), table, spec, double=False)
    table = judge.table("shipped", "")
    for case, (options, other) in MUST_FAIL.items():
        if not only:
            spec = Spec(**options)
            judge.follow(case, table, spec, sabotage=dataclasses.replace(spec, **other))
    if not only:
        several_seeds("1000 epochs", "lesson", Spec(epochs=1000), dict(weight_decay=0.001))
        several_seeds("60 epochs, mini-batches", "iris", Spec(epochs=60, batch_size=16))
    judge.finish()


main()
