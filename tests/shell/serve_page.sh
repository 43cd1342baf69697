#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples of skiff-serve(1) are run, in the page's order and in one folder, and answer what the
# page says. And the page leaves nothing out: types, statuses and variables that the sources have.
. "$(dirname "$0")/serve_lib.sh"
page=$source_folder/man/skiff-serve.1

# ---- what the sources have ----
sed 's/\\-/-/g' "$page" >"$folder/page"
# names WHAT WORD...: the page has each of them.
names() {
    what=$1
    shift
    [ $# -gt 4 ] || complain "only $# of $what are found in the sources"
    for word; do
        grep -q -F -w -e "$word" "$folder/page" || complain "the page lacks one of $what: $word"
    done
}
serve=$source_folder/src/serve
names types $(sed -n 's/^    {"\([a-z]*\/[a-z-]*\)", MEDIA.*/\1/p' "$serve/media.c")
names variables $(grep -h -o -E '(SAGEMAKER|SKIFF)_[A-Z_]+' "$serve"/*.c "$serve/../cmd/cmd_serve.c")
names statuses $(grep -h -E 'http_say\(|refuse\(out|status = |return [2-5][0-9][0-9];' \
    "$serve/endpoint.c" "$serve/invoke.c" "$serve/http_mhd.c" "$serve/model_requests.c" | grep -o -w -E '[2-5][0-9][0-9]')

# ---- the examples ----
if ! command -v curl >/dev/null; then
    [ "$status" -eq 0 ] || finish
    echo "skipped: no curl"
    exit 77
fi
mkdir "$folder/bin" "$folder/work"
ln -s "$(cd "$(dirname "$SKIFF")" && pwd)/$(basename "$SKIFF")" "$folder/bin/skiff"
# An answer that is no success is an error; no proxy stands between.
cat >"$folder/bin/curl" <<END
#!/bin/sh
exec $(command -v curl) -sSf --max-time 30 --noproxy '*' "\$@"
END
chmod +x "$folder/bin/curl"
[ "$python" = python3 ] || ln -s "$(command -v "$python")" "$folder/bin/python3"
PATH=$folder/bin:$PATH
SKIFF=$folder/bin/skiff

awk '
    /^\.SH / { inside = ($2 == "EXAMPLES") }
    /^\./ { next }
    inside {
        gsub(/\\-/, "-")
        gsub(/\\\(aq/, "\047")
        if (held == "" && !/^(skiff|curl|python3) /) next
        more = sub(/\\e$/, "")
        held = held $0
        if (!more) { print held; held = "" }
    }' "$page" >"$folder/commands"

cd "$folder/work" || exit 1
cp "$data/passengers.csv" .
count=0
port=0
while IFS= read -r command; do
    count=$((count + 1))
    case $command in
    "skiff serve "*" --port 8080")
        command=${command#skiff serve }
        start_server ${command% --port 8080} --host 127.0.0.1
        ;;
    *)
        command=$(printf '%s\n' "$command" | sed "s|localhost:8080|127.0.0.1:$port|")
        sh -c "$command" >"$folder/answer.$count" 2>"$folder/stderr" </dev/null ||
            complain "$command: exit status $?: $(cat "$folder/stderr")"
        ;;
    esac
done <"$folder/commands"
[ $count -eq 13 ] || complain "the page has $count commands, expected 13"
ends_well

# ---- the answers ----
"$SKIFF" predict run/model.npz passengers.csv --out predicted.csv >/dev/null 2>&1 ||
    complain "predict: exit status $?"
"$python" - "$folder/answer" <<'END' || status=1
import csv, json, struct, sys, zipfile
from serve_client import *


def answer(number):
    with open(f"{sys.argv[1]}.{number}", encoding="ascii") as f:
        return f.read()


with open("predicted.csv", encoding="utf-8") as f:
    predicted = [float(row["probability"]) for row in csv.DictReader(f)]
check("ping", answer(3), "")
check("the table", [float(x) for x in answer(4).split()], predicted)
row = float(answer(5))
check_that("a row", 0 < row < 1, row)
check("the same by names", json.loads(answer(6)),
      {"predictions": [{"score": row, "predicted_label": int(row > 0.5)}]})
check_that("with a gap", 0 < float(answer(7)) < 1, answer(7))
rows = [float(x) for x in answer(12).split()]
with open("answer.npy", "rb") as f:
    array = f.read()
values = struct.unpack(f"<{len(rows)}f", array[128:])
check("an array and a text of the same rows", [f"{x:.9g}" for x in values], answer(12).split())
check("its rows", len(rows), 264)
check_that("a line of places", 0 < float(answer(13)) < 1, answer(13))
done()
END
echo "$count commands"
finish
