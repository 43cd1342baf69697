// SPDX-License-Identifier: MIT
// What a job leaves: the two archives that the platform would upload, and its description.
#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/tar.h"
#include "job/local_run.h"

#include <stdio.h>
#include <string.h>

const char *local_status_name(enum local_status status)
{
    static const char *const names[] = {"Completed", "Stopped", "Failed"};
    return names[status];
}

void local_result_clear(struct local_result *result)
{
    local_metrics_clear(&result->metrics);
    mem_free(result->exit_code);
    mem_free(result->model.path);
    mem_free(result->output.path);
    *result = (struct local_result){.secondary = ""};
}

// ---- archives

struct member {
    char *name;
    const char *host;
};

// The files of a folder of every host. Where two hosts have a file of one name, the first counts.
struct members {
    struct member *list;
    size_t count;
};

static bool is_there(const struct members *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->list[i].name, name) == 0)
            return true;
    return false;
}

static int add_members(struct members *m, const struct local_job *job, const char *host,
                       const char *part, struct error *e)
{
    char **name = NULL;
    size_t count = 0;
    char *folder = local_path(job->folder, host, part, e);
    int rc = folder ? file_tree(folder, &name, &count, e) : ERR_NOMEM;
    struct member *grown = rc ? NULL : mem_realloc(m->list, (m->count + count + 1) * sizeof *grown);
    if (rc == 0 && !grown)
        rc = error_nomem(e, part);
    m->list = grown ? grown : m->list;
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (!is_there(m, name[i])) {
            m->list[m->count++] = (struct member){name[i], host};
            name[i] = NULL; // ours now
        }
    file_list_free(name, count);
    mem_free(folder);
    return rc;
}

static int write_members(const struct members *m, const struct local_job *job, const char *part,
                         struct local_archive *a, struct error *e)
{
    struct tar *tar = tar_begin(a->path, e);
    int rc = tar ? 0 : error_code(e);
    for (size_t i = 0; rc == 0 && i < m->count; i++) {
        char *folder = local_path(job->folder, m->list[i].host, part, e);
        char *file = folder ? file_join(folder, m->list[i].name) : NULL;
        rc = file ? tar_add(tar, m->list[i].name, file, e) : error_nomem(e, part);
        mem_free(file);
        mem_free(folder);
    }
    a->files = m->count;
    if (rc == 0)
        return tar_commit(tar, &a->size, e);
    tar_abort(tar);
    return rc;
}

// <folder>/output/<name>, of `part` of every host.
static int archive(const struct local_job *job, const char *part, const char *name,
                   struct local_archive *a, struct error *e)
{
    struct members m = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < job->hosts; i++)
        rc = add_members(&m, job, job->host[i], part, e);
    char *folder = file_join(job->folder, "output");
    a->path = rc == 0 && m.count && folder ? file_join(folder, name) : NULL;
    if (rc == 0 && m.count)
        rc = a->path ? file_make_folders(folder, e) : error_nomem(e, name);
    if (rc == 0 && m.count)
        rc = write_members(&m, job, part, a, e);
    for (size_t i = 0; i < m.count; i++)
        mem_free(m.list[i].name);
    mem_free(m.list);
    mem_free(folder);
    return rc;
}

int local_archive_results(const struct local_job *job, struct local_result *result, struct error *e)
{
    char *folder = file_join(job->folder, "output");
    int rc = folder ? file_tree_clear(folder, e) : error_nomem(e, "output");
    mem_free(folder);
    if (rc == 0)
        rc = archive(job, "model", "model.tar.gz", &result->model, e);
    return rc ? rc : archive(job, "output/data", "output.tar.gz", &result->output, e);
}

// ---- the description

static json_t *metric_list(const struct local_metrics *m, bool *failed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count; i++)
        if (m->metric[i].found)
            json_push(list,
                      json_pack("{s:o, s:f, s:I, s:f, s:f}", "MetricName",
                                json_any_text(m->metric[i].name), "Value", m->metric[i].last,
                                "Count", (json_int_t)m->metric[i].found, "Min", m->metric[i].min,
                                "Max", m->metric[i].max),
                      failed);
    return list;
}

static json_t *archive_object(const struct local_archive *a)
{
    return a->path ? json_pack("{s:o, s:I, s:I}", "Path", json_any_text(a->path), "Files",
                               (json_int_t)a->files, "Bytes", (json_int_t)a->size)
                   : json_null();
}

// As DescribeTrainingJob has it, seconds are those of the cluster's clock; what is billed is that
// many for each of its hosts.
int local_describe(const struct local_job *job, const struct local_result *r, struct error *e)
{
    bool failed = false;
    const json_int_t seconds = (json_int_t)(r->billable / (int64_t)job->hosts);
    json_t *codes = json_object();
    for (size_t i = 0; i < job->hosts; i++)
        json_put(codes, job->host[i], json_integer(r->exit_code[i]), &failed);
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:{s:o, s:I}, s:o, s:o, s:o, s:I, s:I}", "TrainingJobName",
        json_any_text(job->name), "TrainingJobStatus", local_status_name(r->status),
        "SecondaryStatus", r->secondary, "FailureReason",
        r->reason[0] ? json_any_text(r->reason) : json_null(), "ExitCodes", codes, "ResourceConfig",
        "InstanceType", json_any_text(job->instance), "InstanceCount", (json_int_t)job->hosts,
        "FinalMetricDataList", metric_list(&r->metrics, &failed), "ModelArtifacts",
        archive_object(&r->model), "OutputArtifacts", archive_object(&r->output),
        "TrainingTimeInSeconds", seconds, "BillableTimeInSeconds", seconds);
    char *path = file_join(job->folder, "describe.json");
    const int rc = path && !failed ? json_write(object, path, e) : error_nomem(e, "describe.json");
    mem_free(path);
    json_decref(object);
    return rc;
}
