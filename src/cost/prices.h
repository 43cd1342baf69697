// SPDX-License-Identifier: MIT
// What an hour of an instance costs: a CSV with the columns instance and usd_per_hour and, where
// known, vcpus, memory_gib, gpu ("1xT4"), network_mbit (sustained), source, as_of. data/prices.csv
// ships; none is in the code.
#ifndef SKIFF_COST_PRICES_H
#define SKIFF_COST_PRICES_H

#include "base/err.h"
#include "cost/sheet.h"

#include <stddef.h>

#define PRICES_FILE    "prices.csv"
#define PRICES_STORAGE "storage.gb" // the row of a GB of disk

struct price {
    const char *instance;     // "ml.m5.large"; the texts are those of the sheet
    double usd_per_hour;      // of one instance, 0 or more
    double vcpus, memory_gib; // NaN: not said, as is
    double network_mbit;      // what its network sustains, each way
    const char *gpu;          // NULL: none
    const char *source, *as_of;
};

struct prices {
    struct price *item; // [count]
    size_t count;
    struct sheet sheet;
};

int prices_read(struct prices *p, const char *path, struct error *e);
int prices_parse(struct prices *p, const char *name, const void *data, size_t size,
                 struct error *e);
void prices_clear(struct prices *p);

const struct price *prices_find(const struct prices *p, const char *instance); // or NULL
// The instance whose name is nearest to a misspelt one, or NULL when none is near.
const char *prices_nearest(const struct prices *p, const char *instance);

#endif
