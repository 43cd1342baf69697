#!/bin/sh
# SPDX-License-Identifier: MIT
# Where options come from, and who wins: arguments, variables, the job's files, a configuration
# file, defaults. And the link called train. Files that are absent or empty: point 2 of the contract.
. "$(dirname "$0")/job_lib.sh"

lesson sources --hp epochs=3 --hp learning_rate=0.003 --hp momentum=0.5 --hp optimizer=sgd
printf '{"epochs": 9, "learning_rate": 0.9, "momentum": 0.9, "seed": 9, "gamma": 0.9}' \
    >"$folder/config.json"
completes --config "$folder/config.json"
is "files over a configuration" "$(option epochs) $(option momentum) $(option seed)" "3 0.5 9"
SM_HPS='{"learning_rate":0.002,"epochs":2,"sagemaker_x":1,"unknown":2}' SM_HP_EPOCHS=4 \
    completes --config "$folder/config.json" --learning_rate 0.001
is "all of them" \
    "$(option learning_rate) $(option epochs) $(option momentum) $(option seed) $(option step_size)" \
    "0.001 4 0.5 9 30"
is "every epoch is logged" "$(option log_every) $(grep -c '^validation:accuracy' "$folder/stdout")" "1 4"
mkdir "$folder/elsewhere"
env "SM_HP_LEARNING-RATE=0.5" SM_MODEL_DIR="$folder/elsewhere/model" \
    SM_OUTPUT_DATA_DIR=/opt/ml/output/data/deeper SM_CHANNEL_TRAIN="$val_file" SM_CHANNEL_VAL= \
    SKIFF_ML_ROOT="$root" "$SKIFF" train --x_key X_val --y_key y_val --val "$val_file" \
    >"$folder/stdout" 2>"$folder/stderr" || complain "variables: $(cat "$folder/stderr")"
[ -s "$folder/elsewhere/model/model.npz" ] || complain "SM_MODEL_DIR is not used"
[ -s "$root/output/data/deeper/run.json" ] || complain "SM_OUTPUT_DATA_DIR is not used, or not moved"
grep -q '"learning_rate": 0.5,' "$root/output/data/deeper/run.json" || complain "SM_HP_ with a dash"
has "$(cat "$folder/stderr")" "264 rows of 7 features"
rm -rf "$root/model"
SM_HP_LR=0.25 SM_HP_MAX_EPOCHS=2 completes
is "variables by an alias" "$(option learning_rate) $(option epochs)" "0.25 2"
SM_HP_LR=0.25 SM_HP_LEARNING_RATE=0.5 SKIFF_ML_ROOT=$root "$SKIFF" train >"$folder/stdout" 2>&1
is "two names for an option" "$?" 2
has "$(cat "$folder/stdout")" "'lr'" "'learning_rate'" "are the same option" # in either order
rm -f "$root/output/failure"

# What is unknown there is said, as of the file; what a toolkit has made of the file is said once.
SM_HP_LEARNING_RAT=1 SM_HPS='{"zzzzzzzzzz":1}' SM_HP_SAGEMAKER_X=1 completes
has "$(cat "$folder/stderr")" \
    "SM_HP: unknown hyperparameter 'learning_rat'; did you mean 'learning_rate'? It is ignored" \
    "SM_HPS: unknown hyperparameter 'zzzzzzzzzz'; it is ignored"
is "unknown variables" "$(grep -c unknown "$folder/stderr")" 2
SM_HP_LEARNING_RAT=1 fails 2 "SM_HP: unknown hyperparameter 'learning_rat'" --strict
SM_HPS='{"learning_rat":1,"strict":true}' fails 2 "SM_HPS: unknown hyperparameter 'learning_rat'"
cp "$root/input/config/hyperparameters.json" "$folder/kept.json"
echo '{"epochs": "1", "My-own": "1"}' >"$root/input/config/hyperparameters.json"
for variable in SM_HP_MY-OWN SM_HP_MY_OWN; do
    env "$variable=1" SM_HPS='{"My-own":1}' SKIFF_ML_ROOT="$root" "$SKIFF" train \
        >"$folder/stdout" 2>"$folder/stderr" || complain "$variable: $(cat "$folder/stderr")"
    is "$variable" "$(grep unknown "$folder/stderr")" \
        "skiff train: hyperparameters.json: unknown hyperparameter 'My-own'; it is ignored"
done
mv "$folder/kept.json" "$root/input/config/hyperparameters.json"
rm -f "$root/output/failure"
"$SKIFF" train --root "$root" --epochs 1 --out "$folder/out" >"$folder/stdout" 2>&1 ||
    complain "--root: $(cat "$folder/stdout")"
[ -s "$folder/out/model.npz" ] && [ -s "$folder/out/run.json" ] || complain "--out: not there"

# ---- the link

ln -s "$SKIFF" "$folder/train"
rm -rf "$root/model"
for words in "" train "train --epochs 1"; do
    # shellcheck disable=SC2086
    SKIFF_ML_ROOT=$root "$folder/train" $words >"$folder/stdout" 2>"$folder/stderr" ||
        complain "train $words: $(cat "$folder/stderr")"
    has "$(tail -n 1 "$folder/stdout")" "Model saved to $root/model/nn_model.pth"
done
"$folder/train" --help | grep -q 'Usage: skiff train' || complain "train --help"
(cd "$folder" && PATH=$folder:$PATH SKIFF_ML_ROOT=$root train >"$folder/stdout" 2>&1) ||
    complain "train from PATH"
SKIFF_ML_ROOT=$folder/nowhere "$SKIFF" train --epochs 1 >"$folder/stdout" 2>"$folder/stderr"
is "without a job" "$?" 2
has "$(cat "$folder/stderr")" "skiff train: --train is missing"
"$SKIFF" train --root "$folder/nowhere" 2>"$folder/stderr"
is "--root without a job" "$? $(cat "$folder/stderr")" \
    "2 skiff train: --root $folder/nowhere: there is no job, for it has no input/config"

# ---- absent and empty files

lesson absent
config=$root/input/config
for wreck in "rm -f $config/hyperparameters.json" ": >$config/hyperparameters.json" \
    "echo '{}' >$config/inputdataconfig.json" "rm $config/inputdataconfig.json" \
    "rm -f $config/resourceconfig.json" "echo >$config/resourceconfig.json" \
    "echo '{\"current_host\":\"a\",\"hosts\":[\"a\"]}' >$config/resourceconfig.json" \
    "echo '{\"current_host\":\"a\"}' >$config/resourceconfig.json" \
    "echo '{}' >$config/checkpointconfig.json" "rm -r $root/output"; do
    eval "$wreck"
    completes
    is "after $wreck" "$(option epochs) $(grep -c '^epoch=' "$folder/stdout")" "10 10"
done
echo '{"current_host":"x","hosts":["a","b"]}' >"$config/resourceconfig.json"
fails 1 "resourceconfig.json: the current host 'x' is not in the list of hosts"
echo '{"hosts":["a","b"]}' >"$config/resourceconfig.json"
fails 1 "resourceconfig.json: which of the 2 hosts is this one?"
echo '{"hosts":"a"}' >"$config/resourceconfig.json"
fails 1 "the hosts must be a list"
echo '[1]' >"$config/resourceconfig.json"
fails 1 "resourceconfig.json: must be a JSON object"
echo '{"../etc":{}}' >"$config/inputdataconfig.json"
rm "$config/resourceconfig.json"
fails 1 "'../etc' cannot be the name of a channel"
finish
