#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What two ranks come to beside one, and what an exchange between them takes.

    SKIFF=./skiff python3 bench/scaling.py [--short] [--repeats 5] [--json FILE]

Everything runs on two cores (taken by affinity where there are more), one thread a rank, without
validation data. The time is the median epoch of a run, as history.csv has it, without the first;
contestants take turns, and efficiency is one rank's time by twice that of two, repeat by repeat:
100 % is twice as fast. Two threads of one process stand beside them. The second table is
bench/exchange under mpiexec, over shared memory and over TCP. Needs MPICH and numpy. Exit status 1
where models differ in a byte or a sum is wrong.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402

WORKS = [  # name, rows, features, --hidden, epochs; the goal
    ("100,000 x 54, 512,512, batch 4096", 100_000, 54, "512,512", 3, 95),
    ("1,000,000 x 28, 64,32, batch 4096", 1_000_000, 28, "64,32", 6, 90),
]
SIDES = [("1 rank", 1, 1), ("2 ranks", 2, 1), ("2 threads", 1, 2)]  # name, ranks, threads
COLUMNS = """\
| work | who | ms an epoch, median | fastest to slowest | efficiency | goal |
|---|---|---|---|---|---|"""
EXCHANGE = """\
| over | bytes | skiff, us | 99 % | MPI_Allreduce, us | 99 % | times faster |
|---|---|---|---|---|---|---|"""
# UCX and MPICH are told that the ranks are not on one machine.
OVER = [("shared memory", {}), ("TCP", {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self"})]


def write_table(path, rows, features):
    import numpy

    draw = numpy.random.default_rng(1)
    x = draw.standard_normal((rows, features), dtype=numpy.float32)
    y = (x[:, :4].sum(1) + draw.standard_normal(rows) > 0).astype(numpy.float32)
    numpy.savez(path, X_train=x, y_train=y)


def run(command, **more):
    """Standard output of a process that must succeed within ten minutes."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=600, text=True, **more)  # fmt: skip
    if done.returncode:
        sys.exit("exit status %d: %s" % (done.returncode, " ".join(command)))
    return done.stdout


def epoch_seconds(folder):
    with open(os.path.join(folder, "history.csv"), encoding="ascii") as file:
        ends = [float(row["seconds"]) for row in csv.DictReader(file)]
    return contest.summary([b - a for a, b in zip(ends, ends[1:])])["median"]


def train(skiff, side, arguments, folder):
    """Milliseconds an epoch, and the model."""
    _, ranks, threads = side
    run(["mpiexec", "-n", str(ranks), skiff, "train", "--quiet", "--threads", str(threads),
         "--out", folder] + arguments)  # fmt: skip
    with open(os.path.join(folder, "model.npz"), "rb") as file:
        return 1e3 * epoch_seconds(folder), file.read()


def scale(options, skiff, work, folder):
    """Lines of one work's contestants, and whether all models are the same."""
    name, rows, features, hidden, epochs, goal = work
    table = os.path.join(folder, "table.npz")
    write_table(table, rows // options.divide, features)
    arguments = ["--train", table, "--hidden", hidden, "--batch_size", "4096",
                 "--epochs", str(epochs)]  # fmt: skip
    times, models = [[] for _ in SIDES], set()
    for _ in range(options.repeats):
        for taken, side in zip(times, SIDES):
            time, model = train(skiff, side, arguments, os.path.join(folder, "out"))
            taken.append(time)
            models.add(model)
    lines = []
    for side, taken in zip(SIDES, times):
        efficiency = contest.summary([50 * one / this for one, this in zip(times[0], taken)])
        lines.append(dict(bench="scaling", work=name, who=side[0], goal=goal,
                          ms_an_epoch=dict(contest.summary(taken), all=taken),
                          efficiency=efficiency))  # fmt: skip
    return lines, len(models) == 1


def print_line(line):
    print("| %(work)s | %(who)s |" % line,
          "%(median).1f | %(lowest).1f to %(highest).1f |" % line["ms_an_epoch"], end=" ")
    if line["who"] == SIDES[0][0]:
        return print("| |", flush=True)
    share = "%(median).0f %% (%(lowest).0f to %(highest).0f)" % line["efficiency"]
    print(share, "| %s |" % ("%d %%" % line["goal"] if line["who"] == SIDES[1][0] else ""),
          flush=True)  # fmt: skip


def exchange(options, program, over, environment):
    rounds = "100" if options.short else "3000"
    text = run(["mpiexec", "-n", "2", program, rounds], env=dict(os.environ, **environment))
    lines = [dict(json.loads(line), over=over) for line in text.splitlines()]
    for line in lines:
        print("| %(over)s | %(bytes)d | %(skiff_us).1f | %(skiff_us_99).1f | %(allreduce_us).1f |"
              " %(allreduce_us_99).1f |" % line,
              "%.2f |" % (line["allreduce_us"] / line["skiff_us"]), flush=True)  # fmt: skip
    return lines


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="tables a tenth as long, 2 repeats")
    parser.add_argument("--json", metavar="FILE", help="append a line a row to it")
    options = parser.parse_args(argv)
    options.divide = 10 if options.short else 1
    if options.short:
        options.repeats = 2
    return options


def main():
    options = options_of(sys.argv[1:])
    skiff = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
    beside = os.path.join(os.path.dirname(os.path.realpath(skiff)), "bench", "exchange")
    about = contest.origin()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-2:])
    lines, good = [], True
    print(contest.head_line(about, "%d repeats" % options.repeats) + "\n\n" + COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        for work in WORKS:
            found, same = scale(options, skiff, work, folder)
            good &= same
            for line in found:
                print_line(line)
            lines += found
    print("\nmodels: %s\n" % ("the same bytes" if good else "DIFFERENT"))
    if os.access(beside, os.X_OK):
        print(EXCHANGE)
        for over, environment in OVER:
            lines += exchange(options, beside, over, environment)
    else:
        print("no %s (make bench/exchange)" % beside)
    good &= all(line.get("verified", True) for line in lines)
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(line, **about)) + "\n" for line in lines)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
