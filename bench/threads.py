#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One thread beside two on the data that ship, with the other core free and with it busy.

    SKIFF=./skiff python3 bench/threads.py [--repeats 5] [--epochs 5000]

The time is that of the training alone, as run.json has it, in microseconds an epoch (validation
and metrics included). Contestants take turns; exit status 1 where their models differ in a byte.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")


def train(skiff, threads, epochs, folder):
    subprocess.run([skiff, "train", "--train", os.path.join(DATA, "train_data.npz"), "--val",
                    os.path.join(DATA, "val_data.npz"), "--epochs", str(epochs), "--threads",
                    str(threads), "--quiet", "--out", folder], check=True)
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        seconds = json.load(file)["seconds"]["train"]
    with open(os.path.join(folder, "model.npz"), "rb") as file:
        return 1e6 * seconds / epochs, file.read()


def busy():
    """A process that never waits, on the last core that we may use."""
    core = max(os.sched_getaffinity(0))
    return subprocess.Popen([sys.executable, "-c",
                             "import os\nos.sched_setaffinity(0, {%d})\nwhile True: pass" % core])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5000)
    options = parser.parse_args()
    skiff = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
    models = set()
    print("| other core | threads | us an epoch, median | fastest to slowest |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for state in ("free", "busy"):
            other = busy() if state == "busy" else None
            times = {1: [], 2: []}
            for _ in range(options.repeats):
                for threads, taken in times.items():
                    time, model = train(skiff, threads, options.epochs, folder)
                    taken.append(time)
                    models.add(model)
            if other:
                other.kill()
                other.wait()
            for threads, taken in times.items():
                print("| %s | %d | %.1f | %.1f to %.1f |" % (state, threads,
                      statistics.median(taken), min(taken), max(taken)))  # fmt: skip
    print("\n%d different models" % len(models))
    return len(models) != 1


sys.exit(main())
