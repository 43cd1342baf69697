// SPDX-License-Identifier: MIT
// Rows of archives. One file is open at a time. A batch goes on in the next file where one ends, so
// that batches are full whatever the files' sizes.
#include "base/mem.h"
#include "table/rows_inner.h"

#include <inttypes.h>
#include <string.h>

struct archives {
    struct rows rows;
    uint64_t given; // rows

    // the file in hand
    const char *path;
    struct npz npz;
    struct npz_array array;
    struct npz_stream *stream; // or, in Fortran order,
    float *whole;              // [count][features]
    bool open;
    uint64_t at, count; // rows
};

static void close_file(struct archives *r)
{
    npz_stream_close(r->stream);
    mem_free(r->whole);
    r->stream = NULL;
    r->whole = NULL;
    if (r->open)
        npz_close(&r->npz);
    r->open = false;
}

// Open a file and find its array.
static int open_file(struct archives *r, const char *path, struct error *e)
{
    r->path = path;
    int rc = npz_open(&r->npz, path, e);
    if (rc)
        return rc;
    r->open = true;
    rc = input_find_x(&r->npz, &r->rows.spec->keys, &r->array, e);
    if (rc == 0)
        rc = input_check_x(path, &r->array, e);
    if (rc)
        return rc;
    r->at = 0;
    r->count = r->array.info.shape[0];
    const uint64_t features = r->array.info.shape[1];
    if (r->rows.features && features != r->rows.features)
        return error_set(e, ERR_DATA, "%s: %s has %" PRIu64 " features but %s has %zu", path,
                         r->array.name, features, r->rows.paths[0], r->rows.features);
    r->rows.features = (size_t)features;
    return 0;
}

static int load_whole(struct archives *r, struct error *e)
{
    size_t size;
    if (size_mul((size_t)r->array.info.count, sizeof *r->whole, &size))
        r->whole = mem_block(size, 1);
    if (!r->whole)
        return error_set(e, ERR_NOMEM,
                         "%s: out of memory for %s, which is in Fortran order and so cannot be "
                         "read row by row; np.ascontiguousarray puts it into C order",
                         r->path, r->array.name);
    return npz_read_f32(&r->npz, &r->array, r->whole, e);
}

// Make the next file ready to read.
static int begin_file(struct archives *r, struct error *e)
{
    const int rc = open_file(r, r->rows.paths[r->rows.next], e);
    if (rc)
        return rc;
    r->rows.next++;
    if (!npy_c_order(&r->array.info))
        return load_whole(r, e);
    r->stream = npz_stream_open(&r->npz, &r->array, e);
    return r->stream ? 0 : error_code(e);
}

// All headers before the first value, so that a folder whose files disagree is refused at once.
static int survey(struct archives *r, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->rows.files; i++) {
        rc = open_file(r, r->rows.paths[i], e);
        r->rows.total += r->count;
        close_file(r);
    }
    r->count = r->at = 0;
    return rc;
}

// Up to `most` rows of the file in hand.
static int read_some(struct archives *r, size_t most, float *X, size_t *got, struct error *e)
{
    const uint64_t left = r->count - r->at;
    const size_t rows = left < most ? (size_t)left : most, values = rows * r->rows.features;
    int rc = 0;
    if (r->whole && values)
        memcpy(X, r->whole + r->at * r->rows.features, values * sizeof *X);
    else if (r->stream)
        rc = npz_stream_read_f32(r->stream, values, X, e);
    const struct input_values v = {r->path, r->array.name, X, rows, r->rows.features, r->at};
    if (rc == 0 && !npy_all_finite(X, values))
        rc = input_not_finite(&v, e);
    r->at += rows;
    *got = rows;
    return rc;
}

static int end_file(struct archives *r, struct error *e)
{
    const int rc = r->stream ? npz_stream_finish(r->stream, e) : 0;
    close_file(r);
    r->at = r->count = 0;
    return rc;
}

static int next(struct rows *base, size_t most, float *X, float *y, size_t *got, struct error *e)
{
    struct archives *r = (struct archives *)base;
    (void)y;
    int rc = 0;
    *got = 0;
    while (rc == 0 && *got < most) {
        size_t some = 0;
        if (!r->open && r->rows.next == r->rows.files)
            break;
        if (!r->open)
            rc = begin_file(r, e);
        if (rc == 0)
            rc = read_some(r, most - *got, X + *got * r->rows.features, &some, e);
        *got += some;
        if (rc == 0 && r->at == r->count)
            rc = end_file(r, e);
    }
    r->given += *got;
    if (rc == 0 && (r->given > r->rows.total || (*got < most && r->given < r->rows.total)))
        return error_set(e, ERR_DATA, "%s: changed while it was being read", r->path);
    return rc;
}

static void close_all(struct rows *base)
{
    close_file((struct archives *)base);
}

struct rows *rows_npz_new(void)
{
    static const struct rows_kind kind = {next, close_all};
    struct archives *r = mem_zalloc(sizeof *r);
    if (!r)
        return NULL;
    r->rows.kind = &kind;
    return &r->rows;
}

int rows_npz_open(struct rows *base, struct error *e)
{
    struct archives *r = (struct archives *)base;
    const int rc = survey(r, e);
    base->name = r->array.name;
    return rc;
}
