// SPDX-License-Identifier: MIT
// Everything is computed in one go while the model is in memory (model_run), in the order in which
// one needs the other: rows, predictions, metrics, their intervals, calibration, what each column
// says alone, and last, for it takes longest, what the model loses when a column is shuffled.
#include "report/findings.h"

#include "base/buf.h"
#include "base/mem.h"
#include "job/evaluate.h"
#include "table/split.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define STRANGE_MAX ((size_t)1 << 20)

const char *const findings_part_names[] = {"validation", "test", "training", "given"};

struct state {
    const struct findings_spec *spec;
    struct findings *f;
};

static void say_strange(void *context, const char *text)
{
    struct buf *strange = context;
    buf_puts(strange, text);
    buf_puts(strange, "\n");
}

// Rows order[0 .. rows) of `from` instead of all.
static int select_rows(struct dataset *d, const uint32_t *order, size_t rows, struct error *e)
{
    struct dataset chosen = {.n = rows, .d = d->d, .targets = d->targets};
    chosen.X = chosen.owned = mem_block(rows * d->d, sizeof *chosen.owned);
    chosen.y = mem_array(rows, d->targets * sizeof *chosen.y);
    if (!chosen.X || !chosen.y) {
        dataset_clear(&chosen);
        return error_nomem(e, "the rows that were held back");
    }
    for (size_t i = 0; i < rows; i++) {
        memcpy(chosen.owned + i * d->d, d->X + order[i] * d->d, d->d * sizeof *d->X);
        memcpy(chosen.y + i * d->targets, d->y + order[i] * d->targets, d->targets * sizeof *d->y);
    }
    memcpy(chosen.x_name, d->x_name, sizeof chosen.x_name);
    memcpy(chosen.y_name, d->y_name, sizeof chosen.y_name);
    dataset_clear(d);
    *d = chosen;
    return 0;
}

// The numbers of the rows' classes.
static uint32_t *class_numbers(const struct dataset *d)
{
    uint32_t *classes = mem_array(d->n, sizeof *classes);
    for (size_t i = 0; classes && i < d->n; i++)
        classes[i] = (uint32_t)d->y[i];
    return classes;
}

// The division of the run, from what its preparation says of it, once more.
static int hold_back(struct findings *f, const struct prep *p, struct error *e)
{
    const struct prep_split *s = &p->split;
    const size_t n = f->data.n;
    uint32_t *classes = NULL;
    struct split split;
    if (s->rows != n)
        return error_set(e, ERR_MISMATCH, "%s: has %zu rows, and %zu when it was trained on",
                         f->path, n, s->rows);
    if (s->stratify && p->target.classes) {
        classes = class_numbers(&f->data);
        if (!classes)
            return error_nomem(e, "classes");
    }
    const struct split_spec how = {
        .rows = n,
        .test_size = s->test_size,
        .shuffle = s->shuffle,
        .random_state = (uint32_t)s->random_state,
        .classes = classes,
        .class_count = p->target.classes,
    };
    int rc = split_rows(&split, &how, e);
    mem_free(classes);
    if (rc)
        return rc;
    rc = select_rows(&f->data, split.test, split.test_rows, e);
    split_clear(&split);
    return rc;
}

static int load(struct findings *f, const struct model_run *run, const struct findings_spec *spec,
                struct error *e)
{
    const struct model_listener listener = {say_strange, &f->strange};
    const struct prep *p = run->model.prep;
    f->path = mem_strdup(spec->data.path);
    if (!f->path)
        return error_nomem(e, "paths");
    int rc = model_rows_load(&f->data, run, &spec->data, &listener, e);
    if (rc == 0)
        rc = evaluate_check(run, &f->data, f->path, e);
    if (rc == 0 && spec->held_back && p && p->split.test_rows)
        rc = hold_back(f, p, e);
    return rc ? rc : buf_check(&f->strange, "remarks", e);
}

static struct metrics_rows predictions(const struct findings *f)
{
    return (struct metrics_rows){.n = f->data.n, .ld = f->net.outputs, .f32 = f->pred};
}

static int measure(struct findings *f, const struct findings_spec *spec, struct error *e)
{
    const struct metrics_rows rows = predictions(f);
    int rc = 0;
    if (f->net.task != TASK_BINARY)
        return score_measure(&f->score, &f->net, f->data.n, f->pred, f->data.y, e);
    f->rule = spec->rule;
    f->threshold = spec->threshold;
    if (spec->rule != THRESHOLD_GIVEN)
        rc = threshold_choose(&f->threshold, spec->rule, &rows, f->data.y, e);
    return rc ? rc
              : metrics_binary(&f->score.binary, &f->score.work, &rows, f->data.y, f->threshold, e);
}

static int resample(struct findings *f, const struct model_run *run,
                    const struct findings_spec *spec, struct error *e)
{
    const struct bootstrap_spec how = {.resamples = spec->resamples,
                                       .seed = spec->seed,
                                       .threads = run->threads,
                                       .team = run->team};
    const struct metrics_rows rows = predictions(f);
    const struct metrics_rows truth = {.n = rows.n, .ld = rows.ld, .f32 = f->data.y};
    struct bootstrap *b = &f->bootstrap;
    if (spec->resamples == 0)
        return 0;
    switch (f->net.task) {
    case TASK_MULTICLASS:
        return bootstrap_multiclass(b, &how, &rows, rows.ld, f->data.y, e);
    case TASK_REGRESSION:
        return bootstrap_regression(b, &how, &rows, &truth, rows.ld, e);
    default:
        return bootstrap_binary(b, &how, &rows, f->data.y, f->threshold, e);
    }
}

// Confidence and whether it was justified, of the predicted class.
static int calibrate_classes(struct findings *f, struct error *e)
{
    const size_t n = f->data.n, k = f->net.outputs;
    float *confidence = mem_array(n, 2 * sizeof *confidence);
    if (!confidence)
        return error_nomem(e, "calibration");
    float *right = confidence + n;
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        for (size_t c = 1; c < k; c++)
            best = f->pred[i * k + c] > f->pred[i * k + best] ? c : best;
        const float p = f->pred[i * k + best];
        confidence[i] = p < 1 ? p : 1; // sums of a softmax may round above it
        right[i] = f->data.y[i] == (float)best;
    }
    const struct metrics_rows rows = {.n = n, .ld = 1, .f32 = confidence};
    calibration_make(&f->calibration, &(struct curve_scores){&rows, 0, right, 1});
    mem_free(confidence);
    return 0;
}

static int calibrate(struct findings *f, struct error *e)
{
    const struct metrics_rows rows = predictions(f);
    if (f->net.task == TASK_MULTICLASS)
        return calibrate_classes(f, e);
    if (f->net.task == TASK_BINARY)
        calibration_make(&f->calibration, &(struct curve_scores){&rows, 0, f->data.y, 1});
    return 0;
}

// Those of the preparation, or else features by number.
static int name_columns(struct findings *f, const struct prep *p, struct error *e)
{
    f->columns = p ? p->columns : f->data.d;
    f->column = mem_array(f->columns, sizeof *f->column);
    f->name = mem_array(f->columns, sizeof *f->name);
    if (!f->column || !f->name)
        return error_nomem(e, "columns");
    for (size_t c = 0; c < f->columns; c++) {
        struct buf name;
        buf_init(&name, SIZE_MAX / 2);
        if (p)
            buf_puts(&name, p->column[c].name);
        else
            buf_printf(&name, "feature %zu", c);
        f->name[c] = name.data;
        f->column[c] = (struct screen_column){.feature = p ? p->column[c].feature : c,
                                              .features = p ? p->column[c].features : 1};
        if (name.failed)
            return error_nomem(e, "columns");
    }
    return 0;
}

static int screen(struct findings *f, const struct model_run *run, struct error *e)
{
    const struct screen_spec how = {f->net.task, f->net.outputs, &f->data, run->threads, run->team};
    const int rc = name_columns(f, run->model.prep, e);
    return rc ? rc : screen_columns(f->column, f->columns, &how, e);
}

static int shuffle(struct findings *f, const struct model_run *run,
                   const struct findings_spec *spec, struct error *e)
{
    if (spec->repeats == 0)
        return 0;
    struct importance_column *column = mem_array(f->columns, sizeof *column);
    if (!column)
        return error_nomem(e, "columns");
    for (size_t c = 0; c < f->columns; c++)
        column[c] = (struct importance_column){f->column[c].feature, f->column[c].features};
    const struct importance_spec how = {
        .data = &f->data,
        .columns = f->columns,
        .column = column,
        .repeats = spec->repeats,
        .seed = spec->seed,
        .progress = spec->shuffled,
        .context = spec->context,
    };
    const int rc = importance_measure(&f->importance, run, &how, e);
    mem_free(column);
    return rc;
}

static int judge(const struct state *s, struct model_run *run, struct error *e)
{
    struct findings *f = s->f;
    int rc = load(f, run, s->spec, e);
    if (rc == 0)
        rc = evaluate_rows(run, &f->data, f->path, &f->pred, &f->loss, e);
    if (rc == 0) {
        rc = measure(f, s->spec, e);
        error_prefix(e, rc, "%s", f->path);
    }
    if (rc == 0)
        rc = resample(f, run, s->spec, e);
    if (rc == 0)
        rc = calibrate(f, e);
    if (rc == 0)
        rc = screen(f, run, e);
    return rc ? rc : shuffle(f, run, s->spec, e);
}

static int work(struct model_run *run, void *context, struct error *e)
{
    const struct state *s = context;
    s->f->net = run->model.net;
    const int rc = s->spec->data.path ? judge(s, run, e) : 0;
    s->f->prep = run->model.prep; // moved
    run->model.prep = NULL;
    return rc;
}

int findings_make(struct findings *f, const struct findings_spec *spec, struct error *e)
{
    struct state s = {spec, f};
    *f = (struct findings){.part = spec->part};
    buf_init(&f->strange, STRANGE_MAX);
    const int rc = model_run(&spec->run, work, &s, e);
    if (rc)
        findings_clear(f);
    return rc;
}

void findings_clear(struct findings *f)
{
    for (size_t c = 0; f->name && c < f->columns; c++)
        mem_free(f->name[c]);
    mem_free(f->name);
    mem_free(f->column);
    if (f->prep)
        prep_clear(f->prep);
    mem_free(f->prep);
    mem_free(f->path);
    mem_free(f->pred);
    buf_clear(&f->strange);
    dataset_clear(&f->data);
    score_clear(&f->score);
    importance_clear(&f->importance);
    *f = (struct findings){0};
}

const char *findings_class(const struct findings *f, size_t class, char text[FINDINGS_CLASS_MAX])
{
    if (f->prep && class < f->prep->target.classes)
        return f->prep->target.class_name[class];
    snprintf(text, FINDINGS_CLASS_MAX, "%zu", class);
    return text;
}

const char *findings_metric(enum net_task task)
{
    static const char *const metrics[] = {"", "auroc", "accuracy", "r2"}; // by enum net_task
    return metrics[task];
}

const char *findings_metric_name(const char *metric)
{
    static const struct {
        const char *key, *name;
    } names[] = {
        {"auroc", "ROC AUC"},
        {"ap", "average precision"},
        {"accuracy", "accuracy"},
        {"precision", "precision"},
        {"recall", "recall"},
        {"f1", "F1"},
        {"log_loss", "log loss"},
        {"brier", "Brier score"},
        {"mse", "MSE"},
        {"rmse", "RMSE"},
        {"mae", "MAE"},
        {"r2", "R\u00b2"},
        {"macro_f1", "macro F1"},
        {"macro_precision", "macro precision"},
        {"weighted_f1", "weighted F1"},
        {"macro_recall", "macro recall"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].key, metric) == 0)
            return names[i].name;
    return metric;
}

double findings_score(const struct findings *f)
{
    switch (f->net.task) {
    case TASK_MULTICLASS:
        return f->score.multiclass.accuracy;
    case TASK_REGRESSION:
        return f->score.regression.r2;
    default:
        return f->score.binary.auroc;
    }
}
