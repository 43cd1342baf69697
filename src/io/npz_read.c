// SPDX-License-Identifier: MIT
// Values out of an .npz archive. A member is streamed: a piece of it is read or inflated, converted
// and laid where C order wants it, so that scratch memory is the same for a kilobyte and for 100
// gigabytes. In Fortran order the first index runs fastest in the file; a piece is then scattered
// in runs along that index, each with the stride that the first index has in C order. A stored
// matrix, as pandas gives it to np.savez, is read by blocks of rows instead: scattered column by
// column it would go through memory once a column.
#include "io/npz.h"

#include "base/crc.h"
#include "base/mem.h"

#include <string.h>
#include <zlib.h>

#define PIECE (256 << 10) // bytes of the member converted at a time

// Rows of a column that are worth a read of their own, and a CRC to join.
#define COLUMN_ROWS 1024

// A reader that stands at the array's first element.
static struct zip_reader *open_values(const struct npz *z, const struct npz_array *a,
                                      struct error *e)
{
    struct zip_reader *r = zip_reader_open(&z->zip, a->member, e);
    if (r && zip_reader_skip(r, a->header_size, e) != 0) {
        zip_reader_close(r);
        return NULL;
    }
    return r;
}

// Where the elements go, and in which order they come. Extents of 1 are left out of the walk.
struct sink {
    const struct npy_info *info;
    void *to;
    bool wide; // double, else float
    bool c_order;
    bool finite;   // no float taken so far is NaN or infinite
    size_t next;   // elements taken
    size_t offset; // in C order, of the next element
    size_t ndim;
    size_t extent[NPY_DIMS_MAX], stride[NPY_DIMS_MAX], index[NPY_DIMS_MAX];
};

static void sink_init(struct sink *s, const struct npy_info *info, void *to, bool wide)
{
    *s = (struct sink){
        .info = info, .to = to, .wide = wide, .c_order = npy_c_order(info), .finite = true};
    if (s->c_order) // an empty array has no strides to speak of
        return;
    size_t rest = (size_t)info->count;
    for (size_t d = 0; d < info->ndim; d++) {
        rest /= (size_t)info->shape[d];
        if (info->shape[d] == 1)
            continue;
        s->extent[s->ndim] = (size_t)info->shape[d];
        s->stride[s->ndim++] = rest;
    }
}

// Step over `run` elements along the first index, which does not go beyond its extent.
static void sink_advance(struct sink *s, size_t run)
{
    s->index[0] += run;
    s->offset += run * s->stride[0];
    for (size_t d = 0; s->index[d] == s->extent[d]; d++) {
        s->offset -= s->extent[d] * s->stride[d];
        s->index[d] = 0;
        if (d + 1 == s->ndim)
            break;
        s->index[d + 1]++;
        s->offset += s->stride[d + 1];
    }
}

static void scatter_f32(struct sink *s, const float *from, size_t count)
{
    while (count) {
        const size_t left = s->extent[0] - s->index[0], run = count < left ? count : left;
        float *to = (float *)s->to + s->offset;
        for (size_t i = 0; i < run; i++)
            to[i * s->stride[0]] = from[i];
        sink_advance(s, run);
        from += run;
        count -= run;
    }
}

static void scatter_f64(struct sink *s, const double *from, size_t count)
{
    while (count) {
        const size_t left = s->extent[0] - s->index[0], run = count < left ? count : left;
        double *to = (double *)s->to + s->offset;
        for (size_t i = 0; i < run; i++)
            to[i * s->stride[0]] = from[i];
        sink_advance(s, run);
        from += run;
        count -= run;
    }
}

// Take `count` raw elements. `scratch` has room for them as numbers; C order does not use it.
static void sink_take(struct sink *s, const void *raw, size_t count, void *scratch)
{
    if (s->wide) {
        double *to = s->c_order ? (double *)s->to + s->next : scratch;
        npy_to_f64(s->info, raw, count, to);
        if (!s->c_order)
            scatter_f64(s, to, count);
    } else {
        float *to = s->c_order ? (float *)s->to + s->next : scratch;
        npy_to_f32(s->info, raw, count, to);
        s->finite = s->finite && npy_all_finite(to, count);
        if (!s->c_order)
            scatter_f32(s, to, count);
    }
    s->next += count;
}

// Do the elements need neither conversion nor another order?
static bool is_native(const struct npy_info *info, bool wide)
{
    return info->kind == NPY_FLOAT && info->item == (wide ? sizeof(double) : sizeof(float)) &&
           !info->big_endian && npy_c_order(info);
}

static int read_pieces(struct zip_reader *r, struct sink *s, struct error *e)
{
    const size_t most = PIECE / s->info->item, count = (size_t)s->info->count;
    const size_t value = s->wide ? sizeof(double) : sizeof(float);
    const size_t room = most < count ? most : count;
    uint8_t *raw = mem_alloc(room * s->info->item);
    void *scratch = s->c_order ? NULL : mem_alloc(room * value);
    int rc = raw && (scratch || s->c_order) ? 0 : error_nomem(e, "array");
    while (rc == 0 && s->next < count) {
        const size_t piece = count - s->next < most ? count - s->next : most;
        rc = zip_reader_read(r, raw, piece * s->info->item, e);
        if (rc == 0)
            sink_take(s, raw, piece, scratch);
    }
    mem_free(raw);
    mem_free(scratch);
    return rc;
}

// Elements that are what is wanted go straight to where they belong.
static int read_native(struct zip_reader *r, struct sink *s, struct error *e)
{
    const size_t item = s->info->item, most = PIECE / item, count = (size_t)s->info->count;
    int rc = 0;
    while (rc == 0 && s->next < count) {
        const size_t piece = count - s->next < most ? count - s->next : most;
        uint8_t *to = (uint8_t *)s->to + s->next * item;
        rc = zip_reader_read(r, to, piece * item, e);
        if (rc == 0 && !s->wide && s->finite)
            s->finite = npy_all_finite((const float *)(const void *)to, piece);
        s->next += piece;
    }
    return rc;
}

// A stored matrix whose columns lie one after the other.
struct columns {
    const struct npz *npz;
    const struct npz_array *array;
    size_t rows, count; // of the matrix
    size_t block;       // rows taken at a time, which stay in the cache until all columns are there
    uint32_t *crc;      // [count], of what was read of each column
    uint8_t *raw;       // a block's part of a column, or the npy header
    void *scratch;      // that part as numbers
};

static bool can_read_columns(const struct npz_array *a, const struct sink *s)
{
    return !a->member->deflated && !s->c_order && s->ndim == 2 && s->extent[0] >= COLUMN_ROWS;
}

static int columns_init(struct columns *c, const struct npz *z, const struct npz_array *a,
                        const struct sink *s, struct error *e)
{
    const size_t value = s->wide ? sizeof(double) : sizeof(float);
    *c = (struct columns){.npz = z, .array = a, .rows = s->extent[0], .count = s->extent[1]};
    c->block = PIECE / value / c->count;
    c->block = c->block > COLUMN_ROWS ? c->block : COLUMN_ROWS;
    c->block = c->block < c->rows ? c->block : c->rows;
    const size_t piece = c->block * a->info.item;
    c->crc = mem_array(c->count, sizeof *c->crc);
    c->raw = mem_alloc(piece > a->header_size ? piece : a->header_size);
    c->scratch = mem_array(c->block, value);
    return c->crc && c->raw && c->scratch ? 0 : error_nomem(e, "array");
}

static void columns_clear(struct columns *c)
{
    mem_free(c->crc);
    mem_free(c->raw);
    mem_free(c->scratch);
}

// `size` bytes of the member from `at` into c->raw.
static int columns_read(const struct columns *c, uint64_t at, size_t size, struct error *e)
{
    const struct zip_member *m = c->array->member;
    const int rc = source_read(&c->npz->source, m->offset + at, c->raw, size, e);
    return error_prefix(e, rc, "member '%s'", m->name);
}

// Rows [row, row + rows) of all columns.
static int take_rows(struct columns *c, struct sink *s, size_t row, size_t rows, struct error *e)
{
    const size_t item = s->info->item;
    int rc = 0;
    for (size_t j = 0; rc == 0 && j < c->count; j++) {
        const uint64_t at = c->array->header_size + ((uint64_t)j * c->rows + row) * item;
        rc = columns_read(c, at, rows * item, e);
        if (rc)
            break;
        c->crc[j] = crc_update(c->crc[j], c->raw, rows * item);
        s->index[0] = row;
        s->index[1] = j;
        s->offset = row * s->stride[0] + j * s->stride[1];
        sink_take(s, c->raw, rows, c->scratch);
    }
    return rc;
}

// The member's CRC from its header's and its columns'.
static int check_columns(const struct columns *c, struct error *e)
{
    const struct npz_array *a = c->array;
    const int rc = columns_read(c, 0, a->header_size, e);
    if (rc)
        return rc;
    uLong crc = crc_update(0, c->raw, a->header_size);
    for (size_t j = 0; j < c->count; j++)
        crc = crc32_combine(crc, c->crc[j], (z_off_t)(c->rows * a->info.item));
    return zip_check_crc(&c->npz->zip, a->member, (uint32_t)crc, e);
}

static int read_columns(const struct npz *z, const struct npz_array *a, struct sink *s,
                        struct error *e)
{
    struct columns c;
    int rc = columns_init(&c, z, a, s, e);
    for (size_t row = 0; rc == 0 && row < c.rows; row += c.block)
        rc = take_rows(&c, s, row, c.rows - row < c.block ? c.rows - row : c.block, e);
    if (rc == 0)
        rc = check_columns(&c, e);
    columns_clear(&c);
    return rc;
}

// All elements, one after the other.
static int read_through(const struct npz *z, const struct npz_array *a, struct sink *s,
                        struct error *e)
{
    struct zip_reader *r = open_values(z, a, e);
    if (!r)
        return e->code;
    int rc = is_native(&a->info, s->wide) ? read_native(r, s, e) : read_pieces(r, s, e);
    if (rc == 0)
        rc = zip_reader_finish(r, e);
    zip_reader_close(r);
    return rc;
}

// *finite is for floats.
static int read_values(const struct npz *z, const struct npz_array *a, void *to, bool wide,
                       bool *finite, struct error *e)
{
    struct error own = {0}; // the code comes back even when the caller gave no `e`
    struct sink s;
    sink_init(&s, &a->info, to, wide);
    const int rc =
        can_read_columns(a, &s) ? read_columns(z, a, &s, &own) : read_through(z, a, &s, &own);
    *finite = s.finite;
    return rc ? error_set(e, rc, "%s", own.text) : 0;
}

int npz_read_finite(const struct npz *z, const struct npz_array *a, float *to, bool *finite,
                    struct error *e)
{
    return read_values(z, a, to, false, finite, e);
}

int npz_read_f32(const struct npz *z, const struct npz_array *a, float *to, struct error *e)
{
    bool ignored;
    return read_values(z, a, to, false, &ignored, e);
}

int npz_read_f64(const struct npz *z, const struct npz_array *a, double *to, struct error *e)
{
    bool ignored;
    return read_values(z, a, to, true, &ignored, e);
}

int npz_read_exact(const struct npz *z, const struct npz_array *a, const char *dtype, void *to,
                   struct error *e)
{
    if (strcmp(a->info.dtype, dtype) != 0 || !npy_c_order(&a->info))
        return error_set(e, ERR_MISMATCH, "%s: member '%s': %s in %s order, not %s in C order",
                         z->path, a->member->name, a->info.dtype, a->info.fortran ? "Fortran" : "C",
                         dtype);
    struct error own = {0};
    struct zip_reader *r = open_values(z, a, &own);
    int rc = r ? zip_reader_read(r, to, (size_t)a->info.bytes, &own) : own.code;
    if (rc == 0)
        rc = zip_reader_finish(r, &own);
    zip_reader_close(r);
    return rc ? error_set(e, rc, "%s", own.text) : 0;
}

// CRC-32 of a mapped member, and a look at its values, a piece at a time: from memory only once.
static uint32_t sum_mapped(const struct file_map *map, size_t header_size, bool *finite)
{
    uint32_t crc = crc_update(0, map->data, header_size);
    *finite = true;
    for (size_t at = header_size; at < map->size;) {
        const size_t piece = map->size - at < PIECE ? map->size - at : PIECE;
        const void *data = map->data + at;
        crc = crc_update(crc, data, piece);
        *finite = *finite && npy_all_finite(data, piece / sizeof(float));
        at += piece;
    }
    return crc;
}

int npz_map_f32(const struct npz *z, const struct npz_array *a, struct file_map *map,
                const float **values, bool *finite, struct error *e)
{
    const struct zip_member *m = a->member;
    *map = (struct file_map){0};
    // a mapping starts on a page, so that alignment in the file is alignment in memory
    const uintptr_t base = (uintptr_t)z->source.mem; // 0 for a file
    if (m->deflated || !is_native(&a->info, false) || a->info.count == 0 ||
        (base + m->offset + a->header_size) % _Alignof(float) != 0)
        return 0;
    int rc = source_map(&z->source, m->offset, (size_t)m->full_size, map, e);
    if (rc)
        return error_prefix(e, rc, "member '%s'", m->name);
    rc = zip_check_crc(&z->zip, m, sum_mapped(map, a->header_size, finite), e);
    if (rc) {
        file_unmap(map);
        return rc;
    }
    *values = (const float *)(const void *)(map->data + a->header_size);
    return 1;
}
