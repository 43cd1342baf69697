# SPDX-License-Identifier: MIT
"""What the scripts with PyTorch share: the network, a table's tensors, DataLoader's order."""

import collections

import torch
from torch import nn


def network(inputs, hidden, outputs):
    """Dense layers fc1, fc2, ... with ReLU between them; raw outputs. The draws of their weights
    are those of nn.Linear, built in order."""
    layers = collections.OrderedDict()
    for number, units in enumerate(hidden, 1):
        layers["fc%d" % number] = nn.Linear(inputs, units)
        layers["act%d" % number] = nn.ReLU()
        inputs = units
    layers["fc%d" % (len(hidden) + 1)] = nn.Linear(inputs, outputs)
    return nn.Sequential(layers)


def tensors(table, outputs):
    """x float32 (n, d); y float32 (n, 1) for one output, else classes as int64 (n,)."""
    x, y = table
    y = torch.tensor(y, dtype=torch.float32).view(-1, 1) if outputs == 1 else torch.tensor(y).long()
    return torch.from_numpy(x), y


def loss_of(outputs):
    return nn.BCEWithLogitsLoss() if outputs == 1 else nn.CrossEntropyLoss()


def random_order(rows):
    """What DataLoader draws, so that losses can be compared: a seed for its workers, which nobody
    uses here, and the seed of a generator for the order."""
    torch.empty((), dtype=torch.int64).random_()
    generator = torch.Generator()
    generator.manual_seed(int(torch.empty((), dtype=torch.int64).random_().item()))
    return torch.randperm(rows, generator=generator)
