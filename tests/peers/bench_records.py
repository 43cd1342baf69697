#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bench/cpu_vs_gpu.py on the smallest of works: what it runs here, that it goes on where it was
stopped, that records name no machine and no folder, that it notices losses which are not the same,
and the table that it has made of records from a machine with a GPU."""

import contextlib
import io
import json
import os
import sys
import tempfile

try:
    import torch
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench"))
import cpu_vs_gpu  # noqa: E402
from cpu_vs_gpu import Work  # noqa: E402

WORKS = [Work("lesson", 0, 7, "4", 0, 2)]
WORKS += [Work("rows", rows, 5, "4", 64, 1) for rows in (300, 900)]
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text), flush=True)


def sweep(*arguments):
    """(exit status, what was printed)"""
    sys.argv = ["cpu_vs_gpu.py", "--python", sys.executable, "--repeats", "1", *arguments]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = cpu_vs_gpu.main()
    return status, said.getvalue()


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def check_lines(path, lines):
    sides = [line["bench"]["side"] for line in lines]
    cores = [n for n in cpu_vs_gpu.SHAPES if n <= len(os.sched_getaffinity(0))]
    modes = 3 if torch.cuda.is_available() else 0
    check(len(lines) == len(WORKS) * (2 * len(cores) + modes), "%d records" % len(lines))
    check("skiff, 1 core" in sides and "torch, 1 core" in sides, "skiff and torch on one core")
    for line in lines:
        where = line["instance"]
        if line["device"]["kind"] == "cpu":
            wanted = cpu_vs_gpu.SHAPES[line["machine"]["cores"]]
            good = where == dict(type=wanted, source="option", count=1)
            good = good and line["machine"]["threads"] == line["machine"]["cores"]
            check(good, "%s: %s" % (line["name"], where))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for word in '"host"', '"folder"', '"command"', tempfile.gettempdir(), HERE, '"out"':
        check(word not in text, "records say nothing of %s" % word)


def on_a_gpu(line, mode, seconds):
    """What a record of a machine with a GPU looks like."""
    line = json.loads(json.dumps(line))
    side = cpu_vs_gpu.Side("torch", "cuda", 0, mode).name()
    line["name"] = line["name"].replace("torch, 1 core", side)
    line["device"] = dict(kind="cuda", name="A GPU")
    line["instance"] = dict(type="ml.g4dn.xlarge", source="option", count=1)
    line["options"].update(mode=mode, order="device")
    line["seconds"].update(total=seconds, train=seconds, billable=int(seconds) + 1)
    line["bench"].update(side=side, machine="A GPU")
    return line


def table_of(folder, lines):
    path, table = [os.path.join(folder, name) for name in ("gpu.jsonl", "gpu.md")]
    write(path, lines)
    page = os.path.join(folder, "gpu.html")
    status, said = sweep("--only_table", "--records", path, "--table", table, "--page", page)
    check(os.path.exists(page) and os.path.getsize(page) > 10000, "a page")
    check(status == 0, "table: exit %d %s" % (status, said if status else ""))
    with open(table, encoding="utf-8") as file:
        return file.read()


def check_tables(folder, lines):
    text = table_of(folder, lines)
    if not torch.cuda.is_available():
        check("**Missing here**: torch, eager on the GPU; " in text, "what is missing is named")
    check(text.count("\n## ") == 2, "a chapter for the lesson, one for both sizes")
    alone = [line for line in lines if line["bench"]["side"] == "torch, 1 core"]
    pairs = [(line, mode) for mode in cpu_vs_gpu.MODES for line in alone]
    # No two take the same time: a record that is there twice is one run, and refused.
    gpu = [on_a_gpu(line, mode, 5 + i / 10) for i, (line, mode) in enumerate(pairs)]
    text = table_of(folder, lines + gpu)
    missing = [line for line in text.split("\n") if "Missing here" in line]
    check("GPU" not in "".join(missing), "nothing of the GPU is missing: %s" % missing)
    check("ml.g4dn.xlarge" in text and "A GPU; torch" in text, "the GPU and its instance are named")


def main():
    if not os.environ.get("SKIFF"):
        print("skip: SKIFF does not name the program")
        sys.exit(77)
    cpu_vs_gpu.works = lambda short: WORKS
    with tempfile.TemporaryDirectory(prefix="skiff-records-") as folder:
        path = os.path.join(folder, "r.jsonl")
        status, said = sweep("--records", path, "--minutes", "0.0001")
        check(status == 0 and "time was up" in said, "time is up after the first: %s" % said[-60:])
        first = read(path)
        check(len(first) == 1, "%d records" % len(first))
        status, said = sweep("--records", path)
        check(status == 0 and "DIFFERENT" not in said, "it goes on: exit %d" % status)
        lines = read(path)
        check(lines[:1] == first, "what was there stays")
        check_lines(path, lines)
        status, said = sweep("--records", path)
        check(status == 0 and read(path) == lines, "nothing is run twice")
        check_tables(folder, lines)
        lines[-1]["bench"]["first_loss"] *= 1.001
        write(path, lines)
        status, said = sweep("--only_table", "--records", path)
        good = status == 1 and said.count("DIFFERENT") == 1
        check(good, "another loss: exit %d: %s" % (status, said))
    print("%d failures" % failures)
    sys.exit(1 if failures else 0)


main()
