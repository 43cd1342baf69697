# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC1091
# A small file system at $disk, for tests of a disk that is full: a mount namespace gives one to root,
# and others skip. The script sets $disk_size and sources this first; it is started again inside.
if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null || { echo "skipped: no mount namespace for this user"; exit 77; }
    exec unshare -m sh "$0" inside
fi
. "$(dirname "$0")/lib.sh"
disk=$folder/disk
mkdir "$disk"
mount -t tmpfs -o "size=$disk_size" tmpfs "$disk" || { echo "skipped: cannot mount"; exit 77; }
trap 'umount "$disk"; rm -rf "$folder"' EXIT

# leave PAGES: that many pages of 4096 bytes are free.
leave() {
    rm -f "$disk/filler"
    cat /dev/zero >"$disk/filler" 2>/dev/null
    size=$(wc -c <"$disk/filler")
    truncate -s $((size - $1 * 4096)) "$disk/filler"
}
