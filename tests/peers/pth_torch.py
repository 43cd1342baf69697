#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""State dicts written here and loaded by torch: values bit for bit, into the module they belong to,
with and without weights_only, and nothing in the pickle but what torch's safe loader knows.
SKIFF_TESTLIB names the folder of the helper program io_driver."""

import os
import pickletools
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict

try:
    import numpy
    import torch
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

DRIVER = os.path.join(os.environ.get("SKIFF_TESTLIB", "."), "io_driver")
GLOBALS = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch FloatStorage"}
problems = []


def report(good, text):
    print("%s: %s" % ("ok" if good else "FAIL", text))
    if not good:
        problems.append(text)


class Net(torch.nn.Module):
    def __init__(self, sizes):
        super().__init__()
        for i, (d, h) in enumerate(zip(sizes, sizes[1:]), 1):
            setattr(self, "fc%d" % i, torch.nn.Linear(d, h))


def convert(folder, arrays):
    given, path = os.path.join(folder, "given.npz"), os.path.join(folder, "nn_model.pth")
    numpy.savez(given, **arrays)
    subprocess.run([DRIVER, "pth", given, path], check=True)
    return path


def check_values(loaded, arrays, what):
    report(type(loaded) is OrderedDict and list(loaded) == list(arrays),
           "%s: an OrderedDict with the keys %s" % (what, list(arrays)))
    for name, array in arrays.items():
        tensor = loaded[name]
        good = tensor.dtype == torch.float32 and tuple(tensor.shape) == array.shape
        good = good and tensor.is_contiguous() and not tensor.requires_grad
        good = good and tensor.storage_offset() == 0 and tensor.device.type == "cpu"
        good = good and tensor.stride() == torch.empty(array.shape).stride()
        good = good and tensor.numpy().tobytes() == array.tobytes()
        report(good, "%s: %s %s bit for bit" % (what, name, tuple(array.shape)))


def check_module(folder, sizes):
    torch.manual_seed(sum(sizes))
    source, target = Net(sizes), Net(sizes)
    state = source.state_dict()
    path = convert(folder, {k: v.numpy() for k, v in state.items()})
    for kwargs in ({}, {"weights_only": True}, {"map_location": "cpu"}):
        for p in target.parameters():
            torch.nn.init.zeros_(p)
        result = target.load_state_dict(torch.load(path, **kwargs))
        same = all(torch.equal(a, b) for a, b in zip(source.parameters(), target.parameters()))
        report(same and not result.missing_keys and not result.unexpected_keys,
               "layers %s through torch.load(%s) and load_state_dict" % (sizes, kwargs))
        target.train()
        for p in target.parameters():  # storages are the tensors' own and can be trained
            p.data.add_(1.0)


def check_pickle(path):
    with zipfile.ZipFile(path) as archive:
        report(archive.testzip() is None, "zipfile finds every CRC right")
        names = archive.namelist()
        text = archive.read("archive/data.pkl")
        report(archive.read("archive/byteorder") == b"little", "byteorder is little")
        report(archive.read("archive/version") == b"3\n", "version is that of torch %s" % (
            torch.__version__))
    report(all(n.startswith("archive/") for n in names), "one folder: %s" % names)
    used = {arg for op, arg, _ in pickletools.genops(text) if op.name == "GLOBAL"}
    report(used == GLOBALS, "globals of the pickle: %s" % sorted(used))


def main():
    rng = numpy.random.default_rng(1)
    odd = {"row": rng.normal(size=(1, 300)), "column": rng.normal(size=(300, 1)),
           "empty": numpy.zeros((3, 0)), "long": rng.normal(size=70000),
           "wide": rng.normal(size=(2, 40000)),
           "special": numpy.array([numpy.nan, numpy.inf, -0.0, 1e-45])}  # fmt: skip
    odd = {k: v.astype("f4") for k, v in odd.items()}
    with tempfile.TemporaryDirectory() as folder:
        for sizes in ([7, 64, 32, 1], [1, 1], [300, 10]):
            check_module(folder, sizes)
        path = convert(folder, odd)
        check_values(torch.load(path), odd, "torch.load")
        check_values(torch.load(path, weights_only=True), odd, "torch.load weights_only")
        check_pickle(path)
        with open(path, "rb") as stream:
            check_values(torch.load(stream), odd, "torch.load of a stream")
    return 1 if problems else 0


sys.exit(main())
