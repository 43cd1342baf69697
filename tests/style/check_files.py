#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files: a licence line at the top, one name once in the tree, each listed where the build finds
it, each module on the map (ARCHITECTURE.md), nothing in them that only one machine has, and no call
of a shell library's function without the library: the shell would say so and go on."""

import collections
import os
import re

import source

LICENCE = "SPDX-License-Identifier: MIT"
# The same name in every folder, or no name to be unique.
COMMON = ("Makefile.inc", "README.md", "__init__.py")
# Places on the writer's machine; what a job finds under /opt/ml or /usr is the same everywhere.
MACHINE = re.compile(r"(?<![\w.])/(?:work|home|root|Users|mnt|scratch)/\w|\.\./shared\b|/tmp/h-")


def check_licence(top, path):
    head = source.read(top, path).split("\n", 2)
    place = 1 if head[0].startswith("#!") else 0
    return LICENCE in (head[place] if len(head) > place else "")


def listed(path, words):
    """Is the file, the program made from it, or a folder that holds it named in the fragments?"""
    while path:
        if path in words or os.path.splitext(path)[0] in words:
            return True
        path = os.path.dirname(path)
    return False


def unmapped(top, paths):
    """Modules of a layer that its section of ARCHITECTURE.md, "### src/LAYER", does not name."""
    if not os.path.exists(os.path.join(top, "ARCHITECTURE.md")):
        return
    sections = re.split(r"^#+ (.*)$", source.read(top, "ARCHITECTURE.md"), flags=re.M)
    named = {title: {name.split(".")[0] for name in re.findall(r"`([\w.]+)`", text)}
             for title, text in zip(sections[1::2], sections[2::2])}
    for path in paths:
        layer, name = os.path.split(path)
        module, kind = os.path.splitext(name)
        inner = module.endswith("_inner") and kind == ".h"
        if path.startswith("src/") and kind in (".c", ".h") and not inner:
            if module not in named.get(layer, ()):
                yield f"{path}: ARCHITECTURE.md, in '### {layer}', does not name it"


def unsourced(top, paths):
    """Calls of functions of lib.sh and its like in scripts that source none of them."""
    texts = {p: source.read(top, p) for p in paths if p.endswith(".sh")}
    defined = {p: set(re.findall(r"^(\w+)\(\) *{", t, re.M)) for p, t in texts.items()}
    shared = set().union(*(names for p, names in defined.items() if p.endswith("lib.sh")))
    for path, text in texts.items():
        if re.search(r"^\. .*lib\.sh", text, re.M):
            continue
        for name in sorted(shared - defined[path]):
            if re.search(rf"^\s*{name}( [^=]|$)", text, re.M):
                yield f"{path}: calls {name} of a library that it does not source"


def main():
    top, problems = source.root(), []
    paths = source.files(top)
    alone = [p for p in ("bootstrap", "configure.ac", "Makefile.am") if
             os.path.exists(os.path.join(top, p))]

    for path in paths + alone:
        if path.endswith((".c", ".h", ".py", ".sh", ".inc", ".am", ".ac")) or path in (
            "bootstrap", ".ci/run"
        ):
            if not check_licence(top, path):
                problems.append(f"{path}: the first line lacks '{LICENCE}'")

    names = collections.defaultdict(list)
    for path in paths:
        names[os.path.basename(path)].append(path)
    for name, users in sorted(names.items()):
        users = [u for u in users if "/corpus/" not in u and "/golden/" not in u]
        if len(users) > 1 and name not in COMMON:
            problems.append(f"one name, several files: {', '.join(users)}")

    fragments = ["Makefile.am"] + [p for p in paths if p.endswith("Makefile.inc")]
    text = "\n".join(source.read(top, p) for p in fragments)
    words = set(re.sub(r"^#.*", "", text, flags=re.M).split())
    for path in paths:
        if path.endswith("Makefile.inc"):
            if path not in words:
                problems.append(f"{path}: Makefile.am does not include it")
        elif not listed(path, words):
            problems.append(f"{path}: listed in no Makefile.inc")

    problems += unmapped(top, paths)
    problems += unsourced(top, paths)
    texts = [p for p in os.listdir(top) if p.endswith((".md", ".am", ".ac")) or p == "NEWS"]
    for path in paths + sorted(texts) + ["bootstrap"]:
        if path.endswith((".npz", ".pth", ".png", "check_files.py", "check_must_fail.sh")):
            continue
        if not os.path.exists(os.path.join(top, path)) or "/corpus/" in path:
            continue
        for number, line in enumerate(source.read(top, path).split("\n"), 1):
            for match in MACHINE.finditer(line):
                problems.append(f"{path}:{number}: '{match.group(0)}': a path of one machine")
    source.finish(problems, f"{len(paths)} files")


main()
