#!/bin/sh
# SPDX-License-Identifier: MIT
# run-arm.sh SOURCE TEST...: the program built for aarch64 in arm/ by a cross compiler, and those
# tests run there under qemu. Debian's arm64 packages of the libraries are fetched into arm/root
# and unpacked, not installed: the system learns of no second architecture. The folder is kept, so
# that a second run is quick. What is missing is said and skips, with exit status 0.
set -u
source=$1
shift
make=${MAKE:-make}
native=$PWD/skiff
compiler=aarch64-linux-gnu-gcc
libraries=root/usr/lib/aarch64-linux-gnu

skip() {
    echo "SKIP: check-arm: skipped: $*"
    exit 0
}

# An apt-get that knows arm64 only and keeps what it writes in apt/: any user may run it.
arm_apt() {
    apt-get -q -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
        -o Dir::State="$PWD/apt" -o Dir::State::status="$PWD/apt/status" \
        -o Dir::Cache="$PWD/apt" "$@"
}

fetch_libraries() {
    rm -rf apt root
    mkdir -p apt/lists/partial apt/archives/partial apt/root && : >apt/status &&
        arm_apt update &&
        arm_apt download zlib1g-dev libjansson-dev libcmocka0 libcmocka-dev || return 1
    for package in ./*_arm64.deb; do
        dpkg-deb -x "$package" apt/root || return 1
    done
    mv apt/root root && rm -rf apt ./*_arm64.deb
}

# zlib and jansson go into the program; libc's own cross package is where qemu finds it.
configured() {
    [ -f Makefile ] ||
        "$source/configure" -q --host=aarch64-linux-gnu --without-mpi --without-openblas \
            ZLIB_CFLAGS="-isystem root/usr/include -isystem root/usr/include/aarch64-linux-gnu" \
            ZLIB_LIBS=$libraries/libz.a JANSSON_CFLAGS=" " JANSSON_LIBS=$libraries/libjansson.a \
            CMOCKA_CFLAGS=" " CMOCKA_LIBS=$libraries/libcmocka.so >configure.log 2>&1 ||
        { tail -n 20 configure.log; return 1; }
}

[ "$(uname -m)" != aarch64 ] || skip "this machine is aarch64, where make check tests the same"
for tool in $compiler qemu-aarch64; do
    command -v $tool >/dev/null 2>&1 ||
        skip "no $tool (apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)"
done
mkdir -p arm && cd arm || exit 1
[ -d root ] || fetch_libraries >fetch.log 2>&1 ||
    skip "no arm64 libraries from apt-get: $(tail -n 1 fetch.log)"

libc=$($compiler -print-file-name=libc.so.6)
qemu="qemu-aarch64 -L ${libc%/lib/*} -E LD_LIBRARY_PATH=$libraries"
cat >skiff-arm <<END
#!/bin/sh
exec $qemu "$PWD/skiff" "\$@"
END
chmod +x skiff-arm

programs=
for test; do
    case $test in
    *.sh) ;;
    *) programs="$programs $test" ;;
    esac
done
# shellcheck disable=SC2086 # a list of targets
configured && $make -s all-am $programs || { echo "FAIL: the build for aarch64"; exit 1; }
$make -s check-TESTS TESTS="$*" LOG_COMPILER="$qemu" TEST_SUITE_LOG=tests/arm.log \
    TESTS_ENVIRONMENT="SKIFF='$PWD/skiff-arm' SKIFF_OTHER='$native'"
