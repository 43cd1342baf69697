// SPDX-License-Identifier: MIT
// One file is open at a time. A batch goes on in the next file where one ends, so that batches are
// full whatever the files' sizes.
#include "table/rows.h"

#include "base/file.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

struct rows {
    const struct dataset_keys *keys;
    char **paths;
    size_t files, next; // files in all; the one to open next
    size_t features;
    uint64_t total, given; // rows

    // the file in hand
    const char *path;
    struct npz npz;
    struct npz_array array;
    struct npz_stream *stream; // or, in Fortran order,
    float *whole;              // [count][features]
    bool open;
    uint64_t at, count; // rows
};

static void close_file(struct rows *r)
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
static int open_file(struct rows *r, const char *path, struct error *e)
{
    r->path = path;
    int rc = npz_open(&r->npz, path, e);
    if (rc)
        return rc;
    r->open = true;
    rc = input_find_x(&r->npz, r->keys, &r->array, e);
    if (rc == 0)
        rc = input_check_x(path, &r->array, e);
    if (rc)
        return rc;
    r->at = 0;
    r->count = r->array.info.shape[0];
    const uint64_t features = r->array.info.shape[1];
    if (r->features && features != r->features)
        return error_set(e, ERR_DATA, "%s: %s has %" PRIu64 " features but %s has %zu", path,
                         r->array.name, features, r->paths[0], r->features);
    r->features = (size_t)features;
    return 0;
}

static int load_whole(struct rows *r, struct error *e)
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
static int begin_file(struct rows *r, struct error *e)
{
    const int rc = open_file(r, r->paths[r->next], e);
    if (rc)
        return rc;
    r->next++;
    if (!npy_c_order(&r->array.info))
        return load_whole(r, e);
    r->stream = npz_stream_open(&r->npz, &r->array, e);
    return r->stream ? 0 : error_code(e);
}

// All headers before the first value, so that a folder whose files disagree is refused at once.
static int survey(struct rows *r, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->files; i++) {
        rc = open_file(r, r->paths[i], e);
        r->total += r->count;
        close_file(r);
    }
    r->count = r->at = 0;
    return rc;
}

struct rows *rows_open(const char *path, const struct dataset_keys *keys, struct error *e)
{
    struct error own = {0}; // the code is needed even when the caller gave no `e`
    struct rows *r = mem_zalloc(sizeof *r);
    int rc = r ? input_paths(path, &r->paths, &r->files, &own) : error_nomem(&own, path);
    if (rc == 0) {
        r->keys = keys;
        rc = survey(r, &own);
    }
    if (rc == 0)
        return r;
    error_set(e, own.code, "%s", own.text);
    rows_close(r);
    return NULL;
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    close_file(r);
    if (r->paths)
        file_list_free(r->paths, r->files);
    mem_free(r);
}

size_t rows_features(const struct rows *r)
{
    return r->features;
}

uint64_t rows_total(const struct rows *r)
{
    return r->total;
}

const char *rows_name(const struct rows *r)
{
    return r->array.name;
}

bool rows_reads(const struct rows *r, const char *path)
{
    for (size_t i = 0; i < r->files; i++)
        if (file_same(r->paths[i], path))
            return true;
    return false;
}

// Up to `most` rows of the file in hand.
static int read_some(struct rows *r, size_t most, float *X, size_t *got, struct error *e)
{
    const uint64_t left = r->count - r->at;
    const size_t rows = left < most ? (size_t)left : most, values = rows * r->features;
    int rc = 0;
    if (r->whole && values)
        memcpy(X, r->whole + r->at * r->features, values * sizeof *X);
    else if (r->stream)
        rc = npz_stream_read_f32(r->stream, values, X, e);
    const struct input_values v = {r->path, r->array.name, X, rows, r->features, r->at};
    if (rc == 0 && !npy_all_finite(X, values))
        rc = input_not_finite(&v, e);
    r->at += rows;
    *got = rows;
    return rc;
}

static int end_file(struct rows *r, struct error *e)
{
    const int rc = r->stream ? npz_stream_finish(r->stream, e) : 0;
    close_file(r);
    r->at = r->count = 0;
    return rc;
}

int rows_next(struct rows *r, size_t most, float *X, size_t *got, struct error *e)
{
    int rc = 0;
    *got = 0;
    while (rc == 0 && *got < most) {
        size_t some = 0;
        if (!r->open && r->next == r->files)
            break;
        if (!r->open)
            rc = begin_file(r, e);
        if (rc == 0)
            rc = read_some(r, most - *got, X + *got * r->features, &some, e);
        *got += some;
        if (rc == 0 && r->at == r->count)
            rc = end_file(r, e);
    }
    r->given += *got;
    if (rc == 0 && (r->given > r->total || (*got < most && r->given < r->total)))
        return error_set(e, ERR_DATA, "%s: changed while it was being read", r->path);
    return rc;
}
