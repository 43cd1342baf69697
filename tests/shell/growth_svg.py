#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/growth.py --plot-only: from lines of JSON to a picture whose every point is where it should
be; and the part of growth.md that is written by hand survives a new run."""

import json
import math
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True  # nothing is written into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "..", "..", "bench")
sys.path.insert(0, BENCH)
import growth  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text))


def fixed_points(most_threads):
    """As a run would leave them: torch has a cost a step, and the two meet at width 1024."""
    steps = dict(
        rows=[100, 1000, 10_000, 100_000, 1_000_000], width=[8, 64, 1024],
        batch=[1, 16, 256, 1024, 4096, 65_536], threads=[2**i for i in range(most_threads)],
    )  # fmt: skip
    points = growth.points_of(steps)
    for p in points:
        ours = 1e-9 * p["rows"] * p["width"] * p["width"] ** 0.9 / p["threads"]
        ours += 2e-6 * growth.steps_an_epoch(p)
        theirs = ours + 3e-4 * growth.steps_an_epoch(p)
        p.update(growth.result(dict(skiff=[ours, 1.5 * ours], torch=[theirs, 1.5 * theirs])))
        share = 0.5 if p["width"] == 1024 else 1
        p.update(cpu='a <"CPU"> & more', level="avx2", torch_version="1", torch_share=share)
        p.update(repeats=2, commit="none", date="2026-01-31", load=0.25)
    return points


def plot(folder, points):
    """The SVG as --plot-only draws it."""
    with open(os.path.join(folder, "growth.jsonl"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(p) + "\n" for p in points)
    done = run(folder)
    check(done.returncode == 0, "--plot-only: exit %d %s" % (done.returncode, done.stderr))
    return ElementTree.parse(os.path.join(folder, "growth.svg")).getroot()


def run(folder):
    return subprocess.run([sys.executable, os.path.join(BENCH, "growth.py"), "--plot-only", "--out",
                           folder], capture_output=True, text=True, timeout=60)  # fmt: skip


def of_class(element, name):
    return [e for e in element.iter() if name in e.get("class", "").split()]


def number(element, *keys):
    values = [float(element.get(key)) for key in keys]
    return values[0] if len(values) == 1 else values


def box(text):
    """Left, top, right and bottom of a text, about."""
    x, y = number(text, "x", "y")
    letter = 7.5 if text.get("class") == "tick" else 8.6  # wider than most fonts have them
    long = letter * len(text.text)
    left = x - {"middle": long / 2, "end": long}.get(text.get("text-anchor"), 0)
    return left, y - 14, left + long, y + 4


def apart(one, other):
    return one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def check_whole(root):
    text = ElementTree.tostring(root, encoding="unicode")
    tags = {e.tag.replace(SVG, "") for e in root.iter()}
    known = {"svg", "title", "desc", "style", "rect", "text", "g", "line", "polyline", "circle"}
    check(tags <= known, "no script, image or link: elements %s" % sorted(tags - known))
    check(not re.search(r"url\(|@import|href", text), "nothing from elsewhere")
    check("prefers-color-scheme: dark" in text, "colours for a dark page")
    names = [g.get("id") for g in root.iter(SVG + "g")]
    check(names == ["rows", "width", "batch", "threads"], "panels %s" % names)


def check_lines(name, group, points):
    """Two lines with a mark at each point, inside the panel, in the order of the values."""
    points = sorted((p for p in points if name in p["panels"]), key=lambda p: p[name])
    floor = next(e for e in of_class(group, "axis") if e.get("y1") == e.get("y2"))
    left, right, bottom = number(floor, "x1", "x2", "y1")
    top = number(of_class(group, "name")[0], "y")
    lines = group.findall(SVG + "polyline")
    check(len(lines) == 2, "%s: %d lines" % (name, len(lines)))
    for line in lines:
        who = line.get("class").split()[1]
        places = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
        check(len(places) == len(points), "%s, %s: %d points" % (name, who, len(places)))
        inside = all(left < x < right and top < y < bottom for x, y in places)
        check(inside, "%s, %s: all points inside" % (name, who))
        marks = [e for e in of_class(group, "mark") if who in e.get("class").split()]
        check(len(marks) == len(points), "%s, %s: %d marks" % (name, who, len(marks)))
        check_scale(name, [math.log(p[name]) for p in points], [x for x, _ in places], 1)
        times = [math.log(p[who]["best"]) for p in points]
        check_scale(name, times, [y for _, y in places], -1)


def check_scale(name, logarithms, places, sign):
    """Places are a linear function of the logarithms, of that sign, within a tenth of a pixel."""
    low, high = logarithms.index(min(logarithms)), logarithms.index(max(logarithms))
    if low == high:
        return
    slope = (places[high] - places[low]) / (logarithms[high] - logarithms[low])
    off = [p - places[low] - slope * (v - logarithms[low]) for v, p in zip(logarithms, places)]
    worst = max(map(abs, off))
    good = sign * slope > 0 and worst <= 0.15
    check(good, "%s: slope %.3g, off by %.2f pixels at most" % (name, slope, worst))


def check_texts(root, name, group, ticks):
    """Ticks as expected, both lines named, and no text over another or over the edge."""
    width, height = (float(v) for v in root.get("viewBox").split()[2:])
    below = [e.text for e in of_class(group, "tick") if e.get("text-anchor") == "middle"]
    check(below == ticks, "%s: ticks %s" % (name, below))
    beside = [e.text for e in of_class(group, "tick") if e.get("text-anchor") == "end"]
    round_times = [t for t in beside if re.fullmatch("[1235]0{0,2} (s|ms|µs)", t)]
    check(3 <= len(beside) <= 8 and round_times == beside, "%s: ticks of time %s" % (name, beside))
    labels = [e.text for e in of_class(group, "label")]
    check(sorted(labels) == ["PyTorch", "skiff"], "%s: labels %s" % (name, labels))
    boxes = [(e.text, box(e)) for e in group.iter(SVG + "text") if e.get("class") != "note"]
    off = [(t, b) for t, b in boxes if b[0] < 0 or b[1] < 0 or b[2] > width or b[3] > height]
    check(not off, "%s: texts over the edge of the page: %s" % (name, off))
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if not apart(a[1], b[1])]
    check(not pairs, "%s: texts over each other: %s" % (name, pairs))


def check_picture(folder, most_threads, thread_ticks):
    points = fixed_points(most_threads)
    root = plot(folder, points)
    check_whole(root)
    ticks = dict(rows=["100", "1k", "10k", "100k", "1M"], width=["16", "64", "256", "1024"],
                 batch=["1", "16", "256", "4096", "65,536"], threads=thread_ticks)  # fmt: skip
    for group in root.iter(SVG + "g"):
        check_lines(group.get("id"), group, points)
        check_texts(root, group.get("id"), group, ticks[group.get("id")])


def check_refusals(folder):
    path = os.path.join(folder, "growth.jsonl")
    for text in ("", "{}\n", "no JSON\n", None):
        if text is None:
            os.remove(path)
        else:
            growth.write(path, text)
        done = run(folder)
        good = done.returncode == 1 and done.stderr.count("\n") == 1 and path in done.stderr
        check(good, "%r: exit %d, says %r" % (text, done.returncode, done.stderr))


def check_by_hand(folder):
    """A new run replaces the tables and keeps what stands below the mark."""
    points, path = fixed_points(2), os.path.join(folder, "growth.md")
    growth.save(points, folder, ["--first"])
    with open(path, "a", encoding="utf-8") as file:
        file.write("\nBecause.\n")
    growth.save(points, folder, ["--second"])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    head = 'a <"CPU"> & more, commit none, 2026-01-31, level avx2, load 0.25, torch 1, 2 repeats\n'
    check("\n" + head in text, "where the figures come from: %r" % text[:400])
    check("growth.py --second`" in text and "--first" not in text, "a new run is a new page")
    check(text.endswith("\nBecause.\n") and text.count(growth.MARK) == 1, "kept: %r" % text[-120:])
    rows = len(re.findall(r"^\| [0-9]", text, re.M))
    check(rows == sum(len(p["panels"]) for p in points), "%d rows in the tables" % rows)
    parts = re.findall(r"^\| 1,024 .* 50 % of an epoch, losses not compared \|$", text, re.M)
    said = len(re.findall(r"\| .*not compared", text))
    check(len(parts) == said == 1, "%d rows without losses, %d as expected" % (said, len(parts)))


def check_no_conclusions(folder):
    """A page of a run says nothing that nobody wrote or measured: a heading, and who keeps it."""
    path = os.path.join(folder, "fresh")
    growth.save(fixed_points(2), path, [])
    with open(os.path.join(path, "growth.md"), encoding="utf-8") as file:
        below = file.read().split(growth.MARK)[1].split("\n")
    lines = [line for line in below if line]
    check(len(lines) == 2 and lines[0].startswith("## ") and "kept" in lines[1], "%r" % lines)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_picture(folder, 5, ["1", "2", "4", "8", "16"])
        check_picture(folder, 1, ["1", "2"])
        check_refusals(folder)
        check_by_hand(folder)
        check_no_conclusions(folder)
    return 1 if failures else 0


sys.exit(main())
