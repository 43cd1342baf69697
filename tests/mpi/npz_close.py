# SPDX-License-Identifier: MIT
"""npz_close.py TOLERANCE A.npz B.npz: the same float32 arrays, each within the tolerance times its
largest value. Prints how far each pair is apart; without numpy."""

import ast
import struct
import sys
import zipfile


def arrays(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".npy"):
                continue
            content = archive.read(name)
            size = 10 + struct.unpack("<H", content[8:10])[0]
            header = ast.literal_eval(content[10:size].decode())
            assert header["descr"] == "<f4", name
            count = (len(content) - size) // 4
            yield name, header["shape"], struct.unpack(f"<{count}f", content[size:])


def main():
    tolerance = float(sys.argv[1])
    want, got = list(arrays(sys.argv[2])), list(arrays(sys.argv[3]))
    bad = [a[:2] for a in want] != [b[:2] for b in got]
    for (name, shape, a), (_, _, b) in zip(want, got):
        largest = max(map(abs, a))
        off = max(abs(x - y) for x, y in zip(a, b))
        print(f"{name} {shape}: off by {off:.3g} of {largest:.3g}, tolerance {tolerance * largest:.3g}")
        bad = bad or not off <= tolerance * largest
    sys.exit(bad)


main()
