// SPDX-License-Identifier: MIT
// Two classes and several, from predictions and labels.
#include "report/report_figures_inner.h"

#include "base/mem.h"
#include "train/curves.h"

#include <math.h>

FIGURE_DRAWER(roc, figure_roc)
FIGURE_DRAWER(pr, figure_pr)
FIGURE_DRAWER(scores, figure_scores)
FIGURE_DRAWER(calibration, figure_calibration)
FIGURE_DRAWER(confusion, figure_confusion)
FIGURE_DRAWER(roc_classes, figure_classes)
FIGURE_DRAWER(class_bars, figure_classes)

static struct curve_scores scores_of(const struct findings *found, const struct metrics_rows *rows,
                                     size_t class)
{
    const bool binary = found->net.task == TASK_BINARY;
    return (struct curve_scores){rows, binary ? 0 : class, found->data.y,
                                 binary ? 1 : (float)class};
}

static void add_calibration(struct draw *d)
{
    const struct calibration *c = &d->found->calibration;
    const bool binary = d->found->net.task == TASK_BINARY;
    struct figure_bin bins[CALIBRATION_BINS];
    for (size_t b = 0; b < CALIBRATION_BINS; b++)
        bins[b] = (struct figure_bin){c->bin[b].score, c->bin[b].rate, c->bin[b].count};
    const struct figure_calibration f = {
        .bins = CALIBRATION_BINS,
        .bin = bins,
        .brier = binary ? d->found->score.binary.brier : NAN,
        .ece = c->error,
        .share = binary ? NULL : "share that is right",
    };
    figures_add(
        d, &(struct figure_plan){
               "calibration", SECTION_RESULT, binary ? NULL : "Confidence and accuracy",
               binary ? "Whether probabilities may be taken at their word: of the rows that get "
                        "0.8, eight in ten should be ones. Bins of few rows stray by chance."
                      : "How often the predicted class is right, by the probability that it got. "
                        "Bins of few rows stray by chance.",
               draw_calibration, &f});
}

void figures_add_confusion(struct draw *d, size_t classes, const size_t *counts)
{
    const struct prep *p = d->found->prep;
    const bool named = p && p->target.classes == classes;
    const struct figure_confusion f = {
        .classes = classes,
        .names = named ? (const char *const *)p->target.class_name : NULL,
        .counts = counts,
    };
    figures_add(d, &(struct figure_plan){"confusion", SECTION_RESULT, NULL,
                                         "Rows by what they are and what they were called.",
                                         draw_confusion, &f});
}

// ---- two ----

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
    figures_add(
        d, &(struct figure_plan){
               "roc", SECTION_RESULT, NULL,
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
    figures_add(
        d, &(struct figure_plan){
               "pr", SECTION_RESULT, NULL,
               "How many of those called a one are one, against how many of the ones are found. It "
               "tells more than the ROC curve where ones are rare.",
               draw_pr, &f});
    pr_curve_clear(&c);
}

void figures_of_two_classes(struct draw *d)
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
    figures_add_confusion(d, 2, counts);
    if (isfinite(m->auroc)) {
        add_roc(d, &rows, &w);
        add_pr(d, &rows, &w);
    }
    figures_add(d,
                &(struct figure_plan){"scores", SECTION_RESULT, NULL,
                                      "Probabilities by class: the less they overlap, the better.",
                                      draw_scores, &scores});
    add_calibration(d);
    metrics_work_clear(&w);
}

// ---- several ----

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
        figures_add(d,
                    &(struct figure_plan){
                        "roc", SECTION_RESULT, NULL,
                        "Each class against all others: how many of its rows are found, and at the "
                        "price of how many false alarms.",
                        draw_roc_classes, &f});
    figures_add(d,
                &(struct figure_plan){"classes", SECTION_RESULT, NULL,
                                      "Precision: of the rows that were given the class, how many "
                                      "are of it. Recall: of its rows, how many were found.",
                                      draw_class_bars, &f});
    metrics_work_clear(&w);
}

void figures_of_classes(struct draw *d)
{
    const struct multiclass_metrics *m = &d->found->score.multiclass;
    struct figure_class *class = mem_array(m->classes, sizeof *class);
    struct roc_curve *curve = mem_array(m->classes, sizeof *curve);
    char(*name)[FINDINGS_CLASS_MAX] = mem_array(m->classes, sizeof *name);
    if (m->confusion)
        figures_add_confusion(d, m->classes, m->confusion);
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
