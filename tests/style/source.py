# SPDX-License-Identifier: MIT
"""What the style checks share: the files of the tree, C text without comments and strings, and the
functions in it. Python's standard library only."""

import os
import re
import sys

LAYERS = ("base io table kern model dist train cost job report serve tune cmd").split()
# What belongs to the project; build folders and whatever else lies about do not.
FOLDERS = ("src", "tests", "bench", "data", "man", "completions", "container", ".ci")


def root():
    """The tree to look at: the argument, or the one that this script belongs to."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", ".."))


def files(top, folders=FOLDERS, ends=("",)):
    """Paths relative to `top`, sorted, of the files whose names end so."""
    found = []
    for folder in folders:
        for place, below, names in os.walk(os.path.join(top, folder)):
            below[:] = [b for b in below if b != "__pycache__" and b != ".deps"]
            found += [os.path.relpath(os.path.join(place, n), top) for n in names]
    skip = (".o", ".log", ".trs", ".dirstamp", "~")
    return sorted(f for f in found if f.endswith(tuple(ends)) and not f.endswith(skip))


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8", errors="replace") as f:
        return f.read()


_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(text):
    """C text with comments blanked and strings emptied; every line stays where it was."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] * 2
        return " " + "\n" * token.count("\n")

    return _TOKENS.sub(blank, text)


class Function:
    def __init__(self, name, line, lines, parameters):
        self.name, self.line, self.lines, self.parameters = name, line, lines, parameters


def _without_directives(text):
    lines, continued = text.split("\n"), False
    for i, line in enumerate(lines):
        directive = continued or line.lstrip().startswith("#")
        continued = directive and line.rstrip().endswith("\\")
        if directive:
            lines[i] = ""
    return "\n".join(lines)


def _split(parameters):
    """Top-level commas of a parameter list, counted."""
    if parameters.strip() in ("", "void"):
        return 0
    depth, count = 0, 1
    for c in parameters:
        depth += (c in "([{") - (c in ")]}")
        count += c == "," and depth == 0
    return count


def _header(head):
    """(name, parameter list) when the text before a brace is a function's head, else None."""
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", head, flags=re.S).rstrip()
    if not head.endswith(")") or "=" in re.sub(r"\(.*\)", "", head, flags=re.S):
        return None
    depth = 0
    for i in range(len(head) - 1, -1, -1):
        depth += (head[i] == ")") - (head[i] == "(")
        if depth == 0:
            name = re.search(r"([A-Za-z_]\w*(?:\s*\(\s*\w+\s*\))?)\s*$", head[:i])
            return (name.group(1), head[i + 1 : -1]) if name else None
    return None


def functions(text):
    """The function definitions of C text: first line of the head to the closing brace."""
    # Directives go first: a brace in a macro would upset the count.
    plain = _without_directives(code(text))
    found, depth, start, head, line = [], 0, 0, None, 0
    for match in re.finditer(r"[{};]", plain):
        c, at = match.group(0), match.start()
        if c == "{":
            if depth == 0:
                before = plain[start:at]
                head = _header(before)
                first = start + len(before) - len(before.lstrip())
                line = plain.count("\n", 0, first) + 1
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                if head:
                    last = plain.count("\n", 0, at) + 1
                    found.append(Function(head[0], line, last - line + 1, _split(head[1])))
                start = at + 1
        elif depth == 0:
            start = at + 1
    return found


def finish(problems, summary):
    """Print and leave: 0 when there is nothing to complain about."""
    for problem in problems:
        print(problem)
    print(f"{summary}: {len(problems)} problems")
    sys.exit(1 if problems else 0)
