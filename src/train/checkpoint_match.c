// SPDX-License-Identifier: MIT
// Whether a run may go on is not asked of its files but of what they came to: options that shape
// the result (OPT_SHAPES, OPT_DRAWS in the table), the network, digests of data and starting
// weights. So files may move, and a run may come with other threads or ranks. Both sides are
// objects of texts; the first that differs is named. Ranks compare themselves with the root by the
// same texts.
#include "train/checkpoint_match.h"

#include "io/json.h"
#include "io/json_read.h"

#include <string.h>

#define CHECKPOINT_FORMAT 1

// A longer run is the same run continued, unless the schedule looks at its length.
static bool may_differ(const struct fit *f, const char *name)
{
    return strcmp(name, "epochs") == 0 && f->config->schedule != SCHEDULE_COSINE &&
           f->config->schedule != SCHEDULE_ONECYCLE;
}

static int set_text(json_t *object, const char *key, struct buf *value, struct error *e)
{
    buf_puts(value, "");
    int rc = buf_check(value, key, e);
    if (rc == 0 && json_object_set_new(object, key, json_string(value->data)) != 0)
        rc = error_nomem(e, "checkpoint");
    buf_clear(value);
    return rc;
}

static int set_number(json_t *object, const char *key, uint64_t value, struct error *e)
{
    struct buf text;
    buf_init(&text, 64);
    buf_printf(&text, "%llu", (unsigned long long)value);
    return set_text(object, key, &text, e);
}

// Where there are many, which checkpoints of earlier programs, whose batches never had more than
// few, do not say.
static int set_leaves(const struct fit *f, json_t *object, struct error *e)
{
    const size_t leaves = plan_leaves(f->batch_size, f->net->size);
    const size_t val = f->val ? plan_leaves(f->val->n, f->net->size) : 0;
    int rc = 0;
    if (leaves > PLAN_LEAVES_FEW)
        rc = set_number(object, "leaves of a step", leaves, e);
    if (rc == 0 && val > PLAN_LEAVES_FEW)
        rc = set_number(object, "leaves of the validation data", val, e);
    return rc;
}

// The bits of OpenBLAS's products are those of its version and of the kernels that it chose.
static int set_gemm(const struct fit *f, json_t *object, struct error *e)
{
    struct buf text;
    buf_init(&text, sizeof f->gemm->about);
    buf_puts(&text, fit_uses_blas(f) ? f->gemm->about : "own");
    return set_text(object, "matrix products (see --gemm)", &text, e);
}

// Those that the object has are left alone.
static int set_options(const struct train_config *config, json_t *object, struct error *e)
{
    const struct opt_set options = {
        .table = train_options, .count = train_option_count, .target = (void *)(uintptr_t)config};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < options.count; i++) {
        const enum opt_effect effect = options.table[i].effect;
        if (effect != OPT_SHAPES && effect != OPT_DRAWS)
            continue; // changes no number, or what came of it is compared
        if (json_object_get(object, options.table[i].name))
            continue;
        struct buf text;
        buf_init(&text, 4096);
        opt_print(&options, i, &text);
        rc = set_text(object, options.table[i].name, &text, e);
    }
    return rc;
}

// A JSON object of strings, or NULL.
static json_t *describe(const struct fit *f, struct error *e)
{
    json_t *object = json_object();
    int rc = object ? 0 : error_nomem(e, "checkpoint");
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"format", CHECKPOINT_FORMAT},
        {"inputs", f->net->inputs},
        {"outputs", f->net->outputs},
        {"task number", (uint64_t)f->net->task},
        {"fused multiply-add (see SKIFF_CPU)", f->kern->fma},
        {"ranks that divide the network (see --parallel)", f->slice ? dist_ranks(f->dist) : 1},
        {"rows a step", f->batch_size},
        {"shuffling", f->shuffle},
        {"targets scaled (see --scale_target)", f->scale.targets != 0},
        {"training rows", f->train->n},
        {"training data (CRC-32)", f->train_digest},
        {"validation data (CRC-32)", f->val_digest},
        {"starting weights (CRC-32)", f->init_digest},
    };
    for (size_t i = 0; rc == 0 && i < sizeof numbers / sizeof *numbers; i++)
        rc = set_number(object, numbers[i].key, numbers[i].value, e);
    if (rc == 0)
        rc = set_leaves(f, object, e);
    if (rc == 0)
        rc = set_gemm(f, object, e);
    if (rc == 0)
        rc = set_options(f->config, object, e);
    if (rc) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int checkpoint_describe(const struct fit *f, struct buf *out, struct error *e)
{
    json_t *object = describe(f, e);
    if (!object)
        return error_code(e);
    const int rc = json_text(object, out, e);
    json_decref(object);
    return rc;
}

// The first member that differs, or NULL; *was is its text in `theirs`. `lenient` passes over those
// that a continuation may change.
static const char *difference(const struct fit *f, json_t *mine, const json_t *theirs, bool lenient,
                              const char **was)
{
    const char *key;
    json_t *value;
    json_object_foreach(mine, key, value)
    {
        *was = json_string_value(json_object_get(theirs, key));
        if (!*was ||
            (strcmp(*was, json_string_value(value)) != 0 && !(lenient && may_differ(f, key))))
            return key;
    }
    return NULL;
}

// A checkpoint that was written before there was an option knows nothing of it. So what an option
// does by default must be what was done before.
static int add_defaults(json_t *theirs, struct error *e)
{
    static const struct {
        const char *key, *value;
    } others[] = {
        {"ranks that divide the network (see --parallel)", "1"},
        {"matrix products (see --gemm)", "own"},
        {"targets scaled (see --scale_target)", "0"},
    };
    struct train_config defaults;
    struct opt_set options;
    int rc = opt_begin(&options, train_options, train_option_count, &defaults, e);
    if (rc)
        return rc;
    rc = set_options(&defaults, theirs, e);
    for (size_t i = 0; rc == 0 && i < sizeof others / sizeof *others; i++)
        if (!json_object_get(theirs, others[i].key) &&
            json_object_set_new(theirs, others[i].key, json_string(others[i].value)) != 0)
            rc = error_nomem(e, "checkpoint");
    opt_end(&options);
    return rc;
}

int checkpoint_match(const struct fit *f, const char *path, const char *text, struct error *e)
{
    json_t *mine = describe(f, e);
    if (!mine)
        return error_code(e);
    json_t *theirs = json_load(text, strlen(text), 0, NULL);
    int rc = json_is_object(theirs)
                 ? 0
                 : error_set(e, ERR_FORMAT, "%s: run.json is not a JSON object", path);
    if (rc == 0)
        rc = add_defaults(theirs, e);
    const char *was, *key = rc == 0 ? difference(f, mine, theirs, true, &was) : NULL;
    if (key)
        rc = error_set(e, ERR_MISMATCH,
                       "%s: belongs to another run: %s was %s there and is %s here; "
                       "give another --checkpoint_dir or remove it",
                       path, key, was ? was : "absent",
                       json_string_value(json_object_get(mine, key)));
    json_decref(theirs);
    json_decref(mine);
    return rc;
}

int checkpoint_same_run(const struct fit *f, const char *text, struct error *e)
{
    json_t *mine = describe(f, e), *theirs = json_load(text, strlen(text), 0, NULL);
    const char *was, *key = NULL;
    int rc = mine ? 0 : error_code(e);
    if (rc == 0)
        key = difference(f, mine, theirs, false, &was);
    if (key)
        rc = error_set(e, ERR_MISMATCH,
                       "%s is %s here and %s at rank 0; start all ranks with the same options and "
                       "data",
                       key, json_string_value(json_object_get(mine, key)), was ? was : "absent");
    json_decref(theirs);
    json_decref(mine);
    return rc;
}
