// SPDX-License-Identifier: MIT
// Model files, a piece of a tensor at a time. A network may be divided among ranks, so what is
// written comes from a source that all ranks read together: the root puts the pieces into its file,
// the others read along and have none. That is why a failure of the file does not end the reading:
// whoever left would be waited for. What is read goes into a slice, of which a whole network is
// one.
//
// Files have torch's [outputs][inputs], whatever the layout in memory (net.h).
#include "model/model_file.h"

#include "base/crc.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/npz.h"
#include "io/pth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define META_MAX 65536

// Of a tensor at a time, unless a row is longer: rows come from columns of ours, of which a cache
// line should be used while it is there.
#define PIECE_FLOATS (1 << 20)

// All layers in torch's orientation, by their names.
struct tensors {
    size_t count; // two a layer
    struct pth_tensor tensor[2 * NET_LAYERS_MAX];
    char name[2 * NET_LAYERS_MAX][32];
};

static void tensors_init(struct tensors *t, const struct net *net)
{
    *t = (struct tensors){.count = 2 * net->layers};
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *layer = &net->layer[l];
        char *W = t->name[2 * l], *b = t->name[2 * l + 1];
        snprintf(W, sizeof t->name[0], "fc%zu.weight", l + 1);
        snprintf(b, sizeof t->name[0], "fc%zu.bias", l + 1);
        t->tensor[2 * l] = (struct pth_tensor){W, 2, {layer->out, layer->in}};
        t->tensor[2 * l + 1] = (struct pth_tensor){b, 1, {layer->out, 0}};
    }
}

size_t model_piece_floats(const struct net *net)
{
    size_t most = 0;
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *layer = &net->layer[l];
        const size_t all = layer->in * layer->out;
        const size_t some = all < PIECE_FLOATS ? all : PIECE_FLOATS;
        most = some > most ? some : most;
        most = layer->in > most ? layer->in : most;
        most = layer->out > most ? layer->out : most; // biases
    }
    return most;
}

// Where tensors go: one of the writers, or neither. A failure is kept, for the source is read on.
struct sink {
    struct npz_writer *npz;
    struct pth_writer *pth;
    int rc;
    struct error *e;
};

static int open_array(struct npz_writer *w, const struct pth_tensor *tensor, struct error *e)
{
    const uint64_t shape[2] = {tensor->shape[0], tensor->shape[1]};
    return npz_writer_open(w, &(struct npz_values){tensor->name, "<f4", tensor->ndim, shape, NULL},
                           e);
}

static void sink_open(struct sink *to, const struct pth_tensor *tensor)
{
    if (to->rc == 0 && to->npz)
        to->rc = open_array(to->npz, tensor, to->e);
    else if (to->rc == 0 && to->pth)
        to->rc = pth_writer_open(to->pth, tensor, to->e);
}

static void sink_put(struct sink *to, const float *values, size_t count)
{
    if (to->rc == 0 && to->npz)
        to->rc = npz_writer_put(to->npz, values, count * sizeof *values, to->e);
    else if (to->rc == 0 && to->pth)
        to->rc = pth_writer_put(to->pth, values, count * sizeof *values, to->e);
}

static void sink_end(struct sink *to)
{
    if (to->rc == 0 && to->npz)
        to->rc = npz_writer_end(to->npz, to->e);
    else if (to->rc == 0 && to->pth)
        to->rc = pth_writer_end(to->pth, to->e);
}

// All pieces of tensor t from the source into the sink.
static int pump(const struct model_source *source, const struct tensors *tensors, size_t t,
                struct sink *to)
{
    const struct pth_tensor *tensor = &tensors->tensor[t];
    const size_t rows = tensor->shape[0], width = tensor->ndim == 2 ? tensor->shape[1] : 1;
    const size_t most = PIECE_FLOATS / width > 0 ? PIECE_FLOATS / width : 1;
    int rc = 0;
    for (size_t begin = 0, end; rc == 0 && begin < rows; begin = end) {
        end = begin + most < rows ? begin + most : rows;
        rc = source->read(source->context, t, begin, end, source->values, to->e);
        if (rc == 0)
            sink_put(to, source->values, (end - begin) * width);
    }
    return rc;
}

static int pump_all(const struct model_source *source, const struct tensors *tensors,
                    struct sink *to)
{
    int rc = 0;
    for (size_t t = 0; rc == 0 && t < tensors->count; t++) {
        sink_open(to, &tensors->tensor[t]);
        rc = pump(source, tensors, t, to);
        if (rc == 0)
            sink_end(to);
    }
    return rc ? rc : to->rc;
}

// A network that is whole in memory.
struct whole {
    struct slice slice;
    const float *params;
};

static int read_whole(void *context, size_t t, size_t begin, size_t end, float *values,
                      struct error *e)
{
    (void)e;
    const struct whole *w = context;
    const struct net_layer *layer = &w->slice.net->layer[t / 2];
    if (t % 2)
        memcpy(values, w->params + layer->bias + begin, (end - begin) * sizeof *values);
    else
        slice_get_rows(&w->slice, w->params, (struct slice_rows){t / 2, begin, end}, values);
    return 0;
}

static int whole_source(struct model_source *source, struct whole *w, const struct net *net,
                        const float *params, struct error *e)
{
    *source = (struct model_source){.read = read_whole, .context = w};
    w->params = params;
    const int rc = slice_init(&w->slice, net, 0, 1, e);
    if (rc)
        return rc;
    source->values = mem_array(model_piece_floats(net), sizeof *source->values);
    return source->values ? 0 : error_nomem(e, "model tensors");
}

static json_t *layer_sizes(const struct net *net, bool *failed)
{
    json_t *sizes = json_array();
    json_push(sizes, json_integer((json_int_t)net->inputs), failed);
    for (size_t l = 0; l < net->layers; l++)
        json_push(sizes, json_integer((json_int_t)net->layer[l].out), failed);
    return sizes;
}

// meta.json
static int meta_text(const struct net *net, const struct model_meta *meta, struct buf *text,
                     struct error *e)
{
    bool failed = false;
    json_t *root =
        json_pack("{s:s, s:i, s:s, s:o, s:s, s:f, s:s, s:I}", "program", "skiff", "format",
                  MODEL_FORMAT, "version", meta->version, "layers", layer_sizes(net, &failed),
                  "activation", meta->activation, "dropout", net->dropout, "task",
                  net_task_name(net->task), "seed", (json_int_t)meta->seed);
    if (net->task != TASK_REGRESSION)
        json_put(root, "classes", json_integer(net->outputs == 1 ? 2 : (json_int_t)net->outputs),
                 &failed);
    const int rc = failed ? error_nomem(e, "meta.json") : json_text(root, text, e);
    json_decref(root);
    return rc;
}

// The JSON members; of no preparation the text is empty.
struct texts {
    struct buf meta, prep;
};

static int describe(struct texts *t, const struct net *net, const struct model_meta *meta,
                    const struct prep *prep, struct error *e)
{
    const int rc = meta_text(net, meta, &t->meta, e);
    return rc == 0 && prep ? prep_text(prep, &t->prep, e) : rc;
}

static int end_npz(struct npz_writer *w, const struct texts *texts, struct error *e)
{
    int rc = npz_writer_bytes(w, "meta.json", texts->meta.data, texts->meta.len, e);
    if (rc == 0 && texts->prep.len)
        rc = npz_writer_bytes(w, "prep.json", texts->prep.data, texts->prep.len, e);
    return rc ? rc : npz_writer_commit(w, e);
}

int model_store_npz(const char *path, const struct net *net, const struct model_source *source,
                    const struct model_meta *meta, const struct prep *prep, struct error *e)
{
    struct tensors t;
    struct texts texts;
    struct sink to = {.e = e};
    tensors_init(&t, net);
    buf_init(&texts.meta, META_MAX);
    buf_init(&texts.prep, MODEL_PREP_MAX);
    to.rc = path ? describe(&texts, net, meta, prep, e) : 0;
    to.npz = path && to.rc == 0 ? npz_writer_begin(path, e) : NULL;
    if (path && to.rc == 0 && !to.npz)
        to.rc = error_code(e);
    int rc = pump_all(source, &t, &to);
    if (to.npz && rc == 0)
        rc = end_npz(to.npz, &texts, e);
    if (rc)
        npz_writer_abort(to.npz);
    buf_clear(&texts.meta);
    buf_clear(&texts.prep);
    return rc;
}

int model_store_pth(const char *path, const struct net *net, const struct model_source *source,
                    struct error *e)
{
    struct tensors t;
    tensors_init(&t, net);
    struct sink to = {.pth = path ? pth_writer_begin(path, t.tensor, t.count, e) : NULL, .e = e};
    to.rc = path && !to.pth ? error_code(e) : 0;
    int rc = pump_all(source, &t, &to);
    if (to.pth && rc == 0)
        rc = pth_writer_commit(to.pth, e);
    if (rc)
        pth_writer_abort(to.pth);
    return rc;
}

int model_write_npz(const char *path, const struct net *net, const float *params,
                    const struct model_meta *meta, const struct prep *prep, struct error *e)
{
    struct whole whole;
    struct model_source source;
    int rc = whole_source(&source, &whole, net, params, e);
    if (rc == 0)
        rc = model_store_npz(path, net, &source, meta, prep, e);
    mem_free(source.values);
    return rc;
}

int model_write_pth(const char *path, const struct net *net, const float *params, struct error *e)
{
    struct whole whole;
    struct model_source source;
    int rc = whole_source(&source, &whole, net, params, e);
    if (rc == 0)
        rc = model_store_pth(path, net, &source, e);
    mem_free(source.values);
    return rc;
}

// Does the array have the tensor's shape?
static int check_shape(const struct npz_array *a, const char *path, const struct pth_tensor *tensor,
                       struct error *e)
{
    const bool same = a->info.ndim == tensor->ndim && a->info.shape[0] == tensor->shape[0] &&
                      (tensor->ndim == 1 || a->info.shape[1] == tensor->shape[1]);
    if (!same && tensor->ndim == 1)
        return error_set(e, ERR_MISMATCH, "%s: %s must have shape (%zu,) for this network", path,
                         tensor->name, tensor->shape[0]);
    if (!same)
        return error_set(e, ERR_MISMATCH, "%s: %s must have shape (%zu, %zu) for this network",
                         path, tensor->name, tensor->shape[0], tensor->shape[1]);
    return 0;
}

// An archive's weights on their way into a slice of a network.
struct reading {
    const char *path;
    struct npz z;
    struct tensors tensors;
    const struct slice *slice;
    float *params;
    uint32_t digest; // of all values so far
};

static int put_rows(struct reading *r, size_t t, struct par_range rows, const float *values,
                    struct error *e)
{
    const struct pth_tensor *tensor = &r->tensors.tensor[t];
    const size_t width = tensor->ndim == 2 ? tensor->shape[1] : 1;
    const struct slice_rows at = {t / 2, rows.begin, rows.end};
    for (size_t i = 0; i < (rows.end - rows.begin) * width; i++)
        if (!isfinite(values[i]))
            return error_set(e, ERR_DATA, "%s: %s holds NaN or infinite values", r->path,
                             tensor->name);
    r->digest = crc_update(r->digest, values, (rows.end - rows.begin) * width * sizeof *values);
    if (t % 2)
        slice_set_biases(r->slice, r->params, at, values);
    else
        slice_set_rows(r->slice, r->params, at, values);
    return 0;
}

// In pieces of at most `most` rows, through `values`.
static int stream_rows(struct reading *r, const struct npz_array *a, size_t t, size_t most,
                       float *values, struct error *e)
{
    const struct pth_tensor *tensor = &r->tensors.tensor[t];
    const size_t rows = tensor->shape[0], width = tensor->ndim == 2 ? tensor->shape[1] : 1;
    struct npz_stream *s = npz_stream_open(&r->z, a, e);
    int rc = s ? 0 : error_code(e);
    for (size_t begin = 0, end; rc == 0 && begin < rows; begin = end) {
        end = begin + most < rows ? begin + most : rows;
        rc = npz_stream_read_f32(s, (end - begin) * width, values, e);
        if (rc == 0)
            rc = put_rows(r, t, (struct par_range){begin, end}, values, e);
    }
    if (rc == 0)
        rc = npz_stream_finish(s, e);
    npz_stream_close(s);
    return rc;
}

// Only what lies in another order has to be whole.
static int read_tensor(struct reading *r, size_t t, struct error *e)
{
    const struct pth_tensor *tensor = &r->tensors.tensor[t];
    const size_t rows = tensor->shape[0], width = tensor->ndim == 2 ? tensor->shape[1] : 1;
    struct npz_array a;
    int rc = npz_array(&r->z, tensor->name, &a, e);
    if (rc == 0)
        rc = check_shape(&a, r->path, tensor, e);
    if (rc)
        return rc;
    const bool pieces = npy_c_order(&a.info);
    const size_t least = PIECE_FLOATS / width > 0 ? PIECE_FLOATS / width : 1;
    const size_t most = pieces && least < rows ? least : rows;
    float *values = mem_array(most * width, sizeof *values);
    if (!values)
        return error_nomem(e, "model tensors");
    if (pieces)
        rc = stream_rows(r, &a, t, most, values, e);
    else
        rc = npz_read_f32(&r->z, &a, values, e);
    if (rc == 0 && !pieces)
        rc = put_rows(r, t, (struct par_range){0, rows}, values, e);
    mem_free(values);
    return rc;
}

// Layers beyond the last mean that the file is of a deeper network.
static int check_depth(const struct npz *z, const char *path, const struct net *net,
                       struct error *e)
{
    char name[32];
    snprintf(name, sizeof name, "fc%zu.weight", net->layers + 1);
    if (!npz_has(z, name))
        return 0;
    return error_set(e, ERR_MISMATCH, "%s: has %s, but this network has %zu layers", path, name,
                     net->layers);
}

int model_read_slice(const char *path, const struct slice *slice, float *params, uint32_t *digest,
                     struct error *e)
{
    struct reading r = {.path = path, .slice = slice, .params = params};
    int rc = npz_open(&r.z, path, e);
    if (rc)
        return rc;
    tensors_init(&r.tensors, slice->net);
    for (size_t t = 0; rc == 0 && t < r.tensors.count; t++)
        rc = read_tensor(&r, t, e);
    if (rc == 0)
        rc = check_depth(&r.z, path, slice->net, e);
    *digest = r.digest;
    npz_close(&r.z);
    return rc;
}

int model_read_weights(const char *path, const struct net *net, float *params, struct error *e)
{
    struct slice whole;
    uint32_t digest;
    const int rc = slice_init(&whole, net, 0, 1, e);
    return rc ? rc : model_read_slice(path, &whole, params, &digest, e);
}
