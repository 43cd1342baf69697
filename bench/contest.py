# SPDX-License-Identifier: MIT
"""Contests between programs: who runs, what a run gives, and the ratios.

In every repeat each contestant of a case runs once, in turn, and a ratio is taken repeat by repeat:
a machine that is slow for a while is slow for both. Also where results come from, which stands
above every table, and how values are summed up. Used by compare.py, growth.py and threads.py.
"""

import csv
import dataclasses
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LOSS = re.compile(r"Epoch \[.*\], Loss: ([0-9.]+), Val Loss: ([0-9.]+)")


class Missing(Exception):
    """A peer cannot run here; the text says why."""


@dataclasses.dataclass
class Ended:
    """A process that ended well."""

    seconds: float  # from before it was started to after it ended
    first_line: float  # until something came on its standard output
    output: str
    memory: int  # bytes, the most that was resident
    folder: str  # where it ran


@dataclasses.dataclass
class Sample:
    """What one run gave: the seconds that the case is about, and what others are held against."""

    seconds: float
    memory: int
    losses: list = dataclasses.field(default_factory=list)
    scores: tuple = ()  # accuracy and AUROC on rows that were not trained on
    version: str = ""  # skiff's, and its CPU level
    level: str = ""


@dataclasses.dataclass
class Side:
    """A contestant: `read` makes a Sample of an Ended."""

    name: str
    threads: int  # 0: its own choice
    command: list
    read: callable
    samples: list = dataclasses.field(default_factory=list)
    missing: str = ""

    def run(self):
        if self.missing:
            return
        try:
            with tempfile.TemporaryDirectory(prefix="skiff-bench-") as folder:
                self.samples.append(self.read(finish(self, folder)))
        except Missing as why:
            self.missing = str(why)


def finish(side, folder):
    """Run a side's command in `folder` and wait for it; anything but success ends the program."""
    with open(os.path.join(folder, "stderr"), "w+", encoding="utf-8") as log:
        begin = time.monotonic()
        environment = dict(os.environ, BENCH_STARTED=repr(begin))
        child = subprocess.Popen(side.command, cwd=folder, env=environment, stderr=log,
                                 stdout=subprocess.PIPE)  # fmt: skip
        output = os.read(child.stdout.fileno(), 1 << 16)
        first_line = time.monotonic() - begin
        output += child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        child.stdout.close()
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().strip()
    text = output.decode("utf-8", "replace")
    if child.returncode == 77:
        raise Missing(text.strip() or said)
    if child.returncode != 0:
        sys.exit("%s: exit status %d: %s\n%s" % (side.name, child.returncode, side.command, said))
    return Ended(seconds, first_line, text, usage.ru_maxrss * 1024, folder)


# ---- what a run gives ----


def read_json(folder, name):
    """The object in a file of the folder, or None where there is no such file."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def of_skiff(seconds, record, **more):
    return Sample(seconds, record["peak_memory_bytes"], version=record["versions"]["skiff"],
                  level=record["machine"]["cpu_level"], **more)  # fmt: skip


def printed_losses(text):
    """Training and validation loss of the first line that says them: epoch 100, or the last."""
    found = LOSS.search(text)
    return [float(loss) for loss in found.groups()] if found else []


def whole_process(ended):
    """The lesson's command, skiff's or the script's: start to end, and the losses printed."""
    losses = printed_losses(ended.output)
    record = read_json(ended.folder, "run.json")
    if record:
        return of_skiff(ended.seconds, record, losses=losses)
    return Sample(ended.seconds, ended.memory, losses)


def until_first_line(ended):
    """The same until the first line is out, which the first epoch prints."""
    sample = whole_process(ended)
    sample.seconds = ended.first_line
    return sample


def history(folder):
    with open(os.path.join(folder, "history.csv"), newline="", encoding="ascii") as file:
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]


def skiff_seconds(measure, record, rows):
    """step: of the epochs after the first, if any; epoch: their mean; fit: with preparations."""
    if measure == "fit":
        return record["seconds"]["train"]
    seconds, steps = record["training"]["final"]["seconds"], record["training"]["steps"]
    if measure == "epoch":
        return seconds / len(rows)
    if len(rows) == 1:
        return seconds / steps
    return (seconds - rows[0]["seconds"]) / (steps * (len(rows) - 1) / len(rows))


def skiff_training(measure):
    def read(ended):
        record, rows = read_json(ended.folder, "run.json"), history(ended.folder)
        test = record["metrics"].get("test", {})
        scores = (test["accuracy"], test["auroc"]) if "auroc" in test else ()
        losses = [row["train_loss"] for row in rows]
        seconds = skiff_seconds(measure, record, rows)
        return of_skiff(seconds, record, losses=losses, scores=scores)

    return read


def peer_training(measure):
    def read(ended):
        record = json.loads(ended.output.splitlines()[-1])
        seconds = record["seconds"]["train" if measure == "fit" else measure]
        scores = (record["accuracy"], record["auroc"]) if "auroc" in record else ()
        return Sample(seconds, record["peak_memory_bytes"], record.get("losses", []),
                      scores)  # fmt: skip

    return read


# ---- cases and their ratios ----


@dataclasses.dataclass
class Case:
    """Pairs of sides that do the same work. Of the losses that both report the first `losses` may
    differ by `tolerance`; a tolerance of 0 says that they are not comparable."""

    key: str
    work: str
    pairs: list  # of (skiff's Side, the peer's Side)
    tolerance: float = 0.0
    losses: int = 1

    def sides(self):
        unique = []
        for pair in self.pairs:
            unique += [side for side in pair if not any(side is other for other in unique)]
        return unique

    def race(self, repeats):
        for _ in range(repeats):
            for side in self.sides():
                side.run()

    def apart(self, ours, theirs):
        """The largest difference of losses, NaN where one is no number, or None where nothing is
        comparable: a run that did not report its losses has nothing."""
        samples = list(zip(ours.samples, theirs.samples))
        both = [sample for pair in samples for sample in pair]
        if not self.tolerance or not both or any(len(s.losses) < self.losses for s in both):
            return None
        differences = [
            abs(a - b)
            for mine, other in samples
            for a, b in zip(mine.losses[: self.losses], other.losses[: self.losses])
        ]
        # max() overlooks a NaN that is not the first.
        return math.nan if any(map(math.isnan, differences)) else max(differences)

    def same(self, apart):
        return apart is not None and apart <= self.tolerance


# ---- where results come from, and their sums ----


def commit():
    if os.environ.get("BENCH_COMMIT"):
        return os.environ["BENCH_COMMIT"]
    if not shutil.which("git"):
        return "unknown"
    command = ["git", "-C", HERE, "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            names = [line.split(": ", 1)[1].strip() for line in file if line[:10] == "model name"]
        return "%s, %d cores" % (names[0], len(os.sched_getaffinity(0)))
    except (OSError, IndexError):
        return platform.machine()


def origin():
    """The machine, the source and the moment, to be asked for before anything runs."""
    return dict(cpu=processor(), commit=commit(), date=time.strftime("%Y-%m-%d", time.gmtime()),
                load=round(os.getloadavg()[0], 2))  # fmt: skip


def head_line(about, *more):
    """`about` has what origin() gives and perhaps the level."""
    words = [about["cpu"], "commit " + about["commit"], about["date"]]
    words += ["level " + about["level"]] if "level" in about else []
    return ", ".join(words + ["load %.2f" % about["load"], *more])


def summary(values):
    return dict(median=statistics.median(values), lowest=min(values), highest=max(values))


def ratios(ours, theirs):
    """How many times longer the peer took, repeat by repeat."""
    return [b.seconds / a.seconds for a, b in zip(ours.samples, theirs.samples)]
