// SPDX-License-Identifier: MIT
// numpy's arrays of features: np.save's and np.savez's. Rows are converted as they are wanted, from
// the body itself or a stream; an archive's array in Fortran order alone is made whole first.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "io/npz.h"

#include <inttypes.h>
#include <string.h>

#define TILE 256 // rows of a column in Fortran order taken at a time

struct array_body {
    struct body body;
    struct body_spec spec;
    struct npy_info info;
    size_t rows, row; // in all; the next

    const uint8_t *values; // of an npy

    struct npz npz;
    bool open;
    struct npz_array array;
    struct npz_stream *stream; // C order
    float *whole;              // Fortran order
};

// ---- shapes ----

// [rows][inputs]; a list is a row, or a feature in all of its rows where the model takes only one.
static int check_shape(struct array_body *a, struct error *e)
{
    const struct npy_info *info = &a->info;
    const size_t inputs = a->spec.model->net.inputs;
    char shape[128];
    const bool one = info->ndim == 1 && info->shape[0] == inputs;
    if (one || (info->ndim == 1 && inputs == 1))
        a->rows = one && inputs > 1 ? 1 : (size_t)info->shape[0];
    else if (info->ndim == 2 && info->shape[1] == inputs)
        a->rows = (size_t)info->shape[0];
    else {
        npy_print_shape(info, shape, sizeof shape);
        return error_set(e, ERR_MISMATCH,
                         "%s: the array's shape is %s, expected (rows, %zu): the features that "
                         "the model takes",
                         a->spec.name, shape, inputs);
    }
    return 0;
}

// ---- npy ----

static int open_npy(struct array_body *a, struct error *e)
{
    const uint8_t *data = a->spec.data;
    const size_t size = a->spec.size, header = npy_header_size(data, size, e);
    int rc = header ? 0 : error_code(e);
    if (rc == 0 && header > size)
        rc = error_set(e, ERR_FORMAT, "the header ends early");
    if (rc == 0)
        rc = npy_parse(&a->info, data, header, e);
    if (rc == 0 && a->info.bytes != size - header)
        rc = error_set(e, ERR_FORMAT, "%zu bytes of values, but the header claims %" PRIu64,
                       size - header, a->info.bytes);
    if (rc)
        return error_prefix(e, rc, "%s", a->spec.name);
    a->values = data + header;
    return check_shape(a, e);
}

static void take_fortran(const struct array_body *a, size_t rows, float *X)
{
    const size_t inputs = a->spec.model->net.inputs, item = a->info.item;
    float column[TILE];
    for (size_t k = 0; k < inputs; k++)
        for (size_t i = 0; i < rows; i += TILE) {
            const size_t count = rows - i < TILE ? rows - i : TILE;
            npy_to_f32(&a->info, a->values + (k * a->rows + a->row + i) * item, count, column);
            for (size_t j = 0; j < count; j++)
                X[(i + j) * inputs + k] = column[j];
        }
}

static void take_npy(const struct array_body *a, size_t rows, float *X)
{
    const size_t inputs = a->spec.model->net.inputs;
    if (npy_c_order(&a->info))
        npy_to_f32(&a->info, a->values + a->row * inputs * a->info.item, rows * inputs, X);
    else
        take_fortran(a, rows, X);
}

// ---- npz ----

// The array X, or the only one.
static int find_array(struct array_body *a, struct error *e)
{
    const struct zip *zip = &a->npz.zip;
    const struct zip_member *only = NULL;
    size_t arrays = 0;
    for (size_t i = 0; i < zip->count; i++) {
        const struct zip_member *m = &zip->members[i];
        const size_t len = strlen(m->name);
        if (len > 4 && strcmp(m->name + len - 4, ".npy") == 0) {
            only = m;
            arrays++;
        }
    }
    char name[ZIP_NAME_MAX + 1] = "X";
    if (arrays == 1)
        memcpy(name, only->name, strlen(only->name) - 4);
    if (arrays == 1)
        name[strlen(only->name) - 4] = '\0';
    const int rc = body_check_inflated(&a->spec, &a->npz, name, e);
    return rc ? rc : npz_array(&a->npz, name, &a->array, e);
}

static int open_values(struct array_body *a, struct error *e)
{
    if (npy_c_order(&a->info)) {
        a->stream = npz_stream_open(&a->npz, &a->array, e);
        return a->stream ? 0 : error_code(e);
    }
    a->whole = mem_block((size_t)a->info.count, sizeof *a->whole);
    return a->whole ? npz_read_f32(&a->npz, &a->array, a->whole, e) : error_nomem(e, a->spec.name);
}

static int open_npz(struct array_body *a, struct error *e)
{
    int rc = npz_open_memory(&a->npz, a->spec.name, a->spec.data, a->spec.size, e);
    if (rc)
        return rc;
    a->open = true;
    rc = find_array(a, e);
    if (rc)
        return rc;
    a->info = a->array.info;
    rc = check_shape(a, e);
    return rc ? rc : open_values(a, e);
}

int body_check_inflated(const struct body_spec *spec, const struct npz *z, const char *name,
                        struct error *e)
{
    struct npz_array a;
    size_t most;
    const int rc = npz_header(z, name, &a, e);
    if (rc)
        return rc;
    if (!size_mul(spec->size, BODY_GROWTH_MAX, &most))
        most = SIZE_MAX;
    if (spec->inflated_max > 0 && most > spec->inflated_max)
        most = spec->inflated_max;
    if (!a.member->deflated ||
        (a.member->full_size <= most && a.info.count <= most / sizeof(float)))
        return 0;
    return error_set(e, ERR_LIMIT,
                     "%s: array '%.64s' inflates to more than %zu bytes, which are the most of a "
                     "body of %zu here; send fewer rows at once, or the array as it is",
                     z->path, name, most, spec->size);
}

// ---- both ----

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct array_body *a = (struct array_body *)b;
    const size_t inputs = a->spec.model->net.inputs, left = a->rows - a->row;
    const size_t rows = left < most ? left : most;
    int rc = 0;
    if (a->values)
        take_npy(a, rows, X);
    else if (a->whole)
        memcpy(X, a->whole + a->row * inputs, rows * inputs * sizeof *X);
    else
        rc = npz_stream_read_f32(a->stream, rows * inputs, X, e);
    a->row += rows;
    *got = rows;
    return rc;
}

static void close_body(struct body *b)
{
    struct array_body *a = (struct array_body *)b;
    npz_stream_close(a->stream);
    mem_free(a->whole);
    if (a->open)
        npz_close(&a->npz);
    mem_free(a);
}

struct body *body_array_open(const struct body_spec *spec, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct array_body *a = mem_zalloc(sizeof *a);
    if (!a) {
        error_nomem(e, spec->name);
        return NULL;
    }
    a->body.kind = &kind;
    a->spec = *spec;
    if ((spec->media == MEDIA_NPY ? open_npy(a, e) : open_npz(a, e)) == 0)
        return &a->body;
    close_body(&a->body);
    return NULL;
}
