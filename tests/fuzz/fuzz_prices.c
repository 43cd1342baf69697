// SPDX-License-Identifier: MIT
// Prices from arbitrary bytes: one line of text, or prices that are found by their names.
#include "fuzz.h"

#include "cost/prices.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prices p;
    struct error e = {0};
    const int rc = prices_parse(&p, "fuzz.csv", data, size, &e);
    if (rc != e.code || (rc && (!e.text[0] || strchr(e.text, '\n'))))
        __builtin_trap();
    for (size_t i = 0; i < p.count; i++) {
        const struct price *price = &p.item[i];
        if (prices_find(&p, price->instance) != price || !(price->usd_per_hour >= 0) ||
            !isfinite(price->usd_per_hour) || price->vcpus < 1 || price->memory_gib < 0)
            __builtin_trap();
    }
    prices_clear(&p);
    return 0;
}
