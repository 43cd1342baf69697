#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast are answers over HTTP, beside a model of PyTorch behind Python's own server?

    SKIFF=./skiff python3 bench/serve.py [--ask build/bench/ask] [--repeats 7] [--seconds 0.5]

Both servers have the same weights (7-64-32-1) and live for the whole contest; one is asked, then the
other, by a client in C (`bench/ask`) over connections that stay: rows of CSV, one or a thousand a
request, over one connection and over eight. In Markdown: requests a second, what an answer took at
the median and at the 99th percentile, and the ratio of requests a second, repeat by repeat. Then
memory, and seconds from exec to the first answer. Exit status 1 where the answers differ by more
than rounding. The client runs on the same machine; what it takes itself stands below the table.
"""

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FEATURES, CLOSE = 7, 2e-6
CASES = [(1, 1), (1, 8), (1000, 1), (1000, 8)]  # rows a request, connections
TITLE = """\
# Answers over HTTP

Made by `bench/serve.py`; `bench/README.md` says what is not fair about it. Medians of the repeats, and
the ratios' lowest and highest."""
COLUMNS = """\
| rows a request, connections | skiff a second | p50, p99 | PyTorch a second | p50, p99 | times as many |
|---|---|---|---|---|---|"""


class Server:
    """A process that says its port, and what asking it gave: lists of samples by case."""

    def __init__(self, name, command, port):
        begin = time.monotonic()
        self.name, self.samples = name, {case: [] for case in CASES}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)  # fmt: skip
        said = []
        for line in self.process.stdout:  # libraries may have warnings to say before
            said.append(line)
            if found := re.search(port, line):
                self.port = found.group(1)
                break
        else:
            sys.exit(77 if self.process.wait() == 77 else f"{name}: no port: {''.join(said)}")
        row = ",".join(["0"] * FEATURES).encode()
        head = {"Content-Type": "text/csv"}
        ask = urllib.request.Request(f"http://127.0.0.1:{self.port}/invocations", row, head)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ask) as answer:
            answer.read()
        self.start = time.monotonic() - begin

    def memory(self):
        """The most that was resident, in MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stdout.close()


def write_rows(at):
    rng = random.Random(0)
    for rows in sorted({rows for rows, _ in CASES}):
        with open(at(f"{rows}.csv"), "w", encoding="ascii") as f:
            for _ in range(rows):
                f.write(",".join("%.6g" % rng.gauss(0, 1) for _ in range(FEATURES)) + "\n")


def ask(server, case, at, options):
    rows, connections = case
    answer = at(f"answer-{server.name}-{rows}")
    done = subprocess.run([options.ask, server.port, str(connections), str(options.seconds),
                           at(f"{rows}.csv"), answer], stdout=subprocess.PIPE, text=True)  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"{server.name}: the client gave up")
    sample = json.loads(done.stdout)
    sample["rate"] = sample["requests"] / sample["seconds"]
    return sample


def apart(servers, at):
    """The largest difference of their answers, and how many there are."""
    worst = count = 0
    for rows in {rows for rows, _ in CASES}:
        both = []
        for server in servers:
            with open(at(f"answer-{server.name}-{rows}"), encoding="ascii") as f:
                both.append([float(x) for x in f.read().split()])
        if not len(both[0]) == len(both[1]) == rows:
            sys.exit(f"{[len(b) for b in both]} answers to {rows} rows")
        worst = max([worst] + [abs(a - b) for a, b in zip(*both)])
        count += rows
    return worst, count


def several(word, number):
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def milliseconds(samples):
    p50, p99 = (1e3 * statistics.median(s[p] for s in samples) for p in ("p50", "p99"))
    return f"{p50:.3g}, {p99:.3g} ms"


def table(servers):
    ours, theirs = servers
    print(COLUMNS)
    for case in CASES:
        ratios = [a["rate"] / b["rate"] for a, b in zip(ours.samples[case], theirs.samples[case])]
        line = [f"{several('row', case[0])}, {several('connection', case[1])}"]
        for server in servers:
            samples = server.samples[case]
            line += [f"{statistics.median(s['rate'] for s in samples):,.0f}", milliseconds(samples)]
        line += ["%.3g (%.3g to %.3g)" % (statistics.median(ratios), min(ratios), max(ratios))]
        print("|", " | ".join(line), "|")
    print("\n| | skiff | PyTorch | times less |\n|---|---|---|---|")
    memory, start = [s.memory() for s in servers], [s.start for s in servers]
    print("| memory, the most | %.0f MiB | %.0f MiB | %.3g |" % (*memory, memory[1] / memory[0]))
    print("| from exec to the first answer | %.3g s | %.3g s | %.3g |" % (*start, start[1] / start[0]))


def own_share(server, case):
    """Microseconds of the client a request, and its share of a processor."""
    samples = server.samples[case]
    return (1e6 * statistics.median(s["own"] / s["requests"] for s in samples),
            100 * statistics.median(s["own"] / s["seconds"] for s in samples))  # fmt: skip


def contend(servers, at, options):
    about = contest.origin()
    for case in CASES:
        for turn in range(options.repeats + 1):
            for server in servers:
                sample = ask(server, case, at, options)
                if turn:  # the first one warms up
                    server.samples[case].append(sample)
    about_runs = f"{options.repeats} repeats of {options.seconds:g} s"
    print(f"{TITLE}\n\n{contest.head_line(about, about_runs)}\n")
    table(servers)
    worst, count = apart(servers, at)
    print(f"\nLargest difference of {count:,} answers: {worst:.2g}, {CLOSE:g} is allowed. The client took "
          "%.3g us a request of one row, %.0f %% of a core while it asked skiff over eight connections."
          % own_share(servers[0], (1, 8)))  # fmt: skip
    return 0 if worst <= CLOSE else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ask", default=os.path.join(HERE, "..", "build", "bench", "ask"))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    skiff = os.path.abspath(os.environ.get("SKIFF", "skiff"))
    if not os.path.exists(options.ask):
        sys.exit(f"no {options.ask}: make -C build bench/ask, or name it with --ask")
    with tempfile.TemporaryDirectory(prefix="skiff-bench-") as folder:
        at = lambda name: os.path.join(folder, name)  # noqa: E731
        write_rows(at)
        data = os.path.join(HERE, "..", "data", "train_data.npz")
        subprocess.run([skiff, "train", "--train", data, "--epochs", "100", "--quiet", "--out", folder],
                       check=True)  # fmt: skip
        peer = os.path.join(HERE, "peers", "http_server.py")
        servers = []
        try:
            servers.append(Server("skiff", [skiff, "serve", folder, "--port", "0", "--host", "127.0.0.1"],
                                  r" on port (\d+)"))  # fmt: skip
            servers.append(Server("PyTorch", [options.python, peer, at("nn_model.pth")], r"^(\d+)$"))
            return contend(servers, at, options)
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    sys.exit(main())
