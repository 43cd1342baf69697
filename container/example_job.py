#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cells of a notebook that trains with skiff on SageMaker, with the SDK's own classes (version 2)
and nothing of skiff's: the image that container/build_and_push.sh has pushed is all it needs.

    python3 example_job.py BUCKET ROLE-ARN IMAGE-URI
"""

import sys

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    IntegerParameter,
)

# %% What the image prints, each epoch, and how the platform finds it.
METRICS = [
    {"Name": "validation:accuracy", "Regex": r"validation:accuracy = ([0-9\.]+)"},
    {"Name": "train_loss", "Regex": r"train_loss=([0-9\.]+)"},
    {"Name": "val_loss", "Regex": r"val_loss=([0-9\.]+)"},
    {"Name": "auroc/val", "Regex": r"auroc/val=([0-9\.]+)"},
]


def make_estimator(bucket, role, image, hosts=1):
    """Small hosts, one or several that train one model together (no other setting is needed for that),
    spot prices, checkpoints that survive an interruption."""
    return Estimator(
        image_uri=image,
        role=role,
        instance_count=hosts,
        instance_type="ml.m5.large",
        output_path=f"s3://{bucket}/skiff/output",
        max_run=600,
        max_wait=1200,
        use_spot_instances=True,
        checkpoint_s3_uri=f"s3://{bucket}/skiff/checkpoints-{hosts}",
        metric_definitions=METRICS,
        enable_network_isolation=True,
        hyperparameters={
            "epochs": 1000,
            "learning_rate": 0.001,
            "hidden": [64, 32],
            "optimizer": "adam",
            "patience": 50,
        },
    )


def make_channels(bucket):
    """Files that np.savez wrote: X_train and y_train, X_val and y_val."""
    return {
        "train": TrainingInput(s3_data=f"s3://{bucket}/skiff/train_data.npz"),
        "val": TrainingInput(s3_data=f"s3://{bucket}/skiff/val_data.npz"),
    }


def make_tuner(estimator):
    """Twenty jobs, four at a time; jobs that fall behind are stopped, and leave their best model."""
    return HyperparameterTuner(
        estimator=estimator,
        objective_metric_name="validation:accuracy",
        objective_type="Maximize",
        metric_definitions=METRICS,
        hyperparameter_ranges={
            "learning_rate": ContinuousParameter(0.0001, 0.1, scaling_type="Logarithmic"),
            "batch_size": IntegerParameter(16, 512, scaling_type="Logarithmic"),
            "dropout": ContinuousParameter(0.0, 0.5),
            "activation": CategoricalParameter(["relu", "gelu", "tanh"]),
        },
        max_jobs=20,
        max_parallel_jobs=4,
        early_stopping_type="Auto",
    )


def main(bucket, role, image):
    # %% One job; the log comes as it is written.
    estimator = make_estimator(bucket, role, image)
    channels = make_channels(bucket)
    estimator.fit(inputs=channels, wait=True)
    print("model:", estimator.model_data)

    # %% The same on two hosts: the same bytes, sooner where a step is long beside an exchange.
    pair = make_estimator(bucket, role, image, hosts=2)
    pair.fit(inputs=channels, wait=True)
    print("the same model:", pair.model_data)

    # %% A search; without spot, so that early stopping is not an interruption.
    tuner = make_tuner(estimator)
    tuner.fit(inputs=channels, wait=True)
    print("best job:", tuner.best_training_job())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
