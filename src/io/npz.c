// SPDX-License-Identifier: MIT
// What an .npz archive holds: opening it, finding an array, its header, members that are no arrays.
// Values are read in npz_read.c.
#include "io/npz.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define SUFFIX ".npy"

// A deflated member is proved before memory is taken when it is this large and grows this much;
// numbers seldom shrink to a sixteenth, and then inflating twice costs little.
#define BOLD_SIZE  (16 << 20)
#define BOLD_RATIO 16

// Does a text begin so, in ASCII, UTF-8 or Latin-1? It has no control characters but white space.
static bool is_text(const char *start, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)start[i];
        const bool space = c == '\t' || c == '\n' || c == '\r';
        if (!space && (c < ' ' || c == 0x7f))
            return false;
    }
    return true;
}

// Messages for the files that people hand over instead of an archive.
static int check_start(const struct source *s, struct error *e)
{
    static const char numpy_magic[] = "\x93NUMPY";
    char start[sizeof numpy_magic - 1] = "";
    if (s->size == 0)
        return error_set(e, ERR_FORMAT, "%s: the file is empty; np.savez writes an .npz archive",
                         s->name);
    const size_t size = s->size < sizeof start ? (size_t)s->size : sizeof start;
    const int rc = source_read(s, 0, start, size, e);
    if (rc)
        return rc;
    if (memcmp(start, numpy_magic, sizeof start) == 0)
        return error_set(e, ERR_FORMAT,
                         "%s: a single .npy array, not an .npz archive; write the arrays together "
                         "with np.savez(file, X_train=X, y_train=y)",
                         s->name);
    if (size >= 4 && start[0] == 'P' && start[1] == 'K')
        return 0;
    return error_set(e, ERR_FORMAT, "%s: not a zip archive; np.savez writes one%s", s->name,
                     is_text(start, size)
                         ? "; of a CSV with a header, all numbers, labels last: "
                           "d = np.genfromtxt(file, delimiter=',', skip_header=1); "
                           "np.savez('train.npz', X_train=d[:, :-1], y_train=d[:, -1])"
                         : "");
}

static int open_source(struct npz *z, struct error *e)
{
    z->source.name = z->path;
    const int rc = check_start(&z->source, e);
    return rc ? rc : zip_open(&z->zip, &z->source, e);
}

bool npz_is_name(const char *path)
{
    const size_t len = strlen(path);
    return len >= 4 && strcasecmp(path + len - 4, ".npz") == 0;
}

bool npz_is_file(const char *path)
{
    if (npz_is_name(path))
        return true;
    struct stat st;
    struct source s;
    char start[2] = "";
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || source_open(&s, path, NULL) != 0)
        return false;
    const int rc = source_read(&s, 0, start, sizeof start, NULL);
    source_close(&s);
    return rc == 0 && memcmp(start, "PK", sizeof start) == 0;
}

int npz_open(struct npz *z, const char *path, struct error *e)
{
    *z = (struct npz){.source = {.fd = -1}, .path = mem_strdup(path)};
    if (!z->path)
        return error_nomem(e, path);
    int rc = source_open(&z->source, path, e);
    if (rc == 0)
        rc = open_source(z, e);
    if (rc)
        npz_close(z);
    return rc;
}

int npz_open_memory(struct npz *z, const char *name, const void *data, size_t size, struct error *e)
{
    *z = (struct npz){.source = {.fd = -1}, .path = mem_strdup(name)};
    if (!z->path)
        return error_nomem(e, name);
    source_memory(&z->source, z->path, data, size);
    const int rc = open_source(z, e);
    if (rc)
        npz_close(z);
    return rc;
}

void npz_close(struct npz *z)
{
    zip_close(&z->zip);
    source_close(&z->source);
    mem_free(z->path);
    z->path = NULL;
}

// Length of a member's name without ".npy", or 0 when it is no array.
static size_t stem_size(const char *member)
{
    const size_t len = strlen(member), suffix = strlen(SUFFIX);
    return len > suffix && strcmp(member + len - suffix, SUFFIX) == 0 ? len - suffix : 0;
}

static const struct zip_member *find_array(const struct npz *z, const char *name)
{
    const size_t len = strlen(name);
    for (size_t i = 0; i < z->zip.count; i++) {
        const char *member = z->zip.members[i].name;
        if (len && stem_size(member) == len && memcmp(member, name, len) == 0)
            return &z->zip.members[i];
    }
    return NULL;
}

bool npz_has(const struct npz *z, const char *name)
{
    return find_array(z, name) != NULL;
}

static int not_found(const struct npz *z, const char *name, struct error *e)
{
    char list[400] = "";
    size_t used = 0, arrays = 0, shown = 0;
    for (size_t i = 0; i < z->zip.count; i++) {
        const char *member = z->zip.members[i].name;
        const size_t len = stem_size(member);
        arrays += len > 0;
        if (len && shown + 1 == arrays && used + len + 3 < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", shown ? ", " : "",
                                     (int)len, member);
            shown++;
        }
    }
    if (arrays == 0)
        return error_set(e, ERR_NOTFOUND, "%s: no array '%s': the archive holds no arrays", z->path,
                         name);
    if (shown == arrays)
        return error_set(e, ERR_NOTFOUND, "%s: no array '%s'; it holds %s", z->path, name, list);
    return error_set(e, ERR_NOTFOUND, "%s: no array '%s'; it holds %s and %zu more", z->path, name,
                     list, arrays - shown);
}

static int in_member(const struct npz *z, const struct zip_member *m, int rc, struct error *e)
{
    return error_prefix(e, rc, "%s: member '%s'", z->path, m->name);
}

// What the header promises is what the member holds.
static int check_length(const struct npz *z, const struct npz_array *a, struct error *e)
{
    const uint64_t held = a->member->full_size - a->header_size;
    if (held == a->info.bytes)
        return 0;
    char shape[128];
    npy_print_shape(&a->info, shape, sizeof shape);
    return error_set(e, ERR_FORMAT,
                     "%s: member '%s': shape %s of %s takes %" PRIu64 " bytes, the member has "
                     "%" PRIu64,
                     z->path, a->member->name, shape, a->info.dtype, a->info.bytes, held);
}

// Read and parse the header at the reader's start.
static int read_header(const struct npz *z, struct zip_reader *r, struct npz_array *a,
                       struct error *e)
{
    uint8_t start[NPY_PREFIX];
    if (a->member->full_size < sizeof start)
        return error_set(e, ERR_FORMAT, "%s: member '%s': too short for an npy array", z->path,
                         a->member->name);
    int rc = zip_reader_read(r, start, sizeof start, e);
    if (rc)
        return rc;
    struct error reason = {0};
    a->header_size = npy_header_size(start, sizeof start, &reason);
    if (a->header_size == 0) {
        error_set(e, reason.code, "%s: member '%s': %s", z->path, a->member->name, reason.text);
        return reason.code;
    }
    if (a->header_size > a->member->full_size)
        return error_set(e, ERR_FORMAT,
                         "%s: member '%s': its npy header of %zu bytes is longer than the member",
                         z->path, a->member->name, a->header_size);
    uint8_t *header = mem_alloc(a->header_size);
    if (!header)
        return error_nomem(e, a->member->name);
    memcpy(header, start, sizeof start);
    rc = zip_reader_read(r, header + sizeof start, a->header_size - sizeof start, e);
    if (rc == 0) {
        rc = npy_parse(&a->info, header, a->header_size, e);
        rc = rc ? in_member(z, a->member, rc, e) : check_length(z, a, e);
    }
    mem_free(header);
    return rc;
}

int npz_member_array(const struct npz *z, const struct zip_member *m, struct npz_array *a,
                     struct error *e)
{
    *a = (struct npz_array){.member = m};
    const size_t stem = stem_size(m->name);
    memcpy(a->name, m->name, stem ? stem : strlen(m->name));
    struct zip_reader *r = zip_reader_open(&z->zip, m, e);
    if (!r)
        return ERR_NOMEM;
    const int rc = read_header(z, r, a, e);
    zip_reader_close(r);
    return rc;
}

// Is the claimed size so much more than the archive holds that memory should not be taken on it?
static bool is_bold(const struct zip_member *m)
{
    return m->deflated && m->full_size > BOLD_SIZE && m->full_size / BOLD_RATIO > m->stored_size;
}

// Inflate a whole member into nothing: its size and CRC are what the directory says.
static int prove(const struct npz *z, const struct zip_member *m, struct error *e)
{
    struct zip_reader *r = zip_reader_open(&z->zip, m, e);
    if (!r)
        return ERR_NOMEM;
    int rc = zip_reader_skip(r, m->full_size, e);
    if (rc == 0)
        rc = zip_reader_finish(r, e);
    zip_reader_close(r);
    return rc;
}

int npz_header(const struct npz *z, const char *name, struct npz_array *a, struct error *e)
{
    const struct zip_member *m = find_array(z, name);
    return m ? npz_member_array(z, m, a, e) : not_found(z, name, e);
}

int npz_array(const struct npz *z, const char *name, struct npz_array *a, struct error *e)
{
    const int rc = npz_header(z, name, a, e);
    return rc == 0 && is_bold(a->member) ? prove(z, a->member, e) : rc;
}

int npz_read_bytes(const struct npz *z, const char *name, struct buf *out, struct error *e)
{
    const struct zip_member *m = zip_find(&z->zip, name);
    if (!m)
        return error_set(e, ERR_NOTFOUND, "%s: no member '%s'", z->path, name);
    if (m->full_size > out->max - out->len)
        return error_set(e, ERR_LIMIT, "%s: member '%s': %" PRIu64 " bytes; at most %zu are read",
                         z->path, name, m->full_size, out->max - out->len);
    struct zip_reader *r = zip_reader_open(&z->zip, m, e);
    if (!r)
        return ERR_NOMEM;
    uint8_t piece[8192];
    uint64_t left = m->full_size;
    int rc = 0;
    while (left && rc == 0) {
        const size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
        rc = zip_reader_read(r, piece, size, e);
        if (rc == 0 && buf_append(out, piece, size))
            rc = buf_check(out, m->name, e);
        left -= size;
    }
    if (rc == 0)
        rc = zip_reader_finish(r, e);
    zip_reader_close(r);
    return rc;
}
