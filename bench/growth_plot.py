# SPDX-License-Identifier: MIT
"""The picture of growth.py: four small log-log panels in one SVG that needs nothing else.

A point is a dict as growth.py writes it, one a line: "rows", "width", "batch" and "threads" say
where it lies, "panels" which of these four it is drawn in; "skiff" and "torch" hold the "best"
seconds an epoch of each, "ratio" the "median" of torch's by skiff's. The picture has no script and
no font of its own; colours follow the reader's light or dark setting. Standard library only.
"""

import math
from xml.sax.saxutils import escape, quoteattr

CELL_WIDTH, CELL_HEIGHT, HEAD = 360, 276, 66
LEFT, RIGHT, TOP, BOTTOM = 70, 66, 46, 38  # around the plot, in its cell
ASIDE, BEYOND = 22, 26  # from the sides of a plot, and from top and bottom, to its points
LETTER, APART = 7.5, 14  # width of a digit of a tick, and from one tick to the next
LINES = (("torch", "PyTorch"), ("skiff", "skiff"))
PANELS = (("rows", "Rows", 10), ("width", "Width", 2), ("batch", "Batch", 2),
          ("threads", "Threads", 2))  # fmt: skip

STYLE = """
  text { font: 14px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #3c4149 }
  .page { fill: #ffffff } .head { font-size: 19px; font-weight: 600; fill: #14171a }
  .name { font-size: 16px; font-weight: 600; fill: #14171a }
  .note { font-size: 13px; fill: #6a727c }
  .tick { font-size: 13px }
  .grid { stroke: #e3e6ea; stroke-width: 1 } .axis { stroke: #8b939c; stroke-width: 1 }
  .gap { stroke: #a3aab2; stroke-width: 1; stroke-dasharray: 2 3 }
  .times { font-weight: 600; paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .label { font-size: 15px; font-weight: 600 }
  .line.skiff { stroke: #0b63ce } .mark.skiff, .label.skiff { fill: #0b63ce }
  .line.torch { stroke: #b8440f } .mark.torch, .label.torch { fill: #b8440f }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c9d1 } .page { fill: #12161c } .head, .name { fill: #f0f3f6 }
    .note { fill: #949da8 } .grid { stroke: #2a313a } .axis { stroke: #77808b }
    .gap { stroke: #68717c } .times { stroke: #12161c }
    .line.skiff { stroke: #63a8ff } .mark.skiff, .label.skiff { fill: #63a8ff }
    .line.torch { stroke: #ff9466 } .mark.torch, .label.torch { fill: #ff9466 }
  }
"""


class Axis:
    """Values low to high, spaced by their logarithm, onto positions from first to last."""

    def __init__(self, low, high, first, last):
        self.low, self.high, self.first, self.last = low, high, first, last

    def __call__(self, value):
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.first + part * (self.last - self.first)

    def value(self, position):
        part = (position - self.first) / (self.last - self.first)
        return self.low * (self.high / self.low) ** part


def powers(low, high, base, stride=1):
    """Powers of the base from low to high whose exponents are multiples of the stride."""
    nearly = 1e-9
    first = math.ceil(math.log(low, base) / stride - nearly)
    last = math.floor(math.log(high, base) / stride + nearly)
    return [float(base) ** (stride * e) for e in range(first, last + 1)]


def count_ticks(low, high, base, room):
    """As many of the powers as there is room for, in pixels."""
    stride, ticks = 1, powers(low, high, base)
    while sum(LETTER * len(count_text(t)) + APART for t in ticks) > room:
        stride *= 2
        ticks = powers(low, high, base, stride)
    return ticks


def time_ticks(low, high):
    """Powers of ten; where they are few, values between them too."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for between in ((1,), (1, 3), (1, 2, 5)):
        ticks = [m * 10.0**e for e in decades for m in between if low <= m * 10.0**e <= high]
        if len(ticks) >= 3:
            break
    return ticks


def time_text(seconds):
    for unit, text in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.999 * unit or unit == 1e-6:
            return "%.3g %s" % (seconds / unit, text)


def count_text(count):
    """10k and 1M where that is exact, else all digits, with a comma from five on."""
    for unit, text in ((10**6, "M"), (10**3, "k")):
        if count >= unit and count % unit == 0:
            return "%d%s" % (count // unit, text)
    return "{:,d}".format(int(count)) if count >= 10**4 else "%d" % count


def times_text(ratio):
    return "%.2g×" % ratio if ratio < 100 else "%d×" % round(ratio)


def element(tag, text=None, **attributes):
    words = []
    for key, value in attributes.items():
        value = "%.1f" % value if isinstance(value, float) else str(value)
        words.append("%s=%s" % (key.rstrip("_").replace("_", "-"), quoteattr(value)))
    start = " ".join([tag] + words)
    return "<%s/>" % start if text is None else "<%s>%s</%s>" % (start, escape(text), tag)


def title_of(others):
    """What does not vary in a panel, in the words of the other three."""
    words = {"rows": "%s rows", "width": "width %s", "batch": "batch %s", "threads": "%s threads"}
    said = [words[name] % count_text(value) for name, value in others]
    return ", ".join("1 thread" if text == "1 threads" else text for text in said)


def axes_of(name, base, points, left, top):
    """The axes of a panel: all of its points inside, and at least a decade of time."""
    times = [p[who]["best"] for p in points for who, _ in LINES]
    low, high = min(times), max(times)
    widen = max(1.0, math.sqrt(10 * low / high))
    values = [p[name] for p in points]
    width, height = CELL_WIDTH - LEFT - RIGHT, CELL_HEIGHT - TOP - BOTTOM
    ends = max(values) if max(values) > min(values) else base * min(values)
    x = Axis(min(values), ends, left + ASIDE, left + width - ASIDE)
    y = Axis(low / widen, high * widen, top + height - BEYOND, top + BEYOND)
    return x, y


def frame(base, axes, left, top):
    """Gridlines and ticks. Time ticks may lie beyond the points, where there is room for them."""
    x, y = axes
    right, bottom = left + CELL_WIDTH - LEFT - RIGHT, top + CELL_HEIGHT - TOP - BOTTOM
    out = []
    for tick in time_ticks(y.value(bottom - 8), y.value(top)):
        at = y(tick)
        out.append(element("line", class_="grid", x1=left, y1=at, x2=right, y2=at))
        out.append(element("text", time_text(tick), class_="tick", x=left - 8, y=at + 5,
                           text_anchor="end"))  # fmt: skip
    out.append(element("line", class_="axis", x1=left, y1=bottom, x2=right, y2=bottom))
    for tick in count_ticks(x.low, x.high, base, right - left - ASIDE):
        at = x(tick)
        out.append(element("line", class_="axis", x1=at, y1=bottom, x2=at, y2=bottom + 5))
        out.append(element("text", count_text(tick), class_="tick", x=at, y=bottom + 20,
                           text_anchor="middle"))  # fmt: skip
    return out


def mark(who, x, y):
    if who == "skiff":
        return element("circle", class_="mark skiff", cx=x, cy=y, r=3.8)
    return element("rect", class_="mark torch", x=x - 3.4, y=y - 3.4, width=6.8, height=6.8)


def curves(name, axes, points):
    """The two lines with their points, and their names at the right end, kept apart."""
    x, y = axes
    out, ends = [], []
    for who, label in LINES:
        places = [(x(p[name]), y(p[who]["best"])) for p in points]
        text = " ".join("%.1f,%.1f" % place for place in places)
        out.append(element("polyline", class_="line " + who, points=text))
        out += [mark(who, *place) for place in places]
        ends.append([places[-1][1], who, label])
    ends.sort()
    push = max(0.0, 18 - (ends[1][0] - ends[0][0])) / 2
    ends[0][0] -= push
    ends[1][0] += push
    for at, who, label in ends:
        out.append(element("text", label, class_="label " + who, x=x.last + 14, y=at + 5))
    return out


def gap(name, axes, point, before):
    """How many times longer torch takes: in the gap, or beside it where the lines do not run."""
    x, y = axes
    at, upper, lower = x(point[name]), *sorted(y(point[who]["best"]) for who, _ in LINES)
    text, place = times_text(point["ratio"]["median"]), dict(x=at, text_anchor="middle")
    if lower - upper > 36:
        line = [element("line", class_="gap", x1=at, y1=upper + 6, x2=at, y2=lower - 6)]
        place["y"] = (upper + lower) / 2 + 5
    else:
        line = []
        falls = before and before["torch"]["best"] > point["torch"]["best"]
        place["y"] = lower + 19 if falls else upper - 10
        if before:
            place.update(x=at - 2, text_anchor="end")
    return line + [element("text", text, class_="times", **place)]


def gaps(name, axes, points):
    """The narrowest and the widest."""
    ordered = sorted(range(len(points)), key=lambda i: points[i]["ratio"]["median"])
    out = []
    for i in (ordered[0], ordered[-1])[: len(points)]:
        out += gap(name, axes, points[i], points[i - 1] if i else None)
    return out


def panel(name, title, base, points, column, row):
    points = sorted((p for p in points if name in p["panels"]), key=lambda p: p[name])
    if not points:
        return []
    left, top = column * CELL_WIDTH + LEFT, HEAD + row * CELL_HEIGHT + TOP
    fixed = title_of([(other, points[0][other]) for other, _, _ in PANELS if other != name])
    axes = axes_of(name, base, points, left, top)
    return (
        ['<g class="panel" id="%s">' % name]
        + [element("text", title, class_="name", x=left, y=top - 24)]
        + [element("text", fixed, class_="note", x=left, y=top - 6)]
        + frame(base, axes, left, top)
        + curves(name, axes, points)
        + gaps(name, axes, points)
        + ["</g>"]
    )


def draw(points):
    """The whole SVG as text."""
    width, height = 2 * CELL_WIDTH, HEAD + 2 * CELL_HEIGHT
    one = points[0]
    title = "Time for an epoch: skiff beside PyTorch"
    note = "%s; %d inputs, hidden width, width / 2; 12×: PyTorch takes 12 times as long"
    note = note % (one["cpu"], one["inputs"])
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
        'role="img" aria-labelledby="title about">' % (width, height, width, height),
        element("title", title, id="title"),
        element("desc", "Four panels, both axes logarithmic: seconds an epoch against rows, width "
                "of the network, batch and threads. " + note, id="about"),
        "<style>%s</style>" % STYLE,
        element("rect", class_="page", width=width, height=height),
        element("text", title, class_="head", x=24, y=32),
        element("text", note, class_="note", x=24, y=54),
    ]  # fmt: skip
    for place, (name, title, base) in enumerate(PANELS):
        out += panel(name, title, base, points, place % 2, place // 2)
    return "\n".join(out + ["</svg>"]) + "\n"
