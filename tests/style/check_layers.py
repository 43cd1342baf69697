#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A folder under src/ is a layer: a file includes headers of its own folder and of folders above
it in source.LAYERS, never below. <mpi.h> and <omp.h> are for one file each."""

import os
import re

import source

ONE_PLACE = ("mpi.h", "omp.h")


def main():
    top, problems, users = source.root(), [], {}
    paths = source.files(top, ["src"], [".c", ".h"])
    for path in paths:
        layer = path.split(os.sep)[1]
        if layer not in source.LAYERS:
            problems.append(f"{path}: '{layer}' is not in the list of layers")
            continue
        # Strings are wanted here, so only whole-line comments are left out.
        for number, line in enumerate(source.read(top, path).split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            bracket, name = match.groups()
            if bracket == "<":
                users.setdefault(name, set()).add(path)
                continue
            other = name.split("/")[0]
            if not os.path.exists(os.path.join(top, "src", name)):
                problems.append(f'{path}:{number}: "{name}" is not a path below src/')
            elif other not in source.LAYERS:
                problems.append(f"{path}:{number}: '{other}' is not in the list of layers")
            elif source.LAYERS.index(other) > source.LAYERS.index(layer):
                problems.append(f"{path}:{number}: {layer}/ may not include {name}: it is below")
    for name in ONE_PLACE:
        if len(users.get(name, ())) > 1:
            problems.append(f"<{name}> belongs into one file: {', '.join(sorted(users[name]))}")
    source.finish(problems, f"layers of {len(paths)} files")


main()
