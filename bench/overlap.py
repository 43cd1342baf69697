#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does it pay that gradients travel while they are computed? Two ranks over links of several rates.

    SKIFF=./skiff python3 bench/overlap.py [--pairs 40] [--rates 100mbit,1gbit,10gbit] [--json FILE]

Two network namespaces stand for two hosts, joined by a link whose both ends hold back what is above
the rate (tc, a token bucket); each rank has a core and a thread, and MPI is told that there is no
shared memory. `bench/overlap` takes turns in them, step by step: the gradient of a batch with the
exchange behind it, and with pieces of it under way while the rest is computed, which must come to
the same bytes. Milliseconds of the fastest step, and of pairs of steps the median of what is saved. As
root, with iproute2 and MPICH; without links, over this machine's TCP and shared memory alone. Then a
model says what more ranks would gain: the link carries what dist_flow.c sends at its rate, at no cost
to a core, while what is left of a leaf is computed. Exit status 1 where bytes differ.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree
import contest  # noqa: E402

WORKS = [  # inputs, hidden, batch, pairs by so many (slow ones are few)
    (28, "64,32", 4096, 1),
    (54, "512,512", 256, 1),
    (54, "512,512", 4096, 0.5),
    (54, "2048,1024", 256, 0.5),
]
LEAF_ROWS = 128
RANKS = [2, 16]
COLUMNS = """\
| network, batch | link | computing | exchange after | while | saved | by pairs: median (1 to 9 tenths) |
|---|---|---|---|---|---|---|"""
MODEL = """\
| network | ranks | link | computing | exchange after | while | saved |
|---|---|---|---|---|---|---|"""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)


class Link:
    """Two namespaces and what joins them."""

    def __init__(self):
        self.names = ["skov%d-%d" % (os.getpid(), i) for i in (1, 2)]

    def __enter__(self):
        for name in self.names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "eth0", "netns", self.names[0], "type", "veth",
           "peer", "name", "eth0", "netns", self.names[1])  # fmt: skip
        for i, name in enumerate(self.names):
            ip("-n", name, "addr", "add", "10.78.0.%d/24" % (i + 1), "dev", "eth0")
            # No IPv6: its addresses would be there, and of no use yet, for two seconds.
            ip("-n", name, "link", "set", "eth0", "addrgenmode", "none", "up")
        self.wait()
        return self

    def wait(self):
        """The kernel looks at new links once a second."""
        for name in self.names:
            for _ in range(100):
                state = subprocess.run(["ip", "-n", name, "link", "show", "eth0", "up"], check=True,
                                       stdout=subprocess.PIPE, text=True).stdout  # fmt: skip
                if "state UP" in state:
                    break
                time.sleep(0.05)

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)

    def limit(self, rate):
        # The kernel looks at a link that is held back some time too late, and what the rate would have
        # let through by then must fit into the bucket; so much also goes out at once after a pause.
        burst = "64kb" if rate.endswith("mbit") else "128kb"
        for name in self.names:
            subprocess.run(["tc", "-n", name, "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate",
                            rate, "burst", burst, "latency", "50ms"], check=True)  # fmt: skip

    def command(self, program, cores):
        """mpiexec with a rank in each."""
        out = ["mpiexec"]
        for name, core in zip(self.names, cores):
            out += ([":"] if len(out) > 1 else []) + [
                "-n", "1", "ip", "netns", "exec", name, "taskset", "-c", str(core), *program]  # fmt: skip
        return out


TCP = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self", "UCX_WARN_UNUSED_ENV_VARS": "n"}
LINKED = dict(TCP, UCX_NET_DEVICES="eth0")


def measure(command, environment):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                          timeout=600, text=True, env=dict(os.environ, **environment))  # fmt: skip
    if done.returncode and not done.stdout:
        sys.exit("exit status %d: %s" % (done.returncode, " ".join(command)))
    return json.loads(done.stdout)


def print_line(line):
    fastest = {way: line[way + "_ms"][0] for way in ("alone", "after", "while")}
    line["saved_percent"] = 100 * (1 - fastest["while"] / fastest["after"])
    low, middle, high = (100 * (1 - ratio) for ratio in line["ratio"])
    print("| %s | %s | %.2f | %.2f | %.2f | %.0f %% | %.0f %% (%.0f to %.0f) |" % (
        line["work"], line["link"], fastest["alone"], fastest["after"], fastest["while"],
        line["saved_percent"], middle, high, low), flush=True)  # fmt: skip


def run_all(options, program, link):
    lines = []
    cores = sorted(os.sched_getaffinity(0))[-2:]
    for inputs, hidden, batch, part in WORKS:
        arguments = [program, str(inputs), hidden, str(batch), str(max(7, int(options.pairs * part)))]
        ways = [("shared memory", ["mpiexec", "-n", "2"] + arguments, {})]
        for rate in options.rates.split(",") if link else []:
            ways.append((rate, link.command(arguments, cores), LINKED))
        if not link:
            ways.append(("TCP", ["mpiexec", "-n", "2"] + arguments, TCP))
        for name, command, environment in ways:
            if link and environment:
                link.limit(name)
            line = dict(measure(command, environment), link=name,
                        work="%d-%s, %d" % (inputs, hidden.replace(",", "-"), batch))  # fmt: skip
            print_line(line)
            lines.append(line)
    return lines


def bits_of(rate):
    return float(rate[:-4]) * {"mbit": 1e6, "gbit": 1e9}[rate[-4:]]


def hideable(inputs, hidden):
    """The part of a leaf's computing that is left when its first piece, a quarter of all, is known."""
    sizes = [inputs] + [int(units) for units in hidden.split(",")] + [1]
    weights = [a * b for a, b in zip(sizes, sizes[1:])]
    total = 3 * sum(weights) - weights[0]  # forward, dW, and dA but for the first layer's
    left = sum(weights) + sum(weights[1:-1]) - sum(weights) / 4
    return left / total


def model(options, lines):
    """Every worker has one leaf of 128 rows, as 16 ranks of 2 threads have in a batch of 4096."""
    print("\nWhat it would be in ranks whose workers have one leaf each, by a model:\n\n" + MODEL)
    for inputs, hidden, batch, _ in WORKS:
        here = [line for line in lines if line["pieces"] and line["work"].startswith("%d-" % inputs)
                and line["work"].split(",")[0].endswith(hidden.replace(",", "-"))]  # fmt: skip
        if batch != 2 * LEAF_ROWS or not here:
            continue
        alone = min(line["alone_ms"][0] for line in here if line["batch"] == batch)
        for rate, ranks in ((rate, ranks) for rate in options.rates.split(",") for ranks in RANKS):
            wire = 1e3 * 8 * 2 * (ranks - 1) / ranks * here[0]["bytes"] / bits_of(rate)
            saved = min(hideable(inputs, hidden) * alone, wire * 3 / 4)
            print("| %d-%s | %d | %s | %.2f | %.2f | %.2f | %.0f %% |" % (
                inputs, hidden.replace(",", "-"), ranks, rate, alone, alone + wire,
                alone + wire - saved, 100 * saved / (alone + wire)), flush=True)  # fmt: skip


def options_of(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--rates", default="100mbit,1gbit,10gbit")
    parser.add_argument("--json", metavar="FILE", help="append a line a row to it")
    return parser.parse_args(argv)


def main():
    options = options_of(sys.argv[1:])
    skiff = os.path.realpath(os.environ.get("SKIFF", "./skiff"))
    program = os.path.join(os.path.dirname(skiff), "bench", "overlap")
    if not os.access(program, os.X_OK):
        sys.exit("no %s (make bench/overlap)" % program)
    about = contest.origin()
    print(contest.head_line(about, "%d pairs" % options.pairs) + "\n\n" + COLUMNS)
    try:
        with Link() as link:
            lines = run_all(options, program, link)
    except (OSError, subprocess.CalledProcessError) as problem:
        print("no links of a rate here: %s" % problem)
        lines = run_all(options, program, None)
    model(options, lines)
    if options.json:
        with open(options.json, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(dict(line, **about)) + "\n" for line in lines)
    return 0 if all(line["verified"] for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
