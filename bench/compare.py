#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""skiff beside what else trains a small network on a table: a Markdown table of ratios.

    SKIFF=./skiff python3 bench/compare.py [--short] [--rows TEXT,...] [--data DIR] [--json FILE]

Both sides run in turn, on the same files, with the same network, batches and epochs; `times faster`
is the median of the repeats' ratios, with the lowest and the highest. Where both sides report the
loss of the same computation the two are held against each other, and the exit status is 1 where
they differ. bench/README.md says what each row compares. The peers need /usr/bin/python3 (or
--python) with torch, scikit-learn and xgboost; what is missing is said in its row.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402
from contest import Case, Side  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
LESSON = os.path.join(HERE, "train_nn.py")
SHIPPED = os.path.join(HERE, "..", "data")
UNIT = 1.01e-4  # one unit of the last digit that the lesson prints
# The first epoch's loss may differ by this. Other roundings made 1.3e-5 of it in the rows below,
# another order of the same rows 5e-4 in a million of them and more elsewhere.
SAME = 1e-4
QUIET = 0.3  # runnable processes, the last minute's mean, above which figures are not to be quoted
SECONDS, MILLI, MICRO = ("s", 1), ("ms", 1e3), ("us", 1e6)


class Bench:
    """The options of a run, the tables that it draws and the sides that it knows."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.short, self.threads = options.short, options.threads
        self.program = os.path.abspath(os.environ.get("SKIFF", "./skiff"))
        if not os.access(self.program, os.X_OK):
            sys.exit("%s: no program; set SKIFF to the path of skiff" % self.program)
        self.tables = {}
        if "missing" in library(options, "numpy"):
            sys.exit("%s has no numpy, which draws the tables; on Debian: apt-get install "
                     "python3-torch python3-sklearn python3-xgboost" % options.python)  # fmt: skip
        self.libraries = {name: library(options, name) for name in ("torch", "sklearn", "xgboost")}

    def counts(self):
        """Of threads: each a case of its own, in the short form the last one only."""
        return self.threads[-1:] if self.short else self.threads

    def draw(self, rows, inputs, outputs=1, val_rows=0):
        """Paths of a drawn table, .npz files: [train, val] or [train]."""
        shape = (rows, inputs, outputs, val_rows)
        if shape not in self.tables:
            folder = os.path.join(self.folder, "%dx%d-%d-%d" % shape)
            subprocess.run([self.options.python, os.path.join(PEERS, "make_table.py"), folder,
                            "--rows", str(rows), "--inputs", str(inputs), "--outputs",
                            str(outputs), "--val_rows", str(val_rows)], check=True)  # fmt: skip
            self.tables[shape] = pair_in(folder)
        return self.tables[shape]

    def as_test(self, path):
        """The validation table under names that make it skiff's test data, looked at once."""
        copy = os.path.join(self.folder, "test%d.npz" % len(os.listdir(self.folder)))
        code = "import numpy, sys; a = numpy.load(sys.argv[1])\n"
        code += "numpy.savez(sys.argv[2], X=a['X_val'], y=a['y_val'])"
        subprocess.run([self.options.python, "-c", code, path, copy], check=True)
        return copy

    def skiff(self, threads, words, read):
        command = [self.program, "train", "--threads", str(threads), "--out", "."] + words
        return Side("skiff", threads, command, read)

    def script(self, name, path, threads, words, read):
        more = ["--threads", str(threads)] if threads else []
        return Side(name, threads, [self.options.python, path] + words + more, read)

    def lesson(self, threads, words, read):
        side = self.script("the PyTorch script", LESSON, threads, words, read)
        side.missing = self.libraries["torch"].get("missing", "")
        return side

    def peer(self, name, words, threads, measure):
        """`name` is that of a script and, after a blank, its mode; words as for skiff."""
        script, *mode = name.split()
        path = os.path.join(PEERS, script + ".py")
        shown = NAMES[script] + (", " + MODES[mode[0]] if mode else "")
        read = contest.peer_training(measure)
        return self.script(shown, path, threads, mode + words, read)

    def versus(self, threads, measure, words, epochs):
        """Pairs of skiff and each peer. `words` are for all; how many epochs each contestant needs
        for a good reading is its own: {"skiff": 500, "torch_mlp loader": 10}."""
        sides = {name: words + ["--epochs", str(count)] for name, count in epochs.items()}
        ours = self.skiff(threads, sides.pop("skiff") + ["--quiet"],
                          contest.skiff_training(measure))  # fmt: skip
        return [(ours, self.peer(name, its, threads, measure)) for name, its in sides.items()]


def library(options, name):
    """{"version": TEXT} of what the peers' Python imports, or {"missing": WHY}. It also brings the
    library into memory: how fast a disk is, is not compared."""
    code = "import %s; print(%s.__version__)" % (name, name)
    try:
        done = subprocess.run([options.python, "-c", code], capture_output=True, text=True)
    except OSError as error:
        sys.exit("--python %s: %s" % (options.python, error.strerror))
    if done.returncode == 0:
        return dict(version=done.stdout.strip())
    return dict(missing="not here: " + done.stderr.strip().splitlines()[-1])


NAMES = dict(torch_mlp="PyTorch", sklearn_mlp="scikit-learn's MLPClassifier",
             xgboost_fit="XGBoost, 100 trees")  # fmt: skip
MODES = dict(full="whole batch", slices="slices", loader="DataLoader")


def pair_in(folder):
    paths = [os.path.join(folder, name + "_data.npz") for name in ("train", "val")]
    return [os.path.abspath(path) for path in paths if os.path.exists(path)]


def data_words(paths):
    return [word for pair in zip(("--train", "--val"), paths) for word in pair]


# ---- the rows: each gives cases, and the unit that their times are shown in ----


def whole(bench, key, paths, what):
    """The lesson's command beside the lesson's script, start to end."""
    epochs = 300 if bench.short else 1000
    words = data_words(paths) + ["--epochs", str(epochs), "--learning_rate", "0.001", "--seed", "0"]
    read = contest.whole_process
    ours = [bench.skiff(threads, words, read) for threads in bench.threads]
    script = bench.lesson(0, words, read)
    pairs = [(side, script) for side in ours]
    if not bench.short:
        same = [bench.lesson(threads, words, read) for threads in bench.threads]
        pairs += list(zip(ours, same))
    work = "the lesson's process, %s, %d full-batch epochs" % (what, epochs)
    yield Case(key, work, pairs, UNIT, 2), SECONDS


def lesson(bench):
    if not bench.options.data:
        return whole(bench, "lesson", bench.draw(569, 7, 1, 143), "569 x 7 and 143 drawn rows")
    paths = pair_in(bench.options.data)
    if len(paths) < 2:
        sys.exit("%s: no train_data.npz and val_data.npz" % bench.options.data)
    return whole(bench, "lesson", paths, "the table of --data")


def shipped(bench):
    return whole(bench, "shipped", pair_in(SHIPPED), "the data that ship")


def start(bench):
    words = data_words(bench.draw(64, 7, 1, 16)) + ["--epochs", "1", "--seed", "0"]
    for text, read in (("from exec to the first epoch's line", contest.until_first_line),
                       ("one epoch, whole process", contest.whole_process)):  # fmt: skip
        ours = bench.skiff(1, words, read)
        pairs = [(ours, bench.lesson(1, words, read))]
        yield Case("start", text + ", 64 rows", pairs, UNIT, 2), MILLI


def steps(bench):
    words = data_words(bench.draw(1024, 7)) + ["--batch_size", "32", "--seed", "0"]
    ours, theirs = (500, 10) if bench.short else (4000, 60)
    epochs = {"skiff": ours, "torch_mlp loader": theirs, "torch_mlp slices": theirs}
    for threads in bench.counts():
        pairs = bench.versus(threads, "step", words, epochs)
        yield Case("steps", "an Adam step of 32 rows, 7-64-32-1", pairs, SAME), MICRO


def wide_steps(bench, key, shape, rows):
    """shape: inputs, hidden, batch size, outputs."""
    inputs, hidden, batch_size, outputs = shape
    words = data_words(bench.draw(rows, inputs, outputs)) + ["--hidden", hidden, "--seed", "0"]
    words += ["--batch_size", str(batch_size)]
    work = "a step, %d-%s-%d, batch %d" % (inputs, hidden.replace(",", "-"), outputs, batch_size)
    for threads in bench.counts():
        pairs = bench.versus(threads, "step", words, {"skiff": 2, "torch_mlp slices": 2})
        yield Case(key, work, pairs, SAME), MILLI


def wide256(bench):
    return wide_steps(bench, "wide256", (54, "512,512", 256, 7), 4096 if bench.short else 32768)


def wide4096(bench):
    return wide_steps(bench, "wide4096", (54, "512,512", 4096, 7), 8192 if bench.short else 65536)


def widest(bench):
    rows = 1024 if bench.short else 8192
    return wide_steps(bench, "widest", (54, "2048,2048,1024", 1024, 7), rows)


def million(bench):
    rows = 50_000 if bench.short else 1_000_000
    words = data_words(bench.draw(rows, 28)) + ["--batch_size", "1024", "--seed", "0"]
    work = "an epoch of %d x 28, 64-32, batch 1024, shuffled" % rows
    epochs = {"skiff": 1, "torch_mlp loader": 1, "torch_mlp slices": 1}
    for threads in bench.counts():
        yield Case("million", work, bench.versus(threads, "epoch", words, epochs), SAME), SECONDS


def others_fit(bench, paths, what, epochs):
    """Other libraries' fit, and the scores that each reaches on rows that it was not given. As they
    do not look at those while they train, neither does skiff."""
    words = ["--train", paths[0], "--batch_size", "256", "--seed", "0"]
    sides = {"skiff": epochs, "sklearn_mlp": epochs, "xgboost_fit": epochs}
    pairs = bench.versus(bench.threads[-1], "fit", words, sides)
    pairs[0][0].command += ["--test", bench.as_test(paths[1])]
    for _, other in pairs:
        other.command += ["--val", paths[1]]
    work = "fit: %s, 64-32, batch 256, %d epochs" % (what, epochs)
    return Case("others", work, pairs), SECONDS


def others(bench):
    yield others_fit(bench, pair_in(SHIPPED), "the data that ship", 100 if bench.short else 300)
    if not bench.short:
        drawn = bench.draw(100_000, 28, 1, 20_000)
        yield others_fit(bench, drawn, "100,000 x 28", 10)


ROWS = (lesson, shipped, start, steps, wide256, wide4096, widest, million, others)


# ---- the report ----


def number(value):
    return "%.3g" % value if value < 100 else "%.0f" % value


def spread(values):
    s = contest.summary(values)
    return "%s (%s to %s)" % (number(s["median"]), number(s["lowest"]), number(s["highest"]))


def mib(samples):
    return "%.3g" % (max(sample.memory for sample in samples) / 2**20)


def also(case, ours, theirs):
    """What else is known of a pair, and whether it is as it must be."""
    texts, good = [], True
    apart = case.apart(ours, theirs)
    if case.tolerance:
        good = case.same(apart)
        if apart is None:
            texts.append("NO LOSSES to compare")
        elif good:
            texts.append("losses within %.1g" % apart if apart else "same losses")
        else:
            texts.append("LOSSES DIFFER by %.3g, allowed %.3g" % (apart, case.tolerance))
    if ours.samples[0].scores:
        pairs = [side.samples[0].scores for side in (ours, theirs)]
        texts.append("accuracy %.3f and %.3f, AUROC %.3f and %.3f" % (
            pairs[0][0], pairs[1][0], pairs[0][1], pairs[1][1]))  # fmt: skip
    texts.append("peak %s and %s MiB" % (mib(ours.samples), mib(theirs.samples)))
    return "; ".join(texts), good


def threads_of(ours, theirs):
    if ours.threads == theirs.threads:
        return str(ours.threads)
    return "%d and %s" % (ours.threads, theirs.threads or "its own choice")


def row(case, unit, ours, theirs):
    """A line of the table, and whether the losses are as they must be."""
    if theirs.missing:
        return "| %s | %s | | %s | | | %s |" % (
            case.work, threads_of(ours, theirs), theirs.name, theirs.missing), True  # fmt: skip
    name, scale = unit
    times = [number(scale * contest.summary([s.seconds for s in side.samples])["median"])
             for side in (ours, theirs)]  # fmt: skip
    more, good = also(case, ours, theirs)
    return "| %s | %s | %s %s | %s | %s %s | %s | %s |" % (
        case.work, threads_of(ours, theirs), times[0], name, theirs.name, times[1], name,
        spread(contest.ratios(ours, theirs)), more), good  # fmt: skip


def side_figures(side):
    return dict(
        who=side.name, threads=side.threads,
        seconds=contest.summary([s.seconds for s in side.samples]),
        each=[s.seconds for s in side.samples],
        losses=side.samples[0].losses[:10], scores=side.samples[0].scores,
        peak_memory_bytes=max(s.memory for s in side.samples),
    )  # fmt: skip


def json_line(case, ours, theirs, good, about):
    line = dict(bench="compare", row=case.key, work=case.work, **about)
    line.update(skiff=side_figures(ours), level=ours.samples[0].level)
    line["skiff"]["version"] = ours.samples[0].version
    if theirs.missing:
        line["peer"] = dict(who=theirs.name, missing=theirs.missing)
    else:
        line.update(peer=side_figures(theirs), verified=good if case.tolerance else None,
                    apart=case.apart(ours, theirs),
                    times_faster=contest.summary(contest.ratios(ours, theirs)))  # fmt: skip
    return json.dumps(line)


def options_of(argv):
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small work, under a minute")
    parser.add_argument("--rows", default="", help="only these, by pieces of their names: %s"
                        % ", ".join(function.__name__ for function in ROWS))  # fmt: skip
    parser.add_argument("--repeats", type=int, default=0, help="default 5, or 2 with --short")
    parser.add_argument("--threads", default="1,%d" % cores, help="counts; default %(default)s")
    parser.add_argument("--data", help="a folder with the lesson's train_data.npz and val_data.npz")
    parser.add_argument("--json", help="append the JSON lines to this file, not to the output")
    parser.add_argument("--python", default="/usr/bin/python3", help="the peers'")
    options = parser.parse_args(argv)
    options.threads = sorted({int(count) for count in options.threads.split(",")})
    options.repeats = options.repeats or (2 if options.short else 5)
    texts = options.rows.split(",")
    options.functions = [f for f in ROWS if any(text in f.__name__ for text in texts)]
    if not options.functions:
        parser.error("--rows: no row has '%s' in its name" % options.rows)
    return options


def contend(bench, about):
    """Run the chosen rows; prints the table and yields (JSON line, good) of each of its rows."""
    print("| work | threads | skiff | beside | takes | times faster | also |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for function in bench.options.functions:
        for case, unit in function(bench):
            case.race(bench.options.repeats)
            for ours, theirs in case.pairs:
                text, good = row(case, unit, ours, theirs)
                print(text, flush=True)
                yield json_line(case, ours, theirs, good, about), good


def main():
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    options = options_of(sys.argv[1:])
    about = dict(contest.origin(), repeats=options.repeats, short=options.short)
    print(contest.head_line(about, "%d repeats" % options.repeats))
    if about["load"] > QUIET:
        print("NOT A QUIET MACHINE: a load over %.1f before the start; do not quote this" % QUIET)
    lines, all_good = [], True
    with tempfile.TemporaryDirectory(prefix="skiff-bench-") as folder:
        bench = Bench(options, folder)
        about["libraries"] = {k: v.get("version") for k, v in bench.libraries.items()}
        print(", ".join("%s %s" % item for item in about["libraries"].items()) + "\n")
        for line, good in contend(bench, about):
            all_good = all_good and good
            lines.append(line)
            if options.json:
                with open(options.json, "a", encoding="utf-8") as file:
                    file.write(line + "\n")
    if not options.json:
        print("\n" + "\n".join(lines))
    return 0 if all_good else 1


sys.exit(main())
