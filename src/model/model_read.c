// SPDX-License-Identifier: MIT
// A model.npz read back: meta.json says what the network is, the arrays must agree with it. Only
// then is memory taken, so that a made-up file costs no more than its arrays, which may be
// deflated. prep.json may be missing: then the model knows features only.
#include "base/mem.h"
#include "io/json_read.h"
#include "io/npz.h"
#include "model/model_file.h"

#include <stdio.h>
#include <string.h>

#define META_MAX  (1 << 20)
#define WIDTH_MAX ((json_int_t)1 << 32) // units of a layer

static int bad_meta(const char *path, const char *what, struct error *e)
{
    return error_set(e, ERR_FORMAT, "%s: meta.json: %s; the file is damaged or was changed by hand",
                     path, what);
}

// The archive is no model.npz: say what it is, where that can be seen.
static int not_a_model(const struct npz *z, struct error *e)
{
    static const char pickle[] = "/data.pkl";
    for (size_t i = 0; i < z->zip.count; i++) {
        const char *name = z->zip.members[i].name;
        const size_t len = strlen(name), end = strlen(pickle);
        if (len > end && strcmp(name + len - end, pickle) == 0)
            return error_set(e, ERR_UNSUPPORTED,
                             "%s: a torch state dict, which does not say what the network is; "
                             "give the model.npz that skiff train writes beside it",
                             z->path);
    }
    return error_set(e, ERR_NOTFOUND,
                     "%s: has no meta.json, so it is no model; skiff train writes model.npz",
                     z->path);
}

// Index of the word in a NULL-terminated list, or -1.
static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (word && strcmp(words[i], word) == 0)
            return i;
    return -1;
}

// [inputs, hidden ..., outputs]
static int read_layers(const json_t *layers, const char *path, struct net_spec *spec,
                       struct opt_sizes *hidden, struct error *e)
{
    const size_t count = json_array_size(layers);
    if (count < 2 || count > OPT_SIZES_MAX + 2)
        return bad_meta(path, "layers is no list of 2 to 34 sizes", e);
    for (size_t i = 0; i < count; i++) {
        const json_t *size = json_array_get(layers, i);
        const json_int_t value = json_integer_value(size);
        if (!json_is_integer(size) || value < 1 || value > WIDTH_MAX)
            return bad_meta(path, "layers holds what is no size", e);
        if (i == 0)
            spec->inputs = (size_t)value;
        else if (i + 1 == count)
            spec->outputs = (size_t)value;
        else
            hidden->value[hidden->count++] = (size_t)value;
    }
    return 0;
}

static int read_meta(const json_t *root, const char *path, struct net_spec *spec,
                     struct opt_sizes *hidden, struct error *e)
{
    const json_t *program = json_object_get(root, "program");
    const json_t *format = json_object_get(root, "format");
    if (!json_is_string(program) || strcmp(json_string_value(program), "skiff") != 0 ||
        !json_is_integer(format) || json_integer_value(format) < 1)
        return bad_meta(path, "does not say that skiff wrote it", e);
    if (json_integer_value(format) > MODEL_FORMAT)
        return error_set(e, ERR_UNSUPPORTED,
                         "%s: written by a newer skiff (format %lld); this one reads format %d; "
                         "take the newer one, or train with this one",
                         path, (long long)json_integer_value(format), MODEL_FORMAT);
    const int act =
        find_word(net_act_words, json_string_value(json_object_get(root, "activation")));
    const int task = find_word(net_task_words, json_string_value(json_object_get(root, "task")));
    if (act < 0)
        return bad_meta(path, "its activation is unknown", e);
    if (task <= TASK_AUTO)
        return bad_meta(path, "its task is unknown", e);
    spec->hidden = hidden;
    spec->act = (enum kern_act)(ACT_RELU + act);
    spec->task = (enum net_task)task;
    const int rc = read_layers(json_object_get(root, "layers"), path, spec, hidden, e);
    if (rc == 0 && ((task == TASK_BINARY && spec->outputs != 1) ||
                    (task == TASK_MULTICLASS && spec->outputs < 2)))
        return bad_meta(path, "its layers do not fit its task", e);
    return rc;
}

int model_parse_meta(const char *path, const void *text, size_t size, struct net_spec *spec,
                     struct opt_sizes *hidden, struct error *e)
{
    json_error_t why;
    json_t *root = json_load(text, size, JSON_REJECT_DUPLICATES, &why);
    *spec = (struct net_spec){0};
    *hidden = (struct opt_sizes){0};
    int rc = 0;
    if (!root && json_no_memory(&why))
        rc = error_nomem(e, path);
    else if (!root)
        rc = error_set(e, ERR_FORMAT, "%s: meta.json: not valid JSON: %.120s", path, why.text);
    else if (!json_is_object(root))
        rc = bad_meta(path, "is no JSON object", e);
    if (rc == 0)
        rc = read_meta(root, path, spec, hidden, e);
    json_decref(root);
    return rc;
}

static int load_meta(const struct npz *z, struct net_spec *spec, struct opt_sizes *hidden,
                     struct error *e)
{
    if (!zip_find(&z->zip, "meta.json"))
        return not_a_model(z, e);
    struct buf text;
    buf_init(&text, META_MAX);
    int rc = npz_read_bytes(z, "meta.json", &text, e);
    if (rc == 0)
        rc = model_parse_meta(z->path, text.data ? text.data : "", text.len, spec, hidden, e);
    buf_clear(&text);
    return rc;
}

// npz_header or npz_array.
typedef int look(const struct npz *z, const char *name, struct npz_array *a, struct error *e);

static int check_array(const struct npz *z, look *look_at, const char *name, size_t ndim,
                       const uint64_t *shape, struct error *e)
{
    struct npz_array a;
    const int rc = look_at(z, name, &a, e);
    if (rc)
        return rc;
    if (a.info.ndim == ndim && memcmp(a.info.shape, shape, ndim * sizeof *shape) == 0)
        return 0;
    char has[128];
    npy_print_shape(&a.info, has, sizeof has);
    return error_set(e, ERR_MISMATCH, "%s: %s has shape %s, but meta.json says otherwise", z->path,
                     name, has);
}

// The arrays have the sizes that meta.json claims.
static int check_arrays(const struct npz *z, look *look_at, const struct net_spec *spec,
                        struct error *e)
{
    const size_t layers = spec->hidden->count + 1;
    size_t in = spec->inputs;
    int rc = 0;
    for (size_t l = 0; rc == 0 && l < layers; l++) {
        const size_t out = l + 1 < layers ? spec->hidden->value[l] : spec->outputs;
        const uint64_t shape[] = {out, in};
        char name[32];
        snprintf(name, sizeof name, "fc%zu.weight", l + 1);
        rc = check_array(z, look_at, name, 2, shape, e);
        snprintf(name, sizeof name, "fc%zu.bias", l + 1);
        if (rc == 0)
            rc = check_array(z, look_at, name, 1, shape, e);
        in = out;
    }
    return rc;
}

int model_check_prep(const struct net *net, const struct prep *prep, const char *name,
                     struct error *e)
{
    static const char *const tasks[] = {"binary", "multiclass", "regression"};
    static const enum net_task task_of[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    const struct prep_target *t = &prep->target;
    if (prep->features != net->inputs)
        return error_set(e, ERR_MISMATCH,
                         "%s: makes %zu features of a row, but the network takes %zu", name,
                         prep->features, net->inputs);
    if (!t->name)
        return 0;
    if (task_of[t->task] != net->task)
        return error_set(e, ERR_MISMATCH,
                         "%s: its target '%s' is for a %s task, but this is a %s network", name,
                         t->name, tasks[t->task], net_task_name(net->task));
    const size_t outputs = t->task == PREP_MULTICLASS ? t->classes : 1;
    if (outputs != net->outputs)
        return error_set(e, ERR_MISMATCH,
                         "%s: its target '%s' wants %zu outputs, but the network has %zu", name,
                         t->name, outputs, net->outputs);
    if (t->task == PREP_BINARY && t->classes != 2)
        return error_set(e, ERR_MISMATCH, "%s: its target '%s' has %zu classes for a binary task",
                         name, t->name, t->classes);
    return 0;
}

static int load_prep(const struct npz *z, struct model *m, struct error *e)
{
    if (!zip_find(&z->zip, "prep.json"))
        return 0;
    struct buf text;
    buf_init(&text, MODEL_PREP_MAX);
    int rc = npz_read_bytes(z, "prep.json", &text, e);
    if (rc == 0 && !(m->prep = mem_zalloc(sizeof *m->prep)))
        rc = error_nomem(e, "the preparation");
    if (rc == 0) {
        rc = prep_parse(m->prep, "prep.json", text.data ? text.data : "", text.len, e);
        if (rc == 0)
            rc = model_check_prep(&m->net, m->prep, "prep.json", e);
        error_prefix(e, rc, "%s", z->path);
    }
    buf_clear(&text);
    return rc;
}

// npz_open would say how to make a table for training of it.
static int check_archive(const char *path, struct error *e)
{
    struct source s;
    char start[2] = "";
    int rc = source_open(&s, path, e);
    if (rc)
        return rc;
    if (s.size >= sizeof start)
        rc = source_read(&s, 0, start, sizeof start, e);
    if (rc == 0 && memcmp(start, "PK", sizeof start) != 0)
        rc = error_set(e, ERR_FORMAT,
                       "%s: no zip archive, so it is no model; skiff train writes "
                       "model.npz",
                       path);
    source_close(&s);
    return rc;
}

// Zeros deflate to a thousandth: what a small file holds may still be more than the machine. Read
// are all parameters, and then put into their places.
static int check_memory(const struct net *net, const char *path, struct error *e)
{
    const double bytes = sizeof(float) * ((double)net->parameters + (double)net->size);
    const double memory = (double)mem_physical();
    if (memory == 0 || bytes < memory)
        return 0;
    return error_set(e, ERR_LIMIT,
                     "%s: a network of %.3g parameters needs %.3g GB to be read and this machine "
                     "has %.3g GB",
                     path, (double)net->parameters, bytes / 1e9, memory / 1e9);
}

static int load_net(const struct npz *z, struct model *m, struct error *e)
{
    struct net_spec spec;
    struct opt_sizes hidden;
    int rc = load_meta(z, &spec, &hidden, e);
    if (rc == 0)
        rc = check_arrays(z, npz_header, &spec, e);
    if (rc == 0)
        rc = net_init(&m->net, &spec, e);
    if (rc == 0)
        rc = check_memory(&m->net, z->path, e);
    return rc ? rc : check_arrays(z, npz_array, &spec, e); // what is small enough is proved
}

int model_read_npz(struct model *m, const char *path, struct error *e)
{
    *m = (struct model){0};
    struct npz z;
    int rc = check_archive(path, e);
    if (rc == 0)
        rc = npz_open(&z, path, e);
    if (rc)
        return rc;
    rc = load_net(&z, m, e);
    if (rc == 0)
        rc = load_prep(&z, m, e);
    npz_close(&z);
    if (rc == 0) {
        m->params = mem_aligned(m->net.size, sizeof *m->params);
        rc = m->params ? model_read_weights(path, &m->net, m->params, e)
                       : error_nomem(e, "the model");
    }
    if (rc)
        model_clear(m);
    return rc;
}

void model_clear(struct model *m)
{
    if (m->prep)
        prep_clear(m->prep);
    mem_free(m->prep);
    mem_free(m->params);
    *m = (struct model){0};
}
