// SPDX-License-Identifier: MIT
// What is to be said of how the training went.
#include "report/remarks_inner.h"

#include "io/json_at.h"

#include <math.h>
#include <string.h>

void remark_interrupted(const struct facts *f)
{
    const char *how = json_text_at(f->run->run, "exit");
    struct draft d;
    if (!how || strcmp(how, "interrupted") != 0)
        return;
    remark_begin(&d, "interrupted", "The run was interrupted");
    buf_printf(&d.evidence, "It ended after %zu of %zu epochs.",
               json_count_at(f->run->run, "training.epochs"),
               json_count_at(f->run->run, "options.epochs"));
    buf_puts(&d.advice, "Start it again; with --checkpoint_dir it goes on where it stopped.");
    remark_end(f, &d);
}

static double mean_loss(const struct history *h, enum history_column column, size_t first,
                        size_t end_)
{
    double sum = 0;
    for (size_t i = first; i < end_; i++)
        sum += h->row[i].value[column];
    return sum / (double)(end_ - first);
}

// The share that the last epochs took off the validation loss of as many before them: a tenth of
// all, a fifth of few. NaN where nothing can be said.
#define GAIN_EPOCHS_MIN 5

static double last_gain(const struct history *h, size_t *tail)
{
    *tail = h->count < 20 ? h->count / 5 : h->count / 10;
    if (h->count < GAIN_EPOCHS_MIN)
        return NAN;
    const size_t middle = h->count - *tail;
    const double before = mean_loss(h, HISTORY_VAL_LOSS, middle - *tail, middle);
    return 1 - mean_loss(h, HISTORY_VAL_LOSS, middle, h->count) / before;
}

bool facts_improve(const struct facts *f)
{
    size_t tail;
    return last_gain(&f->run->history, &tail) > 0.01;
}

// The loss of the last twentieth is 5 % above the lowest, which is well before the end; the model
// is that of the end.
#define EPOCHS_MIN 10

// Where validation loss was lowest, and how far both losses have moved since then.
struct turn {
    size_t best; // epoch, from 0
    double low, high, train, train_end;
};

static bool has_turned(const struct facts *f, struct turn *t)
{
    const struct history *h = &f->run->history;
    const size_t tail = h->count / 20 ? h->count / 20 : 1;
    const size_t rows = json_count_at(f->run->run, "data.val_rows"); // 0: not recorded
    *t = (struct turn){0};
    if (h->count < EPOCHS_MIN || run_kept_epoch(f->run) != h->count ||
        (rows && rows < REMARK_ROWS_MIN))
        return false;
    for (size_t i = 0; i < h->count; i++)
        if (h->row[i].value[HISTORY_VAL_LOSS] < h->row[t->best].value[HISTORY_VAL_LOSS])
            t->best = i;
    t->low = h->row[t->best].value[HISTORY_VAL_LOSS];
    t->high = mean_loss(h, HISTORY_VAL_LOSS, h->count - tail, h->count);
    t->train = h->row[t->best].value[HISTORY_TRAIN_LOSS];
    t->train_end = mean_loss(h, HISTORY_TRAIN_LOSS, h->count - tail, h->count);
    return t->high > 1.05 * t->low && t->train_end < t->train && 5 * (t->best + 1) <= 4 * h->count;
}

void remark_overfitting(const struct facts *f)
{
    const struct history *h = &f->run->history;
    struct turn t;
    struct draft d;
    if (!has_turned(f, &t))
        return;
    const double *last = h->row[h->count - 1].value;
    remark_begin(&d, "overfitting", "Overfitting");
    buf_printf(&d.evidence,
               "Validation loss was lowest in epoch %zu (%.4g) and ended at %.4g in epoch %zu, "
               "while training loss fell from %.4g to %.4g. The model is that of the last epoch.",
               t.best + 1, t.low, last[HISTORY_VAL_LOSS], h->count, t.train,
               last[HISTORY_TRAIN_LOSS]);
    buf_printf(&d.advice,
               "--restore_best keeps the weights of epoch %zu, --patience N also stops N epochs "
               "after it. --dropout and --weight_decay put it off.",
               t.best + 1);
    remark_end(f, &d);
}

// The rows that it learned from are told better, by more than the accidents of those that were held
// back account for. What turned up in the course of training is said already.
void remark_gap(const struct facts *f)
{
    const struct findings *found = f->found;
    const bool held_back = found->part == FINDINGS_VAL || found->part == FINDINGS_TEST;
    struct turn t;
    struct draft d;
    if (!held_back || found->data.n < REMARK_ROWS_MIN || has_turned(f, &t))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    const double score = findings_score(found);
    const double train = json_number_at(run_metrics(f->run, "train"), metric);
    if (!(train - score > REMARK_WIDE) || (interval && !(train > interval->high)))
        return;
    remark_begin(&d, "gap", "Overfitting gap");
    buf_printf(&d.evidence, "The %s is %.3f on the training rows, and %.3f on the %zu %s rows",
               findings_metric_name(metric), train, score, found->data.n,
               findings_part_names[found->part]);
    if (interval)
        buf_printf(&d.evidence, " (95 %% interval %.3f to %.3f)", interval->low, interval->high);
    buf_puts(&d.evidence, ".");
    buf_puts(&d.advice,
             "Expect the lower figure of other rows. More training rows or fewer columns "
             "help, and so do --dropout, --weight_decay and a smaller --hidden.");
    remark_end(f, &d);
}

// A learning rate that has come down to this share of its highest has ended the training on
// purpose.
#define RATE_LEFT 0.05

static bool rate_has_fallen(const struct history *h)
{
    double most = 0;
    for (size_t i = 0; i < h->count; i++)
        most = fmax(most, h->row[i].value[HISTORY_LR]);
    return h->row[h->count - 1].value[HISTORY_LR] < RATE_LEFT * most;
}

// Epochs that are worth a try, and what shortens the way to them.
#define STEP_ROWS ((size_t)256) // batches of fewer rows are usual

static void advise_longer(struct buf *out, const struct facts *f, size_t tail)
{
    const size_t epochs = f->run->history.count,
                 steps = json_count_at(f->run->run, "training.steps");
    buf_printf(out, "Train longer: --epochs %zu --patience %zu ends by itself.",
               epochs > 50 ? 4 * epochs : 200, tail > 20 ? tail : 20);
    if (steps == epochs && json_count_at(f->run->run, "data.train_rows") > STEP_ROWS)
        buf_puts(out, " An epoch was one step over all rows; --batch_size 64 takes more of them.");
}

void remark_still_improving(const struct facts *f)
{
    const struct history *h = &f->run->history;
    const char *how = json_text_at(f->run->run, "exit");
    struct draft d;
    size_t tail;
    const double gain = last_gain(h, &tail);
    if (!facts_improve(f) || 20 * run_best_epoch(f->run) < 19 * h->count || rate_has_fallen(h) ||
        (how && strcmp(how, "finished") != 0))
        return;
    remark_begin(&d, "unfinished", "Still improving at the end");
    buf_printf(&d.evidence,
               "The best of %zu epochs is number %zu; in the last %zu, validation loss was %.1f %% "
               "below that of the %zu before.",
               h->count, run_best_epoch(f->run), tail, 100 * gain, tail);
    advise_longer(&d.advice, f, tail);
    remark_end(f, &d);
}
