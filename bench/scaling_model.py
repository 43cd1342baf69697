# SPDX-License-Identifier: MIT
"""The model of `skiff plan` beside what ranks take here, and what it says of 2 to 1024 hosts.

Used by scaling.py. The network of this machine is fitted from exchanges that were measured: the
latency from those of 64 bytes, the bandwidth from those of a megabyte.
"""

import json
import math

import growth_plot as plot

INSTANCES = ["ml.m5.large", "ml.m5.xlarge", "ml.m5.4xlarge", "ml.m5.24xlarge"]
HOSTS = [2**k for k in range(11)]
WIDTH, HEIGHT, HEAD = 720, 330, 66
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 46, 44


def plan(run, skiff, arguments):
    return json.loads(run([skiff, "plan", "--json", "--quiet"] + arguments))


def fit_network(exchanges):
    """Microseconds of latency and megabits a second, from lines of bench/exchange."""
    took = {line["bytes"]: line["skiff_us"] for line in exchanges}
    latency, size = took[64], 1 << 20
    # Two hops; what a rank sends is as much as the gradient; half of it is added by each rank.
    return latency, 8 * size / max(took[size] - 2 * latency, 1)


def predict(run, skiff, arguments, ranks, network):
    """Milliseconds an epoch of so many ranks that have a core each."""
    latency, megabits = network
    found = plan(run, skiff, arguments + ["--cores", "1", "--host_counts", str(ranks),
                 "--latency", "%.6g" % latency, "--network", "%.6g" % megabits,
                 "--message", "0"])  # fmt: skip
    return 1e3 * found["lines"][0]["seconds"]["total"]


def forecast(run, skiff, arguments):
    """Lines of many hosts of several kinds, with the network that the table of prices has."""
    return plan(run, skiff, arguments + ["--instances", ",".join(INSTANCES),
                "--host_counts", ",".join(map(str, HOSTS))])  # fmt: skip


def best_of(lines):
    return max(lines, key=lambda line: line["times_one"])


def forecast_rows(found):
    """A row of text a kind: how many times as fast, and with how many hosts that is most."""
    for kind in found["kinds"]:
        lines = [line for line in found["lines"] if line["instance"] == kind["instance"]]
        by_hosts = {line["hosts"]: line["times_one"] for line in lines}
        best = best_of(lines)
        yield [kind["instance"]] + ["%.2f" % by_hosts[n] for n in (2, 4, 8, 16, 32, 1024)] + [
            "%.2f with %d" % (best["times_one"], best["hosts"]),
            "%s" % (kind["gain_1_8_from_rows"] or "never"),
        ]


# ---- the picture

STYLE = plot.STYLE + """
  .k0 { stroke: #0b63ce; fill: #0b63ce } .k1 { stroke: #1a7f52; fill: #1a7f52 }
  .k2 { stroke: #b8440f; fill: #b8440f } .k3 { stroke: #7a3fb0; fill: #7a3fb0 }
  .line { fill: none } text.label { stroke: none } .ideal { stroke: #a3aab2; stroke-dasharray: 4 4 }
  @media (prefers-color-scheme: dark) {
    .k0 { stroke: #63a8ff; fill: #63a8ff } .k1 { stroke: #58c795; fill: #58c795 }
    .k2 { stroke: #ff9466; fill: #ff9466 } .k3 { stroke: #c79bf2; fill: #c79bf2 }
    .line { fill: none } text.label { stroke: none }
  }
"""


def panel(name, found, row):
    left, top = LEFT, HEAD + row * HEIGHT + TOP
    right, bottom = WIDTH - RIGHT, HEAD + (row + 1) * HEIGHT - BOTTOM
    most = max(line["times_one"] for line in found["lines"])
    x = plot.Axis(1, HOSTS[-1], left + 10, right - 10)
    y = plot.Axis(0.25, max(8.0, 1.5 * most), bottom, top)
    out = [plot.element("text", name, class_="name", x=left, y=top - 14)]
    for tick in plot.powers(0.25, y.high, 2):
        out.append(plot.element("line", class_="grid", x1=left, y1=y(tick), x2=right, y2=y(tick)))
        out.append(plot.element("text", "%g×" % tick, class_="tick", x=left - 8, y=y(tick) + 5,
                                text_anchor="end"))  # fmt: skip
    out.append(plot.element("line", class_="axis", x1=left, y1=bottom, x2=right, y2=bottom))
    for tick in HOSTS:
        out.append(plot.element("text", str(tick), class_="tick", x=x(tick), y=bottom + 20,
                                text_anchor="middle"))  # fmt: skip
    out.append(plot.element("text", "hosts", class_="note", x=right + 24, y=bottom + 20))
    out.append(plot.element("line", class_="ideal", x1=x(1), y1=y(1), x2=x(y.high), y2=top))
    lines = []
    for index, instance in enumerate(INSTANCES):
        points = [(x(line["hosts"]), y(line["times_one"])) for line in found["lines"]
                  if line["instance"] == instance and line["times_one"] >= y.low]  # fmt: skip
        text = " ".join("%.1f,%.1f" % point for point in points)
        lines.append(plot.element("polyline", class_="line k%d" % index, points=text))
    # Lines cross and end where they please, so their names stand beside them in a list.
    labels = [plot.element("text", instance, class_="label k%d" % index, x=right + 8,
                           y=top + 18 * (index + 1)) for index, instance in enumerate(INSTANCES)]  # fmt: skip
    return out + lines + labels


def draw(works, note):
    """SVG of (name, forecast) pairs."""
    height = HEAD + HEIGHT * len(works)
    title = "Predicted: how many times as fast as one host"
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
        'role="img" aria-labelledby="title about">' % (WIDTH, height, WIDTH, height),
        plot.element("title", title, id="title"),
        plot.element("desc", "Both axes logarithmic: hosts, and how many times as fast as one. "
                     + note, id="about"),
        "<style>%s</style>" % STYLE,
        plot.element("rect", class_="page", width=WIDTH, height=height),
        plot.element("text", title, class_="head", x=24, y=32),
        plot.element("text", note, class_="note", x=24, y=54),
    ]  # fmt: skip
    for row, (name, found) in enumerate(works):
        out += panel(name, found, row)
    return "\n".join(out + ["</svg>"]) + "\n"


def error_percent(predicted, measured):
    return 100 * (predicted / measured - 1) if measured else math.nan
