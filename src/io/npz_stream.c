// SPDX-License-Identifier: MIT
// An array's values front to back, in pieces of the caller's choice: what need not be whole in
// memory. Elements that need no conversion go from the archive into the caller's memory.
#include "base/mem.h"
#include "io/npz.h"

#define PIECE (64 << 10) // bytes of the member converted at a time

struct npz_stream {
    const struct npz_array *array;
    struct zip_reader *reader;
    uint8_t raw[PIECE];
};

static int begin(struct npz_stream *s, const struct npz *z, struct error *e)
{
    s->reader = zip_reader_open(&z->zip, s->array->member, e);
    return s->reader ? zip_reader_skip(s->reader, s->array->header_size, e) : ERR_NOMEM;
}

struct npz_stream *npz_stream_open(const struct npz *z, const struct npz_array *a, struct error *e)
{
    struct npz_stream *s = mem_alloc(sizeof *s);
    if (!s) {
        error_nomem(e, a->name);
        return NULL;
    }
    s->array = a;
    if (begin(s, z, e) == 0)
        return s;
    npz_stream_close(s);
    return NULL;
}

void npz_stream_close(struct npz_stream *s)
{
    if (s)
        zip_reader_close(s->reader);
    mem_free(s);
}

int npz_stream_read_f32(struct npz_stream *s, size_t count, float *to, struct error *e)
{
    const struct npy_info *info = &s->array->info;
    if (info->kind == NPY_FLOAT && info->item == sizeof *to && !info->big_endian)
        return zip_reader_read(s->reader, to, count * sizeof *to, e);
    const size_t most = PIECE / info->item;
    int rc = 0;
    while (rc == 0 && count) {
        const size_t piece = count < most ? count : most;
        rc = zip_reader_read(s->reader, s->raw, piece * info->item, e);
        if (rc == 0)
            npy_to_f32(info, s->raw, piece, to);
        to += piece;
        count -= piece;
    }
    return rc;
}

int npz_stream_finish(struct npz_stream *s, struct error *e)
{
    return zip_reader_finish(s->reader, e);
}
