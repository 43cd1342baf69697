#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records of runs of two programs on tables of several sizes, a line each, on lines that are known:
1 + 1e-4 * rows seconds for skiff on ml.m5.large, 10 + 1e-5 * rows for torch on ml.g4dn.xlarge.

    sweep_runs.py [NOISE [SIDES]]

NOISE is a share of each time; SIDES more programs on other instances, up to 4."""

import json
import random
import sys

SIDES = (
    ("skiff", "ml.m5.large", "cpu", 1, 1e-4, 0.86),
    ("torch", "ml.g4dn.xlarge", "cuda", 10, 1e-5, 0.85),
    ("torch", "ml.m5.xlarge", "cpu", 3, 5e-4, 0.858),
    ("skiff", "ml.c5.2xlarge", "cpu", 1.2, 4e-5, 0.861),
)


def record(side, rows, seconds):
    program, instance, device, _, _, auroc = side
    return {
        "program": program,
        "name": "%s-%s" % (program, device),
        "device": {"kind": device},
        "instance": {"type": instance, "source": "job", "count": 1},
        "data": {"train_rows": rows, "val_rows": 143, "features": 7},
        "training": {"task": "binary", "epochs": 100, "batch_size": rows},
        "options": {"hidden": "64,32"},
        "seconds": {"load": 0.1 * seconds, "train": 0.8 * seconds, "total": seconds},
        "energy": {"joules": 20 * seconds},
        "metrics": {"val": {"n": 143, "positives": 50, "auroc": auroc}},
    }


def main():
    noise = float(sys.argv[1]) if len(sys.argv) > 1 else 0
    sides = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    rng = random.Random(1)
    for rows in (1000, 10000, 100000, 1000000):
        for side in SIDES[:sides]:
            for _ in range(2):
                seconds = (side[3] + side[4] * rows) * (1 + noise * rng.gauss(0, 1))
                print(json.dumps(record(side, rows, seconds)))


main()
