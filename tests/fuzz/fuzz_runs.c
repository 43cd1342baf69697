// SPDX-License-Identifier: MIT
// Runs from arbitrary bytes: a record, lines of records or published runs, by the first byte. What
// is accepted holds no figure that a price must not be multiplied by, and can be compared.
#include "fuzz.h"

#include "cost/compare.h"

#include <math.h>

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

static void check_row(const struct compare *c, const struct compare_row *row)
{
    bool good = row->runs > 0 && row->table < c->tables && !(row->dollars.median < 0);
    good = good && !(row->dollars.min > row->dollars.median) && row->reached <= row->runs;
    if (!good || (row->pareto && row->dollars.n == 0))
        __builtin_trap();
}

static void compare(const struct cost_runs *runs)
{
    static const char list[] = "instance,usd_per_hour\nml.m5.large,0.115\nml.m5.xlarge,0.23\n";
    struct prices prices;
    struct compare c;
    struct error e = {0};
    if (prices_parse(&prices, "p.csv", list, sizeof list - 1, &e))
        __builtin_trap();
    const struct compare_spec spec = {
        .prices = &prices, .metric = COST_METRICS, .overhead = 1, .spot_percent = 50};
    if (compare_make(&c, &spec, runs, &e))
        __builtin_trap();
    size_t count = 0;
    for (size_t i = 0; i < c.rows; i++) {
        check_row(&c, &c.row[i]);
        count += c.row[i].runs;
    }
    if (count != runs->count)
        __builtin_trap();
    compare_clear(&c);
    prices_clear(&prices);
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
    if (rc == 0)
        compare(&runs);
    cost_runs_clear(&runs);
    return 0;
}
