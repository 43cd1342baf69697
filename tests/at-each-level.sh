#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a unit program: once, or, when it is named in SKIFF_LEVEL_TESTS, once at each CPU level that
# this machine has.
set -u
program=$1
name=${program#./}

case " ${SKIFF_LEVEL_TESTS-} " in
    *" $name "*) ;;
    *) exec "$program" ;;
esac

levels=$(tests/cpu_levels) || exit 99
[ -n "$levels" ] || exit 99
status=0
for level in $levels; do
    echo "== SKIFF_CPU=$level $name"
    SKIFF_CPU=$level "$program" || {
        status=$?
        echo "== failed at level $level with status $status"
    }
done
exit "$status"
