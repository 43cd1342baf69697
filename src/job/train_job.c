// SPDX-License-Identifier: MIT
// A run from data to weights: folders are made and data are checked before a second is spent on
// training. What is left of it, train_save.c writes.
#include "job/train_job_inner.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cost/energy.h"
#include "job/raw_values.h"
#include "job/train_data.h"
#include "kern/cpu.h"
#include "kern/par.h"
#include "model/model_file.h"
#include "train/fit_slice.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAGEMAKER_MODEL_DIR "/opt/ml/model"

static void choose_folders(struct train_run *r)
{
    const struct train_config *c = r->config;
    r->model_dir = c->model_dir                          ? c->model_dir
                   : c->out                              ? c->out
                   : file_is_folder(SAGEMAKER_MODEL_DIR) ? SAGEMAKER_MODEL_DIR
                                                         : ".";
    r->output_dir = c->output_dir ? c->output_dir : c->out ? c->out : r->model_dir;
}

static int make_folder(const char *folder, struct error *e)
{
    const int rc = file_make_folders(folder, e);
    if (rc == 0 && access(folder, W_OK) != 0)
        return error_errno(e, "%s: cannot write into this folder", folder);
    return rc;
}

static int make_folders(const struct train_run *r, struct error *e)
{
    if (!dist_is_root(r->ranks))
        return 0;
    int rc = make_folder(r->model_dir, e);
    if (rc == 0)
        rc = make_folder(r->output_dir, e);
    if (rc == 0 && r->config->checkpoint_dir)
        rc = make_folder(r->config->checkpoint_dir, e);
    return rc;
}

static int load(struct train_run *r, const struct fit_hooks *hooks, struct error *e)
{
    const struct train_data_spec spec = {r->config,   r->team,        r->threads,
                                         hooks->note, hooks->context, r->ranks};
    int rc = 0;
    if (dist_ranks(r->ranks) > 1) // before anything is done that depends on it
        rc = dist_agree(r->ranks, dist_same(r->ranks, r->config->sharded, "sharded", e), e);
    return rc ? rc : train_data_load(&r->data, &spec, e);
}

// More than there can be leaves would have nothing to do.
static size_t choose_threads(const struct train_run *r)
{
    size_t threads = (size_t)r->config->threads;
    if (threads == 0)
        threads = par_environment_threads();
    if (threads == 0)
        threads = dist_cores(r->ranks);
    if (threads == 0)
        threads = cpu_count();
    return threads < PLAN_THREADS_MAX ? threads : PLAN_THREADS_MAX;
}

static size_t widest_hidden(const struct opt_sizes *hidden)
{
    size_t widest = 0;
    for (size_t i = 0; i < hidden->count; i++)
        widest = hidden->value[i] > widest ? hidden->value[i] : widest;
    return widest;
}

// Before there are threads, as gemm_open wants it.
static int choose_arithmetic(struct train_run *r, struct error *e)
{
    const struct train_config *c = r->config;
    const int rc = kern_select(&r->kern, e);
    return rc ? rc
              : gemm_open(&r->gemm, (enum gemm_choice)c->gemm, r->kern, widest_hidden(&c->hidden),
                          e);
}

// Arrays are trained on as they are, as a script with torch does; a table's amounts may be any.
static bool scales_targets(const struct train_run *r)
{
    const int asked = r->config->scale_target;
    return asked == TARGET_SCALE_STANDARD ||
           (asked == TARGET_SCALE_AUTO && r->data.prep && r->data.targets.task == TASK_REGRESSION);
}

static int prepare(struct train_run *r, const struct fit_hooks *hooks, struct error *e)
{
    const struct train_config *c = r->config;
    const struct targets *t = &r->data.targets;
    const struct net_spec net = {
        .inputs = r->data.train.d,
        .outputs = t->outputs,
        .hidden = &c->hidden,
        .act = train_config_activation(c),
        .dropout = c->dropout,
        .task = t->task,
    };
    const struct fit_spec fit = {
        .config = c,
        .net = &r->net,
        .kern = r->kern,
        .train = &r->data.train,
        .val = r->data.val.n ? &r->data.val : NULL,
        .hooks = *hooks,
        .threads = r->threads,
        .team = r->team,
        .gemm = &r->gemm,
        .scale_targets = scales_targets(r),
        .dist = r->ranks,
    };
    r->metrics = json_object();
    int rc = r->metrics ? net_init(&r->net, &net, e) : error_nomem(e, "metrics");
    if (rc == 0 && r->data.prep)
        rc = model_check_prep(&r->net, r->data.prep, c->prep ? c->prep : train_data_path(c), e);
    if (r->data.sharded) {
        rc = dist_agree(r->ranks, rc, e);
        if (rc == 0)
            rc = train_data_deal(&r->data, r->ranks, r->net.size, e);
    }
    return rc ? rc : fit_init(&r->fit, &fit, e);
}

void train_run_note(const struct train_run *r, const char *text)
{
    if (r->fit.hooks.note)
        r->fit.hooks.note(r->fit.hooks.context, text);
}

// What was made of the data and the options, for whoever thought of something else.
static void note_setup(const struct train_run *r)
{
    struct buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%s task, %zu rows of %zu features", net_task_name(r->net.task),
               r->data.train.n, r->data.train.d);
    if (r->data.val.n)
        buf_printf(&text, " and %zu to validate", r->data.val.n);
    buf_printf(&text, "; network %zu", r->net.inputs);
    for (size_t l = 0; l < r->net.layers; l++)
        buf_printf(&text, "-%zu", r->net.layer[l].out);
    buf_printf(&text, ", %zu rows a step", r->fit.batch_size);
    if (r->config->patience > 0)
        buf_printf(&text, "; up to %lld epochs, until %s is no better for %lld",
                   (long long)r->config->epochs, history_column_name(r->fit.monitor),
                   (long long)r->config->patience);
    if (dist_ranks(r->ranks) > 1)
        buf_printf(&text, "; %zu ranks with %zu thread%s each%s", dist_ranks(r->ranks), r->threads,
                   r->threads == 1 ? "" : "s", r->fit.slice ? ", dividing the network" : "");
    if (!text.failed)
        train_run_note(r, text.data);
    buf_clear(&text);
}

// Of a table that is the business of its preparation.
static void note_raw_values(const struct train_run *r)
{
    const struct dataset *d = &r->data.train;
    char text[RAW_VALUES_NOTE_MAX];
    if (r->data.prep)
        return;
    if (raw_values_features(d, text))
        train_run_note(r, text);
    if (r->net.task == TASK_REGRESSION && r->config->scale_target == TARGET_SCALE_AUTO &&
        raw_values_targets(d, text))
        train_run_note(r, text);
}

static void note_early_stop(const struct train_run *r)
{
    const struct fit_state *s = &r->fit.state;
    const char *monitor = history_column_name(r->fit.monitor);
    char text[256];
    if (s->epoch < (uint64_t)r->config->epochs)
        snprintf(text, sizeof text, "stopped early: %s has not improved since epoch %llu (%.6g)%s",
                 monitor, (unsigned long long)s->best_epoch, s->best_value,
                 r->fit.keep_best ? ", whose weights are kept" : "");
    else if (r->fit.keep_best && s->best_epoch && s->best_epoch != s->epoch)
        snprintf(text, sizeof text, "the weights of epoch %llu are kept: %s %.6g",
                 (unsigned long long)s->best_epoch, monitor, s->best_value);
    else
        return;
    train_run_note(r, text);
}

static int prepare_and_fit(struct train_run *r, struct error *e)
{
    double mark = clock_seconds();
    int rc = load(r, &r->job->hooks, e);
    r->seconds.load = train_run_lap(&mark);
    if (rc == 0)
        rc = prepare(r, &r->job->hooks, e);
    rc = dist_agree(r->ranks, rc, e);
    if (rc == 0 && dist_ranks(r->ranks) > 1) // fit_run compares everything else
        rc = dist_same(r->ranks, r->data.test.n ? dataset_digest(&r->data.test) : 0,
                       "test data (CRC-32)", e);
    rc = dist_agree(r->ranks, rc, e);
    if (rc == 0) {
        note_setup(r);
        note_raw_values(r);
    }
    if (rc == 0)
        rc = r->job->rehearse ? r->job->rehearse(&r->fit, r->job->context, e) : fit_run(&r->fit, e);
    r->seconds.train = train_run_lap(&mark);
    return rc;
}

static int run(struct train_run *r, struct train_job_result *result, struct error *e)
{
    const int rc = prepare_and_fit(r, e);
    if (r->job->rehearse)
        return rc;
    if (rc == ERR_NUMERIC)
        return train_save_best(r, result, e);
    if (rc)
        return rc;
    result->interrupted = !fit_finished(&r->fit);
    // Stopped while the data were loading: there may be a good model where this one would go.
    if (result->interrupted && r->fit.optim.step == 0)
        return 0;
    if (!result->interrupted)
        note_early_stop(r);
    return train_save(r, result, e);
}

struct call {
    struct train_run *run;
    struct train_job_result *result;
    struct error *error;
    int rc;
};

static void run_in_team(struct par *team, void *context)
{
    struct call *c = context;
    c->run->team = team;
    par_use_cores(team, dist_cores(c->run->ranks));
    c->rc = run(c->run, c->result, c->error);
}

int train_job(const struct train_job *job, struct train_job_result *result, struct error *e)
{
    struct train_run r = {.job = job,
                          .config = job->config,
                          .seconds = {.start = job->started, .download = job->place.download},
                          .ranks = job->ranks};
    struct call call = {.run = &r, .result = result, .error = e};
    *result = (struct train_job_result){0};
    energy_begin(&r.energy, job->place.energy ? job->place.energy : ENERGY_ROOT, clock_seconds());
    choose_folders(&r);
    int rc = choose_arithmetic(&r, e);
    if (rc == 0 && !job->rehearse)
        rc = make_folders(&r, e);
    rc = dist_agree(r.ranks, rc, e);
    if (rc == 0) {
        r.threads = choose_threads(&r);
        dist_use_threads(r.ranks, r.threads);
        par_team(r.threads, run_in_team, &call);
        rc = call.rc;
    }
    json_decref(r.metrics);
    fit_clear(&r.fit);
    gemm_clear(&r.gemm);
    train_data_clear(&r.data);
    if (rc)
        train_job_result_clear(result);
    return rc;
}

void train_job_result_clear(struct train_job_result *result)
{
    mem_free(result->model_path);
    *result = (struct train_job_result){0};
}
