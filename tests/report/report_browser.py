#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pages of a report and of a comparison in a real browser, on a phone, a tablet and a screen, light and dark: nothing
scrolls sideways but tables that say so, nothing sticks out, letters are large enough and have
enough contrast, the texts of figures do not lie on each other. REPORT_SHOTS=folder keeps pictures."""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser  # noqa: E402

SKIFF = os.path.abspath(os.environ.get("SKIFF", "skiff"))
SOURCE = os.path.abspath(os.environ.get("SKIFF_SRCDIR", "."))
DATA = os.path.join(SOURCE, "data")
SWEEP = os.path.join(SOURCE, "tests", "shell", "sweep_runs.py")
WIDTHS = (360, 900, 1400)
SMALLEST = 11.5  # pixels of the page's own letters
failures = 0

# Every element with text of its own: where it is, how large, in which colour on which.
TEXTS = """(doc) => {
  const style = (e) => doc.defaultView.getComputedStyle(e);
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = numbers(style(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const lines = (e) => {
    const range = doc.createRange();
    range.selectNodeContents(e);
    return new Set(Array.from(range.getClientRects(), (r) => Math.round(r.top))).size;
  };
  const found = [];
  for (const e of doc.querySelectorAll("body *")) {
    if (e.closest("svg") || e.closest("details:not([open]) > :not(summary)")) continue;
    const own = Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = e.getBoundingClientRect();
    if (!own || box.width === 0) continue;
    const inside = e.closest(".table") !== null;
    found.push({tag: e.tagName.toLowerCase(), text: e.textContent.slice(0, 40), table: inside,
                run: e.matches("#runs tbody th"), lines: e.getClientRects().length && lines(e),
                left: box.left, right: box.right, size: parseFloat(style(e).fontSize),
                colour: numbers(style(e).color).slice(0, 3), ground: ground(e)});
  }
  return found;
}"""


def check(good, text):
    global failures
    if not good:
        failures += 1
        print("FAIL", text)


def run(folder, *words):
    subprocess.run([SKIFF, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # fmt: skip


def read(folder, *path):
    with open(os.path.join(folder, *path), encoding="utf-8") as file:
        return file.read()


def make_report(folder):
    """The lesson's run: it has a warning or two."""
    run(folder, "train", "--train", os.path.join(DATA, "train_data.npz"), "--val",
        os.path.join(DATA, "val_data.npz"), "--epochs", "1000", "--out", "run")  # fmt: skip
    run(folder, "report", "run")
    return read(folder, "run", "report.html")


def make_comparison(folder):
    """Four configurations on tables of four sizes, and what others have published."""
    with open(os.path.join(folder, "sweep.jsonl"), "w") as file:
        subprocess.run([sys.executable, SWEEP, "0.05", "4"], check=True, stdout=file)
    run(folder, "compare", "sweep.jsonl", os.path.join(DATA, "published_runs.csv"), "--page",
        "cost.html", "--prices", os.path.join(DATA, "prices.csv"), "--instance",
        "skiff-cpu=ml.m6i.large")  # fmt: skip
    return read(folder, "cost.html")


# Captions of tables of which a part is out of sight.
CUT = """(doc) => Array.from(doc.querySelectorAll(".table"))
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.slice(0, 40))"""


def check_tables(chromium, page):
    for width in WIDTHS:
        for table in chromium.measure(page, CUT, width):
            check(False, "%d wide: a part of the table '%s' is out of sight" % (width, table))


def check_figures(chromium, page, width, count):
    found = chromium.measure(page, browser.FIGURES, width)
    check(found["wide"] <= found["room"], "%d wide: scrolls sideways, %d" % (width, found["wide"]))
    check(len(found["figures"]) == count, "%d figures" % len(found["figures"]))
    for figure in found["figures"]:
        check(figure["box"]["width"] > min(width, 560) * 0.7,
              "%d wide: a figure of %s" % (width, figure["box"]))  # fmt: skip
        for pair in browser.overlaps(figure["texts"]):
            check(False, "%d wide: '%s' lies on '%s'" % ((width,) + pair))
    return found["tall"]


def check_texts(found, width, dark):
    where = "%d wide, %s" % (width, "dark" if dark else "light")
    check(len(found) > 100, "%s: only %d texts" % (where, len(found)))
    for text in found:
        name = "%s: <%s> '%s'" % (where, text["tag"], text["text"])
        check(text["size"] >= SMALLEST, "%s is %g pixels" % (name, text["size"]))
        ratio = browser.contrast(text["colour"], text["ground"])
        check(ratio >= 4.5, "%s has contrast %.1f" % (name, ratio))
        light = browser.luminance(text["ground"])
        check(light < 0.05 if dark else light > 0.8, "%s is on %s" % (name, text["ground"]))
        check(width < 900 or not text["run"] or text["lines"] == 1,
              "%s has %d lines" % (name, text["lines"]))  # fmt: skip
        check(text["left"] >= -1 and (text["table"] or text["right"] <= width + 1),
              "%s sticks out: %g to %g" % (name, text["left"], text["right"]))  # fmt: skip


def check_planted(chromium):
    """The checks see what is wrong."""
    found = chromium.measure("<p style='width:900px;color:#999;font-size:9px'>pale and wide</p>",
                             TEXTS, 400)  # fmt: skip
    check(len(found) == 1 and found[0]["right"] > 800 and found[0]["size"] == 9, "does not see size")
    check(browser.contrast(found[0]["colour"], found[0]["ground"]) < 3, "sees no pale text")
    wide = "<div class=table style='width:90px;overflow:auto'><p style='width:99px'>w</p></div>"
    check(chromium.measure(wide, CUT, 400) == ["w"], "does not see what is out of sight")


def main():
    browser.need()
    shots = os.environ.get("REPORT_SHOTS")
    with tempfile.TemporaryDirectory() as folder:
        chromium = browser.Browser(folder)
        check_planted(chromium)
        for kind, make, figures in (("report", make_report, 8), ("compare", make_comparison, 6)):
            page = make(folder)
            if kind == "report":  # a comparison has more columns than a phone
                check_tables(chromium, page)
                longer = page.replace("<td>0.", "<td>0.00").replace("feature ", "long_name_" * 9)
                check_tables(chromium, longer)
            for width in WIDTHS:
                tall = check_figures(chromium, page, width, figures)
                for dark in (False, True):
                    check_texts(chromium.measure(page, TEXTS, width, dark), width, dark)
                    if shots:
                        name = "%s-%d-%s.png" % (kind, width, "dark" if dark else "light")
                        chromium.picture(page, width, tall, dark, os.path.join(shots, name))
    print("two pages at three widths, light and dark: %d failures" % failures)
    return 1 if failures else 0


sys.exit(main())
