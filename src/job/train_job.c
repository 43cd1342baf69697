// SPDX-License-Identifier: MIT
// The order matters for what a user finds after a failure: folders are made and data are checked
// before a second is spent on training; the model is written before what describes it.
#include "job/train_job.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cost/energy.h"
#include "cost/instance.h"
#include "io/json.h"
#include "job/evaluate.h"
#include "job/raw_values.h"
#include "job/run_record.h"
#include "job/train_data.h"
#include "kern/cpu.h"
#include "kern/par.h"
#include "model/model_file.h"
#include "train/fit_slice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAGEMAKER_MODEL_DIR "/opt/ml/model"

struct job {
    const struct train_config *config;
    const struct kern *kern;
    struct gemm gemm;
    const char *model_dir, *output_dir;
    struct train_data data;
    struct net net;
    struct fit fit;
    struct run_seconds seconds;
    struct energy energy;
    json_t *metrics;
    size_t threads;
    struct par *team;
    struct dist *ranks;
};

static void choose_folders(struct job *j)
{
    const struct train_config *c = j->config;
    j->model_dir = c->model_dir                          ? c->model_dir
                   : c->out                              ? c->out
                   : file_is_folder(SAGEMAKER_MODEL_DIR) ? SAGEMAKER_MODEL_DIR
                                                         : ".";
    j->output_dir = c->output_dir ? c->output_dir : c->out ? c->out : j->model_dir;
}

static int make_folder(const char *folder, struct error *e)
{
    const int rc = file_make_folders(folder, e);
    if (rc == 0 && access(folder, W_OK) != 0)
        return error_errno(e, "%s: cannot write into this folder", folder);
    return rc;
}

static int make_folders(const struct job *j, struct error *e)
{
    if (!dist_is_root(j->ranks))
        return 0;
    int rc = make_folder(j->model_dir, e);
    if (rc == 0)
        rc = make_folder(j->output_dir, e);
    if (rc == 0 && j->config->checkpoint_dir)
        rc = make_folder(j->config->checkpoint_dir, e);
    return rc;
}

static int load(struct job *j, const struct fit_hooks *hooks, struct error *e)
{
    const struct train_data_spec spec = {j->config,   j->team,        j->threads,
                                         hooks->note, hooks->context, j->ranks};
    int rc = 0;
    if (dist_ranks(j->ranks) > 1) // before anything is done that depends on it
        rc = dist_agree(j->ranks, dist_same(j->ranks, j->config->sharded, "sharded", e), e);
    return rc ? rc : train_data_load(&j->data, &spec, e);
}

// More than there can be leaves would have nothing to do.
static size_t choose_threads(const struct job *j)
{
    size_t threads = (size_t)j->config->threads;
    if (threads == 0)
        threads = par_environment_threads();
    if (threads == 0)
        threads = dist_cores(j->ranks);
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
static int choose_arithmetic(struct job *j, struct error *e)
{
    const struct train_config *c = j->config;
    const int rc = kern_select(&j->kern, e);
    return rc ? rc
              : gemm_open(&j->gemm, (enum gemm_choice)c->gemm, j->kern, widest_hidden(&c->hidden),
                          e);
}

// Arrays are trained on as they are, as a script with torch does; a table's amounts may be any.
static bool scales_targets(const struct job *j)
{
    const int asked = j->config->scale_target;
    return asked == TARGET_SCALE_STANDARD ||
           (asked == TARGET_SCALE_AUTO && j->data.prep && j->data.targets.task == TASK_REGRESSION);
}

static int prepare(struct job *j, const struct fit_hooks *hooks, struct error *e)
{
    const struct train_config *c = j->config;
    const struct targets *t = &j->data.targets;
    const struct net_spec net = {
        .inputs = j->data.train.d,
        .outputs = t->outputs,
        .hidden = &c->hidden,
        .act = train_config_activation(c),
        .dropout = c->dropout,
        .task = t->task,
    };
    const struct fit_spec fit = {
        .config = c,
        .net = &j->net,
        .kern = j->kern,
        .train = &j->data.train,
        .val = j->data.val.n ? &j->data.val : NULL,
        .hooks = *hooks,
        .threads = j->threads,
        .team = j->team,
        .gemm = &j->gemm,
        .scale_targets = scales_targets(j),
        .dist = j->ranks,
    };
    j->metrics = json_object();
    int rc = j->metrics ? net_init(&j->net, &net, e) : error_nomem(e, "metrics");
    if (rc == 0 && j->data.prep)
        rc = model_check_prep(&j->net, j->data.prep, c->prep ? c->prep : train_data_path(c), e);
    if (j->data.sharded) {
        rc = dist_agree(j->ranks, rc, e);
        if (rc == 0)
            rc = train_data_deal(&j->data, j->ranks, j->net.size, e);
    }
    return rc ? rc : fit_init(&j->fit, &fit, e);
}

static void note(const struct job *j, const char *text)
{
    if (j->fit.hooks.note)
        j->fit.hooks.note(j->fit.hooks.context, text);
}

// What was made of the data and the options, for whoever thought of something else.
static void note_setup(const struct job *j)
{
    struct buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%s task, %zu rows of %zu features", net_task_name(j->net.task),
               j->data.train.n, j->data.train.d);
    if (j->data.val.n)
        buf_printf(&text, " and %zu to validate", j->data.val.n);
    buf_printf(&text, "; network %zu", j->net.inputs);
    for (size_t l = 0; l < j->net.layers; l++)
        buf_printf(&text, "-%zu", j->net.layer[l].out);
    buf_printf(&text, ", %zu rows a step", j->fit.batch_size);
    if (j->config->patience > 0)
        buf_printf(&text, "; up to %lld epochs, until %s is no better for %lld",
                   (long long)j->config->epochs, history_column_name(j->fit.monitor),
                   (long long)j->config->patience);
    if (dist_ranks(j->ranks) > 1)
        buf_printf(&text, "; %zu ranks with %zu thread%s each%s", dist_ranks(j->ranks), j->threads,
                   j->threads == 1 ? "" : "s", j->fit.slice ? ", dividing the network" : "");
    if (!text.failed)
        note(j, text.data);
    buf_clear(&text);
}

// Of a table that is the business of its preparation.
static void note_raw_values(const struct job *j)
{
    const struct dataset *d = &j->data.train;
    char text[RAW_VALUES_NOTE_MAX];
    if (j->data.prep)
        return;
    if (raw_values_features(d, text))
        note(j, text);
    if (j->net.task == TASK_REGRESSION && j->config->scale_target == TARGET_SCALE_AUTO &&
        raw_values_targets(d, text))
        note(j, text);
}

static void note_early_stop(const struct job *j)
{
    const struct fit_state *s = &j->fit.state;
    const char *monitor = history_column_name(j->fit.monitor);
    char text[256];
    if (s->epoch < (uint64_t)j->config->epochs)
        snprintf(text, sizeof text, "stopped early: %s has not improved since epoch %llu (%.6g)%s",
                 monitor, (unsigned long long)s->best_epoch, s->best_value,
                 j->fit.keep_best ? ", whose weights are kept" : "");
    else if (j->fit.keep_best && s->best_epoch && s->best_epoch != s->epoch)
        snprintf(text, sizeof text, "the weights of epoch %llu are kept: %s %.6g",
                 (unsigned long long)s->best_epoch, monitor, s->best_value);
    else
        return;
    note(j, text);
}

// Final metrics of one part of the data under its name in metrics.json.
static int evaluate_part(struct job *j, const char *part, const struct dataset *d, struct error *e)
{
    const struct evaluation how = {.net = &j->net,
                                   .kern = j->kern,
                                   .params = j->fit.params,
                                   .threads = j->threads,
                                   .team = j->team,
                                   .gemm = &j->gemm,
                                   .dist = j->ranks,
                                   .fit = &j->fit};
    json_t *metrics = NULL;
    int rc = evaluate(&how, d, &metrics, e);
    if (rc)
        return rc;
    if (json_object_set_new(j->metrics, part, metrics) != 0)
        rc = error_nomem(e, "metrics");
    return dist_agree(j->ranks, rc, e);
}

static int evaluate_others(struct job *j, struct error *e)
{
    int rc = 0;
    if (j->data.val.n)
        rc = evaluate_part(j, "val", &j->data.val, e);
    if (rc == 0 && j->data.test.n)
        rc = evaluate_part(j, "test", &j->data.test, e);
    return rc;
}

// The files of a network of which each rank has a slice. They come together at the root, which has
// the paths.
static int save_slices(struct job *j, const char *npz, const char *pth,
                       const struct model_meta *meta, struct error *e)
{
    const struct model_source source = fit_slice_source(&j->fit);
    int rc = model_store_npz(npz, &j->net, &source, meta, j->data.prep, e);
    rc = dist_agree(j->ranks, rc, e);
    if (rc == 0)
        rc = model_store_pth(pth, &j->net, &source, e);
    return dist_agree(j->ranks, rc, e);
}

// Does this rank take part in writing the model?
static bool saves(const struct job *j)
{
    return dist_is_root(j->ranks) || j->fit.slice;
}

static int save_model(struct job *j, char **pth, struct error *e)
{
    const struct model_meta meta = {PACKAGE_VERSION, j->config->seed,
                                    train_config_activation_name(j->config)};
    const bool root = dist_is_root(j->ranks);
    char *npz = root ? file_join(j->model_dir, "model.npz") : NULL;
    *pth = root ? file_join(j->model_dir, "nn_model.pth") : NULL;
    int rc = !root || (npz && *pth) ? 0 : error_nomem(e, "paths");
    if (j->fit.slice) {
        rc = dist_agree(j->ranks, rc, e);
        if (rc == 0)
            rc = save_slices(j, npz, *pth, &meta, e);
        mem_free(npz);
        return rc;
    }
    if (rc == 0)
        rc = model_write_npz(npz, &j->net, j->fit.params, &meta, j->data.prep, e);
    if (rc == 0)
        rc = model_write_pth(*pth, &j->net, j->fit.params, e);
    mem_free(npz);
    return rc;
}

static int save_history(const struct job *j, struct error *e)
{
    char *path = file_join(j->output_dir, "history.csv");
    const int rc = path ? history_write(&j->fit.history, j->net.task, j->data.val.n > 0, path, e)
                        : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

static int save_metrics(const struct job *j, struct error *e)
{
    char *path = file_join(j->output_dir, "metrics.json");
    const int rc = path ? json_write(j->metrics, path, e) : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

// Prices are there to guess by: without them, or with damaged ones, the record has no type.
static int find_instance(const struct job *j, const struct train_job *job,
                         struct instance *instance, struct error *e)
{
    const struct train_job_place *place = &job->place;
    const struct instance_clues clues = {
        .job = place->instance,
        .option = j->config->instance,
        .prices = j->config->prices ? j->config->prices : place->prices,
        .shape = {cpu_count(), mem_physical()},
        .count = place->machines ? place->machines : dist_hosts(j->ranks),
    };
    struct error why = {0};
    const int rc = instance_find(instance, &clues, &why);
    if (rc == ERR_NOMEM)
        return error_nomem(e, "the type of the instance");
    if (rc)
        note(j, why.text);
    return 0;
}

static int write_record(const struct job *j, const struct run_record *record, struct error *e)
{
    char *path = file_join(j->output_dir, "run.json");
    const int rc = path ? run_record_write(record, path, e) : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

static int save_record(struct job *j, const struct train_job *job, bool interrupted,
                       struct error *e)
{
    const bool all = j->fit.state.epoch >= (uint64_t)j->config->epochs;
    struct instance instance;
    int rc = find_instance(j, job, &instance, e);
    struct run_record record = {
        .config = j->config,
        .command = job->command,
        .parts = job->place.parts,
        .fit = &j->fit,
        .test = j->data.test.n ? &j->data.test : NULL,
        .prep = j->data.prep,
        .seconds = &j->seconds,
        .threads = j->threads < par_threads(j->team) ? j->threads : par_threads(j->team),
        .exit = interrupted ? "interrupted"
                : all       ? "finished"
                            : "stopped early",
        .metrics = j->metrics,
        .instance = &instance,
    };
    // Of one machine only: what the others use is not seen from here.
    if (energy_end(&j->energy, clock_seconds(), &record.joules) && instance.count == 1)
        record.energy = &j->energy;
    j->seconds.age = clock_age();
    if (rc == 0)
        rc = write_record(j, &record, e);
    instance_clear(&instance);
    return rc;
}

// Seconds since `*mark`, which moves to now.
static double lap(double *mark)
{
    const double now = clock_seconds(), passed = now - *mark;
    *mark = now;
    return passed;
}

static int prepare_and_fit(struct job *j, const struct train_job *job, struct error *e)
{
    double mark = clock_seconds();
    int rc = load(j, &job->hooks, e);
    j->seconds.load = lap(&mark);
    if (rc == 0)
        rc = prepare(j, &job->hooks, e);
    rc = dist_agree(j->ranks, rc, e);
    if (rc == 0 && dist_ranks(j->ranks) > 1) // fit_run compares everything else
        rc = dist_same(j->ranks, j->data.test.n ? dataset_digest(&j->data.test) : 0,
                       "test data (CRC-32)", e);
    rc = dist_agree(j->ranks, rc, e);
    if (rc == 0) {
        note_setup(j);
        note_raw_values(j);
    }
    if (rc == 0)
        rc = job->rehearse ? job->rehearse(&j->fit, job->context, e) : fit_run(&j->fit, e);
    j->seconds.train = lap(&mark);
    return rc;
}

static double figure(const json_t *metrics, const char *name)
{
    const json_t *value = json_object_get(metrics, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void keep_test_figures(const struct job *j, struct train_job_result *result)
{
    const json_t *test = json_object_get(j->metrics, "test");
    result->test_loss = figure(test, "loss");
    result->test_accuracy = figure(test, "accuracy");
    result->test_rmse = figure(test, "rmse");
}

static int save_report(struct job *j, const struct train_job *job, struct train_job_result *result,
                       double *mark, struct error *e)
{
    const int rc = save_metrics(j, e);
    if (rc == 0)
        keep_test_figures(j, result);
    j->seconds.save += lap(mark);
    j->seconds.total = j->seconds.start + j->seconds.load + j->seconds.train + j->seconds.evaluate +
                       j->seconds.save;
    return rc ? rc : save_record(j, job, result->interrupted, e);
}

static void keep_row(const struct job *j, struct train_job_result *result)
{
    const struct fit_state *s = &j->fit.state;
    const bool best = j->fit.keep_best && s->best_epoch;
    const uint64_t epoch = best ? s->best_epoch : s->row == 0 ? s->epoch : 0;
    if (epoch == 0 || epoch > j->fit.history.count)
        return;
    result->epoch = epoch;
    result->row = j->fit.history.row[epoch - 1];
}

// The model is written whatever its evaluation comes to, but for weights that give no number on the
// very data they were trained on: those must not replace a model.
static int save_all(struct job *j, const struct train_job *job, struct train_job_result *result,
                    struct error *e)
{
    double mark = clock_seconds();
    const int evaluated = evaluate_part(j, "train", &j->data.train, e);
    j->seconds.evaluate = lap(&mark);
    if (evaluated == ERR_NUMERIC)
        return evaluated;
    const bool root = dist_is_root(j->ranks);
    int rc = saves(j) ? save_model(j, &result->model_path, e) : 0;
    if (rc == 0 && root)
        rc = save_history(j, e);
    rc = dist_agree(j->ranks, rc, e);
    j->seconds.save = lap(&mark);
    if (rc == 0)
        rc = evaluated ? evaluated : evaluate_others(j, e);
    j->seconds.evaluate += lap(&mark);
    keep_row(j, result);
    if (rc == 0 && root)
        rc = save_report(j, job, result, &mark, e);
    return dist_agree(j->ranks, rc, e);
}

// A run that diverges has lost its last weights, not those of its best epoch.
static int save_what_is_left(struct job *j, struct train_job_result *result, struct error *e)
{
    struct error ignored = {0};
    if (!saves(j) || !j->fit.keep_best || j->fit.state.best_epoch == 0 ||
        save_model(j, &result->model_path, &ignored) || !dist_is_root(j->ranks))
        return ERR_NUMERIC;
    save_history(j, &ignored);
    return error_prefix(e, ERR_NUMERIC, "the model of epoch %llu is saved, but",
                        (unsigned long long)j->fit.state.best_epoch);
}

static int run(struct job *j, const struct train_job *job, struct train_job_result *result,
               struct error *e)
{
    const int rc = prepare_and_fit(j, job, e);
    if (job->rehearse)
        return rc;
    if (rc == ERR_NUMERIC)
        return save_what_is_left(j, result, e);
    if (rc)
        return rc;
    result->interrupted = !fit_finished(&j->fit);
    // Stopped while the data were loading: there may be a good model where this one would go.
    if (result->interrupted && j->fit.optim.step == 0)
        return 0;
    if (!result->interrupted)
        note_early_stop(j);
    return save_all(j, job, result, e);
}

// What the team's body needs besides the job itself.
struct call {
    struct job *job;
    const struct train_job *what;
    struct train_job_result *result;
    struct error *error;
    int rc;
};

static void run_in_team(struct par *team, void *context)
{
    struct call *c = context;
    c->job->team = team;
    par_use_cores(team, dist_cores(c->job->ranks));
    c->rc = run(c->job, c->what, c->result, c->error);
}

int train_job(const struct train_job *job, struct train_job_result *result, struct error *e)
{
    struct job j = {.config = job->config,
                    .seconds = {.start = job->started, .download = job->place.download},
                    .ranks = job->ranks};
    struct call call = {.job = &j, .what = job, .result = result, .error = e};
    *result = (struct train_job_result){0};
    energy_begin(&j.energy, job->place.energy ? job->place.energy : ENERGY_ROOT, clock_seconds());
    choose_folders(&j);
    int rc = choose_arithmetic(&j, e);
    if (rc == 0 && !job->rehearse)
        rc = make_folders(&j, e);
    rc = dist_agree(j.ranks, rc, e);
    if (rc == 0) {
        j.threads = choose_threads(&j);
        dist_use_threads(j.ranks, j.threads);
        par_team(j.threads, run_in_team, &call);
        rc = call.rc;
    }
    json_decref(j.metrics);
    fit_clear(&j.fit);
    gemm_clear(&j.gemm);
    train_data_clear(&j.data);
    if (rc)
        train_job_result_clear(result);
    return rc;
}

void train_job_result_clear(struct train_job_result *result)
{
    mem_free(result->model_path);
    *result = (struct train_job_result){0};
}
