// SPDX-License-Identifier: MIT
// Runs of one configuration are those that nothing but chance, the seed or a file's name may make
// differ: the same program on as many of the same machines, with equal options on a table of equal
// size. Published runs say too little for that and stay apart unless they have one name.
#include "base/mem.h"
#include "base/near.h"
#include "cost/compare_inner.h"
#include "cost/cost_text.h"

#include <stdint.h>
#include <string.h>

static bool is_guess(const struct cost_run *r)
{
    return r->instance && cost_text_same(r->instance_source, "guess");
}

static bool applies(const struct compare_assumption *a, const struct cost_run *r)
{
    if (a->run)
        return strcmp(a->run, r->name) == 0;
    return !r->published && (!r->instance || is_guess(r));
}

static int unknown_run(const struct cost_runs *runs, const char *option, const char *name,
                       struct error *e)
{
    struct near n = near_begin(name);
    for (size_t i = 0; i < runs->count; i++)
        near_look(&n, runs->item[i].name);
    return error_set(e, ERR_USAGE, "%s: no run is called '%.60s'%s%.60s%s", option, name,
                     n.best ? "; did you mean '" : "", n.best ? n.best : "", n.best ? "'?" : "");
}

static int check_run_name(const struct cost_runs *runs, const char *option, const char *name,
                          struct error *e)
{
    for (size_t i = 0; name && i < runs->count; i++)
        if (strcmp(runs->item[i].name, name) == 0)
            return 0;
    return name ? unknown_run(runs, option, name, e) : 0;
}

static int check_assumption(const struct compare *c, const struct cost_runs *runs,
                            const struct compare_assumption *a, struct error *e)
{
    const int rc = check_run_name(runs, "--instance", a->run, e);
    if (rc || prices_find(c->spec.prices, a->instance))
        return rc;
    const char *nearest = prices_nearest(c->spec.prices, a->instance);
    return error_set(e, ERR_USAGE, "--instance: there is no price of '%.60s'%s%s%s", a->instance,
                     nearest ? "; did you mean '" : "; --prices FILE.csv brings other prices",
                     nearest ? nearest : "", nearest ? "'?" : "");
}

static int assume(struct compare *c, const struct cost_runs *runs, struct error *e)
{
    int rc = check_run_name(runs, "--baseline", c->spec.baseline, e);
    for (size_t i = 0; i < runs->count; i++)
        c->priced_as[i] = runs->item[i].instance;
    for (size_t a = 0; rc == 0 && a < c->spec.assumptions; a++) {
        rc = check_assumption(c, runs, &c->spec.assumption[a], e);
        for (size_t i = 0; rc == 0 && i < runs->count; i++)
            if (applies(&c->spec.assumption[a], &runs->item[i]))
                c->priced_as[i] = c->spec.assumption[a].instance;
    }
    return rc;
}

bool compare_same_machine(const struct cost_run *a, const struct cost_run *b)
{
    return a->instances == b->instances && a->threads == b->threads && a->ranks == b->ranks &&
           cost_text_same(a->device, b->device) && cost_text_same(a->device_name, b->device_name) &&
           cost_text_same(a->cpu_level, b->cpu_level);
}

static bool same_work(const struct cost_run *a, const struct cost_run *b)
{
    return a->rows == b->rows && a->val_rows == b->val_rows && a->features == b->features &&
           a->parameters == b->parameters && a->batch_size == b->batch_size &&
           cost_text_same(a->task, b->task) && cost_text_same(a->hidden, b->hidden) &&
           cost_text_same(a->setting, b->setting) && (a->setting[0] || a->epochs == b->epochs);
}

static bool same_configuration(const struct compare *c, const struct cost_runs *runs, size_t a,
                               size_t b)
{
    const struct cost_run *x = &runs->item[a], *y = &runs->item[b];
    if (x->published != y->published || (x->published && !cost_text_same(x->name, y->name)))
        return false;
    return same_work(x, y) && compare_same_machine(x, y) &&
           cost_text_same(x->program, y->program) &&
           cost_text_same(c->priced_as[a], c->priced_as[b]);
}

static void begin_row(struct compare *c, const struct cost_runs *runs, size_t first)
{
    const struct cost_run *r = &runs->item[first];
    const char *instance = c->priced_as[first];
    c->row[c->rows++] = (struct compare_row){
        .name = r->name,
        .instance = instance,
        .assumed = !cost_text_same(instance, r->instance),
        .guessed = cost_text_same(instance, r->instance) && is_guess(r),
        .price = instance ? prices_find(c->spec.prices, instance) : NULL,
    };
}

// first[row] is the run that a row began with, row_of[run] its row.
static void find_rows(struct compare *c, const struct cost_runs *runs, size_t *first,
                      size_t *row_of)
{
    for (size_t i = 0; i < runs->count; i++) {
        size_t row = 0;
        while (row < c->rows && !same_configuration(c, runs, first[row], i))
            row++;
        if (row == c->rows) {
            first[row] = i;
            begin_row(c, runs, i);
        }
        row_of[i] = row;
        c->row[row].runs++;
    }
}

static void fill_rows(struct compare *c, const struct cost_runs *runs, const size_t *row_of)
{
    size_t at = 0;
    for (size_t row = 0; row < c->rows; row++) {
        c->row[row].run = c->member + at;
        for (size_t i = 0; i < runs->count; i++)
            if (row_of[i] == row)
                c->member[at++] = &runs->item[i];
    }
}

static void find_tables(struct compare *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        const struct cost_run *r = c->row[i].run[0];
        size_t t = 0;
        while (t < c->tables &&
               (c->table[t].rows != r->rows || c->table[t].features != r->features))
            t++;
        if (t == c->tables)
            c->table[c->tables++] =
                (struct compare_table){r->rows, r->features, SIZE_MAX, SIZE_MAX, SIZE_MAX};
        c->row[i].table = t;
    }
}

int compare_group(struct compare *c, const struct cost_runs *runs, struct error *e)
{
    const size_t n = runs->count;
    c->row = mem_array(n, sizeof *c->row);
    c->table = mem_array(n, sizeof *c->table);
    c->member = mem_array(n, sizeof *c->member);
    c->priced_as = mem_array(n, sizeof *c->priced_as);
    c->scratch = mem_array(n, sizeof *c->scratch);
    size_t *first = mem_array(n, sizeof *first), *row_of = mem_array(n, sizeof *row_of);
    int rc = 0;
    if (!c->row || !c->table || !c->member || !c->priced_as || !c->scratch || !first || !row_of)
        rc = error_nomem(e, "a comparison");
    if (rc == 0)
        rc = assume(c, runs, e);
    if (rc == 0) {
        find_rows(c, runs, first, row_of);
        fill_rows(c, runs, row_of);
        find_tables(c);
    }
    mem_free(first);
    mem_free(row_of);
    return rc;
}
