# SPDX-License-Identifier: MIT
"""What predictions come to, under skiff's names for it (see `skiff eval --json`), with numpy alone:
a machine that has PyTorch may lack scikit-learn."""

import numpy

SMALLEST = 1e-15  # probability whose logarithm is still taken


def steps(p, y):
    """True and false positives at each distinct score, from the highest down."""
    order = numpy.argsort(-p, kind="stable")
    p, y = p[order], y[order]
    last = numpy.append(numpy.nonzero(numpy.diff(p))[0], len(p) - 1)
    tp = numpy.cumsum(y)[last].astype(float)
    return tp, last + 1.0 - tp


def auroc(tp, fp):
    """The area under (fp, tp), which begins at 0, 0; None with one class only."""
    if tp[-1] == 0 or fp[-1] == 0:
        return None
    tp, fp = numpy.append(0, tp), numpy.append(0, fp)
    area = (numpy.diff(fp) * (tp[1:] + tp[:-1]) / 2).sum()
    return float(area / (tp[-1] * fp[-1]))


def average_precision(tp, fp):
    """Precision at each score, weighted by the recall that it adds; None without positives."""
    if tp[-1] == 0:
        return None
    return float((numpy.diff(numpy.append(0, tp)) * tp / (tp + fp)).sum() / tp[-1])


def share(part, whole):
    return float(part / whole) if whole else 0.0


def f1_of(tp, fp, fn):
    return share(2 * tp, 2 * tp + fp + fn)


def binary(p, y):
    """p: probabilities (n,); y: 0 or 1 (n,)."""
    p, y = p.astype(numpy.float64), y.astype(numpy.int64)
    said = p > 0.5
    tp, fp = int((said & (y == 1)).sum()), int((said & (y == 0)).sum())
    fn, tn = int(y.sum()) - tp, int((y == 0).sum()) - fp
    right = numpy.clip(numpy.where(y == 1, p, 1 - p), SMALLEST, 1)
    curve = steps(p, y)
    return dict(task="binary", n=len(y), positives=int(y.sum()), threshold=0.5,
                accuracy=(tp + tn) / len(y), precision=share(tp, tp + fp),
                recall=share(tp, tp + fn), f1=f1_of(tp, fp, fn), auroc=auroc(*curve),
                ap=average_precision(*curve),
                log_loss=float(-numpy.log(right).mean()), brier=float(((p - y) ** 2).mean()),
                confusion=[[tn, fp], [fn, tp]])  # fmt: skip


def multiclass(p, y):
    """p: probabilities (n, classes); y: classes (n,). A class that does not occur and is never
    predicted has no part in the mean of f1."""
    p, classes, said = p.astype(numpy.float64), p.shape[1], p.argmax(axis=1)
    confusion = numpy.bincount(y * classes + said, minlength=classes**2).reshape(classes, classes)
    right = numpy.clip(p[numpy.arange(len(y)), y], SMALLEST, 1)
    hits, there, named = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = [f1_of(hits[k], named[k] - hits[k], there[k] - hits[k])
          for k in range(classes) if there[k] or named[k]]  # fmt: skip
    return dict(task="multiclass", n=len(y), classes=classes, accuracy=float(hits.sum() / len(y)),
                macro_f1=float(numpy.mean(f1)), log_loss=float(-numpy.log(right).mean()),
                confusion=confusion.tolist())  # fmt: skip


def of(p, y):
    return binary(p, y) if p.ndim == 1 else multiclass(p, y)
