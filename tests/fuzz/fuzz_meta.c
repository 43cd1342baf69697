// SPDX-License-Identifier: MIT
// The meta.json of a model from arbitrary bytes: what is accepted is a network.
#include "model/model_file.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_spec spec;
    struct opt_sizes hidden;
    struct net net;
    struct error e = {0};
    const int rc = model_parse_meta("fuzz", data, size, &spec, &hidden, &e);
    if (rc != e.code || (rc != 0 && e.text[0] == 0))
        __builtin_trap();
    if (rc)
        return 0;
    const int made = net_init(&net, &spec, &e);
    if (made ? made != ERR_LIMIT : net.layers != hidden.count + 1 || net.parameters == 0)
        __builtin_trap();
    return 0;
}
