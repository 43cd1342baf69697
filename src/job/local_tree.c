// SPDX-License-Identifier: MIT
// Laying out the trees: the files as the platform writes them, members that readers may not rely on
// included.
#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"
#include "io/json.h"
#include "job/channels.h"
#include "job/local_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- texts such as "NAME=VALUE"

struct pair {
    char *name; // owned
    const char *value;
};

static const char *example(const char *option)
{
    if (strcmp(option, "channel") == 0)
        return "NAME=PATH, such as train=train_data.npz";
    return strcmp(option, "metric") == 0 ? "NAME=REGEX, such as loss=Loss: ([0-9.]+)"
                                         : "NAME=VALUE, such as epochs=100";
}

static int split_pair(struct pair *p, const char *text, const char *option, struct error *e)
{
    const size_t len = strcspn(text, "=");
    if (len == 0 || text[len] != '=')
        return error_set(e, ERR_USAGE, "--%s: '%.100s' is not %s", option, text, example(option));
    *p = (struct pair){mem_alloc(len + 1), text + len + 1};
    if (!p->name)
        return error_nomem(e, text);
    memcpy(p->name, text, len);
    p->name[len] = '\0';
    return 0;
}

static bool contains(const struct opt_texts *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->value[i], name) == 0)
            return true;
    return false;
}

// ---- files of input/config

static int write_config(const char *folder, const char *host, const char *name, json_t *object,
                        struct error *e)
{
    char file[128];
    snprintf(file, sizeof file, "input/config/%s", name);
    char *path = local_path(folder, host, file, e);
    const int rc = path ? json_write(object, path, e) : ERR_NOMEM;
    mem_free(path);
    json_decref(object);
    return rc;
}

// What the toolkits of frameworks add to the parameters.
static void put_toolkit(json_t *object, const struct local_spec *spec, bool *failed)
{
    static const char *const names[][2] = {
        {"sagemaker_program", "train_nn.py"},
        {"sagemaker_submit_directory", "s3://bucket/job/source/sourcedir.tar.gz"},
        {"sagemaker_region", "us-east-1"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_put(object, names[i][0], local_encode(names[i][1], LOCAL_SENDER_B), failed);
    json_put(object, "sagemaker_job_name", local_encode(spec->name, LOCAL_SENDER_B), failed);
    json_put(object, "sagemaker_container_log_level", json_string("20"), failed);
}

static int make_parameters(const struct local_spec *spec, json_t **object, struct error *e)
{
    bool failed = false;
    int rc = 0;
    *object = json_object();
    for (size_t i = 0; rc == 0 && i < spec->parameters->count; i++) {
        struct pair p;
        rc = split_pair(&p, spec->parameters->value[i], "hp", e);
        if (rc)
            break;
        json_put(*object, p.name, local_encode(p.value, spec->sender), &failed);
        mem_free(p.name);
    }
    if (spec->sender == LOCAL_SENDER_B || spec->sender == LOCAL_SENDER_D)
        put_toolkit(*object, spec, &failed);
    if (spec->objective)
        json_put(*object, "_tuning_objective_metric", json_string(spec->objective), &failed);
    return rc ? rc : failed ? error_nomem(e, "hyperparameters.json") : 0;
}

static json_t *host_list(char **host, size_t count)
{
    json_t *list = json_array();
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        json_push(list, json_string(host[i]), &failed);
    if (!failed)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *make_resources(const struct local_spec *spec, char **host, size_t rank)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:[{s:s, s:s, s:o}], s:s, s:n}", "current_host",
                     host[rank], "current_instance_type", spec->instance, "current_group_name",
                     "homogeneousCluster", "hosts", host_list(host, spec->hosts), "instance_groups",
                     "instance_group_name", "homogeneousCluster", "instance_type", spec->instance,
                     "hosts", host_list(host, spec->hosts), "network_interface_name", "eth0",
                     "topology");
}

static int make_inputs(const struct local_spec *spec, json_t **object, struct error *e)
{
    bool failed = false;
    *object = json_object();
    for (size_t i = 0; i < spec->channels->count; i++) {
        struct pair p;
        const int rc = split_pair(&p, spec->channels->value[i], "channel", e);
        if (rc)
            return rc;
        json_put(*object, p.name,
                 json_pack("{s:s, s:s, s:s}", "TrainingInputMode",
                           contains(spec->pipes, p.name) ? "Pipe" : "File", "S3DistributionType",
                           contains(spec->sharded, p.name) ? "ShardedByS3Key" : "FullyReplicated",
                           "RecordWrapperType", "None"),
                 &failed);
        mem_free(p.name);
    }
    return failed ? error_nomem(e, "inputdataconfig.json") : 0;
}

// ---- data

// Where a host finds the objects of a channel: a folder of its tree, or for a pipe one beside it
// from which they are fed.
static char *channel_folder(const struct local_spec *spec, const char *host, const char *channel,
                            struct error *e)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", contains(spec->pipes, channel) ? "pipes" : "input/data",
             channel);
    return local_path(spec->folder, host, name, e);
}

static int give_object(const char *folder, const char *name, const char *from, struct error *e)
{
    char *to = file_join(folder, name);
    const int rc = to ? file_duplicate(from, to, e) : error_nomem(e, folder);
    mem_free(to);
    return rc;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The objects behind `path`, a file or a folder; every `hosts`-th of them for a shard.
static int give_objects(const char *folder, const char *path, size_t every, size_t first,
                        struct error *e)
{
    char **name;
    size_t count;
    if (!file_is_folder(path))
        return first == 0 ? give_object(folder, base_name(path), path, e) : 0;
    int rc = file_tree(path, &name, &count, e);
    for (size_t i = first; rc == 0 && i < count; i += every) {
        char *from = file_join(path, name[i]);
        rc = from ? give_object(folder, name[i], from, e) : error_nomem(e, path);
        mem_free(from);
    }
    file_list_free(name, count);
    return rc;
}

static int give_channel(const struct local_spec *spec, const char *host, size_t rank,
                        const struct pair *p, struct error *e)
{
    const bool sharded = contains(spec->sharded, p->name);
    char *folder = channel_folder(spec, host, p->name, e);
    int rc = folder ? file_make_folders(folder, e) : ERR_NOMEM;
    if (rc == 0)
        rc = give_objects(folder, p->value, sharded ? spec->hosts : 1, sharded ? rank : 0, e);
    mem_free(folder);
    return rc ? error_prefix(e, rc, "channel %s", p->name) : 0;
}

// ---- a host's tree

static int make_folders(const struct local_spec *spec, const char *host, struct error *e)
{
    static const char *const names[] = {"input/config", "input/data", "model", "output/data",
                                        "checkpoints"};
    int rc = 0;
    const size_t count = sizeof names / sizeof *names - !spec->checkpoints;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char *path = local_path(spec->folder, host, names[i], e);
        rc = path ? file_make_folders(path, e) : ERR_NOMEM;
        mem_free(path);
    }
    return rc;
}

static int write_configs(const struct local_spec *spec, char **host, size_t rank, struct error *e)
{
    json_t *object = NULL;
    int rc = make_parameters(spec, &object, e);
    if (rc == 0)
        rc = write_config(spec->folder, host[rank], "hyperparameters.json", json_incref(object), e);
    json_decref(object);
    object = NULL;
    if (rc == 0)
        rc = make_inputs(spec, &object, e);
    if (rc == 0)
        rc = write_config(spec->folder, host[rank], "inputdataconfig.json", json_incref(object), e);
    json_decref(object);
    if (rc == 0)
        rc = write_config(spec->folder, host[rank], "resourceconfig.json",
                          make_resources(spec, host, rank), e);
    if (rc == 0 && spec->checkpoints)
        rc = write_config(spec->folder, host[rank], "checkpointconfig.json",
                          json_pack("{s:s}", "LocalPath", "/opt/ml/checkpoints"), e);
    return rc;
}

static int make_host(const struct local_spec *spec, char **host, size_t rank, struct error *e)
{
    int rc = make_folders(spec, host[rank], e);
    if (rc == 0)
        rc = write_configs(spec, host, rank, e);
    for (size_t i = 0; rc == 0 && i < spec->channels->count; i++) {
        struct pair p;
        rc = split_pair(&p, spec->channels->value[i], "channel", e);
        if (rc == 0) {
            rc = give_channel(spec, host[rank], rank, &p, e);
            mem_free(p.name);
        }
    }
    return rc;
}

// ---- job.json

static json_t *definition(const char *name, const char *expression)
{
    return json_pack("{s:s, s:s}", "Name", name, "Regex", expression);
}

// Those of the lesson and of the notebooks beside it.
static void put_usual_metrics(json_t *list, bool *failed)
{
    static const char *const names[] = {"train_loss", "val_loss", "f1_score/val", "auroc/val"};
    json_push(list, definition("validation:accuracy", "validation:accuracy = ([0-9\\.]+)"), failed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char expression[64];
        snprintf(expression, sizeof expression, "%s=([0-9\\.]+)", names[i]);
        json_push(list, definition(names[i], expression), failed);
    }
}

static int put_metrics(json_t *list, const struct local_spec *spec, struct error *e)
{
    bool failed = false;
    for (size_t i = 0; i < spec->metrics->count; i++) {
        struct pair p;
        const int rc = split_pair(&p, spec->metrics->value[i], "metric", e);
        if (rc)
            return rc;
        json_push(list, definition(p.name, p.value), &failed);
        mem_free(p.name);
    }
    if (spec->metrics->count == 0)
        put_usual_metrics(list, &failed);
    return failed ? error_nomem(e, "job.json") : 0;
}

static json_t *pipe_list(const struct opt_texts *pipes)
{
    return host_list((char **)(uintptr_t)pipes->value, pipes->count);
}

static int write_job(const struct local_spec *spec, struct error *e)
{
    json_t *metrics = json_array();
    int rc = put_metrics(metrics, spec, e);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:o, s:o}", "TrainingJobName", spec->name, "InstanceType",
                  spec->instance, "InstanceCount", (json_int_t)spec->hosts, "Pipes",
                  pipe_list(spec->pipes), "MetricDefinitions", metrics);
    char *path = rc == 0 ? file_join(spec->folder, "job.json") : NULL;
    if (rc == 0)
        rc = path ? json_write(object, path, e) : error_nomem(e, "job.json");
    mem_free(path);
    json_decref(object);
    return rc;
}

// ---- the whole: what a user may have got wrong is found out before the first file is written, so
// that the same folder does for the next attempt

static int check_folder(const char *folder, struct error *e)
{
    char **name = NULL;
    size_t count = 0;
    int rc = access(folder, F_OK) == 0 ? file_tree(folder, &name, &count, e) : 0;
    file_list_free(name, count);
    if (rc == 0 && count)
        rc = error_set(e, ERR_USAGE,
                       "%s: there are files in this folder; a job wants a new "
                       "one; give another or remove it",
                       folder);
    return rc ? rc : file_make_folders(folder, e);
}

static int check_channels(const struct opt_texts *channels, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < channels->count; i++) {
        struct pair p;
        rc = split_pair(&p, channels->value[i], "channel", e);
        if (rc)
            break;
        if (!channel_is_name(p.name))
            rc = error_set(e, ERR_USAGE,
                           "--channel: '%.100s' cannot be a channel's name: up to 64 letters, "
                           "digits, '-', '_' and '.'",
                           p.name);
        else if (access(p.value, R_OK) != 0)
            rc = error_errno(e, "channel %s: %s: cannot open", p.name, p.value);
        mem_free(p.name);
    }
    return rc;
}

static int check_metrics(const struct opt_texts *metrics, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < metrics->count; i++) {
        struct pair p;
        rc = split_pair(&p, metrics->value[i], "metric", e);
        if (rc == 0)
            mem_free(p.name);
    }
    return rc;
}

// Pipes and shards are channels that there are.
static int check_names(const struct opt_texts *names, const char *option,
                       const struct opt_texts *channels, struct error *e)
{
    for (size_t i = 0; i < names->count; i++) {
        const size_t len = strlen(names->value[i]);
        bool found = false;
        for (size_t k = 0; k < channels->count; k++)
            found = found || (strncmp(channels->value[k], names->value[i], len) == 0 &&
                              channels->value[k][len] == '=');
        if (!found)
            return error_set(e, ERR_USAGE, "--%s %.64s: there is no such --channel", option,
                             names->value[i]);
    }
    return 0;
}

int local_new(const struct local_spec *spec, struct error *e)
{
    int rc = check_channels(spec->channels, e);
    if (rc == 0)
        rc = check_metrics(spec->metrics, e);
    if (rc == 0)
        rc = check_names(spec->pipes, "pipe", spec->channels, e);
    if (rc == 0)
        rc = check_names(spec->sharded, "sharded", spec->channels, e);
    if (rc == 0)
        rc = check_folder(spec->folder, e);
    if (rc)
        return rc;
    char **host = local_hosts(spec->hosts, e);
    if (!host)
        return ERR_NOMEM;
    for (size_t i = 0; rc == 0 && i < spec->hosts; i++)
        rc = make_host(spec, host, i, e);
    file_list_free(host, spec->hosts);
    return rc ? rc : write_job(spec, e);
}
