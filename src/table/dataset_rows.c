// SPDX-License-Identifier: MIT
// A dataset from rows whose number nobody knows before the end: the blocks grow by half.
#include "base/mem.h"
#include "table/dataset.h"
#include "table/rows.h"

#include <stdio.h>

#define ROWS_FIRST ((size_t)8192)

static int grow(struct dataset *d, size_t *cap, const char *path, struct error *e)
{
    const size_t more = *cap ? *cap + *cap / 2 : ROWS_FIRST;
    size_t values, xsize;
    if (!size_mul(more, d->d, &values) || !size_mul(values, sizeof *d->owned, &xsize))
        return error_set(e, ERR_LIMIT, "%s: more values than memory can hold", path);
    float *const X = mem_realloc(d->owned, xsize);
    d->X = d->owned = X ? X : d->owned;
    float *const y = X ? mem_realloc(d->y, more * sizeof *d->y) : NULL;
    d->y = y ? y : d->y;
    if (!y)
        return error_set(e, ERR_NOMEM, "%s: out of memory after %zu rows of %zu features", path,
                         d->n, d->d);
    *cap = more;
    return 0;
}

static int take_all(struct dataset *d, struct rows *r, const struct rows_spec *spec,
                    struct error *e)
{
    const char *path = spec->path;
    size_t cap = 0, got = 1;
    int rc = 0;
    while (rc == 0 && got) {
        if (d->n == cap && (rc = grow(d, &cap, path, e)))
            break;
        rc = rows_next(r, cap - d->n, d->owned + d->n * d->d, d->y + d->n, &got, e);
        d->n += got;
        if (d->n > UINT32_MAX)
            rc = error_set(e, ERR_LIMIT, "%s: more than %u rows", path, UINT32_MAX);
    }
    if (rc == 0 && d->n == 0 && !spec->keys.may_be_empty)
        rc = error_set(e, ERR_DATA, "%s: has no rows", path);
    return rc;
}

int dataset_take(struct dataset *d, struct rows *r, const struct rows_spec *spec, struct error *e)
{
    const struct prep_target *target = &spec->prep->target;
    *d = (struct dataset){
        .d = rows_features(r), .targets = 1, .y_integer = target->task != PREP_REGRESSION};
    snprintf(d->x_name, sizeof d->x_name, "%s", rows_name(r));
    snprintf(d->y_name, sizeof d->y_name, "%s", target->name);
    const int rc = take_all(d, r, spec, e);
    if (rc)
        dataset_clear(d);
    return rc;
}
