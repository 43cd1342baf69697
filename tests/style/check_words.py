#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Words that the source does not say: unsafe string functions anywhere; memory functions outside
base/mem.c; printing and leaving outside cmd/; struct typedefs and _t names of our own; flags that
change arithmetic."""

import re

import source

UNSAFE = "strcpy strcat sprintf vsprintf atoi atol atoll atof strtok gets rand srand alloca".split()
MEMORY = (
    "malloc calloc realloc reallocarray free aligned_alloc posix_memalign memalign "
    "strdup strndup asprintf vasprintf"
).split()
LEAVING = "exit _exit _Exit quick_exit abort printf vprintf puts putchar perror".split()
STREAMS = ("stdout", "stderr")
LOGGER = "src/base/log.c"


def calls(words):
    return re.compile(r"(?<![\w.>])(" + "|".join(words) + r")\s*\(")


RULES = [
    # what, pattern, for which paths
    ("unsafe", calls(UNSAFE), lambda p: True),
    ("memory goes through base/mem.h", calls(MEMORY),
     lambda p: p.startswith("src/") and p != "src/base/mem.c"),
    ("only cmd/ prints and leaves", calls(LEAVING),
     lambda p: p.startswith("src/") and not p.startswith("src/cmd/") and p != LOGGER),
    ("only cmd/ prints", re.compile(r"\b(" + "|".join(STREAMS) + r")\b"),
     lambda p: p.startswith("src/") and not p.startswith("src/cmd/") and p != LOGGER),
    ("no typedef of a struct", re.compile(r"\b(typedef\s+(?:struct|union|enum))\b"),
     lambda p: p.startswith("src/")),
    ("_t names are the system's", re.compile(r"\btypedef\b[^;{]*?\b(\w+_t)\s*;"),
     lambda p: p.startswith("src/")),
    ("the locale stays C", calls(["setlocale"]), lambda p: p.startswith("src/")),
]  # fmt: skip


def main():
    top, problems = source.root(), []
    paths = source.files(top, ["src", "tests", "bench"], [".c", ".h"])
    for path in paths:
        text = source.code(source.read(top, path))
        for why, pattern, applies in RULES:
            if not applies(path):
                continue
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{path}:{line}: '{match.group(1)}': {why}")
    builds = ["Makefile.am", "configure.ac"] + source.files(top, ends=["Makefile.inc"])
    for path in builds:
        for word in re.findall(r"-ffast-math|-Ofast|-funsafe-math-optimizations|-march=native",
                               source.read(top, path)):
            problems.append(f"{path}: {word} changes arithmetic")
    source.finish(problems, f"words of {len(paths)} files")


main()
