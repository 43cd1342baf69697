#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does this table need a GPU? skiff on few cores beside PyTorch on the same and on a GPU.

    SKIFF=./skiff python3 bench/cpu_vs_gpu.py [--short] [--records FILE.jsonl] [--table FILE.md]

Runs every work (rows, width and batch are swept, and the lesson) on everything that this machine
has: skiff and torch on 1, 2, 4 and 8 cores, by affinity, priced as the instance with as many vCPUs;
torch on CUDA, eager, as CUDA graphs and compiled. Each run is a process from start to end. Its
record (run.json, less names of this machine) becomes a line of FILE.jsonl at once, and what is
there is not run again: so a machine that is lent for minutes can be used piece by piece (--minutes,
--device_only), and records of several machines stand in one file. In the end `skiff compare` makes
the table of it, which says what was not there. Exit status 1 where skiff and torch disagree about
the loss of the same epoch. The peers need /usr/bin/python3 (or --python) with torch.
"""

import argparse
import csv
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
SHIPPED = os.path.join(HERE, "..", "data")
SHAPES = {1: "ml.m5.large", 2: "ml.m5.large", 4: "ml.m5.xlarge", 8: "ml.m5.2xlarge"}
MODES = ["eager", "graphs", "compile"]
# What the first epoch's losses may differ by, relatively: of the same batches, as compare.py has it
# for up to a hundred steps, and more for each step beyond, in which rounding grows (skiff's own
# levels baseline and avx2 are 7e-4 apart after 3125 steps of 256,256); and of others from the same
# table (a GPU draws its own), which is noise of the batches.
SAME, A_STEP, DRAWN = 1e-4, 1e-6, 0.05
KEPT_OPTIONS = ("hidden epochs batch_size learning_rate activation optimizer seed threads mode "
                "order metrics").split()  # fmt: skip
KEPT = ("program format written seed versions machine device instance data training seconds energy "
        "metrics peak_memory_bytes exit").split()  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Work:
    """A table and what is trained on it. rows 0: the lesson's table, as it ships."""

    sweep: str
    rows: int
    features: int
    hidden: str
    batch: int
    epochs: int

    def name(self):
        rows = "lesson" if self.rows == 0 else "%s x %d" % (format(self.rows, ","), self.features)
        batch = "full batch" if self.batch == 0 else "batch %s" % format(self.batch, ",")
        return "%s, %s, %s, %d epochs" % (rows, self.hidden, batch, self.epochs)

    def short(self):
        """What tells it from the others of its sweep."""
        batch = "full batch" if self.batch == 0 else "batch %s" % format(self.batch, ",")
        rows = "%s rows" % format(self.rows, ",")
        return dict(lesson="lesson", rows=rows, width=self.hidden, batch=batch)[self.sweep]

    def words(self, folder):
        """Options that are skiff's and the peer's."""
        words = ["--hidden", self.hidden, "--batch_size", str(self.batch), "--epochs",
                 str(self.epochs), "--learning_rate", "0.001", "--seed", "0"]  # fmt: skip
        return words + ["--train", os.path.join(folder, "train_data.npz"),
                        "--val", os.path.join(folder, "val_data.npz")]  # fmt: skip


def works(short):
    if short:
        return [Work("lesson", 0, 7, "64,32", 0, 200),
                *[Work("rows", rows, 28, "64,32", 1024, 3) for rows in (1000, 20_000)],
                Work("width", 5000, 54, "256,256", 1024, 2),
                Work("batch", 5000, 54, "64,32", 32, 2)]  # fmt: skip
    counts = (1000, 10_000, 100_000, 1_000_000)
    return [Work("lesson", 0, 7, "64,32", 0, 1000),
            *[Work("rows", rows, 28, "64,32", 1024, 10) for rows in counts],
            *[Work("width", 20_000, 54, "%d,%d" % (h, h), 1024, 5) for h in (64, 256, 1024, 2048)],
            *[Work("batch", 100_000, 54, "256,256", b, 3) for b in (32, 256, 4096, 0)]]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Side:
    """Who runs. cores 0: all there are, beside the GPU."""

    program: str
    device: str
    cores: int
    mode: str = ""

    def name(self):
        where = self.mode + " on the GPU" if self.device == "cuda" else cores_text(self.cores)
        return "%s, %s" % (self.program, where)


def cores_text(cores):
    return "%d core%s" % (cores, "" if cores == 1 else "s")


class Torch:
    """What the peers' Python has."""

    def __init__(self, python):
        code = ("import torch; c = torch.cuda.is_available(); print(torch.__version__, "
                "int(hasattr(torch, 'compile')), torch.cuda.get_device_name() if c else '', "
                "sep='\\n')")  # fmt: skip
        try:
            done = subprocess.run([python, "-c", code], capture_output=True, text=True)
            told = done.stdout.split("\n") if done.returncode == 0 else None
            why = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        except OSError as error:
            told, why = None, error.strerror
        self.why = why
        self.version, compiles, self.gpu = told[:3] if told else ("", "0", "")
        self.compiles = compiles == "1"


class Sweep:
    def __init__(self, options):
        self.options = options
        self.program = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
        self.torch = Torch(options.python)
        self.cores = sorted(os.sched_getaffinity(0))
        self.about = contest.origin()
        self.folders = {}
        self.slowest = self.ran = 0
        self.missing = self.what_is_missing()

    def what_is_missing(self):
        found = []
        if not os.access(self.program, os.X_OK):
            found.append("skiff: %s is no program" % self.program)
        if not self.torch.version:
            found.append("torch: %s has none: %s" % (self.options.python, self.torch.why))
        elif not self.torch.gpu:
            found.append("torch on a GPU: torch %s sees no CUDA device" % self.torch.version)
        elif not self.torch.compiles:
            found.append("torch compiled: it needs torch 2, this is %s" % self.torch.version)
        more = [n for n in SHAPES if n > len(self.cores)]
        if more:
            more = " and ".join(map(str, more))
            found.append("on %s cores: this machine has %d" % (more, len(self.cores)))
        return found

    def sides(self):
        found = []
        if not self.options.device_only:
            counts = [n for n in SHAPES if n <= len(self.cores)]
            if os.access(self.program, os.X_OK):
                found += [Side("skiff", "cpu", n) for n in counts]
            if self.torch.version:
                found += [Side("torch", "cpu", n, "eager") for n in counts]
        if self.torch.gpu:
            modes = [m for m in MODES if m != "compile" or self.torch.compiles]
            found += [Side("torch", "cuda", 0, mode) for mode in modes]
        return found

    def table(self, work):
        """The folder of the work's table, which is drawn when it is first asked for."""
        if work.rows == 0:
            return SHIPPED
        shape = (work.rows, work.features)
        if shape not in self.folders:
            folder = os.path.join(self.options.folder, "table-%d-%d" % shape)
            subprocess.run([self.options.python, os.path.join(PEERS, "make_table.py"), folder,
                            "--rows", str(work.rows), "--inputs", str(work.features), "--val_rows",
                            str(max(1000, work.rows // 10))], check=True)  # fmt: skip
            self.folders[shape] = folder
        return self.folders[shape]

    def command(self, side, work, out):
        words = work.words(self.table(work)) + ["--out", out]
        instance = self.options.gpu_instance if side.device == "cuda" else SHAPES[side.cores]
        if instance:
            words += ["--instance", instance]
        if side.program == "skiff":
            return [self.program, "train", "--quiet", "--threads", str(side.cores)] + words
        words = ["--device", side.device, "--mode", side.mode] + words
        if side.device == "cpu":
            words += ["--threads", str(side.cores)]
        return [self.options.python, os.path.join(PEERS, "torch_run.py"), "--metrics", "usual"] + words

    def run(self, side, work, out):
        """The record of one run, as it goes into the file."""
        command = self.command(side, work, out)
        os.sched_setaffinity(0, self.cores[: side.cores] if side.cores else self.cores)
        begin = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
        took = time.monotonic() - begin
        os.sched_setaffinity(0, self.cores)
        if done.returncode:
            sys.exit("%s: exit status %d: %s" % (command, done.returncode, done.stderr.strip()))
        self.slowest, self.ran = max(self.slowest, took), self.ran + 1
        with open(os.path.join(out, "run.json"), encoding="utf-8") as file:
            return self.line(json.load(file), side, work, first_loss(out))

    def line(self, record, side, work, loss):
        kept = {name: record[name] for name in KEPT}
        kept["machine"] = {k: v for k, v in record["machine"].items() if k != "host"}
        kept["options"] = {k: record["options"][k] for k in KEPT_OPTIONS if k in record["options"]}
        name = "%s; %s" % (side.name(), work.short())
        note = "on %s of a %s" % (cores_text(record["machine"]["cores"]), kept["machine"]["cpu"])
        if side.device == "cpu":
            note += ", held to that by affinity and priced as %s" % kept["instance"]["type"]
        bench = dict(sweep=work.sweep, work=work.name(), side=side.name(), first_loss=loss,
                     machine=machine_of(record), commit=self.about["commit"],
                     load=self.about["load"])  # fmt: skip
        return dict(kept, name=name, note=note, bench=bench)

    def machine(self, side):
        return self.torch.gpu if side.device == "cuda" else processor()


def machine_of(record):
    device = record["device"]
    return device["name"] if device["kind"] == "cuda" else record["machine"]["cpu"]


def processor():
    sys.path.insert(0, PEERS)
    import run_files

    return run_files.processor()


def first_loss(folder):
    with open(os.path.join(folder, "history.csv"), newline="", encoding="ascii") as file:
        return float(next(csv.DictReader(file))["train_loss"])


# ---- records ----


def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def append(path, line):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")


def key_of(line):
    bench = line["bench"]
    return bench["work"], bench["side"], bench["machine"]


def allowed(line):
    batch = line["options"]["batch_size"]
    if line["options"].get("order") == "device" and batch != 0:
        return DRAWN
    return max(SAME, A_STEP * line["data"]["train_rows"] / batch) if batch > 0 else SAME


def disagreements(lines):
    """What is wrong with first epochs' losses: those of the same batches must agree."""
    found = []
    for work in sorted({line["bench"]["work"] for line in lines}):
        these = [line for line in lines if line["bench"]["work"] == work]
        base = next((line for line in these if line["program"] == "skiff"), these[0])
        for line in these:
            wanted, loss = base["bench"]["first_loss"], line["bench"]["first_loss"]
            apart = abs(loss - wanted) / wanted
            if not apart <= allowed(line):  # nor where it is no number
                sides = [one["bench"]["side"] for one in (line, base)]
                found.append("%s: first epoch's loss: %s %.9g, %s %.9g"
                             % (work, sides[0], loss, sides[1], wanted))  # fmt: skip
    return found


def run_all(sweep):
    """Whole rounds, so that what is there after a while is of everything. False: time was up."""
    options, done, begin = sweep.options, {}, time.monotonic()
    for line in read_lines(options.records):
        done[key_of(line)] = done.get(key_of(line), 0) + 1
    for turn in range(options.repeats):
        for work in works(options.short):
            for side in sweep.sides():
                key = (work.name(), side.name(), sweep.machine(side))
                if done.get(key, 0) > turn:
                    continue
                passed = time.monotonic() - begin
                if options.minutes and passed + sweep.slowest > 60 * options.minutes:
                    return False
                out = os.path.join(options.folder, "run-%03d" % sweep.ran)
                line = sweep.run(side, work, out)
                append(options.records, line)
                print("%7.2f s  %s; %s" % (line["seconds"]["total"], side.name(), work.name()),
                      flush=True)  # fmt: skip
    return True


# ---- the table ----


def compare(program, lines, folder):
    """Markdown of `skiff compare`, or None: this skiff cannot."""
    path = os.path.join(folder, "part.jsonl")
    if os.path.exists(path):
        os.remove(path)
    for line in lines:
        append(path, line)
    done = subprocess.run([program, "compare", path, "--format", "markdown"], capture_output=True,
                          text=True, check=False)  # fmt: skip
    if done.returncode == 0:
        return done.stdout.strip()
    print("skiff compare: %s" % done.stderr.strip(), file=sys.stderr)
    return None


def chapters(lines):
    """(title, lines): of the sweep over rows all works together, for the sizes between them are
    asked about; else each work by itself, for the nets are others."""
    found = {}
    for line in lines:
        bench = line["bench"]
        rows = bench["sweep"] == "rows"
        title = "Rows: from %s" % bench["work"] if rows else bench["work"]
        found.setdefault("rows" if rows else bench["work"], (title, []))[1].append(line)
    return [(title[:1].upper() + title[1:], part) for title, part in found.values()]


def machines_of(lines):
    found = {}
    for line in lines:
        bench, versions = line["bench"], line["versions"]
        text = "%s; %s %s" % (bench["machine"], line["program"], versions[line["program"]])
        found.setdefault((text, bench["commit"]), set()).add(bench["load"])
    return ["- %s, commit %s, load before the start %.2f to %.2f" % (*key, min(loads), max(loads))
            for key, loads in found.items()]  # fmt: skip


def not_in(lines):
    """What no line is of: the GPU's modes, and counts of cores."""
    there = {(line["bench"]["side"]) for line in lines}
    wanted = [Side("torch", "cuda", 0, mode) for mode in MODES]
    wanted += [Side(who, "cpu", n) for who in ("skiff", "torch") for n in SHAPES]
    return [side.name() for side in wanted if side.name() not in there]


def write_table(sweep, lines):
    options = sweep.options
    text = ["# Does this table need a GPU?", "",
            "Made by bench/cpu_vs_gpu.py; records: %s." % os.path.basename(options.records),
            "Cores are those of the machines below, held by affinity and priced as the instance",
            "with as many vCPUs, which are hyper-threads there: its own seconds would be others.",
            ""]  # fmt: skip
    text += machines_of(lines)
    lacking = not_in(lines)
    if lacking:
        text += ["", "**Missing here**: %s." % "; ".join(lacking)]
    for title, part in chapters(lines):
        table = compare(sweep.program, part, options.folder)
        if table is None:
            return False
        text += ["", "## " + title, "", table]
    with open(options.table, "w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")
    return True


def write_page(sweep, lines):
    """One page, of the works whose size alone differs: those of which a crossing can be said."""
    path = os.path.join(sweep.options.folder, "page.jsonl")
    for line in lines:
        if line["bench"]["sweep"] == "rows":
            append(path, line)
    command = [sweep.program, "compare", path, "--page", sweep.options.page]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small work, once: under two minutes")
    parser.add_argument("--repeats", type=int, help="3 unless given, 1 with --short")
    parser.add_argument("--records", metavar="FILE.jsonl", default="cpu-vs-gpu.jsonl",
                        help="lines are added to it; what it has is not run again")  # fmt: skip
    parser.add_argument("--table", metavar="FILE.md", help="what skiff compare makes of it")
    parser.add_argument("--page", metavar="FILE.html", help="its page, of the sweep over rows")
    parser.add_argument("--only_table", action="store_true", help="run nothing")
    parser.add_argument("--device_only", action="store_true", help="run on the GPU alone")
    parser.add_argument("--gpu_instance", metavar="NAME", help="what this GPU is when rented")
    parser.add_argument("--minutes", type=float, help="begin no run that might end later")
    parser.add_argument("--runs", metavar="DIR", help="keep the folders of runs and tables there")
    parser.add_argument("--python", default="/usr/bin/python3", help="the one that has torch")
    options = parser.parse_args(argv)
    options.repeats = options.repeats or (1 if options.short else 3)
    return options


def main():
    options = options_of(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="skiff-cpu-gpu-") as folder:
        options.folder = os.path.abspath(options.runs) if options.runs else folder
        os.makedirs(options.folder, exist_ok=True)
        sweep = Sweep(options)
        print(contest.head_line(sweep.about, "%d repeats" % options.repeats))
        for what in sweep.missing:
            print("missing here: %s" % what)
        whole = options.only_table or run_all(sweep)
        lines = read_lines(options.records)
        wrong = disagreements(lines)
        for what in wrong:
            print("DIFFERENT: %s" % what)
        rest = "" if whole else "; time was up, start it again to go on"
        print("%s records in %s%s" % (len(lines), options.records, rest))
        made = not options.table or (lines and write_table(sweep, lines))
        made = made and (not options.page or (lines and write_page(sweep, lines)))
    return 0 if made and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
