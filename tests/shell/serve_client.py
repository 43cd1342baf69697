# SPDX-License-Identifier: MIT
"""A client for the tests of `skiff serve`: whole requests by http.client, broken ones by hand. What is
not as it should be is printed; done() ends with a status."""

import http.client
import socket
import sys
import time

PATIENCE = 120  # seconds, for anything: machines that are busy are slow
SOON = 20  # for what takes milliseconds on one that is not
failures = []


def check(what, got, wanted):
    if got != wanted:
        failures.append(what)
        print(f"FAIL: {what}: {str(got)[:300]!r}, not {str(wanted)[:300]!r}")


def check_that(what, holds, saying=""):
    if not holds:
        failures.append(what)
        print(f"FAIL: {what} {str(saying)[:300]}")


def done():
    sys.exit(bool(failures))


def wait_for(condition, seconds=PATIENCE):
    """Does it come true?"""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Client(http.client.HTTPConnection):
    """One connection; ask() gives status, body and headers."""

    def __init__(self, port, host="127.0.0.1"):
        super().__init__(host, int(port), timeout=PATIENCE)

    def ask(self, method, path, body=None, headers=None, chunked=False):
        self.request(method, path, body, headers or {}, encode_chunked=chunked)
        answer = self.getresponse()
        return answer.status, answer.read(), answer.headers

    def post(self, body, kind="text/csv", **headers):
        return self.ask("POST", "/invocations", body,
                        {"Content-Type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})


def raw(port, data=b"", host="127.0.0.1"):
    """A connection that has sent these bytes."""
    s = socket.create_connection((host, int(port)), timeout=PATIENCE)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(data)
    return s


def rest(s):
    """All that comes until the other side ends."""
    parts = []
    try:
        while part := s.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    s.close()
    return b"".join(parts)


def is_closed(s):
    """The other side has ended, and said nothing more."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def one_line(what, body):
    """Errors are that."""
    check_that(f"{what}: one line of text", body.endswith(b"\n") and body.count(b"\n") == 1, body)


def pings(port):
    """Is a ping answered? One that has been late itself is not."""
    try:
        return Client(port).ask("GET", "/ping")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def listens(port, host="127.0.0.1"):
    """Does anybody take connections there?"""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
        return True
    except OSError:
        return False
