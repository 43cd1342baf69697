#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lines through runs and their crossings beside numpy and scipy: the line by non-negative least
squares, its covariance by the pseudo-inverse, quantiles of Student's t, and of each crossing that
its interval is where the difference is as large as its error allows, and nowhere else.

SKIFF_TESTLIB names the folder of the helper program growth_driver.
"""

import os
import random
import subprocess
import sys

try:
    import numpy
    from scipy import optimize, stats
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

CASES = 2000
failures = 0


def check(good, case, *what):
    global failures
    if not good:
        failures += 1
        if failures <= 20:
            print("FAIL case %d:" % case, *what)


def close(one, two, tolerance):
    both_nan = numpy.isnan(one) and numpy.isnan(two)
    return both_nan or one == two or abs(one - two) <= tolerance * max(abs(one), abs(two))


def make_side(rng):
    sizes = [10 ** rng.uniform(1, 7) for _ in range(rng.randint(2, 6))]
    fixed, each = rng.choice([0, 10 ** rng.uniform(-2, 2)]), 10 ** rng.uniform(-6, -2)
    noise, power = rng.choice([0.001, 0.02, 0.2]), rng.choice([1, 1, 1, 0.8, 1.3])
    return [(x, (fixed + each * x**power) * abs(1 + rng.gauss(0, noise)))
            for x in sizes for _ in range(rng.randint(1, 4))]  # fmt: skip


def fit(runs):
    """Line, covariance and degrees of freedom."""
    x, t = numpy.array(runs).T
    unit = x.max()
    columns = numpy.stack([1 / t, x / unit / t], 1)
    line, _ = optimize.nnls(columns, numpy.ones(len(t)))
    used = line > 0
    freedom = len(t) - used.sum()
    left = ((columns @ line - 1) ** 2).sum()
    covariance = numpy.zeros((2, 2))
    covariance[numpy.ix_(used, used)] = numpy.linalg.pinv(columns[:, used].T @ columns[:, used])
    covariance *= left / freedom if freedom else numpy.nan
    scale = numpy.array([1, 1 / unit])
    return line * scale, covariance * numpy.outer(scale, scale), freedom


def check_line(case, got, runs):
    line, covariance, freedom = fit(runs)
    check(got[5] == freedom, case, "freedom", got[5], freedom)
    for k, (mine, theirs) in enumerate(zip(got[:2], line)):
        check(close(mine, theirs, 1e-7) or abs(mine - theirs) * [1, 1e3][k] < 1e-9, case, "line", got, line)
    for mine, theirs in zip(got[2:5], (covariance[0, 0], covariance[0, 1], covariance[1, 1])):
        check(close(mine, theirs, 1e-5), case, "covariance", got, covariance)
    return line, covariance, freedom


def check_interval(case, price, sides, size, low, high, cheaper):
    """By looking at the difference where the interval ends, inside and outside of it."""
    difference = price[0] * sides[0][0] - price[1] * sides[1][0]
    covariance = price[0] ** 2 * sides[0][1] + price[1] ** 2 * sides[1][1]
    q = stats.t.ppf(0.975, min(sides[0][2], sides[1][2]))

    def far(x):
        """How many times as large as allowed the difference is at x."""
        at = numpy.array([1, x])
        return abs(at @ difference) / (q * numpy.sqrt(at @ covariance @ at))

    crossing = -difference[0] / difference[1]
    check(close(size, crossing if 0 < crossing < numpy.inf else numpy.nan, 1e-6), case, "size", size, crossing)
    tiny = 1e-9 if numpy.isnan(size) else size * 1e-3
    check(cheaper == (numpy.array([1, tiny]) @ difference > 0), case, "cheaper", cheaper)
    if numpy.isnan(low):
        check(numpy.isnan(size), case, "a crossing without an interval")
        for x in 10 ** numpy.linspace(-3, 12, 200):
            check(far(x) > 1, case, "%g is open" % x)
        return "nowhere"
    check(low <= high and (numpy.isnan(size) or low <= size <= high), case, low, size, high)
    check(low == 0 or abs(far(low) - 1) < 1e-3, case, "low", low, far(low))
    check(high == numpy.inf or abs(far(high) - 1) < 1e-3, case, "high", high, far(high))
    top = min(high, 1e15)
    check(far((max(low, 1e-9) * top) ** 0.5) < 1.001, case, "the middle is not open", low, high)
    check(low == 0 or far(low * 0.99) > 1, case, "open below")
    check(high == numpy.inf or far(high * 1.01) > 1, case, "open above")
    return "bounded" if high < numpy.inf and low > 0 else "open"


def main():
    numpy.seterr(all="ignore")  # a flat line's crossing is infinite
    rng = random.Random(11)
    asked = [(make_side(rng), make_side(rng), rng.uniform(0.1, 3), rng.uniform(0.1, 3), 10 ** rng.uniform(1, 8))
             for _ in range(CASES)]  # fmt: skip
    text = "".join(
        "%r %r %r %d %d %s\n" % (p, r, at, len(a), len(b), " ".join("%r %r" % pair for pair in a + b))
        for a, b, p, r, at in asked)  # fmt: skip
    driver = os.path.join(os.environ["SKIFF_TESTLIB"], "growth_driver")
    done = subprocess.run([driver], input=text, text=True, stdout=subprocess.PIPE, check=True)
    replies = done.stdout.splitlines()
    check(len(replies) == CASES, -1, "%d replies" % len(replies))
    kinds = {}
    for case, (reply, (a, b, p, r, at)) in enumerate(zip(replies, asked)):
        got = [float(word) for word in reply.split()]
        sides = check_line(case, got[:6], a), check_line(case, got[6:12], b)
        size, low, high, cheaper, price, price_low, price_high, student = got[12:]
        check(close(student, stats.t.ppf(0.975, sides[0][2]), 1e-4), case, "student", student)
        seconds = [side[0] @ [1, at] for side in sides]
        check(close(price, p * seconds[0] / seconds[1], 1e-6), case, "price", price)
        freedom = min(sides[0][2], sides[1][2])
        if freedom == 0:
            check(all(numpy.isnan([low, high, price_low, price_high])), case, "an interval of nothing")
            kind = "unknown"
        else:
            off = numpy.sqrt(sum(numpy.array([1, at]) @ s[1] @ [1, at] / t**2 for s, t in zip(sides, seconds)))
            width = 2 * stats.t.ppf(0.975, freedom) * off
            check(close(numpy.log(price_high / price_low), width, 1e-3), case, "price's interval")
            kind = check_interval(case, (p, r), sides, size, low, high, cheaper)
        kinds[kind] = kinds.get(kind, 0) + 1
    print("%d pairs of lines: %s; %d failures" % (CASES, kinds, failures))
    enough = all(kinds.get(k, 0) > 10 for k in ("nowhere", "bounded", "open", "unknown"))
    return 0 if failures == 0 and enough else 1


sys.exit(main())
