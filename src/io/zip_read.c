// SPDX-License-Identifier: MIT
// Reading a member front to back. Stored bytes go from the file into the caller's buffer; deflated
// ones pass through a fixed input buffer and zlib's window, so that memory does not grow with the
// member. Work proceeds in pieces that the CRC finds still in the cache.
#include "base/crc.h"
#include "base/mem.h"
#include "io/zip.h"
#include "io/zlib_memory.h"

#include <inttypes.h>

#define PIECE (256 << 10) // bytes read, inflated and summed at a time
#define INPUT (64 << 10)  // compressed bytes held

struct zip_reader {
    const struct zip *zip;
    const struct zip_member *member;
    uint64_t taken; // bytes read from the archive
    uint64_t given; // bytes handed out
    uint32_t crc;   // of those
    bool inflating; // `stream` is live
    bool streamed;  // the deflate stream has met its end mark
    bool checked;   // the end was reached and found right
    z_stream stream;
    uint8_t input[INPUT];
};

static int broken(const struct zip_reader *r, struct error *e, const char *reason)
{
    return error_set(e, ERR_FORMAT, "%s: member '%s': %s", r->zip->source->name, r->member->name,
                     reason);
}

struct zip_reader *zip_reader_open(const struct zip *z, const struct zip_member *m, struct error *e)
{
    struct zip_reader *r = mem_alloc(sizeof *r);
    if (!r) {
        error_nomem(e, m->name);
        return NULL;
    }
    r->zip = z;
    r->member = m;
    r->taken = r->given = 0;
    r->crc = 0;
    r->inflating = r->streamed = r->checked = false;
    if (m->deflated) {
        r->stream = zlib_memory_stream();
        if (inflateInit2(&r->stream, -MAX_WBITS) != Z_OK) { // negative: no zlib header
            error_nomem(e, m->name);
            mem_free(r);
            return NULL;
        }
        r->inflating = true;
    }
    return r;
}

void zip_reader_close(struct zip_reader *r)
{
    if (r && r->inflating)
        inflateEnd(&r->stream);
    mem_free(r);
}

static int refill(struct zip_reader *r, struct error *e)
{
    const uint64_t left = r->member->stored_size - r->taken;
    const size_t size = left < INPUT ? (size_t)left : INPUT;
    const int rc = source_read(r->zip->source, r->member->offset + r->taken, r->input, size, e);
    if (rc)
        return error_prefix(e, rc, "member '%s'", r->member->name);
    r->taken += size;
    r->stream.next_in = r->input;
    r->stream.avail_in = (uInt)size;
    return 0;
}

// Up to `size` bytes, fewer only where the deflate stream ends; *got says how many.
static int inflate_piece(struct zip_reader *r, void *data, size_t size, size_t *got,
                         struct error *e)
{
    z_stream *s = &r->stream;
    s->next_out = data;
    s->avail_out = (uInt)size;
    while (s->avail_out && !r->streamed) {
        if (s->avail_in == 0 && r->taken < r->member->stored_size) {
            const int rc = refill(r, e);
            if (rc)
                return rc;
        }
        const bool dry = s->avail_in == 0;
        const int code = inflate(s, Z_NO_FLUSH);
        if (code == Z_STREAM_END)
            r->streamed = true;
        else if (code == Z_MEM_ERROR)
            return error_nomem(e, r->member->name);
        else if (code == Z_BUF_ERROR || (code == Z_OK && dry && s->avail_out))
            return broken(r, e, "its compressed data end early; the file is damaged");
        else if (code != Z_OK)
            return error_set(e, ERR_FORMAT, "%s: member '%s': its compressed data are damaged (%s)",
                             r->zip->source->name, r->member->name, s->msg ? s->msg : "zlib");
    }
    *got = size - s->avail_out;
    return 0;
}

int zip_check_crc(const struct zip *z, const struct zip_member *m, uint32_t crc, struct error *e)
{
    if (crc == m->crc)
        return 0;
    return error_set(e, ERR_FORMAT,
                     "%s: member '%s': its CRC-32 is %08" PRIx32 ", the archive says %08" PRIx32
                     "; the file is damaged",
                     z->source->name, m->name, crc, m->crc);
}

// All bytes were handed out: the deflate stream ends here too, and the CRC is right.
static int check_end(struct zip_reader *r, struct error *e)
{
    if (r->inflating && !r->streamed) {
        uint8_t extra;
        size_t got;
        const int rc = inflate_piece(r, &extra, 1, &got, e);
        if (rc)
            return rc;
        if (got)
            return broken(r, e, "inflates to more bytes than the archive says");
    }
    if (r->inflating && (r->stream.avail_in || r->taken < r->member->stored_size))
        return broken(r, e, "bytes follow the end of its compressed data");
    const int rc = zip_check_crc(r->zip, r->member, r->crc, e);
    r->checked = rc == 0;
    return rc;
}

static int read_piece(struct zip_reader *r, uint8_t *data, size_t size, struct error *e)
{
    if (r->inflating) {
        size_t got;
        const int rc = inflate_piece(r, data, size, &got, e);
        if (rc)
            return rc;
        if (got < size)
            return broken(r, e, "inflates to fewer bytes than the archive says");
    } else {
        const uint64_t at = r->member->offset + r->given;
        const int rc = source_read(r->zip->source, at, data, size, e);
        if (rc)
            return error_prefix(e, rc, "member '%s'", r->member->name);
    }
    r->crc = crc_update(r->crc, data, size);
    r->given += size;
    return 0;
}

int zip_reader_read(struct zip_reader *r, void *data, size_t size, struct error *e)
{
    uint8_t *to = data;
    if (size > r->member->full_size - r->given)
        return broken(r, e, "ends early");
    while (size) {
        const size_t piece = size < PIECE ? size : PIECE;
        const int rc = read_piece(r, to, piece, e);
        if (rc)
            return rc;
        to += piece;
        size -= piece;
    }
    if (r->given == r->member->full_size && !r->checked)
        return check_end(r, e);
    return 0;
}

int zip_reader_skip(struct zip_reader *r, uint64_t size, struct error *e)
{
    uint8_t scratch[8192];
    int rc = 0;
    while (size && rc == 0) {
        const size_t piece = size < sizeof scratch ? (size_t)size : sizeof scratch;
        rc = zip_reader_read(r, scratch, piece, e);
        size -= piece;
    }
    return rc;
}

int zip_reader_finish(struct zip_reader *r, struct error *e)
{
    if (r->given < r->member->full_size)
        return broken(r, e, "is longer than its contents");
    return r->checked ? 0 : check_end(r, e);
}
