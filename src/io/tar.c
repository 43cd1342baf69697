// SPDX-License-Identifier: MIT
// Headers are 512 bytes of text fields, numbers in octal (POSIX.1-1988, ustar); contents are padded
// to 512 bytes, and two blocks of zeros end the archive.
#include "io/tar.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define BLOCK          512
#define PIECE          65536
#define SIZE_MAX_OCTAL 077777777777 // eleven digits: 8 GiB
#define GZIP           16           // added to the window's bits: a gzip header

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], kind;
    char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
    char pad[12];
};

struct tar {
    struct file_out *out;
    z_stream z;
    unsigned char piece[PIECE];
};

static int deflate_all(struct tar *t, const void *data, size_t size, int flush, struct error *e)
{
    t->z.next_in = (z_const Bytef *)(uintptr_t)data;
    t->z.avail_in = (uInt)size;
    int state;
    do {
        t->z.next_out = t->piece;
        t->z.avail_out = PIECE;
        state = deflate(&t->z, flush);
        const int rc = file_out_write(t->out, t->piece, PIECE - t->z.avail_out, e);
        if (rc)
            return rc;
    } while (t->z.avail_out == 0);
    return state == Z_STREAM_ERROR ? error_set(e, ERR_IO, "cannot compress") : 0;
}

static void *tar_memory(void *context, uInt count, uInt size)
{
    (void)context;
    return mem_array(count, size);
}

static void tar_release(void *context, void *p)
{
    (void)context;
    mem_free(p);
}

struct tar *tar_begin(const char *path, struct error *e)
{
    struct tar *t = mem_zalloc(sizeof *t);
    if (!t) {
        error_nomem(e, path);
        return NULL;
    }
    t->z.zalloc = tar_memory;
    t->z.zfree = tar_release;
    if (deflateInit2(&t->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        error_nomem(e, path);
        mem_free(t);
        return NULL;
    }
    t->out = file_out_report(path, e);
    if (t->out)
        return t;
    tar_abort(t);
    return NULL;
}

// Long names are cut at a folder: what comes before goes into the prefix.
static int put_name(struct header *h, const char *name, struct error *e)
{
    const size_t len = strlen(name);
    const char *cut = name + (len > sizeof h->name ? len - sizeof h->name - 1 : 0);
    if (len > sizeof h->name)
        cut = strchr(cut, '/');
    const size_t before = cut ? (size_t)(cut - name) : 0;
    if (!cut || before > sizeof h->prefix)
        return error_set(e, ERR_LIMIT, "%.200s: the name is too long for an archive", name);
    memcpy(h->prefix, name, before);
    name += before + (before > 0);
    memcpy(h->name, name, strlen(name));
    return 0;
}

static int put_header(struct tar *t, const char *name, uint64_t size, struct error *e)
{
    struct header h = {.kind = '0', .magic = "ustar", .version = {'0', '0'}};
    int rc = put_name(&h, name, e);
    if (rc)
        return rc;
    if (size > SIZE_MAX_OCTAL)
        return error_set(e, ERR_LIMIT, "%.200s: too large for an archive", name);
    snprintf(h.mode, sizeof h.mode, "%07o", 0644);
    snprintf(h.uid, sizeof h.uid, "%07o", 0);
    snprintf(h.gid, sizeof h.gid, "%07o", 0);
    snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)size);
    snprintf(h.mtime, sizeof h.mtime, "%011o", 0);
    memset(h.checksum, ' ', sizeof h.checksum);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof h; i++)
        sum += ((const unsigned char *)&h)[i];
    snprintf(h.checksum, sizeof h.checksum, "%06o", sum);
    return deflate_all(t, &h, sizeof h, Z_NO_FLUSH, e);
}

static int put_contents(struct tar *t, const struct source *s, struct error *e)
{
    unsigned char piece[BLOCK * 32];
    int rc = 0;
    for (uint64_t at = 0; rc == 0 && at < s->size; at += sizeof piece) {
        const uint64_t left = s->size - at;
        const size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
        const size_t padded = size_round_up(size, BLOCK);
        memset(piece + size, 0, padded - size);
        rc = source_read(s, at, piece, size, e);
        if (rc == 0)
            rc = deflate_all(t, piece, padded, Z_NO_FLUSH, e);
    }
    return rc;
}

int tar_add(struct tar *t, const char *name, const char *file, struct error *e)
{
    struct source s;
    int rc = source_open(&s, file, e);
    if (rc)
        return rc;
    rc = put_header(t, name, s.size, e);
    if (rc == 0)
        rc = put_contents(t, &s, e);
    source_close(&s);
    return rc;
}

int tar_commit(struct tar *t, uint64_t *size, struct error *e)
{
    static const unsigned char end[2 * BLOCK];
    int rc = deflate_all(t, end, sizeof end, Z_FINISH, e);
    if (rc == 0 && size)
        *size = file_out_tell(t->out);
    if (rc == 0 && (rc = file_out_commit(t->out, e)) == 0)
        t->out = NULL;
    tar_abort(t);
    return rc;
}

void tar_abort(struct tar *t)
{
    if (!t)
        return;
    deflateEnd(&t->z);
    file_out_abort(t->out);
    mem_free(t);
}
