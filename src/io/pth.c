// SPDX-License-Identifier: MIT
// A torch state dict: a zip archive whose member data.pkl is a pickle of
//   OrderedDict({name: torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False,
//                                                      OrderedDict())})
// where a storage is a persistent id, ('storage', torch.FloatStorage, key, 'cpu', count), and its
// bytes are the member data/<key>. The pickle is protocol 2, as torch.save writes it, from opcodes
// that torch's weights_only unpickler knows; it calls nothing but the two constructors above. All
// members lie in one folder, which torch demands; its name is fixed, so that the bytes do not
// depend on where the file is written.
#include "io/pth.h"

#include "base/buf.h"
#include "base/mem.h"
#include "io/le.h"
#include "io/zip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FOLDER     "archive"
#define ALIGN      64
#define PICKLE_MAX (16 << 20)

#define OP_PROTO_2     "\x80\x02"
#define OP_GLOBAL      "c"
#define OP_EMPTY_TUPLE ")"
#define OP_REDUCE      "R"
#define OP_MARK        "("
#define OP_TUPLE       "t"
#define OP_SETITEMS    "u"
#define OP_PERSID      "Q"
#define OP_FALSE       "\x89"
#define OP_STOP        "."

#define ORDERED_DICT OP_GLOBAL "collections\nOrderedDict\n" OP_EMPTY_TUPLE OP_REDUCE

static void put_int(struct buf *b, uint64_t value)
{
    uint8_t op[10];
    if (value <= UINT8_MAX) {
        op[0] = 'K';
        buf_append(b, op, (size_t)(le_put(op + 1, value, 1) - op));
    } else if (value <= UINT16_MAX) {
        op[0] = 'M';
        buf_append(b, op, (size_t)(le_put(op + 1, value, 2) - op));
    } else if (value <= INT32_MAX) {
        op[0] = 'J';
        buf_append(b, op, (size_t)(le_put(op + 1, value, 4) - op));
    } else { // LONG1: a byte that counts the bytes of a signed number
        op[0] = 0x8a;
        op[1] = 8;
        buf_append(b, op, (size_t)(le_put(op + 2, value, 8) - op));
    }
}

static void put_text(struct buf *b, const char *text)
{
    uint8_t op[5] = {'X'};
    const size_t size = strlen(text);
    le_put(op + 1, size, 4);
    buf_append(b, op, sizeof op);
    buf_append(b, text, size);
}

static uint64_t tensor_count(const struct pth_tensor *t)
{
    return (uint64_t)t->shape[0] * (t->ndim == 2 ? t->shape[1] : 1);
}

static void put_tensor(struct buf *b, const struct pth_tensor *t, size_t key)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", key);
    put_text(b, t->name);
    buf_puts(b, OP_GLOBAL "torch._utils\n_rebuild_tensor_v2\n" OP_MARK);
    buf_puts(b, OP_MARK);
    put_text(b, "storage");
    buf_puts(b, OP_GLOBAL "torch\nFloatStorage\n");
    put_text(b, digits);
    put_text(b, "cpu");
    put_int(b, tensor_count(t));
    buf_puts(b, OP_TUPLE OP_PERSID);
    put_int(b, 0); // offset into the storage
    buf_puts(b, OP_MARK);
    for (size_t d = 0; d < t->ndim; d++)
        put_int(b, t->shape[d]);
    buf_puts(b, OP_TUPLE OP_MARK);
    if (t->ndim == 2)
        put_int(b, t->shape[1] ? t->shape[1] : 1); // as torch has it for empty rows
    put_int(b, 1);
    buf_puts(b, OP_TUPLE OP_FALSE ORDERED_DICT OP_TUPLE OP_REDUCE);
}

static int add_member(struct zip_writer *w, const char *name, const void *data, size_t size,
                      struct error *e)
{
    char member[64];
    snprintf(member, sizeof member, FOLDER "/%s", name);
    const struct zip_piece piece = {data, size};
    return zip_writer_add(w, member, &piece, 1, ALIGN, e);
}

struct pth_writer {
    struct zip_writer *zip;
    size_t next; // tensor
};

// What stands in front of the tensors.
static int write_pickle(struct zip_writer *w, const char *path, const struct pth_tensor *tensors,
                        size_t count, struct error *e)
{
    struct buf pickle;
    buf_init(&pickle, PICKLE_MAX);
    buf_puts(&pickle, OP_PROTO_2 ORDERED_DICT OP_MARK);
    for (size_t i = 0; i < count; i++)
        put_tensor(&pickle, &tensors[i], i);
    buf_puts(&pickle, OP_SETITEMS OP_STOP);
    int rc = buf_check(&pickle, path, e);
    if (rc == 0)
        rc = add_member(w, "data.pkl", pickle.data, pickle.len, e);
    if (rc == 0)
        rc = add_member(w, "byteorder", "little", 6, e);
    buf_clear(&pickle);
    return rc;
}

struct pth_writer *pth_writer_begin(const char *path, const struct pth_tensor *tensors,
                                    size_t count, struct error *e)
{
    struct pth_writer *w = mem_zalloc(sizeof *w);
    if (!w) {
        error_nomem(e, path);
        return NULL;
    }
    w->zip = zip_writer_begin(path, e);
    if (w->zip && write_pickle(w->zip, path, tensors, count, e) == 0)
        return w;
    pth_writer_abort(w);
    return NULL;
}

int pth_writer_open(struct pth_writer *w, const struct pth_tensor *tensor, struct error *e)
{
    char member[64];
    size_t bytes;
    snprintf(member, sizeof member, FOLDER "/data/%zu", w->next++);
    if (!size_mul((size_t)tensor_count(tensor), sizeof(float), &bytes))
        return error_set(e, ERR_LIMIT, "tensor '%s' is too large", tensor->name);
    return zip_writer_open(w->zip, member, bytes, ALIGN, e);
}

int pth_writer_put(struct pth_writer *w, const void *data, size_t size, struct error *e)
{
    return zip_writer_put(w->zip, data, size, e);
}

int pth_writer_end(struct pth_writer *w, struct error *e)
{
    return zip_writer_end(w->zip, e);
}

int pth_writer_commit(struct pth_writer *w, struct error *e)
{
    int rc = add_member(w->zip, "version", "3\n", 2, e); // of torch's archive layout
    if (rc == 0)
        rc = zip_writer_commit(w->zip, e);
    if (rc)
        return rc;
    mem_free(w);
    return 0;
}

void pth_writer_abort(struct pth_writer *w)
{
    if (w)
        zip_writer_abort(w->zip);
    mem_free(w);
}
