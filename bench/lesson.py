#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The lesson as a user waits for it: whole processes, start-up included, skiff beside torch.

    SKIFF=./skiff /usr/bin/python3 bench/lesson.py [--repeats 7] [--epochs 1000]
        [--train TRAIN.npz --val VAL.npz] [--json FILE]

In every repeat each contestant runs once, in turn, on the same files with the same arguments;
the ratio is taken repeat by repeat, so that a machine that is slow for a while is slow for both.
Prints a Markdown table, and a JSON line for each contestant. Exit status 1 where a run fails or
where skiff and torch, given the same seed, do not print the same first loss line.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "train_nn.py")
DATA = os.path.join(HERE, "..", "data")
FIRST = re.compile(r"Epoch \[100/.*")


class Contestant:
    def __init__(self, name, command):
        self.name, self.command = name, command
        self.seconds, self.memory, self.line = [], [], None

    def run(self, arguments, folder):
        """One process, start to end; its time, its peak memory and its first loss line."""
        with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
            begin = time.monotonic()
            child = subprocess.Popen(self.command + arguments, cwd=folder, stdout=log)
            _, status, usage = os.wait4(child.pid, 0)
            self.seconds.append(time.monotonic() - begin)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                sys.exit("%s: exit status %d" % (self.name, child.returncode))
            log.seek(0)
            found = FIRST.search(log.read())
        self.line = found.group(0) if found else None
        record = os.path.join(folder, "run.json")  # skiff's own reading, of its own pages only
        if os.path.exists(record):
            with open(record, encoding="utf-8") as file:
                self.memory.append(json.load(file)["peak_memory_bytes"] / 2**20)
            os.remove(record)
        else:
            self.memory.append(usage.ru_maxrss / 2**10)

    def result(self, options):
        return dict(
            bench="lesson", who=self.name, epochs=options.epochs, repeats=len(self.seconds),
            median=statistics.median(self.seconds), min=min(self.seconds), max=max(self.seconds),
            peak_mib=max(self.memory),
        )  # fmt: skip


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--train", default=os.path.join(DATA, "train_data.npz"))
    parser.add_argument("--val", default=os.path.join(DATA, "val_data.npz"))
    parser.add_argument("--json", help="append the JSON lines to this file, not to the output")
    parser.add_argument("--python", default=sys.executable, help="a Python that has torch")
    return parser.parse_args(argv)


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            names = [line.split(": ", 1)[1].strip() for line in file if line[:10] == "model name"]
        return "%s, %d cores" % (names[0], len(names))
    except (OSError, IndexError):
        return platform.machine()


def contestants(options):
    skiff = os.path.abspath(os.environ.get("SKIFF", "skiff"))
    script = [options.python, SCRIPT]
    ours = [skiff, "train", "--output_dir", ".", "--threads"]
    return [
        Contestant("PyTorch", script),
        Contestant("PyTorch, 1 thread", script + ["--threads", "1"]),
        Contestant("skiff, 1 thread", ours + ["1"]),
        Contestant("skiff, 2 threads", ours + ["2"]),
    ]


def race(everyone, options):
    arguments = ["--train", os.path.abspath(options.train), "--val", os.path.abspath(options.val)]
    arguments += ["--epochs", str(options.epochs), "--learning_rate", "0.001", "--seed", "0"]
    with tempfile.TemporaryDirectory() as folder:
        for who in everyone:  # files and libraries into memory, which is not what is compared
            who.run(arguments, folder)
            who.seconds.clear()
            who.memory.clear()
        for _ in range(options.repeats):
            for who in everyone:
                who.run(arguments, folder)


def table(everyone):
    base = everyone[0]
    print("| whole process | median | fastest to slowest | faster than PyTorch | peak memory |")
    print("|---|---|---|---|---|")
    for who in everyone:
        ratios = sorted(a / b for a, b in zip(base.seconds, who.seconds))
        factor = "%.3g times (%.3g to %.3g)" % (statistics.median(ratios), ratios[0], ratios[-1])
        print("| %s | %.3g s | %.3g to %.3g s | %s | %.1f MiB |" % (
            who.name, statistics.median(who.seconds), min(who.seconds), max(who.seconds),
            factor if who is not base else "", max(who.memory)))  # fmt: skip


def main():
    options = options_of(sys.argv[1:])
    everyone = contestants(options)
    race(everyone, options)
    print("%d epochs, %d repeats, %s\n" % (options.epochs, options.repeats, processor()))
    table(everyone)
    lines = [json.dumps(who.result(options)) for who in everyone]
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    else:
        print("\n" + "\n".join(lines))
    said = {who.line for who in everyone}
    print("\nepoch 100 of each: %s" % said)
    return 0 if len(said) == 1 else 1


sys.exit(main())
