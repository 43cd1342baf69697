#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figures in a real browser, from 320 to 900 pixels, light and dark: no texts on each other or
outside, letters large enough, enough contrast, pictures that are not blank, dark ones dark.
FIGURE_SHOTS=folder keeps the pictures."""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser  # noqa: E402

DEMO = os.path.join(os.environ.get("SKIFF_BUILDDIR", "build"), "tests", "report", "figure_demo")
SMALLEST = {"sk-tiny": 6.5, "sk-small": 8.9}  # pixels at a width of 320; others 9.5
THUMB = 180  # width of a figure in the picture of all of them
failures = 0


def check(good, text):
    global failures
    if not good:
        failures += 1
        print("FAIL", text)


def figures():
    """name: SVG, as the demo draws them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([DEMO, folder], check=True, stdout=subprocess.DEVNULL)
        read = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                read[name[:-4]] = file.read()
        return read


def page(svgs, width):
    """All of them inlined, `width` wide each, side by side."""
    style = "body{margin:0;display:flex;flex-wrap:wrap;align-items:start}div{width:%dpx}" % width
    return "<!doctype html><meta charset=utf-8><style>%s</style>%s" % (
        style, "".join('<div id="%s">%s</div>' % item for item in svgs.items()))  # fmt: skip


def check_layout(found, width):
    check(found["wide"] <= found["room"],
          "%d wide: scrolls sideways, %d" % (width, found["wide"]))  # fmt: skip
    for figure in found["figures"]:
        where = "%s, %d wide" % (figure["name"], width)
        check(abs(figure["box"]["width"] - width) < 1, "%s: does not fill its place" % where)
        for pair in browser.overlaps(figure["texts"]):
            check(False, "%s: '%s' lies on '%s'" % ((where,) + pair))
        for text in figure["texts"]:
            inside = text["left"] >= -0.5 and text["right"] <= figure["width"] + 0.5
            inside = inside and text["top"] >= -3 and text["bottom"] <= figure["height"] + 3
            check(inside, "%s: '%s' sticks out: %s" % (where, text["text"], text))
            least = min(SMALLEST.get(c, 9.5) for c in text["of"].split()) * width / 320
            check(text["size"] >= least,
                  "%s: '%s' is %g pixels" % (where, text["text"], text["size"]))  # fmt: skip


def check_contrast(found, dark):
    for figure in found["figures"]:
        where = "%s, %s" % (figure["name"], "dark" if dark else "light")
        light = browser.luminance(figure["page"])
        check(light < 0.05 if dark else light > 0.8, "%s: page %s" % (where, figure["page"]))
        for text in figure["texts"]:
            ratio = browser.contrast(text["fill"], text["on"])
            check(ratio >= 4.5, "%s: '%s' has contrast %.1f" % (where, text["text"], ratio))
        for colour in figure["lines"]:
            ratio = browser.contrast(colour, figure["page"])
            check(ratio >= 3, "%s: line %s has contrast %.1f" % (where, colour, ratio))


def check_picture(picture, found, dark):
    """Each figure's part of the picture: mostly page, and something on it."""
    for figure in found["figures"]:
        box = {k: int(v) for k, v in figure["box"].items()}
        seen = picture.colours(box["left"] + 1, box["top"] + 1, box["left"] + box["width"] - 1,
                               box["top"] + box["height"] - 1)  # fmt: skip
        all_of_it, where = sum(seen.values()), "%s, %s" % (figure["name"], "dark" if dark else "light")
        check(all_of_it > 1000, "%s: %d pixels" % (where, all_of_it))
        ground = tuple(figure["page"])
        share = seen.get(ground, 0) / max(all_of_it, 1)
        check(0.2 < share < 0.99, "%s: %.1f %% of it is page" % (where, 100 * share))
        check(len(seen) > 8, "%s: %d colours" % (where, len(seen)))


def check_alone(chromium, svgs, dark):
    """An SVG as an image, as in a README: it takes its own colours along."""
    name = "roc"
    image = '<!doctype html><meta name="color-scheme" content="light dark"><style>body{margin:0}'
    image += "img{width:320px;display:block}</style><img src='%s'>" % browser.data_url(
        svgs[name].encode("utf-8"))  # fmt: skip
    picture = chromium.picture(image, 320, 300, dark)
    light = browser.luminance(picture.pixel(3, 3))
    check(light < 0.05 if dark else light > 0.8, "%s alone, dark %s: corner %s"
          % (name, dark, picture.pixel(3, 3)))  # fmt: skip
    check(len(picture.colours(0, 0, 320, 300)) > 8, "%s alone is blank" % name)


# Texts on each other, one that sticks out, one that is hardly seen.
PLANTED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" class="sk-figure">
<rect class="sk-page" x="0" y="0" width="400" height="300" fill="#fff"/><g font-size="13">
<text class="a" x="50" y="50">one text</text><text class="b" x="60" y="52">another text</text>
<text class="c" x="380" y="150">sticks out of it</text><text class="d" x="50" y="250"
fill="#ddd">pale</text></g></svg>"""


def check_planted(chromium):
    """The checks see what is wrong."""
    found = chromium.measure(page({"planted": PLANTED}, 400), browser.FIGURES, 400)
    texts = found["figures"][0]["texts"]
    check(browser.overlaps(texts) == [("one text", "another text")], "does not see overlaps")
    check(texts[2]["right"] > 401, "does not see what sticks out")
    check(browser.contrast(texts[3]["fill"], found["figures"][0]["page"]) < 2, "sees no pale text")
    wide = chromium.measure("<div style='width:700px'>x<svg></svg></div>", browser.FIGURES, 400)
    check(wide["wide"] > wide["room"], "does not see a page that scrolls sideways")


def main():
    browser.need()
    svgs, shots = figures(), os.environ.get("FIGURE_SHOTS")
    with tempfile.TemporaryDirectory() as folder:
        chromium = browser.Browser(folder)
        check_planted(chromium)
        for width in (320, 360, 900):
            found = chromium.measure(page(svgs, width), browser.FIGURES, width)
            check(len(found["figures"]) == len(svgs), "%d figures" % len(found["figures"]))
            check_layout(found, width)
        for dark in (False, True):
            keep = shots and os.path.join(shots, "figures-%s.png" % ("dark" if dark else "light"))
            everything = page(svgs, THUMB)
            found = chromium.measure(everything, browser.FIGURES, 7 * THUMB, dark)
            check_contrast(found, dark)
            picture = chromium.picture(everything, 7 * THUMB, found["tall"], dark, keep)
            check_picture(picture, found, dark)
            check_alone(chromium, svgs, dark)
    print("%d figures at three widths, light and dark: %d failures" % (len(svgs), failures))
    return 1 if failures else 0


sys.exit(main())
