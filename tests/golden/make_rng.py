#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Write tests/golden/rng.txt: random draws of the real torch and numpy.

    /usr/bin/python3 tests/golden/make_rng.py > tests/golden/rng.txt

Each line is `OPERATION = WORDS` (tests/rng_script.h), the words in hexadecimal. Results of more
than 24 words are given as `COUNT#HASH`, the 64-bit FNV-1a hash of their little-endian bytes.
"""

import numpy
import torch

from rng_oracle import Oracle

SCRIPT = """
seed 0
u32 8
seed 5489
u32 10000
seed 42
u64 4
seed 0
uniform 0 1 6
uniform -0.1 0.3 1000
seed -1
uniform -1 1 4
seed 4294967301
uniform -1 1 4
seed 18446744073709551615
uniform -1 1 4
seed 0
linear 7 64
linear 64 32
linear 32 1
loader 569
loader 569
loader 1
uniform 0 1 4
seed 7
linear 1 3
linear 3 2
linear 10000 3
randperm 0
randperm 1
randperm 2
randperm 10
randperm 623
randperm 200000
uniform 0 1 4
seed 3
dropout 0.1 20
dropout 0.2 20
dropout 0.5 20
dropout 0.9 20
dropout 0 5
dropout 1 5
randperm 4
dropout 0.2 5000
dropout 1e-9 2000
dropout 0.999 2000
uniform 0 1 4
seed 11
linear 7 16
loader 40
dropout 0.2 256
dropout 0.5 160
dropout 0.2 256
dropout 0.5 160
dropout 0.2 128
dropout 0.5 80
loader 40
dropout 0.2 256
uniform 0 1 4
seed 42
permutation 0
permutation 1
permutation 2
permutation 10
permutation 712
permutation 65536
permutation 65537
seed 123456789012
permutation 12
"""


def fnv(words):
    value = 0xCBF29CE484222325
    for byte in words.astype("<u4").tobytes():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def main():
    print("# Made by make_rng.py; torch %s, numpy %s." % (torch.__version__, numpy.__version__))
    oracle = Oracle()
    for line in SCRIPT.split("\n"):
        if not line:
            continue
        words = oracle.run(line)
        if len(words) > 24:
            print("%s = %d#%016x" % (line, len(words), fnv(words)))
        else:
            print(" ".join([line, "="] + ["%x" % w for w in words]))


main()
