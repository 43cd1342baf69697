#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains a network with PyTorch on a CPU or a GPU and leaves what `skiff train` leaves.

    /usr/bin/python3 torch_run.py --train T.npz [--val V.npz] --out DIR [--device cuda] [OPTION ...]

Adam on dense layers with ReLU, binary or multi-class by the labels, options as those of skiff
train. With the same seed weights and, with `--order loader`, batches are skiff's, so losses agree
to rounding. DIR gets run.json, history.csv, metrics.json and nn_model.pth: `skiff compare` takes
it.

--mode eager    operation by operation, as scripts do
--mode graphs   a step is captured once as a CUDA graph, and so is validation; then replayed
--mode compile  forward and loss through torch.compile (torch 2)

All data are moved to the device once. Training losses add up there, and are fetched once an epoch
with the validation loss and accuracy. The other metrics of history.csv (f1, auroc, ap) are computed
here, with numpy; with --metrics usual those of the last epoch alone.

Seconds in run.json: start is from the birth of the process to where the library is imported and the
device is up; training includes capturing and compiling, and leaves out what those other metrics
take (so do the seconds of history.csv), which is evaluation. Exit status 1 where that is not there.
"""

import os
import sys
import time

import peer
import run_files

FULL_ROWS, DEFAULT_BATCH = 10000, 256  # --batch_size -1: the full batch up to that many rows


def only_ours(parser):
    parser.add_argument("--out", default=".", metavar="DIR")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--mode", choices=["eager", "graphs", "compile"], default="eager")
    parser.add_argument("--order", choices=["loader", "device"],
                        help="who draws the order of rows: DataLoader's generator (the default on "
                        "a CPU), or the device itself")  # fmt: skip
    parser.add_argument("--metrics", choices=["all", "usual"], default="all",
                        help="of each epoch: all that skiff computes, or only loss and accuracy")  # fmt: skip
    parser.add_argument("--instance", metavar="NAME", help="what this machine is when rented")
    parser.set_defaults(batch_size=-1, epochs=10)


chosen = peer.options(__doc__.splitlines()[0], only_ours)
try:
    import numpy
    import scores
    import torch
    from torch_net import loss_of, network, random_order, tensors
except ImportError as missing:
    print("not here: %s" % missing)
    sys.exit(77)


def refuse(reason):
    sys.exit("torch_run.py: %s" % reason)


def check(options):
    if options.mode == "graphs" and options.device != "cuda":
        refuse("--mode graphs captures CUDA graphs; it needs --device cuda")
    if options.mode == "compile" and not hasattr(torch, "compile"):
        refuse("--mode compile needs torch 2, this is %s" % torch.__version__)
    if options.device == "cuda" and not torch.cuda.is_available():
        why = "no NVIDIA driver or device" if torch.version.cuda else "it is built without CUDA"
        refuse("--device cuda: torch %s sees no GPU (%s)" % (torch.__version__, why))


def bring_up(options):
    """The device, with what it does on its first use done."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    torch.zeros(8, 8, device=device) @ torch.zeros(8, 8, device=device)
    finish(device)
    return device


def finish(device):
    """Wait for what was asked of the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def captured(work):
    """A function that does what `work` does by one call of the device; `work` warms it up."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class Laps:
    """Seconds of each part of the run, under skiff's names."""

    def __init__(self):
        self.seconds = dict(start=run_files.age())
        self.mark = time.monotonic()

    def end(self, part, device):
        finish(device)
        now = time.monotonic()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self.mark
        self.mark = now

    def move(self, seconds, part, other):
        """So many of a part belong to another."""
        self.seconds[part] -= seconds
        self.seconds[other] = self.seconds.get(other, 0.0) + seconds


class Trainer:
    """A network in training. `figures` (on the device) are of the epoch: the sum of losses times
    rows, the validation loss and accuracy."""

    def __init__(self, options, device, train, val, outputs):
        self.options, self.device, self.val, self.outputs = options, device, val, outputs
        self.x, self.y = train
        self.net = network(self.x.shape[1], options.hidden, outputs).to(device)
        self.criterion = loss_of(outputs)
        self.loss = lambda x, y: self.criterion(self.net(x), y)
        if options.mode == "compile":
            self.loss = torch.compile(self.loss, dynamic=False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=options.learning_rate,
                                          **self.how_to_step())  # fmt: skip
        self.figures = torch.zeros(3, dtype=torch.float64, device=device)
        self.total, self.val_loss, self.val_accuracy = self.figures.unbind()
        self.val_z = None  # raw outputs of the validation rows
        self.choose_batch()
        self.rows = {}  # of a batch, by its size: the buffer that a captured step reads
        self.steps = {}  # a step on so many rows
        self.prepare()

    def how_to_step(self):
        """Adam's arguments: the fewest calls of the device where these are what counts."""
        if self.device.type != "cuda" or self.options.mode == "eager":
            return {}
        newer = {"fused": True} if hasattr(torch, "compile") else {}
        return dict(newer, capturable=self.options.mode == "graphs")

    def choose_batch(self):
        size, rows = self.options.batch_size, len(self.x)
        if size < 0:
            size = 0 if rows <= FULL_ROWS else DEFAULT_BATCH
        self.full = size == 0
        self.batch_size = rows if self.full else min(size, rows)

    def step(self, x, y):
        # Gradients stay where they are: a captured step knows them by their place.
        self.optimizer.zero_grad(set_to_none=self.options.mode != "graphs")
        loss = self.loss(x, y)
        loss.backward()
        self.optimizer.step()
        self.total.add_(loss.detach(), alpha=len(x))

    def validate(self):
        with torch.no_grad():
            z = self.net(self.val[0])
            y = self.val[1]
            right = (z > 0) == (y > 0.5) if self.outputs == 1 else z.argmax(dim=1) == y
            self.val_loss.copy_(self.criterion(z, y))
            self.val_accuracy.copy_(right.double().mean())
            if self.val_z is None:
                self.val_z = torch.empty_like(z)
            self.val_z.copy_(z)

    def prepare(self):
        """Capture steps of all sizes of a batch, and put back what warming them up has moved."""
        if self.options.mode != "graphs":
            return
        before = [p.detach().clone() for p in self.net.parameters()]
        for size in {self.batch_size, len(self.x) % self.batch_size} - {0}:
            self.rows[size] = torch.zeros(size, dtype=torch.int64, device=self.device)
            self.steps[size] = captured(lambda size=size: self.step(*self.batch(size)))
        if self.val:
            self.validate = captured(self.validate)
        with torch.no_grad():
            for p, old in zip(self.net.parameters(), before):
                p.copy_(old)
            for state in self.optimizer.state.values():
                for tensor in state.values():
                    tensor.zero_()
        self.figures.zero_()

    def batch(self, size):
        if self.full:
            return self.x, self.y
        return self.x[self.rows[size]], self.y[self.rows[size]]

    def order(self):
        if self.full:
            return None
        if self.options.order == "device":
            return torch.randperm(len(self.x), device=self.device)
        return random_order(len(self.x)).to(self.device)

    def take(self, rows):
        """A step on these rows; None: all, in their order."""
        size = self.batch_size if rows is None else len(rows)
        if size in self.steps:
            if rows is not None:
                self.rows[size].copy_(rows)
            self.steps[size]()
        elif rows is None:
            self.step(self.x, self.y)
        else:
            self.step(self.x[rows], self.y[rows])

    def epoch(self):
        """Its row of the history, less the time, and how many steps it took."""
        self.figures.zero_()
        order = self.order()
        batches = [None] if order is None else order.split(self.batch_size)
        for rows in batches:
            self.take(rows)
        if self.val:
            self.validate()
        total, val_loss, val_accuracy = self.figures.tolist()
        row = dict(train_loss=total / len(self.x), lr=self.options.learning_rate)
        if self.val:
            row.update(val_loss=val_loss, val_accuracy=val_accuracy)
        return row, len(batches)

    def other_figures(self):
        found = scores.of(probabilities(self.val_z), self.val[1].cpu().numpy().squeeze(-1)
                          if self.outputs == 1 else self.val[1].cpu().numpy())  # fmt: skip
        return {"val_" + name: found.get(name, found.get("macro_" + name))
                for name in ("f1", "auroc", "ap")}  # fmt: skip

    def fit(self):
        """The rows of the history, the number of steps, and the seconds that the other figures
        took: the history's are without them."""
        rows, steps, scoring, begin = [], 0, 0.0, time.monotonic()
        for number in range(1, self.options.epochs + 1):
            row, taken = self.epoch()
            steps += taken
            seconds = time.monotonic() - begin
            if self.val and (self.options.metrics == "all" or number == self.options.epochs):
                row.update(self.other_figures())
            rows.append(dict(row, epoch=number, seconds=seconds - scoring))
            scoring += time.monotonic() - begin - seconds
        return rows, steps, scoring

    def evaluate(self, x, y):
        with torch.no_grad():
            z = self.net(x)
            loss = self.criterion(z, y).item()
        y = y.cpu().numpy()
        return dict(scores.of(probabilities(z), y[:, 0] if self.outputs == 1 else y), loss=loss)


def probabilities(z):
    """numpy: (n,) of the second of two classes, or (n, classes)."""
    p = torch.sigmoid(z[:, 0]) if z.shape[1] == 1 else torch.softmax(z, dim=1)
    return p.cpu().numpy()


def columns(outputs, val):
    names = ["epoch", "train_loss"]
    if val:
        names += ["val_loss", "val_accuracy", "val_f1"]
        names += ["val_auroc", "val_ap"] if outputs == 1 else []
    return names + ["lr", "seconds"]


def training(trainer, rows, steps):
    monitor = "val_loss" if trainer.val else "train_loss"
    return dict(task="binary" if trainer.outputs == 1 else "multiclass",
                parameters=sum(p.numel() for p in trainer.net.parameters()),
                batch_size=trainer.batch_size, epochs=len(rows), steps=steps, monitor=monitor,
                final=rows[-1] if rows else None,
                best=min(rows, key=lambda row: row[monitor], default=None))  # fmt: skip


def about_device(device):
    if device.type == "cpu":
        return dict(kind="cpu", name=run_files.processor())
    return dict(kind="cuda", name=torch.cuda.get_device_name(),
                peak_memory_bytes=torch.cuda.max_memory_allocated())  # fmt: skip


def record(trainer, rows, steps, metrics):
    """run.json but for its head and its seconds."""
    options = dict(vars(trainer.options), hidden=",".join(map(str, trainer.options.hidden)),
                   activation="relu", optimizer="adam")  # fmt: skip
    if options["train"]:
        for name in ("rows", "val_rows", "inputs", "outputs"):  # of a table that is drawn
            del options[name]
    return dict(
        options=options, seed=options["seed"],
        versions=dict(torch=torch.__version__, numpy=numpy.__version__, cuda=torch.version.cuda,
                      python=sys.version.split()[0]),
        machine=run_files.machine(torch.get_num_threads()), device=about_device(trainer.device),
        instance=run_files.instance(options["instance"]),
        data=dict(train_rows=len(trainer.x), val_rows=len(trainer.val[0]) if trainer.val else 0,
                  test_rows=0, features=trainer.x.shape[1]),
        preparation=None,
        training=training(trainer, rows, steps), metrics=metrics,
        peak_memory_bytes=peer.peak_memory(),
    )  # fmt: skip


def main():
    check(chosen)
    device = bring_up(chosen)
    chosen.order = chosen.order or ("loader" if device.type == "cpu" else "device")
    laps = Laps()
    os.makedirs(chosen.out, exist_ok=True)
    pair = peer.tables(chosen)
    outputs = peer.classes(pair[0][1]) if chosen.train else chosen.outputs
    train, val = [table and [t.to(device) for t in tensors(table, outputs)] for table in pair]
    laps.end("load", device)
    torch.manual_seed(chosen.seed)
    trainer = Trainer(chosen, device, train, val, outputs)
    rows, steps, scoring = trainer.fit()
    laps.end("train", device)
    laps.move(scoring, "train", "evaluate")
    parts = dict(train=train, val=val)
    metrics = {name: trainer.evaluate(*part) for name, part in parts.items() if part}
    laps.end("evaluate", device)
    place = lambda name: os.path.join(chosen.out, name)  # noqa: E731
    torch.save({k: v.cpu() for k, v in trainer.net.state_dict().items()}, place("nn_model.pth"))
    run_files.write_history(place("history.csv"), columns(outputs, val), rows)
    run_files.write_json(place("metrics.json"), metrics)
    laps.end("save", device)
    about = record(trainer, rows, steps, metrics)
    run_files.write_record(place("run.json"), "torch", about, laps.seconds)


if __name__ == "__main__":
    main()
