#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff predict` beside torch: the nn_model.pth of the same run is loaded by torch, and torch's
predictions of the same rows are compared with skiff's CSV and npz, for every task and activation.

Tolerance: SPREAD times the distance between torch in float32 and the same network in float64, the
rounding that torch itself has, and at least LEAST."""

import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)

SPREAD, LEAST = 10, 2e-6
ROWS, FEATURES = 3000, 11
ACTIVATIONS = {
    "relu": torch.nn.ReLU, "leaky_relu": torch.nn.LeakyReLU, "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid, "gelu": torch.nn.GELU, "silu": torch.nn.SiLU,
}  # fmt: skip
problems = 0


def run(*arguments):
    subprocess.run([SKIFF, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # fmt: skip


class Net(torch.nn.Module):
    def __init__(self, sizes, act):
        super().__init__()
        self.depth, self.act = len(sizes) - 1, act
        for i, (d, h) in enumerate(zip(sizes, sizes[1:]), 1):
            setattr(self, f"fc{i}", torch.nn.Linear(d, h))

    def forward(self, x):
        for i in range(1, self.depth + 1):
            x = getattr(self, f"fc{i}")(x)
            if i < self.depth:
                x = self.act(x)
        return x


def predictions(net, x, task):
    with torch.no_grad():
        z = net(x)
    if task == "binary":
        return torch.sigmoid(z)[:, 0].numpy()
    return (torch.softmax(z, 1) if task == "multiclass" else z).numpy()


def columns(path, task):
    """Predictions and labels of a CSV."""
    with open(path) as file:
        names = file.readline().strip().split(",")
    values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2, dtype="f8")
    if task == "binary":
        assert names == ["probability", "label"], names
        return values[:, 0], values[:, 1]
    if task == "multiclass":
        assert names == ["label"] + [f"p{j}" for j in range(values.shape[1] - 1)], names
        return values[:, 1:], values[:, 0]
    return values, None


def check(folder, task, act, hidden, outputs, rng):
    global problems
    at = lambda name: os.path.join(folder, name)  # noqa: E731
    X = rng.standard_normal((ROWS, FEATURES)).astype("f4")
    score = X @ rng.standard_normal((FEATURES, outputs))
    y = {
        "binary": lambda: (score[:, 0] > 0).astype("i8"),
        "multiclass": lambda: score.argmax(1),
        "regression": lambda: score.astype("f4"),
    }[task]()
    np.savez(at("t.npz"), X_train=X[:500], y_train=y[:500])
    np.savez_compressed(at("d.npz"), X=X.astype("f8"), y=y)
    run("train", "--train", at("t.npz"), "--task", task, "--epochs", 20, "--activation", act,
        "--hidden", ",".join(map(str, hidden)), "--learning_rate", 0.01, "--out", at("run"))
    run("predict", at("run/model.npz"), at("d.npz"), "--out", at("p.csv"))
    run("predict", at("run/model.npz"), at("d.npz"), "--out", at("p.npz"))

    net = Net([FEATURES, *hidden, outputs], ACTIVATIONS[act]())
    net.load_state_dict(torch.load(at("run/nn_model.pth")))
    want = predictions(net, torch.from_numpy(X), task)
    exact = predictions(net.double(), torch.from_numpy(X).double(), task)
    got, label = columns(at("p.csv"), task)
    arrays = np.load(at("p.npz"))
    array = arrays["prediction" if task == "regression" else "probability"]

    error = float(np.abs(got.reshape(exact.shape) - exact).max())
    torchs = float(np.abs(want - exact).max())
    good = error <= max(LEAST, SPREAD * torchs)
    good &= array.dtype == np.float32 and np.array_equal(
        array.reshape(ROWS, -1), got.reshape(ROWS, -1).astype("f4"))
    if label is not None:
        mine = array > np.float32(0.5) if task == "binary" else array.argmax(1)
        good &= np.array_equal(label, mine) and np.array_equal(arrays["label"], mine)
        # rows that are not within rounding of another label
        margin = np.abs(exact - 0.5) if task == "binary" else np.ptp(np.sort(exact)[:, -2:], axis=1)
        theirs = exact > 0.5 if task == "binary" else exact.argmax(1)
        clear = margin > max(LEAST, SPREAD * torchs)
        good &= np.array_equal(label[clear], theirs[clear]) and clear.mean() > 0.99
    problems += not good
    print(f"{'ok' if good else 'FAIL'}: {task}, {act}, {hidden}, {outputs}: skiff {error:.2e} from "
          f"float64, torch {torchs:.2e}")  # fmt: skip


def main():
    rng = np.random.default_rng(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for act in ACTIVATIONS:
            check(folder, "binary", act, [64, 32], 1, rng)
            check(folder, "multiclass", act, [33, 17], 5, rng)
            check(folder, "regression", act, [20], 2, rng)
        check(folder, "binary", "relu", [], 1, rng)
        check(folder, "multiclass", "relu", [], 3, rng)
        check(folder, "regression", "relu", [300, 200], 1, rng)
    print(f"{problems} problems")
    return 1 if problems else 0


sys.exit(main())
