// SPDX-License-Identifier: MIT
// scipy's sparse matrices, as scipy.sparse.save_npz writes them: an archive of format, shape, data,
// indices and indptr. Rows in compressed rows (csr) are filled in as they are wanted; compressed
// columns (csc) are turned into such first. An entry that is there twice is the sum of both, as in
// scipy.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "io/npz.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_MAX 256   // bytes of the array `format`, its header included
#define ROWS_FREE  65536 // in compressed columns, however few bytes hold them

struct sparse {
    size_t rows, entries;
    float *value;   // [entries]
    size_t *column; // [entries]
    size_t *begin;  // [rows + 1] of each row's entries
};

struct sparse_body {
    struct body body;
    struct body_spec spec;
    struct sparse matrix;
    size_t row; // the next
};

static void sparse_clear(struct sparse *s)
{
    mem_free(s->value);
    mem_free(s->column);
    mem_free(s->begin);
    *s = (struct sparse){0};
}

// ---- reading ----

struct reading {
    const struct body_spec *spec;
    struct npz npz;
    bool columns; // compressed columns: csc
    size_t shape[2];
    struct error *e;
};

static int find_list(const struct reading *r, const char *name, struct npz_array *a)
{
    int rc = body_check_inflated(r->spec, &r->npz, name, r->e);
    if (rc == 0)
        rc = npz_array(&r->npz, name, a, r->e);
    if (rc == 0 && a->info.ndim != 1)
        rc = error_set(r->e, ERR_FORMAT, "%s: array '%s' has %zu dimensions, expected 1",
                       r->spec->name, name, a->info.ndim);
    return rc;
}

// Whole numbers from 0 to `most`: *count of them.
static int read_places(const struct reading *r, const char *name, size_t most, size_t **to,
                       size_t *count)
{
    struct npz_array a;
    int rc = find_list(r, name, &a);
    if (rc)
        return rc;
    *count = (size_t)a.info.count;
    double *x = mem_array(*count, sizeof *x);
    *to = mem_array(*count, sizeof **to);
    rc = x && *to ? npz_read_f64(&r->npz, &a, x, r->e) : error_nomem(r->e, name);
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        if (!(x[i] >= 0 && x[i] <= (double)most && x[i] == (double)(size_t)x[i]))
            rc = error_set(r->e, ERR_FORMAT,
                           "%s: array '%s': %.17g at %zu, expected a whole number up to %zu",
                           r->spec->name, name, x[i], i, most);
        else
            (*to)[i] = (size_t)x[i];
    }
    mem_free(x);
    return rc;
}

static int read_shape(struct reading *r)
{
    size_t *shape = NULL, count;
    const size_t inputs = r->spec->model->net.inputs;
    int rc = read_places(r, "shape", SIZE_MAX >> 12, &shape, &count);
    if (rc == 0 && (count != 2 || shape[1] != inputs))
        rc = error_set(r->e, ERR_MISMATCH,
                       "%s: the matrix is %zu wide, expected (rows, %zu): the features that the "
                       "model takes",
                       r->spec->name, count ? shape[count - 1] : 0, inputs);
    if (rc == 0)
        memcpy(r->shape, shape, sizeof r->shape);
    mem_free(shape);
    return rc;
}

// The text in an array of one text, whatever the width of its characters.
static int read_format(struct reading *r)
{
    uint8_t text[FORMAT_MAX];
    char format[8] = "";
    const struct zip_member *m = zip_find(&r->npz.zip, "format.npy");
    const size_t size = m->full_size < FORMAT_MAX ? (size_t)m->full_size : 0;
    struct zip_reader *z = zip_reader_open(&r->npz.zip, m, r->e);
    if (!z)
        return error_code(r->e);
    const int rc = zip_reader_read(z, text, size, r->e);
    zip_reader_close(z);
    if (rc)
        return rc;
    const size_t header = npy_header_size(text, size, NULL);
    for (size_t i = header ? header : size, n = 0; i < size && n < sizeof format - 1; i++)
        if (text[i])
            format[n++] = (char)text[i];
    r->columns = strcmp(format, "csc") == 0;
    if (r->columns || strcmp(format, "csr") == 0)
        return 0;
    error_set(r->e, ERR_UNSUPPORTED,
              "%s: a sparse matrix of format '%s'; csr and csc are read, which its tocsr() makes",
              r->spec->name, format);
    error_one_line(r->e->text);
    return ERR_UNSUPPORTED;
}

static int check_begins(const struct reading *r, const struct sparse *s, size_t count)
{
    bool good = count == s->rows + 1 && s->begin[0] == 0 && s->begin[s->rows] == s->entries;
    for (size_t i = 0; good && i < s->rows; i++)
        good = s->begin[i] <= s->begin[i + 1];
    return good ? 0
                : error_set(r->e, ERR_FORMAT,
                            "%s: array 'indptr' does not rise from 0 to the %zu entries in %zu "
                            "steps",
                            r->spec->name, s->entries, s->rows);
}

// As it lies in the archive: rows are columns there, where it is compressed by columns.
static int read_matrix(const struct reading *r, struct sparse *s)
{
    struct npz_array a;
    size_t places, begins;
    int rc = find_list(r, "data", &a);
    if (rc)
        return rc;
    s->rows = r->shape[r->columns ? 1 : 0];
    s->entries = (size_t)a.info.count;
    s->value = mem_array(s->entries, sizeof *s->value);
    rc = s->value ? npz_read_f32(&r->npz, &a, s->value, r->e) : error_nomem(r->e, r->spec->name);
    const size_t across = r->shape[r->columns ? 0 : 1];
    if (rc == 0)
        rc = read_places(r, "indices", across ? across - 1 : 0, &s->column, &places);
    if (rc == 0 && (places != s->entries || (across == 0 && places)))
        rc = error_set(r->e, ERR_FORMAT, "%s: %zu indices for %zu entries", r->spec->name, places,
                       s->entries);
    if (rc == 0)
        rc = read_places(r, "indptr", s->entries, &s->begin, &begins);
    return rc ? rc : check_begins(r, s, begins);
}

// Compressed rows from compressed columns: count, place, fill.
static int transpose(const struct sparse *in, size_t rows, struct sparse *out, struct error *e)
{
    *out = (struct sparse){.rows = rows, .entries = in->entries};
    out->value = mem_array(in->entries, sizeof *out->value);
    out->column = mem_array(in->entries, sizeof *out->column);
    out->begin = mem_array(rows + 2, sizeof *out->begin); // one more: see below
    if (!out->value || !out->column || !out->begin)
        return error_nomem(e, "a sparse matrix");
    // begin[i + 1] is where row i is filled next, at the end where row i + 1 begins
    for (size_t i = 0; i < in->entries; i++)
        out->begin[in->column[i] + 2]++;
    for (size_t i = 2; i < rows + 2; i++)
        out->begin[i] += out->begin[i - 1];
    for (size_t c = 0; c < in->rows; c++)
        for (size_t i = in->begin[c]; i < in->begin[c + 1]; i++) {
            const size_t at = out->begin[in->column[i] + 1]++;
            out->value[at] = in->value[i];
            out->column[at] = c;
        }
    return 0;
}

static int read_all(struct reading *r, struct sparse *to)
{
    int rc = read_format(r);
    if (rc == 0)
        rc = read_shape(r);
    if (rc == 0)
        rc = read_matrix(r, to);
    if (rc || !r->columns)
        return rc;
    // Rows without an entry cost nothing in the body, but an answer each: beyond those that are
    // free there are no more than it has bytes.
    if (r->shape[0] > ROWS_FREE && r->shape[0] > r->spec->size)
        return error_set(r->e, ERR_LIMIT,
                         "%s: %zu rows in a matrix of %zu bytes; send fewer at once, or csr, which "
                         "its tocsr() makes",
                         r->spec->name, r->shape[0], r->spec->size);
    struct sparse rows;
    rc = transpose(to, r->shape[0], &rows, r->e);
    sparse_clear(to);
    *to = rows;
    return rc;
}

// ---- rows ----

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct sparse_body *s = (struct sparse_body *)b;
    const struct sparse *m = &s->matrix;
    const size_t inputs = s->spec.model->net.inputs, left = m->rows - s->row;
    (void)e;
    *got = left < most ? left : most;
    memset(X, 0, *got * inputs * sizeof *X);
    for (size_t i = 0; i < *got; i++, s->row++, X += inputs)
        for (size_t k = m->begin[s->row]; k < m->begin[s->row + 1]; k++)
            X[m->column[k]] += m->value[k];
    return 0;
}

static void close_body(struct body *b)
{
    struct sparse_body *s = (struct sparse_body *)b;
    sparse_clear(&s->matrix);
    mem_free(s);
}

static int begin(struct sparse_body *s, struct error *e)
{
    struct reading r = {.spec = &s->spec, .e = e};
    int rc = npz_open_memory(&r.npz, s->spec.name, s->spec.data, s->spec.size, e);
    if (rc)
        return rc;
    rc = read_all(&r, &s->matrix);
    npz_close(&r.npz);
    return rc;
}

struct body *body_sparse_open(const struct body_spec *spec, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct sparse_body *s = mem_zalloc(sizeof *s);
    if (!s) {
        error_nomem(e, spec->name);
        return NULL;
    }
    s->body.kind = &kind;
    s->spec = *spec;
    if (begin(s, e) == 0)
        return &s->body;
    close_body(&s->body);
    return NULL;
}
