#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_hostile.py FOLDER: writes archives that lie, one a file, and prints for each a line
FILE<tab>WORDS, where WORDS is part of the reason that a careful reader gives.
make_hostile.py --run COMMAND... -- FILE...: runs the command once a file, its errors into FILE.err,
and prints for each a line: file, exit status, processor seconds, peak memory in bytes.
make_hostile.py --model FILE BYTES: a model.npz whose weights, more than BYTES, deflate to little.
Needs nothing beyond Python's standard library."""

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib

ZEROS = bytes(1 << 20)


def header(descr="'<f4'", order="False", shape="(4,)", text=None, version=1):
    text = text or "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
    prefix = 10 if version == 1 else 12
    text = text.encode() + b" " * (-(prefix + len(text) + 1) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text


def array(data=bytes(16), **kwargs):
    return header(**kwargs) + data


def archive(members, method=0):
    """The bytes of an archive with these (name, bytes) members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return bytearray(stream.getvalue())


def directory(data):
    """Where the central directory begins."""
    return struct.unpack_from("<I", data, len(data) - 22 + 16)[0]


def entry(data, index):
    """Where the index-th entry of the central directory begins."""
    at = directory(data)
    for _ in range(index):
        at += 46 + sum(struct.unpack_from("<HHH", data, at + 28))
    return at


def patched(data, at, fmt, value):
    data = bytearray(data)
    struct.pack_into(fmt, data, at, value)
    return data


def good(method=0):
    members = [("X_train.npy", array(bytes(160), shape="(10, 4)")), ("y_train.npy", array())]
    return archive(members, method)


def liar(size_claimed, data=b"\0" * 64, header_shape="(1, 1)"):
    """A deflated member that claims to inflate to size_claimed bytes."""
    made = archive([("X_train.npy", array(data, shape=header_shape))], 8)
    made = patched(made, 22, "<I", size_claimed)
    return patched(made, entry(made, 0) + 24, "<I", size_claimed)


def bomb():
    """4 GB of zeros announced by a small header, then deflated at the best ratio there is."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = header(shape="(2, 2)")
    crc, size, parts = zlib.crc32(start), len(start), [packer.compress(start)]
    for _ in range(64):
        parts.append(packer.compress(ZEROS))
        crc, size = zlib.crc32(ZEROS, crc), size + len(ZEROS)
    data = b"".join(parts) + packer.flush()
    name = b"X_train.npy"
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(data), size, len(name), 0)
    local = b"PK\3\4" + common + name
    central = b"PK\1\2" + struct.pack("<H", 20) + common + bytes(10) + bytes(4) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + len(data), 0)
    return local + data + central + end


def overlapping():
    """Two entries whose data are the same bytes, under two names."""
    inner = archive([("y_train.npy", array())])
    inner = inner[: directory(inner)]
    made = archive([("X_train.npy", bytes(inner)), ("y_train.npy", array())])
    return patched(made, entry(made, 1) + 42, "<I", 30 + len("X_train.npy"))


def duplicate():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return archive([("X_train.npy", array()), ("X_train.npy", array())])


def arrays():
    """Members that are no honest arrays: name, the member's bytes, the reason."""
    yield "extent_overflow", array(shape="(18446744073709551617,)"), "beyond 64 bits"
    yield "shape_overflow", array(shape="(4294967296, 4294967296)"), "larger than any memory"
    yield "shape_overflow_zero", array(shape="(0, 4294967296, 4294967297)"), "larger than any"
    yield "shape_bytes_overflow", array(shape="(4611686018427387904,)"), "larger than any memory"
    yield "shape_long", array(shape="(5,)"), "takes 20 bytes, the member has 16"
    yield "shape_short", array(shape="(3,)"), "takes 12 bytes, the member has 16"
    yield "shape_tera", array(shape="(1000000000, 1000)"), "the member has 16"
    yield "shape_negative", array(shape="(-4,)"), "negative"
    yield "shape_number", array(shape="4"), "plain literal"
    yield "shape_sum", array(shape="(2+2,)"), "plain literal"
    yield "shape_deep", array(shape="(" + "1," * 33 + ")"), "32 dimensions"
    yield "code", array(text="__import__('os').system('touch pwned')"), "plain literal"
    yield "code_in_value", array(descr="str('<f4')"), "plain literal"
    yield "lambda", array(text="{'descr': (lambda: '<f4')(), 'shape': ()}"), "plain literal"
    yield "more_text", array(text="{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}; 1"), (
        "plain literal")
    yield "code_in_fields", array(descr="[('a', f())]"), "plain literal"
    yield "open_dict", array(text="{'descr': '<f4', 'fortran_order': False, 'shape': (4,"), (
        "plain literal")
    yield "no_shape", array(text="{'descr': '<f4', 'fortran_order': False}"), "lacks the key"
    yield "twice", array(text="{'descr': '<f4', 'descr': '<f8', 'shape': (4,)}"), "twice"
    yield "nested", array(text="{" * 60000, version=2), "plain literal"
    yield "header_long", b"\x93NUMPY\2\0" + struct.pack("<I", 0xFFFFFFFF) + bytes(99), "65536"
    yield "header_beyond", b"\x93NUMPY\1\0" + struct.pack("<H", 1000) + bytes(99), (
        "longer than the member")
    yield "version", b"\x93NUMPY\7\0" + bytes(99), "version 7.0"
    yield "magic", b"\x93NUMPZ\1\0" + bytes(99), "magic"
    yield "short", b"\x93NUM", "too short"
    yield "empty", b"", "too short"
    yield "pickle", array(pickle.dumps([print]), descr="'|O'"), "pickled Python objects"


def archives():
    """Archives that are not what they say: name, bytes, the reason."""
    for method in (0, 8):
        data = good(method)
        for share in (1, 4, 30, 31, 60, 99):
            cut = max(1, len(data) * share // 100)
            yield "cut_%d_%d" % (method, share), data[:cut], ("damaged" if cut >= 4 else "not a zip")
        at = entry(data, 0)
        yield "crc_%d" % method, patched(patched(data, 14, "<I", 1), at + 16, "<I", 1), "CRC-32"
        yield "crc_local_%d" % method, patched(data, 14, "<I", 1), "differ in CRC or size"
    data = good()
    start = directory(data)
    yield "value", patched(data, start - 1, "B", 1), "CRC-32"
    yield "size_local", patched(data, 22, "<I", 9), "differ in CRC or size"
    yield "name_local", patched(data, 30, "B", ord("Z")), "another name"
    yield "offset", patched(data, entry(data, 1) + 42, "<I", 5), "no local header"
    yield "offset_far", patched(data, entry(data, 1) + 42, "<I", 0x7FFFFFFF), "outside the file"
    yield "method", patched(data, entry(data, 0) + 10, "<H", 14), "lzma"
    yield "encrypted", patched(data, entry(data, 0) + 8, "<H", 1), "encrypted"
    yield "members", patched(patched(data, len(data) - 14, "<H", 999), len(data) - 12, "<H", 999), (
        "more than its directory")
    yield "disks", patched(data, len(data) - 18, "<H", 3), "several disks"
    yield "directory_far", patched(data, len(data) - 6, "<I", 0x7FFFFFFF), "outside the file"
    yield "directory_wrong", patched(data, len(data) - 6, "<I", 7), "directory is damaged"
    yield "bomb_claim", liar(0xFFFFFFF0), "more than deflate can"
    yield "bomb_claim_low", liar(5000, header_shape="(1, 1218)"), "fewer bytes"
    yield "bomb", bomb(), "takes 16 bytes"
    yield "overlap", overlapping(), "overlaps"
    yield "duplicate", duplicate(), "two of this name"
    yield "control", patched(patched(data, 31, "B", 10), entry(data, 0) + 47, "B", 10), "control"
    yield "npy", array(), "a single .npy array"
    yield "nothing", b"", "np.savez"
    yield "text", b"Survived,Pclass,Age\n0,3,22\n", "not a zip archive; np.savez writes one"
    yield "noise", bytes(i * 7919 % 251 for i in range(70000)), "not a zip archive"
    yield "ends", b"PK\5\6" * 30000, "archive"


def write(folder):
    for name, data, reason in archives():
        with open(os.path.join(folder, name + ".npz"), "wb") as stream:
            stream.write(data)
        print("%s.npz\t%s" % (name, reason))
    for name, member, reason in arrays():
        for method in (0, 8):
            file = "array_%s_%d.npz" % (name, method)
            with open(os.path.join(folder, file), "wb") as stream:
                stream.write(archive([("X_train.npy", member), ("y_train.npy", array())], method))
            print("%s\tmember 'X_train.npy': \t%s" % (file, reason))
    with open(os.path.join(folder, "good.npz"), "wb") as stream:
        stream.write(good())


def zip64(members):
    """The bytes of an archive of deflated members: name, bytes in the archive, full size, CRC."""
    data, central = b"", b""
    for name, stored, full, crc in members:
        name = name.encode()
        common = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 33, crc, 0xFFFFFFFF, 0xFFFFFFFF,
                             len(name), 20)
        sizes = struct.pack("<HHQQ", 1, 16, full, len(stored))
        offset = struct.pack("<I", len(data))
        central += b"PK\1\2" + struct.pack("<H", 45) + common + bytes(10) + offset + name + sizes
        data += b"PK\3\4" + common + name + sizes + stored
    count = len(members)
    return data + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central),
                                                    len(data), 0)


def deflated(name, data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return name, packer.compress(data) + packer.flush(), len(data), zlib.crc32(data)


def model(path, memory):
    """The large member has no end and no CRC: nobody should get that far."""
    side = int((memory / 4) ** 0.5) + 1
    start, size = header(shape="(%d, %d)" % (side, side)), 4 * side * side
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stored = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(ZEROS) + packer.flush(zlib.Z_FULL_FLUSH)
    stored += zeros * (size // len(ZEROS) + 1)
    meta = ('{"program": "skiff", "format": 1, "layers": [%d, %d, 1], "activation": "relu", '
            '"task": "binary"}' % (side, side))
    with open(path, "wb") as stream:
        stream.write(zip64([
            ("fc1.weight.npy", stored, len(start) + size, 0),
            deflated("fc1.bias.npy", array(bytes(4 * side), shape="(%d,)" % side)),
            deflated("fc2.weight.npy", array(bytes(4 * side), shape="(1, %d)" % side)),
            deflated("fc2.bias.npy", array(bytes(4), shape="(1,)")),
            deflated("meta.json", meta.encode()),
        ]))


def run(words):
    middle = words.index("--")
    for file in words[middle + 1 :]:
        with open(file + ".err", "wb") as errors:
            command = words[:middle] + [file]
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        seconds, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        print("%s %d %.3f %d" % (os.path.basename(file), code, seconds, memory))


if sys.argv[1] == "--run":
    run(sys.argv[2:])
elif sys.argv[1] == "--model":
    model(sys.argv[2], int(sys.argv[3]))
else:
    write(sys.argv[1])
