// SPDX-License-Identifier: MIT
// What a run leaves: the model is written before what describes it, so that a failure there loses
// no weights.
#include "base/file.h"
#include "base/mem.h"
#include "cost/instance.h"
#include "io/json.h"
#include "job/evaluate.h"
#include "job/train_job_inner.h"
#include "kern/cpu.h"
#include "model/model_file.h"
#include "train/fit_slice.h"

#include <math.h>
#include <stdio.h>

// Predictions may be numbers while the mean of their errors' squares is not a float any more.
static void note_loss(const struct train_run *r, const char *part, const json_t *metrics)
{
    char text[200];
    if (!json_is_null(json_object_get(metrics, "loss")))
        return;
    snprintf(text, sizeof text,
             "the loss of the %s rows is beyond what a float holds, null in metrics.json; look for "
             "rows far from the others, or write the target in larger units",
             part);
    train_run_note(r, text);
}

// Final metrics of one part of the data under its name in metrics.json.
static int evaluate_part(struct train_run *r, const char *part, const struct dataset *d,
                         struct error *e)
{
    const struct evaluation how = {.net = &r->net,
                                   .kern = r->kern,
                                   .params = r->fit.params,
                                   .threads = r->threads,
                                   .team = r->team,
                                   .gemm = &r->gemm,
                                   .dist = r->ranks,
                                   .fit = &r->fit};
    json_t *metrics = NULL;
    int rc = evaluate(&how, d, &metrics, e);
    if (rc)
        return rc;
    note_loss(r, part, metrics);
    if (json_object_set_new(r->metrics, part, metrics) != 0)
        rc = error_nomem(e, "metrics");
    return dist_agree(r->ranks, rc, e);
}

static int evaluate_others(struct train_run *r, struct error *e)
{
    int rc = 0;
    if (r->data.val.n)
        rc = evaluate_part(r, "val", &r->data.val, e);
    if (rc == 0 && r->data.test.n)
        rc = evaluate_part(r, "test", &r->data.test, e);
    return rc;
}

// The files of a network of which each rank has a slice. They come together at the root, which has
// the paths.
static int save_slices(struct train_run *r, const char *npz, const char *pth,
                       const struct model_meta *meta, struct error *e)
{
    const struct model_source source = fit_slice_source(&r->fit);
    int rc = model_store_npz(npz, &r->net, &source, meta, r->data.prep, e);
    rc = dist_agree(r->ranks, rc, e);
    if (rc == 0)
        rc = model_store_pth(pth, &r->net, &source, e);
    return dist_agree(r->ranks, rc, e);
}

// Does this rank take part in writing the model?
static bool saves(const struct train_run *r)
{
    return dist_is_root(r->ranks) || r->fit.slice;
}

static int save_model(struct train_run *r, char **pth, struct error *e)
{
    const struct model_meta meta = {PACKAGE_VERSION, r->config->seed,
                                    train_config_activation_name(r->config)};
    const bool root = dist_is_root(r->ranks);
    char *npz = root ? file_join(r->model_dir, "model.npz") : NULL;
    *pth = root ? file_join(r->model_dir, "nn_model.pth") : NULL;
    int rc = !root || (npz && *pth) ? 0 : error_nomem(e, "paths");
    if (r->fit.slice) {
        rc = dist_agree(r->ranks, rc, e);
        if (rc == 0)
            rc = save_slices(r, npz, *pth, &meta, e);
        mem_free(npz);
        return rc;
    }
    if (rc == 0)
        rc = model_write_npz(npz, &r->net, r->fit.params, &meta, r->data.prep, e);
    if (rc == 0)
        rc = model_write_pth(*pth, &r->net, r->fit.params, e);
    mem_free(npz);
    return rc;
}

static int save_history(const struct train_run *r, struct error *e)
{
    char *path = file_join(r->output_dir, "history.csv");
    const int rc = path ? history_write(&r->fit.history, r->net.task, r->data.val.n > 0, path, e)
                        : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

static int save_metrics(const struct train_run *r, struct error *e)
{
    char *path = file_join(r->output_dir, "metrics.json");
    const int rc = path ? json_write(r->metrics, path, e) : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

// Prices are there to guess by: without them, or with damaged ones, the record has no type.
static int find_instance(const struct train_run *r, struct instance *instance, struct error *e)
{
    const struct train_job_place *place = &r->job->place;
    const struct instance_clues clues = {
        .job = place->instance,
        .option = r->config->instance,
        .prices = r->config->prices ? r->config->prices : place->prices,
        .shape = {cpu_count(), mem_physical()},
        .count = place->machines ? place->machines : dist_hosts(r->ranks),
    };
    struct error why = {0};
    const int rc = instance_find(instance, &clues, &why);
    if (rc == ERR_NOMEM)
        return error_nomem(e, "the type of the instance");
    if (rc)
        train_run_note(r, why.text);
    return 0;
}

static int write_record(const struct train_run *r, const struct run_record *record, struct error *e)
{
    char *path = file_join(r->output_dir, "run.json");
    const int rc = path ? run_record_write(record, path, e) : error_nomem(e, "paths");
    mem_free(path);
    return rc;
}

static int save_record(struct train_run *r, bool interrupted, struct error *e)
{
    const bool all = r->fit.state.epoch >= (uint64_t)r->config->epochs;
    struct instance instance;
    int rc = find_instance(r, &instance, e);
    struct run_record record = {
        .config = r->config,
        .command = r->job->command,
        .parts = r->job->place.parts,
        .fit = &r->fit,
        .test = r->data.test.n ? &r->data.test : NULL,
        .prep = r->data.prep,
        .seconds = &r->seconds,
        .threads = r->threads < par_threads(r->team) ? r->threads : par_threads(r->team),
        .exit = interrupted ? "interrupted"
                : all       ? "finished"
                            : "stopped early",
        .metrics = r->metrics,
        .instance = &instance,
    };
    // Of one machine only: what the others use is not seen from here.
    if (energy_end(&r->energy, clock_seconds(), &record.joules) && instance.count == 1)
        record.energy = &r->energy;
    r->seconds.age = clock_age();
    if (rc == 0)
        rc = write_record(r, &record, e);
    instance_clear(&instance);
    return rc;
}

static double figure(const json_t *metrics, const char *name)
{
    const json_t *value = json_object_get(metrics, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void keep_test_figures(const struct train_run *r, struct train_job_result *result)
{
    const json_t *test = json_object_get(r->metrics, "test");
    result->test_loss = figure(test, "loss");
    result->test_accuracy = figure(test, "accuracy");
    result->test_rmse = figure(test, "rmse");
}

static int save_report(struct train_run *r, struct train_job_result *result, double *mark,
                       struct error *e)
{
    const int rc = save_metrics(r, e);
    if (rc == 0)
        keep_test_figures(r, result);
    r->seconds.save += train_run_lap(mark);
    r->seconds.total = r->seconds.start + r->seconds.load + r->seconds.train + r->seconds.evaluate +
                       r->seconds.save;
    return rc ? rc : save_record(r, result->interrupted, e);
}

static void keep_row(const struct train_run *r, struct train_job_result *result)
{
    const struct fit_state *s = &r->fit.state;
    const bool best = r->fit.keep_best && s->best_epoch;
    const uint64_t epoch = best ? s->best_epoch : s->row == 0 ? s->epoch : 0;
    if (epoch == 0 || epoch > r->fit.history.count)
        return;
    result->epoch = epoch;
    result->row = r->fit.history.row[epoch - 1];
}

// The model is written whatever its evaluation comes to, but for weights that give no number on the
// very data they were trained on: those must not replace a model.
int train_save(struct train_run *r, struct train_job_result *result, struct error *e)
{
    double mark = clock_seconds();
    const int evaluated = evaluate_part(r, "train", &r->data.train, e);
    r->seconds.evaluate = train_run_lap(&mark);
    if (evaluated == ERR_NUMERIC)
        return evaluated;
    const bool root = dist_is_root(r->ranks);
    int rc = saves(r) ? save_model(r, &result->model_path, e) : 0;
    if (rc == 0 && root)
        rc = save_history(r, e);
    rc = dist_agree(r->ranks, rc, e);
    r->seconds.save = train_run_lap(&mark);
    if (rc == 0)
        rc = evaluated ? evaluated : evaluate_others(r, e);
    r->seconds.evaluate += train_run_lap(&mark);
    keep_row(r, result);
    if (rc == 0 && root)
        rc = save_report(r, result, &mark, e);
    return dist_agree(r->ranks, rc, e);
}

// A run that diverges has lost its last weights, not those of its best epoch.
int train_save_best(struct train_run *r, struct train_job_result *result, struct error *e)
{
    struct error ignored = {0};
    if (!saves(r) || !r->fit.keep_best || r->fit.state.best_epoch == 0 ||
        save_model(r, &result->model_path, &ignored) || !dist_is_root(r->ranks))
        return ERR_NUMERIC;
    save_history(r, &ignored);
    return error_prefix(e, ERR_NUMERIC, "the model of epoch %llu is saved, but",
                        (unsigned long long)r->fit.state.best_epoch);
}
