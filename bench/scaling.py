#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ranks come to beside one, what an exchange between two takes, and what more would come to.

    SKIFF=./skiff python3 bench/scaling.py [--short] [--repeats 5] [--forecast] [--json FILE]
                                           [--plot FILE.svg]

Everything runs on two cores (taken by affinity where there are more), one thread a rank, without
validation data. The time is the median epoch of a run, as history.csv has it, without the first;
contestants take turns, and efficiency is one rank's time by twice that of two, repeat by repeat:
100 % is twice as fast. Two threads of one process stand beside them. The second table is
bench/exchange under mpiexec, over shared memory and over TCP, and beside it torch.distributed's
gloo where there is one; they take turns three times. Then comes `skiff plan`: what it predicts for
one and two ranks on these two cores beside what they take (three and four have not a core each and
wait asleep, which it leaves out), and for 2 to 1024 hosts that nobody has rented; with --forecast
that alone. Needs MPICH and numpy. Exit status 1 where models differ in a byte or a sum is wrong.
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
import scaling_model  # noqa: E402

WORKS = [  # name, rows, features, --hidden, epochs; the goal
    ("100,000 x 54, 512,512, batch 4096", 100_000, 54, "512,512", 3, 95),
    ("1,000,000 x 28, 64,32, batch 4096", 1_000_000, 28, "64,32", 6, 90),
]
LARGE = ("1,000,000 x 28, 64,32, batch 131,072", 1_000_000, 28, "64,32", 6, 0)  # predicted only
SIDES = [("1 rank", 1, 1), ("2 ranks", 2, 1), ("2 threads", 1, 2),
         ("3 ranks", 3, 1), ("4 ranks", 4, 1)]  # name, ranks, threads  # fmt: skip
TURNS = 3  # of the exchanges
COLUMNS = """\
| work | who | ms an epoch, median | fastest to slowest | efficiency | goal |
|---|---|---|---|---|---|"""
EXCHANGE = """\
| over | bytes | skiff, us | 99 % | MPI_Allreduce, us | times faster | gloo, us | times faster |
|---|---|---|---|---|---|---|---|"""
MODEL = """\
| work | ranks | predicted, ms an epoch | measured | error |
|---|---|---|---|---|"""
FORECAST = """\
| work | instance | 2 hosts | 4 | 8 | 16 | 32 | 1024 | most | 1.8 times with 2 from rows a step |
|---|---|---|---|---|---|---|---|---|---|"""
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
    name, rows, features, _, _, goal = work
    table = os.path.join(folder, "table.npz")
    write_table(table, rows // options.divide, features)
    arguments = arguments_of(work, table)
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


def exchange_once(program, rounds, environment):
    # Linked to MPI, the program sets variables for UCX after UCX has looked for the first time.
    quiet = dict(os.environ, UCX_WARN_UNUSED_ENV_VARS="n", **environment)
    text = run(["mpiexec", "-n", "2", program, str(rounds)], env=quiet)
    return [json.loads(line) for line in text.splitlines()]


def gloo_once(rounds, folder):
    """Microseconds by size of torch's gloo over the loopback device; nothing where there is none."""
    script = os.path.join(contest.HERE, "peers", "gloo_exchange.py")
    store = os.path.join(folder, "store")
    if os.path.exists(store):
        os.remove(store)
    done = subprocess.run(["mpiexec", "-n", "2", sys.executable, script, store, str(rounds)],
                          env=dict(os.environ, GLOO_SOCKET_IFNAME="lo"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600,
                          check=False)  # fmt: skip
    if done.returncode:
        print("no gloo: %s" % (done.stderr.strip().splitlines() or ["it failed"])[-1])
        return []
    return [json.loads(line) for line in done.stdout.splitlines()]


def times_text(ratios):
    return "%(median).2f (%(lowest).2f to %(highest).2f)" % contest.summary(ratios)


def exchange(options, program, over, environment, folder):
    """Skiff beside MPI_Allreduce, call by call, and over TCP beside gloo, turn by turn."""
    rounds = 100 if options.short else 1000
    turns, peers = [], []
    for _ in range(TURNS):
        turns.append(exchange_once(program, rounds, environment))
        peers.append(gloo_once(rounds, folder) if environment else [])
    lines = []
    for same in zip(*turns):
        theirs = [line for turn in peers for line in turn if line["bytes"] == same[0]["bytes"]]
        line = dict(same[0], over=over, verified=all(x["verified"] for x in list(same) + theirs))
        for key in ("skiff_us", "skiff_us_99", "allreduce_us"):
            line[key] = contest.summary([x[key] for x in same])["median"]
        line["allreduce_ratio"] = [x["allreduce_us"] / x["skiff_us"] for x in same]
        if len(theirs) == TURNS:
            line["gloo_us"] = contest.summary([x["gloo_us"] for x in theirs])["median"]
            line["gloo_ratio"] = [g["gloo_us"] / x["skiff_us"] for g, x in zip(theirs, same)]
        print("| %(over)s | %(bytes)d | %(skiff_us).1f | %(skiff_us_99).1f | %(allreduce_us).1f |"
              % line, times_text(line["allreduce_ratio"]),
              "| %.1f | %s |" % (line["gloo_us"], times_text(line["gloo_ratio"]))
              if "gloo_us" in line else "| | |", flush=True)  # fmt: skip
        lines.append(line)
    return lines


def arguments_of(work, table):
    name, _, _, hidden, epochs, _ = work
    return ["--train", table, "--hidden", hidden, "--epochs", str(epochs),
            "--batch_size", name.split()[-1].replace(",", "")]  # fmt: skip


def check_model(options, skiff, works, measured, exchanges, folder):
    """Predictions beside what was measured in this run."""
    network = scaling_model.fit_network(exchanges)
    print("\n%.1f us and %.0f Mbit/s between ranks on this machine, from the exchanges above.\n"
          % network)  # fmt: skip
    print(MODEL)
    lines = []
    for work in works:
        table = os.path.join(folder, "table.npz")
        write_table(table, work[1] // options.divide, work[2])
        for ranks in (1, 2):
            took = next(line["ms_an_epoch"]["median"] for line in measured
                        if line["work"] == work[0] and line["who"].startswith("%d rank" % ranks))  # fmt: skip
            guess = scaling_model.predict(run, skiff, arguments_of(work, table), ranks, network)
            line = dict(bench="scaling model", work=work[0], ranks=ranks, predicted_ms=guess,
                        measured_ms=took, error=scaling_model.error_percent(guess, took))  # fmt: skip
            print("| %(work)s | %(ranks)d | %(predicted_ms).1f | %(measured_ms).1f |"
                  " %(error)+.0f %% |" % line, flush=True)  # fmt: skip
            lines.append(line)
    return lines


def forecast(options, skiff, works, about, folder):
    """What hosts that nobody has rented would come to; and the picture."""
    print("\nHow many times as fast as one host, as `skiff plan` predicts it:\n\n" + FORECAST)
    found = []
    for work in works:
        table = os.path.join(folder, "table.npz")
        write_table(table, work[1] // options.divide, work[2])
        found.append((work[0], scaling_model.forecast(run, skiff, arguments_of(work, table))))
        for row in scaling_model.forecast_rows(found[-1][1]):
            print("| %s | %s |" % (work[0], " | ".join(row)), flush=True)
    if options.plot:
        note = "measured steps of %s, bandwidth of the instances, %g us of latency"
        with open(options.plot, "w", encoding="utf-8") as file:
            file.write(scaling_model.draw(found, note % (about["cpu"], found[0][1]["latency_us"])))
    return [dict(bench="scaling forecast", work=name, **plan) for name, plan in found]


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="tables a tenth as long, 2 repeats")
    parser.add_argument("--forecast", action="store_true", help="only what is predicted of hosts")
    parser.add_argument("--json", metavar="FILE", help="append a line a row to it")
    parser.add_argument("--plot", metavar="FILE", help="an SVG of what is predicted")
    options = parser.parse_args(argv)
    options.divide = 10 if options.short else 1
    if options.short:
        options.repeats = 2
    return options


def measure(options, skiff, folder):
    """Lines of what runs here, and whether all models are the same."""
    beside = os.path.join(os.path.dirname(os.path.realpath(skiff)), "bench", "exchange")
    lines, good = [], True
    print("\n" + COLUMNS)
    for work in WORKS:
        found, same = scale(options, skiff, work, folder)
        good &= same
        for line in found:
            print_line(line)
        lines += found
    print("\nmodels: %s\n" % ("the same bytes" if good else "DIFFERENT"))
    if os.access(beside, os.X_OK):
        print(EXCHANGE)
        exchanges = [exchange(options, beside, *how, folder) for how in OVER]
        lines += sum(exchanges, [])
        lines += check_model(options, skiff, WORKS, lines, exchanges[0], folder)
    else:
        print("no %s (make bench/exchange)" % beside)
    return lines, good


def main():
    options = options_of(sys.argv[1:])
    skiff = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
    about = contest.origin()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-2:])
    print(contest.head_line(about, "%d repeats" % options.repeats))
    with tempfile.TemporaryDirectory() as folder:
        lines, good = ([], True) if options.forecast else measure(options, skiff, folder)
        lines += forecast(options, skiff, WORKS + [LARGE], about, folder)
    good &= all(line.get("verified", True) for line in lines)
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(line, **about)) + "\n" for line in lines)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
