#!/bin/sh
# SPDX-License-Identifier: MIT
# The same rows in each type that requests have, answered in each type that answers have: the numbers
# are those of `skiff predict`, to the byte. What is refused, with which status. Point 14 of the contract.
. "$(dirname "$0")/serve_lib.sh"
lesson_model model
train --data "$data/passengers.csv" --target Survived --epochs 2 --quiet --out "$folder/raw" ||
    finish

# The rows for both: features, and columns of a table.
"$python" - "$folder" "$data/passengers.csv" <<'END' || status=1
import csv, random, sys
from serve_rows import *

folder, table = sys.argv[1:]
draw = random.Random(7)
rows = [[draw.randrange(-16, 32) / 8 if draw.random() < 0.7 else 0 for _ in range(7)] for _ in range(60)]
with open(f"{folder}/rows.json", "w") as f:
    json.dump(rows, f)
with open(f"{folder}/rows.npz", "wb") as f:
    f.write(npz({"X": npy("<f4", (60, 7), [x for row in rows for x in row])}))
with open(table) as f, open(f"{folder}/columns.csv", "w") as to:
    to.writelines(line for i, line in enumerate(f) if i <= 60)
END
"$SKIFF" predict "$folder/model" "$folder/rows.npz" >"$folder/rows.out" || complain "predict"
"$SKIFF" predict "$folder/raw" "$folder/columns.csv" >"$folder/columns.out" || complain "predict"

start_server "$folder/model" --max_payload 1
"$python" - "$port" "$folder" <<'END' || status=1
import itertools, sys
from serve_client import *
from serve_rows import *

folder = sys.argv[2]
c = Client(sys.argv[1])
with open(f"{folder}/rows.json") as f:
    rows = json.load(f)
with open(f"{folder}/rows.out") as f:
    wanted = [line.rstrip("\n").split(",") for line in f][1:]  # probability, label
check("rows", len(wanted), len(rows))
lines = [",".join(map(str, row)) for row in rows]
flat = [x for row in rows for x in row]
bodies = [
    ("text/csv", "\n".join(lines).encode()),
    ("TEXT/CSV; charset=utf-8", ("\r\n".join(lines) + "\r\n").encode()),
    ("", "\n".join(lines).encode()),
    ("application/json", json.dumps(rows).encode()),
    ("application/json; charset=utf-8", json.dumps({"instances": rows}).encode()),
    ("application/json", json.dumps({"instances": [{"features": row} for row in rows]}).encode()),
    ("application/jsonlines", "\n".join(json.dumps({"features": row}) for row in rows).encode()),
    ("application/x-npy", npy("<f4", (60, 7), flat)),
    ("application/x-npy", npy("<f8", (60, 7), flat)),
    ("application/x-npz", npz({"X": npy("<f4", (60, 7), flat), "other": npy("<f4", (1,), [1])})),
    ("application/x-npz", sparse(rows)),
    ("text/libsvm", libsvm(rows)),
    ("text/x-libsvm", libsvm(rows)),
    ("application/x-recordio-protobuf", recordio(rows)),
]
scores = "\n".join(p for p, _ in wanted).encode()
objects = ['{"score": %s, "predicted_label": %s}' % (p, label) for p, label in wanted]
jsons = ('{"predictions": [' + ", ".join(objects) + "]}").encode()
table = npy("<f4", (60,), [float(p) for p, _ in wanted])
answers = [
    (None, "text/csv", scores), ("*/*", "text/csv", scores), ("text/csv", "text/csv", scores),
    ("application/json", "application/json", jsons),
    ("application/jsonlines", "application/jsonlines", ("\n".join(objects) + "\n").encode()),
    ("application/x-npy", "application/x-npy", table),
    ("text/html, application/json;q=0.9, text/csv;q=0.1", "application/json", jsons),
]
for (kind, body), (accept, name, want) in itertools.product(bodies, answers):
    headers = {**({"Content-Type": kind} if kind else {}), **({"Accept": accept} if accept else {})}
    status, got, headers = c.ask("POST", "/invocations", body, headers)
    what = f"{kind} for {accept}"
    check(what, (status, (headers["Content-Type"] or "").split(";")[0]), (200, name))
    check(f"{what}: the answer", (got[-len(want):], len(got)), (want, len(want)))

# ---- what is refused ----
for kind in sorted({kind for kind, body in bodies}):
    for accept in None, "application/json":
        asked = {"Accept": accept} if accept else {}
        check(f"nothing, as {kind}", c.post(b"", kind, **asked)[:2], (204, b""))
    for body in b"\x01\xff\x00garbage", b"[1, 2", b"1,2\n", b"PK\x03\x04", b"\x93NUMPY":
        status, text, headers = c.post(body, kind)
        check(f"{body} as {kind}", status, 400)
        one_line(f"{body} as {kind}", text)
for kind in "text/plain", "application/octet-stream", "image/png", "csv":
    status, text, headers = c.post(b"1", kind)
    check(f"Content-Type: {kind}", status, 415)
    one_line(kind, text)
for accept in "text/html", "image/*", "application/json;q=0":
    status, text, headers = c.post(lines[0].encode(), Accept=accept)
    check(f"Accept: {accept}", status, 406)
    one_line(accept, text)
for kind, body in bodies:
    status, text, headers = c.post(body + b"\n" * (1 << 20), kind or "text/csv")
    check(f"{kind}: a byte and more than 1 MB", status, 413)
    one_line(kind, text)
done()
END
ends_well

# Raw columns, and a model that makes features of them.
start_server "$folder/raw"
"$python" - "$port" "$folder" <<'END' || status=1
import csv, sys
from serve_client import *
from serve_rows import *

folder = sys.argv[2]
c = Client(sys.argv[1])
with open(f"{folder}/columns.out") as f:
    header, *wanted = [line.rstrip("\n").split(",") for line in f]
scores = "\n".join(line[header.index("probability")] for line in wanted).encode()
with open(f"{folder}/columns.csv", "rb") as f:
    table = f.read()
check("a table", c.post(table)[:2], (200, scores))
rows = list(csv.DictReader(table.decode().splitlines()))
numbers = "Pclass", "Age", "SibSp", "Parch", "Fare"
for row in rows:
    for name in numbers:
        row[name] = json.loads(row[name] or "null")
for kind, body in ("application/json", json.dumps(rows)), ("application/jsonlines", "\n".join(map(json.dumps, rows))):
    check(f"objects, as {kind}", c.post(body.encode(), kind, Accept="text/csv")[:2], (200, scores))
done()
END
ends_well
finish
