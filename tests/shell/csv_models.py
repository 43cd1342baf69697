# SPDX-License-Identifier: MIT
"""Passengers as CSV and, prepared in plain Python, as arrays; and models that carry that
preparation. For the shell tests.
"""

import json
import random
import zipfile

from npz_tables import npy, save

PORTS = ["C", "Q", "S"]
SPECIES = ["setosa", 'a "b", c', "virginica"]
AGE, FARE = (29.5, 12.25), (31.0, 47.5)  # center and width
FILL_AGE = 28.0
TARGETS = {
    "two": {"name": "Survived", "kind": "number", "task": "binary", "classes": [0.0, 1.0]},
    "three": {"name": "Species", "kind": "text", "task": "multiclass", "classes": SPECIES},
    "amount": {"name": "Price", "kind": "number", "task": "regression"},
}
COLUMNS = ["PassengerId", "Survived", "Name", "Sex", "Age", "Port", "Fare", "Adult", "Species", "Price"]


def passengers(rows, seed):
    rng = random.Random(seed)
    for i in range(rows):
        sex, port = rng.choice(["male", "female"]), rng.choice(PORTS)
        age = "" if rng.random() < 0.2 else str(rng.randrange(1, 160) / 2)
        fare = repr(round(rng.random() * 100, 4))
        name = rng.choice([f"Braund, Mr. {i}", f'van "der" {i}', f"plain {i}", f"two\nlines {i}"])
        score = (sex == "female") * 2 + (port == "C") + float(fare) / 50 + rng.random()
        yield {
            "PassengerId": str(i + 1),
            "Survived": str(int(score > 2.6)),
            "Name": name,
            "Sex": sex,
            "Age": age,
            "Port": "" if rng.random() < 0.05 else port,
            "Fare": fare,
            "Adult": rng.choice(["True", "False"]),
            "Species": SPECIES[min(2, int(score / 1.7))],
            "Price": repr(score),
        }


def prep(model, unseen="fill"):
    def column(name, kind, feature, features=1, **rest):
        return {"name": name, "kind": kind, "feature": feature, "features": features, "missing": 0, **rest}

    def scaled(pair):
        return {"scale": "standard", "center": pair[0], "width": pair[1]}

    no = {"scale": "none"}
    numeric = {"encode": "numeric", "fill": "constant"}
    columns = [
        column("Sex", "text", 0, encode="label", fill="most_frequent", fill_value="male",
               categories=["female", "male"], unseen=unseen, **no),
        column("Age", "number", 1, **numeric, fill_value=FILL_AGE, **scaled(AGE)),
        column("Port", "text", 2, 3, encode="onehot", fill="most_frequent", fill_value="S",
               categories=PORTS, unseen="zero" if unseen == "fill" else unseen, **no),
        column("Fare", "number", 5, **numeric, fill_value=0.0, **scaled(FARE)),
        column("Adult", "boolean", 6, encode="numeric", fill="error", **no),
    ]  # fmt: skip
    return {
        "program": "skiff", "format": 1, "delimiter": ",", "header": True,
        "target": TARGETS[model], "ids": ["PassengerId"], "features": 7, "columns": columns,
        "split": {"fit_on": "train", "rows": 0, "train_rows": 0, "test_rows": 0, "test_size": 0.0,
                  "random_state": 0, "shuffle": False, "stratify": False, "folds": 0, "fold": 0},
    }  # fmt: skip


def features(row):
    age = float(row["Age"]) if row["Age"] else FILL_AGE
    port = row["Port"] or "S"
    return [
        float(row["Sex"] == "male"),
        (age - AGE[0]) / AGE[1],
        *(float(port == p) for p in PORTS),
        (float(row["Fare"]) - FARE[0]) / FARE[1],
        float(row["Adult"] == "True"),
    ]


def label(model, row):
    text = row[TARGETS[model]["name"]]
    return SPECIES.index(text) if model == "three" else float(text)


def arrays(path, rows, model, part="train"):
    rows = list(rows)
    X = [x for row in rows for x in features(row)]
    y = [label(model, row) for row in rows]
    save(path, {
        f"X_{part}": npy(X, (len(rows), 7), "<f8"),
        f"y_{part}": npy(y, (len(rows),), "<f8" if model == "amount" else "<i8"),
    })  # fmt: skip


def quoted(text, delimiter=",", always=False):
    needed = always or any(c in text for c in delimiter + '"\n')
    return '"' + text.replace('"', '""') + '"' if needed else text


def table(rows, columns=COLUMNS, delimiter=",", end="\n", always=False, header=True):
    lines = [columns] if header else []
    lines += [[row[c] for c in columns] for row in rows]
    return "".join(delimiter.join(quoted(v, delimiter, always) for v in line) + end for line in lines)


def write(path, text):
    with open(path, "w", newline="") as f:
        f.write(text)


def carry(path, preparation):
    """Give a model.npz its preparation."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("prep.json", json.dumps(preparation))
