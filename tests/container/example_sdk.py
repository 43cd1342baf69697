#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example names classes and arguments that the SageMaker SDK (version 2) has. Its source is read,
not run: the installed package's, or that of a checkout that SKIFF_SAGEMAKER_SDK names. Then an
example that was spoilt must be found out."""

import ast
import importlib.util
import os
import re
import sys

SKIP = 77


def sdk_folder():
    given = os.environ.get("SKIFF_SAGEMAKER_SDK")
    if given:
        return os.path.join(given, "src", "sagemaker")
    spec = importlib.util.find_spec("sagemaker")
    return spec.submodule_search_locations[0] if spec else None


def module_of(folder, name):
    """Classes of a module by name, and those that it takes from another one."""
    with open(os.path.join(folder, name.split(".")[-1] + ".py"), encoding="utf-8") as f:
        body = ast.parse(f.read()).body
    classes = {n.name: n for n in body if isinstance(n, ast.ClassDef)}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "sagemaker.parameter":
            there = module_of(folder, node.module)
            classes.update({n.name: there[n.name] for n in node.names if n.name in there})
    return classes


def arguments(function):
    a = function.args
    return {x.arg for x in a.posonlyargs + a.args + a.kwonlyargs} - {"self"}


def method(classes, name, wanted):
    """The arguments of a method of a class, those of its base's for an __init__ too."""
    found = set()
    while name in classes:
        functions = {n.name: n for n in classes[name].body if isinstance(n, ast.FunctionDef)}
        if wanted in functions:
            found |= arguments(functions[wanted])
            if wanted != "__init__":
                return found
        bases = [b.id for b in classes[name].bases if isinstance(b, ast.Name)]
        name = bases[0] if bases else None
    return found


def problems(example, folder):
    tree = ast.parse(example)
    classes, imported, found = {}, set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("sagemaker"):
            there = module_of(folder, node.module)
            for name in node.names:
                if name.name not in there:
                    found.append(f"{node.module} has no class {name.name}")
                imported.add(name.name)
            classes.update(there)
    classes.update(module_of(folder, "sagemaker.parameter"))  # their bases
    calls = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in imported:
            allowed, what = method(classes, node.func.id, "__init__"), node.func.id
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "fit":
            allowed, what = method(classes, "Estimator", "fit") | {"inputs"}, "fit"
            allowed &= method(classes, "HyperparameterTuner", "fit")
        else:
            continue
        calls += 1
        found += [f"{what}() has no argument {k.arg}" for k in node.keywords
                  if k.arg not in allowed]
    return found, calls


def main():
    source = os.environ.get("SKIFF_SRCDIR", ".")
    with open(os.path.join(source, "container", "example_job.py"), encoding="utf-8") as f:
        example = f.read()
    compile(example, "example_job.py", "exec")
    folder = sdk_folder()
    if not folder or not os.path.exists(os.path.join(folder, "estimator.py")):
        print("skipped: no SageMaker SDK, version 2: neither the package nor SKIFF_SAGEMAKER_SDK")
        sys.exit(SKIP)
    found, calls = problems(example, folder)
    print(f"{calls} calls, {folder}")
    for spoilt in ("max_run=", "max_wayt="), ("s3_data=", "s3="), ("max_jobs=", "jobs="), (
        "IntegerParameter", "WholeParameter"):
        if not problems(re.sub(*spoilt, example), folder)[0]:
            found.append(f"not found out: {spoilt[1]}")
    print("\n".join(f"FAIL: {f}" for f in found) or "passed")
    sys.exit(bool(found) or calls < 9)


main()
