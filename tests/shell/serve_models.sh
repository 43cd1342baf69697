#!/bin/sh
# SPDX-License-Identifier: MIT
# A server of many models, as a multi-model endpoint starts it: models are loaded, asked, listed and
# unloaded by requests, also while they predict; memory does not grow with their coming and going.
. "$(dirname "$0")/serve_lib.sh"
lesson_model a
lesson_model b --seed 5
mkdir -p "$folder/ml/models"
for name in a b; do
    mkdir -p "$folder/ml/models/$name/model"
    cp "$folder/$name/model.npz" "$folder/ml/models/$name/model/"
done
echo "no model" >"$folder/ml/models/text.npz"

timeout -s KILL 60 "$SKIFF" serve "$folder/a" --multi_model >"$folder/stdout" 2>"$folder/stderr" </dev/null
code=$?
[ $code -eq 2 ] || complain "a model and --multi_model: exit status $code, expected 2"
has "$(cat "$folder/stderr")" "begins without a model"

export SAGEMAKER_MULTI_MODEL=true SKIFF_ML_ROOT="$folder/ml"
start_server --workers 2
has "$(cat "$folder/served")" "$folder/ml/models, many, on port"
"$python" - "$port" "$server" "$folder/ml/models" "$sanitized" <<'END' || status=1
import json, sys, threading, urllib.parse
from serve_client import *

port, process, models, sanitized = sys.argv[1:]
rows = b"0.5,1,0,0.25,3,1,0\n" * 3
c = Client(port)


def load(name, path, client=c):
    return client.ask("POST", "/models", json.dumps({"model_name": name, "url": f"{models}/{path}"}))


def ask(name, body=rows, client=c):
    return client.ask("POST", f"/models/{urllib.parse.quote(name)}/invoke", body, {"Content-Type": "text/csv"})


def listed():
    status, body, headers = c.ask("GET", "/models")
    check("type of the list", (status, headers["Content-Type"]), (200, "application/json"))
    return [m["modelName"] for m in json.loads(body)["models"]]


# ---- one after the other ----
check("ping without models", c.ask("GET", "/ping")[0], 200)
check("no models", listed(), [])
check("one that is not there", ask("a")[0], 404)
check("loaded", load("a", "a/model")[:2], (200, b""))
check("loaded twice", load("a", "b/model")[0], 409)
a = ask("a")
check("predictions", (a[0], len(a[1].split())), (200, 3))
check("another", load("b", "b/model/model.npz")[0], 200)
b = ask("b")
check_that("of its own", b[0] == 200 and b[1] != a[1], b)
check("a name that is quoted", load("a name, 100%?", "a/model")[0], 200)
check("the same model", ask("a name, 100%?")[:2], a[:2])
check("the list", listed(), ["a", "a name, 100%?", "b"])
status, body, headers = c.ask("GET", "/models?next_page_token=a")
check("behind a token", [m["modelName"] for m in json.loads(body)["models"]], ["a name, 100%?", "b"])
status, body, headers = c.ask("GET", "/models/b")
check("one", json.loads(body), {"modelName": "b", "modelUrl": f"{models}/b/model/model.npz"})
for path, wanted in ("text.npz", 500), ("none", 500), ("../models/a/model", 400), ("", 500):
    status, body, headers = load("x", path)
    check(f"not loaded: {path}", status, wanted)
    one_line(path, body)
check("the list is as it was", listed(), ["a", "a name, 100%?", "b"])
check("JSON rows", c.ask("POST", "/models/a/invoke", b'{"instances": [[0.5,1,0,0.25,3,1,0]]}',
                         {"Content-Type": "application/json", "Accept": "text/csv"})[:2],
      (200, a[1].split()[0]))
for path in "/models/a", "/models/a%20name%2C%20100%25%3F":
    check("unloaded", c.ask("DELETE", path)[:2], (200, b""))
    check("no more", c.ask("DELETE", path)[0], 404)
check("and not asked", ask("a")[0], 404)
check("what is left", listed(), ["b"])
check("/invocations", c.post(rows)[0], 404)

# ---- unloaded and loaded while it predicts: the answer, or that it is not there ----
many = b"0.5,1,0,0.25,3,1,0\n" * 5000
answers = []


def ask_again():
    client = Client(port)
    for _ in range(10):
        answers.append(ask("a", many, client)[:2])


askers = [threading.Thread(target=ask_again) for _ in range(3)]
for asker in askers:
    asker.start()
while any(asker.is_alive() for asker in askers):
    check("loaded meanwhile", load("a", "a/model")[0], 200)
    check("ping meanwhile", c.ask("GET", "/ping")[0], 200)
    check("unloaded meanwhile", c.ask("DELETE", "/models/a")[0], 200)
found = {status for status, body in answers}
check_that("statuses", found <= {200, 404}, found)
whole = {body for status, body in answers if status == 200}
check_that("equal answers", len(whole) <= 1 and all(len(w.split()) == 5000 for w in whole), len(whole))
print(f"{sum(s == 200 for s, _ in answers)} of {len(answers)} found the model")

# ---- memory ----


def resident():
    with open(f"/proc/{process}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def come_and_go(count):
    for _ in range(count):
        check("loaded again", load("a", "a/model")[0], 200)
        check("asked again", ask("a")[:2], a[:2])
        check("unloaded again", c.ask("DELETE", "/models/a")[0], 200)


if sanitized != "yes":
    come_and_go(30)
    before = resident()
    come_and_go(100)
    print(f"resident: {before} kB, {resident()} kB after 100 models more")
    check_that("memory does not grow", resident() < before + 4000, (before, resident()))
c.close()
done()
END
ends_well
finish
