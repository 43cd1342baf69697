// SPDX-License-Identifier: MIT
// The list of all remarks, the gravest first. They are in remarks_data.c, remarks_training.c and
// remarks_result.c.
#include "report/remarks_inner.h"

#include "base/mem.h"

void remark_begin(struct draft *d, const char *key, const char *title)
{
    d->key = key;
    d->title = title;
    buf_init(&d->evidence, 2 * REMARK_TEXT_MAX);
    buf_init(&d->advice, REMARK_TEXT_MAX);
}

void remark_drop(struct draft *d)
{
    buf_clear(&d->evidence);
    buf_clear(&d->advice);
}

void remark_end(const struct facts *f, struct draft *d)
{
    struct remarks *r = f->remarks;
    if (d->evidence.failed || d->advice.failed || r->count == REMARKS_MAX) {
        r->failed = true;
        remark_drop(d);
        return;
    }
    r->item[r->count++] = (struct remark){d->key, d->title, d->evidence.data, d->advice.data};
}

bool facts_have_rows(const struct facts *f)
{
    return f->found->data.n > 0;
}

int remarks_find(struct remarks *r, const struct run_folder *run, const struct findings *found,
                 struct error *e)
{
    static void (*const rules[])(const struct facts *f) = {
        remark_interrupted,      remark_other_data,    remark_nothing_held_back,
        remark_strange_values,   remark_leakage,       remark_guessing,
        remark_overfitting,      remark_gap,           remark_still_improving,
        remark_absent_classes,   remark_wide_interval, remark_few_rows,
        remark_poor_calibration, remark_imbalance,     remark_idle_columns,
    };
    const struct facts f = {run, found, r};
    *r = (struct remarks){0};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&f);
    if (!r->failed)
        return 0;
    remarks_clear(r);
    return error_nomem(e, "remarks");
}

void remarks_clear(struct remarks *r)
{
    for (size_t i = 0; i < r->count; i++) {
        mem_free(r->item[i].evidence);
        mem_free(r->item[i].advice);
    }
    *r = (struct remarks){0};
}
