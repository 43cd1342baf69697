#!/bin/sh
# SPDX-License-Identifier: MIT
# Archives that lie: each ends with status 1, one line that names the file and the reason, less
# than a second of processor time and less than 64 MB more than an honest file takes.
set -u
python=$(command -v python3) || { echo "skip: no python3"; exit 77; }
make=$(cd "$(dirname "$0")" && pwd)/make_hostile.py
skiff=$(command -v "${SKIFF:-./skiff}") || { echo "FAIL: no program ${SKIFF:-./skiff}"; exit 1; }
skiff=$(cd "$(dirname "$skiff")" && pwd)/$(basename "$skiff")
temp=$(mktemp -d) || exit 1
trap 'rm -rf "$temp"' EXIT
status=0
count=0
limit=67108864
tab=$(printf '\t')

fail() {
    echo "FAIL: $1"
    status=1
}

mkdir "$temp/files" "$temp/files/folder.npz"
{
    "$python" -B "$make" "$temp/files" || exit 1
    printf 'folder.npz\tis a folder\nmissing.npz\tcannot open\n'
} >"$temp/list"
(
    cd "$temp/files" || exit 1
    cut -f 1 ../list | xargs "$python" -B "$make" --run "$skiff" inspect -- good.npz >../ran
)
read -r file code seconds base <"$temp/ran"
[ "$file $code" = "good.npz 0" ] || fail "an honest file: $file $code $seconds $base"

# FILE, the texts that its message holds, exit status, seconds, memory
check() {
    error=$temp/files/$1.err
    count=$((count + 1))
    [ "$4" = 1 ] || fail "$1: exit status $4, wanted 1"
    [ "$(wc -l <"$error")" -eq 1 ] || fail "$1: not one line: $(cat "$error")"
    case $(cat "$error") in
    "skiff inspect: $1: $2"*"$3"* | "skiff inspect: $1: "*"$3"*"$2"*) ;;
    *) fail "$1: '$2' and '$3' are not in: $(cat "$error")" ;;
    esac
    case $5 in
    0.*) ;;
    *) fail "$1: $5 seconds, wanted less than 1" ;;
    esac
    [ $(($6 - base)) -lt $limit ] || fail "$1: $6 bytes of memory, an honest file takes $base"
}

# the list and the results go side by side
sed 1d "$temp/ran" >"$temp/rest"
while IFS=$tab read -r file first second && read -r ran code seconds memory <&3; do
    [ "$file" = "$ran" ] || fail "$file was not run"
    check "$file" "$first" "${second:-}" "$code" "$seconds" "$memory"
done <"$temp/list" 3<"$temp/rest"

if [ -e "$temp/files/pwned" ]; then
    fail "code in a header was run"
fi

# A model whose weights the file does hold, as zeros, and the machine does not.
memory=$(awk '/^MemTotal/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
"$python" -B "$make" --model "$temp/model.npz" "$memory" || exit 1
"$python" -B "$make" --run "$skiff" predict "$temp/model.npz" -- "$temp/model.npz" >"$temp/ran"
read -r file code seconds memory <"$temp/ran"
[ "$code" = 1 ] || fail "$file: exit status $code, wanted 1"
[ $((memory - base)) -lt $limit ] || fail "$file: $memory bytes of memory"
grep -q 'model\.npz: a network of .* parameters needs .* GB to be read and this machine has' \
    "$temp/model.npz.err" || fail "$file: $(cat "$temp/model.npz.err")"

[ "$count" -gt 80 ] || fail "only $count files"
[ "$count" -eq "$(wc -l <"$temp/list")" ] || fail "$count of $(wc -l <"$temp/list") files"
[ $status -eq 0 ] && echo "ok: $count hostile files refused"
exit $status
