// SPDX-License-Identifier: MIT
// Writing .npz: stored members whose values begin on a cache line of the file, so that a reader can
// map them. An npy header is a multiple of 64 bytes, so aligning the member aligns the values.
#include "base/mem.h"
#include "io/npz.h"

#include <stdio.h>
#include <string.h>

#define HEADER_MAX 4096 // of what npy_write_header makes

struct npz_writer {
    struct zip_writer *zip;
};

static struct npz_writer *begin(struct zip_writer *zip, const char *path, struct error *e)
{
    struct npz_writer *w = zip ? mem_zalloc(sizeof *w) : NULL;
    if (!w) {
        error_nomem(e, path);
        zip_writer_abort(zip);
        return NULL;
    }
    w->zip = zip;
    return w;
}

struct npz_writer *npz_writer_begin(const char *path, struct error *e)
{
    return begin(zip_writer_begin(path, e), path, e);
}

struct npz_writer *npz_writer_report(const char *path, struct error *e)
{
    return begin(zip_writer_report(path, e), path, e);
}

void npz_writer_abort(struct npz_writer *w)
{
    if (!w)
        return;
    zip_writer_abort(w->zip);
    mem_free(w);
}

int npz_writer_finish(struct npz_writer *w, struct error *e)
{
    return zip_writer_finish(w->zip, e);
}

int npz_writer_commit(struct npz_writer *w, struct error *e)
{
    const int rc = zip_writer_commit(w->zip, e);
    if (rc)
        return rc;
    mem_free(w);
    return 0;
}

// Bytes of the values; the element's size is the dtype's last character.
static int values_bytes(const struct npz_values *v, size_t *bytes)
{
    size_t total = (size_t)(v->dtype[2] - '0');
    for (size_t d = 0; d < v->ndim; d++)
        if (v->shape[d] > SIZE_MAX || !size_mul(total, (size_t)v->shape[d], &total))
            return ERR_LIMIT;
    *bytes = total;
    return 0;
}

// A member's name, its header and the bytes of its values. The header is to be cleared in any case.
struct member {
    char name[ZIP_NAME_MAX + 1];
    struct buf header;
    size_t bytes;
};

static int describe(struct member *m, const struct npz_values *v, struct error *e)
{
    buf_init(&m->header, HEADER_MAX);
    if (snprintf(m->name, sizeof m->name, "%s.npy", v->name) >= (int)sizeof m->name)
        return error_set(e, ERR_USAGE, "array '%s': its name is too long", v->name);
    const int rc = values_bytes(v, &m->bytes);
    if (rc)
        return error_set(e, rc, "array '%s': its shape is larger than any memory", v->name);
    npy_write_header(&m->header, v->dtype, v->ndim, v->shape);
    return buf_check(&m->header, v->name, e);
}

int npz_writer_add(struct npz_writer *w, const struct npz_values *v, struct error *e)
{
    struct member m;
    int rc = describe(&m, v, e);
    if (rc == 0) {
        const struct zip_piece pieces[] = {{m.header.data, m.header.len}, {v->data, m.bytes}};
        rc = zip_writer_add(w->zip, m.name, pieces, 2, MEM_ALIGN, e);
    }
    buf_clear(&m.header);
    return rc;
}

int npz_writer_open(struct npz_writer *w, const struct npz_values *v, struct error *e)
{
    struct member m;
    int rc = describe(&m, v, e);
    if (rc == 0)
        rc = zip_writer_open(w->zip, m.name, (uint64_t)m.header.len + m.bytes, MEM_ALIGN, e);
    if (rc == 0)
        rc = zip_writer_put(w->zip, m.header.data, m.header.len, e);
    buf_clear(&m.header);
    return rc;
}

int npz_writer_put(struct npz_writer *w, const void *data, size_t size, struct error *e)
{
    return zip_writer_put(w->zip, data, size, e);
}

int npz_writer_end(struct npz_writer *w, struct error *e)
{
    return zip_writer_end(w->zip, e);
}

int npz_writer_bytes(struct npz_writer *w, const char *name, const void *data, size_t size,
                     struct error *e)
{
    const struct zip_piece piece = {data, size};
    return zip_writer_add(w->zip, name, &piece, 1, 1, e);
}
