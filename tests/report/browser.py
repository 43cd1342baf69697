# SPDX-License-Identifier: MIT
"""A headless Chromium for tests: what a page measures at a width, light or dark, and how it looks.

A window is never narrower than 500 pixels, so the page goes into a frame of the width that is
wanted. Nothing but Python's own library."""

import base64
import html
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Runs beside the frame and puts what `probe` returns for its document into the page.
FRAME = """<!doctype html><html><head><meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<style>html,body{margin:0}iframe{border:0;display:block}</style></head><body>
<iframe id="frame" width="%d" height="%d" srcdoc="%s"></iframe><pre id="probe" hidden></pre>
<script>
const probe = %s;
document.getElementById("frame").onload = function () {
  let found;
  try { found = probe(this.contentDocument); } catch (error) { found = {error: String(error)}; }
  document.getElementById("probe").textContent = JSON.stringify(found);
};
</script></body></html>
"""


def find():
    """The program, or None."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return None


def need():
    """The program; without one the test is skipped."""
    program = find()
    if not program:
        print("skipped: no chromium (apt-get install chromium)")
        sys.exit(77)
    return program


class Browser:
    def __init__(self, folder):
        self.program, self.folder, self.pages = need(), folder, 0

    def run(self, page, size, dark, more):
        path = os.path.join(self.folder, "page-%d.html" % self.pages)
        self.pages += 1
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        words = [self.program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                 "--force-device-scale-factor=1", "--disable-extensions", "--no-first-run",
                 "--user-data-dir=" + os.path.join(self.folder, "profile"),
                 "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1),
                 "--window-size=%d,%d" % size] + more + ["file://" + path]  # fmt: skip
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", "replace")[-2000:])
        return done.stdout.decode("utf-8", "replace")

    def measure(self, page, probe, width, dark=False, height=800):
        """What the JavaScript function `probe` returns for the document of the page."""
        text = FRAME % (width, height, html.escape(page), probe)
        dom = self.run(text, (max(width, 500), height), dark, ["--dump-dom"])
        found = re.search(r'<pre id="probe"[^>]*>(.*?)</pre>', dom, re.S)
        found = json.loads(html.unescape(found.group(1)))
        if isinstance(found, dict) and "error" in found:
            raise RuntimeError(found["error"])
        return found

    def picture(self, page, width, height, dark=False, keep=None):
        """The page as pixels, cut to the frame; the file stays where `keep` says."""
        path = keep or os.path.join(self.folder, "shot.png")
        text = FRAME % (width, height, html.escape(page), "() => 0")
        self.run(text, (max(width, 500), height), dark, ["--screenshot=" + path])
        return Picture(path, width, height)


class Picture:
    """The pixels of a PNG of 8 bits a channel: pixel(x, y) is (red, green, blue)."""

    def __init__(self, path, width, height):
        with open(path, "rb") as file:
            data = file.read()
        self.wide, tall, depth, kind = struct.unpack(">IIBB", data[16:26])
        assert data[:8] == b"\x89PNG\r\n\x1a\n" and depth == 8 and kind in (2, 6), path
        self.channels = 4 if kind == 6 else 3
        self.width, self.height = min(width, self.wide), min(height, tall)
        packed, at = b"", 8
        while at < len(data):
            length, name = struct.unpack(">I4s", data[at : at + 8])
            if name == b"IDAT":
                packed += data[at + 8 : at + 8 + length]
            at += 12 + length
        self.rows = self.unfilter(zlib.decompress(packed))

    def unfilter(self, raw):
        size, step = self.wide * self.channels, self.channels
        above, rows = bytearray(size), []
        for y in range(self.height):
            start = y * (size + 1)
            row = bytearray(raw[start + 1 : start + 1 + size])
            undo(raw[start], row, above, step)
            rows.append(row)
            above = row
        return rows

    def pixel(self, x, y):
        at = x * self.channels
        return tuple(self.rows[y][at : at + 3])

    def colours(self, left, top, right, bottom):
        """How many pixels of each colour there are in a rectangle."""
        count = {}
        for y in range(max(0, top), min(bottom, self.height)):
            for x in range(max(0, left), min(right, self.width)):
                colour = self.pixel(x, y)
                count[colour] = count.get(colour, 0) + 1
        return count


def undo(kind, row, above, step):
    """A filter of PNG, in place."""
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        if kind == 1:
            row[i] = (row[i] + left) & 255
        elif kind == 2:
            row[i] = (row[i] + above[i]) & 255
        elif kind == 3:
            row[i] = (row[i] + (left + above[i]) // 2) & 255
        elif kind == 4:
            corner = above[i - step] if i >= step else 0
            guess = left + above[i] - corner
            a, b, c = abs(guess - left), abs(guess - above[i]), abs(guess - corner)
            near = left if a <= b and a <= c else above[i] if b <= c else corner
            row[i] = (row[i] + near) & 255


def luminance(colour):
    """Of (red, green, blue) in 0 .. 255, as WCAG defines it."""
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def data_url(svg):
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")


# A probe of every figure in a page: its box, its texts in units of its viewBox and their colours.
FIGURES = """(doc) => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).slice(0, 3).map(Number);
  // What a text lies on: the cell or bar below its middle, mixed with the page.
  const ground = (svg, r, page) => {
    const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
    let colour = page;
    for (const e of svg.querySelectorAll("rect:not(.sk-page)")) {
      const box = e.getBoundingClientRect(), style = doc.defaultView.getComputedStyle(e);
      const part = parseFloat(style.fillOpacity), fill = rgb(style.fill);
      if (box.left < x && x < box.right && box.top < y && y < box.bottom)
        colour = colour.map((c, i) => part * fill[i] + (1 - part) * c);
    }
    return colour;
  };
  const figures = Array.from(doc.querySelectorAll("svg.sk-figure")).map((svg) => {
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    const style = (e) => doc.defaultView.getComputedStyle(e);
    const page = rgb(style(svg.querySelector(".sk-page")).fill);
    const texts = Array.from(svg.querySelectorAll("text")).map((e) => {
      const r = e.getBoundingClientRect();
      return {text: e.textContent, of: e.getAttribute("class"), up: e.hasAttribute("transform"),
              left: (r.left - box.left) / scale, right: (r.right - box.left) / scale,
              top: (r.top - box.top) / scale, bottom: (r.bottom - box.top) / scale,
              size: parseFloat(style(e).fontSize) * scale, fill: rgb(style(e).fill),
              on: ground(svg, r, page)};
    });
    const lines = Array.from(svg.querySelectorAll(".sk-line")).map((e) => rgb(style(e).stroke));
    return {name: svg.parentElement.id, page: page,
            width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height,
            box: {left: box.left, top: box.top, width: box.width, height: box.height},
            texts: texts, lines: lines};
  });
  const all = doc.scrollingElement;
  return {figures: figures, wide: all.scrollWidth, room: doc.documentElement.clientWidth,
          tall: all.scrollHeight};
}"""


def glyphs(text):
    """The box of a text without the room above and below its letters."""
    left, right, top, bottom = (text[k] for k in ("left", "right", "top", "bottom"))
    if text["up"]:
        wide = right - left
        return left + 0.2 * wide, right - 0.2 * wide, top, bottom
    high = bottom - top
    return left, right, top + 0.2 * high, bottom - 0.18 * high


def overlaps(texts):
    """Pairs of texts of a figure that lie on each other."""
    boxes, found = [glyphs(t) for t in texts], []
    for i, (left, right, top, bottom) in enumerate(boxes):
        for k in range(i):
            wide = min(right, boxes[k][1]) - max(left, boxes[k][0])
            high = min(bottom, boxes[k][3]) - max(top, boxes[k][2])
            if wide > 1 and high > 1:
                found.append((texts[k]["text"], texts[i]["text"]))
    return found
