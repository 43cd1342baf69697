# SPDX-License-Identifier: MIT
"""What a peer leaves behind: history.csv, metrics.json and run.json with the members that skiff
writes (ARCHITECTURE.md, Formats), so that runs of both stand in one comparison."""

import csv
import json
import math
import os
import platform
import socket
import sys
import time

FORMAT = 1


def age():
    """Seconds since this process came into being, from the kernel: imports, and the start of the
    interpreter before them, included."""
    with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def processor():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            names = (line.split(": ", 1)[1].strip() for line in file if line[:10] == "model name")
            return next(names)
    except (OSError, StopIteration):
        return platform.machine()


def machine(threads):
    return dict(host=socket.gethostname(), cpu=processor(), cores=len(os.sched_getaffinity(0)),
                threads=threads, ranks=1)  # fmt: skip


def instance(option):
    """The type that the job's platform names, or else the option; and how many there are."""
    root = os.environ.get("SKIFF_ML_ROOT") or "/opt/ml"
    try:
        with open(os.path.join(root, "input/config/resourceconfig.json"), encoding="utf-8") as file:
            job = json.load(file)
    except (OSError, ValueError):
        job = {}
    name, count = job.get("current_instance_type") or "", max(len(job.get("hosts", [])), 1)
    if name.startswith("ml."):
        return dict(type=name, source="job", count=count)
    return dict(type=option, source="option" if option else None, count=count)


def clean(value):
    """JSON has no NaN and no infinity."""
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(clean(value), file, indent=2)
        file.write("\n")


def write_history(path, columns, rows):
    def text(name, value):
        if value is None or isinstance(value, float) and math.isnan(value):
            return ""
        return str(value) if name == "epoch" else ("%.6f" if name == "seconds" else "%.9g") % value

    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([text(name, row.get(name)) for name in columns] for row in rows)


def write_record(path, program, about, seconds):
    """`about`: options, versions, machine, device, instance, data, training, metrics, ..."""
    seconds = dict(seconds, total=sum(seconds.values()), download=None, image=None)
    seconds["billable"] = math.ceil(max(age(), seconds["total"])) * about["instance"]["count"]
    head = dict(program=program, format=FORMAT,
                written=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), command=sys.argv,
                folder=os.getcwd())  # fmt: skip
    write_json(path, dict(head, **about, seconds=seconds, energy=None, exit="finished"))
