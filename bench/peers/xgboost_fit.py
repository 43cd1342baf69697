#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""XGBoost on skiff's table: the other thing that a user would pick; a line of JSON.

XGBClassifier with tree_method="hist" and its own defaults, 100 trees of depth 6. It is another
model, not the same work: accuracy and AUROC on the validation data belong to its seconds.
"""

import sys
import time

import peer

chosen = peer.options(__doc__.splitlines()[0])
begin = time.monotonic()
try:
    import xgboost
except ImportError as missing:
    print("not here: %s" % missing)
    sys.exit(77)
IMPORT = time.monotonic() - begin

(x, y), val = peer.tables(chosen)
model = xgboost.XGBClassifier(
    tree_method="hist", n_jobs=chosen.threads or None, random_state=chosen.seed
)
begin = time.monotonic()
model.fit(x, y)
seconds = time.monotonic() - begin
peer.say(
    peer="xgboost", version=xgboost.__version__, threads=chosen.threads, rows=len(x), trees=100,
    **peer.scores(model, val), seconds={"import": IMPORT, "train": seconds},
)  # fmt: skip
