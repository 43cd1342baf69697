// SPDX-License-Identifier: MIT
// The npy header (numpy's NEP 1): magic, version, length, and the text of a Python dict. numpy
// evaluates that text as a literal; here a parser takes the one shape that numpy writes, in any
// order of keys, and nothing that would need an interpreter. Conversion is in npy_convert.c.
#include "io/npy.h"

#include "io/le.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC      "\x93NUMPY"
#define MAGIC_SIZE 6
#define ALIGN      64
#define DEPTH_MAX  16      // of lists and tuples in a structured dtype
#define STRUCTURED "[...]" // stands for such a dtype

// What is left of the header's text.
struct text {
    const char *at, *end;
};

enum key { KEY_DESCR, KEY_ORDER, KEY_SHAPE, KEYS };

size_t npy_header_size(const uint8_t *start, size_t size, struct error *e)
{
    if (size < NPY_PREFIX || memcmp(start, MAGIC, MAGIC_SIZE) != 0) {
        error_set(e, ERR_FORMAT, "not an npy array: it does not begin with numpy's magic bytes");
        return 0;
    }
    const unsigned major = start[6], minor = start[7];
    if (major < 1 || major > 3 || minor != 0) {
        error_set(e, ERR_UNSUPPORTED, "npy version %u.%u; 1.0, 2.0 and 3.0 are read", major, minor);
        return 0;
    }
    const size_t prefix = major == 1 ? 10 : 12;
    const size_t text = major == 1 ? le_get16(start + 8) : le_get32(start + 8);
    if (text > NPY_HEADER_MAX - prefix) {
        error_set(e, ERR_LIMIT, "npy header of %zu bytes; at most %d are read", text,
                  NPY_HEADER_MAX);
        return 0;
    }
    if (prefix + text < NPY_PREFIX) {
        error_set(e, ERR_FORMAT, "npy header is empty");
        return 0;
    }
    return prefix + text;
}

static void skip_space(struct text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\n' || *t->at == '\r'))
        t->at++;
}

// Take `c`, with space before it allowed.
static bool take(struct text *t, char c)
{
    skip_space(t);
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

// Take a word that no letter, digit or underscore follows.
static bool take_word(struct text *t, const char *word)
{
    const size_t len = strlen(word);
    skip_space(t);
    if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
        return false;
    t->at += len;
    return true;
}

// Take a quoted string without escapes; what does not fit into `value` is cut off.
static bool take_string(struct text *t, char *value, size_t size)
{
    skip_space(t);
    if (t->at == t->end || (*t->at != '\'' && *t->at != '"'))
        return false;
    const char quote = *t->at++;
    size_t len = 0;
    for (; t->at < t->end && *t->at != quote; t->at++) {
        const unsigned char c = (unsigned char)*t->at;
        if (c == '\\' || c < 0x20 || c == 0x7f)
            return false;
        if (len + 1 < size)
            value[len++] = *t->at;
    }
    value[len] = '\0';
    return take(t, quote);
}

static int not_literal(const struct text *t, struct error *e, const char *what)
{
    char near[24];
    const size_t left = (size_t)(t->end - t->at);
    snprintf(near, sizeof near, "%.*s", left < 20 ? (int)left : 20, t->at);
    return error_set(e, ERR_FORMAT, "npy header is not a plain literal: %s expected at '%s'", what,
                     near);
}

static int take_extent(struct text *t, uint64_t *value, struct error *e)
{
    skip_space(t);
    if (t->at < t->end && *t->at == '-')
        return error_set(e, ERR_FORMAT, "npy header has a negative extent in its shape");
    if (t->at == t->end || *t->at < '0' || *t->at > '9')
        return not_literal(t, e, "an extent of the shape");
    *value = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
        if (__builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (unsigned)(*t->at - '0'), value))
            return error_set(e, ERR_FORMAT, "npy header has an extent beyond 64 bits in its shape");
    if (t->at < t->end && *t->at == 'L') // Python 2 wrote long integers so
        t->at++;
    return 0;
}

static int take_shape(struct text *t, struct npy_info *info, struct error *e)
{
    bool comma = true;
    if (!take(t, '('))
        return not_literal(t, e, "a shape in parentheses");
    while (!take(t, ')')) {
        if (!comma)
            return not_literal(t, e, "a comma or the end of the shape");
        if (info->ndim == NPY_DIMS_MAX)
            return error_set(e, ERR_LIMIT, "npy header has a shape of more than %d dimensions",
                             NPY_DIMS_MAX);
        const int rc = take_extent(t, &info->shape[info->ndim], e);
        if (rc)
            return rc;
        info->ndim++;
        comma = take(t, ',');
    }
    if (info->ndim == 1 && !comma) // (3) is a number in Python
        return not_literal(t, e, "a comma in the shape");
    return 0;
}

static int take_order(struct text *t, struct npy_info *info, struct error *e)
{
    info->fortran = take_word(t, "True");
    if (!info->fortran && !take_word(t, "False"))
        return not_literal(t, e, "True or False");
    return 0;
}

// Take the nested lists and tuples of a structured dtype: strings, numbers, commas and brackets.
static bool take_nested(struct text *t)
{
    char open[DEPTH_MAX], name[2];
    size_t depth = 0;
    do {
        skip_space(t);
        const char c = t->at < t->end ? *t->at : '\0';
        if (c == '\'' || c == '"') {
            if (!take_string(t, name, sizeof name))
                return false;
            continue;
        }
        if (c == '[' || c == '(') {
            if (depth == DEPTH_MAX)
                return false;
            open[depth++] = c;
        } else if (c == ']' || c == ')') {
            if (open[--depth] != (c == ']' ? '[' : '('))
                return false;
        } else if (c != ',' && (c < '0' || c > '9')) {
            return false;
        }
        t->at++;
    } while (depth);
    return true;
}

static int take_descr(struct text *t, struct npy_info *info, struct error *e)
{
    skip_space(t);
    if (t->at < t->end && *t->at == '[') {
        snprintf(info->dtype, sizeof info->dtype, STRUCTURED);
        return take_nested(t) ? 0 : not_literal(t, e, "a list of fields");
    }
    return take_string(t, info->dtype, sizeof info->dtype)
               ? 0
               : not_literal(t, e, "a dtype between quotes");
}

static const char *const key_names[KEYS] = {"descr", "fortran_order", "shape"};

// One `key: value`; seen[] says which keys there were.
static int take_item(struct text *t, struct npy_info *info, bool seen[KEYS], struct error *e)
{
    char name[24];
    if (!take_string(t, name, sizeof name))
        return not_literal(t, e, "a key between quotes");
    if (!take(t, ':'))
        return not_literal(t, e, "a colon");
    size_t key = 0;
    while (key < KEYS && strcmp(name, key_names[key]) != 0)
        key++;
    if (key == KEYS || seen[key])
        return error_set(e, ERR_FORMAT, "npy header has the key '%s' %s", name,
                         key == KEYS ? "that no array has" : "twice");
    seen[key] = true;
    return key == KEY_DESCR   ? take_descr(t, info, e)
           : key == KEY_ORDER ? take_order(t, info, e)
                              : take_shape(t, info, e);
}

static int take_dict(struct text *t, struct npy_info *info, struct error *e)
{
    bool seen[KEYS] = {false}, comma = true;
    if (!take(t, '{'))
        return not_literal(t, e, "a dict");
    while (!take(t, '}')) {
        if (!comma)
            return not_literal(t, e, "a comma or the end of the dict");
        const int rc = take_item(t, info, seen, e);
        if (rc)
            return rc;
        comma = take(t, ',');
    }
    for (size_t key = 0; key < KEYS; key++)
        if (!seen[key])
            return error_set(e, ERR_FORMAT, "npy header lacks the key '%s'", key_names[key]);
    skip_space(t);
    return t->at == t->end ? 0 : not_literal(t, e, "nothing more");
}

static int unsupported(const struct npy_info *info, const char *what, struct error *e)
{
    return error_set(e, ERR_UNSUPPORTED, "dtype '%s': %s; float, integer and bool arrays are read",
                     info->dtype, what);
}

// For values that are numbers, and for labels that are names.
#define REMEDY "X.astype('float32'), or np.unique(y, return_inverse=True)[1] of labels"

static int refuse_dtype(const struct npy_info *info, char kind, struct error *e)
{
    switch (kind) {
    case '[':
        return unsupported(info, "a structured array", e);
    case 'O':
        return error_set(
            e, ERR_DATA,
            "dtype '%s': pickled Python objects are never loaded; save numbers: " REMEDY,
            info->dtype);
    case 'U':
    case 'S':
    case 'a':
        return error_set(e, ERR_UNSUPPORTED, "dtype '%s': text; save numbers: " REMEDY,
                         info->dtype);
    case 'c':
        return unsupported(info, "complex numbers", e);
    case 'M':
        return unsupported(info, "dates", e);
    case 'm':
        return unsupported(info, "spans of time", e);
    case 'V':
        return unsupported(info, "raw records", e);
    case 'f':
        return unsupported(info, "long double", e);
    default:
        return unsupported(info, "unknown", e);
    }
}

// Read the dtype's spelling: byte order, kind, bytes of an element.
static int set_dtype(struct npy_info *info, struct error *e)
{
    const char *p = info->dtype;
    const char order = *p && strchr("<>=|", *p) ? *p++ : '=';
    const char kind = *p ? *p++ : '?';
    const size_t item = p[0] >= '1' && p[0] <= '8' && p[1] == '\0' ? (size_t)(p[0] - '0') : 0;
    const bool size_fits = item == 1 || item == 2 || item == 4 || item == 8;
    if (kind == 'b' && item == 1)
        info->kind = NPY_BOOL;
    else if (kind == 'i' && size_fits)
        info->kind = NPY_INT;
    else if (kind == 'u' && size_fits)
        info->kind = NPY_UINT;
    else if (kind == 'f' && size_fits && item > 1)
        info->kind = NPY_FLOAT;
    else
        return refuse_dtype(info, kind, e);
    info->item = item;
    info->big_endian = order == '>' && item > 1;
    snprintf(info->dtype, sizeof info->dtype, "%c%c%zu",
             item == 1          ? '|'
             : info->big_endian ? '>'
                                : '<',
             kind, item);
    return 0;
}

// Count and bytes. The product of the extents that are not 0 must fit as well, as numpy asks.
static int set_count(struct npy_info *info, struct error *e)
{
    uint64_t product = 1;
    bool empty = false;
    for (size_t d = 0; d < info->ndim; d++) {
        if (info->shape[d] == 0)
            empty = true;
        else if (__builtin_mul_overflow(product, info->shape[d], &product))
            product = UINT64_MAX;
        if (product > (uint64_t)PTRDIFF_MAX / info->item) {
            char shape[128];
            npy_print_shape(info, shape, sizeof shape);
            return error_set(e, ERR_FORMAT, "shape %s of %s is larger than any memory", shape,
                             info->dtype);
        }
    }
    info->count = empty ? 0 : product;
    info->bytes = info->count * info->item;
    return 0;
}

int npy_parse(struct npy_info *info, const uint8_t *header, size_t size, struct error *e)
{
    *info = (struct npy_info){0};
    const size_t whole = npy_header_size(header, size, e);
    if (whole == 0)
        return e ? e->code : ERR_FORMAT;
    if (whole != size)
        return error_set(e, ERR_FORMAT, "npy header ends early");
    struct text t = {(const char *)header + (header[6] == 1 ? 10 : 12),
                     (const char *)header + size};
    int rc = take_dict(&t, info, e);
    if (rc == 0)
        rc = set_dtype(info, e);
    return rc ? rc : set_count(info, e);
}

bool npy_c_order(const struct npy_info *info)
{
    size_t wide = 0;
    for (size_t d = 0; d < info->ndim; d++)
        wide += info->shape[d] != 1;
    return !info->fortran || wide <= 1 || info->count == 0;
}

void npy_print_shape(const struct npy_info *info, char *text, size_t size)
{
    char whole[NPY_DIMS_MAX * 22 + 4] = "("; // an extent has up to 20 digits
    size_t len = 1;
    for (size_t d = 0; d < info->ndim; d++)
        len += (size_t)snprintf(whole + len, sizeof whole - len, "%s%" PRIu64, d ? ", " : "",
                                info->shape[d]);
    snprintf(whole + len, sizeof whole - len, info->ndim == 1 ? ",)" : ")");
    if (strlen(whole) < size)
        snprintf(text, size, "%s", whole);
    else
        snprintf(text, size, "(%zu dimensions)", info->ndim);
}

int npy_write_header(struct buf *out, const char *dtype, size_t ndim, const uint64_t *shape)
{
    const size_t start = out->len;
    const char head[10] = MAGIC "\x01"; // version 1.0; the length follows below
    buf_append(out, head, sizeof head);
    buf_printf(out, "{'descr': '%s', 'fortran_order': False, 'shape': (", dtype);
    for (size_t d = 0; d < ndim; d++)
        buf_printf(out, "%s%" PRIu64, d ? ", " : "", shape[d]);
    buf_puts(out, ndim == 1 ? ",), }" : "), }");
    while (!out->failed && (out->len - start + 1) % ALIGN)
        buf_puts(out, " ");
    buf_puts(out, "\n");
    if (!out->failed)
        le_put((uint8_t *)out->data + start + 8, out->len - start - sizeof head, 2);
    return out->failed;
}
