#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Loss curves of torch on the data that ships, for machines without torch.

    /usr/bin/python3 tests/golden/make_curves.py > tests/golden/curves.csv

One line an epoch: case, epoch, train loss before the step (row-weighted mean over the batches of
the epoch), validation loss after it. Few epochs, so that the spread which torch shows against
itself is still far below the tolerance of the test that reads this.
"""
import os

import numpy as np
import torch
from torch import nn

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")

# name, epochs, batch (0: the full batch), hidden, activation, dropout, optimizer
CASES = [
    ("lesson", 60, 0, [64, 32], nn.ReLU, 0.0, lambda p: torch.optim.Adam(p, lr=0.001)),
    ("batches", 6, 32, [64, 32], nn.ReLU, 0.2,
     lambda p: torch.optim.AdamW(p, lr=0.001, weight_decay=0.01)),
    ("nesterov", 6, 100, [16], nn.Tanh, 0.0,
     lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.001)),
    ("linear", 20, 0, [], nn.ReLU, 0.0, lambda p: torch.optim.SGD(p, lr=0.1)),
]


def tensors(part):
    with np.load(os.path.join(DATA, part + "_data.npz")) as data:
        x = torch.tensor(data["X_" + part], dtype=torch.float32)
        y = torch.tensor(data["y_" + part], dtype=torch.float32).reshape(-1, 1)
    return x, y


def build(inputs, hidden, activation, dropout):
    layers = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), activation()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, 1), nn.Sigmoid())


def run(name, epochs, batch, hidden, activation, dropout, optimizer):
    x, y = tensors("train")
    x_val, y_val = tensors("val")
    torch.manual_seed(0)
    net = build(x.shape[1], hidden, activation, dropout)
    step = optimizer(net.parameters())
    loss_of = nn.BCELoss()
    loader = [(x, y)]
    if batch:
        rows = torch.utils.data.TensorDataset(x, y)
        loader = torch.utils.data.DataLoader(rows, batch_size=batch, shuffle=True)
    for epoch in range(1, epochs + 1):
        net.train()
        total = 0.0
        for some_x, some_y in loader:
            step.zero_grad()
            loss = loss_of(net(some_x), some_y)
            loss.backward()
            step.step()
            total += loss.item() * len(some_x)
        net.eval()
        with torch.no_grad():
            val = loss_of(net(x_val), y_val).item()
        print("%s,%d,%.9g,%.9g" % (name, epoch, total / len(x), val))


torch.set_num_threads(1)
for case in CASES:
    run(*case)
