# SPDX-License-Identifier: MIT
"""Runs of skiff beside torch_oracle's: the tables, the comparison and its report."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import numpy
import sklearn.datasets
import sklearn.metrics
import sklearn.model_selection
import tables
import torch
import torch_oracle
from torch_oracle import Data

CLOSE = 1e-5  # relative: as close as any two runs are asked to be
FOLD = 10  # times the spread that torch shows against itself
FORKED = 0.01  # a spread beyond which single curves say nothing
LEAST = 5  # epochs that every case must be followed
SCORE = 2e-6  # by how much probabilities of equal weights may differ between two programs
COLUMNS = dict(
    binary=["val_accuracy", "val_f1", "val_auroc", "val_ap"],
    multiclass=["val_accuracy", "val_f1"],
    regression=["val_rmse", "val_r2"],
)


class Table:
    """A table as skiff reads it (two paths) and as torch does."""

    def __init__(self, folder, name, task, arrays):
        self.name, self.task = name, task
        self.data = Data(task, *arrays)
        self.paths = tables.save_pair(os.path.join(folder, name), *arrays)


def split(x, y):
    return sklearn.model_selection.train_test_split(x, y, test_size=0.2, random_state=42)


def bundled(name):
    """One of scikit-learn's own tables, columns standardised, a regression's target too."""
    x, y = getattr(sklearn.datasets, "load_" + name)(return_X_y=True)
    scale = x.std(axis=0)
    x = (x - x.mean(axis=0)) / numpy.where(scale > 0, scale, 1)
    if y.dtype == float and name == "diabetes":
        y = (y - y.mean()) / y.std()
    else:
        y = y.astype(numpy.int64)
    return split(x, y)


def several_targets(arrays, columns=2):
    """Predict the last columns of X too."""
    x_train, x_val, y_train, y_val = arrays
    y_train, y_val = [
        numpy.column_stack([y, x[:, -columns:]]) for x, y in ((x_train, y_train), (x_val, y_val))
    ]
    return x_train[:, :-columns], x_val[:, :-columns], y_train, y_val


def shipped():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")
    with numpy.load(os.path.join(folder, "train_data.npz")) as train:
        with numpy.load(os.path.join(folder, "val_data.npz")) as val:
            return train["X_train"], val["X_val"], train["y_train"], val["y_val"]


class Tables:
    """Makes tables as they are asked for; real ones are None where SKIFF_REAL_DATA lacks them."""

    BUNDLED = dict(iris="multiclass", wine="multiclass", digits="multiclass",
                   breast_cancer="binary", diabetes="regression")  # fmt: skip

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def arrays(self, name):
        if name == "shipped":
            return "binary", shipped()
        if name == "lesson":
            path = tables.real_data("titanic", "titanic_train.csv")
            return ("binary", tables.lesson_arrays(path)) if path else None
        if name.endswith("_targets"):
            found = self.arrays(name[: -len("_targets")])
            return (found[0], several_targets(found[1])) if found else None
        if name in self.BUNDLED:
            return self.BUNDLED[name], bundled(name)
        about = tables.catalogue().get(name)
        return (about["task"], tables.table_arrays(name, about)[0]) if about else None

    def get(self, name):
        if name not in self.made:
            found = self.arrays(name)
            self.made[name] = Table(self.folder, name, *found) if found else None
        return self.made[name]


class Trained:
    """What one `skiff train` left behind."""

    def __init__(self, out, stdout):
        self.out, self.stdout = out, stdout
        with open(os.path.join(out, "history.csv"), newline="", encoding="ascii") as file:
            lines = list(csv.reader(file))
        self.header, rows = lines[0], lines[1:]
        self.column = {
            name: numpy.array([float(row[i]) if row[i] else numpy.nan for row in rows])
            for i, name in enumerate(self.header)
        }

    def json(self, name):
        with open(os.path.join(self.out, name), encoding="utf-8") as file:
            return json.load(file)

    def weights(self):
        with numpy.load(os.path.join(self.out, "model.npz")) as archive:
            return {k: archive[k] for k in archive.files if k.startswith("fc")}

    def net(self, spec, data):
        net = torch_oracle.Net(spec, data.x_train.shape[1], data.outputs)
        net.load_state_dict({k: torch.from_numpy(v) for k, v in self.weights().items()})
        return net


class Judge:
    """Runs skiff, compares, prints one line a case and counts failures."""

    def __init__(self):
        self.skiff = os.environ.get("SKIFF")
        if not self.skiff:
            print("skip: SKIFF does not name the program")
            sys.exit(77)
        self.folder = tempfile.mkdtemp(prefix="skiff-torch-")
        self.tables = Tables(self.folder)
        self.runs = self.failures = self.skipped = 0

    def finish(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        text = "%d failures, %d cases skipped for want of real tables"
        print(text % (self.failures, self.skipped))
        sys.exit(1 if self.failures else 0)

    def check(self, good, text):
        self.failures += not good
        print("%s %s" % ("ok  " if good else "FAIL", text), flush=True)
        return good

    def table(self, name, case):
        table = self.tables.get(name)
        if table is None:
            self.skipped += 1
            print("skip %s: table %s is not under SKIFF_REAL_DATA" % (case, name))
        return table

    def skiff_train(self, table, arguments):
        """A Trained, or None after a line that tells why not."""
        self.runs += 1
        out = os.path.join(self.folder, "run%d" % self.runs)
        command = [self.skiff, "train", "--train", table.paths[0], "--val", table.paths[1]]
        command += ["--out", out, "--threads", "1"] + arguments  # quick on busy machines
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            said = done.stderr.strip()
            self.check(False, "%s: exit %d: %s" % (" ".join(command), done.returncode, said))
            return None
        return Trained(out, done.stdout)

    def follow(self, case, table, spec, init=None, sabotage=None, double=True):
        """One case: skiff's curves beside torch's. With `sabotage` (other options for skiff alone)
        the comparison must notice that the runs are not the same. Without `double`, torch is not
        asked in float64 as well, for data on which that is another computation."""
        ran = self.skiff_train(table, (sabotage or spec).arguments())
        if ran is None:
            return
        run = torch_oracle.train(spec, table.data, init=init)
        again = torch_oracle.repetitions(spec, table.data, run, double)
        spreads = torch_oracle.spread(run, again)
        far = Distance(ran, run, spreads)
        if sabotage:
            self.check(far.ratio > 1, "%s (must be noticed): %s" % (case, far))
            return
        enough = far.followed >= min(LEAST, spec.epochs)
        self.check(far.ratio <= 1 and enough, "%s: %s" % (case, far))
        self.check_columns(case, table, spec, ran, run)

    def check_columns(self, case, table, spec, ran, run):
        """The rest of history.csv; quiet where it is right."""
        header = ["epoch", "train_loss", "val_loss"] + COLUMNS[table.task] + ["lr", "seconds"]
        if ran.header != header:
            self.check(False, "%s: columns %s, wanted %s" % (case, ran.header, header))
            return
        if list(ran.column["epoch"]) != list(range(1, spec.epochs + 1)):
            self.check(False, "%s: epochs are not 1 to %d" % (case, spec.epochs))
        away = numpy.abs(ran.column["lr"] - run.lr) - 1e-12 * spec.learning_rate
        away = away / numpy.abs(run.lr)
        at = int(away.argmax())
        if away[at] > 1e-7:
            text = "%s: lr of epoch %d: skiff %.9g, torch %.9g, relative limit 1e-7"
            self.check(False, text % (case, at + 1, ran.column["lr"][at], run.lr[at]))
        for name, (low, high) in final_metrics(table, spec, ran).items():
            value = ran.column[name][-1]
            if not low <= value <= high:
                text = "%s: final %s: skiff %.9g, scikit-learn %.9g to %.9g"
                self.check(False, text % (case, name, value, low, high))


class Distance:
    """How far skiff's curves are from torch's, in units of what is allowed, and where most."""

    def __init__(self, ran, run, spreads):
        epochs = len(run.train_loss)
        names = ("train_loss", "val_loss")
        if any(len(ran.column[name]) != epochs for name in names):
            self.ratio, self.followed, self.text = numpy.inf, 0, "histories of different length"
            return
        self.followed = int((spreads <= FORKED).sum())
        if self.followed == 0:
            self.ratio, self.text = numpy.inf, "torch's own spread is %.2g at epoch 1" % spreads[0]
            return
        allowed = numpy.maximum(CLOSE, FOLD * spreads[: self.followed])
        ratios = [
            numpy.nan_to_num(
                torch_oracle.relative(ran.column[n], getattr(run, n))[: self.followed] / allowed,
                nan=numpy.inf,
            )
            for n in names
        ]
        which, at = numpy.unravel_index(numpy.argmax(ratios), (2, self.followed))
        self.ratio = ratios[which][at]
        self.text = "%.3g of the allowed %.2g at epoch %d (%s: skiff %.9g, torch %.9g), %s" % (
            self.ratio, allowed[at], at + 1, names[which], ran.column[names[which]][at],
            getattr(run, names[which])[at], "followed %d of %d epochs" % (self.followed, epochs),
        )  # fmt: skip

    def __str__(self):
        return self.text


def bracket(function, y, p):
    """What a metric is when each score moves by SCORE towards its label, or away from it: rows
    that are nearer to each other than two programs' roundings may change places."""
    toward = SCORE * (2 * y - 1)
    low, high = [float(function(y, numpy.clip(q, 0, 1))) for q in (p - toward, p + toward)]
    return low - 1e-8, high + 1e-8


def class_bracket(function, y, p):
    """The same for classes: rows whose two best classes are near each other may go either way."""
    rows = numpy.arange(len(y))
    toward = numpy.zeros_like(p)
    toward[rows, y] = SCORE
    low, high = [float(function(y, q.argmax(axis=1))) for q in (p - toward, p + toward)]
    return low - 1e-8, high + 1e-8


def macro_f1(y, labels):
    return sklearn.metrics.f1_score(y, labels, average="macro")


def final_metrics(table, spec, ran):
    """Column of history.csv to (least, greatest) value: scikit-learn's, on predictions that torch
    makes with the weights that skiff saved."""
    y = table.data.labels[1]
    p = torch_oracle.predictions(ran.net(spec, table.data), table.data.x_val, table.task)
    sk = sklearn.metrics
    if table.task == "binary":
        return dict(
            val_accuracy=bracket(lambda y, p: sk.accuracy_score(y, p > 0.5), y, p),
            val_f1=bracket(lambda y, p: sk.f1_score(y, p > 0.5), y, p),
            val_auroc=bracket(sk.roc_auc_score, y, p),
            val_ap=bracket(sk.average_precision_score, y, p),
        )
    if table.task == "multiclass":
        return dict(
            val_accuracy=class_bracket(sk.accuracy_score, y, p),
            val_f1=class_bracket(macro_f1, y, p),
        )
    y = table.data.y_val.double().numpy()
    rmse, r2 = sk.mean_squared_error(y, p, squared=False), sk.r2_score(y, p)
    return dict(
        val_rmse=(rmse * (1 - CLOSE), rmse * (1 + CLOSE)),
        val_r2=(r2 - CLOSE * abs(1 - r2) - 1e-8, r2 + CLOSE * abs(1 - r2) + 1e-8),
    )
