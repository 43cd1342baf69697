#!/bin/sh
# SPDX-License-Identifier: MIT
# The C source is laid out as .clang-format says. Every version of the tool lays out a little
# differently, so only the one that the source was formatted with may judge.
set -u
version=14
tool=$(command -v clang-format-$version || command -v clang-format) || {
    echo "skipped: no clang-format (apt-get install clang-format-$version)"
    exit 77
}
"$tool" --version | grep -q "version $version\." || {
    echo "skipped: $("$tool" --version), not version $version"
    exit 77
}
cd "${1:-$(dirname "$0")/../..}" || exit 1
untidy=$(find src tests bench -name '*.[ch]' | sort | while read -r file; do
    "$tool" --dry-run -Werror "$file" 2>/dev/null || echo "$file"
done)
[ -n "$untidy" ] || exit 0
echo "to be formatted (clang-format -i, twice where once does not settle it):"
echo "$untidy"
exit 1
