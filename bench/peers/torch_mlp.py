#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A network trained with PyTorch, three ways, and how long that took, as a line of JSON.

    /usr/bin/python3 torch_mlp.py full|slices|loader [--train T.npz [--val V.npz]] [OPTION ...]

full    a step an epoch, on tensors that hold all rows
slices  the row numbers in a new random order each epoch, and the tensors indexed by slices of it
loader  TensorDataset and DataLoader(batch_size, shuffle=True): the usual loop

seconds of the line: import, data (read or drawn, as tensors), first_step (of the loop), train (the
loop, the network already made), epoch, step (leaving out the first epoch, or the first step where
there is one epoch only: they start threads and touch buffers), started_to_step (from the start of
the process to the end of the first step). With --steps the loop is left early; epoch is then the
first step and as many others as an epoch has, and fraction says how much of them was run. losses:
the mean of each of the first ten epochs.
"""

import sys
import time

import peer


def only_ours(parser):
    parser.add_argument("mode", choices=["full", "slices", "loader"])
    parser.add_argument("--steps", type=int, default=0, help="leave after so many; 0: do not")


chosen = peer.options(__doc__.splitlines()[0], only_ours)
begin = time.monotonic()
try:
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from torch_net import loss_of, network, random_order, tensors
except ImportError as missing:
    print("not here: %s" % missing)
    sys.exit(77)
IMPORT = time.monotonic() - begin


def slices(x, y, batch_size):
    order = random_order(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


def epoch_of(mode, x, y, batch_size):
    """A function that begins an epoch: it returns something that gives the batches."""
    if mode == "full":
        return lambda: [(x, y)]
    if mode == "slices":
        return lambda: slices(x, y, batch_size)
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    return lambda: loader


def accuracy(z, y):
    right = (z > 0) == (y > 0.5) if z.shape[1] == 1 else z.argmax(dim=1) == y
    return right.float().mean().item()


class Clock:
    """When the loop began, and when its first step, its first epoch and its last step ended."""

    def __init__(self):
        self.steps = 0
        self.begin = self.first_step = self.first_epoch = self.last = time.monotonic()

    def step(self):
        self.steps += 1
        self.last = time.monotonic()
        if self.steps == 1:
            self.first_step = self.last

    def end_epoch(self):
        self.last = time.monotonic()
        if self.first_epoch == self.begin:
            self.first_epoch = self.last

    def seconds(self, epoch_steps):
        """As the line of JSON has them; epoch_steps: of one epoch."""
        seconds = self.last - self.begin
        first = self.first_step - self.begin
        step = (seconds - first) / max(self.steps - 1, 1)
        epoch = seconds * epoch_steps / self.steps
        if self.steps < epoch_steps:
            epoch = first + step * (epoch_steps - 1)
        elif self.steps > epoch_steps:
            step = (self.last - self.first_epoch) / (self.steps - epoch_steps)
        return dict(epoch=epoch, first_step=first, step=step, train=seconds,
                    started_to_step=self.first_step - peer.STARTED)  # fmt: skip


def validate(net, criterion, x, y):
    net.eval()
    with torch.no_grad():
        z = net(x)
        return criterion(z, y).item(), accuracy(z, y)


def train(net, criterion, epoch, val):
    """A Clock, and the mean training loss of each epoch."""
    optimizer = torch.optim.Adam(net.parameters(), lr=chosen.learning_rate)
    losses, clock = [], Clock()
    for _ in range(chosen.epochs):
        net.train()
        total, rows = 0.0, 0
        for x, y in epoch():
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            rows += len(x)
            clock.step()
            if clock.steps == chosen.steps:
                return clock, losses + [total / rows]
        losses.append(total / rows)
        if val:
            validate(net, criterion, *val)
        clock.end_epoch()
    return clock, losses


def main():
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    begun = time.monotonic()
    pair = peer.tables(chosen)
    outputs = peer.classes(pair[0][1]) if chosen.train else chosen.outputs
    x, y = tensors(pair[0], outputs)
    val = tensors(pair[1], outputs) if pair[1] else None
    data = time.monotonic() - begun
    torch.manual_seed(chosen.seed)
    net, criterion = network(x.shape[1], chosen.hidden, outputs), loss_of(outputs)
    batch_size = len(x) if chosen.mode == "full" else chosen.batch_size
    epoch_steps = -(-len(x) // batch_size)
    clock, losses = train(net, criterion, epoch_of(chosen.mode, x, y, batch_size), val)
    peer.say(
        peer="torch", mode=chosen.mode, version=torch.__version__, threads=torch.get_num_threads(),
        rows=len(x), inputs=x.shape[1], outputs=outputs, hidden=chosen.hidden,
        batch_size=batch_size, epochs=chosen.epochs, steps=clock.steps,
        fraction=clock.steps / (chosen.epochs * epoch_steps),
        losses=losses[:10], last_loss=losses[-1],
        seconds={"import": IMPORT, "data": data, **clock.seconds(epoch_steps)},
    )  # fmt: skip


main()
