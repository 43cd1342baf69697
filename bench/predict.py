#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Predictions beside torch: 1,000,000 rows of 28 features through a 64-32 network.

    SKIFF=./skiff /usr/bin/python3 bench/predict.py [--rows N] [--repeats N] [--threads N]

In every repeat, in turn: `skiff predict` as a whole process, to CSV and to .npz; and in this process
torch with the same weights: the forward pass on rows that are in memory, in batches of 8192 and all
at once; and the same with numpy reading the .npz before and writing an .npz or a CSV (pandas, if
it is there) behind it. So torch's start, some two seconds, is left out and skiff's is not. Ratios
are taken repeat by repeat. Exit status 1 where the two differ by more than rounding.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

FEATURES, BATCH = 28, 8192
CLOSE = 2e-6


def run(*command):
    subprocess.run([os.path.abspath(os.environ.get("SKIFF", "skiff")), *map(str, command)], check=True)


def network(path):
    net = torch.nn.Sequential(torch.nn.Linear(FEATURES, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32),
                              torch.nn.ReLU(), torch.nn.Linear(32, 1), torch.nn.Sigmoid())  # fmt: skip
    net.load_state_dict(dict(zip(net.state_dict(), torch.load(path).values())))
    return net


def forward(net, x, batch):
    with torch.no_grad():
        return torch.cat([net(part) for part in x.split(batch)])[:, 0].numpy()


def torch_file(net, at, out):
    with np.load(at("rows.npz")) as archive:
        p = forward(net, torch.from_numpy(archive["X"]), BATCH)
    label = p > 0.5
    if out == "npz":
        np.savez(at("torch.npz"), probability=p, label=label.astype("i8"))
    else:
        import pandas

        frame = pandas.DataFrame({"probability": p, "label": label.astype("i8")})
        frame.to_csv(at("torch.csv"), index=False, float_format="%.9g")


def cases(at, net, x, threads):
    """Name, what is timed, and whom it is held against."""
    skiff = ["predict", at("model.npz"), at("rows.npz"), "--threads", threads, "--out"]
    found = [
        ("skiff, whole process to .npz", lambda: run(*skiff, at("skiff.npz")), None),
        ("skiff, whole process to CSV", lambda: run(*skiff, at("skiff.csv")), None),
        ("torch, forward pass, batches of 8192", lambda: forward(net, x, BATCH), 0),
        ("torch, forward pass, all rows at once", lambda: forward(net, x, len(x)), 0),
        ("torch, .npz to .npz", lambda: torch_file(net, at, "npz"), 0),
    ]
    try:
        import pandas  # noqa: F401

        found.append(("torch, .npz to CSV with pandas", lambda: torch_file(net, at, "csv"), 1))
    except ImportError:
        print("no pandas: nothing to hold the CSV against")
    return found


def race(found, repeats):
    seconds = [[] for _ in found]
    for turn in range(repeats + 1):
        for i, (_, work, _) in enumerate(found):
            begin = time.monotonic()
            work()
            if turn:  # the first brings files and libraries into memory
                seconds[i].append(time.monotonic() - begin)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)  # noqa: E731
        rng = np.random.default_rng(0)
        X = rng.standard_normal((options.rows, FEATURES)).astype("f4")
        np.savez(at("rows.npz"), X=X)
        np.savez(at("train.npz"), X=X[:2000], y=(X[:2000, 0] + X[:2000, 1] > 0).astype("i8"))
        run("train", "--train", at("train.npz"), "--epochs", 30, "--quiet", "--out", folder)
        net, x = network(at("nn_model.pth")), torch.from_numpy(X)
        found = cases(at, net, x, options.threads)
        seconds = race(found, options.repeats)
        apart = np.abs(np.load(at("skiff.npz"))["probability"] - forward(net, x, BATCH)).max()

    print(f"{options.rows:,} rows of {FEATURES} features, network {FEATURES}-64-32-1, "
          f"{options.threads} threads, torch {torch.__version__}\n")  # fmt: skip
    print("| | median | fastest to slowest | skiff is faster |\n|---|---|---|---|")
    for i, (name, _, against) in enumerate(found):
        ratio = ""
        if against is not None:
            ratios = sorted(a / b for a, b in zip(seconds[i], seconds[against]))
            ratio = f"{statistics.median(ratios):.3g} times ({ratios[0]:.3g} to {ratios[-1]:.3g})"
        print(f"| {name} | {statistics.median(seconds[i]):.3g} s "
              f"| {min(seconds[i]):.3g} to {max(seconds[i]):.3g} s | {ratio} |")  # fmt: skip
    print(f"\nlargest difference of probabilities: {apart:.2g}, {CLOSE:g} is allowed")
    return 0 if apart <= CLOSE else 1


sys.exit(main())
