// SPDX-License-Identifier: MIT
// job.json is written by `skiff job new` and may have been edited since, so whatever `run` takes
// from it is checked here, before a process begins.
#include "job/local_job.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/json_read.h"
#include "job/channels.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *local_path(const char *folder, const char *host, const char *name, struct error *e)
{
    char *place = file_join(folder, host);
    char *path = place && name ? file_join(place, name) : place;
    if (path != place)
        mem_free(place);
    if (!path)
        error_nomem(e, host);
    return path;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **local_hosts(size_t count, struct error *e)
{
    char **host = mem_array(count, sizeof *host);
    bool failed = !host;
    for (size_t i = 0; !failed && i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "algo-%zu", i + 1);
        host[i] = mem_strdup(name);
        failed = !host[i];
    }
    if (!failed) {
        qsort(host, count, sizeof *host, by_text);
        return host;
    }
    if (host)
        file_list_free(host, count);
    error_nomem(e, "names of hosts");
    return NULL;
}

void local_job_clear(struct local_job *j)
{
    if (j->host)
        file_list_free(j->host, j->hosts);
    mem_free(j->folder);
    mem_free(j->name);
    mem_free(j->instance);
    json_decref(j->file);
    *j = (struct local_job){0};
}

static int check_pipes(const char *file, const json_t *pipes, struct error *e)
{
    for (size_t i = 0; i < json_array_size(pipes); i++) {
        const char *name = json_string_value(json_array_get(pipes, i));
        if (!name || !channel_is_name(name))
            return error_set(e, ERR_FORMAT, "%s: 'Pipes' must be a list of names of channels",
                             file);
    }
    return json_is_array(pipes) ? 0 : error_set(e, ERR_FORMAT, "%s: 'Pipes' must be a list", file);
}

static int check_metrics(const char *file, const json_t *list, struct error *e)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (!json_member_text(one, "Name") || !json_member_text(one, "Regex"))
            return error_set(e, ERR_FORMAT,
                             "%s: each of 'MetricDefinitions' needs a Name and a Regex", file);
    }
    return json_is_array(list)
               ? 0
               : error_set(e, ERR_FORMAT, "%s: 'MetricDefinitions' must be a list", file);
}

static int take_members(struct local_job *j, const char *file, struct error *e)
{
    const char *name = json_member_text(j->file, "TrainingJobName");
    const char *instance = json_member_text(j->file, "InstanceType");
    const json_int_t count = json_integer_value(json_object_get(j->file, "InstanceCount"));
    if (!name || !instance || count < 1 || count > LOCAL_HOSTS_MAX)
        return error_set(e, ERR_FORMAT,
                         "%s: needs TrainingJobName, InstanceType and an InstanceCount of 1 to %d",
                         file, LOCAL_HOSTS_MAX);
    j->name = mem_strdup(name);
    j->instance = mem_strdup(instance);
    j->host = local_hosts((size_t)count, e);
    j->hosts = j->host ? (size_t)count : 0;
    return j->name && j->instance && j->host ? 0 : error_nomem(e, file);
}

int local_job_parse(struct local_job *j, const char *folder, const char *text, size_t size,
                    struct error *e)
{
    *j = (struct local_job){.folder = mem_strdup(folder)};
    int rc = j->folder ? 0 : error_nomem(e, folder);
    if (rc == 0 && !(j->file = json_object_parse("job.json", text, size, e)))
        rc = error_code(e);
    if (rc == 0)
        rc = take_members(j, "job.json", e);
    if (rc == 0)
        rc = check_pipes("job.json", json_object_get(j->file, "Pipes"), e);
    if (rc == 0)
        rc = check_metrics("job.json", json_object_get(j->file, "MetricDefinitions"), e);
    if (rc)
        local_job_clear(j);
    return rc;
}

// Processes are told where they are by whole paths.
static char *whole_path(const char *path, struct error *e)
{
    char found[PATH_MAX], *copy = NULL;
    if (!realpath(path, found))
        error_errno(e, "%s: cannot be found", path);
    else if (!(copy = mem_strdup(found)))
        error_nomem(e, path);
    return copy;
}

int local_job_read(struct local_job *j, const char *folder, struct error *e)
{
    struct buf text;
    buf_init(&text, JSON_FILE_MAX);
    char *whole = whole_path(folder, e), *path = whole ? file_join(whole, "job.json") : NULL;
    int rc = whole ? path ? 0 : error_nomem(e, folder) : error_code(e);
    if (rc == 0 && access(path, F_OK) != 0)
        rc = error_set(e, ERR_NOTFOUND,
                       "%s: no job.json in it; 'skiff job new' makes such a folder", folder);
    if (rc == 0)
        rc = file_read_all(path, JSON_FILE_MAX, &text, e);
    if (rc == 0)
        rc = local_job_parse(j, whole, text.data ? text.data : "", text.len, e);
    buf_clear(&text);
    mem_free(path);
    mem_free(whole);
    return rc;
}
