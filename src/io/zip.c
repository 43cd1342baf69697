// SPDX-License-Identifier: MIT
// Opening a zip archive: the end record, its zip64 form, the central directory and every local
// header (APPNOTE.TXT 4.3 and 4.5). The archive is hostile until shown otherwise: the directory is
// read only after its claimed size was compared with the file, and zip_open refuses an archive in
// which two readers could see different members (local headers that disagree with the directory,
// duplicate names, members that share bytes, an end record and a zip64 end record that differ).
// Reading of members is in zip_read.c, writing in zip_write.c.
#include "io/zip.h"

#include "base/mem.h"
#include "io/le.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define END_SIZE     22 // the end record without its comment
#define LOCATOR_SIZE 20
#define END64_SIZE   56
#define ENTRY_SIZE   46 // a directory entry without name, extra fields and comment
#define LOCAL_SIZE   30
#define EXTRA_MAX    65535

#define SIGNATURE_LOCAL   0x04034b50u
#define SIGNATURE_ENTRY   0x02014b50u
#define SIGNATURE_END     0x06054b50u
#define SIGNATURE_LOCATOR 0x07064b50u
#define SIGNATURE_END64   0x06064b50u

#define FLAG_ENCRYPTED  (1u << 0 | 1u << 6 | 1u << 13) // plain, strong, masked headers
#define FLAG_DESCRIPTOR (1u << 3)                      // CRC and sizes follow the data
#define FLAG_PATCH      (1u << 5)

// A deflate stream spends at least two bits on a match of at most 258 bytes.
#define DEFLATE_RATIO_MAX (258 * 8 / 2)

// What the end records say.
struct directory {
    uint64_t entries, size, offset;
    uint64_t limit; // the directory ends here or before: the first end record
};

// One archive being opened.
struct opening {
    struct zip *zip;
    const struct source *source;
    struct directory dir;
    uint8_t *bytes; // the central directory
    uint8_t *extra; // [EXTRA_MAX], of a local header
};

static int not_a_zip(const struct source *s, struct error *e)
{
    uint8_t start[4] = {0};
    if (s->size >= sizeof start && source_read(s, 0, start, sizeof start, NULL) == 0 &&
        le_get32(start) == SIGNATURE_LOCAL)
        return error_set(e, ERR_FORMAT,
                         "%s: the archive's directory, at its end, is missing: the file is "
                         "truncated or damaged; copy it again",
                         s->name);
    return error_set(e, ERR_FORMAT, "%s: not a zip archive", s->name);
}

// A field of the plain end record either agrees with the zip64 one or is all ones.
static bool agrees(uint64_t plain, uint64_t wide, uint64_t ones)
{
    return plain == wide || plain == ones;
}

// Replace what the plain end record said by what the zip64 end record says, if there is one.
static int read_end64(const struct source *s, struct directory *d, struct error *e)
{
    uint8_t locator[LOCATOR_SIZE], record[END64_SIZE];
    if (d->limit < LOCATOR_SIZE)
        return 0;
    int rc = source_read(s, d->limit - LOCATOR_SIZE, locator, sizeof locator, e);
    if (rc)
        return rc;
    if (le_get32(locator) != SIGNATURE_LOCATOR)
        return 0;
    const uint64_t at = le_get64(locator + 8), room = d->limit - LOCATOR_SIZE;
    if (room < END64_SIZE || at > room - END64_SIZE)
        return error_set(e, ERR_FORMAT, "%s: the zip64 end record is outside the file", s->name);
    rc = source_read(s, at, record, sizeof record, e);
    if (rc)
        return rc;
    if (le_get32(record) != SIGNATURE_END64)
        return error_set(e, ERR_FORMAT, "%s: the zip64 end record is damaged", s->name);
    const struct directory wide = {.entries = le_get64(record + 32),
                                   .size = le_get64(record + 40),
                                   .offset = le_get64(record + 48),
                                   .limit = at};
    if (le_get32(record + 16) != 0 || le_get32(record + 20) != 0 ||
        le_get64(record + 24) != wide.entries)
        return error_set(e, ERR_UNSUPPORTED, "%s: the archive is split over several disks",
                         s->name);
    if (!agrees(d->entries, wide.entries, UINT16_MAX) || !agrees(d->size, wide.size, UINT32_MAX) ||
        !agrees(d->offset, wide.offset, UINT32_MAX))
        return error_set(e, ERR_FORMAT, "%s: the end record and the zip64 end record differ",
                         s->name);
    *d = wide;
    return 0;
}

// Index of the end record in the file's last `size` bytes: the last signature whose comment
// reaches exactly to the end of the file. `size` when there is none.
static size_t find_end(const uint8_t *tail, size_t size)
{
    for (size_t at = size - END_SIZE + 1; at-- > 0;)
        if (le_get32(tail + at) == SIGNATURE_END &&
            at + END_SIZE + le_get16(tail + at + 20) == size)
            return at;
    return size;
}

static int check_directory(const struct source *s, const struct directory *d, struct error *e)
{
    if (d->offset > d->limit || d->size > d->limit - d->offset)
        return error_set(e, ERR_FORMAT,
                         "%s: the archive's directory is said to lie outside the file; the file "
                         "is truncated or damaged",
                         s->name);
    if (d->entries > ZIP_MEMBERS_MAX)
        return error_set(e, ERR_LIMIT, "%s: %" PRIu64 " members; at most %d are read", s->name,
                         d->entries, ZIP_MEMBERS_MAX);
    if (d->size > ZIP_DIRECTORY_MAX)
        return error_set(e, ERR_LIMIT,
                         "%s: the archive's directory has %" PRIu64 " bytes; at most %d are read",
                         s->name, d->size, ZIP_DIRECTORY_MAX);
    if (d->entries * ENTRY_SIZE > d->size)
        return error_set(e, ERR_FORMAT,
                         "%s: the archive claims %" PRIu64 " members, more than its directory of "
                         "%" PRIu64 " bytes can hold",
                         s->name, d->entries, d->size);
    return 0;
}

static int read_end(const struct source *s, struct directory *d, struct error *e)
{
    if (s->size < END_SIZE)
        return not_a_zip(s, e);
    const uint64_t longest = END_SIZE + UINT16_MAX;
    const size_t size = (size_t)(s->size < longest ? s->size : longest);
    uint8_t *tail = mem_alloc(size);
    if (!tail)
        return error_nomem(e, s->name);
    int rc = source_read(s, s->size - size, tail, size, e);
    if (rc)
        goto out;
    const size_t at = find_end(tail, size);
    if (at == size) {
        rc = not_a_zip(s, e);
        goto out;
    }
    const uint8_t *end = tail + at;
    *d = (struct directory){.entries = le_get16(end + 10),
                            .size = le_get32(end + 12),
                            .offset = le_get32(end + 16),
                            .limit = s->size - size + at};
    const uint16_t disk = le_get16(end + 4), start = le_get16(end + 6), here = le_get16(end + 8);
    if ((disk != 0 && disk != UINT16_MAX) || (start != 0 && start != UINT16_MAX) ||
        here != d->entries) {
        rc = error_set(e, ERR_UNSUPPORTED, "%s: the archive is split over several disks", s->name);
        goto out;
    }
    rc = read_end64(s, d, e);
    if (rc == 0)
        rc = check_directory(s, d, e);
out:
    mem_free(tail);
    return rc;
}

// Take from the zip64 extra field the values that did not fit: those of `wide` that are all ones,
// in order. false when the field is absent or too short.
static bool take_wide(const uint8_t *extra, size_t size, uint64_t *const *wide, size_t count)
{
    size_t need = 0;
    for (size_t i = 0; i < count; i++)
        need += *wide[i] == UINT32_MAX ? 8 : 0;
    if (need == 0)
        return true;
    while (size >= 4) {
        const uint16_t id = le_get16(extra), len = le_get16(extra + 2);
        if (len > size - 4)
            return false;
        if (id == 1) {
            const uint8_t *value = extra + 4;
            for (size_t i = 0; i < count && len >= need; i++) {
                if (*wide[i] == UINT32_MAX) {
                    *wide[i] = le_get64(value);
                    value += 8;
                }
            }
            return len >= need;
        }
        extra += 4 + len;
        size -= 4 + (size_t)len;
    }
    return false;
}

static int member_error(const struct opening *o, const struct zip_member *m, struct error *e,
                        const char *reason)
{
    return error_set(e, ERR_FORMAT, "%s: member '%s': %s", o->source->name, m->name, reason);
}

static const char *method_name(unsigned method)
{
    switch (method) {
    case 9:
        return "deflate64";
    case 12:
        return "bzip2";
    case 14:
        return "lzma";
    case 93:
        return "zstd";
    case 95:
        return "xz";
    default:
        return "unknown";
    }
}

static int check_method(const struct opening *o, const struct zip_member *m, unsigned flags,
                        unsigned method, struct error *e)
{
    if (flags & FLAG_ENCRYPTED)
        return error_set(e, ERR_UNSUPPORTED, "%s: member '%s': encrypted", o->source->name,
                         m->name);
    if ((method != 0 && method != 8) || flags & FLAG_PATCH)
        return error_set(e, ERR_UNSUPPORTED,
                         "%s: member '%s': compression method %u (%s); np.savez and "
                         "np.savez_compressed write members that can be read",
                         o->source->name, m->name, method, method_name(method));
    return 0;
}

// Sizes that no honest writer produces.
static int check_sizes(const struct opening *o, const struct zip_member *m, struct error *e)
{
    const char *name = o->source->name;
    if (!m->deflated && m->full_size != m->stored_size)
        return error_set(e, ERR_FORMAT,
                         "%s: member '%s': stored, yet of %" PRIu64 " bytes in the archive and "
                         "%" PRIu64 " outside it",
                         name, m->name, m->stored_size, m->full_size);
    if (m->deflated && m->full_size / DEFLATE_RATIO_MAX > m->stored_size)
        return error_set(e, ERR_FORMAT,
                         "%s: member '%s': claims to inflate from %" PRIu64 " to %" PRIu64
                         " bytes, more than deflate can",
                         name, m->name, m->stored_size, m->full_size);
    if (m->header_offset > o->dir.offset || m->stored_size > o->dir.offset - m->header_offset)
        return member_error(o, m, e, "said to lie outside the file");
    return 0;
}

static int take_name(const struct opening *o, struct zip_member *m, const uint8_t *text,
                     size_t size, struct error *e)
{
    const size_t index = (size_t)(m - o->zip->members) + 1;
    if (size == 0 || size > ZIP_NAME_MAX)
        return error_set(e, ERR_LIMIT,
                         "%s: member number %zu: a name of %zu bytes; 1 to %d are read",
                         o->source->name, index, size, ZIP_NAME_MAX);
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] == 0x7f)
            return error_set(e, ERR_FORMAT, "%s: member number %zu: control characters in its name",
                             o->source->name, index);
    memcpy(m->name, text, size);
    m->name[size] = '\0';
    return 0;
}

// Parse the directory entry at *at, one of `left` bytes, and move past it.
static int parse_entry(const struct opening *o, struct zip_member *m, const uint8_t **at,
                       size_t *left, struct error *e)
{
    const uint8_t *p = *at;
    if (*left < ENTRY_SIZE || le_get32(p) != SIGNATURE_ENTRY)
        return error_set(e, ERR_FORMAT, "%s: the archive's directory is damaged at entry %zu",
                         o->source->name, (size_t)(m - o->zip->members) + 1);
    const size_t name = le_get16(p + 28), extra = le_get16(p + 30), comment = le_get16(p + 32);
    if (name + extra + comment > *left - ENTRY_SIZE)
        return error_set(e, ERR_FORMAT, "%s: the archive's directory ends inside entry %zu",
                         o->source->name, (size_t)(m - o->zip->members) + 1);
    int rc = take_name(o, m, p + ENTRY_SIZE, name, e);
    if (rc)
        return rc;
    const unsigned method = le_get16(p + 10);
    m->deflated = method == 8;
    m->crc = le_get32(p + 16);
    m->stored_size = le_get32(p + 20);
    m->full_size = le_get32(p + 24);
    m->header_offset = le_get32(p + 42);
    uint64_t *const wide[] = {&m->full_size, &m->stored_size, &m->header_offset};
    if (!take_wide(p + ENTRY_SIZE + name, extra, wide, 3))
        return member_error(o, m, e, "its zip64 sizes are missing");
    rc = check_method(o, m, le_get16(p + 8), method, e);
    if (rc == 0)
        rc = check_sizes(o, m, e);
    *at += ENTRY_SIZE + name + extra + comment;
    *left -= ENTRY_SIZE + name + extra + comment;
    return rc;
}

// CRC and sizes of a local header equal the directory's; where they follow the data instead, the
// local header may hold zeros.
static bool same_sizes(const struct zip_member *m, const uint8_t *local, uint64_t stored,
                       uint64_t full)
{
    const uint32_t crc = le_get32(local + 14);
    if (le_get16(local + 6) & FLAG_DESCRIPTOR)
        return (crc == 0 || crc == m->crc) && (stored == 0 || stored == m->stored_size) &&
               (full == 0 || full == m->full_size);
    return crc == m->crc && stored == m->stored_size && full == m->full_size;
}

// Compare the local header with the directory entry and find where the data begin.
static int check_local(const struct opening *o, struct zip_member *m, struct error *e)
{
    uint8_t local[LOCAL_SIZE + ZIP_NAME_MAX];
    const size_t name = strlen(m->name);
    if (o->dir.offset - m->header_offset < LOCAL_SIZE + name)
        return member_error(o, m, e, "its local header is said to lie outside the file");
    int rc = source_read(o->source, m->header_offset, local, LOCAL_SIZE + name, e);
    if (rc)
        return rc;
    if (le_get32(local) != SIGNATURE_LOCAL)
        return member_error(o, m, e, "no local header where the directory says");
    if (le_get16(local + 26) != name || memcmp(local + LOCAL_SIZE, m->name, name) != 0)
        return member_error(o, m, e, "its local header has another name");
    if (le_get16(local + 8) != (m->deflated ? 8 : 0) || le_get16(local + 6) & FLAG_ENCRYPTED)
        return member_error(o, m, e, "its local header has another compression method");
    const size_t extra = le_get16(local + 28);
    m->offset = m->header_offset + LOCAL_SIZE + name + extra;
    if (m->offset > o->dir.offset || m->stored_size > o->dir.offset - m->offset)
        return member_error(o, m, e, "its data are said to reach into the directory");
    uint64_t stored = le_get32(local + 18), full = le_get32(local + 22);
    if (stored == UINT32_MAX || full == UINT32_MAX) {
        rc = source_read(o->source, m->offset - extra, o->extra, extra, e);
        if (rc)
            return rc;
        uint64_t *const wide[] = {&full, &stored};
        if (!take_wide(o->extra, extra, wide, 2))
            return member_error(o, m, e, "the zip64 sizes of its local header are missing");
    }
    if (!same_sizes(m, local, stored, full))
        return member_error(o, m, e, "its local header and the directory differ in CRC or size");
    return 0;
}

static int by_offset(const void *a, const void *b)
{
    const struct zip_member *const *m = a, *const *n = b;
    return ((*m)->header_offset > (*n)->header_offset) -
           ((*m)->header_offset < (*n)->header_offset);
}

static int by_name(const void *a, const void *b)
{
    const struct zip_member *const *m = a, *const *n = b;
    return strcmp((*m)->name, (*n)->name);
}

// No byte of the archive belongs to two members, and no name to two either.
static int check_distinct(const struct zip *z, struct error *e)
{
    const struct zip_member **order = mem_array(z->count, sizeof *order);
    if (!order)
        return error_nomem(e, z->source->name);
    int rc = 0;
    for (size_t i = 0; i < z->count; i++)
        order[i] = &z->members[i];
    qsort(order, z->count, sizeof *order, by_name);
    for (size_t i = 1; i < z->count && rc == 0; i++)
        if (by_name(&order[i - 1], &order[i]) == 0)
            rc = error_set(e, ERR_FORMAT, "%s: member '%s': there are two of this name",
                           z->source->name, order[i]->name);
    qsort(order, z->count, sizeof *order, by_offset);
    for (size_t i = 1; i < z->count && rc == 0; i++)
        if (order[i - 1]->offset + order[i - 1]->stored_size > order[i]->header_offset)
            rc = error_set(e, ERR_FORMAT, "%s: member '%s': overlaps member '%s'", z->source->name,
                           order[i]->name, order[i - 1]->name);
    mem_free(order);
    return rc;
}

static int read_members(struct opening *o, struct error *e)
{
    struct zip *z = o->zip;
    const uint8_t *at = o->bytes;
    size_t left = (size_t)o->dir.size;
    int rc = source_read(o->source, o->dir.offset, o->bytes, left, e);
    const size_t count = (size_t)o->dir.entries;
    for (; z->count < count && rc == 0; z->count++) {
        struct zip_member *m = &z->members[z->count];
        rc = parse_entry(o, m, &at, &left, e);
        if (rc == 0)
            rc = check_local(o, m, e);
    }
    if (rc == 0 && left)
        rc = error_set(e, ERR_FORMAT,
                       "%s: the archive's directory holds more than the %zu members it claims",
                       o->source->name, count);
    return rc ? rc : check_distinct(z, e);
}

int zip_open(struct zip *z, const struct source *source, struct error *e)
{
    *z = (struct zip){.source = source};
    struct opening o = {.zip = z, .source = source};
    int rc = read_end(source, &o.dir, e);
    if (rc)
        return rc;
    z->members = mem_array((size_t)o.dir.entries, sizeof *z->members);
    o.bytes = mem_alloc((size_t)o.dir.size);
    o.extra = mem_alloc(EXTRA_MAX);
    if (z->members && o.bytes && o.extra)
        rc = read_members(&o, e);
    else
        rc = error_nomem(e, source->name);
    mem_free(o.bytes);
    mem_free(o.extra);
    if (rc)
        zip_close(z);
    return rc;
}

void zip_close(struct zip *z)
{
    mem_free(z->members);
    *z = (struct zip){0};
}

const struct zip_member *zip_find(const struct zip *z, const char *name)
{
    for (size_t i = 0; i < z->count; i++)
        if (strcmp(z->members[i].name, name) == 0)
            return &z->members[i];
    return NULL;
}
