// SPDX-License-Identifier: MIT
// The meta.json of a model from arbitrary bytes, and behind a zero byte its prep.json: what is
// accepted is a network, and a preparation that can be told to fit it or not.
#include "fuzz.h"

#include "model/model_file.h"

static void check_prep(const struct net *net, const uint8_t *data, size_t size)
{
    struct prep prep = {0};
    struct error e = {0};
    int rc = prep_parse(&prep, "prep.json", data, size, &e);
    if (rc == 0)
        rc = model_check_prep(net, &prep, "prep.json", &e);
    if (rc != e.code || (rc == 0 && prep.features != net->inputs))
        __builtin_trap();
    prep_clear(&prep);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *const end = size ? memchr(data, 0, size) : NULL;
    const size_t meta = end ? (size_t)(end - data) : size;
    struct net_spec spec;
    struct opt_sizes hidden;
    struct net net;
    struct error e = {0};
    const int rc = model_parse_meta("fuzz", data, meta, &spec, &hidden, &e);
    if (rc != e.code || (rc != 0 && e.text[0] == 0))
        __builtin_trap();
    if (rc)
        return 0;
    const int made = net_init(&net, &spec, &e);
    if (made ? made != ERR_LIMIT : net.layers != hidden.count + 1 || net.parameters == 0)
        __builtin_trap();
    if (made == 0 && end)
        check_prep(&net, end + 1, size - meta - 1);
    return 0;
}
