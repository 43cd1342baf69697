// SPDX-License-Identifier: MIT
// Which figures a run has. What is in them comes from the history, from predictions
// (report_figures_classes.c, report_figures_regression.c), or from metrics.json where the rows are
// gone.
#include "report/report_figures_inner.h"

#include "base/mem.h"
#include "io/json_at.h"
#include "report/label.h"

#include <math.h>
#include <stdio.h>

FIGURE_DRAWER(curves, figure_curves)
FIGURE_DRAWER(importance, figure_importance)

void figures_add(struct draw *d, const struct figure_plan *p)
{
    char prefix[16];
    if (d->rc || d->to->count == REPORT_FIGURES_MAX)
        return;
    struct report_figure *f = &d->to->figure[d->to->count++];
    snprintf(f->name, sizeof f->name, "%s", p->name);
    snprintf(prefix, sizeof prefix, "f%zu", d->to->count);
    f->section = p->section;
    f->caption = p->caption;
    buf_init(&f->alone, FIGURE_MAX);
    buf_init(&f->inlined, FIGURE_MAX);
    struct figure_head head = {.prefix = prefix, .title = p->title, .note = d->note};
    p->draw(&f->alone, &head, p->what);
    head.inlined = true;
    p->draw(&f->inlined, &head, p->what);
    d->rc = buf_check(&f->alone, f->name, d->e);
    if (d->rc == 0)
        d->rc = buf_check(&f->inlined, f->name, d->e);
}

// ---- training ----

static const char *line_name(enum history_column c)
{
    switch (c) {
    case HISTORY_TRAIN_LOSS:
        return "train";
    case HISTORY_VAL_LOSS:
        return "val";
    case HISTORY_VAL_ACCURACY:
        return "accuracy";
    case HISTORY_VAL_F1:
        return "F1";
    case HISTORY_VAL_AUROC:
        return "ROC AUC";
    case HISTORY_VAL_AP:
        return "AP";
    default:
        return "R\u00b2";
    }
}

static bool has_values(const struct history *h, enum history_column c)
{
    size_t finite = 0;
    for (size_t i = 0; i < h->count; i++)
        finite += isfinite(h->row[i].value[c]) != 0;
    return finite > 0;
}

// Columns of the history as lines; y[columns][epochs].
static void add_curves(struct draw *d, const enum history_column *columns, size_t count,
                       const struct figure_plan *p)
{
    const struct history *h = &d->run->history;
    struct figure_line lines[FIGURE_LINES_MAX];
    struct figure_curves f = {.n = h->count,
                              .line = lines,
                              .best = run_best_epoch(d->run),
                              .kept = run_kept_epoch(d->run)};
    struct figure_plan plan = *p;
    double *y = mem_array(h->count, count * sizeof *y);
    if (!y) {
        d->rc = error_nomem(d->e, "curves");
        return;
    }
    for (size_t c = 0; c < count; c++) {
        if (!has_values(h, columns[c]))
            continue;
        double *to = y + f.lines * h->count;
        for (size_t i = 0; i < h->count; i++)
            to[i] = h->row[i].value[columns[c]];
        lines[f.lines++] = (struct figure_line){line_name(columns[c]), to};
    }
    f.loss = columns[0] == HISTORY_TRAIN_LOSS;
    plan.draw = draw_curves;
    plan.what = &f;
    if (f.lines)
        figures_add(d, &plan);
    mem_free(y);
}

static void training(struct draw *d)
{
    static const enum history_column losses[] = {HISTORY_TRAIN_LOSS, HISTORY_VAL_LOSS};
    static const enum history_column metrics[] = {
        HISTORY_VAL_ACCURACY, HISTORY_VAL_F1, HISTORY_VAL_AUROC, HISTORY_VAL_AP, HISTORY_VAL_R2};
    static const char usual[] =
        "What training makes smaller. Where validation turns up while training goes on falling, "
        "the network begins to learn its rows by heart.";
    static const char scaled[] =
        "What training makes smaller; of scaled targets, where they were scaled for it. Where "
        "validation turns up while training goes on falling, the network begins to learn its rows "
        "by heart.";
    const enum net_task task = run_task(d->run);
    if (d->run->history.count == 0)
        return;
    add_curves(d, losses, 2,
               &(struct figure_plan){"loss", SECTION_TRAINING, "Loss by epoch",
                                     task == TASK_REGRESSION ? scaled : usual, NULL, NULL});
    add_curves(d, metrics, 5,
               &(struct figure_plan){"metrics", SECTION_TRAINING, "Validation metrics by epoch",
                                     "The same epochs in terms that people use; 1 is perfect.",
                                     NULL, NULL});
}

// ---- columns ----

static void columns(struct draw *d)
{
    const struct importance *i = &d->found->importance;
    if (!i->metric)
        return;
    const struct figure_importance f = {
        .n = i->columns,
        .names = (const char *const *)d->found->name,
        .mean = i->mean,
        .spread = i->spread,
        .metric = findings_metric_name(i->metric),
    };
    figures_add(
        d, &(struct figure_plan){
               "importance", SECTION_COLUMNS, NULL,
               "How much of the metric is lost when the values of one column are shuffled among "
               "the rows. Columns that say the same share what they are worth.",
               draw_importance, &f});
}

// ---- without rows ----

// The confusion matrix of metrics.json, when it is one.
static void recorded_confusion(struct draw *d)
{
    static const char *const parts[] = {"val", "test", "train"};
    static const char *const names[] = {"validation", "test", "training"};
    const json_t *rows = NULL, *metrics = NULL;
    for (size_t p = 0; p < 3 && !metrics; p++) {
        metrics = run_metrics(d->run, parts[p]);
        if (metrics)
            snprintf(d->note, sizeof d->note, "%zu %s rows", json_count_at(metrics, "n"), names[p]);
    }
    rows = json_at(metrics, "confusion");
    const size_t classes = json_array_size(rows);
    if (classes < 2 || classes > METRICS_CONFUSION_MAX)
        return;
    size_t *counts = mem_array(classes * classes, sizeof *counts);
    if (!counts) {
        d->rc = error_nomem(d->e, "the confusion matrix");
        return;
    }
    for (size_t i = 0; i < classes * classes; i++) {
        const json_t *row = json_array_get(rows, i / classes);
        const json_int_t count = json_integer_value(json_array_get(row, i % classes));
        counts[i] = count > 0 && count < INT32_MAX ? (size_t)count : 0;
    }
    figures_add_confusion(d, classes, counts);
    mem_free(counts);
}

// ---- all ----

int report_figures_make(struct report_figures *r, const struct run_folder *run,
                        const struct findings *found, struct error *e)
{
    struct draw d = {.to = r, .run = run, .found = found, .e = e};
    *r = (struct report_figures){0};
    training(&d);
    if (found->data.n) {
        char count[LABEL_MAX];
        label_count(count, found->data.n);
        snprintf(d.note, sizeof d.note, "%s %s row%s", count, findings_part_names[found->part],
                 found->data.n == 1 ? "" : "s");
        if (found->net.task == TASK_BINARY)
            figures_of_two_classes(&d);
        else if (found->net.task == TASK_MULTICLASS)
            figures_of_classes(&d);
        else
            figures_of_regression(&d);
        columns(&d);
    } else {
        recorded_confusion(&d);
    }
    if (d.rc)
        report_figures_clear(r);
    return d.rc;
}

void report_figures_clear(struct report_figures *r)
{
    for (size_t i = 0; i < r->count; i++) {
        buf_clear(&r->figure[i].alone);
        buf_clear(&r->figure[i].inlined);
    }
    r->count = 0;
}
