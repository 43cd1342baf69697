// SPDX-License-Identifier: MIT
// Figures about one member in one pass and bounded memory. The CRC is that of the values in C
// order, whatever order they come in. A CRC-32 without its initial and final complement is the
// message as a polynomial over GF(2), times x^32, modulo the CRC's own; so the term of an element
// is its bits times x^(32 * elements that follow in C order). In Fortran order these terms are
// summed by Horner's rule, nested over the indices: along index d neighbours are stride[d]
// elements apart in C order, so the sum is multiplied by x^(32 * stride[d]) before the next term
// is added. That multiplication is linear in 32 bits: four look-ups in tables of 256 words.
#include "io/npz.h"

#include "base/crc.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define COUNT (32 << 10) // elements taken at a time, a multiple of LANES
#define LANES 4

struct horner_level {
    uint64_t extent, index;
    uint32_t sum;
    uint32_t table[4][256]; // by byte of the sum: times x^(32 * stride)
};

struct horner {
    size_t ndim;
    uint32_t total; // the last level's sum, once it is complete
    struct horner_level level[];
};

struct pass {
    const struct npy_info *info;
    struct npz_stats *stats;
    struct horner *horner; // NULL in C order
    uint32_t crc;          // in C order
    uint64_t finite;
    double sum, low, high;
    uint8_t raw[COUNT * 8];
    double wide[COUNT];
    float narrow[COUNT];
};

// CRC register `sum` after `size` more zero bytes: zlib's combination with an empty message.
static uint32_t shift(uint32_t sum, uint64_t size)
{
    return (uint32_t)crc32_combine(sum, 0, (z_off_t)size);
}

static void fill_table(struct horner_level *level, uint64_t stride)
{
    for (int byte = 0; byte < 4; byte++) {
        uint32_t *table = level->table[byte];
        table[0] = 0;
        for (unsigned bit = 1; bit < 256; bit *= 2) {
            table[bit] = shift((uint32_t)bit << 8 * byte, 4 * stride);
            for (unsigned low = 1; low < bit; low++)
                table[bit + low] = table[bit] ^ table[low];
        }
    }
}

static struct horner *horner_new(const struct npy_info *info)
{
    struct horner *h =
        mem_alloc(sizeof *h + info->ndim * sizeof h->level[0]); // extents of 1 are left out
    if (!h)
        return NULL;
    h->ndim = 0;
    h->total = 0;
    uint64_t stride = info->count;
    for (size_t d = 0; d < info->ndim; d++) {
        stride /= info->shape[d];
        if (info->shape[d] == 1)
            continue;
        struct horner_level *level = &h->level[h->ndim++];
        level->extent = info->shape[d];
        level->index = 0;
        level->sum = 0;
        fill_table(level, stride);
    }
    return h;
}

static void horner_add(struct horner *h, uint32_t term)
{
    for (size_t d = 0; d < h->ndim; d++) {
        struct horner_level *l = &h->level[d];
        const uint32_t s = l->sum;
        l->sum = term ^ l->table[0][s & 255] ^ l->table[1][s >> 8 & 255] ^
                 l->table[2][s >> 16 & 255] ^ l->table[3][s >> 24];
        if (++l->index < l->extent)
            return;
        term = l->sum;
        l->sum = 0;
        l->index = 0;
    }
    h->total = term;
}

// The CRC-32 of a message of `count` words whose polynomial is `total`.
static uint32_t horner_finish(const struct horner *h, uint64_t count)
{
    return shift(h->total, 4) ^ shift(UINT32_MAX, 4 * count) ^ UINT32_MAX;
}

// Four lanes, so that additions and comparisons of neighbours do not wait for each other.
static void take_values(struct pass *p, size_t count)
{
    double sum[LANES] = {0}, low[LANES], high[LANES];
    uint64_t finite[LANES] = {0}, nan[LANES] = {0};
    for (size_t l = 0; l < LANES; l++) {
        low[l] = INFINITY;
        high[l] = -INFINITY;
    }
    for (size_t i = count; i % LANES; i++)
        p->wide[i] = INFINITY; // neither finite nor NaN: not counted
    for (size_t i = 0; i < count; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const double v = p->wide[i + l];
            const bool good = fabs(v) <= DBL_MAX;
            sum[l] += good ? v : 0.0;
            low[l] = good && v < low[l] ? v : low[l];
            high[l] = good && v > high[l] ? v : high[l];
            finite[l] += good;
            nan[l] += v != v;
        }
    uint64_t rest = count;
    for (size_t l = 0; l < LANES; l++) {
        p->sum += sum[l];
        p->low = low[l] < p->low ? low[l] : p->low;
        p->high = high[l] > p->high ? high[l] : p->high;
        p->finite += finite[l];
        p->stats->nan_count += nan[l];
        rest -= finite[l] + nan[l];
    }
    p->stats->inf_count += rest;
}

static void take_crc(struct pass *p, size_t count)
{
    if (!p->horner) {
        p->crc = crc_update(p->crc, p->narrow, count * sizeof(float));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &p->narrow[i], sizeof bits);
        horner_add(p->horner, bits);
    }
}

static int run_pass(struct pass *p, struct zip_reader *r, struct error *e)
{
    uint64_t left = p->info->count;
    while (left) {
        const size_t count = left < COUNT ? (size_t)left : COUNT;
        const int rc = zip_reader_read(r, p->raw, count * p->info->item, e);
        if (rc)
            return rc;
        npy_to_f64(p->info, p->raw, count, p->wide);
        npy_to_f32(p->info, p->raw, count, p->narrow);
        take_values(p, count);
        take_crc(p, count);
        left -= count;
    }
    if (p->finite) {
        p->stats->min = p->low + 0.0; // -0 becomes 0
        p->stats->max = p->high + 0.0;
        p->stats->mean = p->sum / (double)p->finite;
    }
    p->stats->crc_f32 = p->horner ? horner_finish(p->horner, p->info->count) : p->crc;
    return zip_reader_finish(r, e);
}

static int numeric_stats(struct npz_stats *s, struct zip_reader *r, struct error *e)
{
    const struct npy_info *info = &s->array.info;
    struct pass *p = mem_alloc(sizeof *p);
    if (!p)
        return error_nomem(e, s->array.name);
    p->info = info;
    p->stats = s;
    p->horner = npy_c_order(info) ? NULL : horner_new(info);
    p->crc = (uint32_t)crc32(0, NULL, 0);
    p->finite = 0;
    p->sum = 0.0;
    p->low = INFINITY;
    p->high = -INFINITY;
    int rc = p->horner || npy_c_order(info) ? 0 : error_nomem(e, s->array.name);
    if (rc == 0)
        rc = zip_reader_skip(r, s->array.header_size, e);
    if (rc == 0)
        rc = run_pass(p, r, e);
    mem_free(p->horner);
    mem_free(p);
    return rc;
}

static bool has_suffix(const char *text, const char *suffix)
{
    const size_t a = strlen(text), b = strlen(suffix);
    return a > b && strcmp(text + a - b, suffix) == 0;
}

// What of an error text stands behind "<path>: member '<name>': ".
static const char *bare_reason(const struct npz *z, const struct zip_member *m, const char *text)
{
    const size_t lead = strlen(z->path) + strlen(m->name) + strlen(": member '': ");
    return strlen(text) > lead ? text + lead : text;
}

int npz_stats(const struct npz *z, const struct zip_member *m, struct npz_stats *s, struct error *e)
{
    *s = (struct npz_stats){.array.member = m, .min = NAN, .max = NAN, .mean = NAN};
    struct error reason = {0};
    int rc = 0;
    if (has_suffix(m->name, ".npy")) {
        rc = npz_member_array(z, m, &s->array, &reason);
        s->numeric = rc == 0;
        if (rc == ERR_UNSUPPORTED && s->array.info.dtype[0]) // an honest header
            snprintf(s->note, sizeof s->note, "%.*s", (int)sizeof s->note - 1,
                     bare_reason(z, m, reason.text));
        else if (rc)
            return error_set(e, rc, "%s", reason.text);
    } else {
        snprintf(s->array.name, sizeof s->array.name, "%s", m->name);
        snprintf(s->note, sizeof s->note, "raw bytes, not an array");
    }
    struct zip_reader *r = zip_reader_open(&z->zip, m, e);
    if (!r)
        return ERR_NOMEM;
    if (s->numeric)
        rc = numeric_stats(s, r, e);
    else {
        rc = zip_reader_skip(r, m->full_size, e);
        if (rc == 0)
            rc = zip_reader_finish(r, e);
    }
    zip_reader_close(r);
    return rc;
}
