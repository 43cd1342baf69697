#!/bin/sh
# SPDX-License-Identifier: MIT
# HTTP as a hosting container speaks it: paths and methods, sizes, chunks, connections that stay,
# clients that break off or send anything. Points 13 and 15 of the contract.
. "$(dirname "$0")/serve_lib.sh"
lesson_model model
start_server "$folder/model" --timeout 20

"$python" - "$port" <<'END' || status=1
import sys
from serve_client import *

port = int(sys.argv[1])
LIMIT = 6 * 1024 * 1024
row = b"0.5,1,0,0.25,3,1,0\n"
c = Client(port)

# ---- paths and methods ----
for method in "GET", "HEAD":
    status, body, headers = c.ask(method, "/ping")
    check(f"{method} /ping", (status, body, headers["Content-Length"]), (200, b"", "0"))
status, body, headers = c.ask("GET", "/execution-parameters")
check("execution-parameters", (status, headers["Content-Type"]), (200, "application/json"))
check_that("its members", b'"BatchStrategy":"MULTI_RECORD"' in body and b'"MaxPayloadInMB":6' in body,
           body)
status, wanted, headers = c.post(row)
check("a row", (status, headers["Content-Type"].split(";")[0]), (200, "text/csv"))
for method, path, allowed in (
    ("GET", "/invocations", "POST"), ("PUT", "/invocations", "POST"), ("POST", "/ping", "GET, HEAD"),
    ("DELETE", "/execution-parameters", "GET, HEAD")):
    status, body, headers = c.ask(method, path, b"x" if method in ("PUT", "POST") else None)
    check(f"{method} {path}", (status, headers["Allow"]), (405, allowed))
    one_line(f"{method} {path}", body)
for path in "/", "/invocation", "/ping/", "/%00", "/%0a%0aping", "/" + 2000 * "x":
    status, body, headers = c.ask("POST", path, row)
    check(f"POST {path[:30]}", status, 404)
    one_line(f"POST {path[:30]}", body)
check("with a query", c.ask("GET", "/ping?a=b")[0], 200)
status, body, headers = c.post(row, Content_Encoding="gzip")
check("gzip", status, 415)
one_line("gzip", body)
status, body, headers = c.post(row, X_Amzn_SageMaker_Custom_Attributes="trace=17")
check("attributes", (status, headers["X-Amzn-SageMaker-Custom-Attributes"]), (200, "trace=17"))
status, body, headers = c.post(row)
check("no attributes", headers["X-Amzn-SageMaker-Custom-Attributes"], None)

# ---- sizes: the connection stays, whatever the answer ----
rows = row * (LIMIT // len(row))
large = rows + b" " * (LIMIT - len(rows) - 1) + b"\n"
status, body, headers = c.post(rows)
check("6 MB of rows", (status, len(body.split())), (200, LIMIT // len(row)))
check_that("6 MB and no more", c.post(large)[0] != 413)
for kind in "with its length", "in chunks":
    pieces = (large[i:i + 70000] for i in range(0, LIMIT, 70000))
    body = large if kind == "with its length" else pieces
    status, text, headers = c.ask("POST", "/invocations", body, {"Content-Type": "text/csv"},
                                  kind == "in chunks")
    check_that(f"6 MB {kind}", status != 413, text)
    pieces = (p for p in (large, b"\n"))
    body = large + b"\n" if kind == "with its length" else pieces
    status, text, headers = c.ask("POST", "/invocations", body, {"Content-Type": "text/csv"},
                                  kind == "in chunks")
    check(f"6 MB and a byte {kind}", status, 413)
    one_line("413", text)
    check("and then", c.post(row)[:2], (200, wanted))
status, body, headers = c.ask("POST", "/invocations", (row[i:i + 1] for i in range(len(row))), {}, True)
check("a byte a chunk", (status, body), (200, wanted))

# ---- who waits for leave to send is told at once ----
s = raw(port, b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(row))
check("leave", s.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
s.sendall(row)
check_that("and the answer", b" 200 " in s.recv(1000))
s.close()
for path, length, status in (b"/invocations", LIMIT + 1, b" 413 "), (b"/nowhere", 10, b" 404 "):
    s = raw(port, b"POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
            % (path, length))
    said = rest(s)
    check_that(f"no leave for {length} bytes", said.startswith(b"HTTP/1.1" + status), said)

# ---- connections that stay ----
for i in range(1000):
    status, body, headers = c.post(row)
    if (status, body) != (200, wanted):
        check(f"request {i} of a connection", (status, body), (200, wanted))
        break
ask = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(row), row)
ping = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
s = raw(port, 50 * (ask + ping) + b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
said = rest(s)
check("a hundred at once", (said.count(b"HTTP/1.1 200 OK"), said.count(wanted.strip())), (101, 50))
s = raw(port, b"GET /ping HTTP/1.0\r\n\r\n")
said = rest(s)
check_that("HTTP/1.0", said.split(b" ")[1:2] == [b"200"], said)

# ---- a length that is not clear is refused, and what follows is no request ----
for name, lines in (
    ("two lengths", b"Content-Length: 19\r\nContent-Length: 5\r\n"),
    ("a length in lower case and chunks", b"content-length: 5\r\nTransfer-Encoding: chunked\r\n"),
    ("chunks and a length", b"Transfer-Encoding: chunked\r\nContent-Length: 19\r\n"),
    ("chunks twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    ("another coding", b"Transfer-Encoding: gzip, chunked\r\n"),
):
    for method in b"POST /invocations", b"GET /ping":
        s = raw(port, method + b" HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n0\r\n\r\n" + 5 * ping)
        said = rest(s)
        check_that(name, said.startswith(b"HTTP/1.1 400 ") and said.count(b"HTTP/1.1 ") == 1, said)

# ---- what is no request, or only a part of one: an error or an end, and the next is served ----
for name, data in (
    ("garbage", bytes(range(256)) * 100), ("a TLS greeting", b"\x16\x03\x01\x02\x00\x01" + b"\0" * 500),
    ("no version", b"GET /ping\r\n\r\n"), ("another version", b"GET /ping HTTP/9.9\r\n\r\n"),
    ("a long head", b"GET /ping HTTP/1.1\r\n" + b"A: " + b"x" * 100000 + b"\r\n\r\n"),
    ("many headers", b"GET /ping HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n"),
    ("a long path", b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n"),
    ("a length that is none", b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\nx"),
    ("a negative length", b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nx"),
    ("a huge length", b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: "
     b"99999999999999999999999999\r\n\r\nx"),
    ("chunks that are none", b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"zz\r\nhello\r\n0\r\n\r\n"),
    ("bytes that are zero", b"POST /invocations\0 HTTP/1.1\r\nHost: x\0\r\nContent-Length: 1\0\r\n\r\nx"),
    ("a chunk too long", b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
):
    try:
        s = raw(port, data)
        s.shutdown(1)
        said = rest(s)
        check_that(name, not said.startswith(b"HTTP/1.1 200"), said)
    except OSError:
        pass  # it was cut off while it was sending
    check(f"after {name}", Client(port).ask("GET", "/ping")[0], 200)
for part in b"G", b"GET /ping HTTP/1.1\r\n", ask[:40], ask[:-3], b"\r\n\r\n":
    raw(port, part).close()
    s = raw(port, part)
    s.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: a reset
    s.close()
s = raw(port, ask)  # who does not wait for the answer
s.close()
check("after all of them", c.post(row)[:2], (200, wanted))
c.close()
done()
END
ends_well
finish
