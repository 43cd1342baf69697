#!/bin/sh
# SPDX-License-Identifier: MIT
# Pings are answered within two seconds while all workers predict, and while a thousand connections
# keep a server waiting; those that wait for longest go. Memory does not grow with requests. Point 13
# of the contract. Times are generous: the machine may be busy. tests/unit/test_http has the same with
# workers that wait until they are told, and no times.
. "$(dirname "$0")/serve_lib.sh"
lesson_model wide --hidden 128,128 --epochs 1
lesson_model model

start_server "$folder/wide" --workers 2
"$python" - "$port" <<'END' || status=1
import sys, threading
from serve_client import *

port = int(sys.argv[1])
rows = b"0.5,1,0,0.25,3,1,0\n" * 20000
answers = []
clients = [threading.Thread(target=lambda: answers.append(Client(port).post(rows)[0])) for _ in range(4)]
for client in clients:
    client.start()
times, c = [], Client(port)
while len(times) < 10 or any(t.is_alive() for t in clients):
    begun = time.monotonic()
    check("ping", c.ask("GET", "/ping")[:2], (200, b""))
    new = Client(port)
    check("ping by a new connection", new.ask("GET", "/ping")[:2], (200, b""))
    new.close()
    times.append(time.monotonic() - begun)
for client in clients:
    client.join()
check("answers", answers, [200] * 4)
print(f"{len(times)} pairs of pings beside 4 large requests, the slowest took {max(times):.3f} s")
check_that("in time", max(times) < SOON, max(times))
done()
END
ends_well

# More silent and slow connections than there are places, if this process may have so many.
start_server "$folder/model" --timeout 600 --workers 2
"$python" - "$port" <<'END' || status=1
import resource, sys
from serve_client import *

port = int(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
count = 1300 if hard > 1400 or hard < 0 else 200
parts = (b"", b"G", b"GET /ping HTTP/1.1\r\nHost: x\r\n",
         b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n0.5,1")
slow = [raw(port, parts[i % len(parts)]) for i in range(count)]
times = []
for i in range(20):
    begun = time.monotonic()
    check("ping", Client(port).ask("GET", "/ping")[0], 200)
    times.append(time.monotonic() - begun)
print(f"{count} slow connections, the slowest ping took {max(times):.3f} s")
check_that("in time", max(times) < SOON, max(times))
gone = 0
for s in slow:
    s.setblocking(False)
    try:
        gone += s.recv(1) == b""
    except BlockingIOError:
        pass
    except ConnectionResetError:
        gone += 1
print(f"{gone} of them had to go")
check_that("those that are too many go", gone >= count - 1002, gone)
check_that("others stay", gone <= max(0, count - 1002) + 40, gone)
done()
END
stop_server

# With descriptors for a few connections those who ask are answered, and silent ones give way.
cat >"$folder/few" <<END
#!/bin/sh
ulimit -n 16
exec "$SKIFF" "\$@"
END
chmod +x "$folder/few"
program=$SKIFF
SKIFF=$folder/few
start_server "$folder/model" --timeout 600 --workers 1
SKIFF=$program
"$python" - "$port" <<'END' || status=1
import sys
from serve_client import *

port = int(sys.argv[1])
ping = b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
asked = [raw(port, ping) for _ in range(40)]
answered = sum(b" 200 OK" in rest(s) for s in asked)
check_that("answers", answered > 35, answered)  # all, where the server is not kept from working
silent = [raw(port) for _ in range(40)]
check_that("beside silent ones", b" 200 OK" in rest(raw(port, ping)))
done()
END
ends_well

# With too few for any connection it says so, instead of that it is ready.
"$python" - "$SKIFF" "$folder/model" <<'END' || status=1
import re, subprocess, sys
from serve_client import *

refused = []
for limit in range(5, 20):
    server = subprocess.Popen(["sh", "-c", f'ulimit -n {limit}; exec "$0" serve "$1" --port 0 --workers 1',
                               *sys.argv[1:]], stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline()
    ready = re.search(r" on port (\d+) ", line)
    if ready:
        check(f"a ping with ulimit -n {limit}", Client(int(ready[1])).ask("GET", "/ping")[0], 200)
        server.terminate()
    else:
        refused.append(line)
    check(f"status with ulimit -n {limit}", server.wait(), 0 if ready else 1)
    if ready:
        break
check_that("the limit is named", any("ulimit -n" in line for line in refused), refused)
check_that("and suffices at last", ready)
done()
END

# A log that nobody reads keeps nobody waiting, and not from ending.
"$python" - "$SKIFF" "$folder/model" <<'END' || status=1
import fcntl, re, subprocess, sys
from serve_client import *

server = subprocess.Popen([sys.argv[1], "serve", sys.argv[2], "--port", "0", "--workers", "1", "--log"],
                          stderr=subprocess.PIPE)
port = int(re.search(rb" on port (\d+) ", server.stderr.readline())[1])
room = fcntl.fcntl(server.stderr, 1031, 4096)  # F_SETPIPE_SZ
c = Client(port)
count = room // len("GET /ping 200 0 0 0.0") + 100
for i in range(count):
    check("ping", c.ask("GET", "/ping")[0], 200)
said, dropped = 0, 0
while dropped == 0:
    line = server.stderr.readline()
    said += line.startswith(b"GET /ping 200 ")
    if said < 10:
        check("ping", c.ask("GET", "/ping")[0], 200)
        count += 1
    gap = re.match(rb"skiff serve: (\d+) lines? of the log dropped", line)
    dropped = int(gap[1]) if gap else 0
print(f"{dropped} of {count} lines were dropped")
check_that("most lines are there or counted", 100 <= dropped <= count - said, (dropped, said, count))
for i in range(count):
    check("ping", c.ask("GET", "/ping")[0], 200)
server.terminate()
check("status", server.wait(), 0)
done()
END

# Those that take too long are let go.
start_server "$folder/model" --timeout 0.5 --workers 1
"$python" - "$port" <<'END' || status=1
import sys
from serve_client import *

port = int(sys.argv[1])
begun = time.monotonic()
silent = raw(port)
slow = raw(port, b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n0.5,1")
ended = False
while not ended and time.monotonic() - begun < PATIENCE:
    try:
        slow.sendall(b"0")  # never idle, and never done
        time.sleep(0.02)
    except OSError:
        ended = True
check_that("a body that takes too long", ended)
check_that("a connection without a request", is_closed(silent))
check_that("neither at once", time.monotonic() - begun > 0.4)
check_that("and others", wait_for(lambda: pings(port)))
done()
END
ends_well

# Memory: requests small and large, answers and refusals.
[ "$sanitized" = yes ] && finish # it keeps what was freed
start_server "$folder/model"
"$python" - "$port" "$server" <<'END' || status=1
import sys
from serve_client import *

port, process = map(int, sys.argv[1:])
row = b"0.5,1,0,0.25,3,1,0\n"


def resident():
    with open(f"/proc/{process}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def ask(count):
    requests = (b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n" + row +
                b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n1,x" +
                b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
    for i in range(count // 100):
        s = raw(port, 25 * requests + b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = rest(s)
        if said.count(b"HTTP/1.1 ") != 101:
            check("answers to a hundred requests", said.count(b"HTTP/1.1 "), 101)
            return


ask(1000)
before = resident()
ask(5000)
after = resident()
print(f"resident: {before} kB after 1,000 requests, {after} kB after 5,000 more")
check_that("memory does not grow", after < before + 500, (before, after))
for i in range(5):
    check("a large one", Client(port).post(row * 300000)[0], 200)
large = resident()
print(f"resident: {large} kB after 5 of 5.7 MB, one after the other")
check_that("nor with large ones", large < after + 50000, (after, large))
done()
END
ends_well
finish
