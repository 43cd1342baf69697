#!/bin/sh
# SPDX-License-Identifier: MIT
# build_image.sh OUT [TARGET...]: the image of the Dockerfile without an engine: buildah runs its steps
# in a chroot, on a base that mmdebstrap makes from Debian's packages. Each TARGET (slim, small; both
# unless given) becomes OUT/TARGET.tar, an archive that `docker load` and `skopeo copy
# oci-archive:...` take. Prints what a registry would hold: the compressed size. For root, on Debian
# (apt-get install buildah mmdebstrap).
set -eu
out=${1:?build_image.sh OUT [TARGET...]}
shift
[ $# -gt 0 ] || set -- slim small
source=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"
work=$(mktemp -d)
driver=overlay
# What buildah mounts and unpacks is its own to remove.
clean() {
    buildah --storage-driver "$driver" --root "$work/root" --runroot "$work/run" rm --all \
        >/dev/null 2>&1 || true
    umount --recursive "$work/root/overlay" 2>/dev/null || true
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

buildah_here() {
    buildah --storage-driver "$driver" --root "$work/root" --runroot "$work/run" "$@"
}

# Layers over each other where the file system can; copies of them, which take minutes, elsewhere.
if ! container=$(buildah_here from scratch 2>/dev/null) || ! buildah_here mount "$container" >/dev/null 2>&1; then
    rm -rf "$work/root" "$work/run"
    driver=vfs
    container=$(buildah_here from scratch)
fi

# Debian slim is minbase without documents.
mmdebstrap --quiet --variant=minbase --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    bookworm "$work/base.tar" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
buildah_here add --quiet "$container" "$work/base.tar" / >/dev/null
buildah_here commit --quiet --rm "$container" localhost/debian:12 >/dev/null
rm "$work/base.tar"

# What git knows of the sources; all of them where they come from a tarball.
mkdir "$work/context"
if git -C "$source" rev-parse --git-dir >/dev/null 2>&1; then
    (cd "$source" && git ls-files -z | tar -c --null -T - -f -) | tar -x -C "$work/context" -f -
else
    cp -a "$source/." "$work/context"
fi
for target in "$@"; do
    buildah_here build --quiet --layers --isolation chroot --pull-never --build-arg BASE=localhost/debian:12 \
        --target "$target" --format oci -t "skiff:$target" -f "$work/context/container/Dockerfile" \
        "$work/context" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    rm -f "$out/$target.tar"
    buildah_here push --quiet "skiff:$target" "oci-archive:$out/$target.tar:skiff:$target"
    echo "$target: $(($(wc -c <"$out/$target.tar") / 1000)) kB compressed, $out/$target.tar"
done
