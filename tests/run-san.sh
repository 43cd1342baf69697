#!/bin/sh
# SPDX-License-Identifier: MIT
# run-san.sh SOURCE: unit and shell tests under ASan and UBSan in san/, then, where clang is, every
# fuzz target for FUZZ_SECONDS (15) in fuzz/. Both folders are kept, so that a second run is quick.
set -u
source=$1
make=${MAKE:-make}
status=0

# -j reaches us through MAKEFLAGS; make's own variables would spoil the folders' own.
configured() {
    folder=$1
    shift
    mkdir -p "$folder"
    [ -f "$folder/Makefile" ] || (cd "$folder" && "$source/configure" -q "$@" >configure.log 2>&1) ||
        { tail -n 20 "$folder/configure.log"; return 1; }
}

if configured san --enable-sanitizers CC="${CC:-cc}"; then
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
        UBSAN_OPTIONS=print_stacktrace=1 \
        $make -C san -s check-code || status=1
else
    echo "FAIL: configure --enable-sanitizers"
    status=1
fi

if ! command -v clang >/dev/null 2>&1; then
    echo "SKIP: fuzz targets (no clang)"
elif configured fuzz --enable-fuzz CC=clang && $make -C fuzz -s fuzzers; then
    sh "$source/tests/run-fuzz.sh" fuzz "$source" || status=1
else
    echo "FAIL: building the fuzz targets"
    status=1
fi
exit $status
