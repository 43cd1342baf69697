# SPDX-License-Identifier: MIT
"""What torch makes of a training run, and how far it agrees with itself.

A Spec has skiff's options under skiff's names. train() follows it with the real torch: nn.Linear
layers built in order after manual_seed, a DataLoader where batches are drawn, torch.optim and its
schedulers. What was drawn (weights, order of rows, masks) is kept on a tape, so that the same run
can be repeated in float64, or with every parameter moved by at most one unit in the last place
after each step: spread() is how far those repetitions are from the first run. Nobody can be asked
to follow torch more closely than torch follows itself.
"""

import dataclasses
import itertools
import math
import warnings

import numpy
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
warnings.filterwarnings("ignore", module="torch.optim")

ACTIVATIONS = dict(relu=nn.ReLU, leaky_relu=nn.LeakyReLU, tanh=nn.Tanh, sigmoid=nn.Sigmoid,
                   gelu=nn.GELU, silu=nn.SiLU)  # fmt: skip
FULL_ROWS, DEFAULT_BATCH = 10000, 256  # batch_size -1: the full batch up to that many rows


@dataclasses.dataclass(frozen=True)
class Spec:
    """Options of `skiff train`; the defaults are the program's."""

    task: str = "auto"
    hidden: str = "64,32"
    activation: str = "relu"
    dropout: float = 0.0
    init: str = ""
    epochs: int = 10
    learning_rate: float = 0.001
    batch_size: int = -1
    accumulate: int = 1
    optimizer: str = "adam"
    momentum: float = 0.0
    nesterov: bool = False
    betas: str = "0.9,0.999"
    eps: float = 1e-8
    weight_decay: float = 0.0
    schedule: str = "constant"
    step_size: int = 30
    gamma: float = 0.1
    warmup: float = 0.0
    clip_norm: float = 0.0
    class_weight: str = "none"
    seed: int = 0

    def arguments(self):
        """The command line: only what differs from the defaults is said."""
        words = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                words += ["--" + field.name, str(value).lower() if value is True else str(value)]
        return words


class Data:
    """Two tables as tensors: X float32; y float32 (n, targets), or int64 (n,) for classes."""

    def __init__(self, task, x_train, x_val, y_train, y_val):
        self.task = task
        self.x_train, self.x_val = [torch.tensor(x, dtype=torch.float32) for x in (x_train, x_val)]
        self.labels = (numpy.asarray(y_train), numpy.asarray(y_val))
        if task == "multiclass":
            self.y_train, self.y_val = [torch.tensor(y, dtype=torch.int64) for y in self.labels]
            self.outputs = int(max(y.max() for y in self.labels)) + 1
        else:
            self.y_train, self.y_val = [
                torch.tensor(y, dtype=torch.float32).reshape(len(y), -1) for y in self.labels
            ]
            self.outputs = self.y_train.shape[1]


class Dropout(nn.Module):
    """nn.Dropout that writes its masks on a tape, or reads them from one."""

    def __init__(self, p):
        super().__init__()
        self.p, self.tape, self.replay = p, [], None

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        if self.replay is not None:
            return x * (next(self.replay).to(x.dtype) / (1 - self.p))
        before = torch.get_rng_state()
        self.tape.append(F.dropout(torch.ones_like(x), self.p) > 0)
        torch.set_rng_state(before)
        return F.dropout(x, self.p)


class Net(nn.Module):
    """fc1 .. fcN, as a lesson's script would name them; forward gives raw outputs."""

    def __init__(self, spec, inputs, outputs):
        super().__init__()
        sizes = [inputs] + [int(h) for h in spec.hidden.split(",") if h] + [outputs]
        self.depth = len(sizes) - 1
        for i in range(self.depth):
            setattr(self, "fc%d" % (i + 1), nn.Linear(sizes[i], sizes[i + 1]))
        self.activation = ACTIVATIONS[spec.activation]()
        self.drops = nn.ModuleList(Dropout(spec.dropout) for _ in sizes[2:])

    def forward(self, x):
        for i in range(1, self.depth):
            x = self.drops[i - 1](self.activation(getattr(self, "fc%d" % i)(x)))
        return getattr(self, "fc%d" % self.depth)(x)


def loss_of(task, net, x, y, weight=None):
    """The batch's mean loss; `weight` is by class."""
    z = net(x)
    if task == "multiclass":
        return F.cross_entropy(z, y, weight=weight)
    if task == "regression":
        return F.mse_loss(z, y)
    rows = None if weight is None else weight[y.long()]
    return F.binary_cross_entropy(torch.sigmoid(z), y, weight=rows)


def class_weight(spec, data):
    """n / (classes * rows of the class), or None."""
    if spec.class_weight == "none":
        return None
    classes = data.outputs if data.task == "multiclass" else 2
    counts = numpy.bincount(data.y_train.numpy().ravel().astype(int), minlength=classes)
    return torch.tensor(counts.sum() / (classes * counts), dtype=torch.float32)


def optimizer(spec, net):
    common = dict(lr=spec.learning_rate, weight_decay=spec.weight_decay)
    if spec.optimizer == "sgd":
        return torch.optim.SGD(
            net.parameters(), momentum=spec.momentum, nesterov=spec.nesterov, **common
        )
    betas = tuple(float(b) for b in spec.betas.split(","))
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec.optimizer]
    return kind(net.parameters(), betas=betas, eps=spec.eps, **common)


class Rate:
    """The learning rate: a linear rise over the warm-up's steps, then one of torch's schedulers
    as if training began there. Step and cosine move by epoch, onecycle by step."""

    def __init__(self, spec, optim, steps_per_epoch):
        self.spec, self.optim, self.per_epoch = spec, optim, steps_per_epoch
        self.warmup = math.ceil(spec.warmup * steps_per_epoch)
        self.left = max(spec.epochs * steps_per_epoch - self.warmup, 1)
        self.step, self.scheduler = 0, None

    def scheduler_now(self):
        spec = self.spec
        if spec.schedule == "step":
            return lr_scheduler.StepLR(self.optim, spec.step_size, spec.gamma)
        if spec.schedule == "cosine":
            return lr_scheduler.CosineAnnealingLR(self.optim, math.ceil(self.left / self.per_epoch))
        if spec.schedule == "onecycle":
            return lr_scheduler.OneCycleLR(self.optim, spec.learning_rate, self.left)
        return None

    def before_step(self):
        group = self.optim.param_groups[0]
        if self.step < self.warmup:
            group["lr"] = self.spec.learning_rate * (self.step + 1) / self.warmup
        elif self.step == self.warmup:
            group["lr"] = self.spec.learning_rate
            self.scheduler = self.scheduler_now()
        return group["lr"]

    def after_step(self):
        self.step += 1
        done = self.step - self.warmup
        by_step = self.spec.schedule == "onecycle"
        if self.scheduler and 0 < done < self.left and (by_step or done % self.per_epoch == 0):
            self.scheduler.step()


class Jiggle:
    """Moves every parameter down, up or not at all, by one unit in the last place."""

    def __init__(self, net, seed):
        self.net, self.at = net, 0
        size = sum(p.numel() for p in net.parameters())
        generator = torch.Generator().manual_seed(seed)
        ways = torch.randint(-1, 2, (2 * size + 99991,), generator=generator)
        self.ways = ways.to(torch.float32)

    def __call__(self):
        for p in self.net.parameters():
            self.at = (self.at + p.numel() + 7) % (len(self.ways) - p.numel())
            way = self.ways[self.at : self.at + p.numel()].view_as(p)
            p.data.copy_(torch.nextafter(p.data, p.data + way))


@dataclasses.dataclass
class Run:
    """Curves by epoch, the trained net and the tape: what was drawn."""

    train_loss: list
    val_loss: list
    lr: list
    net: Net
    initial: dict
    batches: list
    masks: list


def batch_rows(spec, data):
    """Rows of a drawn batch; 0 where the full batch is taken in file order."""
    if spec.batch_size >= 0:
        return spec.batch_size
    return 0 if len(data.x_train) <= FULL_ROWS else DEFAULT_BATCH


def steps_per_epoch(spec, data):
    size = batch_rows(spec, data) * spec.accumulate
    return math.ceil(len(data.x_train) / size) if size else 1


def drawn_batches(spec, data):
    """Each epoch's batches, as lists of row numbers; None is all rows, in order."""
    rows, size = len(data.x_train), batch_rows(spec, data)
    if size == 0:
        while True:
            yield [None]
    table = TensorDataset(data.x_train, data.y_train, torch.arange(rows))
    loader = DataLoader(table, batch_size=size, shuffle=True)
    while True:
        yield (batch[2] for batch in loader)  # drawn as they are asked for


def groups(batches, count):
    """Lists of so many batches, of which each makes a step; the last may be shorter."""
    batches = iter(batches)
    while group := list(itertools.islice(batches, count)):
        yield group


def backward(task, net, batches, weight):
    """Accumulates the gradient of the mean loss over the rows of all batches, and returns that
    loss. A loss counts by its batch's rows, or by the sum of their weights where the batch was
    divided by that."""
    weighted = task == "multiclass" and weight is not None
    counts = [float(weight[y].sum()) if weighted else len(x) for x, y in batches]
    total = 0.0
    net.zero_grad()
    for (x, y), count in zip(batches, counts):
        loss = loss_of(task, net, x, y, weight) * (count / sum(counts))
        loss.backward()
        total += loss.item()
    return total


def build(spec, data, dtype, tape, init):
    """The net before its first step, in training mode."""
    torch.manual_seed(spec.seed)
    net = Net(spec, data.x_train.shape[1], data.outputs)
    if init is not None:
        net.load_state_dict(init)
    if tape is not None:
        net.load_state_dict(tape.initial)
        for drop, masks in zip(net.drops, tape.masks):
            drop.replay = iter(masks)
    return net.to(dtype)


def train(spec, data, dtype=torch.float32, tape=None, jiggle=None, init=None):
    """Follow the spec; with the tape of another run, repeat what that one drew."""
    net = build(spec, data, dtype, tape, init)
    run = Run([], [], [], net, {k: v.clone() for k, v in net.state_dict().items()}, [], [])
    x_train, x_val = data.x_train.to(dtype), data.x_val.to(dtype)
    y_train, y_val = data.y_train, data.y_val
    if data.task != "multiclass":
        y_train, y_val = y_train.to(dtype), y_val.to(dtype)
    weight = class_weight(spec, data)
    weight = weight if weight is None else weight.to(dtype)
    epochs = iter(tape.batches) if tape else drawn_batches(spec, data)
    optim = optimizer(spec, net)
    rate = Rate(spec, optim, steps_per_epoch(spec, data))
    move = Jiggle(net, jiggle) if jiggle is not None else lambda: None

    for batches in itertools.islice(epochs, spec.epochs):
        net.train()
        seen, total = [], 0.0
        for group in groups(batches, spec.accumulate):
            seen += group
            taken = [
                (x_train, y_train) if rows is None else (x_train[rows], y_train[rows])
                for rows in group
            ]
            loss = backward(data.task, net, taken, weight)
            if spec.clip_norm > 0:
                nn.utils.clip_grad_norm_(net.parameters(), spec.clip_norm)
            lr = rate.before_step()
            optim.step()
            rate.after_step()
            move()
            total += loss * sum(len(x) for x, _ in taken)
        net.eval()
        with torch.no_grad():
            run.val_loss.append(loss_of(data.task, net, x_val, y_val).item())
        run.train_loss.append(total / len(x_train))
        run.lr.append(lr)
        run.batches.append(seen)
    run.masks = [drop.tape for drop in net.drops]
    return run


def repetitions(spec, data, run, double=True):
    """The run again: in float64, and twice moved in the last place after each step."""
    again = [train(spec, data, torch.float64, run)] if double else []
    return again + [train(spec, data, torch.float32, run, jiggle) for jiggle in (1, 2)]


def relative(values, reference):
    values, reference = numpy.asarray(values), numpy.asarray(reference)
    return numpy.abs(values - reference) / numpy.maximum(numpy.abs(reference), 1e-300)


def spread(run, again):
    """By epoch: the largest relative difference so far of any repetition, in either loss."""
    worst = numpy.zeros(len(run.train_loss))
    for other in again:
        for name in ("train_loss", "val_loss"):
            worst = numpy.maximum(worst, relative(getattr(other, name), getattr(run, name)))
    return numpy.maximum.accumulate(worst)


def predictions(net, x, task):
    """Probabilities (rows,) or (rows, classes), or values (rows, targets), as float64 arrays."""
    net.eval()
    with torch.no_grad():
        z = net(x.to(net.fc1.weight.dtype))
    if task == "binary":
        z = torch.sigmoid(z).reshape(-1)
    elif task == "multiclass":
        z = torch.softmax(z, 1)
    return z.double().numpy()
