#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Optimizer kernels against torch's own optimizers, bit for bit, given equal gradients.

Every level is run; those with fma must give torch's bits in every element after every step. The
baseline, which rounds twice where they round once, must stay within a few units in the last place
of the parameters' size. Lengths that are no multiple of any vector are among the sizes, and torch
sees the parameters once as one tensor and once cut into the tensors of a small network: its scalar
tails must not differ from its vector loops.
"""
import os
import subprocess
import sys

try:
    import numpy as np
    import torch
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

STEPS = 60
CUTS = [448, 64, 2048, 32, 32, 1]  # a 7-64-32-1 network
TOLERANCE = 3e-5  # of the baseline after 60 steps, relative to max(1, the parameter)

CASES = [
    ("adam", dict(lr=1e-3)),
    ("adam", dict(lr=3e-2, betas=(0.8, 0.95), eps=1e-6)),
    ("adam", dict(lr=1e-3, weight_decay=1e-2)),
    ("adam", dict(lr=1e-2, betas=(0.0, 0.9), weight_decay=0.1)),
    ("adamw", dict(lr=1e-3, weight_decay=1e-2)),
    ("adamw", dict(lr=2e-2, betas=(0.7, 0.99), weight_decay=0.3)),
    ("adamw", dict(lr=1e-3, weight_decay=0.0)),
    ("sgd", dict(lr=1e-2)),
    ("sgd", dict(lr=1e-2, weight_decay=1e-2)),
    ("sgd", dict(lr=1e-2, momentum=0.9)),
    ("sgd", dict(lr=3e-2, momentum=0.85, weight_decay=3e-3)),
    ("sgd", dict(lr=1e-2, momentum=0.9, nesterov=True)),
    ("sgd", dict(lr=7e-3, momentum=0.95, nesterov=True, weight_decay=1e-2)),
]
CLASSES = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


def gradients(n, seed):
    """Sizes from 1e-6 to 1e2, some exact zeros: the range that training sees."""
    rng = np.random.RandomState(seed)
    g = rng.standard_normal((STEPS, n)) * 10.0 ** rng.uniform(-6, 2, (1, n))
    g[rng.uniform(size=g.shape) < 0.05] = 0
    return g.astype(np.float32), rng.standard_normal(n).astype(np.float32)


def with_torch(kind, options, p0, g, cuts):
    tensors = [torch.nn.Parameter(t.clone()) for t in torch.split(torch.from_numpy(p0.copy()), cuts)]
    optimizer = CLASSES[kind](tensors, **options)
    out = []
    for row in g:
        for t, part in zip(tensors, torch.split(torch.from_numpy(row.copy()), cuts)):
            t.grad = part.clone()
        optimizer.step()
        out.append(torch.cat([t.detach().reshape(-1) for t in tensors]).numpy().copy())
    return np.stack(out)


def with_kernel(driver, level, kind, options, p0, g):
    get = options.get
    if kind == "sgd":
        args = ["sgd", get("lr"), get("momentum", 0), get("weight_decay", 0), int(get("nesterov", False))]
    else:
        b1, b2 = get("betas", (0.9, 0.999))
        args = ["adam", get("lr"), b1, b2, get("eps", 1e-8), get("weight_decay", 0), int(kind == "adamw")]
    args = [driver, level] + [a if isinstance(a, str) else repr(a) for a in args]
    done = subprocess.run(args + [str(p0.size), str(STEPS)], input=p0.tobytes() + g.tobytes(),
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return None  # a level that this machine lacks
    return np.frombuffer(done.stdout, np.float32).reshape(STEPS, p0.size)


def main():
    driver = os.path.join(os.environ.get("SKIFF_TESTLIB", "."), "optim_driver")
    if not os.access(driver, os.X_OK):
        print("skipped: no", driver)
        return 77
    torch.set_num_threads(1)
    bad = compared = 0
    for number, (kind, options) in enumerate(CASES):
        for cuts in (CUTS, [sum(CUTS)], [13], [1] * 5):
            g, p0 = gradients(sum(cuts), number)
            want = with_torch(kind, options, p0, g, cuts)
            for level in ("baseline", "avx2", "avx512", "neon"):
                got = with_kernel(driver, level, kind, options, p0, g)
                if got is None:
                    continue
                same = np.mean(got.view(np.uint32) == want.view(np.uint32))
                apart = np.max(np.abs(got - want) / np.maximum(1, np.abs(want)))
                good = apart <= TOLERANCE if level == "baseline" else same == 1
                i = np.unravel_index(np.argmax(np.abs(got - want)), got.shape)
                print("%-5s %-8s %-5s %s, %d in %d tensors, %d steps: %.4f%% equal bits, apart %.2g "
                      "(%.9g, torch %.9g), allowed %s" %
                      ("ok" if good else "BAD", level, kind, options, len(p0), len(cuts), STEPS,
                       100 * same, apart, got[i], want[i], TOLERANCE if level == "baseline" else 0))
                bad += not good
                compared += level != "baseline"
    print("%d comparisons with fma, %d failures; torch %s" % (compared, bad, torch.__version__))
    return 1 if bad or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
