// SPDX-License-Identifier: MIT
// Arrays out of an .npz archive. A member is streamed: a piece of it is read or inflated, converted
// and laid where C order wants it, so that scratch memory is the same for a kilobyte and for 100
// gigabytes. In Fortran order the first index runs fastest in the file; a piece is then scattered
// in runs along that index, each with the stride that the first index has in C order.
#include "io/npz.h"

#include "base/crc.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIECE  (256 << 10) // bytes of the member converted at a time
#define SUFFIX ".npy"

// A deflated member is proved before memory is taken when it is this large and grows this much;
// numbers seldom shrink to a sixteenth, and then inflating twice costs little.
#define BOLD_SIZE  (16 << 20)
#define BOLD_RATIO 16

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
    if (size < 4 || start[0] != 'P' || start[1] != 'K')
        return error_set(e, ERR_FORMAT, "%s: not a zip archive; np.savez writes one", s->name);
    return 0;
}

static int open_source(struct npz *z, struct error *e)
{
    z->source.name = z->path;
    const int rc = check_start(&z->source, e);
    return rc ? rc : zip_open(&z->zip, &z->source, e);
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

int npz_array(const struct npz *z, const char *name, struct npz_array *a, struct error *e)
{
    const struct zip_member *m = find_array(z, name);
    if (!m)
        return not_found(z, name, e);
    const int rc = npz_member_array(z, m, a, e);
    return rc == 0 && is_bold(m) ? prove(z, m, e) : rc;
}

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

// *finite is for floats.
static int read_values(const struct npz *z, const struct npz_array *a, void *to, bool wide,
                       bool *finite, struct error *e)
{
    struct error own = {0}; // the code comes back even when the caller gave no `e`
    struct zip_reader *r = open_values(z, a, &own);
    int rc = r ? 0 : own.code;
    struct sink s;
    sink_init(&s, &a->info, to, wide);
    if (r)
        rc = is_native(&a->info, wide) ? read_native(r, &s, &own) : read_pieces(r, &s, &own);
    if (rc == 0)
        rc = zip_reader_finish(r, &own);
    zip_reader_close(r);
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
