#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scikit-learn's MLPClassifier on skiff's table, network, batch and epochs; a line of JSON.

Early stopping and its small L2 penalty are off. Weights and the order of rows are its own, so its
losses are not skiff's; accuracy and AUROC on the validation data say what the seconds buy.
"""

import sys
import time
import warnings

import peer

chosen = peer.options(__doc__.splitlines()[0])
begin = time.monotonic()
try:
    import sklearn
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
except ImportError as missing:
    print("not here: %s" % missing)
    sys.exit(77)
IMPORT = time.monotonic() - begin

(x, y), val = peer.tables(chosen)
model = MLPClassifier(
    chosen.hidden, batch_size=min(chosen.batch_size, len(x)), max_iter=chosen.epochs, alpha=0,
    learning_rate_init=chosen.learning_rate, tol=0, n_iter_no_change=chosen.epochs,
    random_state=chosen.seed,
)  # fmt: skip
warnings.simplefilter("ignore", ConvergenceWarning)  # it stops where it is told to
begin = time.monotonic()
model.fit(x, y)
seconds = time.monotonic() - begin
peer.say(
    peer="sklearn", version=sklearn.__version__, threads=chosen.threads, rows=len(x),
    hidden=chosen.hidden, batch_size=chosen.batch_size, epochs=model.n_iter_,
    last_loss=model.loss_, **peer.scores(model, val),
    seconds={"import": IMPORT, "train": seconds, "epoch": seconds / model.n_iter_},
)  # fmt: skip
