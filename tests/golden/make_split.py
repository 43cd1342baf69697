#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Write tests/golden/split.txt: rows as the real scikit-learn divides them.

    /usr/bin/python3 tests/golden/make_split.py > tests/golden/split.txt

Each line is `DIVISION = ROWS TO TRAIN ON / ROWS HELD BACK` (tests/split_script.h).
"""

import sklearn
from split_oracle import divide

SCRIPT = """
rows 10 0.2 0 1 42 -
rows 10 0.25 0 1 0 -
rows 11 0.3 0.4 1 4294967295 -
rows 2 0.5 0 1 1 -
rows 23 7 0 1 42 -
rows 23 7 5 1 42 -
rows 9 0.34 0 0 0 -
rows 9 4 3 0 0 -
rows 12 0.25 0 1 42 010101010101
rows 12 0.34 0 1 7 001000110100
rows 17 0.4 0.4 1 5 01230123012301230
rows 20 6 0 1 3 00000000001111122233
rows 15 5 0 1 11 zzAAz0A0z0zA000
rows 24 0.5 0 1 2 001122334455001122334455
fold 10 3 0 0 0 -
fold 10 3 2 0 0 -
fold 10 3 0 1 42 -
fold 10 3 1 1 42 -
fold 10 10 9 1 1 -
fold 11 2 1 1 4294967295 -
fold 12 3 1 0 0 010101010101
fold 12 3 0 1 42 001000110100
fold 12 3 2 1 42 001000110100
fold 17 5 3 1 9 32103210321032100
fold 17 5 4 0 0 32103210321032100
fold 13 4 0 1 6 1000000000002
"""


def main():
    print("# Made by make_split.py; scikit-learn %s." % sklearn.__version__)
    for line in SCRIPT.split("\n"):
        if line:
            parts = [" ".join(str(row) for row in part) for part in divide(line)]
            print("%s = %s" % (line, " / ".join(parts)))


main()
