// SPDX-License-Identifier: MIT
// What is to be said of how good the model is, and of how sure that is.
#include "report/remarks_inner.h"

#include "io/json_at.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Where guessing lies: 0.5, the most frequent class, the mean.
static double guess(const struct facts *f)
{
    const enum net_task task = f->found->net.task;
    return task == TASK_BINARY ? 0.5 : task == TASK_MULTICLASS ? facts_majority(f) : 0;
}

void remark_guessing(const struct facts *f)
{
    static const char *const guesses[] = {"", "a coin's is", "that of always naming one class is",
                                          "that of the mean is"};
    const struct findings *found = f->found;
    struct draft d;
    if (!facts_have_rows(f))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    const double score = findings_score(found), by_chance = guess(f);
    const double low = interval ? interval->low : score;
    if (!(low <= by_chance))
        return;
    remark_begin(&d, "guessing", "Hardly better than guessing");
    buf_printf(&d.evidence, "The %s is %.3f", findings_metric_name(metric), score);
    if (interval)
        buf_printf(&d.evidence, " (95 %% interval %.3f to %.3f)", interval->low, interval->high);
    buf_printf(&d.evidence, "; %s %.3g.", guesses[found->net.task], by_chance);
    buf_puts(&d.advice, facts_improve(f)
                            ? "Train longer before anything else: validation loss was still "
                              "falling."
                            : "Look at the labels and at how the features were made before "
                              "anything else; then at --learning_rate and --epochs.");
    remark_end(f, &d);
}

static bool has_wide_interval(const struct findings *found)
{
    const struct interval *i = bootstrap_find(&found->bootstrap, findings_metric(found->net.task));
    return i && i->high - i->low > REMARK_WIDE;
}

void remark_wide_interval(const struct facts *f)
{
    const struct findings *found = f->found;
    struct draft d;
    if (!facts_have_rows(f) || !has_wide_interval(found))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    const double width = interval->high - interval->low;
    remark_begin(&d, "small", "Too few rows for small differences");
    buf_printf(&d.evidence,
               "On %zu rows the %s of %.3f has a 95 %% interval from %.3f to %.3f. A model that "
               "is %.2g better or worse may be neither.",
               found->data.n, findings_metric_name(metric), findings_score(found), interval->low,
               interval->high, width / 2);
    buf_puts(&d.advice, "Compare models on more rows (four times as many halve the interval) or "
                        "over several folds.");
    remark_end(f, &d);
}

// An interval of few rows is narrow when a model makes no error on them. Yet none in n may still be
// a share of 3 / n, which is more than REMARK_WIDE below 30 rows. Of a class that is so rare that
// each of its rows moves recall by a tenth, no metric is sure either.
#define CLASS_ROWS_MIN 10

static void put_rare(struct buf *out, const struct findings *found, size_t class, size_t rows)
{
    char number[FINDINGS_CLASS_MAX], name[SVG_CUT_MAX], count[32] = "None";
    svg_cut(name, findings_class(found, class, number), REMARK_NAME_WIDTH, 1);
    if (rows)
        snprintf(count, sizeof count, "Only %zu", rows);
    buf_printf(out, "%s of the %zu %s rows %s of class %s.", count, found->data.n,
               findings_part_names[found->part], rows > 1 ? "are" : "is", name);
}

void remark_few_rows(const struct facts *f)
{
    const struct findings *found = f->found;
    const size_t n = found->data.n, ones = found->score.binary.positives;
    const size_t rare = ones < n - ones ? ones : n - ones;
    const bool rare_class = found->net.task == TASK_BINARY && rare < CLASS_ROWS_MIN;
    struct draft d;
    if (!facts_have_rows(f) || has_wide_interval(found) || (n >= REMARK_ROWS_MIN && !rare_class))
        return;
    remark_begin(&d, "small", "Too few rows to tell");
    if (rare_class && n >= REMARK_ROWS_MIN)
        put_rare(&d.evidence, found, rare == ones, rare);
    else
        buf_printf(&d.evidence, "There %s only %zu %s row%s.", n == 1 ? "is" : "are", n,
                   findings_part_names[found->part], remark_plural(n));
    buf_puts(&d.evidence, " What a metric says of so few is an accident, whatever its interval.");
    buf_puts(&d.advice, "Judge the model on more rows, of every class, or over several folds.");
    remark_end(f, &d);
}

// Ten bins of few rows each are off by chance: only what is twice that counts. Where a class does
// not occur at all, no probability is right.
#define OFF 0.05

// Whether probabilities are nearer to 0 and 1 (of several classes: to 1) than the rows bear out.
static bool is_too_sure(const struct findings *found)
{
    double excess = 0;
    for (size_t b = 0; b < CALIBRATION_BINS; b++) {
        const struct calibration_bin *bin = &found->calibration.bin[b];
        const double center = found->net.task == TASK_BINARY ? 0.5 : 0;
        if (bin->count)
            excess += (double)bin->count * (fabs(bin->score - center) - fabs(bin->rate - center));
    }
    return excess >= 0;
}

static const char *calibration_advice(const struct facts *f)
{
    const char *weights = json_text_at(f->run->run, "options.class_weight");
    if (weights && strcmp(weights, "balanced") == 0)
        return "--class_weight balanced moves them on purpose. Use them to put rows in order, or "
               "train without it.";
    if (!is_too_sure(f->found))
        return "They are less sure than they could be. Train longer, with more --epochs, or with "
               "less --dropout and --weight_decay.";
    return "Trust their order rather than their values. Fewer epochs (--patience), --dropout or "
           "--weight_decay make a network less sure of itself.";
}

void remark_poor_calibration(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct calibration *c = &found->calibration;
    const bool one_class = found->net.task == TASK_BINARY && isnan(found->score.binary.auroc);
    struct draft d;
    if (!facts_have_rows(f) || found->net.task == TASK_REGRESSION || one_class || c->error < OFF ||
        c->error < 2 * c->noise)
        return;
    remark_begin(&d, "calibration", "Poor calibration");
    buf_printf(
        &d.evidence,
        "Probabilities are off by %.3f on average (expected calibration error), where chance alone "
        "would make it about %.3f on %zu rows.",
        c->error, c->noise, found->data.n);
    buf_puts(&d.advice, calibration_advice(f));
    remark_end(f, &d);
}
