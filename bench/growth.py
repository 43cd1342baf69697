#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Seconds an epoch against rows, width, batch and threads, skiff beside torch on slices.

    SKIFF=./skiff python3 bench/growth.py [--short] [--repeats 5] [--out bench/results]
    python3 bench/growth.py --plot-only --out bench/results

One of the four is varied at a time, around a centre. Both train with Adam on the same table, from
the same weights, in the same order of rows, each in a process of its own; start-up, loading and the
first epoch are not counted. In every repeat they take turns at each point, and the ratio is taken
repeat by repeat. skiff runs whole epochs; torch, where an epoch would take too long, some of its
steps: the table says what share that is, and that losses were not compared. Prints a Markdown
table; with --out writes growth.md, growth.jsonl (a line a point) and growth.svg there, and keeps
what stands below the mark in growth.md. Exit status 1 where a run fails, or where both ran a whole
epoch and do not have the same loss.
"""

import argparse
import csv
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402
import growth_plot  # noqa: E402

INPUTS = 28
CENTRE = dict(rows=100_000, width=64, batch=1024, threads=1)
STEPS = dict(
    rows=[100, 316, 1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_000_000],
    width=[8, 16, 32, 64, 128, 256, 512, 1024],
    batch=[4**i for i in range(9)],
)
SHORT_STEPS = dict(rows=[1000, 100_000], width=[16, 64, 256], batch=[16, 1024, 16_384])
SAME_LOSS = 1e-4  # of the first epoch's: thousands of steps of roundings
PICTURE = "![Time for an epoch against rows, width, batch and threads](growth.svg)"
METHOD = """\
%d inputs, hidden layers of width and width / 2 units, one output; Adam; rows in a new random order
each epoch; no validation. Seconds are those of the training loop alone, an epoch; the first epoch,
which starts threads and touches memory, is left out. Where torch ran a part of an epoch, its steps
but the first are scaled to a whole one, and losses were not compared; where it ran whole epochs, a
difference of the first one's losses over %g of their value makes growth.py fail. The ratio is that
of runs one after the other: its median and, in brackets, the lowest and the highest.""" % (
    INPUTS, SAME_LOSS)  # fmt: skip
MARK = "<!-- Below this line: written by hand, and kept by bench/growth.py. -->"
BY_HAND = """

## What the figures show

What is written below this line is kept when growth.py runs again.
"""


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="few points, in under a minute")
    parser.add_argument("--plot-only", action="store_true", help="from the growth.jsonl in --out")
    parser.add_argument("--out", metavar="FOLDER", help="write the results there")
    parser.add_argument("--seconds", type=float, default=0.5, help="of training a run, about")
    parser.add_argument("--python", default="/usr/bin/python3", help="one that has torch")
    options = parser.parse_args(argv)
    if options.short:
        options.repeats, options.seconds = 2, 0.15
    if options.plot_only and not options.out:
        parser.error("--plot-only needs --out, the folder with growth.jsonl")
    return options


def thread_counts(cores):
    counts = [1]
    while 2 * counts[-1] < cores:
        counts.append(2 * counts[-1])
    return counts + [cores] if cores > 1 else counts


def points_of(steps):
    """Every point once, with the panels that it belongs to; the centre belongs to all."""
    points = {}
    for name, values in steps.items():
        for value in values:
            place = dict(CENTRE, **{name: value})
            key = tuple(place.values())
            points.setdefault(key, dict(place, inputs=INPUTS, panels=[]))["panels"].append(name)
    return list(points.values())


def hidden(point):
    return "%d,%d" % (point["width"], point["width"] // 2)


def steps_an_epoch(point):
    return math.ceil(point["rows"] / point["batch"])


def step_guess(point, overhead, rate):
    """Seconds of a step, within a factor of a few: only the number of them is chosen by it."""
    w, rows = point["width"], min(point["rows"], point["batch"])
    return overhead + 6 * rows * (INPUTS * w + w * w / 2) / (rate * point["threads"])


def make_tables(points, folder, python):
    for rows in {p["rows"] for p in points}:
        subprocess.run([python, os.path.join(HERE, "peers", "make_table.py"), "--rows", str(rows),
                        "--inputs", str(INPUTS), table(folder, rows)], check=True)  # fmt: skip


def table(folder, rows):
    return os.path.join(folder, "rows%d" % rows)


def common(point, folder, epochs):
    return ["--train", os.path.join(table(folder, point["rows"]), "train_data.npz"),
            "--batch_size", str(point["batch"]), "--hidden", hidden(point),
            "--threads", str(point["threads"]), "--epochs", str(epochs)]  # fmt: skip


def run_skiff(skiff, point, folder, options):
    """Seconds an epoch, the first epoch's loss, and what run.json says of the machine."""
    epoch = steps_an_epoch(point) * step_guess(point, 2e-6, 8e10)
    epochs = max(2, round(options.seconds / epoch))
    out = os.path.join(folder, "skiff")
    subprocess.run([skiff, "train", "--quiet", "--out", out] + common(point, folder, epochs),
                   check=True)  # fmt: skip
    with open(os.path.join(out, "run.json"), encoding="utf-8") as file:
        record = json.load(file)
    with open(os.path.join(out, "history.csv"), encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    seconds = record["training"]["final"]["seconds"] - float(first["seconds"])
    return seconds / (epochs - 1), float(first["train_loss"]), record["machine"]


def run_torch(point, folder, options):
    """Seconds an epoch and, where a whole one was run, the loss of the first; the line of torch."""
    whole = steps_an_epoch(point)
    steps = max(20, round(options.seconds / step_guess(point, 4e-4, 6e10)))
    command = [options.python, os.path.join(HERE, "peers", "torch_mlp.py"), "slices"]
    command += common(point, folder, max(1, round(steps / whole)))
    if steps < whole:
        command += ["--steps", str(steps)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    line = json.loads(done.stdout)
    loss = line["losses"][0] if steps >= whole else None
    return line["seconds"]["step"] * whole, loss, line


def agree(point, ours, theirs):
    if theirs is None or abs(ours - theirs) <= SAME_LOSS * abs(theirs):
        return True
    print("%s: the first epoch's loss is %.6g, torch's %.6g" % (place_text(point), ours, theirs))
    return False


def place_text(point):
    return ", ".join("%s %d" % (name, point[name]) for name in CENTRE)


def measure(points, options, folder):
    """Fill the points; how many of them disagree about what was trained."""
    skiff = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
    about = dict(contest.origin(), repeats=options.repeats)
    seconds = [dict(skiff=[], torch=[]) for _ in points]
    wrong = 0
    for repeat in range(options.repeats):
        print("repeat %d of %d" % (repeat + 1, options.repeats), file=sys.stderr)
        for point, taken in zip(points, seconds):
            ours, loss, machine = run_skiff(skiff, point, folder, options)
            theirs, torch_loss, line = run_torch(point, folder, options)
            taken["skiff"].append(ours)
            taken["torch"].append(theirs)
            wrong += not agree(point, loss, torch_loss)
            point.update(level=machine["cpu_level"])
            point.update(torch_version=line["version"], torch_share=line["fraction"])
            point.update(first_loss=dict(skiff=loss, torch=torch_loss))
    for point, taken in zip(points, seconds):
        point.update(result(taken), bench="growth", **about)
    return wrong


def result(taken):
    ratios = [b / a for a, b in zip(taken["skiff"], taken["torch"])]
    best = {who: dict(best=min(all_of), median=statistics.median(all_of), all=all_of)
            for who, all_of in taken.items()}  # fmt: skip
    return dict(best, ratio=contest.summary(ratios))


def rows_of_table(name, points):
    heads = [name, "skiff: best (median)", "torch: best (median)", "torch / skiff", "torch ran"]
    yield "| %s |" % " | ".join(heads)
    yield "|---|---|---|---|---|"
    for p in sorted((p for p in points if name in p["panels"]), key=lambda p: p[name]):
        times = ["%s (%s)" % tuple(growth_plot.time_text(p[who][k]) for k in ("best", "median"))
                 for who in ("skiff", "torch")]  # fmt: skip
        ratio = "%(median).3g (%(lowest).3g to %(highest).3g)" % p["ratio"]
        part = "%.2g %% of an epoch" % (100 * p["torch_share"])
        share = part + ", losses not compared" if p["torch_share"] < 1 else "whole epochs"
        yield "| {:,d} | {} | {} | {} | {} |".format(p[name], *times, ratio, share)


def markdown(points):
    one = points[0]
    more = ["torch " + one["torch_version"], "%d repeats" % one["repeats"]]
    text = [contest.head_line(one, *more)]
    for name, title, _ in growth_plot.PANELS:
        fixed = ["%s %s" % (n, "{:,d}".format(v)) for n, v in CENTRE.items() if n != name]
        text += ["", "### %s (%s)" % (title, ", ".join(fixed)), ""]
        text += rows_of_table(name, points)
    return "\n".join(text)


def page(points, arguments):
    command = " ".join(["SKIFF=./skiff python3 bench/growth.py"] + arguments)
    made = "Made by `%s`." % command
    parts = ["# Cost by growth: seconds an epoch", made, PICTURE, METHOD, markdown(points), MARK]
    return "\n\n".join(parts)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def by_hand(path):
    """What stands below the mark in the page there is, or else a heading for it."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            found = file.read().split(MARK, 1)
        if len(found) == 2:
            return found[1]
    return BY_HAND


def save(points, out, arguments):
    os.makedirs(out, exist_ok=True)
    page_path = os.path.join(out, "growth.md")
    lines = "".join(json.dumps(point) + "\n" for point in points)
    write(os.path.join(out, "growth.jsonl"), lines)
    write(page_path, page(points, arguments) + by_hand(page_path))


def plot(out):
    path = os.path.join(out, "growth.jsonl")
    try:
        with open(path, encoding="utf-8") as file:
            points = [json.loads(line) for line in file]
        picture = growth_plot.draw(points)
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.exit("%s: not what growth.py writes: %r" % (path, error))
    write(os.path.join(out, "growth.svg"), picture)


def main():
    options = options_of(sys.argv[1:])
    if options.plot_only:
        return plot(options.out)
    steps = dict(SHORT_STEPS if options.short else STEPS)
    steps["threads"] = thread_counts(len(os.sched_getaffinity(0)))
    points = points_of(steps)
    with tempfile.TemporaryDirectory() as folder:
        make_tables(points, folder, options.python)
        wrong = measure(points, options, folder)
    print(markdown(points))
    if options.out:
        save(points, options.out, sys.argv[1:])
        plot(options.out)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
