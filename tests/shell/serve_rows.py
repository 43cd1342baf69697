# SPDX-License-Identifier: MIT
"""Rows of numbers as the bodies of requests, by the standard library alone."""

import io
import json  # for those who import all of this
import struct
import zipfile


def npy(kind, shape, values):
    """What np.save writes; texts are given as bytes, padded."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    head = head.ljust(117) + "\n"
    if kind[1] == "S":
        data = values
    else:
        data = struct.pack("<%d%s" % (len(values), {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q"}[kind]), *values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def npz(arrays, packing=zipfile.ZIP_DEFLATED):
    """What np.savez_compressed writes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as z:
        for name, data in arrays.items():
            z.writestr(name + ".npy", data)
    return out.getvalue()


def entries(rows):
    """(place, value) of each row, where it is not 0."""
    return [[(i, x) for i, x in enumerate(row) if x] for row in rows]


def sparse(rows):
    """What scipy.sparse.save_npz writes of a matrix in compressed rows."""
    places = [i for row in entries(rows) for i, _ in row]
    values = [x for row in entries(rows) for _, x in row]
    begins = [0]
    for row in entries(rows):
        begins.append(begins[-1] + len(row))
    return npz({"indices": npy("<i4", (len(places),), places), "indptr": npy("<i4", (len(begins),), begins),
                "format": npy("|S3", (), b"csr"), "shape": npy("<i8", (2,), [len(rows), len(rows[0])]),
                "data": npy("<f4", (len(values),), values)})


def libsvm(rows):
    return "".join("0 " + " ".join(f"{i}:{x}" for i, x in row) + "\n" for row in entries(rows)).encode()


def _field(number, data):
    size = len(data)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + length + data


def recordio(rows):
    """A record a row: features: {"values": a list of floats}."""
    out = b""
    for row in rows:
        tensor = _field(1, struct.pack("<%df" % len(row), *row))
        message = _field(1, _field(1, b"values") + _field(2, _field(2, tensor)))
        out += struct.pack("<II", 0xCED7230A, len(message)) + message + b"\0" * (-len(message) % 4)
    return out
