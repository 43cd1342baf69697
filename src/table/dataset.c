// SPDX-License-Identifier: MIT
// Loading goes in two passes over the files: the first reads headers only and adds up the rows, so
// that memory is taken once and shapes that do not fit are refused before any of it; the second
// reads the values. A lone file whose X is float32, stored and aligned is mapped instead.
#include "table/dataset.h"

#include "base/crc.h"
#include "base/mem.h"
#include "io/npz.h"
#include "table/inputs.h"

#include <stdio.h>
#include <string.h>

struct part_file {
    struct npz npz;
    struct npz_array x, y;
    const char *name;
    size_t rows;
    bool open;
};

static int check_shapes(const struct part_file *f, struct error *e)
{
    const struct npy_info *x = &f->x.info, *y = &f->y.info;
    const int rc = input_check_x(f->name, &f->x, e);
    if (rc)
        return rc;
    if (y->ndim != 1 && y->ndim != 2)
        return error_set(e, ERR_DATA, "%s: %s has %zu dimensions, it must be (rows) or (rows, k)",
                         f->name, f->y.name, y->ndim);
    if (x->shape[0] != y->shape[0])
        return error_set(e, ERR_DATA, "%s: %s has %llu rows but %s has %llu%s", f->name, f->x.name,
                         (unsigned long long)x->shape[0], f->y.name,
                         (unsigned long long)y->shape[0],
                         x->shape[1] == y->shape[0] ? "; is it transposed?" : "");
    if (y->ndim == 2 && y->shape[1] == 0)
        return error_set(e, ERR_DATA, "%s: %s has no columns", f->name, f->y.name);
    return 0;
}

static int open_part(struct part_file *f, const char *path, const struct dataset_keys *keys,
                     struct error *e)
{
    f->name = path;
    int rc = npz_open(&f->npz, path, e);
    if (rc)
        return rc;
    f->open = true;
    rc = input_find_x(&f->npz, keys, &f->x, e);
    if (rc == 0)
        rc = input_find_y(&f->npz, keys, f->x.name, &f->y, e);
    if (rc == 0)
        rc = check_shapes(f, e);
    if (rc == 0)
        f->rows = (size_t)f->x.info.shape[0];
    return rc;
}

// Between the passes the files of a folder are closed: there may be more than a process may open.
static void close_part(struct part_file *f)
{
    if (f->open)
        npz_close(&f->npz);
    f->open = false;
}

static int reopen_part(struct part_file *f, const char *path, const struct dataset_keys *keys,
                       struct error *e)
{
    if (f->open)
        return 0;
    const struct part_file before = *f;
    const int rc = open_part(f, path, keys, e);
    if (rc == 0 && (f->rows != before.rows || f->x.info.count != before.x.info.count ||
                    f->y.info.count != before.y.info.count))
        return error_set(e, ERR_DATA, "%s: changed while it was being read", path);
    return rc;
}

static size_t targets_of(const struct part_file *f)
{
    return f->y.info.ndim == 2 ? (size_t)f->y.info.shape[1] : 1;
}

// Total rows, and the agreement of all files on their columns.
static int add_up(struct dataset *d, const struct part_file *files, size_t count,
                  const struct dataset_keys *keys, struct error *e)
{
    d->d = (size_t)files[0].x.info.shape[1];
    d->targets = targets_of(&files[0]);
    d->y_integer = true;
    snprintf(d->x_name, sizeof d->x_name, "%.63s", files[0].x.name);
    snprintf(d->y_name, sizeof d->y_name, "%.63s", files[0].y.name);
    for (size_t i = 0; i < count; i++) {
        const struct part_file *f = &files[i];
        if (f->x.info.shape[1] != d->d)
            return error_set(e, ERR_DATA, "%s: %s has %llu features but %s has %zu", f->name,
                             f->x.name, (unsigned long long)f->x.info.shape[1], files[0].name,
                             d->d);
        if (targets_of(f) != d->targets)
            return error_set(e, ERR_DATA, "%s: %s has %zu columns but that of %s has %zu", f->name,
                             f->y.name, targets_of(f), files[0].name, d->targets);
        if (f->rows) // numpy makes empty arrays float64
            d->y_integer = d->y_integer && f->y.info.kind != NPY_FLOAT;
        d->n += f->rows;
    }
    if (d->n == 0 && !keys->may_be_empty)
        return error_set(e, ERR_DATA, "%s: %s has no rows", files[0].name, files[0].x.name);
    if (d->n > UINT32_MAX)
        return error_set(e, ERR_LIMIT, "%s: %zu rows; at most %u are supported", files[0].name,
                         d->n, UINT32_MAX);
    return 0;
}

// Point at the first value that is not finite; the reader has said that there is one.
static int not_finite(const struct part_file *f, const struct npz_array *a, const float *x,
                      size_t cols, struct error *e)
{
    const struct input_values v = {f->name, a->name, x, f->rows, cols, 0};
    return input_not_finite(&v, e);
}

static int read_finite(const struct part_file *f, const struct npz_array *a, float *to, size_t cols,
                       struct error *e)
{
    bool finite;
    const int rc = npz_read_finite(&f->npz, a, to, &finite, e);
    return rc || finite ? rc : not_finite(f, a, to, cols, e);
}

static int read_part(struct dataset *d, const struct part_file *f, size_t row, struct error *e)
{
    int rc = 0;
    if (d->owned)
        rc = read_finite(f, &f->x, d->owned + row * d->d, d->d, e);
    return rc ? rc : read_finite(f, &f->y, d->y + row * d->targets, d->targets, e);
}

// Memory for X and y, or a mapping in the place of X.
static int make_room(struct dataset *d, const struct part_file *files, size_t count,
                     struct error *e)
{
    size_t xsize, ysize;
    if (!size_mul(d->n, d->d, &xsize) || !size_mul(xsize, sizeof *d->owned, &xsize) ||
        !size_mul(d->n, d->targets, &ysize))
        return error_set(e, ERR_LIMIT, "%s: more values than memory can hold", files[0].name);
    int rc = 0;
    bool finite;
    if (count == 1)
        rc = npz_map_f32(&files[0].npz, &files[0].x, &d->map, &d->X, &finite, e);
    if (rc == 1)
        rc = finite ? 0 : not_finite(&files[0], &files[0].x, d->X, d->d, e);
    else if (rc == 0)
        d->X = d->owned = mem_block(xsize, 1);
    if (rc)
        return rc;
    d->y = mem_aligned(ysize, sizeof *d->y);
    if (!d->X || !d->y)
        return error_set(e, ERR_NOMEM, "%s: out of memory for %zu rows of %zu features",
                         files[0].name, d->n, d->d);
    return 0;
}

static int load_files(struct dataset *d, char *const *paths, size_t count,
                      const struct dataset_keys *keys, struct error *e)
{
    struct part_file *files = mem_array(count, sizeof *files);
    if (!files)
        return error_nomem(e, "the list of files");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = open_part(&files[i], paths[i], keys, e);
        if (count > 1)
            close_part(&files[i]);
    }
    if (rc == 0)
        rc = add_up(d, files, count, keys, e);
    if (rc == 0)
        rc = make_room(d, files, count, e);
    size_t row = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = reopen_part(&files[i], paths[i], keys, e);
        if (rc == 0 && files[i].rows)
            rc = read_part(d, &files[i], row, e);
        row += files[i].rows;
        close_part(&files[i]);
    }
    close_part(&files[0]);
    mem_free(files);
    return rc;
}

int dataset_load(struct dataset *d, const char *path, const struct dataset_keys *keys,
                 struct error *e)
{
    *d = (struct dataset){0};
    char **paths;
    size_t count;
    int rc = input_paths(path, &paths, &count, NULL, e);
    if (rc)
        return rc;
    rc = load_files(d, paths, count, keys, e);
    file_list_free(paths, count);
    if (rc)
        dataset_clear(d);
    return rc;
}

void dataset_clear(struct dataset *d)
{
    mem_free(d->owned);
    mem_free(d->y);
    file_unmap(&d->map);
    *d = (struct dataset){0};
}

size_t dataset_bytes(const struct dataset *d)
{
    return d->n * (d->targets + (d->owned ? d->d : 0)) * sizeof(float);
}

uint32_t dataset_digest(const struct dataset *d)
{
    const uint32_t crc = d->sharded ? d->x_digest : crc_update(0, d->X, d->n * d->d * sizeof *d->X);
    return crc_update(crc, d->y, d->n * d->targets * sizeof *d->y);
}
