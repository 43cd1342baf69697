#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Optimizer kernels against torch's own optimizers, bit for bit, given equal gradients.

Every level is run; those with fma must give torch's bits in every element after every step. The
baseline, which rounds twice where they round once, must stay within a few units in the last place
of the parameters' size. Lengths that are no multiple of any vector are among the sizes, and torch
sees the parameters once as one tensor and once cut into the tensors of a small network: its scalar
tails must not differ from its vector loops.

Adam rounds in one way up to torch 2.0 and in another from 2.1 on (--torch_compat). The way of the
torch at hand is its own optimizer's; the other one is spelled out in the same torch's operations,
and so is the own one, to show that the spelling is right. Each operation is compared with its
formula, too: where a later torch rounds otherwise, that says which operation it is. It passes
with the torch of Debian 12 (1.13.1), of Debian 13 (2.6.0) and of unstable (2.14.1).
"""
import math
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
    ("adam", dict(lr=1e-2, betas=(0.4, 0.9))),
    ("adam", dict(lr=1e-2, betas=(0.5, 0.9))),
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
OWN = 2 if tuple(int(x) for x in torch.__version__.split(".")[:2]) >= (2, 1) else 1


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


def spelled_out(version, kind, options, p0, g, cuts):
    """Adam and AdamW as the torch of that version makes their steps from its operations."""
    lr, decay, eps = options["lr"], options.get("weight_decay", 0), options.get("eps", 1e-8)
    b1, b2 = options.get("betas", (0.9, 0.999))
    states = [[t.clone(), torch.zeros_like(t), torch.zeros_like(t)]
              for t in torch.split(torch.from_numpy(p0.copy()), cuts)]
    out = []
    for number, row in enumerate(g, 1):
        for (p, m, v), grad in zip(states, torch.split(torch.from_numpy(row.copy()), cuts)):
            if kind == "adamw":
                p.mul_(1 - lr * decay)
            elif decay != 0:
                grad = grad.add(p, alpha=decay)
            if version == 2:
                m.lerp_(grad, 1 - b1)
            else:
                m.mul_(b1).add_(grad, alpha=1 - b1)
            v.mul_(b2).addcmul_(grad, grad, value=1 - b2)
            bottom = (v.sqrt() / math.sqrt(1 - b2 ** number)).add_(eps)
            p.addcdiv_(m, bottom, value=-(lr / (1 - b1 ** number)))
        out.append(torch.cat([p for p, _, _ in states]).numpy().copy())
    return np.stack(out)


def fma(a, b, c):
    """a * b + c of float32 arrays, rounded once: the sum is rounded to odd in double, then to
    nearest in float, which is right because double has more than 24 + 2 bits."""
    product, c = a.astype(np.float64) * b, np.broadcast_to(c, a.shape).astype(np.float64)
    total = product + c
    part = total - product
    lost = (product - (total - part)) + (c - part)
    even = total.view(np.uint64) & 1 == 0
    total = np.where((lost != 0) & even, np.nextafter(total, np.copysign(np.inf, lost)), total)
    return total.astype(np.float32)


def check_operations():
    """What an element of each operation is, for a length with a tail of every vector."""
    bad, f = 0, np.float32
    rng = np.random.RandomState(1)
    a, b, c = ((rng.standard_normal(4095) * 10.0 ** rng.uniform(-6, 2, 4095)).astype(f) for _ in range(3))
    ta, tb, tc = (torch.from_numpy(x) for x in (a, b, c))
    formulas = [
        ("mul", ta.mul(0.9), a * f(0.9)),
        ("add, alpha 1", ta.add(tb, alpha=1.0), a + b),
        ("add, alpha", ta.add(tb, alpha=0.1), fma(b, f(0.1), a)),
        ("addcmul", ta.addcmul(tb, tc, value=0.001), fma(f(0.001) * b, c, a)),
        ("addcdiv", ta.addcdiv(tb, tc, value=-0.01), a + f(-0.01) * b / c),
        ("sqrt, div, add", (tb.abs().sqrt() / 0.7).add_(1e-8), np.sqrt(abs(b)) / f(0.7) + f(1e-8)),
        ("lerp, weight 0.1", ta.lerp(tb, 1 - 0.9), fma(b - a, f(1 - 0.9), a)),
        ("lerp, weight 0.5", ta.lerp(tb, 0.5), fma(b - a, f(-0.5), b)),
        ("lerp, weight 0.7", ta.lerp(tb, 0.7), fma(b - a, f(0.7) - f(1), b)),
    ]
    for name, got, want in formulas:
        other = np.sum(got.numpy().view(np.uint32) != want.view(np.uint32))
        print("%-5s %s: %d of %d elements differ" % ("BAD" if other else "ok", name, other, a.size))
        bad += other != 0
    return bad


def with_kernel(driver, level, version, kind, options, p0, g):
    get = options.get
    if kind == "sgd":
        args = ["sgd", get("lr"), get("momentum", 0), get("weight_decay", 0), int(get("nesterov", False))]
    else:
        b1, b2 = get("betas", (0.9, 0.999))
        args = ["adam", get("lr"), b1, b2, get("eps", 1e-8), get("weight_decay", 0), int(kind == "adamw"),
                int(version == 2)]
    args = [driver, level] + [a if isinstance(a, str) else repr(a) for a in args]
    done = subprocess.run(args + [str(p0.size), str(STEPS)], input=p0.tobytes() + g.tobytes(),
                          stdout=subprocess.PIPE, check=False)
    if done.returncode == 1:
        return None  # a level that this machine lacks
    done.check_returncode()
    return np.frombuffer(done.stdout, np.float32).reshape(STEPS, p0.size)


def compare(driver, version, case, want):
    """How many comparisons with fma, and how many of all failed."""
    kind, options, p0, g, cuts = case
    bad = compared = 0
    for level in ("baseline", "avx2", "avx512", "neon"):
        got = with_kernel(driver, level, version, kind, options, p0, g)
        if got is None:
            continue
        same = np.mean(got.view(np.uint32) == want.view(np.uint32))
        apart = np.max(np.abs(got - want) / np.maximum(1, np.abs(want)))
        good = apart <= TOLERANCE if level == "baseline" else same == 1
        i = np.unravel_index(np.argmax(np.abs(got - want)), got.shape)
        print("%-5s %-8s as torch %d: %-5s %s, %d in %d tensors, %d steps: %.4f%% equal bits, "
              "apart %.2g (%.9g, torch %.9g), allowed %s" %
              ("ok" if good else "BAD", level, version, kind, options, len(p0), len(cuts), STEPS,
               100 * same, apart, got[i], want[i], TOLERANCE if level == "baseline" else 0))
        bad += not good
        compared += level != "baseline"
    return compared, bad


def main():
    driver = os.path.join(os.environ.get("SKIFF_TESTLIB", "."), "optim_driver")
    if not os.access(driver, os.X_OK):
        print("skipped: no", driver)
        return 77
    torch.set_num_threads(1)
    bad = check_operations()
    compared = 0
    for number, (kind, options) in enumerate(CASES):
        for cuts in (CUTS, [sum(CUTS)], [13], [1] * 5):
            g, p0 = gradients(sum(cuts), number)
            own = with_torch(kind, options, p0, g, cuts)
            for version in (OWN,) if kind == "sgd" else (1, 2):
                want = own if kind == "sgd" else spelled_out(version, kind, options, p0, g, cuts)
                if version == OWN and want.tobytes() != own.tobytes():
                    print("BAD   %s %s of torch %s is not what is spelled out for %d" %
                          (kind, options, torch.__version__, version))
                    bad += 1
                done, wrong = compare(driver, version, (kind, options, p0, g, cuts), want)
                compared, bad = compared + done, bad + wrong
    print("%d comparisons with fma, %d failures; torch %s" % (compared, bad, torch.__version__))
    return 1 if bad or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
