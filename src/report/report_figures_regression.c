// SPDX-License-Identifier: MIT
// Amounts: three figures a target, of the first few.
#include "report/report_figures_inner.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define TARGETS_MAX 3 // regression targets with figures of their own

FIGURE_DRAWER(predicted, figure_regression)
FIGURE_DRAWER(residuals, figure_regression)
FIGURE_DRAWER(residual_histogram, figure_regression)

// Of several targets, files are called predicted_0.svg and so on.
static void one_target(struct draw *d, const float *predicted, const float *truth, size_t target)
{
    static const struct figure_plan plans[] = {
        {"predicted", SECTION_RESULT, NULL, "The nearer to the diagonal, the better.",
         draw_predicted, NULL},
        {"residuals", SECTION_RESULT, NULL,
         "What predictions miss. A bend or a funnel is something that the network has not learned.",
         draw_residuals, NULL},
        {"residual_histogram", SECTION_RESULT, NULL, "How large errors are, and how often.",
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
        struct figure_plan plan = plans[i];
        char name[32];
        snprintf(name, sizeof name, targets > 1 ? "%s_%zu" : "%s", plan.name, target);
        plan.name = name;
        plan.what = &f;
        figures_add(d, &plan);
    }
    memcpy(d->note, rows, sizeof rows);
}

void figures_of_regression(struct draw *d)
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
