#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws a table into FOLDER/train_data.npz and FOLDER/val_data.npz (with --val_rows).

    /usr/bin/python3 make_table.py FOLDER --rows 1000 --inputs 7 [--outputs 1] [--val_rows 0]
"""

import os

import peer

chosen = peer.options(__doc__.splitlines()[0], lambda parser: parser.add_argument("folder"))
import numpy  # noqa: E402

(x_train, y_train), (x_val, y_val) = peer.draw_pair(chosen)
os.makedirs(chosen.folder, exist_ok=True)
numpy.savez(os.path.join(chosen.folder, "train_data.npz"), X_train=x_train, y_train=y_train)
if len(x_val):
    numpy.savez(os.path.join(chosen.folder, "val_data.npz"), X_val=x_val, y_val=y_val)
