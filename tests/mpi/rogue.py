#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rogue.py KIND HOST [SECRET]: somebody who is no host of the job calls its leader, or waits for its
hosts where the leader should be. Prints what came of it.

flood        10,000 calls that say nothing, 500 of them open at a time, and again until it is ended
garbage      texts that are no greeting
version      a greeting of another version of skiff, or of the protocol
claim        a greeting of the second of three hosts, without proof
bad          ... with a proof that is none
replay       ... with one that was good for another nonce
good         ... with a good one: says "beat"; what the others are to be told from
leader       takes calls and says "start", with and without a challenge before it
"""
import collections
import hashlib
import hmac
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zlib

PORT = 7733
NAMES = zlib.crc32(b"algo-1\0algo-2\0algo-3\0")


def call(host):
    deadline = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection((host, PORT), 5)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def greeting(nonce, version, protocol=4):
    return "skiff-join %d %s 1 3 1 %d 0 %s" % (protocol, version, NAMES, nonce)


def prove(secret, role, hello, nonce):
    text = b"".join(part.encode() + b"\0" for part in (role, hello, nonce))
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def ask(host, text):
    """What the leader says first."""
    s = call(host)
    s.sendall(text + b"\n")
    try:
        lines = s.makefile("r")
        return s, lines, lines.readline().strip() or "gone"
    except OSError:
        return s, None, "gone"


def flood(host):
    held = collections.deque()
    while True:
        for _ in range(10000):
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex((host, PORT))
            if len(held) > 500:
                held.popleft().close()
        print("flood", flush=True)


def claim(host, version, secret, kind):
    hello = greeting("0123456789abcdef" * 2, version)
    s, lines, said = ask(host, hello.encode())
    if kind == "claim" or not said.startswith("challenge "):
        return said.split(" ")[0]
    nonce, proof = said.split()[1:]
    if kind == "good" and proof != prove(secret, "leader", hello, nonce):
        return "leader without the secret"
    used = "f" * 32 if kind == "replay" else nonce
    answer = "00" * 32 if kind == "bad" else prove(secret, "worker", hello, used)
    s.sendall(b"proof " + answer.encode() + b"\n")
    return lines.readline().split(" ")[0].strip()


def lead():
    door = socket.create_server(("", PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    for text in (b"start 0 111\n", b"refuse go home\n", b"garbage\n", b"",
                 b"challenge " + b"0" * 32 + b" " + b"0" * 64 + b"\nstart 0 111\n",
                 b"challenge " + b"0" * 9999):
        guest, _ = door.accept()
        guest.sendall(text)
        guest.settimeout(7)
        heard = b""
        try:
            while b"proof" not in heard:
                more = guest.recv(4096)
                if not more:
                    break
                heard += more
        except OSError:
            pass
        print("followed" if b"proof" in heard else "left", flush=True)


def main():
    signal.alarm(150)  # whatever becomes of the test that has started it
    kind, host = sys.argv[1:3]
    secret = sys.argv[3] if len(sys.argv) > 3 else ""
    version = re.search(r"[0-9.]+", subprocess.check_output(
        [os.environ["SKIFF"], "--version"], text=True)).group()
    if kind == "flood":
        flood(host)
    elif kind == "leader":
        lead()
    elif kind == "garbage":
        for text in (b"", b"\0\xff" * 3000, b"GET / HTTP/1.0\r\n\r", b"proof " + b"0" * 64, b"x" * 2048):
            print(ask(host, text)[2][:6])
    elif kind == "version":
        for text in (greeting("-", "0.0.1"), greeting("0" * 32, "0.0.1"), greeting("-", version, 9)):
            print(ask(host, text.encode())[2].split(" ")[0])
    else:
        print(claim(host, version, secret, kind))


main()
