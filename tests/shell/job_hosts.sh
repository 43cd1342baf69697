#!/bin/sh
# SPDX-License-Identifier: MIT
# Eleven hosts, which a platform lists as texts: algo-1, algo-10, algo-11, algo-2, ... The first of
# the list trains, it alone writes files and metrics, the others end with status 0. Points 3 and 10
# of the contract.
. "$(dirname "$0")/job_lib.sh"

lesson eleven --hosts 11 --hp epochs=2
is "the order of hosts" \
    "$(tr -d '\n ' <"$root/input/config/resourceconfig.json" | sed 's/.*"hosts":\[\("algo-1",[^]]*\)\].*/\1/')" \
    '"algo-1","algo-10","algo-11","algo-2","algo-3","algo-4","algo-5","algo-6","algo-7","algo-8","algo-9"'
"$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "eleven hosts: $(cat "$folder/log")"
is "metrics" "$(grep -c ' | validation:accuracy = ' "$folder/log")" 2
is "metrics of others" "$(grep -c '^algo-1[01] | .*=\|^algo-[2-9] | .*=' "$folder/log")" 0
for host in 2 3 4 5 6 7 8 9 10 11; do
    is "files of algo-$host" "$(find "$job/algo-$host/model" "$job/algo-$host/output" -type f)" ""
    has "$(cat "$folder/log")" "algo-$host: exit code 0" "algo-$host has nothing to do"
done
[ -s "$root/model/model.npz" ] || complain "the first host: no model"
has "$(cat "$folder/log")" "Status     Completed" "(11 hosts, ml.m5.large)"

# Who leads is the first of the list, whatever its name.
lesson two --hosts 2 --hp epochs=1
for host in algo-1 algo-2; do
    printf '{"current_host":"%s","hosts":["zeta","alpha"]}' \
        "$([ $host = algo-1 ] && echo alpha || echo zeta)" \
        >"$job/$host/input/config/resourceconfig.json"
done
"$SKIFF" job run "$job" >"$folder/log" 2>&1 || complain "other names: $(cat "$folder/log")"
has "$(cat "$folder/log")" "algo-1 | skiff train: 2 hosts, of which zeta trains alone; alpha has nothing to do"
[ -s "$job/algo-2/model/model.npz" ] || complain "the leader is not the first of the list"

# Variables win over the file, but not under a launcher, which gives all ranks those of one host.
SM_CURRENT_HOST=zeta completes
start
is "the file's host" "$code $(grep -c 'alpha has nothing to do' "$folder/stderr")" "0 1"
rm -rf "$root/model"
SM_HOSTS='["q","alpha"]' start
is "a list of one's own" "$code $(grep -c 'of which q trains alone' "$folder/stderr")" "0 1"
SM_CURRENT_HOST=zeta PMI_RANK=0 start
is "under a launcher" "$code $(grep -c 'alpha has nothing to do' "$folder/stderr")" "0 1"
SM_CURRENT_HOST=nobody fails 1 "SM_CURRENT_HOST: the current host 'nobody' is not in the list"

# Ranks that a launcher has made work together, whatever the file says: one talks and writes.
if command -v mpiexec >/dev/null 2>&1 && [ "$sanitized" = no ]; then
    lesson ranks --hosts 2 --hp epochs=3 --hp hidden='[64, 64]' --hp batch_size=256
    SKIFF_ML_ROOT=$root timeout 60 mpiexec -n 2 "$SKIFF" train --threads 1 >"$folder/stdout" \
        2>"$folder/stderr" || complain "under mpiexec: $(cat "$folder/stderr")"
    is "metrics of two ranks" "$(grep -c '^validation:accuracy' "$folder/stdout")" 3
    grep -q 'trains alone' "$folder/stderr" && complain "under mpiexec a rank is idle"
    grep -q '"ranks": 2' "$root/output/data/run.json" || complain "not two ranks"
    cp "$root/model/model.npz" "$folder/two.npz"
    completes
    same_file "one process and two ranks" "$folder/two.npz" "$root/model/model.npz"
    printf '{"epochs":"x"}' >"$root/input/config/hyperparameters.json"
    SKIFF_ML_ROOT=$root timeout 60 mpiexec -n 2 "$SKIFF" train >"$folder/stdout" 2>"$folder/stderr"
    is "a failure of two ranks" "$? $(cat "$root/output/failure")" \
        "2 hyperparameters.json: epochs: 'x' is not a whole number"
fi
finish
