# SPDX-License-Identifier: MIT
"""How long torch.distributed's gloo takes to sum a vector of floats over processes, in microseconds.

    mpiexec -n 2 python3 gloo_exchange.py STORE [ROUNDS]

STORE is a file that does not exist yet, by which the processes find each other. After a barrier each
call is timed, and every sum is verified. A line of JSON a size from rank 0, as bench/exchange prints
them; nothing where this torch has no gloo.
"""

import json
import os
import sys
import time

FLOATS = (16, 256, 2560, 25600, 262144, 2621440)


def timed(distributed, torch, floats, calls):
    """Seconds of each call, and whether all sums were right."""
    ranks = distributed.get_world_size()
    taken, right = [], True
    vector = torch.empty(floats)
    for call in range(calls + calls // 10):
        vector.fill_(1 + distributed.get_rank())
        distributed.barrier()
        begin = time.perf_counter()
        distributed.all_reduce(vector)
        if call >= calls // 10:  # the first ones are to warm up
            taken.append(time.perf_counter() - begin)
        right &= bool((vector == ranks * (ranks + 1) / 2).all())
    return sorted(taken), right


def main():
    import torch
    from torch import distributed

    if not (distributed.is_available() and distributed.is_gloo_available()):
        return
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method="file://" + sys.argv[1],
                                   rank=int(os.environ["PMI_RANK"]),
                                   world_size=int(os.environ["PMI_SIZE"]))  # fmt: skip
    for floats in FLOATS:
        calls = rounds // 10 + 1 if floats > 100000 else rounds
        taken, right = timed(distributed, torch, floats, calls)
        line = dict(bench="exchange", bytes=4 * floats, calls=calls, verified=right,
                    gloo_us=1e6 * taken[calls // 2],
                    gloo_us_99=1e6 * taken[calls - 1 - calls // 100])  # fmt: skip
        if distributed.get_rank() == 0:
            print(json.dumps(line), flush=True)
    distributed.barrier()
    os._exit(0)  # gloo's own threads may abort while the interpreter ends


if __name__ == "__main__":
    main()
