#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Archives written by numpy and read here, archives written here and read by numpy: float32 and
float64 values bit for bit, the figures of `skiff inspect`, and memory that does not grow with an
archive. SKIFF names the program, SKIFF_TESTLIB the folder of the helper program io_driver;
SKIFF_LONG=1 adds archives beyond 4 GB (6 GB of disk, a minute)."""

import io
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
import zlib

try:
    import numpy
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

SKIFF = os.environ.get("SKIFF", "skiff")
DRIVER = os.path.join(os.environ.get("SKIFF_TESTLIB", "."), "io_driver")
TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
SHAPES = [(), (1,), (5,), (0,), (0, 4), (1000,), (569, 7), (7, 569), (3, 4, 5), (2, 1, 3, 2),
          (40001, 3), (300, 301)]  # fmt: skip
MEGABYTE = 1 << 20
problems = []


def report(good, text):
    print("%s: %s" % ("ok" if good else "FAIL", text))
    if not good:
        problems.append(text)


def random_array(rng, kind, shape):
    """Values of all magnitudes; for floats every bit pattern, ties and subnormals among them."""
    size = int(numpy.prod(shape, dtype=int))
    dtype = numpy.dtype(kind)
    if kind == "b1":
        return rng.integers(0, 2, size).astype(bool).reshape(shape)
    bits = rng.integers(0, 256, size * dtype.itemsize, dtype=numpy.uint8).view(dtype)
    if kind == "f8":
        near = rng.normal(size=size).astype("f4").astype("f8")
        gap = numpy.spacing(near.astype("f4")).astype("f8")
        ties = near + gap / 2 * rng.choice([1, 1 + 2**-20, 1 - 2**-20], size)
        small = rng.normal(size=size) * 2.0 ** rng.integers(-160, -120, size)
        choice = rng.integers(0, 4, size)
        bits = numpy.choose(choice, [bits, near, ties, small])
    if kind in ("i8", "u8"):
        bits = bits >> rng.integers(0, 60, size).astype(bits.dtype)
    return bits.reshape(shape)


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        report(False, "%s: status %d: %s" % (command, done.returncode, done.stderr.decode()))
    return done.stdout


def same_bits(got, want):
    return got.dtype == want.dtype and got.shape == want.shape and got.tobytes() == want.tobytes()


def no_payload(values):
    """NaNs made alike: hardware and software keep different bits of one."""
    values = values.copy()
    values[numpy.isnan(values)] = numpy.nan
    return values


def close(a, b):
    """JSON's null stands for what is not finite."""
    return a is None and not numpy.isfinite(b) or a is not None and abs(a - b) <= 1e-12 * max(
        abs(b), 1e-300)


def check_figures(member, array):
    with numpy.errstate(all="ignore"):
        wide = array.astype("f8")
        narrow = no_payload(numpy.array(array.astype("<f4"), order="C", ndmin=0))
    finite = wide[numpy.isfinite(wide)]
    good = member["nan_count"] == int(numpy.isnan(wide).sum())
    good &= member["inf_count"] == int(numpy.isinf(wide).sum())
    if finite.size:
        good &= member["min"] == finite.min() and member["max"] == finite.max()
        scale = max(abs(finite).max(), 1e-300)
        with numpy.errstate(all="ignore"):
            mean = (finite / scale).mean() * scale
        if abs(finite).max() < 1e300:
            good &= abs(member["mean"] - mean) <= 1e-12 * scale
    else:
        good &= member["min"] is None and member["mean"] is None
    good &= member["shape"] == list(array.shape)
    good &= member["dtype"].lstrip("|<>") == array.dtype.str.lstrip("|<>")
    if not numpy.isnan(wide).any():
        good &= int(member["crc32_f32"], 16) == zlib.crc32(narrow.tobytes())
    return bool(good)


def check_file(folder, path, arrays, what):
    """Read an archive as float32 and float64, compare with numpy's astype and inspect's figures."""
    out = os.path.join(folder, "out.npz")
    bad = []
    for mode, dtype in (("npz", "<f4"), ("f64", "<f8")):
        run(DRIVER, mode, path, out)
        with numpy.load(out) as got, numpy.errstate(all="ignore"):
            for name, array in arrays.items():
                want = array.astype(dtype)
                if not same_bits(no_payload(got[name]), no_payload(want)):
                    bad.append("%s as %s" % (name, dtype))
    listing = json.loads(run(SKIFF, "inspect", path, "--json") or "{}")
    members = {m["name"]: m for m in listing.get("members", [])}
    bad += ["figures of %s" % n for n, a in arrays.items() if not check_figures(members[n], a)]
    report(not bad, "%s: %d arrays, float32 and float64 equal to astype bit for bit, figures equal"
           " (means to 1e-12)%s" % (what, len(arrays), "".join("; not " + b for b in bad[:5])))


def check_types(folder, rng):
    for compressed, fortran in itertools.product((False, True), repeat=2):
        arrays = {}
        for kind, order, shape in itertools.product(TYPES, "<>", SHAPES):
            array = random_array(rng, kind, shape).astype(numpy.dtype(kind).newbyteorder(order))
            name = "%s%s %s" % ("le" if order == "<" else "be", kind, shape)
            arrays[name] = numpy.asfortranarray(array) if fortran and shape else array
        path = os.path.join(folder, "types.npz")
        (numpy.savez_compressed if compressed else numpy.savez)(path, **arrays)
        check_file(folder, path, arrays, "all types, %s, %s order" % (
            "deflated" if compressed else "stored", "Fortran" if fortran else "C"))


def npy_bytes(array, version):
    stream = io.BytesIO()
    numpy.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


class OneWay(io.RawIOBase):
    """A stream that cannot go back: zipfile then writes data descriptors."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()


def check_layouts(folder, rng):
    arrays = {"X": rng.normal(size=(1000, 9)), "y": numpy.arange(1000) % 3}
    path = os.path.join(folder, "layout.npz")
    for version, method in itertools.product(((1, 0), (2, 0), (3, 0)), (0, 8)):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.comment = b"a comment"
            for name, array in arrays.items():
                info = zipfile.ZipInfo(name + ".npy")
                info.extra = b"\x99\x99\x04\x00more"
                info.compress_type = method
                archive.writestr(info, npy_bytes(array, version))
            archive.writestr("meta.json", "{}")
        check_file(folder, path, arrays, "npy %d.0, method %d, extra field, comment" % (
            version[0], method))
    for method, force in itertools.product((0, 8), (False, True)):
        stream = OneWay(path)
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, array in arrays.items():
                with archive.open(name + ".npy", "w", force_zip64=force) as member:
                    member.write(npy_bytes(array, (1, 0)))
        stream.close()
        check_file(folder, path, arrays, "data descriptors, method %d%s" % (
            method, ", zip64" if force else ""))


def check_writer(folder, rng):
    given, out = os.path.join(folder, "given.npz"), os.path.join(folder, "written.npz")
    arrays = {"fc1.weight": rng.normal(size=(64, 7)).astype("f4"),
              "fc1.bias": rng.normal(size=64).astype("f4"),
              "scalar": numpy.float32(3), "empty": numpy.zeros((0, 3), "f4")}  # fmt: skip
    numpy.savez(given, **arrays)
    with zipfile.ZipFile(given, "a") as archive:
        archive.writestr("meta.json", '{"seed": 0}')
    run(DRIVER, "npz", given, out)
    with numpy.load(out) as got:
        report(sorted(got.files) == sorted([*arrays, "meta.json"]), "numpy lists what was written")
        report(got["meta.json"] == b'{"seed": 0}', "meta.json comes back as bytes")
        report(all(same_bits(got[n], numpy.asarray(a)) for n, a in arrays.items()),
               "numpy reads what was written")  # fmt: skip
    with zipfile.ZipFile(out) as archive:
        report(archive.testzip() is None, "zipfile finds every CRC right")
        offsets = []
        for info in archive.infolist():
            with open(out, "rb") as stream:
                stream.seek(info.header_offset + 26)
                sizes = stream.read(4)
            start = info.header_offset + 30 + int.from_bytes(sizes[:2], "little")
            offsets.append((info.filename, (start + int.from_bytes(sizes[2:], "little")) % 64))
        report(all(o == 0 for n, o in offsets if n.endswith(".npy")), "arrays begin at multiples "
               "of 64 bytes: %s" % offsets)  # fmt: skip


def peak_memory(*command):
    """Status and peak resident bytes of a command. A process counts the memory of the one that
    forked it, so a small one stands between."""
    between = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "_, status, usage = os.wait4(child.pid, 0)\n"
        "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)\n"
    )
    words = run(sys.executable, "-S", "-E", "-c", between, *command).split()
    return int(words[0]), int(words[1])


def check_memory(folder):
    tiny, path = os.path.join(folder, "tiny.npz"), os.path.join(folder, "memory.npz")
    numpy.savez(tiny, X=numpy.zeros(1))
    base = peak_memory(SKIFF, "inspect", tiny)[1]
    big = numpy.zeros((100, 250000))  # 200 MB
    for what, array in (("C order", big), ("Fortran order", numpy.asfortranarray(big))):
        numpy.savez_compressed(path, X=array)
        status, peak = peak_memory(SKIFF, "inspect", path)
        report(status == 0 and peak - base < 16 * MEGABYTE, "inspect of 200 MB deflated to %d KB,"
               " %s: %.1f MB more than for one number (at most 16)" % (
                   os.path.getsize(path) // 1024, what, (peak - base) / MEGABYTE))  # fmt: skip


def check_huge(folder):
    """Beyond 4 GB: a stored member with zip64 sizes, and one that begins behind it."""
    path, out = os.path.join(folder, "huge.npz"), os.path.join(folder, "huge-out.npz")
    rows = 9 * (1 << 27) // 8 + 1  # of 8 one-byte numbers: 1.2 GB, 4.8 GB as float32
    big = numpy.zeros((rows, 8), "u1")
    big[-1] = numpy.arange(8)
    tail = numpy.arange(1000.0)
    numpy.savez(path, X=big, tail=tail)
    run(DRIVER, "npz", path, out)
    with numpy.load(out) as got:
        report(numpy.array_equal(got["tail"], tail), "an array that begins beyond 4 GB")
    size = os.path.getsize(out)
    listing = json.loads(run(SKIFF, "inspect", out, "--json") or "{}")
    member = listing["members"][0]
    want = big.sum(dtype="i8") / big.size
    report(size > 1 << 32 and member["full_size"] > 1 << 32 and close(member["mean"], want)
           and member["max"] == 7, "a member of %d bytes in an archive of %d, zip64" % (
               member["full_size"], size))  # fmt: skip


def main():
    rng = numpy.random.default_rng(20240607)
    with tempfile.TemporaryDirectory() as folder:
        check_types(folder, rng)
        check_layouts(folder, rng)
        check_writer(folder, rng)
        check_memory(folder)
        if os.environ.get("SKIFF_LONG"):
            check_huge(folder)
        else:
            print("skip: archives beyond 4 GB (SKIFF_LONG=1 runs them)")
    report(not problems, "%d problems; peak memory here %d MB" % (
        len(problems), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))
    return 1 if problems else 0


sys.exit(main())
