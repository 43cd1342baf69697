// SPDX-License-Identifier: MIT
// A figure is drawn twice by the same call, once for its own file and once for the page. What it
// draws comes from the history, from predictions, or from metrics.json where the rows are gone.
#include "report/report_figures.h"

#include "base/mem.h"
#include "io/json_at.h"
#include "report/figure.h"
#include "report/label.h"
#include "train/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TARGETS_MAX 3 // regression targets with figures of their own

struct draw {
    struct report_figures *to;
    const struct run_folder *run;
    const struct findings *found;
    char note[96]; // which rows
    int rc;
    struct error *e;
};

// What one figure is, before it is drawn.
struct plan_of_figure {
    const char *name;
    enum report_section section;
    const char *caption;
    int (*draw)(struct buf *out, const struct figure_head *head, const void *what);
    const void *what;
};

static void add(struct draw *d, const struct plan_of_figure *p)
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
    struct figure_head head = {.prefix = prefix, .note = d->note};
    p->draw(&f->alone, &head, p->what);
    head.inlined = true;
    p->draw(&f->inlined, &head, p->what);
    d->rc = buf_check(&f->alone, f->name, d->e);
    if (d->rc == 0)
        d->rc = buf_check(&f->inlined, f->name, d->e);
}

// ---- training ----

static int draw_curves(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_curves f = *(const struct figure_curves *)what;
    f.head.prefix = head->prefix;
    f.head.inlined = head->inlined;
    return figure_curves(out, &f);
}

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
                       const struct plan_of_figure *p)
{
    const struct history *h = &d->run->history;
    struct figure_line lines[FIGURE_LINES_MAX];
    struct figure_curves f = {.n = h->count, .line = lines, .best = run_best_epoch(d->run)};
    struct plan_of_figure plan = *p;
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
    f.head.title = f.loss ? "Loss by epoch" : "Validation metrics by epoch";
    plan.draw = draw_curves;
    plan.what = &f;
    if (f.lines)
        add(d, &plan);
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
               &(struct plan_of_figure){"loss", SECTION_TRAINING,
                                        task == TASK_REGRESSION ? scaled : usual, NULL, NULL});
    add_curves(d, metrics, 5,
               &(struct plan_of_figure){"metrics", SECTION_TRAINING,
                                        "The same epochs in terms that people use; 1 is perfect.",
                                        NULL, NULL});
}

// ---- two classes ----

static int draw_roc(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_roc f = *(const struct figure_roc *)what;
    f.head = *head;
    return figure_roc(out, &f);
}

static int draw_pr(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_pr f = *(const struct figure_pr *)what;
    f.head = *head;
    return figure_pr(out, &f);
}

static int draw_scores(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_scores f = *(const struct figure_scores *)what;
    f.head = *head;
    return figure_scores(out, &f);
}

static int draw_calibration(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_calibration f = *(const struct figure_calibration *)what;
    const char *title = f.head.title;
    f.head = *head;
    f.head.title = title;
    return figure_calibration(out, &f);
}

static int draw_confusion(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_confusion f = *(const struct figure_confusion *)what;
    f.head = *head;
    return figure_confusion(out, &f);
}

static struct curve_scores scores_of(const struct findings *found, const struct metrics_rows *rows,
                                     size_t class)
{
    const bool binary = found->net.task == TASK_BINARY;
    return (struct curve_scores){rows, binary ? 0 : class, found->data.y,
                                 binary ? 1 : (float)class};
}

static void add_roc(struct draw *d, const struct metrics_rows *rows, struct metrics_work *w)
{
    const struct binary_metrics *m = &d->found->score.binary;
    const struct curve_scores s = scores_of(d->found, rows, 1);
    const double negatives = (double)(m->fp + m->tn);
    struct figure_point at = {(double)m->fp / negatives, m->recall, d->found->threshold};
    struct roc_curve c;
    d->rc = d->rc ? d->rc : roc_curve_make(&c, w, &s, false, d->e);
    if (d->rc)
        return;
    const struct figure_roc f = {
        .n = c.count, .fpr = c.fpr, .tpr = c.tpr, .auc = m->auroc, .at = &at};
    add(d, &(struct plan_of_figure){
               "roc", SECTION_RESULT,
               "For every threshold: how many of the ones are found, and at the price of how many "
               "false alarms among the zeros. The area under it is the chance that a one gets a "
               "higher score than a zero.",
               draw_roc, &f});
    roc_curve_clear(&c);
}

static void add_pr(struct draw *d, const struct metrics_rows *rows, struct metrics_work *w)
{
    const struct binary_metrics *m = &d->found->score.binary;
    const struct curve_scores s = scores_of(d->found, rows, 1);
    const struct figure_point at = {m->recall, m->precision, d->found->threshold};
    struct pr_curve c;
    d->rc = d->rc ? d->rc : pr_curve_make(&c, w, &s, d->e);
    if (d->rc)
        return;
    const struct figure_pr f = {.n = c.count,
                                .recall = c.recall,
                                .precision = c.precision,
                                .ap = m->ap,
                                .positives = (double)m->positives / (double)m->n,
                                .at = m->tp + m->fp ? &at : NULL};
    add(d, &(struct plan_of_figure){
               "pr", SECTION_RESULT,
               "How many of those called a one are one, against how many of the ones are found. It "
               "tells more than the ROC curve where ones are rare.",
               draw_pr, &f});
    pr_curve_clear(&c);
}

static void add_calibration(struct draw *d)
{
    const struct calibration *c = &d->found->calibration;
    const bool binary = d->found->net.task == TASK_BINARY;
    struct figure_bin bins[CALIBRATION_BINS];
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        bins[b] = (struct figure_bin){c->bin[b].score, c->bin[b].rate, c->bin[b].count};
    const struct figure_calibration f = {
        .head.title = binary ? NULL : "Confidence and accuracy",
        .bins = CALIBRATION_BINS,
        .bin = bins,
        .brier = binary ? d->found->score.binary.brier : NAN,
        .ece = c->error,
        .share = binary ? NULL : "share that is right",
    };
    add(d, &(struct plan_of_figure){
               "calibration", SECTION_RESULT,
               binary ? "Whether probabilities may be taken at their word: of the rows that get "
                        "0.8, eight in ten should be ones. Bins of few rows stray by chance."
                      : "How often the predicted class is right, by the probability that it got. "
                        "Bins of few rows stray by chance.",
               draw_calibration, &f});
}

static void add_confusion(struct draw *d, size_t classes, const size_t *counts)
{
    const struct prep *p = d->found->prep;
    const bool named = p && p->target.classes == classes;
    const struct figure_confusion f = {
        .classes = classes,
        .names = named ? (const char *const *)p->target.class_name : NULL,
        .counts = counts,
    };
    add(d, &(struct plan_of_figure){"confusion", SECTION_RESULT,
                                    "Rows by what they are and what they were called.",
                                    draw_confusion, &f});
}

static void binary(struct draw *d)
{
    const struct findings *found = d->found;
    const struct binary_metrics *m = &found->score.binary;
    const struct metrics_rows rows = {.n = found->data.n, .ld = 1, .f32 = found->pred};
    const size_t counts[] = {m->tn, m->fp, m->fn, m->tp};
    char number[2][FINDINGS_CLASS_MAX];
    const struct figure_scores scores = {
        .n = found->data.n,
        .score = found->pred,
        .label = found->data.y,
        .names = {findings_class(found, 0, number[0]), findings_class(found, 1, number[1])},
        .threshold = found->threshold,
    };
    struct metrics_work w = {0};
    add_confusion(d, 2, counts);
    if (isfinite(m->auroc)) {
        add_roc(d, &rows, &w);
        add_pr(d, &rows, &w);
    }
    add(d, &(struct plan_of_figure){"scores", SECTION_RESULT,
                                    "Probabilities by class: the less they overlap, the better.",
                                    draw_scores, &scores});
    add_calibration(d);
    metrics_work_clear(&w);
}

// ---- several classes ----

static int draw_roc_classes(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_classes f = *(const struct figure_classes *)what;
    f.head = *head;
    return figure_roc_classes(out, &f);
}

static int draw_class_bars(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_classes f = *(const struct figure_classes *)what;
    f.head = *head;
    return figure_class_bars(out, &f);
}

#define CURVES_MAX 200 // classes whose curves are computed: the figure shows ten

static double area_under(const struct roc_curve *c)
{
    double area = 0;
    for (size_t i = 1; i < c->count; i++)
        area += (c->fpr[i] - c->fpr[i - 1]) * (c->tpr[i] + c->tpr[i - 1]) / 2;
    return area;
}

static void add_classes(struct draw *d, struct figure_class *class, struct roc_curve *curve,
                        char (*name)[FINDINGS_CLASS_MAX])
{
    const struct findings *found = d->found;
    const struct multiclass_metrics *m = &found->score.multiclass;
    const struct metrics_rows rows = {.n = m->n, .ld = m->classes, .f32 = found->pred};
    const struct figure_classes f = {.classes = m->classes, .class = class};
    struct metrics_work w = {0};
    for (size_t c = 0; c < m->classes && d->rc == 0; c++) {
        const struct curve_scores s = scores_of(found, &rows, c);
        if (m->classes <= CURVES_MAX)
            d->rc = roc_curve_make(&curve[c], &w, &s, false, d->e);
        class[c] = (struct figure_class){findings_class(found, c, name[c]),
                                         m->precision[c],
                                         m->recall[c],
                                         m->f1[c],
                                         m->support[c],
                                         curve[c].count,
                                         curve[c].fpr,
                                         curve[c].tpr,
                                         area_under(&curve[c])};
    }
    if (m->classes <= CURVES_MAX)
        add(d, &(struct plan_of_figure){
                   "roc", SECTION_RESULT,
                   "Each class against all others: how many of its rows are found, and at the "
                   "price of how many false alarms.",
                   draw_roc_classes, &f});
    add(d, &(struct plan_of_figure){"classes", SECTION_RESULT,
                                    "Precision: of the rows that were given the class, how many "
                                    "are of it. Recall: of its rows, how many were found.",
                                    draw_class_bars, &f});
    metrics_work_clear(&w);
}

static void multiclass(struct draw *d)
{
    const struct multiclass_metrics *m = &d->found->score.multiclass;
    struct figure_class *class = mem_array(m->classes, sizeof *class);
    struct roc_curve *curve = mem_array(m->classes, sizeof *curve);
    char(*name)[FINDINGS_CLASS_MAX] = mem_array(m->classes, sizeof *name);
    if (m->confusion)
        add_confusion(d, m->classes, m->confusion);
    if (class && curve && name)
        add_classes(d, class, curve, name);
    else
        d->rc = error_nomem(d->e, "classes");
    for (size_t c = 0; curve && c < m->classes; c++)
        roc_curve_clear(&curve[c]);
    mem_free(class);
    mem_free(curve);
    mem_free(name);
    add_calibration(d);
}

// ---- regression ----

static int draw_predicted(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_regression f = *(const struct figure_regression *)what;
    f.head = *head;
    return figure_predicted(out, &f);
}

static int draw_residuals(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_regression f = *(const struct figure_regression *)what;
    f.head = *head;
    return figure_residuals(out, &f);
}

static int draw_residual_histogram(struct buf *out, const struct figure_head *head,
                                   const void *what)
{
    struct figure_regression f = *(const struct figure_regression *)what;
    f.head = *head;
    return figure_residual_histogram(out, &f);
}

// Of several targets, files are called predicted_0.svg and so on.
static void one_target(struct draw *d, const float *predicted, const float *truth, size_t target)
{
    static const struct plan_of_figure plans[] = {
        {"predicted", SECTION_RESULT, "The nearer to the diagonal, the better.", draw_predicted,
         NULL},
        {"residuals", SECTION_RESULT,
         "What predictions miss. A bend or a funnel is something that the network has not learned.",
         draw_residuals, NULL},
        {"residual_histogram", SECTION_RESULT, "How large errors are, and how often.",
         draw_residual_histogram, NULL},
    };
    const size_t n = d->found->data.n, targets = d->found->net.outputs;
    const struct metrics_rows p = {.n = n, .ld = 1, .f32 = predicted};
    const struct metrics_rows t = {.n = n, .ld = 1, .f32 = truth};
    struct regression_metrics m;
    char rows[sizeof d->note];
    d->rc = d->rc ? d->rc : metrics_regression(&m, &p, &t, 1, d->e);
    if (d->rc)
        return;
    snprintf(rows, sizeof rows, "%s", d->note);
    if (targets > 1)
        snprintf(d->note, sizeof d->note, "target %zu, %.70s", target, rows);
    const struct figure_regression f = {
        .n = n, .predicted = predicted, .truth = truth, .r2 = m.r2, .rmse = m.rmse};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct plan_of_figure plan = plans[i];
        char name[32];
        snprintf(name, sizeof name, targets > 1 ? "%s_%zu" : "%s", plan.name, target);
        plan.name = name;
        plan.what = &f;
        add(d, &plan);
    }
    memcpy(d->note, rows, sizeof rows);
}

static void regression(struct draw *d)
{
    const size_t n = d->found->data.n, k = d->found->net.outputs;
    float *predicted = mem_array(n, 2 * sizeof *predicted);
    if (!predicted) {
        d->rc = error_nomem(d->e, "residuals");
        return;
    }
    float *truth = predicted + n;
    for (size_t t = 0; t < k && t < TARGETS_MAX; t++) {
        for (size_t i = 0; i < n; i++) {
            predicted[i] = d->found->pred[i * k + t];
            truth[i] = d->found->data.y[i * k + t];
        }
        one_target(d, predicted, truth, t);
    }
    mem_free(predicted);
}

// ---- columns ----

static int draw_importance(struct buf *out, const struct figure_head *head, const void *what)
{
    struct figure_importance f = *(const struct figure_importance *)what;
    f.head = *head;
    return figure_importance(out, &f);
}

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
    add(d, &(struct plan_of_figure){
               "importance", SECTION_COLUMNS,
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
    add_confusion(d, classes, counts);
    mem_free(counts);
}

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
            binary(&d);
        else if (found->net.task == TASK_MULTICLASS)
            multiclass(&d);
        else
            regression(&d);
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
