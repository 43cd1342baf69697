#!/bin/sh
# SPDX-License-Identifier: MIT
# show-failures.sh FOLDER LIST: the end of the log of every test in a build folder that LIST, the
# output of make check or a test-suite.log, says has failed.
set -u
sed -n 's/^\(FAIL\|ERROR\|XPASS\): \([^ ]*\).*/\2/p' "$2" | sort -u | while read -r name; do
    log=$1/${name%.??}.log
    [ -f "$log" ] || continue
    echo "---- $log"
    tail -n 40 "$log"
done
