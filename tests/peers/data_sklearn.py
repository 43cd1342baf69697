#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The data that ships: made again, counted, and prepared by pandas and scikit-learn.

The folder data/ is found beside this test; the real passenger list, where SKIFF_REAL_DATA has it.
"""

import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import pandas
    import sklearn  # noqa: F401
except ImportError as missing:
    print("skip: %s" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data")
sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, HERE)
import tables  # noqa: E402

TOLERANCE = 1e-12
# class, sex: aboard, saved, of all ages (the sums of data/README.md's table)
ABOARD = {(1, "male"): (180, 62), (1, "female"): (145, 141), (2, "male"): (179, 25)}
ABOARD.update({(2, "female"): (106, 93), (3, "male"): (510, 88), (3, "female"): (196, 90)})
failures = 0


def check(good, text):
    global failures
    failures += not good
    print("%s %s" % ("ok  " if good else "FAIL", text))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_made_again(folder):
    """The scripts write the bytes that ship."""
    path = os.path.join(folder, "passengers.csv")
    with open(path, "wb") as out:
        make = os.path.join(DATA, "make_passengers.py")
        subprocess.run([sys.executable, make], stdout=out, check=True)
    prepare = os.path.join(DATA, "prepare.py")
    subprocess.run([sys.executable, prepare, path, folder], check=True)
    for name in ("passengers.csv", "train_data.npz", "val_data.npz"):
        ours, shipped = [read(os.path.join(where, name)) for where in (folder, DATA)]
        check(ours == shipped, "%s: %d bytes made, %d ship" % (name, len(ours), len(shipped)))


def check_counts():
    """The published counts, and gaps for the preparation to fill."""
    people = pandas.read_csv(os.path.join(DATA, "passengers.csv"))
    for (pclass, sex), want in ABOARD.items():
        group = people[(people.Pclass == pclass) & (people.Sex == sex)]
        have = (len(group), int(group.Survived.sum()))
        text = "class %d %s: aboard, saved %s, published %s"
        check(have == want, text % (pclass, sex, have, want))
    child = people[people.Age < 12]
    check(child[child.Pclass < 3].Survived.all(), "children of the first two classes all saved")
    share = people.Age.isna().mean()
    check(0.15 < share < 0.25, "share of ages missing %.3f, wanted about 0.2" % share)
    ports = people.Embarked.isna().sum()
    check(1 <= ports <= 5, "ports missing %d" % ports)
    share = people.Cabin.isna().mean()
    check(share > 0.5, "share of cabins missing %.3f" % share)
    check_families(people)


def check_families(people):
    """Who shares a ticket shares name, port and fare, and is counted among its relatives."""
    wrong = 0
    for _, party in people.groupby("Ticket"):
        same = all(party[c].fillna("?").nunique() == 1 for c in ("Pclass", "Fare", "Cabin"))
        surnames = party.Name.str.split(",").str[0].nunique()
        relatives = (party.SibSp + party.Parch == len(party) - 1).all()
        wrong += not (same and surnames == 1 and relatives and party.Embarked.nunique() <= 1)
    parties = people.Ticket.nunique()
    check(wrong == 0, "parties that contradict themselves: %d of %d" % (wrong, parties))


def check_array(name, have, want):
    forms = [(str(a.dtype), a.shape) for a in (have, want)]
    check(forms[0] == forms[1], "%s: %s, scikit-learn %s" % (name, *forms))
    if have.shape == want.shape:
        worst = numpy.abs(have - want).max()
        limit = 0 if name[0] == "y" else TOLERANCE
        check(worst <= limit, "%s: largest difference %.3g, limit %g" % (name, worst, limit))


def check_prepared(csv, folder, rows):
    """Arrays in the .npz pair against pandas and scikit-learn on the same list."""
    x_train, x_val, y_train, y_val = tables.lesson_arrays(csv)
    train, val = {"X_train": x_train, "y_train": y_train}, {"X_val": x_val, "y_val": y_val}
    for part, arrays in (("train", train), ("val", val)):
        with numpy.load(os.path.join(folder, part + "_data.npz")) as archive:
            check(sorted(archive.files) == sorted(arrays), "%s: members %s" % (part, archive.files))
            for name, want in arrays.items():
                check_array(name, archive[name], want)
    have = (len(y_train), len(y_val))
    check(have == rows, "rows %s, wanted %s" % (have, rows))


def main():
    check_counts()
    check_prepared(os.path.join(DATA, "passengers.csv"), DATA, (1052, 264))
    with tempfile.TemporaryDirectory() as folder:
        check_made_again(folder)
        real = tables.real_data("titanic", "titanic_train.csv")
        if real:
            prepare = os.path.join(DATA, "prepare.py")
            subprocess.run([sys.executable, prepare, real, folder], check=True)
            check_prepared(real, folder, (569, 143))
        else:
            print("skip the real passenger list: SKIFF_REAL_DATA is not set")
    return 1 if failures else 0


sys.exit(main())
