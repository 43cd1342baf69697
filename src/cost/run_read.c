// SPDX-License-Identifier: MIT
// One record becomes one run. Whatever is there must make sense (no negative seconds, no cluster of
// zero machines): a figure that is wrong would be multiplied by a price and believed.
#include "cost/run_read.h"

#include "base/mem.h"
#include "cost/run_inner.h"
#include "io/json_at.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_MAX   1e9 // thirty years
#define INSTANCES_MAX 1e5

static int take_seconds(struct cost_run *r, const char *where, struct error *e)
{
    const json_t *root = r->source->root;
    for (int p = 0; p < COST_PHASES; p++) {
        r->seconds[p] = json_number_at(json_at(root, "seconds"), cost_phase_name[p]);
        if (r->seconds[p] < 0 || r->seconds[p] > SECONDS_MAX)
            return error_set(e, ERR_DATA, "%s: seconds.%s is %g, which no run takes", where,
                             cost_phase_name[p], r->seconds[p]);
    }
    r->billable = json_number_at(root, "seconds.billable");
    if (r->billable < 0 || r->billable > SECONDS_MAX * INSTANCES_MAX)
        return error_set(e, ERR_DATA, "%s: seconds.billable is %g, which nobody bills", where,
                         r->billable);
    r->billable_derived = isnan(r->billable);
    if (r->billable_derived)
        r->billable = ceil(r->seconds[COST_TOTAL]) * (double)r->instances;
    return 0;
}

static int take_instance(struct cost_run *r, const char *where, struct error *e)
{
    const json_t *root = r->source->root, *count = json_at(root, "instance.count");
    r->instance = json_text_at(root, "instance.type");
    r->instance_source = json_text_at(root, "instance.source");
    r->instances = 1;
    if (!count || json_is_null(count))
        return 0;
    r->instances = json_count_at(root, "instance.count");
    if (r->instances < 1 || (double)r->instances > INSTANCES_MAX)
        return error_set(e, ERR_DATA, "%s: instance.count must be a whole number from 1 to %g",
                         where, INSTANCES_MAX);
    return 0;
}

static const char *text_or(const char *text, const char *other)
{
    return text ? text : other;
}

static void take_machine(struct cost_run *r)
{
    const json_t *root = r->source->root;
    r->program = text_or(json_text_at(root, "program"), "unknown");
    r->published = json_is_true(json_at(root, "published"));
    r->citation = json_text_at(root, "citation");
    r->note = json_text_at(root, "note");
    // records of before there was a choice
    r->device = text_or(json_text_at(root, "device.kind"), r->published ? NULL : "cpu");
    r->device_name = text_or(json_text_at(root, "device.name"), json_text_at(root, "machine.cpu"));
    r->cpu_level = json_text_at(root, "machine.cpu_level");
    r->threads = json_count_at(root, "machine.threads");
    r->ranks = json_count_at(root, "machine.ranks");
    const double joules = json_number_at(root, "energy.joules");
    r->joules = joules >= 0 ? joules : NAN;
}

static void take_work(struct cost_run *r)
{
    const json_t *root = r->source->root;
    r->task = json_text_at(root, "training.task");
    r->rows = json_count_at(root, "data.train_rows");
    r->val_rows = json_count_at(root, "data.val_rows");
    r->features = json_count_at(root, "data.features");
    r->parameters = json_count_at(root, "training.parameters");
    r->epochs = json_count_at(root, "training.epochs");
    r->batch_size = json_count_at(root, "training.batch_size");
    r->batch_option = json_number_at(root, "options.batch_size");
    r->hidden = json_text_at(root, "options.hidden");
}

// They go into tables, messages and pages.
static int check_texts(const struct cost_run *r, const char *where, struct error *e)
{
    const char *const texts[] = {r->program, r->instance, r->instance_source, r->citation,
                                 r->note,    r->device,   r->device_name,     r->cpu_level,
                                 r->task,    r->hidden,   r->setting};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (const char *c = texts[i]; c && *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return error_set(e, ERR_DATA, "%s: control characters in '%.60s'", where, texts[i]);
    return 0;
}

// NULL for a text of blanks only.
static const char *shown(const char *text)
{
    return text && text[strspn(text, " \t\r\n")] ? text : NULL;
}

// Texts of the run that are not the record's own.
static int take_texts(struct cost_run *r, const struct run_place *at, struct error *e)
{
    struct run_source *s = r->source;
    s->name = mem_strdup(text_or(shown(json_text_at(s->root, "name")), at->name));
    s->path = mem_strdup(at->where);
    s->setting = run_setting(json_at(s->root, "options"));
    if (!s->name || !s->path || !s->setting)
        return error_nomem(e, at->where);
    error_one_line(s->name); // for tables
    r->name = s->name;
    r->path = s->path;
    r->setting = s->setting;
    return 0;
}

static int fill(struct cost_run *r, const struct run_place *at, struct error *e)
{
    json_t *root = r->source->root;
    if (!json_is_object(json_at(root, "seconds")))
        return error_set(e, ERR_FORMAT, "%s: is no record of a run: it has no 'seconds'",
                         at->where);
    int rc = take_texts(r, at, e);
    if (rc)
        return rc;
    take_machine(r);
    take_work(r);
    rc = run_take_metrics(r, root, at->where, e);
    if (rc == 0)
        rc = take_instance(r, at->where, e);
    if (rc == 0)
        rc = take_seconds(r, at->where, e);
    if (rc == 0)
        rc = check_texts(r, at->where, e);
    json_object_del(root, "metrics"); // which may be large, and have been taken
    return rc;
}

// Steals the reference; NULL without memory.
static struct run_source *source_new(json_t *root)
{
    struct run_source *s = mem_zalloc(sizeof *s);
    if (s)
        s->root = root;
    else
        json_decref(root);
    return s;
}

static void source_free(struct run_source *s)
{
    if (!s)
        return;
    mem_free(s->name);
    mem_free(s->path);
    mem_free(s->setting);
    json_decref(s->root);
    mem_free(s);
}

static void clear_run(struct cost_run *r)
{
    history_clear(&r->history);
    source_free(r->source);
}

// A copy of a record, in whatever file: no two runs end in the same second and take as long to the
// last digit.
static bool is_same_run(const struct cost_run *a, const struct cost_run *b)
{
    const json_t *one = a->source->root, *two = b->source->root;
    const char *x = json_text_at(one, "written"), *y = json_text_at(two, "written");
    return a->seconds[COST_TOTAL] == b->seconds[COST_TOTAL] && x && y && strcmp(x, y) == 0 &&
           json_equal(json_at(one, "seconds"), json_at(two, "seconds"));
}

// A run that counted twice would look like two that agree.
static int check_new(const struct cost_runs *runs, const struct cost_run *r, struct error *e)
{
    for (size_t i = 0; i < runs->count; i++)
        if (is_same_run(&runs->item[i], r))
            return error_set(e, ERR_USAGE,
                             "%s: holds the same run as %.200s; a run counts once, leave one away",
                             r->path, runs->item[i].path);
    return 0;
}

static int reserve(struct cost_runs *runs, const char *where, struct error *e)
{
    if (runs->count == COST_RUNS_MAX)
        return error_set(e, ERR_LIMIT, "%s: more than %d runs", where, COST_RUNS_MAX);
    if (runs->count < runs->cap)
        return 0;
    const size_t cap = runs->cap ? 2 * runs->cap : 16;
    struct cost_run *item = mem_realloc(runs->item, cap * sizeof *item);
    if (!item)
        return error_nomem(e, where);
    runs->item = item;
    runs->cap = cap;
    return 0;
}

int run_append(struct cost_runs *runs, json_t *root, const struct run_place *at, struct error *e)
{
    struct cost_run r = {.source = source_new(root)};
    int rc = r.source ? reserve(runs, at->where, e) : error_nomem(e, at->where);
    if (rc == 0)
        rc = fill(&r, at, e);
    if (rc == 0)
        rc = check_new(runs, &r, e);
    if (rc)
        clear_run(&r);
    else
        runs->item[runs->count++] = r;
    return rc;
}

void cost_runs_clear(struct cost_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        clear_run(&runs->item[i]);
    mem_free(runs->item);
    *runs = (struct cost_runs){0};
}
