#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figures as XML: well-formed, small, the same bytes each time, every position inside of the
view, no text that is no number, ids of their own, nothing from outside."""

import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
BYTES_MAX = 60_000
DEMO = os.path.join(os.environ.get("SKIFF_BUILDDIR", "build"), "tests", "report", "figure_demo")
KNOWN = {"svg", "title", "desc", "style", "rect", "text", "line", "path", "circle"}
failures = 0


def check(good, text):
    global failures
    if not good:
        failures += 1
        print("FAIL", text)


def draw(folder):
    done = subprocess.run([DEMO, folder], stdout=subprocess.DEVNULL)
    check(done.returncode == 0, "figure_demo: exit status %d" % done.returncode)
    read = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            read[name] = file.read()
    return read


def numbers(text):
    return [float(word) for word in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]


def path_points(text):
    """Every point that a path of M m l h v z passes."""
    x = y = 0.0
    points = []
    check(re.fullmatch(r"[Mmlhvz\d .-]*", text) is not None, "path: %.60s" % text)
    for letter, rest in re.findall(r"([Mmlhvz])([^Mmlhvz]*)", text):
        values = numbers(rest)
        if letter == "M":
            x, y = values
            points.append((x, y))
        elif letter in "hv":
            for value in values:
                x, y = (x + value, y) if letter == "h" else (x, y + value)
                points.append((x, y))
        elif letter in "ml":
            for dx, dy in zip(values[::2], values[1::2]):
                x, y = x + dx, y + dy
                points.append((x, y))
    return points


def element_points(element):
    get = lambda *names: [float(element.get(name)) for name in names]  # noqa: E731
    tag = element.tag.replace(SVG, "")
    if tag == "line":
        x1, y1, x2, y2 = get("x1", "y1", "x2", "y2")
        return [(x1, y1), (x2, y2)]
    if tag == "rect":
        x, y, width, height = get("x", "y", "width", "height")
        return [(x, y), (x + width, y + height)]
    if tag == "circle":
        return [tuple(get("cx", "cy"))]
    if tag == "path":
        return path_points(element.get("d"))
    if tag == "text" and element.get("transform"):
        return [tuple(numbers(element.get("transform"))[:2])]
    return [tuple(get("x", "y"))] if tag == "text" else []


def check_inside(name, root):
    left, top, width, height = numbers(root.get("viewBox"))
    for element in root.iter():
        for x, y in element_points(element):
            inside = left - 0.1 <= x <= left + width + 0.1 and top - 0.1 <= y <= top + height + 0.1
            check(inside, "%s: %s %s at %g, %g is outside of %g x %g"
                  % (name, element.tag, element.get("class"), x, y, width, height))  # fmt: skip


def check_text(name, text, root):
    shown = [e.text or "" for e in root.iter(SVG + "text")]
    check(shown, "%s: no text" % name)
    for line in shown:
        check(not re.search(r"(?i)\b(nan|inf|infinity)\b", line), "%s: '%s'" % (name, line))
    body = re.sub(r"<style>.*?</style>|<text.*?</text>|<desc.*?</desc>|<title.*?</title>", "", text,
                  flags=re.S)  # fmt: skip
    check(not re.search(r"(?i)nan|inf|e[+-]\d", body), "%s: a number that is none" % name)


# Linear RGB as it is seen without one kind of cone (Machado, Oliveira and Fernandes 2009).
VISION = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no long": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no middle": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no short": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
DIFFERENCE = 15  # in CIE Lab; 2 is about what an eye sees side by side


def lab(colour, matrix):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    r, g, b = (sum(w * p for w, p in zip(row, parts)) for row in matrix)
    xyz = ((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505, 0.2126 * r + 0.7152 * g + 0.0722 * b,
           (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)  # fmt: skip
    x, y, z = (max(v, 0) ** (1 / 3) if v > 0.008856 else 7.787 * max(v, 0) + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def check_colours(text):
    found = re.findall(r"--sk-c(\d):(#[0-9a-f]{6})", text)
    check([k for k, _ in found] == list("0123401234"), "colours of lines: %s" % found)
    for scheme in (found[:5], found[5:]):
        for vision, matrix in VISION.items():
            seen = [lab(colour, matrix) for _, colour in scheme]
            for i in range(5):
                for k in range(i):
                    apart = sum((a - b) ** 2 for a, b in zip(seen[i], seen[k])) ** 0.5
                    check(apart >= DIFFERENCE, "%s and %s, %s: only %.1f apart"
                          % (scheme[i][1], scheme[k][1], vision, apart))  # fmt: skip


def check_frame(name, root, ids):
    check(root.tag == SVG + "svg" and root.get("role") == "img", "%s: no role" % name)
    check(root.get("width") is None and root.get("height") is None, "%s: a fixed size" % name)
    for which in root.get("aria-labelledby").split():
        check(root.find(".//*[@id='%s']" % which) is not None, "%s: no %s" % (name, which))
    for element in root.iter():
        tag = element.tag.replace(SVG, "")
        check(tag in KNOWN, "%s: <%s>" % (name, tag))
        for word in (element.get("class") or "").split():
            check(word.startswith("sk-"), "%s: class %s" % (name, word))
        if element.get("id") and not name.startswith("bad-"):  # most of those have no prefix
            check(element.get("id") not in ids, "%s: id %s twice" % (name, element.get("id")))
            ids.add(element.get("id"))
    style = "".join(e.text for e in root.iter(SVG + "style"))
    check("prefers-color-scheme:dark" in style, "%s: no dark colours" % name)
    check(not re.search(r"url\(|@import|@font-face", style), "%s: style from outside" % name)
    used = {w for e in root.iter() for w in (e.get("class") or "").split()}
    known = set(re.findall(r"\.(sk-[a-z0-9]+)", style)) | {"sk-d0", "sk-name", "sk-count"}
    check(used <= known, "%s: no rule for %s" % (name, sorted(used - known)))


def main():
    if not os.path.exists(DEMO):
        print("skipped: no %s" % DEMO)
        return 77
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        figures, again = draw(first), draw(second)
    check(figures == again, "not the same bytes each time")
    check(len(figures) > 80, "%d figures" % len(figures))
    ids = set()
    check_colours(figures["roc.svg"].decode("utf-8"))
    for name, data in figures.items():
        check(len(data) < BYTES_MAX, "%s: %d bytes, not under %d" % (name, len(data), BYTES_MAX))
        text = data.decode("utf-8")
        try:
            root = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            check(False, "%s: %s" % (name, error))
            continue
        check_frame(name, root, ids)
        check_text(name, text, root)
        check_inside(name, root)
    largest = max(figures, key=lambda name: len(figures[name]))
    print("%d figures, the largest %s with %d bytes" % (len(figures), largest,
                                                        len(figures[largest])))  # fmt: skip
    return 1 if failures else 0


sys.exit(main())
