#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cells of a notebook that asks a trained model, with the SDK's own classes (version 2): behind an
endpoint of its own, behind one that exists only while it is asked, and about a whole file at once.
The image is the one that trained it; the model is what a job left (estimator.model_data of
example_job.py) or a model.npz in a model.tar.gz.

    python3 example_serve.py BUCKET ROLE-ARN IMAGE-URI s3://.../model.tar.gz
"""

import sys

from sagemaker.deserializers import CSVDeserializer, JSONDeserializer
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer, JSONSerializer
from sagemaker.serverless import ServerlessInferenceConfig

# %% Two rows: of seven features, as the arrays that example_job.py trains on have. A model that has
# its preparation takes the table's own values instead, such as [3, "male", 22, None], or objects by
# the names of its columns.
ROWS = [[0.5, 1, 0, 0.25, 3, 1, 0], [-0.2, 0, 1, 0.5, 0, -1, 0.1]]


def make_model(role, image, data):
    """`env` has the variables of skiff-serve(1); without them a CSV has a probability a row."""
    return Model(
        image_uri=image,
        model_data=data,
        role=role,
        predictor_cls=Predictor,
        env={"SAGEMAKER_MODEL_SERVER_TIMEOUT": "30"},
        enable_network_isolation=True,
    )


def deploy(model):
    """An instance that waits for requests, until it is deleted."""
    return model.deploy(
        initial_instance_count=1,
        instance_type="ml.c5.large",
        serializer=CSVSerializer(),
        deserializer=CSVDeserializer(),
        container_startup_health_check_timeout=60,
    )


def deploy_serverless(model):
    """Nothing is paid while nobody asks; the least memory is plenty."""
    return model.deploy(
        serverless_inference_config=ServerlessInferenceConfig(memory_size_in_mb=1024, max_concurrency=10),
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
    )


def predict_file(model, bucket):
    """A batch transform: a prediction behind each line. The file is divided at lines, so it has no line
    of names: its columns are in the order of the features, or of the preparation."""
    transformer = model.transformer(
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        max_payload=6,
        assemble_with="Line",
        accept="text/csv",
        output_path=f"s3://{bucket}/skiff/predictions",
    )
    transformer.transform(
        data=f"s3://{bucket}/skiff/rows.csv",
        content_type="text/csv",
        split_type="Line",
        join_source="Input",
        wait=True,
    )
    return transformer


def main(bucket, role, image, data):
    model = make_model(role, image, data)

    # %% Rows in, probabilities out: [["0.42"], ["0.87"]].
    predictor = deploy(model)
    print(predictor.predict(ROWS))

    # %% The same endpoint in JSON: {"predictions": [{"score": 0.42, "predicted_label": 0}, ...]}.
    predictor.serializer, predictor.deserializer = JSONSerializer(), JSONDeserializer()
    print(predictor.predict({"instances": ROWS}, custom_attributes="trace=17"))
    predictor.delete_endpoint(delete_endpoint_config=True)

    # %% Serverless. One row is a list of one.
    predictor = deploy_serverless(model)
    print(predictor.predict({"instances": [{"features": ROWS[0]}]}))
    predictor.delete_endpoint(delete_endpoint_config=True)

    # %% A file, without an endpoint.
    print(predict_file(model, bucket).output_path)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
