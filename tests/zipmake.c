// SPDX-License-Identifier: MIT
#include "zipmake.h"

#include "base/mem.h"
#include "io/le.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ARCHIVE_MAX (64 << 20)

// There is memory in a test, or the test cannot go on.
static void must(bool good)
{
    if (!good)
        abort();
}

static void put(struct buf *b, uint64_t value, int bytes)
{
    uint8_t field[8];
    le_put(field, value, bytes);
    must(buf_append(b, field, (size_t)bytes) == 0);
}

void zipmake_begin(struct zipmake *z)
{
    *z = (struct zipmake){0};
    buf_init(&z->archive, ARCHIVE_MAX);
    buf_init(&z->directory, ARCHIVE_MAX);
}

void zipmake_clear(struct zipmake *z)
{
    buf_clear(&z->archive);
    buf_clear(&z->directory);
}

static void put_extra(struct buf *b, const struct zipmake_member *m, uint64_t full, uint64_t stored)
{
    if (m->extra_size)
        must(buf_append(b, m->extra, m->extra_size) == 0);
    if (m->zip64) {
        put(b, 1, 2);
        put(b, 16, 2);
        put(b, full, 8);
        put(b, stored, 8);
    }
}

// The fields that both headers share: version to the length of the extra fields.
static void put_common(struct buf *b, const struct zipmake_member *m, uint32_t crc, uint64_t full,
                       uint64_t stored)
{
    put(b, m->zip64 ? 45 : 20, 2);
    put(b, m->descriptor ? 8 : 0, 2);
    put(b, m->deflate ? 8 : 0, 2);
    put(b, 0x6789, 2);
    put(b, 0x5432, 2);
    put(b, crc, 4);
    put(b, m->zip64 ? UINT32_MAX : stored, 4);
    put(b, m->zip64 ? UINT32_MAX : full, 4);
    put(b, strlen(m->name), 2);
    put(b, m->extra_size + (m->zip64 ? 20 : 0), 2);
}

void zipmake_add_raw(struct zipmake *z, const struct zipmake_member *m, const void *stored,
                     size_t stored_size)
{
    struct buf *a = &z->archive, *d = &z->directory;
    const uint64_t offset = a->len;
    const uint32_t crc = (uint32_t)crc32_z(0, m->data, m->size);
    const bool later = m->descriptor;
    put(a, 0x04034b50, 4);
    put_common(a, m, later ? 0 : crc, later ? 0 : m->size, later ? 0 : stored_size);
    must(buf_puts(a, m->name) == 0);
    put_extra(a, m, later ? 0 : m->size, later ? 0 : stored_size);
    must(buf_append(a, stored, stored_size) == 0);
    if (later) {
        put(a, 0x08074b50, 4);
        put(a, crc, 4);
        put(a, stored_size, m->zip64 ? 8 : 4);
        put(a, m->size, m->zip64 ? 8 : 4);
    }
    const char *comment = m->comment ? m->comment : "";
    put(d, 0x02014b50, 4);
    put(d, 20, 2);
    put_common(d, m, crc, m->size, stored_size);
    put(d, strlen(comment), 2);
    put(d, 0, 2 + 2 + 4);
    put(d, offset, 4);
    must(buf_puts(d, m->name) == 0);
    put_extra(d, m, m->size, stored_size);
    must(buf_puts(d, comment) == 0);
    z->count++;
}

void zipmake_add(struct zipmake *z, const struct zipmake_member *m)
{
    if (!m->deflate) {
        zipmake_add_raw(z, m, m->data, m->size);
        return;
    }
    z_stream s = {0};
    must(deflateInit2(&s, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    const size_t room = deflateBound(&s, m->size);
    uint8_t *stored = mem_alloc(room);
    must(stored != NULL);
    uint8_t nothing = 0;
    s.next_in = m->size ? (Bytef *)(uintptr_t)m->data : &nothing;
    s.avail_in = (uInt)m->size;
    s.next_out = stored;
    s.avail_out = (uInt)room;
    must(deflate(&s, Z_FINISH) == Z_STREAM_END);
    zipmake_add_raw(z, m, stored, room - s.avail_out);
    deflateEnd(&s);
    mem_free(stored);
}

void zipmake_finish(struct zipmake *z, const char *comment, bool zip64)
{
    struct buf *a = &z->archive;
    z->directory_offset = a->len;
    if (z->directory.len)
        must(buf_append(a, z->directory.data, z->directory.len) == 0);
    const uint64_t end64 = a->len;
    if (zip64) {
        put(a, 0x06064b50, 4);
        put(a, 44, 8);
        put(a, 45, 2);
        put(a, 45, 2);
        put(a, 0, 8);
        put(a, z->count, 8);
        put(a, z->count, 8);
        put(a, z->directory.len, 8);
        put(a, z->directory_offset, 8);
        put(a, 0x07064b50, 4);
        put(a, 0, 4);
        put(a, end64, 8);
        put(a, 1, 4);
    }
    put(a, 0x06054b50, 4);
    put(a, 0, 4);
    put(a, zip64 ? UINT16_MAX : z->count, 2);
    put(a, zip64 ? UINT16_MAX : z->count, 2);
    put(a, zip64 ? UINT32_MAX : z->directory.len, 4);
    put(a, zip64 ? UINT32_MAX : z->directory_offset, 4);
    put(a, comment ? strlen(comment) : 0, 2);
    must(buf_puts(a, comment ? comment : "") == 0);
}

uint8_t *zipmake_entry(struct zipmake *z, size_t k)
{
    uint8_t *at = (uint8_t *)z->archive.data + z->directory_offset;
    for (; k; k--)
        at += 46 + le_get16(at + 28) + le_get16(at + 30) + le_get16(at + 32);
    return at;
}

uint8_t *zipmake_local(struct zipmake *z, size_t k)
{
    return (uint8_t *)z->archive.data + le_get32(zipmake_entry(z, k) + 42);
}

uint8_t *zipmake_end(struct zipmake *z)
{
    uint8_t *at = (uint8_t *)z->archive.data + z->archive.len - 22;
    while (le_get32(at) != 0x06054b50)
        at--;
    return at;
}

void zipmake_npy(struct buf *out, unsigned major, const char *header, const void *values,
                 size_t size)
{
    const size_t prefix = major == 1 ? 10 : 12;
    size_t text = strlen(header) + 1;
    while ((prefix + text) % 64)
        text++;
    must(buf_append(out, "\x93NUMPY", 6) == 0);
    put(out, major, 1);
    put(out, 0, 1);
    put(out, text, major == 1 ? 2 : 4);
    must(buf_puts(out, header) == 0);
    for (size_t i = strlen(header); i + 1 < text; i++)
        must(buf_puts(out, " ") == 0);
    must(buf_puts(out, "\n") == 0);
    if (size)
        must(buf_append(out, values, size) == 0);
}
