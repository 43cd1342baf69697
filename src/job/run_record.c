// SPDX-License-Identifier: MIT
// A function a member of run.json, each of which gives NULL when memory failed anywhere in it; the
// last json_pack then fails as a whole.
#include "job/run_record.h"

#include "base/clock.h"
#include "base/mem.h"
#include "io/json.h"
#include "job/channel_parts.h"
#include "job/shards.h"
#include "kern/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_FORMAT 1
#define TEXT_MAX      ((size_t)1 << 20) // of an option's value: of a configuration file

// Largest resident memory of this process so far in bytes (VmHWM), or 0 when unknown.
static uint64_t peak_memory(void)
{
    char line[256];
    uint64_t kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtoull(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kilobytes * 1024;
}

static json_t *option_value(const struct opt_set *s, size_t i)
{
    const struct opt *o = &s->table[i];
    const char *from = (const char *)s->target + o->offset;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    json_t *value = NULL;
    switch (o->type) {
    case OPT_INT:
    case OPT_SEED:
        return json_integer(*(const int64_t *)(const void *)from);
    case OPT_FLOAT:
        return json_real(*(const double *)(const void *)from);
    case OPT_BOOL:
        return json_boolean(*(const bool *)(const void *)from);
    case OPT_TEXT:
        if (!*(char *const *)(const void *)from)
            return json_null();
        break;
    default:
        break;
    }
    if (opt_print(s, i, &text) == 0)
        value = json_any_text(text.data);
    buf_clear(&text);
    return value;
}

// Each of these is NULL when memory failed anywhere in it.
static json_t *whole(json_t *value, bool failed)
{
    if (!failed)
        return value;
    json_decref(value);
    return NULL;
}

// Paths of a job that mean nothing afterwards: of a file in memory, of an empty shard.
static json_t *named(const struct channel_parts *parts, json_t *value)
{
    const char *path = parts ? json_string_value(value) : NULL;
    if (path && strcmp(path, SHARDS_NONE) == 0) {
        json_decref(value);
        return json_null();
    }
    char *name = path ? channel_parts_name(parts, path) : NULL;
    if (!name)
        return value;
    json_decref(value);
    value = json_any_text(name);
    mem_free(name);
    return value;
}

static json_t *options(const struct train_config *config, const struct channel_parts *parts)
{
    const struct opt_set s = {
        .table = train_options, .count = train_option_count, .target = (void *)(uintptr_t)config};
    json_t *object = json_object();
    bool failed = false;
    for (size_t i = 0; i < s.count; i++)
        json_put(object, s.table[i].name, named(parts, option_value(&s, i)), &failed);
    return whole(object, failed);
}

static json_t *command(const char *const *argv)
{
    json_t *list = json_array();
    bool failed = false;
    for (size_t i = 0; argv && argv[i]; i++)
        json_push(list, json_any_text(argv[i]), &failed);
    return whole(list, failed);
}

// As the ranks have found it; what `skiff plan` may be told.
static json_t *network(const struct dist *ranks)
{
    if (dist_ranks(ranks) == 1)
        return json_null();
    const struct dist_network n = dist_network(ranks);
    return json_pack("{s:f, s:f, s:f}", "latency_us", 1e6 * n.latency, "mbit", 8e-6 * n.bandwidth,
                     "message_us", 1e6 * n.message);
}

static json_t *machine(const struct run_record *r)
{
    char host[256] = "", model[128];
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    cpu_model(model, sizeof model);
    const struct fit *f = r->fit;
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:o}", "host", host, "cpu", model,
                     "cpu_level", f->kern->name, "gemm", fit_uses_blas(f) ? "blas" : "own",
                     "openblas", f->gemm->about[0] ? f->gemm->about : NULL, "cores",
                     (json_int_t)cpu_count(), "threads", (json_int_t)r->threads, "ranks",
                     (json_int_t)dist_ranks(f->dist), "network", network(f->dist));
}

static json_t *versions(void)
{
    return json_pack("{s:s, s:s, s:s}", "skiff", PACKAGE_VERSION, "compiler", __VERSION__,
                     "jansson", JANSSON_VERSION);
}

// Where paths that are relative begin.
static json_t *folder(void)
{
    char path[4096];
    return getcwd(path, sizeof path) ? json_any_text(path) : json_null();
}

static json_t *data(const struct run_record *r)
{
    const struct fit *f = r->fit;
    return json_pack("{s:I, s:I, s:I, s:I}", "train_rows", (json_int_t)f->train->n, "val_rows",
                     (json_int_t)(f->val ? f->val->n : 0), "test_rows",
                     (json_int_t)(r->test ? r->test->n : 0), "features", (json_int_t)f->train->d);
}

// How columns became features, and rows were divided; the rest is in the model's prep.json.
static json_t *preparation(const struct prep *p)
{
    if (!p)
        return json_null();
    const struct prep_split *s = &p->split;
    return json_pack("{s:I, s:I, s:o, s:s, s:f, s:I, s:b, s:b, s:I, s:I, s:I}", "columns",
                     (json_int_t)p->columns, "features", (json_int_t)p->features, "target",
                     json_any_text(p->target.name), "fit_on", s->fit_on_all ? "all" : "train",
                     "test_size", s->test_size, "random_state", (json_int_t)s->random_state,
                     "stratify", s->stratify, "shuffle", s->shuffle, "rows", (json_int_t)s->rows,
                     "train_rows", (json_int_t)s->train_rows, "test_rows",
                     (json_int_t)s->test_rows);
}

// What came before this process it cannot know: pulling the image, files that the platform fetched.
static json_t *seconds(const struct run_record *r)
{
    const struct run_seconds *s = r->seconds;
    const double age = s->age > s->total ? s->age : s->total;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:n, s:I}", "start", s->start, "load",
                     s->load, "train", s->train, "evaluate", s->evaluate, "save", s->save, "total",
                     s->total, "download", s->download > 0 ? json_real(s->download) : json_null(),
                     "image", "billable", (json_int_t)instance_billable(age, r->instance->count));
}

static json_t *instance(const struct instance *i)
{
    return json_pack("{s:o, s:s?, s:I}", "type", i->type ? json_any_text(i->type) : json_null(),
                     "source", instance_source_name(i->source), "count", (json_int_t)i->count);
}

static json_t *device(void)
{
    char model[128];
    cpu_model(model, sizeof model);
    return json_pack("{s:s, s:s}", "kind", "cpu", "name", model);
}

static json_t *energy(const struct run_record *r)
{
    if (!r->energy)
        return json_null();
    struct buf domains;
    buf_init(&domains, TEXT_MAX);
    json_t *object = NULL;
    if (energy_domains(r->energy, &domains) == 0)
        object = json_pack("{s:f, s:o, s:s}", "joules", r->joules, "domain",
                           json_any_text(domains.data), "source", "rapl");
    buf_clear(&domains);
    return object;
}

// The columns of one epoch that this run has.
static json_t *epoch_row(const struct fit *f, uint64_t epoch)
{
    if (epoch == 0 || epoch > f->history.count)
        return json_null();
    json_t *object = json_pack("{s:I}", "epoch", (json_int_t)epoch);
    bool failed = false;
    for (int c = 0; c < HISTORY_COLUMNS; c++)
        if (history_has_column(f->net->task, f->val != NULL, (enum history_column)c))
            json_put(object, history_column_name((enum history_column)c),
                     json_number_or_null(f->history.row[epoch - 1].value[c]), &failed);
    return whole(object, failed);
}

static json_t *training(const struct fit *f)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:o, s:o}", "task",
                     net_task_name(f->net->task), "parameters", (json_int_t)f->net->parameters,
                     "batch_size", (json_int_t)f->batch_size, "epochs", (json_int_t)f->state.epoch,
                     "steps", (json_int_t)f->optim.step, "monitor", history_column_name(f->monitor),
                     "final", epoch_row(f, f->state.epoch), "best",
                     epoch_row(f, f->state.best_epoch));
}

static json_t *record(const struct run_record *r)
{
    char now[32];
    clock_utc(now);
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                     "s:o, s:O, s:I, "
                     "s:s}",
                     "program", "skiff", "format", RECORD_FORMAT, "written", now, "command",
                     command(r->command), "folder", folder(), "options",
                     options(r->config, r->parts), "seed", (json_int_t)r->config->seed, "versions",
                     versions(), "machine", machine(r), "device", device(), "instance",
                     instance(r->instance), "data", data(r), "preparation", preparation(r->prep),
                     "training", training(r->fit), "seconds", seconds(r), "energy", energy(r),
                     "metrics", r->metrics, "peak_memory_bytes", (json_int_t)peak_memory(), "exit",
                     r->exit);
}

int run_record_write(const struct run_record *r, const char *path, struct error *e)
{
    json_t *root = record(r);
    const int rc = json_write(root, path, e);
    json_decref(root);
    return rc;
}
