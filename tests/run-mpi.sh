#!/bin/sh
# SPDX-License-Identifier: MIT
# run-mpi.sh SOURCE: the tests of tests/mpi/testlist, in a build folder; their logs are in its mpi/. A
# line there is a script, the numbers of ranks it is to use, and arguments for it. Where there is no
# mpiexec, or skiff was built without MPI, that is said and skips, with exit status 0.
set -u
source=$1
limit=150 # seconds a line

skip() {
    echo "SKIP: check-mpi: skipped: $*"
    exit 0
}

grep -q '^#define SKIFF_HAVE_MPI 1' config.h || skip "skiff was built without MPI"
command -v mpiexec >/dev/null 2>&1 || skip "no mpiexec (apt-get install mpich)"
mpiexec --version 2>/dev/null | grep -q HYDRA ||
    skip "$(command -v mpiexec) is not MPICH's (apt-get install mpich)"

SKIFF=$PWD/skiff
SKIFF_SRCDIR=$source
export SKIFF SKIFF_SRCDIR
mkdir -p mpi
status=0
number=0
while read -r script ranks arguments; do
    case $script in
    '' | '#'*) continue ;;
    esac
    number=$((number + 1))
    name=$(printf 'mpi/%02d-%s' $number "${script%.sh}")
    # shellcheck disable=SC2086 # words of a line
    timeout -k 5 $limit sh "$source/tests/mpi/$script" "$ranks" $arguments \
        >"$name.log" 2>&1 </dev/null
    case $? in
    0) result=PASS ;;
    77) result=SKIP ;;
    *) result=FAIL status=1 ;;
    esac
    echo "$result: $name ($ranks${arguments:+ $arguments})"
done <"$source/tests/mpi/testlist"
exit $status
