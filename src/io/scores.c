// SPDX-License-Identifier: MIT
// Which form a file of scores has, and the npz form: `scores` of shape (n,), (n, 1) or (n, k)
// beside `y` of shape (n,) or (n, 1), or (n, k) for regression with k targets. A zip archive is
// known by its first bytes.
#include "io/scores.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/npz.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

void scores_clear(struct scores *s)
{
    mem_free(s->f32);
    mem_free(s->f64);
    mem_free(s->labels);
    mem_free(s->truth);
    *s = (struct scores){0};
}

const char *scores_label_fault(enum scores_task task, size_t classes, double label)
{
    if (task == SCORES_REGRESSION)
        return NULL;
    if (task == SCORES_BINARY)
        return label == 0 || label == 1
                   ? NULL
                   : "but a label is 0 or 1 (numbers to be predicted: --task regression)";
    return label >= 0 && label < (double)classes && label == floor(label)
               ? NULL
               : "but a label is the index of a column of scores, from 0";
}

// An array's header; rows and columns of (n,) are n and 1.
static int open_array(const struct npz *z, const char *name, struct npz_array *a, size_t *rows,
                      size_t *columns, struct error *e)
{
    const int rc = npz_array(z, name, a, e);
    if (rc)
        return rc;
    const struct npy_info *info = &a->info;
    if (info->ndim < 1 || info->ndim > 2)
        return error_set(e, ERR_DATA,
                         "%s: %s: an array of %zu dimensions; shape (rows,) or (rows, columns) is "
                         "needed",
                         z->path, name, info->ndim);
    if (info->count == 0)
        return error_set(e, ERR_DATA, "%s: %s: no rows", z->path, name);
    if (info->count > SCORES_VALUES_MAX)
        return error_set(e, ERR_LIMIT, "%s: %s: more than %zu numbers", z->path, name,
                         SCORES_VALUES_MAX);
    *rows = (size_t)info->shape[0];
    *columns = info->ndim == 2 ? (size_t)info->shape[1] : 1;
    return 0;
}

static int read_f64(const struct npz *z, const struct npz_array *a, double **values,
                    struct error *e)
{
    *values = mem_alloc((size_t)a->info.count * sizeof **values);
    if (!*values)
        return error_nomem(e, a->name);
    return npz_read_f64(z, a, *values, e);
}

// Floats of 4 and 2 bytes stay float, because scikit-learn's log loss depends on it.
static int read_scores(struct scores *s, const struct npz *z, const struct npz_array *a,
                       struct error *e)
{
    if (a->info.kind != NPY_FLOAT || a->info.item > sizeof *s->f32)
        return read_f64(z, a, &s->f64, e);
    s->f32 = mem_alloc((size_t)a->info.count * sizeof *s->f32);
    if (!s->f32)
        return error_nomem(e, a->name);
    return npz_read_f32(z, a, s->f32, e);
}

static int read_labels(struct scores *s, const struct npz *z, const struct npz_array *a,
                       struct error *e)
{
    double *wide = NULL;
    int rc = read_f64(z, a, &wide, e);
    if (rc)
        goto out;
    s->labels = mem_array(s->n, sizeof *s->labels);
    if (!s->labels) {
        rc = error_nomem(e, "labels");
        goto out;
    }
    for (size_t i = 0; i < s->n; i++) {
        const char *const needed = scores_label_fault(s->task, s->columns, wide[i]);
        if (needed) {
            rc = error_set(e, ERR_DATA, "%s: y[%zu] is %.9g, %s", z->path, i, wide[i], needed);
            goto out;
        }
        s->labels[i] = (float)wide[i];
    }
out:
    mem_free(wide);
    return rc;
}

// Settle the task and see that the two shapes go together.
static int match_shapes(struct scores *s, enum scores_task task, const char *path, size_t y_rows,
                        size_t y_columns, struct error *e)
{
    if (task == SCORES_AUTO)
        task = s->columns == 1 ? SCORES_BINARY : SCORES_MULTICLASS;
    s->task = task;
    if (y_rows != s->n)
        return error_set(e, ERR_MISMATCH, "%s: scores has %zu rows and y has %zu", path, s->n,
                         y_rows);
    if (task == SCORES_REGRESSION && y_columns != s->columns)
        return error_set(e, ERR_MISMATCH, "%s: scores has %zu columns and y has %zu", path,
                         s->columns, y_columns);
    if (task != SCORES_REGRESSION && y_columns != 1)
        return error_set(e, ERR_DATA,
                         "%s: y has %zu columns, a label is one number a row (several targets: "
                         "--task regression)",
                         path, y_columns);
    if (task == SCORES_BINARY && s->columns > 2)
        return error_set(e, ERR_DATA, "%s: scores has %zu columns, too many for a binary task",
                         path, s->columns);
    if (task == SCORES_MULTICLASS && s->columns < 2)
        return error_set(e, ERR_DATA, "%s: scores has one column; several classes need one each",
                         path);
    return 0;
}

static int parse_npz(struct scores *s, struct npz *z, enum scores_task task, struct error *e)
{
    struct npz_array scores, y;
    size_t y_rows = 0, y_columns = 0;
    if (!npz_has(z, "scores") && (npz_has(z, "probability") || npz_has(z, "prediction")))
        return error_set(e, ERR_NOTFOUND, "%s: no array 'scores'%s", z->path, SCORES_ADVICE);
    int rc = open_array(z, "scores", &scores, &s->n, &s->columns, e);
    if (rc || (rc = open_array(z, "y", &y, &y_rows, &y_columns, e)) ||
        (rc = match_shapes(s, task, z->path, y_rows, y_columns, e)) ||
        (rc = read_scores(s, z, &scores, e)))
        return rc;
    return s->task == SCORES_REGRESSION ? read_f64(z, &y, &s->truth, e) : read_labels(s, z, &y, e);
}

static bool is_zip(const void *data, size_t size)
{
    return size >= 4 && (memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0);
}

// From an archive or a text that could be opened, if rc says so; closes it.
static int take_archive(struct scores *s, int rc, struct npz *z, enum scores_task task,
                        struct error *e)
{
    if (rc == 0) {
        rc = parse_npz(s, z, task, e);
        npz_close(z);
    }
    if (rc)
        scores_clear(s);
    return rc;
}

static int take_text(struct scores *s, int rc, struct csv *c, enum scores_task task,
                     struct error *e)
{
    if (rc == 0) {
        rc = scores_take_csv(s, c, task, e);
        csv_close(c);
    }
    if (rc)
        scores_clear(s);
    return rc;
}

static const struct csv_options with_header = {.header = CSV_HEADER_YES};

int scores_parse(struct scores *s, const char *name, const void *data, size_t size,
                 enum scores_task task, struct error *e)
{
    struct npz z;
    struct csv c;
    *s = (struct scores){0};
    if (is_zip(data, size))
        return take_archive(s, npz_open_memory(&z, name, data, size, e), &z, task, e);
    return take_text(s, csv_open_memory(&c, name, data, size, &with_header, e), &c, task, e);
}

int scores_read(struct scores *s, const char *path, enum scores_task task, struct error *e)
{
    struct npz z;
    struct csv c;
    *s = (struct scores){0};
    if (npz_is_file(path)) // read piece by piece: it may be larger than memory
        return take_archive(s, npz_open(&z, path, e), &z, task, e);
    return take_text(s, csv_open(&c, path, &with_header, e), &c, task, e);
}
