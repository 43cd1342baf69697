// SPDX-License-Identifier: MIT
// Remarks, and what came out as tables: metrics beside those of the training rows, thresholds,
// classes, columns.
#include "base/mem.h"
#include "io/json_at.h"
#include "report/html.h"
#include "report/label.h"
#include "report/page.h"
#include "report/ranked.h"
#include "train/metrics_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void page_remarks(struct buf *out, const struct report *r)
{
    if (r->remarks.count == 0) {
        html_put(out, "<p>");
        html_text(out, "None: the figures of this run give no reason for any.");
        html_put(out, "</p>\n");
        return;
    }
    html_put(out, "<ul class=\"remarks\">\n");
    for (size_t i = 0; i < r->remarks.count; i++) {
        const struct remark *m = &r->remarks.item[i];
        buf_printf(out, "<li id=\"remark-%s\">", m->key);
        html_element(out, "h3", m->title);
        html_put(out, "<p>");
        html_text(out, m->evidence);
        html_put(out, "</p><p class=\"do\">");
        html_prose(out, m->advice);
        html_put(out, "</p></li>\n");
    }
    html_put(out, "</ul>\n");
}

// ---- metrics ----

static const char *const binary_keys[] = {"auroc", "ap",       "accuracy", "precision", "recall",
                                          "f1",    "log_loss", "brier",    NULL};
static const char *const multiclass_keys[] = {
    "accuracy",    "macro_precision", "macro_recall", "macro_f1",
    "weighted_f1", "auroc",           "log_loss",     NULL};
static const char *const regression_keys[] = {"r2", "rmse", "mae", "mse", NULL};

static const char *const *keys_of(enum net_task task)
{
    return task == TASK_REGRESSION   ? regression_keys
           : task == TASK_MULTICLASS ? multiclass_keys
                                     : binary_keys;
}

// Three digits behind the point of what lies between 0 and 10, as most metrics do.
static void metric_text(char text[LABEL_MAX], double value)
{
    label_value(text, value);
    if (fabs(value) < 10)
        label_decimal(text, value, fabs(value) < 0.01 && value != 0 ? 5 : 3);
}

static void put_number(struct buf *out, double value)
{
    char text[LABEL_MAX];
    metric_text(text, value);
    html_cell(out, "%s", isfinite(value) ? text : "\u2013");
}

static void put_interval(struct buf *out, const struct interval *i)
{
    char low[LABEL_MAX], high[LABEL_MAX];
    if (!i || !isfinite(i->low)) {
        html_cell(out, "\u2013");
        return;
    }
    metric_text(low, i->low);
    metric_text(high, i->high);
    html_cell(out, "%s \u2013 %s", low, high);
}

// What is evaluated now, with intervals, and then the parts of metrics.json.
struct columns_of_metrics {
    const json_t *now;
    const struct bootstrap *bootstrap;
    const json_t *part[3]; // NULL: not there
};

static void put_metrics(struct buf *out, const char *const *keys,
                        const struct columns_of_metrics *c)
{
    for (; *keys; keys++) {
        html_row(out, findings_metric_name(*keys));
        if (c->now)
            put_number(out, json_number_at(c->now, *keys));
        if (c->bootstrap)
            put_interval(out, bootstrap_find(c->bootstrap, *keys));
        for (size_t p = 0; p < 3; p++)
            if (c->part[p])
                put_number(out, json_number_at(c->part[p], *keys));
        html_row_end(out);
    }
}

static json_t *metrics_now(const struct findings *f)
{
    switch (f->net.task) {
    case TASK_MULTICLASS:
        return metrics_json_multiclass(&f->score.multiclass);
    case TASK_REGRESSION:
        return metrics_json_regression(&f->score.regression);
    default:
        return metrics_json_binary(&f->score.binary, f->threshold);
    }
}

int page_metrics(struct buf *out, const struct report *r, struct error *e)
{
    static const char *const parts[] = {"val", "test", "train"};
    const struct findings *f = &r->found;
    const bool rows = f->data.n > 0;
    json_t *now = rows ? metrics_now(f) : NULL;
    struct columns_of_metrics c = {.now = now, .bootstrap = rows ? &f->bootstrap : NULL};
    const char *heads[8] = {"metric"};
    size_t n = 1;
    if (rows && !now)
        return error_nomem(e, "metrics");
    if (rows) {
        heads[n++] = findings_part_names[f->part];
        heads[n++] = "95 % interval";
    }
    for (size_t p = 0; p < 3; p++) {
        if (rows && p == (size_t)f->part)
            continue;
        c.part[p] = run_metrics(&r->run, parts[p]);
        if (c.part[p])
            heads[n++] = findings_part_names[p];
    }
    const enum net_task task = rows ? f->net.task : run_task(&r->run);
    if (n > 1) {
        html_table(out, HTML_NUMBERS, "Metrics", heads);
        put_metrics(out, keys_of(task), &c);
        html_table_end(out);
    }
    json_decref(now);
    return 0;
}

// ---- classes ----

#define CLASSES_SHOWN 500

void page_classes(struct buf *out, const struct report *r)
{
    static const char *const heads[] = {"class", "rows", "precision", "recall", "F1", NULL};
    const struct multiclass_metrics *m = &r->found.score.multiclass;
    if (r->found.data.n == 0 || r->found.net.task != TASK_MULTICLASS)
        return;
    html_table(out, HTML_NUMBERS, "Classes", heads);
    for (size_t c = 0; c < m->classes && c < CLASSES_SHOWN; c++) {
        char number[FINDINGS_CLASS_MAX];
        html_row(out, findings_class(&r->found, c, number));
        html_cell(out, "%zu", m->support[c]);
        html_cell(out, "%.3f", m->precision[c]);
        html_cell(out, "%.3f", m->recall[c]);
        html_cell(out, "%.3f", m->f1[c]);
        html_row_end(out);
    }
    if (m->classes > CLASSES_SHOWN)
        html_pair(out, "\u2026", "%zu in all", m->classes);
    html_table_end(out);
}

// ---- thresholds ----

#define THRESHOLDS 3

// The usual one and the two best.
static int measure_thresholds(const struct findings *f, double threshold[THRESHOLDS],
                              struct binary_metrics m[THRESHOLDS], struct error *e)
{
    static const enum threshold_rule rules[] = {THRESHOLD_GIVEN, THRESHOLD_F1, THRESHOLD_YOUDEN};
    const struct metrics_rows rows = {.n = f->data.n, .ld = 1, .f32 = f->pred};
    struct metrics_work w = {0};
    int rc = 0;
    threshold[0] = SCORE_THRESHOLD;
    for (size_t i = 0; rc == 0 && i < THRESHOLDS; i++) {
        if (rules[i] != THRESHOLD_GIVEN)
            rc = threshold_choose(&threshold[i], rules[i], &rows, f->data.y, e);
        if (rc == 0)
            rc = metrics_binary(&m[i], &w, &rows, f->data.y, threshold[i], e);
    }
    metrics_work_clear(&w);
    return rc;
}

static void put_values(struct buf *out, const char *name, const double value[THRESHOLDS])
{
    html_row(out, name);
    for (size_t i = 0; i < THRESHOLDS; i++)
        html_cell(out, "%.3f", value[i]);
    html_row_end(out);
}

int page_thresholds(struct buf *out, const struct report *r, struct error *e)
{
    static const char *const heads[] = {"", "usual", "best F1", "best of Youden", NULL};
    const struct findings *f = &r->found;
    double threshold[THRESHOLDS];
    struct binary_metrics m[THRESHOLDS];
    if (f->data.n == 0 || f->net.task != TASK_BINARY || isnan(f->score.binary.auroc))
        return 0;
    const int rc = measure_thresholds(f, threshold, m, e);
    if (rc)
        return rc;
    const double negatives = (double)(m[0].n - m[0].positives);
    html_table(out, HTML_NUMBERS,
               "Thresholds; the best are chosen on these very rows, which flatters them", heads);
    put_values(out, "threshold", threshold);
    put_values(out, "precision", (double[]){m[0].precision, m[1].precision, m[2].precision});
    put_values(out, "recall (sensitivity)", (double[]){m[0].recall, m[1].recall, m[2].recall});
    put_values(out, "specificity",
               (double[]){(double)m[0].tn / negatives, (double)m[1].tn / negatives,
                          (double)m[2].tn / negatives});
    put_values(out, "F1", (double[]){m[0].f1, m[1].f1, m[2].f1});
    put_values(out, "accuracy", (double[]){m[0].accuracy, m[1].accuracy, m[2].accuracy});
    html_table_end(out);
    return 0;
}

// ---- columns ----

#define COLUMNS_OPEN  ((size_t)20) // more of them are folded
#define COLUMNS_SHOWN ((size_t)200)

static void put_column(struct buf *out, const struct findings *f, size_t c)
{
    char mean[LABEL_MAX], spread[LABEL_MAX];
    label_decimal(mean, f->importance.mean[c], 4);
    label_decimal(spread, f->importance.spread[c], 4);
    html_row(out, f->name[c]);
    html_cell(out, "%s", mean);
    html_cell(out, "%s", spread);
    if (isfinite(f->column[c].alone))
        html_cell(out, "%.3f", f->column[c].alone);
    else
        html_cell(out, "\u2013");
    html_row_end(out);
}

// How the figures came about.
static void put_method(struct buf *out, const struct findings *f)
{
    static const char *const alone[] = {
        "", "the ROC AUC of its values",
        "the share of rows whose class is the most frequent one among rows of similar values",
        "the share of the variance that it explains"}; // by enum net_task
    const struct importance *i = &f->importance;
    char rows[LABEL_MAX], all[LABEL_MAX];
    label_count(rows, i->rows);
    label_count(all, f->data.n);
    html_put(out, "<p class=\"soft\">");
    html_printf(out, "Mean and standard deviation of %zu shuffles of ", i->repeats);
    if (i->rows < f->data.n)
        html_printf(out, "%s rows, a sample of the %s", rows, all);
    else
        html_printf(out, "the %s rows", rows);
    html_printf(out, ". Alone: what the column says without any model, as %s.", alone[f->net.task]);
    html_put(out, "</p>\n");
}

int page_columns(struct buf *out, const struct report *r, struct error *e)
{
    const struct findings *f = &r->found;
    const char *const heads[] = {"column", "importance", "spread", "alone", NULL};
    struct ranked *ranked = mem_array(f->columns, sizeof *ranked);
    if (!ranked)
        return error_nomem(e, "columns");
    for (size_t c = 0; c < f->columns; c++)
        ranked[c] = (struct ranked){-f->importance.mean[c], c};
    ranked_sort(ranked, f->columns);
    html_put(out, "<div class=\"column\">\n");
    if (f->columns > COLUMNS_OPEN)
        html_put(out, "<details><summary>Columns as a table</summary>\n");
    html_table(out, HTML_NUMBERS, "Importance of columns", heads);
    for (size_t i = 0; i < f->columns && i < COLUMNS_SHOWN; i++)
        put_column(out, f, ranked[i].index);
    if (f->columns > COLUMNS_SHOWN)
        html_pair(out, "\u2026", "%zu in all", f->columns);
    html_table_end(out);
    if (f->columns > COLUMNS_OPEN)
        html_put(out, "</details>\n");
    put_method(out, f);
    html_put(out, "</div>\n");
    mem_free(ranked);
    return 0;
}
