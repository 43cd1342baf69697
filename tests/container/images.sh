#!/bin/sh
# SPDX-License-Identifier: MIT
# Both images of the Dockerfile, built without an engine: how large they are, compressed; what their
# entry point is; and that a job runs in them as the platform would start it, `IMAGE train`. Takes
# minutes, and Debian's packages from the network.
. "$SKIFF_SRCDIR/tests/shell/job_lib.sh"
slim_limit=60000 # kB, compressed
small_limit=25000

[ "$(id -u)" = 0 ] || { echo "skipped: chroot wants root"; exit 77; }
for tool in buildah mmdebstrap chroot unshare; do
    command -v $tool >/dev/null 2>&1 || { echo "skipped: no $tool"; exit 77; }
done
need_python
out=$(mktemp -d /tmp/skiff-images-XXXXXX) || exit 1
trap 'rm -rf "$folder" "$out"' EXIT
chmod 755 "$out"
TMPDIR=/tmp sh "$SKIFF_SRCDIR/container/build_image.sh" "$out" >"$folder/log" 2>&1 || {
    cat "$folder/log"
    if grep -q -i 'could not resolve\|connection\|cannot find the requested root\|operation not permitted' \
        "$folder/log"; then
        echo "skipped: no packages from the network, or no rights to unpack them"
        exit 77
    fi
    complain "build_image.sh failed"
    finish
}
cat "$folder/log"

# unpack ARCHIVE FOLDER: an OCI archive's layers, and its configuration as text.
cat >"$folder/unpack.py" <<'END'
import gzip, json, os, subprocess, sys, tarfile
archive, folder = sys.argv[1:]
with tarfile.open(archive) as tar:
    def blob(digest):
        return tar.extractfile("blobs/" + digest.replace(":", "/")).read()
    index = json.load(tar.extractfile("index.json"))
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    config = json.loads(blob(manifest["config"]["digest"]))["config"]
    for layer in manifest["layers"]:
        data = blob(layer["digest"])
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        subprocess.run(["tar", "-x", "-C", folder, "-f", "-"], input=data, check=True)
print("entry", json.dumps(config["Entrypoint"]), json.dumps(config["Cmd"]),
      config["Labels"]["org.opencontainers.image.title"])
END
for target in slim small; do
    size=$(($(wc -c <"$out/$target.tar") / 1000))
    limit=$([ $target = slim ] && echo $slim_limit || echo $small_limit)
    [ $size -le $limit ] || complain "$target: $size kB compressed are more than $limit"
    mkdir "$out/$target"
    said=$("$python" "$folder/unpack.py" "$out/$target.tar" "$out/$target") || complain "$target: unpacking"
    is "$target" "$said" 'entry ["/usr/local/bin/skiff"] ["train"] skiff'
    tree=$out/$target
    lesson "$target" --hp epochs=5
    # What `docker run IMAGE train` comes to.
    # shellcheck disable=SC2016
    unshare --mount --pid --fork sh -c 'mkdir -p "$1/opt/ml" && mount --bind "$2" "$1/opt/ml" &&
        mount -t proc none "$1/proc" && exec chroot "$1" /usr/local/bin/skiff train' \
        x "$tree" "$root" >"$folder/stdout" 2>"$folder/stderr" || complain "$target: $(cat "$folder/stderr")"
    has "$(tail -n 1 "$folder/stdout")" "Model saved to /opt/ml/model/nn_model.pth"
    [ -s "$root/model/model.npz" ] || complain "$target: no model"
    is "$target: the link" "$(readlink "$tree/usr/local/bin/train")" skiff
done
same_file "the same model in both" "$folder/slim/algo-1/model/model.npz" \
    "$folder/small/algo-1/model/model.npz"
finish
