#!/bin/sh
# SPDX-License-Identifier: MIT
# Where a server begins and how it ends: which port, which model, what it refuses, and SIGTERM while
# it works, also as process 1. Point 13 of the contract, in part.
. "$(dirname "$0")/serve_lib.sh"
lesson_model model

# serve_refuses STATUS PATTERN ARGUMENT...: it ends soon, with that status and one line.
serve_refuses() {
    expected=$1
    pattern=$2
    shift 2
    timeout -s KILL 60 "$SKIFF" serve "$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || complain "serve $*: exit status $got, expected $expected"
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || complain "serve $*: not one line: $(cat "$folder/stderr")"
    has "$(cat "$folder/stderr")" "skiff serve: " "$pattern"
}

# ---- which port, which model ----
start_server "$folder/model/model.npz" --host 127.0.0.1
serve_refuses 1 "port $port is in use" "$folder/model" --port "$port"
serve_refuses 1 "port $port is in use" "$folder/model" --port "$port" --host 127.0.0.1
taken=$port
# The platform's word beats the argument; others do not.
code=0
SAGEMAKER_BIND_TO_PORT=$taken serve_refuses 1 "port $taken is in use" "$folder/model" --port 0
SAGEMAKER_BIND_TO_PORT=many serve_refuses 2 "SAGEMAKER_BIND_TO_PORT: 'many'" "$folder/model" --port 0
SAGEMAKER_MODEL_SERVER_WORKERS=-1 serve_refuses 2 "SAGEMAKER_MODEL_SERVER_WORKERS" "$folder/model"
stop_server INT
[ "$code" -eq 0 ] || complain "SIGINT: exit status $code"
serve_refuses 1 "$folder/none: cannot open" "$folder/none"
serve_refuses 1 "$folder/none/model/model.npz: cannot open" --root "$folder/none"
echo "no model" >"$folder/text.npz"
serve_refuses 1 "$folder/text.npz" "$folder/text.npz"
serve_refuses 1 "--host nowhere.invalid: no address is known" "$folder/model" --host nowhere.invalid
serve_refuses 1 "--host 192.0.2.1 is no address of this machine" "$folder/model" --host 192.0.2.1 --port 0
serve_refuses 2 "--workers" "$folder/model" --workers many
serve_refuses 2 "--threshold" "$folder/model" --threshold high

# As the platform starts it: a link, the word, a model in its place, variables.
mkdir -p "$folder/ml/model"
cp "$folder/model/model.npz" "$folder/ml/model/"
ln -s "$SKIFF" "$folder/serve"
program=$SKIFF
for SKIFF in "$folder/serve" "$program"; do
    export SKIFF_ML_ROOT="$folder/ml" SAGEMAKER_MODEL_SERVER_WORKERS=3 SAGEMAKER_MAX_PAYLOAD_IN_MB=1
    export SAGEMAKER_BATCH=true
    start_server
    has "$(cat "$folder/served")" "$folder/ml/model/model.npz, binary, 7 features" "3 workers"
    "$python" - "$port" <<'END' || status=1
import sys
from serve_client import *

for host in "127.0.0.1", "::1":
    try:
        c = Client(int(sys.argv[1]), host)
        check("ping", c.ask("GET", "/ping")[0], 200)
    except OSError:
        check(f"no connection to {host}", host, "::1")  # a machine without IPv6
c = Client(int(sys.argv[1]))
status, body, headers = c.ask("GET", "/execution-parameters")
check("parameters", body.decode(), '{"MaxConcurrentTransforms":3,"BatchStrategy":"MULTI_RECORD",'
      '"MaxPayloadInMB":1}\n')
check("1 MB and a byte", c.post(b" " * (1 << 20) + b"\n")[0], 413)
rows = 5 * b"0.5,1,0,0.25,3,1,0\n"
for body in rows, rows[:-1]:  # point 16
    status, said, headers = c.post(body)
    check("batch: a row for each, the last one ended too", (status, said.count(b"\n"), said[-1:]),
          (200, 5, b"\n"))
done()
END
    unset SAGEMAKER_MODEL_SERVER_WORKERS SAGEMAKER_MAX_PAYLOAD_IN_MB SAGEMAKER_BATCH SKIFF_ML_ROOT
    ends_well
done

# Without standard streams no connection gets their numbers, and with them what is said. The port is
# found by trying, for nobody says it.
"$python" - "$SKIFF" "$folder/model" <<'END' || status=1
import os, subprocess, sys
from serve_client import *

with socket.create_server(("127.0.0.1", 0)) as s:
    port = s.getsockname()[1]
closed = 'exec "$0" serve "$1" --port "$2" --log <&- >&- 2>&-'
server = subprocess.Popen(["sh", "-c", closed, sys.argv[1], sys.argv[2], str(port)])
check_that("it listens", wait_for(lambda: listens(port)))
for fd in 0, 1, 2:
    check(f"descriptor {fd}", os.readlink(f"/proc/{server.pid}/fd/{fd}"), "/dev/null")
said = b"".join(rest(raw(port, b"GET /ping HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n")) for _ in range(9))
check("answers and nothing else", (said.count(b"HTTP/1.1 200"), said.count(b"GET")), (9, 0))
server.terminate()
check("status", server.wait(), 0)
done()
END

# ---- the end ----
first=
if unshare --pid --fork true 2>/dev/null; then
    first="unshare --pid --fork --kill-child"
else
    echo "not as process 1: unshare is refused here"
fi
cat >"$folder/serve-first" <<END
#!/bin/sh
exec $first "$program" "\$@"
END
chmod +x "$folder/serve-first"
for SKIFF in "$program" "$folder/serve-first"; do
    start_server "$folder/model" --workers 1 --log
    inner=$(cat /proc/$server/task/$server/children 2>/dev/null)
    inner=${inner%% *}
    "$python" - "$port" "${inner:-$server}" <<'END' || status=1
import os, signal, sys
from serve_client import *

port, process = map(int, sys.argv[1:])
rows = b"0.5,1,0,0.25,3,1,0\n" * 50000
idle = Client(port)
check("ping", idle.ask("GET", "/ping")[0], 200)
part = raw(port, b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n0.5,1")
clients = [Client(port) for _ in range(4)]
for client in clients:
    client.request("POST", "/invocations", rows, {"Content-Type": "text/csv"})
# One request is being worked on, others wait, one is not complete.
os.kill(process, signal.SIGTERM)
check_that("no more connections", wait_for(lambda: not listens(port)))
part.sendall(b",0,0.25,3,1,0\n")
said = rest(part)
check_that("what had been begun", said.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in said, said)
for client in clients:
    answer = client.getresponse()
    check("an answer", (answer.status, len(answer.read().split())), (200, 50000))
check_that("the idle one is closed", is_closed(idle.sock))
done()
END
    wait $server
    code=$?
    server=
    [ "$code" -eq 0 ] || complain "SIGTERM: exit status $code: $(cat "$folder/served")"
    [ "$(grep -c '^POST /invocations 200 950000 ' "$folder/served")" -eq 4 ] ||
        complain "the log: $(cat "$folder/served")"
done
SKIFF=$program
finish
