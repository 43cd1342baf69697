#!/bin/sh
# SPDX-License-Identifier: MIT
# `skiff inspect`: help, usage errors, the table, JSON, exit status, a closed standard output.
# The archive is made by python's standard library alone.
set -u
python=$(command -v python3) || { echo "skip: no python3"; exit 77; }
SKIFF=${SKIFF:-./skiff}
temp=$(mktemp -d) || exit 1
trap 'rm -rf "$temp"' EXIT
status=0

fail() {
    echo "FAIL: $1"
    status=1
}

# expect STATUS COMMAND...: runs, keeps out and err
expect() {
    want=$1
    shift
    "$@" >"$temp/out" 2>"$temp/err"
    got=$?
    [ $got -eq "$want" ] || fail "$*: exit status $got, wanted $want: $(cat "$temp/err")"
}

holds() { # FILE TEXT...
    file=$1
    shift
    for text in "$@"; do
        grep -qF -e "$text" "$temp/$file" || fail "'$text' is not in: $(cat "$temp/$file")"
    done
}

"$python" -B - "$temp" <<'PYTHON' || exit 1
import struct, sys, zipfile
def array(descr, order, shape, data):
    text = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
    text = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data
nan, inf = float("nan"), float("inf")
with zipfile.ZipFile(sys.argv[1] + "/a.npz", "w") as z:
    # in C order 1 2 3 / 4 5 6
    z.writestr("X.npy", array(">f8", "True", "(2, 3)", struct.pack(">6d", 1, 4, 2, 5, 3, 6)))
    z.writestr("Y.npy", array("<f4", "False", "(2, 3)", struct.pack("<6f", 1, 2, 3, 4, 5, 6)))
    z.writestr("odd.npy", array("<f4", "False", "(4,)", struct.pack("<4f", nan, 7, -inf, 9)))
    z.writestr("names.npy", array("<U1", "False", "(2,)", b"a\0\0\0b\0\0\0"))
    z.writestr("meta.json", "{}")
with zipfile.ZipFile(sys.argv[1] + "/b.npz", "w") as z:
    z.writestr("bad.npy", array("|O", "False", "(2,)", b"cos\nsystem\n"))
    z.writestr("Y.npy", array("<f4", "False", "(2, 3)", struct.pack("<6f", 1, 2, 3, 4, 5, 6)))
PYTHON

expect 0 "$SKIFF" inspect --help
holds out "Usage: skiff inspect FILE" "Examples" "Exit status" "--json"
expect 2 "$SKIFF" inspect
holds err "skiff inspect: " "FILE is needed"
expect 2 "$SKIFF" inspect "$temp/a.npz" "$temp/b.npz"
expect 2 "$SKIFF" inspect --jsno "$temp/a.npz"
holds err "--jsno"
[ "$(wc -l <"$temp/err")" -eq 1 ] || fail "a usage error of several lines"

expect 0 "$SKIFF" inspect "$temp/a.npz"
[ -s "$temp/err" ] && fail "said on stderr: $(cat "$temp/err")"
[ "$(wc -l <"$temp/out")" -eq 6 ] || fail "not a heading and five members: $(cat "$temp/out")"
# the CRC-32 of struct.pack("<6f", 1, 2, 3, 4, 5, 6), whatever the type and order
[ "$(grep -c ' 1939e524$' "$temp/out")" -eq 2 ] || fail "CRC of X and Y: $(cat "$temp/out")"
holds out ">f8   (2, 3)           F" "<f4   (2, 3)           C" "<U1" "raw bytes"

expect 0 "$SKIFF" inspect --json "$temp/a.npz"
"$python" -B - "$temp/out" <<'PYTHON' || fail "JSON: $(cat "$temp/out")"
import json, struct, sys, zlib
with open(sys.argv[1]) as stream:
    members = json.load(stream)["members"]
crc = "%08x" % zlib.crc32(struct.pack("<6f", 1, 2, 3, 4, 5, 6))
x, y, odd, names, meta = members
assert [m["name"] for m in members] == ["X", "Y", "odd", "names", "meta.json"], members
assert x["member"] == "X.npy" and x["dtype"] == ">f8" and x["order"] == "F", x
assert x["shape"] == [2, 3] and x["stored_size"] == x["full_size"] == 128 + 48, x
assert (x["min"], x["max"], x["mean"]) == (1, 6, 3.5), x
assert x["crc32_f32"] == y["crc32_f32"] == crc == "1939e524", (x, y, crc)
assert (odd["nan_count"], odd["inf_count"]) == (1, 1), odd
assert (odd["min"], odd["max"], odd["mean"]) == (7, 9, 8), odd
assert names["shape"] == [2] and "text" in names["note"] and "min" not in names, names
assert "raw" in meta["note"] and "dtype" not in meta, meta
PYTHON

# a member that cannot be read: the others are listed, the reason is one line on stderr
expect 1 "$SKIFF" inspect "$temp/b.npz"
holds out "1939e524" "(cannot be read)"
holds err "b.npz: member 'bad.npy': " "pickled"
[ "$(wc -l <"$temp/err")" -eq 1 ] || fail "not one line: $(cat "$temp/err")"
expect 1 "$SKIFF" inspect --json "$temp/b.npz"
"$python" -B -c '
import json, sys
bad, y = json.load(open(sys.argv[1]))["members"]
assert "pickled" in bad["error"] and y["crc32_f32"] == "1939e524", (bad, y)
' "$temp/out" || fail "JSON: $(cat "$temp/out")"

if [ -w /dev/full ]; then
    "$SKIFF" inspect "$temp/a.npz" >/dev/full 2>"$temp/err"
    [ $? -eq 1 ] || fail "a full standard output is no error"
    holds err "cannot write to standard output"
fi

[ $status -eq 0 ] && echo "ok: inspect"
exit $status
