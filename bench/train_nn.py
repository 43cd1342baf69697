#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The lesson's training script as a user of PyTorch would write it: what skiff is compared with.

A 7-64-32-1 network (as many inputs as the data have), ReLU, ReLU, sigmoid; mean binary
cross-entropy; Adam; one step an epoch on all rows. Two lines at every 100th epoch and the last.
The lesson seeds nothing; --seed is for comparisons.
"""

import argparse
import os

import numpy as np
import torch
import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.fc1 = nn.Linear(inputs, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return torch.sigmoid(self.fc3(x))


def load(path, part):
    with np.load(path) as archive:
        x, y = archive["X_" + part], archive["y_" + part]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).view(-1, 1)


def train(options):
    x_train, y_train = load(options.train, "train")
    x_val, y_val = load(options.val, "val")
    model = Classifier(x_train.shape[1])
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    for epoch in range(1, options.epochs + 1):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(x_train), y_train)
        loss.backward()
        optimizer.step()

        model.eval()
        with torch.no_grad():
            predicted = model(x_val)
            val_loss = criterion(predicted, y_val)
            accuracy = (predicted.round() == y_val).float().mean().item()
        if epoch % 100 == 0 or epoch == options.epochs:
            print(
                f"Epoch [{epoch}/{options.epochs}], Loss: {loss.item():.4f}, "
                f"Val Loss: {val_loss.item():.4f}, Val Accuracy: {accuracy:.4f}",
                flush=True,
            )
            print(f"validation:accuracy = {accuracy:.4f}", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", required=True)
    parser.add_argument("--val", required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--learning_rate", type=float, default=0.001)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice unless given")
    options = parser.parse_args()
    if options.seed is not None:
        torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    model = train(options)
    folder = "/opt/ml/model" if os.path.isdir("/opt/ml/model") else "."
    path = os.path.join(folder, "nn_model.pth")
    torch.save(model.state_dict(), path)
    print(f"Model saved to {path}")


if __name__ == "__main__":
    main()
