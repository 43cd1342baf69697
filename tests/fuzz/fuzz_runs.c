// SPDX-License-Identifier: MIT
// Runs from arbitrary bytes: a record, lines of records or published runs, by the first byte. What
// is accepted holds no figure that a price must not be multiplied by.
#include "cost/run_read.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add(struct cost_runs *runs, const uint8_t *data, size_t size, struct error *e)
{
    const char *text = (const char *)data + 1;
    switch (data[0] % 3) {
    case 0:
        return cost_runs_add_record(runs, "fuzz/run.json", text, size - 1, e);
    case 1:
        return cost_runs_add_lines(runs, "fuzz.jsonl", text, size - 1, e);
    default:
        return cost_runs_add_published(runs, "fuzz.csv", text, size - 1, e);
    }
}

static void check(const struct cost_run *r)
{
    bool good = r->name && r->path && r->program && r->setting && r->instances >= 1;
    good = good && !(r->billable < 0) && !isinf(r->billable) && !strchr(r->name, '\n');
    for (int p = 0; p < COST_PHASES; p++)
        good = good && !(r->seconds[p] < 0) && !isinf(r->seconds[p]);
    for (int m = 0; m < COST_METRICS; m++)
        good = good && !(r->metric[m].low > r->metric[m].high);
    if (!good)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct cost_runs runs = {0};
    struct error e = {0};
    const int rc = add(&runs, data, size, &e);
    if (rc != e.code || (rc && (!e.text[0] || strchr(e.text, '\n'))) || (rc == 0 && !runs.count))
        __builtin_trap();
    for (size_t i = 0; i < runs.count; i++)
        check(&runs.item[i]);
    cost_runs_clear(&runs);
    return 0;
}
