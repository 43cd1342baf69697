#!/bin/sh
# SPDX-License-Identifier: MIT
# net_rates.sh HOSTS: what ranks find of the network between them, which the leader's link makes slow or
# fast, and the bytes of one process whichever way they choose then.
. "$(dirname "$0")/net_lib.sh"
tables binary
arguments="$options --epochs 2 --batch_size 700 --hidden 64,32"

# rate RATE: so fast is the leader's link from now on.
rate() {
    tc -n "$tag-1" qdisc replace dev eth0 root tbf rate "$1" burst 4kb latency 500ms 2>"$folder/tc" || {
        echo "skipped: links have no rates here: $(tail -n 1 "$folder/tc")"
        exit 77
    }
}

# found LEAST MOST: Mbit/s that run.json says.
found() {
    "$python" - "$folder/out.1/run.json" "$1" "$2" <<'END' || complain "not from $1 to $2 Mbit/s"
import json, sys
found = json.load(open(sys.argv[1]))["machine"]["network"]
print(found)
sys.exit(not (float(sys.argv[2]) < found["mbit"] < float(sys.argv[3]) and found["latency_us"] > 1))
END
}

# shellcheck disable=SC2086 # lists of words
{
    train $arguments --out "$folder/alone"
    for hosts in $ranks; do
        for limits in "5mbit 1 20" "2gbit 40 16000"; do
            rate "${limits%% *}"
            launch_all "$hosts" $arguments
            all_end "$hosts" "$limits" 0
            same_run "$limits" "$folder/alone" "$folder/out.1"
            found ${limits#* }
        done
    done
}
finish
