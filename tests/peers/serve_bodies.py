#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bodies as SageMaker's clients make them, from numpy, scipy and pandas, and the answers beside what
skiff predict says of the same rows: CSV, JSON, JSON lines, npy, npz, sparse npz, libsvm and RecordIO
of protobuf, of a model of arrays and of one that carries its preparation."""

import io
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
    import scipy.sparse
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)

SKIFF, TESTLIB = os.environ.get("SKIFF"), os.environ.get("SKIFF_TESTLIB")
if not SKIFF or not TESTLIB:
    print("skip: SKIFF or SKIFF_TESTLIB does not say where the programs are")
    sys.exit(77)
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")
ROWS = 700
problems = 0


def expect(good, what):
    global problems
    problems += not good
    print(f"{'ok' if good else 'FAIL'}: {what}")


def skiff(*arguments):
    done = subprocess.run([SKIFF, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"skiff {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def ask(model, kind, body, accept="text/csv", output=None):
    """(status, body) of the answer."""
    body = body if isinstance(body, bytes) else body.encode()
    command = [os.path.join(TESTLIB, "serve_driver"), model, kind, accept]
    done = subprocess.run(command + ([output] if output else []),
                          input=struct.pack("<Q", len(body)) + body, capture_output=True)
    if done.returncode:
        sys.exit(f"serve_driver: {done.stderr.decode()}")
    status, size = struct.unpack("<IQ", done.stdout[:12])
    return status, done.stdout[12:12 + size]


# ---- what clients send ----

def as_csv(rows):
    return "\n".join(",".join(repr(x.item()) for x in row) for row in rows)


def as_npy(rows):
    out = io.BytesIO()
    np.save(out, rows)
    return out.getvalue()


def as_npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def as_sparse(matrix):
    out = io.BytesIO()
    scipy.sparse.save_npz(out, matrix)
    return out.getvalue()


def as_libsvm(rows):
    return "\n".join(" ".join(["0"] + [f"{i}:{x.item()!r}" for i, x in enumerate(row) if x])
                     for row in rows)


def varint(value):
    out = b""
    value &= (1 << 64) - 1
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def record(values, keys=None, shape=None):
    """A row as the message of Linear Learner's clients, framed."""
    if values.dtype == np.int32:
        number, packed = 7, b"".join(varint(int(x)) for x in values)
    else:
        number, packed = (2 if values.dtype == np.float32 else 3), values.tobytes()
    tensor = field(1, packed)
    if keys is not None:
        tensor += field(2, b"".join(varint(int(k)) for k in keys)) + field(3, varint(shape))
    message = field(1, field(1, b"values") + field(2, field(number, tensor)))
    message += field(2, field(1, b"values") + field(2, field(2, field(1, struct.pack("<f", 1)))))
    frame = struct.pack("<II", 0xCED7230A, len(message)) + message
    return frame + b"\0" * (-len(message) % 4)


def as_records(rows):
    return b"".join(record(row) for row in rows)


def as_sparse_records(rows):
    return b"".join(record(row[row != 0], np.flatnonzero(row), len(row)) for row in rows)


# ---- a model of arrays ----

def check_arrays(folder):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(ROWS, 7)).astype(np.float32)
    X[rng.random(X.shape) < 0.4] = 0
    X[5] = 0
    whole = rng.integers(-300, 300, size=(ROWS, 7)).astype(np.int32)
    y = (X[:, 0] + X[:, 3] > 0).astype(np.int64)
    np.savez(os.path.join(folder, "train.npz"), X_train=X, y_train=y)
    model = os.path.join(folder, "arrays")
    skiff("train", "--train", f"{folder}/train.npz", "--epochs", 20, "--out", model)

    def truth(rows):
        np.savez(os.path.join(folder, "rows.npz"), X=rows)
        lines = skiff("predict", model, f"{folder}/rows.npz").splitlines()[1:]
        return "\n".join(line.split(",")[0] for line in lines).encode()

    want = truth(X)
    csr = scipy.sparse.csr_matrix(X)
    twice = scipy.sparse.csr_matrix((np.r_[1.5, 2.5, 3.0], np.r_[2, 2, 0], np.r_[0, 2, 3]), (2, 7))
    bodies = [
        ("text/csv", as_csv(X), want),
        ("text/csv", pd.DataFrame(X).to_csv(header=False, index=False), want),
        ("text/csv", pd.DataFrame(X, columns=list("abcdefg")).to_csv(index=False), want),
        ("application/json", json.dumps(X.tolist()), want),
        ("application/json", json.dumps({"instances": X.tolist()}), want),
        ("application/json",
         json.dumps({"instances": [{"features": row} for row in X.tolist()]}), want),
        ("application/json", json.dumps({"instances": [
            {"data": {"features": {"keys": np.flatnonzero(row).tolist(), "shape": [7],
                                   "values": row[row != 0].tolist()}}} for row in X]}), want),
        ("application/jsonlines",
         "\n".join(json.dumps({"features": row}) for row in X.tolist()), want),
        ("application/x-npy", as_npy(X), want),
        ("application/x-npy", as_npy(np.asfortranarray(X)), want),
        ("application/x-npy", as_npy(X.astype(">f8")), want),
        ("application/x-npy", as_npy(whole), truth(whole)),
        ("application/x-npz", as_npz(X=X), want),
        ("application/x-npz", as_npz(rows=np.asfortranarray(X)), want),
        ("application/x-npz", as_sparse(csr), want),
        ("application/x-npz", as_sparse(csr.astype(np.float64)), want),
        ("application/x-npz", as_sparse(csr.tocsc()), want),
        ("application/x-npz", as_sparse(twice), truth(twice.toarray().astype(np.float32))),
        ("text/libsvm", as_libsvm(X), want),
        ("text/x-libsvm", as_libsvm(X) + "\n", want),
        ("application/x-recordio-protobuf", as_records(X), want),
        ("application/x-recordio-protobuf", as_records(X.astype(np.float64)), want),
        ("application/x-recordio-protobuf", as_records(whole), truth(whole)),
        ("application/x-recordio-protobuf", as_sparse_records(X), want),
    ]
    for number, (kind, body, answer) in enumerate(bodies):
        status, got = ask(model, kind, body)
        expect(status == 200 and got == answer, f"{kind}, body {number}: {status}")
    status, got = ask(model, "application/x-npz", as_sparse(csr.tocoo()))
    expect(status == 400 and b"tocsr" in got, f"a coo matrix: {status} {got}")
    return model, X, want


def check_answers(model, X, want):
    p = np.array([float(x) for x in want.split()], dtype=np.float32)
    status, got = ask(model, "text/csv", as_csv(X), "application/x-npy")
    array = np.load(io.BytesIO(got))
    expect(status == 200 and array.dtype == np.float32 and np.array_equal(array, p), "an npy answer")
    status, got = ask(model, "text/csv", as_csv(X), "application/json")
    rows = json.loads(got)["predictions"]
    expect([np.float32(r["score"]) for r in rows] == list(p), "scores in JSON")
    expect([r["predicted_label"] for r in rows] == [int(x > 0.5) for x in p], "labels in JSON")
    status, got = ask(model, "text/csv", as_csv(X), "application/jsonlines")
    expect([json.loads(line) for line in got.decode().splitlines()] == rows, "JSON lines")
    output = "predicted_label,probabilities,labels,predicted_score"
    status, got = ask(model, "text/csv", as_csv(X), "text/csv", output)
    table = pd.read_csv(io.BytesIO(got), header=None)
    expect(len(table) == ROWS and table[2].eq("[0, 1]").all() and table[3].isna().all() and
           [json.loads(x)[1] for x in table[1]] == [r["score"] for r in rows], "chosen output as CSV")


# ---- a model that carries its preparation ----

def check_columns(folder):
    path = os.path.join(DATA, "passengers.csv")
    model = os.path.join(folder, "columns")
    skiff("train", "--data", path, "--target", "Survived", "--id", "PassengerId", "--features",
          "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked", "--epochs", 20, "--out", model)
    table = pd.read_csv(path)
    lines = skiff("predict", model, path).splitlines()[1:]
    want = "\n".join(line.split(",")[1] for line in lines).encode()
    features = table[["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]]
    dicts = [{k: None if pd.isna(v) else v for k, v in row.items()}
             for row in table.to_dict("records")]
    lists = [[row[name] for name in features] for row in dicts]
    bodies = [
        ("text/csv", open(path, encoding="utf-8").read()),
        ("text/csv", features.to_csv(index=False)),
        ("text/csv", features[features.columns[::-1]].to_csv(index=False)),
        ("text/csv", features.to_csv(index=False, header=False).rstrip("\n")),
        ("application/json", json.dumps({"instances": dicts})),
        ("application/json", json.dumps(lists)),
        ("application/jsonlines", "\n".join(json.dumps(row) for row in dicts) + "\n"),
    ]
    for number, (kind, body) in enumerate(bodies):
        status, got = ask(model, kind, body)
        expect(status == 200 and got == want, f"columns as {kind}, body {number}: {status}")
    status, got = ask(model, "text/csv", table.to_csv(index=False, header=False))
    expect(status == 400 and b"12 columns" in got and b"expected the 7" in got,
           f"all columns without a header: {status} {got}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        model, X, want = check_arrays(folder)
        check_answers(model, X, want)
        check_columns(folder)
    sys.exit(1 if problems else 0)


main()
