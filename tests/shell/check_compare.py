#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_compare.py PRICES JSON CSV [OVERHEAD]: what `skiff compare` says of runs is computed again
from their records: medians, dollars, ratios, targets, Wilson's intervals, Welch's test. The CSV
holds the figures of the JSON. Python's standard library only."""

import csv
import json
import math
import os
import statistics
import sys

PROBLEMS = []


def check(good, what):
    if not good:
        PROBLEMS.append(what)


def close(got, want, what):
    same = got == want or (None not in (got, want) and math.isclose(got, want, rel_tol=1e-9))
    check(same, f"{what}: {got}, want {want}")


def records(row):
    found = []
    for path in row["paths"]:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                found.append(json.load(f))
    return found


def wilson(p, n):
    z = statistics.NormalDist().inv_cdf(0.975)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def check_row(row, base, prices, overhead):
    runs, name = records(row), row["name"]
    if not runs:
        check(row["published"], f"{name}: no file of it")
        return
    check(len(runs) == row["runs"], f"{name}: {row['runs']} runs, {len(runs)} files")
    elapsed = [r["seconds"]["total"] + overhead for r in runs]
    close(row["elapsed"]["median"], statistics.median(elapsed), f"{name}: seconds")
    close(row["elapsed"]["min"], min(elapsed), f"{name}: least seconds")
    close(row["seconds"]["train"]["max"], max(r["seconds"]["train"] for r in runs), f"{name}: train")
    billed = [r["seconds"]["billable"] + overhead * row["instances"] for r in runs]
    close(row["billable"]["median"], statistics.median(billed), f"{name}: billed")
    dollars = statistics.median(billed) * prices[row["instance"]] / 3600
    close(row["dollars"]["median"], dollars, f"{name}: dollars")
    close(row["dollars_a_thousand"], 1000 * dollars, f"{name}: dollars a thousand")
    close(row["speed"], base["elapsed"]["median"] / row["elapsed"]["median"], f"{name}: speed")
    close(row["cost"], dollars / base["dollars"]["median"], f"{name}: cost")
    if row["metric"]["name"] == "accuracy":
        values = [r["metrics"]["val"]["accuracy"] for r in runs]
        middle = statistics.median(values)
        close(row["metric"]["value"], middle, f"{name}: accuracy")
        if middle in values:
            low, high = wilson(middle, runs[0]["metrics"]["val"]["n"])
            close(row["metric"]["low"], low, f"{name}: low")
            close(row["metric"]["high"], high, f"{name}: high")


def flat(row, prefix=""):
    for key, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + key + "_")
        elif not isinstance(value, list):
            yield prefix + key, value


def check_csv(rows, path):
    with open(path, encoding="utf-8", newline="") as f:
        lines = list(csv.DictReader(f))
    check(len(lines) == len(rows), f"{len(lines)} lines for {len(rows)} rows")
    for row, line in zip(rows, lines):
        values = dict(flat(row))
        check(list(values) == list(line), "the CSV has other columns")
        for key, value in values.items():
            text = line[key]
            if isinstance(value, bool):
                check(text == ("true" if value else "false"), f"{key}: {text}")
            elif isinstance(value, (int, float)):
                check(math.isclose(float(text), value, rel_tol=1e-8), f"{key}: {text}, not {value}")
            else:
                check(text == (value or ""), f"{key}: '{text}', not '{value}'")


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as f:
        prices = {p["instance"]: float(p["usd_per_hour"]) for p in csv.DictReader(f)}
    with open(sys.argv[2], encoding="utf-8") as f:
        found = json.load(f)
    overhead = float(sys.argv[4]) if len(sys.argv) > 4 else 0
    base = next(r for r in found["rows"] if r["name"] == found["baseline"])
    for row in found["rows"]:
        check_row(row, base, prices, overhead)
    check_csv(found["rows"], sys.argv[3])
    for problem in PROBLEMS:
        print(problem)
    sys.exit(1 if PROBLEMS else 0)


main()
