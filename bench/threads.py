#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One thread beside several where threads have a hard time: busy cores, a quota, wait policies.

    SKIFF=./skiff python3 bench/threads.py [--short] [--repeats 5] [--json FILE]

Everything runs on two cores (taken by affinity where there are more), under the scheduler's usual
policy. The time is that of the training alone, as run.json has it, in microseconds an epoch; of
runs at once, that of the slowest. Contestants take turns, and the last column is one thread's time
by theirs, repeat by repeat: above 1, the threads pay. What the machine cannot show is a row that
says why. Exit status 1 where models of the same work differ in a byte.
"""

import argparse
import contextlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data")
CORES = "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list"
ALLOWED = os.sched_getaffinity(0)  # processors, before any of us chose
COLUMNS = """\
| work | setting | threads | us an epoch, median | fastest to slowest | times faster |
|---|---|---|---|---|---|"""
PERIOD, QUOTA = 100_000, 150_000  # microseconds of a cgroup: 1.5 CPUs


class Cannot(Exception):
    """This machine cannot show a setting; the text says why."""


class Setting:
    """What surrounds the runs. The first of them is the one thread that others are divided by."""

    def __init__(self, name, runs=None, around=None, copies=1, **environment):
        self.name, self.copies, self.environment = name, copies, environment
        self.runs = runs or [("1", ["--threads", "1"], {}), ("2", ["--threads", "2"], {})]
        self.around = around or contextlib.nullcontext


def siblings(core):
    """The processors that share a core with this one, itself included."""
    try:
        with open(CORES % core, encoding="ascii") as file:
            parts = [part.split("-") for part in file.read().strip().split(",")]
    except OSError:
        return {core}
    return {c for part in parts for c in range(int(part[0]), int(part[-1]) + 1)}


def two_cores():
    """Two processors that are no hyper-threads of one core, where there are such."""
    last = max(ALLOWED)
    return {last, max(ALLOWED - siblings(last), default=min(ALLOWED))}


# What surrounds runs: context managers that give a function for the new process to call, or None.


@contextlib.contextmanager
def busy():
    """A process that never waits, on the last core that we may use."""
    core = max(os.sched_getaffinity(0))
    other = subprocess.Popen([sys.executable, "-c", "import os\nos.sched_setaffinity(0, {%d})\n"
                              "while True: pass" % core])  # fmt: skip
    try:
        yield None
    finally:
        other.kill()
        other.wait()


def cpu_groups():
    """Folders of the cgroups that we are in and that a CPU quota could be below."""
    try:
        with open("/proc/self/cgroup", encoding="ascii") as file:
            lines = [line.strip().split(":", 2) for line in file]
    except OSError:
        return
    for _, controllers, path in lines:
        if not controllers or "cpu" in controllers.split(","):
            yield os.path.join("/sys/fs/cgroup", controllers, path.lstrip("/"))


def join(group):
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="ascii") as file:
        file.write(str(os.getpid()))


def usable(group):
    """Write the quota in a new group and try whether a process may enter it."""
    files = [("cpu.cfs_period_us", str(PERIOD)), ("cpu.cfs_quota_us", str(QUOTA))]
    if not os.path.exists(os.path.join(group, files[0][0])):
        files = [("cpu.max", "%d %d" % (QUOTA, PERIOD))]
    try:
        for name, text in files:
            with open(os.path.join(group, name), "r+", encoding="ascii") as file:
                file.write(text)
        subprocess.run(["true"], preexec_fn=lambda: join(group), check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


@contextlib.contextmanager
def quota():
    """A cgroup of 1.5 CPUs below our own, for as long as the runs take."""
    why = "no cgroup with a CPU controller"
    for parent in cpu_groups():
        group = os.path.join(parent, "skiff-bench-%d" % os.getpid())
        try:
            os.mkdir(group)
        except OSError as error:
            why = "no cgroup can be made: %s" % error.strerror
            continue
        try:
            if usable(group):
                yield lambda: join(group)
                return
            why = "no quota can be set in a new cgroup"
        finally:
            os.rmdir(group)
    raise Cannot(why)


@contextlib.contextmanager
def one_core():
    """Both threads on one core, where a core has two of them."""
    pair = siblings(max(ALLOWED)) & ALLOWED
    if len(pair) < 2:
        raise Cannot("the cores here have one thread each")
    yield lambda: os.sched_setaffinity(0, pair)


@contextlib.contextmanager
def usual_scheduler():
    """Runs that wait for each other while spinning need a scheduler that takes turns."""
    if os.sched_getscheduler(0) not in (os.SCHED_OTHER, os.SCHED_BATCH):
        raise Cannot("not under a real-time scheduler")
    yield None


def settings():
    def by_environment(count):
        return ("OMP_NUM_THREADS=%d" % count, [], {"OMP_NUM_THREADS": str(count)})

    one, four = ("1", ["--threads", "1"], {}), ("4", ["--threads", "4"], {})
    return [
        Setting("other core free"),
        Setting("other core busy", around=busy),
        Setting("quota of 1.5 CPUs", around=quota),
        Setting("two hyper-threads of one core", around=one_core),
        Setting("OMP_WAIT_POLICY=passive", OMP_WAIT_POLICY="passive"),
        Setting("OMP_WAIT_POLICY=active", OMP_WAIT_POLICY="active"),
        Setting("two runs at once", around=usual_scheduler, copies=2),
        Setting("no --threads", [by_environment(1), by_environment(2)]),
        Setting("more threads than cores", [one, four], around=usual_scheduler),
    ]


def write_table(path, rows, inputs):
    """An .npz of random numbers, written without numpy."""
    draw = random.Random(0)
    x = [draw.gauss(0, 1) for _ in range(rows * inputs)]
    y = [float(draw.random() < 0.5) for _ in range(rows)]
    with zipfile.ZipFile(path, "w") as archive:
        for name, shape, values in (("X_train", (rows, inputs), x), ("y_train", (rows,), y)):
            head = "{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (shape,)
            head = head.ljust(117) + "\n"  # 128 bytes with those before it
            body = struct.pack("<%df" % len(values), *values)
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head))
                             + head.encode("ascii") + body)  # fmt: skip


def works(folder):
    """Name, arguments of `skiff train`, and epochs enough to tell how long one takes."""
    shipped = ["--train", os.path.join(DATA, "train_data.npz"),
               "--val", os.path.join(DATA, "val_data.npz")]  # fmt: skip
    path = os.path.join(folder, "wide.npz")
    write_table(path, 2048, 54)
    wide = ["--train", path, "--hidden", "512,512"]
    return [
        ("full batch", shipped + ["--batch_size", "0"], 200),
        ("32 rows a step", shipped + ["--batch_size", "32"], 20),
        ("54-512-512, 256 rows a step", wide + ["--batch_size", "256"], 2),
    ]


class Bench:
    """Where things are, and every model that a work left."""

    def __init__(self, options, folder):
        self.skiff = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
        self.options, self.folder, self.machine = options, folder, {}
        self.environment = {k: v for k, v in os.environ.items() if k[:4] not in ("OMP_", "GOMP")}

    def train(self, arguments, epochs, copies=1, environment=None, before=None):
        """Microseconds an epoch of the slowest copy, and the models as a set."""
        outs = [os.path.join(self.folder, "out%d" % i) for i in range(copies)]
        command = [self.skiff, "train", "--quiet", "--epochs", str(epochs)] + arguments
        children = [subprocess.Popen(command + ["--out", out], preexec_fn=before,
                                     env=dict(self.environment, **(environment or {})))
                    for out in outs]  # fmt: skip
        if any([child.wait() for child in children]):
            sys.exit("failed: %s" % " ".join(command))
        seconds, models = 0, set()
        for out in outs:
            with open(os.path.join(out, "run.json"), encoding="utf-8") as file:
                record = json.load(file)
            seconds, self.machine = max(seconds, record["seconds"]["train"]), record["machine"]
            with open(os.path.join(out, "model.npz"), "rb") as file:
                models.add(file.read())
        return 1e6 * seconds / epochs, models

    def race(self, setting, arguments, epochs):
        """Times of each of the setting's runs, and all their models."""
        times, models = [[] for _ in setting.runs], set()
        with setting.around() as before:
            for _ in range(self.options.repeats):
                for taken, (_, more, environment) in zip(times, setting.runs):
                    environment = dict(setting.environment, **environment)
                    time, left = self.train(arguments + more, epochs, setting.copies, environment,
                                            before)  # fmt: skip
                    taken.append(time)
                    models |= left
        return times, models


def lines_of(work, setting, times):
    """A dict a run, as --json has it."""
    for (label, _, _), taken in zip(setting.runs, times):
        faster = contest.summary([one / this for one, this in zip(times[0], taken)])
        yield dict(bench="threads", work=work, setting=setting.name, threads=label,
                   us_an_epoch=dict(contest.summary(taken), all=taken), faster=faster)  # fmt: skip


def print_line(line, base):
    if "skipped" in line:
        return print("| %(work)s | %(setting)s | skipped: %(skipped)s | | | |" % line)
    who = "| %(work)s | %(setting)s | %(threads)s |" % line
    times = "%(median).1f | %(lowest).1f to %(highest).1f |" % line["us_an_epoch"]
    faster = "%(median).2f (%(lowest).2f to %(highest).2f)" % line["faster"]
    print(who, times, "" if base else faster, "|", flush=True)


def measure(bench, name, arguments, guess):
    """All settings of a work: the lines for --json, and the number of different models."""
    once, _ = bench.train(arguments + ["--threads", "1"], guess)
    epochs = max(2, round(1e6 * bench.options.seconds / once))
    lines, models = [], set()
    for setting in settings():
        try:
            times, left = bench.race(setting, arguments, epochs)
        except Cannot as why:
            found = [dict(bench="threads", work=name, setting=setting.name, skipped=str(why))]
        else:
            models |= left
            found = list(lines_of(name, setting, times))
        for i, line in enumerate(found):
            print_line(line, i == 0)
        lines += found
    return lines, len(models)


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of training a run, about")
    parser.add_argument("--short", action="store_true", help="in under half a minute")
    parser.add_argument("--json", metavar="FILE", help="append a line a run to it")
    options = parser.parse_args(argv)
    if options.short:
        options.repeats, options.seconds = 2, 0.1
    return options


def main():
    options = options_of(sys.argv[1:])
    about = contest.origin()
    os.sched_setaffinity(0, two_cores())
    lines, different = [], {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        all_works = works(folder)
        bench.train(all_works[0][1], 1)
        about["level"] = bench.machine["cpu_level"]
        print(contest.head_line(about, "%d repeats" % options.repeats) + "\n\n" + COLUMNS)
        for name, arguments, guess in all_works:
            found, different[name] = measure(bench, name, arguments, guess)
            lines += found
    worst = min((line for line in lines if "faster" in line), key=lambda x: x["faster"]["median"])
    print("\nat worst %.2f times as fast as one thread (%s, %s, threads %s)" % (
        worst["faster"]["median"], worst["work"], worst["setting"], worst["threads"]))  # fmt: skip
    print("different models: " + ", ".join("%s %d" % pair for pair in different.items()))
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(line, **about)) + "\n" for line in lines)
    return 1 if any(count != 1 for count in different.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
