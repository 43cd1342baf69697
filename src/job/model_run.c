// SPDX-License-Identifier: MIT
// par_team calls back from within its threads and joins them afterwards, so the work of a command
// is a function that it is given. A server, which has no such end, opens a model without a team.
#include "job/model_run.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/npz.h"
#include "kern/cpu.h"

#define BATCH_FLOATS ((size_t)1 << 20) // of X and predictions together: 4 MB
#define BATCH_ROWS   8192              // 32 leaves of two blocks: work for every thread

size_t model_run_rows(const struct net *net)
{
    const size_t rows = BATCH_FLOATS / (net->inputs + net->outputs);
    return rows == 0 ? 1 : rows < BATCH_ROWS ? rows : BATCH_ROWS;
}

static size_t widest_hidden(const struct net *net)
{
    size_t widest = 0;
    for (size_t l = 0; l + 1 < net->layers; l++)
        widest = net->layer[l].out > widest ? net->layer[l].out : widest;
    return widest;
}

static size_t choose_threads(size_t asked)
{
    size_t threads = asked;
    if (threads == 0)
        threads = par_environment_threads();
    if (threads == 0)
        threads = cpu_count();
    return threads < PLAN_THREADS_MAX ? threads : PLAN_THREADS_MAX;
}

struct call {
    struct model_run *run;
    model_work *work;
    void *context;
    struct error *error;
    int rc;
};

static void run_in_team(struct par *team, void *context)
{
    struct call *c = context;
    c->run->team = team;
    c->rc = c->work(c->run, c->context, c->error);
}

// A table in the place of the model: the two were mixed up.
static int read_model(struct model_run *run, struct error *e)
{
    struct error why = {0};
    const int rc = model_read_npz(&run->model, run->path, &why);
    const char *order = "; the model is named first, then the data";
    if (rc)
        error_set(e, rc, "%s%s", why.text,
                  rc == ERR_FORMAT && !npz_is_file(run->path) ? order : "");
    return rc;
}

static int open_model(struct model_run *run, enum gemm_choice choice, struct error *e)
{
    int rc = kern_select(&run->kern, e);
    if (rc == 0)
        rc = read_model(run, e);
    return rc ? rc : gemm_open(&run->gemm, choice, run->kern, widest_hidden(&run->model.net), e);
}

int model_run_open(struct model_run *run, const struct model_run_spec *spec, struct error *e)
{
    const bool folder = file_is_folder(spec->model);
    *run = (struct model_run){.threads = choose_threads(spec->threads)};
    run->path = folder ? file_join(spec->model, "model.npz") : mem_strdup(spec->model);
    const int rc = run->path ? open_model(run, spec->gemm, e) : error_nomem(e, "paths");
    if (rc)
        model_run_close(run);
    return rc;
}

void model_run_close(struct model_run *run)
{
    gemm_clear(&run->gemm);
    model_clear(&run->model);
    mem_free(run->path);
    *run = (struct model_run){0};
}

int model_run(const struct model_run_spec *spec, model_work *work, void *context, struct error *e)
{
    struct model_run run;
    const int rc = model_run_open(&run, spec, e);
    if (rc)
        return rc;
    struct call call = {.run = &run, .work = work, .context = context, .error = e};
    par_team(run.threads, run_in_team, &call);
    model_run_close(&run);
    return call.rc;
}

static struct plan_spec plan_of(const struct model_run *run, size_t rows)
{
    return (struct plan_spec){.net = &run->model.net,
                              .predict_rows = rows,
                              .threads = run->threads,
                              .team = run->team,
                              .gemm = &run->gemm};
}

double model_run_bytes(const struct model_run *run, size_t rows)
{
    const struct plan_spec spec = plan_of(run, rows);
    return plan_bytes(&spec);
}

// As training does before it begins: memory that is not there would be touched and kill us.
static int check_memory(const struct model_run *run, const struct plan_spec *spec, struct error *e)
{
    const struct net *net = &run->model.net;
    const double bytes = sizeof(float) * (double)net->size + plan_bytes(spec);
    const double memory = (double)mem_physical();
    if (memory == 0 || bytes < memory)
        return 0;
    return error_set(e, ERR_LIMIT,
                     "%s: a network of %.3g parameters needs %.3g GB to predict and this machine "
                     "has %.3g GB; use fewer --threads",
                     run->path, (double)net->parameters, bytes / 1e9, memory / 1e9);
}

struct plan *model_run_plan(const struct model_run *run, size_t rows, struct error *e)
{
    const struct plan_spec spec = plan_of(run, rows);
    return check_memory(run, &spec, e) ? NULL : plan_new(&spec, run->kern, e);
}

int model_run_check(const struct model_run *run, const char *data, const char *array,
                    size_t features, struct error *e)
{
    if (features == run->model.net.inputs)
        return 0;
    return error_set(e, ERR_MISMATCH, "%s: %s has %zu features, but the model %s takes %zu", data,
                     array, features, run->path, run->model.net.inputs);
}
