// SPDX-License-Identifier: MIT
// Options are set from the strongest source to the weakest, since opt_assign keeps what a stronger
// one has set: arguments have been read, then come variables, then files, then what is left takes
// the places that the contract names. Paths in files and variables say /opt/ml wherever the tree
// really is.
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/json_read.h"
#include "job/container.h"
#include "job/hyper.h"
#include "job/objective.h"
#include "job/shards.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE     "SM_HP_" // and a name
#define VARIABLE_MAX 80

extern char **environ;

// What the steps below share.
struct setting {
    struct container *k;
    struct opt_set *options;
    const struct container_hooks *hooks;
};

static void note(const struct setting *s, const char *text)
{
    if (s->hooks->note)
        s->hooks->note(s->hooks->context, text);
}

static enum opt_origin origin_of(const struct setting *s, int index)
{
    return (enum opt_origin)s->options->given[index];
}

static int assign(const struct setting *s, const char *option, const char *value,
                  enum opt_origin origin, struct error *e)
{
    return opt_assign(s->options, opt_find(s->options, option), value, origin, option, e);
}

static const char *text_of(const struct setting *s, int index)
{
    return *(char **)(void *)((char *)s->options->target + s->options->table[index].offset);
}

// "SM_HP_BATCH_SIZE=32" -> "batch_size" and "32". Toolkits write names in capitals, and some of
// them leave dashes as they are.
static int add_variable(json_t *object, const char *variable, struct error *e)
{
    char name[VARIABLE_MAX];
    const char *at = variable + strlen(VARIABLE), *equals = strchr(at, '=');
    size_t len = 0;
    for (; equals && at + len < equals && len < sizeof name - 1; len++)
        name[len] = isascii(at[len]) ? (char)tolower(at[len]) : '?';
    if (len == 0)
        return 0;
    name[len] = '\0';
    json_t *value = json_string(equals + 1);
    if (!value)
        return error_set(e, ERR_FORMAT, VARIABLE "%s: not valid UTF-8", name);
    return json_object_set_new(object, name, value) == 0 ? 0 : error_nomem(e, "variables");
}

// SM_HP_<NAME>, which a toolkit makes beside SM_HPS.
static int apply_variables(const struct setting *s, const struct hyper_from *from, struct error *e)
{
    json_t *object = json_object();
    int rc = object ? 0 : error_nomem(e, "variables");
    for (char **v = environ; rc == 0 && *v; v++)
        if (strncmp(*v, VARIABLE, strlen(VARIABLE)) == 0)
            rc = add_variable(object, *v, e);
    if (rc == 0)
        rc = hyper_apply(object, from, s->options, e);
    json_decref(object);
    return rc;
}

// A parameter that decides how the others are read.
static bool wants_strict(const struct setting *s)
{
    const struct train_config *c = s->options->target;
    struct buf text;
    buf_init(&text, 4096);
    bool strict = false;
    if (hyper_decode(json_object_get(s->k->parameters, "strict"), &text) && !text.failed)
        (void)num_parse_bool(text.data, &strict);
    buf_clear(&text);
    return strict || c->strict;
}

int container_parameters(struct container *k, struct opt_set *options,
                         const struct container_hooks *hooks, struct error *e)
{
    const struct setting s = {k, options, hooks};
    struct hyper_from from = {.origin = OPT_ENV,
                              .strict = wants_strict(&s),
                              .elsewhere = k->parameters,
                              .context = hooks->context,
                              .note = hooks->note};
    from.file = "SM_HPS";
    int rc = k->variables ? hyper_apply(k->variables, &from, options, e) : 0;
    from.file = "SM_HP";
    if (rc == 0)
        rc = apply_variables(&s, &from, e);
    from = (struct hyper_from){"hyperparameters.json", OPT_JOB,  from.strict, NULL,
                               from.context,           from.note};
    return rc ? rc : hyper_apply(k->parameters, &from, options, e);
}

static int apply_places(const struct setting *s, struct error *e)
{
    static const struct {
        const char *variable, *option;
    } places[] = {
        {"SM_CHANNEL_TRAIN", "train"},
        {"SM_CHANNEL_TRAINING", "train"},
        {"SM_CHANNEL_VAL", "val"},
        {"SM_CHANNEL_VALIDATION", "val"},
        {"SM_CHANNEL_TEST", "test"},
        {"SM_MODEL_DIR", "model_dir"},
        {"SM_OUTPUT_DATA_DIR", "output_dir"},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof places / sizeof *places; i++) {
        const char *value = getenv(places[i].variable);
        if (value && *value)
            rc = assign(s, places[i].option, value, OPT_ENV, e);
    }
    return rc;
}

// ---- paths

// Is this /opt/ml, or something in it?
static bool is_inside(const char *path)
{
    const size_t len = strlen(CONTAINER_ROOT);
    return strncmp(path, CONTAINER_ROOT, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

// Texts that begin with /opt/ml are paths in the tree, which may be elsewhere.
static int move_paths(const struct setting *s, struct error *e)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < (int)s->options->count; i++) {
        const enum opt_origin origin = origin_of(s, i);
        const bool ours = origin == OPT_JOB || origin == OPT_ENV;
        if (!ours || s->options->table[i].type != OPT_TEXT || !text_of(s, i) ||
            !is_inside(text_of(s, i)))
            continue;
        const char *rest = text_of(s, i) + strlen(CONTAINER_ROOT);
        char *path = file_join(s->k->root, rest + (*rest == '/'));
        rc = path ? opt_assign(s->options, i, path, origin, s->options->table[i].name, e)
                  : error_nomem(e, "paths");
        mem_free(path);
    }
    return rc;
}

// The channel that a value means: by its name, or by its folder.
static const struct channel *channel_meant(const struct container *k, const char *value)
{
    size_t len = strlen(value);
    while (len > 1 && value[len - 1] == '/')
        len--;
    for (size_t i = 0; i < k->channels.count; i++) {
        const struct channel *c = &k->channels.channel[i];
        if (strcmp(c->name, value) == 0 ||
            (strncmp(c->path, value, len) == 0 && c->path[len] == '\0'))
            return c;
    }
    return NULL;
}

// A value that names nothing from here may be a file's name in the part's channel.
static char *in_channel(const struct container *k, enum part part, const char *value)
{
    const struct channel *c = k->parts.channel[part];
    if (!c || value[0] == '/' || access(value, F_OK) == 0)
        return NULL;
    char *path = file_join(c->path, value);
    if (path && access(path, F_OK) == 0)
        return path;
    mem_free(path);
    return NULL;
}

// What a value of a job means as a path, where that is not the value itself; else NULL.
static char *given_path(const struct container *k, enum part part, const char *value,
                        struct error *e)
{
    const struct channel *c = channel_meant(k, value);
    if (c && c == k->parts.channel[part])
        return k->parts.path[part] ? mem_strdup(k->parts.path[part]) : NULL;
    if (c && strcmp(c->name, value) == 0)
        return channel_path(c, e);
    return in_channel(k, part, value);
}

static int settle_given(const struct setting *s, enum part part, int index, struct error *e)
{
    struct error why = {0};
    char *path = given_path(s->k, part, text_of(s, index), &why);
    int rc = why.code ? error_set(e, why.code, "%s", why.text) : 0;
    if (path)
        rc = opt_assign(s->options, index, path, origin_of(s, index), part_names[part], e);
    mem_free(path);
    return rc;
}

// A host that got none of a part's objects. In a channel of all parts others may have some, which
// nobody knows here.
static bool is_empty_shard(const struct setting *s, enum part part)
{
    const struct train_config *config = s->options->target;
    const struct container *k = s->k;
    const struct channel *c = k->parts.channel[part];
    if (!config->sharded || k->parts.path[part])
        return false;
    if (!c)
        return k->channels.count == 1 && k->channels.channel[0].sharded;
    return c->sharded || part == PART_TRAIN;
}

// --train, --val and --test: what was given, or else the part's channel.
static int settle_part(const struct setting *s, enum part part, struct error *e)
{
    const int index = opt_find(s->options, part_names[part]);
    const char *path = s->k->parts.path[part];
    if (text_of(s, index))
        return origin_of(s, index) == OPT_ARGV ? 0 : settle_given(s, part, index, e);
    if (is_empty_shard(s, part))
        return assign(s, part_names[part], SHARDS_NONE, OPT_DEFAULT, e);
    return path ? assign(s, part_names[part], path, OPT_DEFAULT, e) : 0;
}

static int no_training_data(const struct container *k, struct error *e)
{
    const struct channel *c = k->parts.channel[PART_TRAIN];
    if (!c && k->channels.count == 0)
        return error_set(e, ERR_DATA,
                         "no data: the job has no input channel; give it one that is called train");
    if (!c)
        return error_set(
            e, ERR_DATA,
            "no training data: none of the %zu channels is called train, and more than "
            "one holds all; --train chooses one by name",
            k->channels.count);
    if (c->pipe)
        return error_set(e, ERR_DATA, "channel '%s': nothing came through its pipe%s", c->name,
                         c->sharded ? "; sharded by key, this host got no object" : "");
    return error_set(e, ERR_DATA, "channel '%s': no .npz or .csv file in %s%s", c->name, c->path,
                     c->sharded
                         ? "; sharded by key, this host got no object: use FullyReplicated, or "
                           "at least as many objects as hosts"
                         : "");
}

static void note_data(const struct setting *s)
{
    const struct container *k = s->k;
    char text[256];
    for (enum part p = PART_VAL; p < PARTS; p++)
        if (k->parts.channel[p] && !k->parts.path[p] && !is_empty_shard(s, p)) {
            snprintf(text, sizeof text, "channel '%s' is empty: there are no %s data",
                     k->parts.channel[p]->name, part_names[p]);
            note(s, text);
        }
    const struct channel *c = k->parts.channel[PART_TRAIN];
    const struct train_config *config = s->options->target;
    if (c && c->sharded && k->hosts.count > 1 && !config->sharded)
        note(s,
             "channel train is sharded by key and one host trains: it sees its share of the rows "
             "only; FullyReplicated gives it all");
}

// A single channel that is not said to be for training holds one table: it is divided here.
static bool is_undivided(const struct container *k)
{
    const struct channel *c = k->parts.channel[PART_TRAIN];
    const char *path = k->parts.path[PART_TRAIN];
    return k->channels.count == 1 && path && channel_is_table(path) &&
           !channel_is_part(c, PART_TRAIN) && !k->parts.path[PART_VAL] && !k->parts.path[PART_TEST];
}

// --data, as a parameter gives it: a path, a channel's name, a file's name in it.
static int settle_table(const struct setting *s, struct error *e)
{
    const int index = opt_find(s->options, "data");
    return origin_of(s, index) == OPT_ARGV ? 0 : settle_given(s, PART_TRAIN, index, e);
}

static int settle_parts(const struct setting *s, struct error *e)
{
    const struct train_config *c = s->options->target;
    int rc = 0;
    if (c->data)
        return settle_table(s, e);
    if (!c->train && !c->val && !c->prep && is_undivided(s->k))
        return assign(s, "data", s->k->parts.path[PART_TRAIN], OPT_DEFAULT, e);
    for (enum part p = 0; rc == 0 && p < PARTS; p++)
        rc = settle_part(s, p, e);
    if (rc == 0 && !c->train)
        rc = no_training_data(s->k, e);
    return rc;
}

static bool has_pipe(const struct container *k)
{
    for (enum part p = 0; p < PARTS; p++)
        if (k->parts.channel[p] && k->parts.channel[p]->pipe)
            return true;
    return false;
}

static int settle_data(const struct setting *s, struct error *e)
{
    const double begun = clock_seconds();
    int rc = channel_parts_fetch(&s->k->parts, s->hooks->stop, s->hooks->context, e);
    if (has_pipe(s->k))
        s->k->download = clock_seconds() - begun;
    if (rc == 0)
        rc = settle_parts(s, e);
    if (rc == 0)
        note_data(s);
    return rc;
}

// ---- the rest

static int settle_folder(const struct setting *s, const char *option, const char *folder,
                         struct error *e)
{
    char *path = container_path(s->k, folder, e);
    const int rc = path ? assign(s, option, path, OPT_DEFAULT, e) : ERR_NOMEM;
    mem_free(path);
    return rc;
}

// Checkpoints are synced from the folder that the job names, or from the usual one if it is there.
static int settle_checkpoints(const struct setting *s, struct error *e)
{
    const char *local = json_member_text(s->k->checkpoint, "LocalPath");
    if (local && *local)
        return assign(s, "checkpoint_dir", local, OPT_JOB, e);
    char *path = container_path(s->k, "checkpoints", e);
    const int rc = !path                   ? ERR_NOMEM
                   : !file_is_folder(path) ? 0
                                           : assign(s, "checkpoint_dir", path, OPT_DEFAULT, e);
    mem_free(path);
    return rc;
}

static int settle_folders(const struct setting *s, struct error *e)
{
    const struct train_config *c = s->options->target;
    int rc = 0;
    if (!c->out && !c->model_dir)
        rc = settle_folder(s, "model_dir", "model", e);
    if (rc == 0 && !c->out && !c->output_dir)
        rc = settle_folder(s, "output_dir", "output/data", e);
    return rc;
}

// A tuner's metric is what the best epoch is chosen by, and its weights are kept.
static int apply_objective(const struct setting *s, struct error *e)
{
    const struct train_config *c = s->options->target;
    struct buf name;
    char text[256];
    int rc = 0;
    buf_init(&name, 4096);
    if (!hyper_decode(json_object_get(s->k->parameters, "_tuning_objective_metric"), &name) ||
        opt_given(s->options, "monitor") || name.failed) {
        buf_clear(&name);
        return 0;
    }
    const enum monitor monitor = objective_monitor(name.data);
    if (monitor == MONITOR_AUTO || (monitor > MONITOR_TRAIN_LOSS && !train_config_validates(c))) {
        snprintf(text, sizeof text,
                 "the tuner's metric '%.60s' %s: the best epoch is not chosen by it", name.data,
                 monitor == MONITOR_AUTO ? "is unknown" : "needs validation data");
        note(s, text);
    } else {
        rc = assign(s, "monitor", monitor_words[monitor], OPT_JOB, e);
        if (rc == 0)
            rc = assign(s, "restore_best", "true", OPT_DEFAULT, e);
    }
    buf_clear(&name);
    return rc;
}

// A script that the job names is not run; a user who did not know should.
static void note_script(const struct setting *s)
{
    struct buf name;
    char text[256];
    buf_init(&name, 4096);
    if (hyper_decode(json_object_get(s->k->parameters, "sagemaker_program"), &name) &&
        !name.failed) {
        snprintf(text, sizeof text, "the job's script '%.100s' is not run: this program trains",
                 name.data);
        note(s, text);
    }
    buf_clear(&name);
}

int container_configure(struct container *k, struct opt_set *options,
                        const struct container_hooks *hooks, struct error *e)
{
    const struct setting s = {k, options, hooks};
    int rc = apply_places(&s, e);
    if (rc == 0)
        rc = container_parameters(k, options, hooks, e);
    if (rc == 0)
        rc = settle_checkpoints(&s, e);
    if (rc == 0)
        rc = move_paths(&s, e);
    if (rc == 0)
        rc = settle_data(&s, e);
    if (rc == 0)
        rc = settle_folders(&s, e);
    if (rc == 0)
        rc = apply_objective(&s, e);
    if (rc == 0)
        rc = assign(&s, "log_every", "1", OPT_DEFAULT, e);
    if (rc == 0)
        note_script(&s);
    return rc;
}
