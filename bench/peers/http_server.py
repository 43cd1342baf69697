#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The endpoint that one writes in an afternoon: a model of PyTorch behind Python's own HTTP server.

    /usr/bin/python3 bench/peers/http_server.py nn_model.pth

POST /invocations with rows of CSV, a probability a line as the answer. It prints its port and serves
until SIGTERM. Connections stay, an answer leaves in one piece and nothing is logged, for else it
would be tens of times slower; torch has one thread a request. Exit status 77 without torch.
"""

import io
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skip: {missing}")
    sys.exit(77)


def network(path):
    state = list(torch.load(path).values())
    layers = []
    for weight, bias in zip(state[::2], state[1::2]):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": weight, "bias": bias})
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1], torch.nn.Sigmoid())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the head and the body together

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        rows = np.loadtxt(io.StringIO(body.decode()), delimiter=",", dtype=np.float32, ndmin=2)
        with torch.no_grad():
            p = self.server.net(torch.from_numpy(rows))[:, 0].tolist()
        answer = "\n".join("%.9g" % x for x in p).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def main():
    torch.set_num_threads(1)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.net = network(sys.argv[1])
        print(server.server_address[1], flush=True)
        try:
            server.serve_forever()
        finally:
            os._exit(0)


main()
