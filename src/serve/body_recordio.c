// SPDX-License-Identifier: MIT
// RecordIO of protobuf messages, as the SDK of Linear Learner and its kin sends them: a row a
// record,
//
//   uint32 magic, uint32 length, message, zeros up to a multiple of 4
//   message  {1: features {1: key, 2: value} ..., 2: label ..., others}
//   value    {2: tensor of float, 3: of double, 7: of int32}
//   tensor   {1: values, 2: keys (uint64: the places, of a sparse row), 3: shape}
//
// of which the feature called "values" is taken. Every list is one packed field, as protobuf writes
// those of this schema.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "io/le.h"

#include <math.h>
#include <string.h>

#define MAGIC      0xced7230aU
#define LENGTH_MAX 0x1fffffffU // the bits above say that a record has been divided

enum wire { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };
enum type { TYPE_NONE, TYPE_FLOAT = 2, TYPE_DOUBLE = 3, TYPE_INT32 = 7 };

struct bytes {
    const uint8_t *at, *end;
};

struct field {
    uint64_t number;
    unsigned wire;
    struct bytes bytes; // of WIRE_BYTES
};

struct tensor {
    enum type type;
    struct bytes values, keys, shape;
    bool sparse, shaped;
};

struct recordio_body {
    struct body body;
    struct body_spec spec;
    struct bytes left;
    size_t row; // records read
};

// ---- protobuf ----

static bool read_varint(struct bytes *b, uint64_t *to)
{
    *to = 0;
    for (unsigned shift = 0; shift < 64 && b->at < b->end; shift += 7) {
        const uint8_t byte = *b->at++;
        *to |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_bytes(struct bytes *b, uint64_t size, struct bytes *to)
{
    if (size > (uint64_t)(b->end - b->at))
        return false;
    *to = (struct bytes){b->at, b->at + size};
    b->at += size;
    return true;
}

// The next field of a message; false when it is damaged. Not to be called at the end.
static bool read_field(struct bytes *b, struct field *f)
{
    uint64_t tag, value;
    if (!read_varint(b, &tag))
        return false;
    f->number = tag >> 3;
    f->wire = tag & 7;
    switch (f->wire) {
    case WIRE_VARINT:
        return read_varint(b, &value);
    case WIRE_64:
        return take_bytes(b, 8, &f->bytes);
    case WIRE_32:
        return take_bytes(b, 4, &f->bytes);
    case WIRE_BYTES:
        return read_varint(b, &value) && take_bytes(b, value, &f->bytes);
    default:
        return false;
    }
}

static bool read_tensor(struct bytes b, struct tensor *t)
{
    struct field f;
    while (b.at < b.end) {
        if (!read_field(&b, &f))
            return false;
        if (f.number < 1 || f.number > 3)
            continue;
        struct bytes *const to = f.number == 1 ? &t->values : f.number == 2 ? &t->keys : &t->shape;
        if (f.wire != WIRE_BYTES || to->at)
            return false; // not packed
        *to = f.bytes;
        t->sparse |= f.number == 2;
        t->shaped |= f.number == 3;
    }
    return true;
}

static bool read_value(struct bytes b, struct tensor *t)
{
    struct field f;
    while (b.at < b.end) {
        if (!read_field(&b, &f))
            return false;
        if (f.wire != WIRE_BYTES ||
            (f.number != TYPE_FLOAT && f.number != TYPE_DOUBLE && f.number != TYPE_INT32))
            continue;
        *t = (struct tensor){.type = (enum type)f.number};
        if (!read_tensor(f.bytes, t))
            return false;
    }
    return true;
}

// An entry of the features; others than "values" are passed over.
static bool read_entry(struct bytes b, struct tensor *t)
{
    static const char wanted[] = "values";
    struct bytes key = {0}, value = {0};
    struct field f;
    while (b.at < b.end) {
        if (!read_field(&b, &f))
            return false;
        if (f.wire == WIRE_BYTES && f.number == 1)
            key = f.bytes;
        if (f.wire == WIRE_BYTES && f.number == 2)
            value = f.bytes;
    }
    const size_t len = (size_t)(key.end - key.at);
    if (len != strlen(wanted) || memcmp(key.at, wanted, len) != 0)
        return true;
    return read_value(value, t);
}

static bool read_message(struct bytes b, struct tensor *t)
{
    struct field f;
    while (b.at < b.end) {
        if (!read_field(&b, &f))
            return false;
        if (f.number == 1 && (f.wire != WIRE_BYTES || !read_entry(f.bytes, t)))
            return false;
    }
    return true;
}

// ---- rows ----

static bool next_value(struct tensor *t, float *to)
{
    struct bytes item;
    uint64_t bits;
    double wide;
    switch (t->type) {
    case TYPE_FLOAT:
        if (!take_bytes(&t->values, sizeof *to, &item))
            return false;
        memcpy(to, &(uint32_t){le_get32(item.at)}, sizeof *to);
        return true;
    case TYPE_DOUBLE:
        if (!take_bytes(&t->values, sizeof wide, &item))
            return false;
        memcpy(&wide, &(uint64_t){le_get64(item.at)}, sizeof wide);
        *to = (float)wide;
        return true;
    case TYPE_INT32:
        if (!read_varint(&t->values, &bits))
            return false;
        *to = (float)(int32_t)bits;
        return true;
    case TYPE_NONE:
        break;
    }
    return false;
}

static int refuse(const struct recordio_body *r, int rc, const char *why, struct error *e)
{
    return error_set(e, rc, "%s: record %zu: %s", r->spec.name, r->row, why);
}

static int check_shape(const struct recordio_body *r, const struct tensor *t, struct error *e)
{
    struct bytes shape = t->shape;
    uint64_t width = r->spec.model->net.inputs;
    while (shape.at < shape.end)
        if (!read_varint(&shape, &width))
            return refuse(r, ERR_FORMAT, "damaged", e);
    if (width == r->spec.model->net.inputs)
        return 0;
    return error_set(e, ERR_MISMATCH,
                     "%s: record %zu: its shape is %llu wide, expected %zu: the features that the "
                     "model takes",
                     r->spec.name, r->row, (unsigned long long)width, r->spec.model->net.inputs);
}

static int take_sparse(const struct recordio_body *r, struct tensor *t, float *X, struct error *e)
{
    const size_t inputs = r->spec.model->net.inputs;
    memset(X, 0, inputs * sizeof *X);
    while (t->keys.at < t->keys.end) {
        uint64_t key;
        float value;
        if (!read_varint(&t->keys, &key) || !next_value(t, &value))
            return refuse(r, ERR_FORMAT, "has more keys than values, or is damaged", e);
        if (key >= inputs)
            return error_set(e, ERR_MISMATCH,
                             "%s: record %zu: key %llu is no place among the model's %zu features, "
                             "which count from 0",
                             r->spec.name, r->row, (unsigned long long)key, inputs);
        X[key] = value;
    }
    return t->values.at == t->values.end ? 0
                                         : refuse(r, ERR_FORMAT, "has more values than keys", e);
}

static int take_dense(const struct recordio_body *r, struct tensor *t, float *X, struct error *e)
{
    const size_t inputs = r->spec.model->net.inputs;
    size_t count = 0;
    for (float value; t->values.at < t->values.end; count++) {
        if (!next_value(t, &value))
            return refuse(r, ERR_FORMAT, "damaged", e);
        if (count < inputs)
            X[count] = value;
    }
    if (count == inputs)
        return 0;
    return error_set(e, ERR_MISMATCH,
                     "%s: record %zu: %zu value%s, expected %zu: the features that the model takes",
                     r->spec.name, r->row, count, count == 1 ? "" : "s", inputs);
}

static int next_record(struct recordio_body *r, struct bytes *record, struct error *e)
{
    struct bytes head, padding;
    r->row++;
    if (!take_bytes(&r->left, 8, &head) || le_get32(head.at) != MAGIC)
        return refuse(r, ERR_FORMAT, "does not begin as RecordIO does", e);
    const uint32_t size = le_get32(head.at + 4);
    if (size > LENGTH_MAX)
        return refuse(r, ERR_UNSUPPORTED, "is in several parts; send whole records", e);
    if (!take_bytes(&r->left, size, record))
        return refuse(r, ERR_FORMAT, "ends early", e);
    const uint32_t rest = (4 - size % 4) % 4; // the last may lack it
    if (!take_bytes(&r->left, rest, &padding))
        r->left.at = r->left.end;
    return 0;
}

static int take_row(struct recordio_body *r, float *X, struct error *e)
{
    struct bytes record;
    struct tensor t = {0};
    int rc = next_record(r, &record, e);
    if (rc)
        return rc;
    if (!read_message(record, &t))
        return refuse(r, ERR_FORMAT, "is no protobuf message of features, or damaged", e);
    if (t.type == TYPE_NONE)
        return refuse(r, ERR_FORMAT, "has no feature 'values' of numbers", e);
    rc = t.shaped ? check_shape(r, &t, e) : 0;
    if (rc)
        return rc;
    return t.sparse ? take_sparse(r, &t, X, e) : take_dense(r, &t, X, e);
}

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct recordio_body *r = (struct recordio_body *)b;
    int rc = 0;
    for (*got = 0; rc == 0 && *got < most && r->left.at < r->left.end; ++*got)
        rc = take_row(r, X + *got * r->spec.model->net.inputs, e);
    return rc;
}

static void close_body(struct body *b)
{
    mem_free((struct recordio_body *)b);
}

struct body *body_recordio_open(const struct body_spec *spec, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct recordio_body *r = mem_zalloc(sizeof *r);
    if (!r) {
        error_nomem(e, spec->name);
        return NULL;
    }
    r->body.kind = &kind;
    r->spec = *spec;
    r->left.at = spec->data;
    r->left.end = r->left.at + spec->size;
    return &r->body;
}
