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

struct npz_writer *npz_writer_begin(const char *path, struct error *e)
{
    struct npz_writer *w = mem_zalloc(sizeof *w);
    if (!w) {
        error_nomem(e, path);
        return NULL;
    }
    w->zip = zip_writer_begin(path, e);
    if (!w->zip) {
        mem_free(w);
        return NULL;
    }
    return w;
}

void npz_writer_abort(struct npz_writer *w)
{
    if (!w)
        return;
    zip_writer_abort(w->zip);
    mem_free(w);
}

int npz_writer_commit(struct npz_writer *w, struct error *e)
{
    const int rc = zip_writer_commit(w->zip, e);
    if (rc)
        return rc;
    mem_free(w);
    return 0;
}

// Bytes of an array of this shape; the element's size is the dtype's last character.
static int array_bytes(const char *dtype, size_t ndim, const uint64_t *shape, size_t *bytes)
{
    size_t total = (size_t)(dtype[2] - '0');
    for (size_t d = 0; d < ndim; d++)
        if (shape[d] > SIZE_MAX || !size_mul(total, (size_t)shape[d], &total))
            return ERR_LIMIT;
    *bytes = total;
    return 0;
}

int npz_writer_array(struct npz_writer *w, const char *name, const char *dtype, size_t ndim,
                     const uint64_t *shape, const void *data, struct error *e)
{
    char member[ZIP_NAME_MAX + 1];
    if (snprintf(member, sizeof member, "%s.npy", name) >= (int)sizeof member)
        return error_set(e, ERR_USAGE, "array '%s': its name is too long", name);
    size_t bytes;
    int rc = array_bytes(dtype, ndim, shape, &bytes);
    if (rc)
        return error_set(e, rc, "array '%s': its shape is larger than any memory", name);
    struct buf header;
    buf_init(&header, HEADER_MAX);
    npy_write_header(&header, dtype, ndim, shape);
    rc = buf_check(&header, name, e);
    if (rc == 0) {
        const struct zip_piece pieces[] = {{header.data, header.len}, {data, bytes}};
        rc = zip_writer_add(w->zip, member, pieces, 2, MEM_ALIGN, e);
    }
    buf_clear(&header);
    return rc;
}

int npz_writer_bytes(struct npz_writer *w, const char *name, const void *data, size_t size,
                     struct error *e)
{
    const struct zip_piece piece = {data, size};
    return zip_writer_add(w->zip, name, &piece, 1, 1, e);
}
