# SPDX-License-Identifier: MIT
"""The lines of tests/rng_script.h as torch and numpy run them: the oracle of the random streams."""

import math

import numpy
import torch
from torch.utils.data import DataLoader, TensorDataset


class Oracle:
    """Run lines on torch's default generator; `permutation` and `u32`/`u64` on numpy's.

    torch does not show its raw outputs, so u32, u64 and permutation need a `seed` line just
    before them.
    """

    def run(self, line):
        name, *args = line.split()
        return numpy.asarray(getattr(self, name)(*args)).astype(numpy.uint32)

    def seed(self, text):
        seed = int(text)
        torch.manual_seed(seed if seed < 2**63 else seed - 2**64)
        self.numpy = numpy.random.RandomState(seed % 2**32)
        return []

    def u32(self, n):
        return self.numpy._bit_generator.random_raw(int(n))

    def u64(self, n):
        return self.numpy._bit_generator.random_raw(2 * int(n))

    def uniform(self, lo, hi, n):
        return torch.empty(int(n)).uniform_(float(lo), float(hi)).numpy().view(numpy.uint32)

    def linear(self, fan_in, fan_out):
        layer = torch.nn.Linear(int(fan_in), int(fan_out))
        both = [t.detach().numpy().ravel() for t in (layer.weight, layer.bias)]
        return numpy.concatenate(both).view(numpy.uint32)

    def randperm(self, n):
        return torch.randperm(int(n)).numpy()

    def loader(self, n):
        rows = torch.arange(int(n))
        batch = max(1, math.ceil(int(n) / 3))
        loader = DataLoader(TensorDataset(rows), batch_size=batch, shuffle=True)
        return numpy.concatenate([b[0].numpy() for b in loader])

    def dropout(self, p, n):
        layer = torch.nn.Dropout(float(p))
        layer.train()
        return (layer(torch.ones(int(n))) != 0).numpy()

    def permutation(self, n):
        return self.numpy.permutation(int(n))
