#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Write tests/golden/schedule.txt: learning rates and momenta of the real torch, step by step.

    /usr/bin/python3 tests/golden/make_schedule.py > tests/golden/schedule.txt

A line that begins with a schedule's name starts a case:
`NAME OPTIMIZER LR GAMMA STEP_SIZE EPOCHS STEPS_PER_EPOCH MOMENTUM`; a line `LR MOMENTUM` for each
step of the run follows (momentum is beta1 for adam).
"""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

# name, optimizer, lr, gamma, step_size, epochs, steps per epoch, momentum
CASES = [
    ("step", "sgd", 0.1, 0.5, 3, 10, 2, 0.9),
    ("step", "adam", 0.001, 0.1, 1, 5, 3, 0.9),
    ("step", "sgd", 0.1, 0.9, 30, 4, 1, 0.0),
    ("cosine", "adam", 0.01, 0.1, 30, 10, 3, 0.9),
    ("cosine", "sgd", 0.3, 0.1, 30, 1, 4, 0.5),
    ("cosine", "adam", 0.001, 0.1, 30, 57, 1, 0.9),
    ("onecycle", "adam", 0.01, 0.1, 30, 10, 3, 0.9),
    ("onecycle", "sgd", 0.1, 0.1, 30, 10, 1, 0.9),
    ("onecycle", "sgd", 0.1, 0.1, 30, 3, 7, 0.0),
    ("onecycle", "adam", 0.02, 0.1, 30, 1, 1, 0.9),
    ("onecycle", "adam", 0.02, 0.1, 30, 2, 1, 0.9),
    ("onecycle", "sgd", 0.02, 0.1, 30, 3, 1, 0.9),
    ("onecycle", "sgd", 0.02, 0.1, 30, 4, 1, 0.9),
    ("onecycle", "adam", 0.5, 0.1, 30, 101, 1, 0.9),
]


def make(name, kind, lr, gamma, step_size, epochs, per_epoch, momentum):
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    if kind == "sgd":
        optimizer = torch.optim.SGD([parameter], lr=lr, momentum=momentum)
    else:
        optimizer = torch.optim.Adam([parameter], lr=lr, betas=(momentum, 0.999))
    if name == "step":
        schedule = StepLR(optimizer, step_size, gamma)
    elif name == "cosine":
        schedule = CosineAnnealingLR(optimizer, epochs)
    else:
        schedule = OneCycleLR(optimizer, lr, total_steps=epochs * per_epoch)
    return optimizer, schedule


def main():
    for case in CASES:
        print(*case)
        name, _, _, _, _, epochs, per_epoch, _ = case
        optimizer, schedule = make(*case)
        for step in range(epochs * per_epoch):
            group = optimizer.param_groups[0]
            momentum = group["betas"][0] if "betas" in group else group["momentum"]
            print(f"{group['lr']:.17g} {momentum:.17g}")
            optimizer.step()
            last = step + 1 == epochs * per_epoch
            if not last and (name == "onecycle" or (step + 1) % per_epoch == 0):
                schedule.step()


main()
