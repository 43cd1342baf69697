#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Options of `skiff train` beside torch: schedules, warm-up, clipping, class weights; early
stopping, the best epoch and the metrics that are written at the end.

Curves are judged as in train_torch.py. Early stopping is not torch's: its rule is applied here to
skiff's own history, and the weights that are kept must be those of a run that ends there.
"""

import dataclasses
import os
import sys

try:
    import numpy
    import sklearn.metrics
    import torch  # noqa: F401
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
import torch_oracle  # noqa: E402
from beside_torch import SCORE, Judge, Table  # noqa: E402
from torch_oracle import Spec  # noqa: E402

judge = Judge()
SGD = dict(optimizer="sgd", momentum=0.9, learning_rate=0.05)

# case: table, options
CURVES = {
    "step": ("breast_cancer", dict(epochs=70, schedule="step", step_size=20, gamma=0.5)),
    "step, default size and factor": ("breast_cancer", dict(epochs=65, schedule="step")),
    "step, mini-batches, sgd": (
        "breast_cancer", dict(SGD, epochs=12, schedule="step", step_size=5, batch_size=50)),
    "cosine": ("breast_cancer", dict(epochs=60, schedule="cosine", learning_rate=0.01)),
    "cosine, mini-batches": (
        "wine", dict(epochs=25, schedule="cosine", batch_size=32, optimizer="adamw")),
    "cosine, one epoch": ("wine", dict(epochs=1, schedule="cosine")),
    "onecycle": ("breast_cancer", dict(epochs=80, schedule="onecycle", learning_rate=0.01)),
    "onecycle, mini-batches, dropout": (
        "wine", dict(epochs=20, schedule="onecycle", batch_size=32, dropout=0.2)),
    "onecycle, sgd with momentum": (
        "breast_cancer", dict(SGD, epochs=60, schedule="onecycle")),
    "onecycle, sgd, nesterov, mini-batches": (
        "breast_cancer", dict(SGD, epochs=12, schedule="onecycle", nesterov=True, batch_size=64)),
    "onecycle, plain sgd": (
        "breast_cancer",
        dict(epochs=40, optimizer="sgd", learning_rate=0.05, schedule="onecycle")),
    "onecycle, 7 steps": ("wine", dict(epochs=7, schedule="onecycle")),
    "warmup": ("breast_cancer", dict(epochs=50, warmup=10, learning_rate=0.01)),
    "warmup of a part of an epoch": (
        "breast_cancer", dict(epochs=10, warmup=2.3, batch_size=50, learning_rate=0.003)),
    "warmup longer than the run": ("wine", dict(epochs=20, warmup=40)),
    "warmup, step": (
        "breast_cancer", dict(epochs=40, warmup=5, schedule="step", step_size=10)),
    "warmup, cosine, mini-batches": (
        "breast_cancer", dict(epochs=15, warmup=1.5, schedule="cosine", batch_size=64)),
    "warmup, onecycle": ("wine", dict(SGD, epochs=40, warmup=8, schedule="onecycle")),
    "clip": ("breast_cancer", dict(SGD, epochs=80, clip_norm=0.1)),
    "clip, mini-batches": ("wine", dict(epochs=20, clip_norm=0.5, batch_size=32)),
    "clip, sometimes": ("breast_cancer", dict(SGD, epochs=60, clip_norm=0.3)),
    "clip, regression": ("diabetes", dict(SGD, epochs=60, clip_norm=0.2)),
    "balanced, two classes": ("lesson", dict(epochs=100, class_weight="balanced")),
    "balanced, two classes, mini-batches": (
        "breast_cancer", dict(epochs=15, class_weight="balanced", batch_size=50)),
    "balanced, classes": ("uneven", dict(epochs=80, class_weight="balanced")),
    "balanced, classes, mini-batches": (
        "uneven", dict(epochs=25, class_weight="balanced", batch_size=20)),
    "balanced, car": ("car", dict(epochs=40, class_weight="balanced")),
    "accumulate": ("breast_cancer", dict(epochs=15, batch_size=32, accumulate=4)),
    "accumulate, short last batch and step": (
        "wine", dict(epochs=30, batch_size=20, accumulate=3)),
    "accumulate, dropout": (
        "breast_cancer", dict(epochs=15, batch_size=40, accumulate=3, dropout=0.3)),
    "accumulate, more than an epoch": ("wine", dict(epochs=30, batch_size=50, accumulate=100)),
    "accumulate, balanced, onecycle, warmup, clip": (
        "uneven", dict(epochs=20, batch_size=24, accumulate=2, class_weight="balanced",
                       schedule="onecycle", warmup=1.5, clip_norm=0.5)),
    "accumulate, balanced, two classes": (
        "breast_cancer", dict(SGD, epochs=15, class_weight="balanced", batch_size=50,
                              accumulate=2)),
    "accumulate, regression": (
        "diabetes", dict(SGD, epochs=15, batch_size=30, accumulate=3, learning_rate=0.005)),
    "two classes as classes": ("breast_cancer", dict(epochs=40, task="multiclass")),
    "labels as values": ("iris", dict(epochs=40, task="regression")),
    "everything": (
        "uneven",
        dict(epochs=20, hidden="24,24,12", activation="silu", dropout=0.25, batch_size=48,
             optimizer="adamw", betas="0.85,0.98", eps=1e-7, weight_decay=0.05, seed=123,
             schedule="cosine", warmup=2, clip_norm=1.0, class_weight="balanced")),
}  # fmt: skip

# A run of skiff with the second options must not pass for torch's run with the first.
MUST_FAIL = {
    "step a epoch later": (dict(epochs=40, schedule="step", step_size=10), dict(step_size=11)),
    "onecycle without momentum's cycle": (
        dict(epochs=40, schedule="onecycle"), dict(betas="0.95,0.998")),
    "clip a percent higher": (dict(SGD, epochs=40, clip_norm=0.1), dict(clip_norm=0.101)),
    "one batch less a step": (
        dict(epochs=15, batch_size=32, accumulate=3), dict(accumulate=2)),
    "masks of all rows at once": (
        dict(epochs=15, batch_size=32, accumulate=3, dropout=0.3),
        dict(accumulate=1, batch_size=96)),
    "no class weights": (dict(epochs=20, class_weight="balanced"), dict(class_weight="none")),
    "warmup one epoch shorter": (dict(epochs=40, warmup=10), dict(warmup=9)),
}  # fmt: skip


def table_of(name, spec, case):
    """A table, made here when it is `uneven`; with other labels when the task is not its own."""
    if name == "uneven":
        judge.tables.made.setdefault("uneven", uneven())
    table = judge.table(name, case)
    if table is None or spec.task in ("auto", table.task):
        return table
    x_train, x_val = [x.double().numpy() for x in (table.data.x_train, table.data.x_val)]
    where = os.path.join(judge.folder, "as_" + spec.task)
    return Table(where, name, spec.task, (x_train, x_val) + table.data.labels)


def uneven():
    """Four classes of very different size, the last without a row in the validation data."""
    random = numpy.random.RandomState(3)
    y = numpy.repeat([0, 1, 2, 3], [200, 70, 30, 6])
    x = random.normal(size=(len(y), 6)) + random.normal(size=(4, 6))[y]
    order = random.permutation(len(y))
    last = order[y[order] < 3][:60]
    rest = numpy.setdiff1d(order, last, assume_unique=True)
    return Table(judge.folder, "uneven", "multiclass", (x[rest], x[last], y[rest], y[last]))


def stops_at(values, larger, patience, delta):
    """(epoch of the best value, last epoch) of the usual rule: stop after `patience` epochs that
    were not better than the best by more than `delta`."""
    best, at = None, 0
    for epoch, value in enumerate(values, 1):
        if best is None or (value > best + delta if larger else value < best - delta):
            best, at = value, epoch
        elif patience and epoch - at >= patience:
            return at, epoch
    return at, len(values)


STOPS = {
    # case: table, options of both, patience, min_delta, monitor
    "patience": ("shipped", dict(epochs=400, learning_rate=0.01), 15, 0.0, "auto"),
    "patience, min_delta": ("shipped", dict(epochs=400, learning_rate=0.01), 10, 0.003, "val_loss"),
    "patience on train_loss": (
        "shipped", dict(epochs=300, learning_rate=0.05, batch_size=64), 3, 0.0, "train_loss"),
    "patience on accuracy": ("shipped", dict(epochs=300), 25, 0.0, "val_accuracy"),
    "patience on f1": ("wine", dict(epochs=200), 12, 0.0, "val_f1"),
    "patience on auroc": ("shipped", dict(epochs=200, batch_size=100), 6, 0.0001, "val_auroc"),
    "patience on ap": ("shipped", dict(epochs=200, dropout=0.2), 20, 0.0, "val_ap"),
    "patience on rmse": ("diabetes", dict(epochs=600, learning_rate=0.01), 9, 0.0, "val_rmse"),
    "patience on r2": ("diabetes", dict(epochs=600, learning_rate=0.01), 9, 0.001, "val_r2"),
    "patience never used up": ("iris", dict(epochs=30), 500, 0.0, "auto"),
}  # fmt: skip


def same_weights(a, b):
    return list(a) == list(b) and all(a[k].tobytes() == b[k].tobytes() for k in a)


def check_stop(case, name, options, patience, delta, monitor):
    table, spec = judge.table(name, case), Spec(**options)
    words = ["--patience", str(patience), "--min_delta", repr(delta), "--monitor", monitor]
    full = judge.skiff_train(table, spec.arguments())
    ran = judge.skiff_train(table, spec.arguments() + words)
    kept_last = judge.skiff_train(table, spec.arguments() + words + ["--restore_best", "false"])
    if not (full and ran and kept_last):
        return
    column = "val_loss" if monitor == "auto" else monitor
    larger = column[4:] in ("accuracy", "f1", "auroc", "ap", "r2")
    best, last = stops_at(full.column[column], larger, patience, delta)
    have = len(ran.column[column])
    text = "%s: stops after epoch %d, the rule says %d of %d, best %d"
    if not judge.check(have == last, text % (case, have, last, spec.epochs, best)):
        return
    for which, epochs, result in (("best", best, ran), ("last", last, kept_last)):
        until = dataclasses.replace(spec, epochs=epochs)
        there = judge.skiff_train(table, until.arguments())
        same = there and same_weights(result.weights(), there.weights())
        judge.check(same, "%s: keeps the weights of the %s epoch, %d" % (case, which, epochs))
    said = ran.json("run.json")["training"]["best"]["epoch"]
    text = "%s: run.json calls %d the best epoch, it is %d"
    judge.check(said == best, text % (case, said, best))


def check_best_without_patience():
    """--restore_best without patience runs to the end and keeps the best epoch."""
    table, spec = judge.table("shipped", ""), Spec(epochs=150, learning_rate=0.01)
    ran = judge.skiff_train(table, spec.arguments() + ["--restore_best", "true"])
    best = int(ran.column["val_loss"].argmin()) + 1
    there = judge.skiff_train(table, dataclasses.replace(spec, epochs=best).arguments())
    text = "restore_best: %d epochs, keeps the weights of epoch %d"
    good = len(ran.column["val_loss"]) == 150 and same_weights(ran.weights(), there.weights())
    judge.check(good, text % (len(ran.column["val_loss"]), best))


# Metrics in metrics.json that follow from labels and predictions, by task.
SK = sklearn.metrics
BINARY = dict(
    accuracy=lambda y, p: SK.accuracy_score(y, p > 0.5),
    precision=lambda y, p: SK.precision_score(y, p > 0.5),
    recall=lambda y, p: SK.recall_score(y, p > 0.5),
    f1=lambda y, p: SK.f1_score(y, p > 0.5),
    auroc=SK.roc_auc_score,
    ap=SK.average_precision_score,
)
CLASSES = dict(
    accuracy=lambda y, p: SK.accuracy_score(y, p.argmax(1)),
    macro_precision=lambda y, p: SK.precision_score(y, p.argmax(1), average="macro"),
    macro_recall=lambda y, p: SK.recall_score(y, p.argmax(1), average="macro"),
    macro_f1=lambda y, p: SK.f1_score(y, p.argmax(1), average="macro"),
    weighted_f1=lambda y, p: SK.f1_score(y, p.argmax(1), average="weighted"),
)
VALUES = dict(
    mse=SK.mean_squared_error,
    rmse=lambda y, p: SK.mean_squared_error(y, p, squared=False),
    mae=SK.mean_absolute_error,
    r2=SK.r2_score,
)


def check_metrics(name, options, functions):
    """metrics.json against scikit-learn on torch's predictions with the weights that were saved.
    The tables are such that no row is within roundings of the threshold or of another row."""
    table, spec = judge.table(name, "metrics"), Spec(**options)
    ran = judge.skiff_train(table, spec.arguments()) if table else None
    if ran is None:
        return
    written, net = ran.json("metrics.json"), ran.net(spec, table.data)
    for part in ("train", "val"):
        x = getattr(table.data, "x_" + part)
        y = getattr(table.data, "y_" + part).numpy()
        y = y.ravel() if table.task == "binary" else y
        p = torch_oracle.predictions(net, x, table.task)
        for key, function in functions.items():
            have, want = written[part][key], float(function(y, p))
            limit = 2e-6 * max(1, abs(want)) if table.task == "regression" else near(y, p, function)
            text = "metrics.json, %s, %s, %s: skiff %.12g, scikit-learn %.12g, allowed %.2g"
            judge.check(abs(have - want) <= limit, text % (name, part, key, have, want, limit))


def near(y, p, function):
    """By how much a metric moves when every score moves by what two programs may differ."""
    toward = numpy.zeros_like(p)
    if p.ndim == 1:
        toward = SCORE * (2 * y - 1)
    else:
        toward[numpy.arange(len(y)), y] = SCORE
    return abs(function(y, p + toward) - function(y, p - toward)) + 1e-12


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    for case, (name, options) in CURVES.items():
        spec = Spec(**options)
        table = table_of(name, spec, case) if only in case else None
        if table:
            judge.follow(case, table, spec)
    for case, (options, other) in MUST_FAIL.items():
        if only in case:
            spec = Spec(**options)
            table = judge.table("breast_cancer", case)
            judge.follow(case, table, spec, sabotage=dataclasses.replace(spec, **other))
    for case, (name, options, *rest) in STOPS.items():
        if only in case:
            check_stop(case, name, options, *rest)
    if not only:
        check_best_without_patience()
        check_metrics("shipped", dict(epochs=60), BINARY)
        check_metrics("wine", dict(epochs=40), CLASSES)
        check_metrics("digits", dict(epochs=30), CLASSES)
        check_metrics("diabetes", dict(epochs=60), VALUES)
        check_metrics("diabetes_targets", dict(epochs=60), VALUES)
    judge.finish()


main()
