// SPDX-License-Identifier: MIT
#include "model/model_file.h"

#include "base/mem.h"
#include "io/json.h"
#include "io/npz.h"
#include "io/pth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define META_MAX 65536

// All layers in torch's orientation, one after the other in one block, with their names.
struct tensors {
    size_t count; // two a layer
    struct pth_tensor tensor[2 * NET_LAYERS_MAX];
    char name[2 * NET_LAYERS_MAX][32];
    float *values;
};

static int tensors_init(struct tensors *t, const struct net *net, struct error *e)
{
    *t = (struct tensors){.count = 2 * net->layers};
    t->values = mem_array(net->parameters, sizeof *t->values);
    if (!t->values)
        return error_nomem(e, "model tensors");
    float *at = t->values;
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *layer = &net->layer[l];
        char *W = t->name[2 * l], *b = t->name[2 * l + 1];
        snprintf(W, sizeof t->name[0], "fc%zu.weight", l + 1);
        snprintf(b, sizeof t->name[0], "fc%zu.bias", l + 1);
        t->tensor[2 * l] = (struct pth_tensor){W, 2, {layer->out, layer->in}, at};
        at += layer->in * layer->out;
        t->tensor[2 * l + 1] = (struct pth_tensor){b, 1, {layer->out, 0}, at};
        at += layer->out;
    }
    return 0;
}

static void tensors_clear(struct tensors *t)
{
    mem_free(t->values);
    t->values = NULL;
}

// The writable place of tensor i.
static float *values_of(const struct tensors *t, size_t i)
{
    return t->values + (t->tensor[i].data - t->values);
}

static int tensors_get(struct tensors *t, const struct net *net, const float *params,
                       struct error *e)
{
    const int rc = tensors_init(t, net, e);
    for (size_t l = 0; rc == 0 && l < net->layers; l++)
        net_get_layer(net, params, l, values_of(t, 2 * l), values_of(t, 2 * l + 1));
    return rc;
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

static int add_tensors(struct npz_writer *w, const struct tensors *t, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < t->count; i++) {
        const struct pth_tensor *tensor = &t->tensor[i];
        const uint64_t shape[2] = {tensor->shape[0], tensor->shape[1]};
        rc = npz_writer_add(
            w, &(struct npz_values){tensor->name, "<f4", tensor->ndim, shape, tensor->data}, e);
    }
    return rc;
}

// The JSON members; of no preparation the text is empty.
struct texts {
    struct buf meta, prep;
};

static int write_members(const char *path, const struct tensors *t, const struct texts *texts,
                         struct error *e)
{
    struct npz_writer *w = npz_writer_begin(path, e);
    int rc = w ? add_tensors(w, t, e) : error_code(e);
    if (rc == 0)
        rc = npz_writer_bytes(w, "meta.json", texts->meta.data, texts->meta.len, e);
    if (rc == 0 && texts->prep.len)
        rc = npz_writer_bytes(w, "prep.json", texts->prep.data, texts->prep.len, e);
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

int model_write_npz(const char *path, const struct net *net, const float *params,
                    const struct model_meta *meta, const struct prep *prep, struct error *e)
{
    struct tensors t = {0};
    struct texts texts;
    buf_init(&texts.meta, META_MAX);
    buf_init(&texts.prep, MODEL_PREP_MAX);
    int rc = meta_text(net, meta, &texts.meta, e);
    if (rc == 0 && prep)
        rc = prep_text(prep, &texts.prep, e);
    if (rc == 0)
        rc = tensors_get(&t, net, params, e);
    if (rc == 0)
        rc = write_members(path, &t, &texts, e);
    buf_clear(&texts.meta);
    buf_clear(&texts.prep);
    tensors_clear(&t);
    return rc;
}

int model_write_pth(const char *path, const struct net *net, const float *params, struct error *e)
{
    struct tensors t;
    int rc = tensors_get(&t, net, params, e);
    if (rc == 0)
        rc = pth_write(path, t.tensor, t.count, e);
    tensors_clear(&t);
    return rc;
}

static int read_tensor(const struct npz *z, const char *path, const struct pth_tensor *tensor,
                       float *values, struct error *e)
{
    struct npz_array a;
    int rc = npz_array(z, tensor->name, &a, e);
    if (rc)
        return rc;
    const bool same = a.info.ndim == tensor->ndim && a.info.shape[0] == tensor->shape[0] &&
                      (tensor->ndim == 1 || a.info.shape[1] == tensor->shape[1]);
    if (!same && tensor->ndim == 1)
        return error_set(e, ERR_MISMATCH, "%s: %s must have shape (%zu,) for this network", path,
                         tensor->name, tensor->shape[0]);
    if (!same)
        return error_set(e, ERR_MISMATCH, "%s: %s must have shape (%zu, %zu) for this network",
                         path, tensor->name, tensor->shape[0], tensor->shape[1]);
    rc = npz_read_f32(z, &a, values, e);
    for (size_t i = 0; rc == 0 && i < a.info.count; i++)
        if (!isfinite(values[i]))
            rc = error_set(e, ERR_DATA, "%s: %s holds NaN or infinite values", path, tensor->name);
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

int model_read_weights(const char *path, const struct net *net, float *params, struct error *e)
{
    struct npz z;
    struct tensors t;
    int rc = npz_open(&z, path, e);
    if (rc)
        return rc;
    rc = tensors_init(&t, net, e);
    for (size_t i = 0; rc == 0 && i < t.count; i++)
        rc = read_tensor(&z, path, &t.tensor[i], values_of(&t, i), e);
    if (rc == 0)
        rc = check_depth(&z, path, net, e);
    for (size_t l = 0; rc == 0 && l < net->layers; l++)
        net_set_layer(net, params, l, values_of(&t, 2 * l), values_of(&t, 2 * l + 1));
    tensors_clear(&t);
    npz_close(&z);
    return rc;
}
