// SPDX-License-Identifier: MIT
// Rows of a comparison that differ in nothing but their tables' rows belong together.
#include "cost/sweep.h"

#include "base/mem.h"
#include "cost/compare_inner.h"
#include "cost/cost_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool is_fixed_batch(const struct cost_run *r)
{
    return r->batch_option > 0;
}

// The full batch is as large as each table.
static bool is_full_batch(const struct cost_run *r)
{
    return r->batch_size == 0 || r->batch_size >= r->rows;
}

static bool same_batch(const struct cost_run *a, const struct cost_run *b)
{
    if (is_fixed_batch(a) || is_fixed_batch(b))
        return a->batch_option == b->batch_option;
    return a->batch_size == b->batch_size || (is_full_batch(a) && is_full_batch(b));
}

static bool same_work(const struct cost_run *a, const struct cost_run *b)
{
    return cost_text_same(a->task, b->task) && a->features == b->features &&
           cost_text_same(a->hidden, b->hidden) && a->epochs == b->epochs && same_batch(a, b) &&
           cost_run_settings_agree(a, b);
}

bool sweep_same_work(const struct sweep *a, const struct sweep *b)
{
    return same_work(a->row->run[0], b->row->run[0]);
}

bool sweep_is_first(const struct sweeps *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (sweep_same_work(&s->item[k], &s->item[i]))
            return false;
    return true;
}

static bool same_sweep(const struct compare_row *a, const struct compare_row *b)
{
    const struct cost_run *one = a->run[0], *two = b->run[0];
    return same_work(one, two) && cost_text_same(one->setting, two->setting) &&
           cost_text_same(one->program, two->program) && one->published == two->published &&
           cost_text_same(a->instance, b->instance) && compare_same_machine(one, two);
}

// A published run may have its bill only.
static double seconds_of(const struct cost_run *r)
{
    const double total = r->seconds[COST_TOTAL];
    return isfinite(total) ? total : r->billable / (double)r->instances;
}

static bool usable(const struct cost_run *r)
{
    const double seconds = seconds_of(r);
    return r->rows > 0 && isfinite(seconds) && seconds > 0;
}

// A new one is at the end.
static struct sweep *find(struct sweeps *s, const struct compare_row *row)
{
    for (size_t i = 0; i < s->count; i++)
        if (same_sweep(s->item[i].row, row))
            return &s->item[i];
    struct sweep *last = &s->item[s->count++];
    *last = (struct sweep){.row = row};
    // dollars are those of so many seconds of each instance: with storage, less the discount
    last->usd_per_second =
        row->dollars.median / row->billable.median * (double)row->run[0]->instances;
    return last;
}

static int add_run(struct sweep *s, const struct cost_run *r, double overhead, struct error *e)
{
    const bool full = (s->runs & (s->runs - 1)) == 0; // 0, 1, 2, 4, ...
    if (full) {
        const size_t cap = s->runs ? 2 * s->runs : 1;
        struct growth_run *run = mem_realloc(s->run, cap * sizeof *run);
        if (!run)
            return error_nomem(e, "runs of a sweep");
        s->run = run;
    }
    s->run[s->runs++] = (struct growth_run){(double)r->rows, seconds_of(r) + overhead};
    return 0;
}

static int add_row(struct sweeps *s, const struct compare_row *row, const struct compare_spec *spec,
                   struct error *e)
{
    struct sweep *of = find(s, row);
    const double overhead = row->run[0]->published ? 0 : spec->overhead; // is in their bill
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < row->runs; i++)
        if (usable(row->run[i]))
            rc = add_run(of, row->run[i], overhead, e);
    return rc;
}

// Those without a line are left out.
static void fit_all(struct sweeps *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct sweep one = s->item[i];
        if (growth_fit(&one.growth, one.run, one.runs, NULL) == 0)
            s->item[kept++] = one;
        else
            mem_free(one.run);
    }
    s->count = kept;
}

int sweeps_find(struct sweeps *s, const struct compare *c, struct error *e)
{
    *s = (struct sweeps){mem_array(c->rows, sizeof *s->item), 0};
    if (!s->item)
        return error_nomem(e, "sweeps");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->rows; i++)
        rc = add_row(s, &c->row[i], &c->spec, e);
    if (rc)
        sweeps_clear(s);
    else
        fit_all(s);
    return rc;
}

void sweeps_clear(struct sweeps *s)
{
    for (size_t i = 0; i < s->count; i++)
        mem_free(s->item[i].run);
    mem_free(s->item);
    *s = (struct sweeps){0};
}

// ---- names ----

// ", " between the words in brackets, and the bracket before the first.
static void put_word(struct buf *out, bool *open, const char *word)
{
    buf_printf(out, "%s%.60s", *open ? ", " : " (", word);
    *open = true;
}

static void put_number(struct buf *out, bool *open, size_t number, const char *of)
{
    char word[64];
    snprintf(word, sizeof word, "%zu %s%s", number, of, number == 1 ? "" : "s");
    put_word(out, open, word);
}

// How far what is said of it can be believed.
static void put_origin(struct buf *out, bool *open, const struct compare_row *row)
{
    if (row->guessed)
        put_word(out, open, "instance guessed");
    if (row->assumed)
        put_word(out, open, "instance assumed");
    if (row->run[0]->published)
        put_word(out, open, "published");
}

int sweep_say(struct buf *out, const struct sweep *s, const struct sweep *other)
{
    const struct cost_run *a = s->row->run[0], *b = other ? other->row->run[0] : NULL;
    bool open = false;
    if (a->instances != 1)
        buf_printf(out, "%zu x ", a->instances);
    buf_printf(out, "%.60s", s->row->instance ? s->row->instance : "this machine");
    if (!b || !cost_text_same(a->program, b->program))
        buf_printf(out, " with %.60s", or_empty(a->program));
    if (a->device && (!b || !cost_text_same(a->device, b->device)))
        put_word(out, &open, a->device);
    if (a->cpu_level && b && !cost_text_same(a->cpu_level, b->cpu_level))
        put_word(out, &open, a->cpu_level);
    if (a->threads && (!b || a->threads != b->threads))
        put_number(out, &open, a->threads, "thread");
    if (a->ranks > 1 && (!b || a->ranks != b->ranks))
        put_number(out, &open, a->ranks, "rank");
    put_origin(out, &open, s->row);
    buf_puts(out, open ? ")" : "");
    return out->failed;
}
