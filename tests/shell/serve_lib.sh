# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# What the tests of `skiff serve` share, on top of lib.sh: a model, servers on ports that the system
# chooses, a client. A script sources it first.
. "${SKIFF_SRCDIR:-$(dirname "$0")/../..}/tests/shell/lib.sh"
need_python
server=
trap 'stop_server KILL >/dev/null 2>&1; rm -rf "$folder"' EXIT
unset SAGEMAKER_BIND_TO_PORT SAGEMAKER_MODEL_SERVER_WORKERS SAGEMAKER_MODEL_SERVER_TIMEOUT
unset SAGEMAKER_MAX_PAYLOAD_IN_MB SAGEMAKER_BATCH SAGEMAKER_MULTI_MODEL
unset SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT SAGEMAKER_INFERENCE_OUTPUT SKIFF_ML_ROOT

# lesson_model NAME OPTION...: a model of the lesson's table in $folder/NAME.
lesson_model() {
    name=$1
    shift
    train --train "$data/train_data.npz" --val "$data/val_data.npz" --epochs 3 --quiet \
        --out "$folder/$name" "$@"
}

# start_server ARGUMENT...: skiff serve; $server is its process, $port where it listens. What it says
# is in $folder/served.
start_server() {
    : >"$folder/served"
    "$SKIFF" serve --port 0 "$@" >"$folder/served.out" 2>"$folder/served" </dev/null &
    server=$!
    tries=1000
    port=
    until [ -n "$port" ] || [ $tries -eq 0 ] || ! kill -0 $server 2>/dev/null; do
        sleep 0.01
        port=$(sed -n 's/^skiff serve: .* on port \([0-9]*\) of .*/\1/p' "$folder/served")
        tries=$((tries - 1))
    done
    [ -n "$port" ] && return 0
    grep -q 'microhttpd' "$folder/served" && { echo "skipped: $(cat "$folder/served")"; exit 77; }
    complain "skiff serve $*: no port: $(cat "$folder/served")"
    finish
}

# stop_server [SIGNAL]: and wait; $code is its exit status.
stop_server() {
    [ -n "$server" ] || return 0
    kill "-${1:-TERM}" "$server" 2>/dev/null
    wait "$server"
    code=$?
    server=
}

# ends_well: SIGTERM, status 0, nothing said but that it was ready.
ends_well() {
    stop_server
    [ "$code" -eq 0 ] || complain "the server's exit status $code: $(cat "$folder/served")"
    [ "$(grep -vc '^skiff serve: .* on port' "$folder/served")" -eq 0 ] ||
        complain "the server said: $(cat "$folder/served")"
}
