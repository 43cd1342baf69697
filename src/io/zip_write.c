// SPDX-License-Identifier: MIT
// Writing a zip archive of stored members. The bytes depend on names and contents alone: no dates,
// no owner, no random padding. No data descriptors: where a member is written in pieces, the CRC in
// front of it is put in afterwards.
#include "base/crc.h"
#include "base/mem.h"
#include "io/le.h"
#include "io/zip.h"

#include <assert.h>
#include <string.h>

#define ALIGN_MAX    4096
#define DATE         0x0021 // 1 January 1980, the first day a zip archive can name
#define MODE         0100644u
#define VERSION      20 // what a reader must understand
#define VERSION_64   45
#define MADE_BY_UNIX (3u << 8)
#define FLAG_UTF8    (1u << 11)
#define LOCAL_CRC    14     // where it stands in a local header
#define PADDING_ID   0x4246 // "FB", torch's; any id that nobody reads does

// One member's fields, as both headers need them.
struct entry {
    const char *name;
    size_t name_size;
    uint32_t crc;
    uint64_t size, offset;
    unsigned flags;
};

struct zip_writer {
    struct file_out *out;
    struct buf entries; // the central directory so far
    size_t count;
    bool finished;
    struct entry open; // a member that is written in pieces; its name is `name`
    char name[ZIP_NAME_MAX + 1];
    uint64_t left; // of its bytes
};

static struct zip_writer *begin(struct file_out *out, const char *path, struct error *e)
{
    struct zip_writer *w = out ? mem_zalloc(sizeof *w) : NULL;
    if (!w) {
        error_nomem(e, path);
        file_out_abort(out);
        return NULL;
    }
    buf_init(&w->entries, ZIP_DIRECTORY_MAX);
    w->out = out;
    return w;
}

struct zip_writer *zip_writer_begin(const char *path, struct error *e)
{
    return begin(file_out_begin(path, e), path, e);
}

struct zip_writer *zip_writer_report(const char *path, struct error *e)
{
    return begin(file_out_report(path, e), path, e);
}

void zip_writer_abort(struct zip_writer *w)
{
    if (!w)
        return;
    file_out_abort(w->out);
    buf_clear(&w->entries);
    mem_free(w);
}

static uint64_t clip(uint64_t value)
{
    return value < UINT32_MAX ? value : UINT32_MAX;
}

// Local header, name, zip64 sizes if need be, and padding so that the data that follow are aligned.
static int write_local(struct zip_writer *w, const struct entry *m, size_t align, struct error *e)
{
    uint8_t head[30 + ZIP_NAME_MAX + 20 + 4 + 2 * ALIGN_MAX] = {0};
    const bool wide = m->size >= UINT32_MAX;
    const size_t fixed = 30 + m->name_size + (wide ? 20 : 0);
    size_t pad = (align - (size_t)((m->offset + fixed) % align)) % align;
    while (pad && pad < 4) // the padding field's own head
        pad += align;
    uint8_t *p = le_put(head, 0x04034b50, 4);
    p = le_put(p, wide ? VERSION_64 : VERSION, 2);
    p = le_put(p, m->flags, 2);
    p = le_put(p, 0, 2 + 2); // stored, midnight
    p = le_put(p, DATE, 2);
    p = le_put(p, m->crc, 4);
    p = le_put(p, clip(m->size), 4);
    p = le_put(p, clip(m->size), 4);
    p = le_put(p, m->name_size, 2);
    p = le_put(p, (wide ? 20 : 0) + pad, 2);
    memcpy(p, m->name, m->name_size);
    p += m->name_size;
    if (wide) {
        p = le_put(p, 1, 2);
        p = le_put(p, 16, 2);
        p = le_put(p, m->size, 8);
        p = le_put(p, m->size, 8);
    }
    if (pad) {
        p = le_put(p, PADDING_ID, 2);
        le_put(p, pad - 4, 2);
    }
    return file_out_write(w->out, head, fixed + pad, e);
}

// Remember the member's entry in the central directory.
static int add_entry(struct zip_writer *w, const struct entry *m, const char *what, struct error *e)
{
    uint8_t head[46] = {0}, extra[4 + 24];
    uint8_t *x = extra + 4;
    if (m->size >= UINT32_MAX) {
        x = le_put(x, m->size, 8);
        x = le_put(x, m->size, 8);
    }
    if (m->offset >= UINT32_MAX)
        x = le_put(x, m->offset, 8);
    const size_t wide = (size_t)(x - extra) - 4;
    le_put(extra, 1, 2);
    le_put(extra + 2, wide, 2);
    const unsigned version = wide ? VERSION_64 : VERSION;
    uint8_t *p = le_put(head, 0x02014b50, 4);
    p = le_put(p, MADE_BY_UNIX | version, 2);
    p = le_put(p, version, 2);
    p = le_put(p, m->flags, 2);
    p = le_put(p, 0, 2 + 2);
    p = le_put(p, DATE, 2);
    p = le_put(p, m->crc, 4);
    p = le_put(p, clip(m->size), 4);
    p = le_put(p, clip(m->size), 4);
    p = le_put(p, m->name_size, 2);
    p = le_put(p, wide ? 4 + wide : 0, 2);
    p = le_put(p, 0, 2 + 2 + 2); // no comment, disk 0, binary
    p = le_put(p, MODE << 16, 4);
    le_put(p, clip(m->offset), 4);
    buf_append(&w->entries, head, sizeof head);
    buf_append(&w->entries, m->name, m->name_size);
    if (wide)
        buf_append(&w->entries, extra, 4 + wide);
    w->count++;
    return buf_check(&w->entries, what, e);
}

// Is there a member of this name already? Walks the directory that is being made.
static bool is_there(const struct zip_writer *w, const char *name, size_t size)
{
    const uint8_t *at = (const uint8_t *)w->entries.data;
    for (size_t i = 0; i < w->count; i++) {
        const size_t len = le_get16(at + 28), extra = le_get16(at + 30);
        if (len == size && memcmp(at + 46, name, size) == 0)
            return true;
        at += 46 + len + extra;
    }
    return false;
}

static int take_name(const struct zip_writer *w, struct entry *m, const char *name, struct error *e)
{
    m->name = name;
    m->name_size = strlen(name);
    if (m->name_size == 0 || m->name_size > ZIP_NAME_MAX)
        return error_set(e, ERR_USAGE, "archive member '%s': its name has %zu bytes, not 1 to %d",
                         name, m->name_size, ZIP_NAME_MAX);
    if (is_there(w, name, m->name_size))
        return error_set(e, ERR_USAGE, "archive member '%s': there is one of this name", name);
    if (w->count == ZIP_MEMBERS_MAX)
        return error_set(e, ERR_LIMIT, "archive member '%s': one more than %d", name,
                         ZIP_MEMBERS_MAX);
    for (size_t i = 0; i < m->name_size; i++)
        if ((unsigned char)name[i] >= 0x80)
            m->flags = FLAG_UTF8;
    return 0;
}

int zip_writer_add(struct zip_writer *w, const char *name, const struct zip_piece *pieces,
                   size_t count, size_t align, struct error *e)
{
    struct entry m = {.offset = file_out_tell(w->out)};
    int rc = take_name(w, &m, name, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].size)
            m.crc = crc_update(m.crc, pieces[i].data, pieces[i].size);
        m.size += pieces[i].size;
    }
    rc = write_local(w, &m, align, e);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = file_out_write(w->out, pieces[i].data, pieces[i].size, e);
    return rc ? rc : add_entry(w, &m, name, e);
}

int zip_writer_open(struct zip_writer *w, const char *name, uint64_t size, size_t align,
                    struct error *e)
{
    struct entry m = {.offset = file_out_tell(w->out), .size = size};
    int rc = take_name(w, &m, name, e);
    if (rc == 0)
        rc = write_local(w, &m, align, e);
    if (rc)
        return rc;
    memcpy(w->name, name, m.name_size + 1);
    m.name = w->name;
    w->open = m;
    w->left = size;
    return 0;
}

int zip_writer_put(struct zip_writer *w, const void *data, size_t size, struct error *e)
{
    assert(size <= w->left);
    if (size)
        w->open.crc = crc_update(w->open.crc, data, size);
    w->left -= size;
    return file_out_write(w->out, data, size, e);
}

// The header was written before its CRC was known.
int zip_writer_end(struct zip_writer *w, struct error *e)
{
    assert(w->left == 0);
    uint8_t crc[4];
    le_put(crc, w->open.crc, sizeof crc);
    const int rc = file_out_patch(w->out, w->open.offset + LOCAL_CRC, crc, sizeof crc, e);
    return rc ? rc : add_entry(w, &w->open, w->name, e);
}

// The zip64 end record and its locator.
static int write_end64(struct zip_writer *w, uint64_t offset, struct error *e)
{
    uint8_t end[56 + 20];
    uint8_t *p = le_put(end, 0x06064b50, 4);
    p = le_put(p, 56 - 12, 8);
    p = le_put(p, MADE_BY_UNIX | VERSION_64, 2);
    p = le_put(p, VERSION_64, 2);
    p = le_put(p, 0, 4 + 4);
    p = le_put(p, w->count, 8);
    p = le_put(p, w->count, 8);
    p = le_put(p, w->entries.len, 8);
    p = le_put(p, offset, 8);
    p = le_put(p, 0x07064b50, 4);
    p = le_put(p, 0, 4);
    p = le_put(p, offset + w->entries.len, 8);
    le_put(p, 1, 4);
    return file_out_write(w->out, end, sizeof end, e);
}

static int write_end(struct zip_writer *w, struct error *e)
{
    uint8_t end[22];
    const uint64_t offset = file_out_tell(w->out);
    int rc = file_out_write(w->out, w->entries.data, w->entries.len, e);
    if (rc == 0 && (w->count >= UINT16_MAX || offset >= UINT32_MAX))
        rc = write_end64(w, offset, e);
    if (rc)
        return rc;
    const size_t count = w->count < UINT16_MAX ? w->count : UINT16_MAX;
    uint8_t *p = le_put(end, 0x06054b50, 4);
    p = le_put(p, 0, 2 + 2);
    p = le_put(p, count, 2);
    p = le_put(p, count, 2);
    p = le_put(p, w->entries.len, 4);
    p = le_put(p, clip(offset), 4);
    le_put(p, 0, 2);
    return file_out_write(w->out, end, sizeof end, e);
}

int zip_writer_finish(struct zip_writer *w, struct error *e)
{
    int rc = w->finished ? 0 : write_end(w, e);
    if (rc == 0)
        rc = file_out_flush(w->out, e);
    w->finished = rc == 0;
    return rc;
}

int zip_writer_commit(struct zip_writer *w, struct error *e)
{
    int rc = zip_writer_finish(w, e);
    if (rc == 0)
        rc = file_out_commit(w->out, e);
    if (rc)
        return rc;
    w->out = NULL; // committed and freed
    zip_writer_abort(w);
    return 0;
}
