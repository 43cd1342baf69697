#!/bin/sh
# SPDX-License-Identifier: MIT
# The same hyperparameters from four senders give the same options and the same model; names that
# platforms add are accepted, unknown ones are a warning or, if asked for, a failure; a bad value is
# named. Points 1 and 17 of the contract.
. "$(dirname "$0")/job_lib.sh"

for sender in a b c d; do
    lesson "sender-$sender" --sender $sender --hp epochs=10.0 --hp learning_rate=2.5e-1 \
        --hp optimizer=sgd --hp nesterov=True --hp momentum=0.5 --hp 'hidden=[16, 8]' \
        --hp patience=None --hp x_key=None --hp activation=tanh \
        --hp train=/opt/ml/input/data/train/train_data.npz --objective validation:accuracy
    completes
    for name in epochs learning_rate optimizer nesterov momentum hidden patience x_key activation \
        monitor restore_best; do
        echo "$name $(option $name)"
    done >"$folder/options.$sender"
    same_file "the options of sender $sender" "$folder/options.a" "$folder/options.$sender"
    same_file "the model of sender $sender" "$folder/sender-a/algo-1/model/model.npz" \
        "$root/model/model.npz"
    if grep 'unknown\|ignored' "$folder/stderr"; then
        complain "sender $sender: something is unknown"
    fi
    is "the path of sender $sender" "$(option train)" "\"$root/input/data/train/train_data.npz\""
done
is "what was read" "$(tr '\n' ';' <"$folder/options.d")" \
    'epochs 10;learning_rate 0.25;optimizer "sgd";nesterov true;momentum 0.5;hidden "16,8";patience 0;x_key null;activation "tanh";monitor "val_accuracy";restore_best true;'
train --out "$folder/shell" --train "$train_file" --val "$val_file" --epochs 10 --lr 0.25 \
    --optimizer sgd --nesterov --momentum 0.5 --hidden 16,8 --activation tanh \
    --monitor val_accuracy --restore_best
same_file "as from a shell" "$folder/shell/model.npz" "$root/model/model.npz"

# Files as they were seen, and worse: one layer too many, Python's lists, both spellings of words.
# parameters JSON: of a job that is there.
parameters() {
    printf '%s\n' "$1" >"$root/input/config/hyperparameters.json"
}
lesson written --hp epochs=1
parameters '{"epochs":"10","learning_rate":"0.001","optimizer":"\"adam\"",
 "train":"\"/opt/ml/input/data/train/train_data.npz\"",
 "sagemaker_program":"\"train_nn.py\"",
 "sagemaker_submit_directory":"\"s3://bkt/job/source/sourcedir.tar.gz\"",
 "sagemaker_container_log_level":"20","sagemaker_mpi_enabled":"true",
 "sagemaker_mpi_custom_mpi_options":"\"\"","mp_parameters":"{}","sagemaker_anything_new":"1",
 "sagemaker_job_name":"\"pytorch-training-2024-11-03\"","default_user_module_name":"\"x\"",
 "sagemaker_region":"\"us-east-1\"","_tuning_objective_metric":"nonsense"}'
completes
is epochs "$(option epochs)" 10
has "$(cat "$folder/stderr")" "the job's script 'train_nn.py' is not run" \
    "the tuner's metric 'nonsense' is unknown"
grep "unknown hyperparameter" "$folder/stderr" && complain "a reserved name is reported"
parameters '{"epochs":"\"\\\"2\\\"\"","hidden":"(32,)","betas":"(0.5, 0.75)","val":"val","quiet":"0"}'
completes
is "three layers" "$(option epochs)" 2
is "a tuple" "$(option hidden)" '"32"'
is "a pair" "$(option betas)" '"0.5,0.75"'
parameters "{\"epochs\": 3, \"hidden\": [\"8\", 4], \"dropout\": 0.5, \"nesterov\": false, \"seed\": null}"
completes
is "JSON's own types" "$(option epochs) $(option hidden) $(option dropout)" '3 "8,4" 0.5'
parameters '{"hidden": "['"'8', '4'"']", "batch-size": "32", "epochs": "1"}'
completes
is "a list of texts, and a dash" "$(option hidden) $(option batch_size)" '"8,4" 32'

# ---- unknown and bad

parameters '{"epochs":"1","learning-rat":"0.5","zzzzzzzzzz":"1"}'
completes
has "$(cat "$folder/stderr")" \
    "unknown hyperparameter 'learning-rat'; did you mean 'learning_rate'? It is ignored" \
    "unknown hyperparameter 'zzzzzzzzzz'; it is ignored"
is "an unknown name changes nothing" "$(option learning_rate)" 0.001
fails 2 "hyperparameters.json: unknown hyperparameter 'learning-rat'; did you mean 'learning_rate'?" \
    --strict
parameters '{"epochs":"1","learning-rat":"0.5","strict":"True"}'
fails 2 "unknown hyperparameter 'learning-rat'"
for bad in '"epochs":"\"ten\""|hyperparameters.json: epochs: '"'ten' is not a whole number" \
    '"learning_rate":"-1"|hyperparameters.json: learning_rate: -1 is out of range' \
    '"optimizer":"\"lamb\""|hyperparameters.json: optimizer: '"'lamb' is unknown" \
    '"lr":"1","learning_rate":"1"|'"'lr' and 'learning_rate' are the same option" \
    '"batch-size":"1","batch_size":"1"|are the same option' \
    '"epochs":{"a":1}|hyperparameters.json: epochs' '"epochs":"1|not valid JSON'; do
    parameters "{${bad%%|*}}"
    fails $([ "${bad##*|}" = "not valid JSON" ] && echo 1 || echo 2) "${bad#*|}"
done
finish
