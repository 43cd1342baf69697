#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples name classes and arguments that the SageMaker SDK (version 2) has. Its source is read,
not run: the installed package's, or that of a checkout that SKIFF_SAGEMAKER_SDK names. Then
examples that were spoilt must be found out. The variables that they set are skiff's."""

import ast
import importlib.util
import os
import re
import sys

SKIP = 77

# Methods by name: of which classes, and what they take besides.
METHODS = {
    "fit": (["sagemaker.estimator Estimator", "sagemaker.tuner HyperparameterTuner"], {"inputs"}),
    "deploy": (["sagemaker.model Model"], set()),
    "transformer": (["sagemaker.model Model"], set()),
    "transform": (["sagemaker.transformer Transformer"], set()),
    "predict": (["sagemaker.predictor Predictor"], set()),
    "delete_endpoint": (["sagemaker.predictor Predictor"], set()),
}
# Modules that others take classes from.
FROM = ("sagemaker.parameter", "sagemaker.base_serializers", "sagemaker.base_deserializers",
        "sagemaker.base_predictor", "sagemaker.serverless.serverless_inference_config")  # fmt: skip
# An example, the least number of its calls, and how it may be spoilt.
EXAMPLES = {
    "example_job.py": (9, [("max_run=", "max_wayt="), ("s3_data=", "s3="), ("max_jobs=", "jobs="),
                           ("IntegerParameter", "WholeParameter")]),
    "example_serve.py": (12, [("image_uri=", "image="), ("initial_instance_count=", "instances="),
                              ("memory_size_in_mb=", "memory="), ("assemble_with=", "assemble="),
                              ("split_type=", "split="), ("custom_attributes=", "attributes="),
                              ("CSVSerializer", "CsvSerializer")]),
}  # fmt: skip


def sdk_folder():
    given = os.environ.get("SKIFF_SAGEMAKER_SDK")
    if given:
        return os.path.join(given, "src", "sagemaker")
    spec = importlib.util.find_spec("sagemaker")
    return spec.submodule_search_locations[0] if spec else None


def module_of(folder, name):
    """Classes of a module or package by name, and those that it takes from others by name."""
    path = os.path.join(folder, *name.split(".")[1:])
    path = os.path.join(path, "__init__.py") if os.path.isdir(path) else path + ".py"
    with open(path, encoding="utf-8") as f:
        body = ast.parse(f.read()).body
    classes = {n.name: n for n in body if isinstance(n, ast.ClassDef)}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module in FROM:
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


def of_method(folder, name):
    """What it takes in each of its classes."""
    classes, allowed = METHODS[name]
    sets = []
    for text in classes:
        module, owner = text.split()
        sets.append(method(module_of(folder, module), owner, name) | allowed)
    return set.intersection(*sets)


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
        elif isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            allowed, what = of_method(folder, node.func.attr), node.func.attr
        else:
            continue
        calls += 1
        found += [f"{what}() has no argument {k.arg}" for k in node.keywords
                  if k.arg not in allowed]
    return found, calls


def variables(source, example):
    """What it sets that skiff does not read."""
    with open(os.path.join(source, "src", "serve", "serve_config.c"), encoding="utf-8") as f:
        known = set(re.findall(r'"(SAGEMAKER_\w+)"', f.read()))
    return [f"skiff does not read {v}" for v in re.findall(r'"(SAGEMAKER_\w+)"', example)
            if v not in known]


def check(example, name, folder):
    least, spoilt = EXAMPLES[name]
    found, calls = problems(example, folder)
    print(f"{name}: {calls} calls")
    for old, new in spoilt:
        if not problems(re.sub(old, new, example), folder)[0]:
            found.append(f"not found out: {new}")
    return found + ([f"only {calls} calls"] if calls < least else [])


def main():
    source, found, examples = os.environ.get("SKIFF_SRCDIR", "."), [], {}
    for name in EXAMPLES:
        with open(os.path.join(source, "container", name), encoding="utf-8") as f:
            examples[name] = f.read()
        compile(examples[name], name, "exec")
        found += variables(source, examples[name])
    folder = sdk_folder()
    if os.path.exists(os.path.join(folder or "", "estimator.py")):
        for name, example in examples.items():
            found += [f"{name}: {f}" for f in check(example, name, folder)]
    elif not found:
        print("skipped: no SageMaker SDK, version 2: neither the package nor SKIFF_SAGEMAKER_SDK")
        sys.exit(SKIP)
    print("\n".join(f"FAIL: {f}" for f in found) or "passed")
    sys.exit(bool(found))


main()
