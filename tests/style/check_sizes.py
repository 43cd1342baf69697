#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sizes: a function has at most 80 lines and 6 parameters, in src/ nine in ten have under 45 and
half have 20 or fewer; a .c file at most 800 lines, a header 150. src/kern/kern_*.h are sources
that every CPU level compiles and count as .c. Under 5 lines of #if in 1000, include guards apart."""

import re

import source

LINES, PARAMETERS, NINE_IN_TEN, MEDIAN = 80, 6, 45, 20
SOURCE, HEADER, IFS = 800, 150, 5.0
# Called by a library, whose word the parameters are.
DICTATED = {("src/serve/http_mhd.c", "on_request")}


def main():
    top, problems, sizes, ifs, lines = source.root(), [], [], 0, 0
    for path in source.files(top, ["src", "tests", "bench"], [".c", ".h"]):
        text = source.read(top, path)
        length = text.count("\n")
        header = path.endswith(".h") and not path.startswith("src/kern/kern_")
        limit = HEADER if header else SOURCE
        if length > limit:
            problems.append(f"{path}: {length} lines, more than {limit}")
        for f in source.functions(text):
            where = f"{path}:{f.line}: {f.name}"
            if f.lines > LINES:
                problems.append(f"{where}: {f.lines} lines, more than {LINES}")
            if f.parameters > PARAMETERS and (path, f.name) not in DICTATED:
                problems.append(f"{where}: {f.parameters} parameters, more than {PARAMETERS}")
            if path.startswith("src"):
                sizes.append(f.lines)
        if path.startswith("src"):
            lines += length
            ifs += len(re.findall(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b", source.code(text), re.M))
            ifs -= bool(re.search(r"^#ifndef SKIFF_\w+_H\n#define SKIFF_\w+_H$", text, re.M))
    sizes.sort()
    if sizes:
        median, ninth = sizes[len(sizes) // 2], sizes[len(sizes) * 9 // 10]
        if median > MEDIAN:
            problems.append(f"src: half of the functions have {median} lines or more, not {MEDIAN}")
        if ninth >= NINE_IN_TEN:
            problems.append(f"src: one in ten functions has {ninth} lines or more, not {NINE_IN_TEN}")
        print(f"{len(sizes)} functions: median {median}, nine in ten {ninth}, longest {sizes[-1]}")
    if lines:
        print(f"{ifs} lines of #if in {lines}: {1000 * ifs / lines:.1f} in 1000")
        if 1000 * ifs / lines >= IFS and ifs > 2:
            problems.append(f"src: {1000 * ifs / lines:.1f} lines of #if in 1000, not under {IFS}")
    source.finish(problems, "sizes")


main()
