#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Columns that skiff reads from a CSV beside those of pandas.read_csv(float_precision="round_trip"):
200 generated tables of all types, spellings of numbers and missing values, quoting, line ends,
delimiters, widths and compressions; and a million numbers beside Python's float(). Types, missing
values and texts must agree, and every number to the bit; one thread, three threads, a pipe and the
figures alone must give the same.
"""
import gzip
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
    from pandas._libs.parsers import STR_NA_VALUES
except ImportError as error:
    print(f"skip: {error}")
    sys.exit(77)

DRIVER = os.path.join(os.environ.get("SKIFF_TESTLIB", "tests/peers"), "frame_driver")
if not os.access(DRIVER, os.X_OK):
    print(f"skip: no {DRIVER}")
    sys.exit(77)
TABLES = 200
problems = []
values_compared = 0


def report(good, what):
    if not good:
        problems.append(what)
        print("FAIL " + what)


# ---- values, as text ----

WORDS = ["S", "C", "Q", "male", "female", "Zoë", "naïve", "日本", "a b", " lead", "trail ", "it's",
         "x,y", "x;y", "tab\there", "p|q", 'say "hi"', '"', '""', "two\nlines", "crlf\r\nin",
         "None", "none", "NA ", " NA", "Nan", "nAn", "TRUE ", "yes", "-", "+", ".", "e5", "1e",
         "0x10", "1_000", "1 2", "12abc", "--1", "1.2.3", "NULL?", "#", "#N", "<N", "1.#IN",
         "inf inity", "\u00a01"]  # fmt: skip


def float_text(rng):
    x = rng.choice([rng.uniform(-1, 1), rng.gauss(0, 1e3), rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300),
                    struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]])  # fmt: skip
    if not math.isfinite(x):
        x = 0.5
    formats = [repr, "{:.17g}".format, "{:.25e}".format, "{:e}".format]
    if abs(x) < 1e15:  # pandas makes a column text whose first number begins with 20 digits
        formats += ["{:.3f}".format, "{:.0f}".format]
    text = rng.choice(formats)(x)
    if rng.random() < 0.1:
        text = text.upper()
    if rng.random() < 0.1 and not text.startswith("-"):
        text = "+" + text
    if rng.random() < 0.05:
        text = rng.choice([" ", "  ", "\t"]) + text + rng.choice(["", " "])
    if rng.random() < 0.05:
        text = rng.choice([".5", "5.", "-.25", "1.e3", "00012.50", "1E+05", "inf", "-inf", "+Infinity", "INF"])
    return text


def column(rng, rows):
    """Values of one kind; None where one is missing."""
    kind = rng.choice("float float int int wide huge bool text text words unique date late empty".split())
    if kind == "float":
        return [float_text(rng) for _ in range(rows)]
    if kind == "int":
        size = rng.choice([2, 10, 1000, 10**9, 2**53])
        low = rng.choice([0, -size])
        return [rng.choice(["{}", "{}", "{}", "{:04d}"]).format(rng.randint(low, size)) for _ in range(rows)]
    if kind == "wide":
        return [str(rng.randint(-(2**63), 2**63 - 1)) for _ in range(rows)]
    if kind == "huge":
        return [str(rng.getrandbits(90) | 1 << 80) for _ in range(rows)]
    if kind == "bool":
        words = rng.choice([["True", "False"], ["TRUE", "FALSE"], ["true", "false"], ["true", "False"]])
        return [rng.choice(words) for _ in range(rows)]
    if kind == "text":
        some = rng.sample(WORDS, rng.randint(1, 6))
        return [rng.choice(some) for _ in range(rows)]
    if kind == "words":
        return [rng.choice(WORDS) for _ in range(rows)]
    if kind == "unique":
        return ["%s%d" % (rng.choice(["id", "a longer beginning than eight bytes "]), i) for i in range(rows)]
    if kind == "date":
        return ["%04d-%02d-%02d" % (rng.randint(1900, 2030), rng.randint(1, 12), rng.randint(1, 28)) for _ in range(rows)]
    if kind == "late":  # numbers or truth until somewhere
        first = rng.choice([["1.0", "2", "007"], ["True", "TRUE"], ["1e5", "-0"]])
        at = rng.choice([0, rows // 2, rows - 1])
        return [rng.choice(first) if i != at else "turned" for i in range(rows)]
    return [None] * rows


def with_missing(rng, values):
    share = rng.choice([0, 0, 0.05, 0.5])
    spellings = rng.choice([[""], sorted(STR_NA_VALUES), ["NA"], ["nan", ""]])
    return [rng.choice(spellings) if v is None or rng.random() < share else v for v in values]


def quote(text, delimiter, rng, always):
    must = any(c in text for c in (delimiter, '"', "\n", "\r"))
    if must or always or rng.random() < 0.02:
        return '"' + text.replace('"', '""') + '"'
    return text


def table(rng):
    rows = rng.choice([1, 2, 3, 10, 100, 1000, rng.randint(1, 20000)])
    columns = rng.choice([1, 2, 3, 5, 8, 20])
    delimiter = rng.choice([",", ",", ";", "\t", "|"])
    end = rng.choice(["\n", "\r\n"])
    always = rng.random() < 0.1
    blanks = rng.random() < 0.2
    data = [with_missing(rng, column(rng, rows)) for _ in range(columns)]
    names = ["col%d" % i if rng.random() < 0.8 else "Näme %d" % i for i in range(columns)]
    lines = [delimiter.join(quote(n, delimiter, rng, always) for n in names)]
    for r in range(rows):
        fields = [quote(d[r], delimiter, rng, always) for d in data]
        line = delimiter.join(fields)
        if columns == 1 and line.strip(" \t") == "":
            line = '""'
        lines.append(line)
        if blanks and rng.random() < 0.05:
            lines.append(rng.choice(["", "  ", ""]))
    text = end.join(lines) + (end if rng.random() < 0.8 else "")
    bom = b"\xef\xbb\xbf" if rng.random() < 0.2 else b""
    return bom + text.encode(), delimiter


# ---- skiff's columns and pandas' ----


def run(path, out, *options, stdin=None):
    done = subprocess.run([DRIVER, path, out, *options], capture_output=True, stdin=stdin)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip())
    with np.load(out) as archive:
        arrays = {k: archive[k] for k in archive.files if k != "meta.json"}
        return json.loads(bytes(archive["meta.json"])), arrays


def check_column(where, meta, got, want):
    global values_compared
    values_compared += len(want)
    missing = want.isna().to_numpy()
    report(meta["missing"] == missing.sum(), f"{where}: {meta['missing']} missing, not {missing.sum()}")
    if want.dtype == object:
        kinds = set(type(v) for v in want[~missing])
        boolean = kinds == {bool}
        report(meta["kind"] == ("boolean" if boolean else "text"), f"{where}: {meta['kind']}, pandas has {kinds}")
        if meta["kind"] == "text":
            report(meta["texts"] == sorted(set(want[~missing])), f"{where}: the texts differ")
            codes = got.astype(np.int64)
            codes[got == 0xFFFFFFFF] = -1
            same = [None if c < 0 else meta["texts"][c] for c in codes] == [None if m else v for v, m in zip(want, missing)]
            report(same, f"{where}: a code is not that of its text")
            report(meta["counts"] == [int((codes == i).sum()) for i in range(len(meta["texts"]))], f"{where}: counts")
            return
    else:
        report(meta["kind"] == ("boolean" if want.dtype == bool else "number"), f"{where}: {meta['kind']}, pandas has {want.dtype}")
        if meta["kind"] == "text":
            return
    x = np.array([math.nan if m else float(v) for v, m in zip(want, missing)])
    same = (got.view("u8") == x.view("u8")) | (np.isnan(got) & np.isnan(x))
    if meta["whole"]:
        same |= got == x  # pandas reads -0 as an integer where it can, and that has no sign
    if not same.all():
        i = int(np.argmin(same))
        report(False, f"{where}: row {i} is {got[i]!r}, pandas has {want[i]!r}")
    finite = x[np.isfinite(x)]
    if len(finite):
        report((meta["min"], meta["max"]) == (finite.min(), finite.max()), f"{where}: range {meta['min']} {meta['max']}")
    whole = meta["kind"] == "number" and len(finite) > 0 and bool((finite == np.floor(finite)).all()) and not np.isinf(x).any()
    report(meta["whole"] == whole, f"{where}: whole is {meta['whole']}")


def check_table(folder, seed):
    rng = random.Random(seed)
    data, delimiter = table(rng)
    path, out = os.path.join(folder, "t.csv"), os.path.join(folder, "t.npz")
    if rng.random() < 0.2:
        half = len(data) // 2
        data = gzip.compress(data[:half]) + gzip.compress(data[half:])
    with open(path, "wb") as file:
        file.write(data)
    want = pd.read_csv(path, sep=delimiter, float_precision="round_trip", low_memory=False,
                       compression="gzip" if data[:2] == b"\x1f\x8b" else None)  # fmt: skip
    where, before = f"table {seed}", len(problems)
    try:
        meta, arrays = run(path, out)
        threads = run(path, out, "3")
        with open(path, "rb") as file:
            cat = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
            pipe = run("-", out, stdin=cat.stdout)
            cat.wait()
        figures = run(path, out, "2", "figures")
    except RuntimeError as error:
        report(False, f"{where}: {error}")
        return
    if len(want.columns) > 1:
        report(meta["delimiter"] == delimiter, f"{where}: delimiter {meta['delimiter']!r}")
    report(meta["header"], f"{where}: no header")
    report(meta["rows"] == len(want), f"{where}: {meta['rows']} rows, not {len(want)}")
    report([c["name"] for c in meta["columns"]] == list(want.columns), f"{where}: names")
    if len(problems) > before:
        return
    for i, c in enumerate(meta["columns"]):
        check_column(f"{where}, column {i}", c, arrays[str(i)], want.iloc[:, i])
    for how, other in (("three threads", threads), ("a pipe", pipe)):
        same = other[0] == meta and all(other[1][k].tobytes() == arrays[k].tobytes() for k in arrays)
        report(same, f"{where}: {how} give something else")
    report(figures[0] == meta, f"{where}: other figures without values")


def check_real(folder, path):
    out = os.path.join(folder, "real.npz")
    want = pd.read_csv(path, float_precision="round_trip", low_memory=False)
    try:
        meta, arrays = run(path, out, "2")
    except RuntimeError as error:
        report(False, f"{path}: {error}")
        return
    names = [c["name"] for c in meta["columns"]]
    report(names == list(want.columns) and meta["rows"] == len(want), f"{path}: {names}")
    for i, c in enumerate(meta["columns"]):
        check_column(f"{os.path.basename(path)}, {c['name']}", c, arrays[str(i)], want.iloc[:, i])


def real_tables():
    top = os.environ.get("SKIFF_REAL_DATA", "")
    found = [os.path.join(place, n) for place, _, names in os.walk(top) for n in names]
    return sorted(f for f in found if f.endswith(".csv"))


# ---- numbers ----


def hard_number(rng):
    """Near the middle between two doubles, exactly or a digit aside."""
    exponent = rng.randint(-80, 20)
    m = rng.getrandbits(52) | 1 << 52
    if exponent >= 0:
        digits, point = str((2 * m + 1) << exponent), 0
    else:
        digits, point = str((2 * m + 1) * 5**-exponent), -exponent
    digits = digits.zfill(point + 1)
    text = digits[: len(digits) - point] + ("." + digits[len(digits) - point :] if point else "")
    tail = rng.choice(["", "0" * rng.randint(1, 5), "0" * rng.randint(0, 900) + "1"]) if point else ""
    return text + tail


def check_numbers(folder, count):
    rng = random.Random(7)
    makers = [
        lambda: float_text(rng).strip(),
        lambda: hard_number(rng),
        lambda: "%d.%de%d" % (rng.getrandbits(30), rng.getrandbits(30), rng.randint(-40, 40)),
        lambda: "%de%d" % (rng.getrandbits(64), rng.randint(-28, 28)),
        lambda: "%.*f" % (rng.randint(0, 19), rng.uniform(-1e4, 1e4)),
        lambda: repr(rng.random()),
        lambda: "%de-%d" % (rng.getrandbits(62), rng.randint(300, 345)),
    ]
    texts = [rng.choice(makers)() for _ in range(count)]
    texts += ["5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623158e308",
              "0." + "0" * 400 + "1e401", "1" + "0" * 400 + "e-400", "9007199254740993." + "0" * 900 + "1",
              "2.2250738585072011e-308", "-0", "0e999999999999", "1e-99999999999999999999"]  # fmt: skip
    path, out = os.path.join(folder, "n.csv"), os.path.join(folder, "n.npz")
    with open(path, "w") as file:
        file.write("x\n" + "\n".join(texts) + "\n")
    meta, arrays = run(path, out)
    want = np.array([float(t) for t in texts])
    got = arrays["0"]
    wrong = np.flatnonzero(got.view("u8") != want.view("u8")) if len(got) == len(want) else [0]
    report(len(wrong) == 0, f"{len(wrong)} numbers differ from float(): {[texts[i][:60] for i in wrong[:3]]}")
    print(f"{len(texts)} numbers equal float()'s to the bit" if len(wrong) == 0 else "numbers differ")


# ---- memory ----


def peak_memory(*command):
    """Peak resident bytes of a command. A process counts the memory of the one that forked it, so
    a small one stands between."""
    between = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "_, status, usage = os.wait4(child.pid, 0)\n"
        "print(usage.ru_maxrss * 1024 if status == 0 else -1)\n"
    )
    done = subprocess.run([sys.executable, "-S", "-E", "-c", between, *command], capture_output=True, text=True)
    return int(done.stdout)


def check_memory(folder):
    rows, columns = 200000, 16
    matrix = rows * columns * 4
    path, tiny = os.path.join(folder, "m.csv"), os.path.join(folder, "tiny.csv")
    with open(path, "w") as file:
        for i in range(rows + 1):
            fields = [f"c{k}" if i == 0 else f"{i * (k + 1) % 9973 / 7:.4f}" if k % 4 else f"word{i % 97}" for k in range(columns)]
            file.write(",".join(fields) + "\n")
    with open(tiny, "w") as file:
        file.write("a\n1\n")
    base = peak_memory(DRIVER, tiny, "-")
    for how, most in (("1",), 2.5 * matrix), (("2",), 2.5 * matrix), (("1", "figures"), 8e6):
        more = peak_memory(DRIVER, path, "-", *how) - base
        report(base > 0 and -1e6 < more < most, f"{more / 1e6:.1f} MB more than for one number, "
               f"not under {most / 1e6:.1f}, for a matrix of {matrix / 1e6:.1f} MB {how}")  # fmt: skip


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_memory(folder)
        check_numbers(folder, 1000000)
        real = real_tables()
        for path in real:
            check_real(folder, path)
        print(f"{len(real)} real tables" if real else "no real tables: SKIFF_REAL_DATA is unset")
        for seed in range(TABLES):
            check_table(folder, seed)
            if len(problems) > 20:
                break
    print(f"{TABLES} tables, {values_compared} values compared with pandas {pd.__version__}: "
          f"{len(problems)} problems")
    return 1 if problems or values_compared < 100000 else 0


sys.exit(main())
