#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`skiff prep` beside pandas and scikit-learn: 200 generated tables of every type, with missing
values, quoting, headers or none, delimiters and sizes from two rows to 100,000, each prepared by
random options, besides those that both refuse; a second table in other order, with categories not
met before, through `skiff predict`; and the real tables of SKIFF_REAL_DATA with nothing but their
target given. The rows must be the same, labels equal, features within 1e-12 (see
prep_oracle.tolerance), and what one side refuses the other must refuse.

prep_tables.py [SEED ...] does those tables alone and says what was run."""

import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile

try:
    import numpy as np
    import pandas  # noqa: F401
    import sklearn  # noqa: F401
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prep_generate  # noqa: E402
import prep_oracle  # noqa: E402
import tables  # noqa: E402
from prep_oracle import Plan, Refused  # noqa: E402

SKIFF = os.environ.get("SKIFF")
if not SKIFF:
    print("skip: SKIFF does not name the program")
    sys.exit(77)

TABLES = 200
FLOAT_ERROR = 2.0**-23  # of a float, with a rounding of its double that may go another way
FLOAT_MAX = np.finfo("f4").max
problems = []
counts = {"tables": 0, "prepared": 0, "refused": 0, "values": 0, "predicted": 0}
verbose = False


def report(good, what):
    if not good:
        problems.append(what)
        print("FAIL " + what)
    return good


# ---- the command ----


def run(*words):
    done = subprocess.run([SKIFF, *words], capture_output=True, text=True, timeout=60)
    if verbose:
        print("$ skiff", *words, "\n" + done.stdout + done.stderr)
    return done


def arrays(folder, part):
    path = os.path.join(folder, part + "_data.npz")
    if not os.path.exists(path):
        return None, None
    with np.load(path) as archive:
        return archive["X_" + part], archive["y_" + part]


def features_used(folder):
    with open(os.path.join(folder, "prep.json"), encoding="utf-8") as file:
        return [c["name"] for c in json.load(file)["columns"]]


def compare(what, fitted, table, names, got, want_y):
    X, y = got
    want = prep_oracle.transform(fitted, table, names)
    shape = None if X is None else X.shape
    if not report(shape == want.shape, f"{what}: shape {shape}, wanted {want.shape}"):
        return
    counts["values"] += want.size
    limit = prep_oracle.tolerance(fitted, want) + (FLOAT_ERROR * np.abs(want) if X.dtype == "f4" else 0)
    off = np.abs(X - want) > limit
    if off.any():
        r, c = np.argwhere(off)[0]
        report(False, f"{what}: {off.sum()} of {off.size} values differ, first row {r} feature {c}: "
                      f"{X[r, c]!r}, wanted {want[r, c]!r}; columns {names}")  # fmt: skip
    report(np.array_equal(y, want_y), f"{what}: labels differ: {y[:5]}, wanted {want_y[:5]}")


# ---- one table ----


def fit(table, rows, names, plans):
    return [prep_oracle.Column(table[n].iloc[rows], plans[n]) for n in names]


def check_left_out(t, what, table, rows, used):
    """Nobody named the features: what is left out is risky, or of one value, or of few rows."""
    for name, kind in zip(t.features, t.kinds):
        few = t.rows < 12 or table[name].iloc[rows].nunique() <= 1 or 2 * table[name].nunique() > len(rows)
        report(name in used or kind.risky or few, f"{what}: {name} is left out")


def expected(case, used):
    """[(train rows, validation rows, fitted columns)] a division, of the columns used there."""
    table, result = case.table, []
    for (train, val), names in zip(case.division.rows(table[case.t.target]), used):
        fitted = fit(table, np.arange(len(table)) if case.all_rows else train, names, case.plans)
        for part in (train, val):
            if len(part) and np.abs(prep_oracle.transform(fitted, table.iloc[part], names)).max() > FLOAT_MAX:
                raise Refused("beyond a float")
        result.append((train, val, fitted))
    return result


def refuses(what, case, done):
    """Does neither side have anything to compare? What scikit-learn refuses is refused, and a table of
    nothing but ids, dates and constants may be."""
    t = case.t
    risky = all(k.risky for k in t.kinds) or t.rows < 30
    if case.names is None and risky and "no column is left to be a feature" in done.stderr:
        return True
    return not report(done.returncode == 0, f"{what}: exit status {done.returncode}: {done.stderr.strip()}")


def check_table(seed, folder):
    case = prep_generate.make_case(seed, folder)
    t, table, division, out = case.t, case.table, case.division, os.path.join(folder, "out")
    done = run("prep", case.path, "--out", out, *case.words)
    what = f"seed {seed} ({t.rows} rows)"
    counts["tables"] += 1
    folders = [os.path.join(out, "fold%d" % (k + 1)) for k in range(division.folds)] or [out]
    found = case.names is None and done.returncode == 0
    used = [features_used(f) if found else case.names or t.features for f in folders]
    try:
        wanted = expected(case, used)
    except Refused as why:
        counts["refused"] += 1
        report(done.returncode in (1, 2) and done.stderr.count("\n") == 1,
               f"{what}: exit status {done.returncode} where scikit-learn refuses ({why}): {done.stderr}")  # fmt: skip
        return
    if refuses(what, case, done):
        return
    counts["prepared"] += 1
    y = prep_oracle.labels(table[t.target], t.task)
    for (train, val, fitted), where, names in zip(wanted, folders, used):
        if found:
            check_left_out(t, what, table, np.arange(t.rows) if case.all_rows else train, names)
        compare(what + ", train", fitted, table.iloc[train], names, arrays(where, "train"), y[train])
        if len(val):
            compare(what + ", val", fitted, table.iloc[val], names, arrays(where, "val"), y[val])
        else:
            report(arrays(where, "val")[0] is None, f"{what}: validation rows where there are none")
    check_second(t, what, folder, where, fitted, names)


# ---- other rows, by a model ----


def write_identity(path, prep, features):
    """A model that predicts its features, so that a preparation can be seen at work."""
    prep["target"] = None
    meta = {"program": "skiff", "format": 1, "version": "0", "layers": [features, features], "activation": "relu",
            "dropout": 0.0, "task": "regression", "seed": 0}  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in (("fc1.weight", np.eye(features, dtype="f4")), ("fc1.bias", np.zeros(features, "f4"))):
            with archive.open(name + ".npy", "w") as member:
                np.lib.format.write_array(member, values)
        archive.writestr("meta.json", json.dumps(meta))
        archive.writestr("prep.json", json.dumps(prep))


def check_second(t, what, folder, where, fitted, used):
    path, model = os.path.join(folder, "second.csv" + (".gz" if t.gzip else "")), os.path.join(folder, "m.npz")
    out = os.path.join(folder, "p.npz")
    t.write(path, min(t.rows, 500), new=True)
    second = prep_oracle.read(path, t.delimiter, t.header)
    if any(prep_oracle.kind_of(second[n]) != c.kind and second[n].notna().any() for c, n in zip(fitted, used)):
        return  # a column that happens to look otherwise
    with open(os.path.join(where, "prep.json"), encoding="utf-8") as file:
        prep = json.load(file)
    features = sum(len(c.conditioning) for c in fitted)
    write_identity(model, prep, features)
    done = run("predict", model, path, "--out", out)
    try:
        want = prep_oracle.transform(fitted, second, used)
    except Refused as why:
        report(done.returncode == 1, f"{what}: predict: exit status {done.returncode} where it refuses ({why})")
        return
    if not report(done.returncode == 0, f"{what}: predict: {done.stderr.strip()}"):
        return
    with np.load(out) as archive:
        got = archive["prediction"].reshape(len(second), features)
    counts["predicted"] += want.size
    limit = prep_oracle.tolerance(fitted, want) + np.abs(want) * FLOAT_ERROR + 1e-45
    off = np.abs(got - want) > limit
    report(not off.any(), f"{what}: predict: {off.sum()} of {off.size} features differ")
    unseen = sum(c.unseen for c in fitted if c.plan.encode != "numeric")
    report((unseen > 0) == ("not met" in done.stderr or "unseen" in done.stderr),
           f"{what}: predict: {unseen} categories are new, and it says {done.stderr!r}")  # fmt: skip


# ---- real tables ----


def check_real(name, about, folder, more=(), **changes):
    path, out = tables.real_data("tables", name + ".csv"), os.path.join(folder, name)
    what = " ".join([name, *more])
    done = run("prep", path, "--target", about["target"], "--out", out, "--quiet", *more)
    counts["tables"] += 1
    if not report(done.returncode == 0, f"{what}: {done.stderr.strip()}"):
        return
    table = prep_oracle.read(path)
    used = features_used(out)
    plans = {n: prep_oracle.default_plan(prep_oracle.kind_of(table[n])) for n in used}
    for n in used:
        if changes and prep_oracle.kind_of(table[n]) == "text":
            plans[n] = Plan(fill="most_frequent", **changes)
    task = about["task"]
    y = prep_oracle.labels(table[about["target"]], task)
    (train, val), = prep_oracle.Division().rows(y)
    fitted = fit(table, train, used, plans)
    compare(what + ", train", fitted, table.iloc[train], used, arrays(out, "train"), y[train])
    compare(what + ", val", fitted, table.iloc[val], used, arrays(out, "val"), y[val])


def main():
    global verbose
    warnings.filterwarnings("ignore")
    seeds = [int(s) for s in sys.argv[1:]]
    verbose = bool(seeds)
    for seed in seeds or range(2 * TABLES):
        if counts["prepared"] == TABLES:
            break
        with tempfile.TemporaryDirectory() as folder:
            check_table(seed, folder)
    report(seeds or counts["prepared"] == TABLES, f"{counts['prepared']} tables prepared by both")
    with tempfile.TemporaryDirectory() as folder:
        for name, about in {} if seeds else tables.catalogue().items():
            check_real(name, about, folder)
            check_real(name, about, folder, ["--encode", "onehot"], encode="onehot", scale="none", unseen="zero")
    print(", ".join(f"{counts[k]} {k}" for k in counts))
    if problems:
        sys.exit(f"{len(problems)} problems; prep_tables.py SEED repeats one")


if __name__ == "__main__":
    main()
