// SPDX-License-Identifier: MIT
// One function a remark. Each looks at what it needs, and says nothing where that is not there. The
// limits are stated beside the rule that they belong to; what is noise is told from what is not by
// the size of the sample wherever that can be computed.
#include "report/remarks.h"

#include "base/buf.h"
#include "base/mem.h"
#include "io/json_at.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX   4000
#define NAME_WIDTH 30 // of a name, in units of its letters' height
#define NAMED      4  // columns that a remark names; of more it tells the number

struct facts {
    const struct run_folder *run;
    const struct findings *found;
    struct remarks *remarks;
};

// A remark in two texts, begun by this and ended by end(). NULL when there are enough.
struct draft {
    const char *key, *title;
    struct buf evidence, advice;
};

static void begin(struct draft *d, const char *key, const char *title)
{
    d->key = key;
    d->title = title;
    buf_init(&d->evidence, 2 * TEXT_MAX);
    buf_init(&d->advice, TEXT_MAX);
}

static void end(const struct facts *f, struct draft *d)
{
    struct remarks *r = f->remarks;
    if (d->evidence.failed || d->advice.failed || r->count == REMARKS_MAX) {
        r->failed = true;
        buf_clear(&d->evidence);
        buf_clear(&d->advice);
        return;
    }
    r->item[r->count++] = (struct remark){d->key, d->title, d->evidence.data, d->advice.data};
}

static bool has_rows(const struct facts *f)
{
    return f->found->data.n > 0;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

// ---- the data that the figures are of ----

static void interrupted(const struct facts *f)
{
    const char *how = json_text_at(f->run->run, "exit");
    struct draft d;
    if (!how || strcmp(how, "interrupted") != 0)
        return;
    begin(&d, "interrupted", "The run was interrupted");
    buf_printf(&d.evidence, "It ended after %zu of %zu epochs.",
               json_count_at(f->run->run, "training.epochs"),
               json_count_at(f->run->run, "options.epochs"));
    buf_puts(&d.advice, "Start it again; with --checkpoint_dir it goes on where it stopped.");
    end(f, &d);
}

// The evaluated rows should give the very figures of metrics.json. Another CPU level moves the
// loss in its seventh digit or so.
static void other_data(const struct facts *f)
{
    static const char *const parts[] = {"val", "test", "train"}; // by enum findings_part
    struct draft d;
    if (!has_rows(f) || f->found->part == FINDINGS_GIVEN)
        return;
    const json_t *then = run_metrics(f->run, parts[f->found->part]);
    const double loss = json_number_at(then, "loss"), now = f->found->loss;
    const size_t rows = json_count_at(then, "n");
    if (!then || (rows == f->found->data.n && fabs(loss - now) <= 1e-4 * fabs(loss) + 1e-6))
        return;
    begin(&d, "changed", "Data or model changed since the run");
    buf_printf(&d.evidence,
               "metrics.json has a loss of %.6g on %zu rows; the model now comes to %.6g on the "
               "%zu rows of the same name. What this page draws is of today's.",
               loss, rows, now, f->found->data.n);
    buf_puts(&d.advice, "Train again, or give the rows of then with --data.");
    end(f, &d);
}

static void nothing_held_back(const struct facts *f)
{
    struct draft d;
    const bool validated = run_metrics(f->run, "val") || run_metrics(f->run, "test");
    const size_t rows = json_count_at(f->run->run, "data.train_rows");
    if (validated || rows == 0 || (has_rows(f) && f->found->part == FINDINGS_GIVEN))
        return;
    begin(&d, "unvalidated", "No validation data");
    buf_printf(&d.evidence,
               "The run had neither validation nor test rows: the figures are of the %zu row%s "
               "that the model was trained on, and say little about others.",
               rows, plural(rows));
    buf_puts(&d.advice, "Hold rows back and name them with --val, or judge the model on others "
                        "with skiff report --data.");
    end(f, &d);
}

// ---- columns ----

struct listing {
    struct buf *out;
    size_t named, more;
};

// Says whether the column is to be named here, and begins it.
static bool list_name(struct listing *l, const char *name)
{
    if (l->named == NAMED) {
        l->more++;
        return false;
    }
    char cut[SVG_CUT_MAX];
    svg_cut(cut, name, NAME_WIDTH, 1);
    buf_printf(l->out, "%s%s", l->named++ ? "; " : "", cut);
    return true;
}

static void list_end(struct listing *l)
{
    if (l->more)
        buf_printf(l->out, "; and %zu more", l->more);
    buf_puts(l->out, ".");
}

static double majority(const struct findings *found)
{
    const struct multiclass_metrics *m = &found->score.multiclass;
    size_t most = 0;
    for (size_t c = 0; c < m->classes; c++)
        most = m->support[c] > most ? m->support[c] : most;
    return m->n ? (double)most / (double)m->n : 1;
}

// One column that nearly gives the answer: more than the strongest honest columns of usual tables
// reach alone on few rows (a ROC AUC of 0.993 of a tumour's perimeter on 114 rows, 0.94 of the
// variance by a count in the hour before).
static const double leak[] = {INFINITY, 0.995, 0.98, 0.98}; // by enum net_task
#define LEAK_ROWS 30

static void leakage(const struct facts *f)
{
    static const char *const says[] = {"", "alone has a ROC AUC of", "alone tells the class of",
                                       "alone explains"}; // by enum net_task
    const struct findings *found = f->found;
    struct draft d;
    struct listing l = {.out = &d.evidence};
    if (found->data.n < LEAK_ROWS || (found->net.task == TASK_MULTICLASS && majority(found) > 0.9))
        return;
    begin(&d, "leakage", "Possible leakage");
    for (size_t c = 0; c < found->columns; c++) {
        const double alone = found->column[c].alone;
        if (!(alone >= leak[found->net.task]) || !list_name(&l, found->name[c]))
            continue;
        if (found->net.task == TASK_BINARY)
            buf_printf(&d.evidence, " %s %.3f", says[TASK_BINARY], alone);
        else
            buf_printf(&d.evidence, " %s %.1f %% of the %s", says[found->net.task], 100 * alone,
                       found->net.task == TASK_MULTICLASS ? "rows" : "variance");
    }
    list_end(&l);
    if (l.named == 0) {
        buf_clear(&d.evidence);
        return;
    }
    buf_puts(&d.advice, "Ask whether it is known before the outcome is. If it was filled in "
                        "afterwards, or made from the outcome, leave it out and train again.");
    end(f, &d);
}

// Of a prepared column the value is a scaled one or a category's number, which says nothing.
static void put_constant(struct buf *out, const struct findings *found,
                         const struct screen_column *column)
{
    if (found->prep)
        buf_puts(out, " is the same");
    else
        buf_printf(out, " is %.6g", column->value);
    buf_printf(out, " in all %zu rows looked at", found->data.n);
}

static void idle_columns(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct importance *i = &found->importance;
    struct draft d;
    struct listing l = {.out = &d.evidence};
    // Accuracy often stays where it was although probabilities have moved.
    const bool graded = i->metric && i->repeats > 1 && strcmp(i->metric, "accuracy") != 0;
    if (found->data.n < LEAK_ROWS)
        return;
    begin(&d, "idle", "Columns that do nothing");
    for (size_t c = 0; c < found->columns; c++) {
        const struct screen_column *column = &found->column[c];
        const bool unused = graded && i->mean[c] == 0 && i->spread[c] == 0;
        if (column->constant && list_name(&l, found->name[c]))
            put_constant(&d.evidence, found, column);
        else if (!column->constant && unused && list_name(&l, found->name[c]))
            buf_printf(&d.evidence, " can be shuffled %zu times without any change of the %s",
                       i->repeats, findings_metric_name(i->metric));
    }
    list_end(&l);
    if (l.named == 0) {
        buf_clear(&d.evidence);
        return;
    }
    buf_puts(&d.advice, "Leave them out if they say as little in training, or find out why.");
    end(f, &d);
}

static void strange_values(const struct facts *f)
{
    const struct buf *strange = &f->found->strange;
    struct draft d;
    if (strange->len == 0)
        return;
    begin(&d, "unseen", "Categories that training had not met");
    buf_append(&d.evidence, strange->data, strange->len < TEXT_MAX ? strange->len - 1 : TEXT_MAX);
    buf_puts(&d.advice, "Train on rows that hold them, or find out whether they are misspelt.");
    end(f, &d);
}

// ---- how far the training has come ----

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

static bool is_improving(const struct history *h)
{
    size_t tail;
    return last_gain(h, &tail) > 0.01;
}

// ---- the result ----

// Where guessing lies: 0.5, the most frequent class, the mean.
static double guess(const struct findings *found)
{
    return found->net.task == TASK_BINARY       ? 0.5
           : found->net.task == TASK_MULTICLASS ? majority(found)
                                                : 0;
}

static void no_better_than_guessing(const struct facts *f)
{
    static const char *const guesses[] = {"", "a coin's is", "that of always naming one class is",
                                          "that of the mean is"};
    const struct findings *found = f->found;
    struct draft d;
    if (!has_rows(f))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    const double score = findings_score(found), by_chance = guess(found);
    const double low = interval ? interval->low : score;
    if (!(low <= by_chance))
        return;
    begin(&d, "guessing", "Hardly better than guessing");
    buf_printf(&d.evidence, "The %s is %.3f", findings_metric_name(metric), score);
    if (interval)
        buf_printf(&d.evidence, " (95 %% interval %.3f to %.3f)", interval->low, interval->high);
    buf_printf(&d.evidence, "; %s %.3g.", guesses[found->net.task], by_chance);
    buf_puts(&d.advice, is_improving(&f->run->history)
                            ? "Train longer before anything else: validation loss was still "
                              "falling."
                            : "Look at the labels and at how the features were made before "
                              "anything else; then at --learning_rate and --epochs.");
    end(f, &d);
}

// A tenth of the scale that all three metrics have.
#define WIDE 0.1

static bool has_wide_interval(const struct findings *found)
{
    const struct interval *i = bootstrap_find(&found->bootstrap, findings_metric(found->net.task));
    return i && i->high - i->low > WIDE;
}

static void wide_interval(const struct facts *f)
{
    const struct findings *found = f->found;
    struct draft d;
    if (!has_rows(f) || !has_wide_interval(found))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    const double width = interval->high - interval->low;
    begin(&d, "small", "Too few rows for small differences");
    buf_printf(&d.evidence,
               "On %zu rows the %s of %.3f has a 95 %% interval from %.3f to %.3f. A model that "
               "is %.2g better or worse may be neither.",
               found->data.n, findings_metric_name(metric), findings_score(found), interval->low,
               interval->high, width / 2);
    buf_puts(&d.advice, "Compare models on more rows (four times as many halve the interval) or "
                        "over several folds.");
    end(f, &d);
}

// An interval of few rows is narrow when a model makes no error on them. Yet none in n may still be
// a share of 3 / n, which is more than WIDE below 30 rows. Of a class that is so rare that each of
// its rows moves recall by a tenth, no metric is sure either.
#define ROWS_MIN       30
#define CLASS_ROWS_MIN 10

static void put_rare(struct buf *out, const struct findings *found, size_t class, size_t rows)
{
    char number[FINDINGS_CLASS_MAX], name[SVG_CUT_MAX], count[32] = "None";
    svg_cut(name, findings_class(found, class, number), NAME_WIDTH, 1);
    if (rows)
        snprintf(count, sizeof count, "Only %zu", rows);
    buf_printf(out, "%s of the %zu %s rows %s of class %s.", count, found->data.n,
               findings_part_names[found->part], rows > 1 ? "are" : "is", name);
}

static void few_rows(const struct facts *f)
{
    const struct findings *found = f->found;
    const size_t n = found->data.n, ones = found->score.binary.positives;
    const size_t rare = ones < n - ones ? ones : n - ones;
    const bool rare_class = found->net.task == TASK_BINARY && rare < CLASS_ROWS_MIN;
    struct draft d;
    if (!has_rows(f) || has_wide_interval(found) || (n >= ROWS_MIN && !rare_class))
        return;
    begin(&d, "small", "Too few rows to tell");
    if (rare_class && n >= ROWS_MIN)
        put_rare(&d.evidence, found, rare == ones, rare);
    else
        buf_printf(&d.evidence, "There %s only %zu %s row%s.", n == 1 ? "is" : "are", n,
                   findings_part_names[found->part], plural(n));
    buf_puts(&d.evidence, " What a metric says of so few is an accident, whatever its interval.");
    buf_puts(&d.advice, "Judge the model on more rows, of every class, or over several folds.");
    end(f, &d);
}

// Ten bins of few rows each are off by chance: only what is twice that counts.
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

static void poor_calibration(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct calibration *c = &found->calibration;
    struct draft d;
    if (!has_rows(f) || found->net.task == TASK_REGRESSION || c->error < OFF ||
        c->error < 2 * c->noise)
        return;
    begin(&d, "calibration", "Poor calibration");
    buf_printf(
        &d.evidence,
        "Probabilities are off by %.3f on average (expected calibration error), where chance alone "
        "would make it about %.3f on %zu rows.",
        c->error, c->noise, found->data.n);
    buf_puts(&d.advice, calibration_advice(f));
    end(f, &d);
}

// ---- the training ----

// The loss of the last twentieth is 5 % above the lowest, which is well before the end; the model
// is that of the end.
#define EPOCHS_MIN 10

static void overfitting(const struct facts *f)
{
    const struct history *h = &f->run->history;
    const size_t tail = h->count / 20 ? h->count / 20 : 1;
    struct draft d;
    size_t best = 0;
    if (h->count < EPOCHS_MIN || run_kept_epoch(f->run) != h->count)
        return;
    for (size_t i = 0; i < h->count; i++)
        if (h->row[i].value[HISTORY_VAL_LOSS] < h->row[best].value[HISTORY_VAL_LOSS])
            best = i;
    const double low = h->row[best].value[HISTORY_VAL_LOSS];
    const double high = mean_loss(h, HISTORY_VAL_LOSS, h->count - tail, h->count);
    const double train = h->row[best].value[HISTORY_TRAIN_LOSS];
    const double train_end = mean_loss(h, HISTORY_TRAIN_LOSS, h->count - tail, h->count);
    if (!(high > 1.05 * low) || !(train_end < train) || 5 * (best + 1) > 4 * h->count)
        return;
    begin(&d, "overfitting", "Overfitting");
    buf_printf(&d.evidence,
               "Validation loss was lowest in epoch %zu (%.4g) and ended at %.4g in epoch %zu, "
               "while training loss fell from %.4g to %.4g. The model is that of the last epoch.",
               best + 1, low, h->row[h->count - 1].value[HISTORY_VAL_LOSS], h->count, train,
               h->row[h->count - 1].value[HISTORY_TRAIN_LOSS]);
    buf_printf(&d.advice,
               "--restore_best keeps the weights of epoch %zu, --patience N also stops N epochs "
               "after it. --dropout and --weight_decay put it off.",
               best + 1);
    end(f, &d);
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

static void still_improving(const struct facts *f)
{
    const struct history *h = &f->run->history;
    const char *how = json_text_at(f->run->run, "exit");
    struct draft d;
    size_t tail;
    const double gain = last_gain(h, &tail);
    if (!is_improving(h) || 20 * run_best_epoch(f->run) < 19 * h->count || rate_has_fallen(h) ||
        (how && strcmp(how, "finished") != 0))
        return;
    begin(&d, "unfinished", "Still improving at the end");
    buf_printf(&d.evidence,
               "The best of %zu epochs is number %zu; in the last %zu, validation loss was %.1f %% "
               "below that of the %zu before.",
               h->count, run_best_epoch(f->run), tail, 100 * gain, tail);
    advise_longer(&d.advice, f, tail);
    end(f, &d);
}

// Rows of the rarest and of the most frequent class, in training if the run says so.
struct balance {
    size_t classes, rarest, least, most, rows;
    bool of_training;
};

static void balance_add(struct balance *b, size_t rows)
{
    if (b->classes == 0 || rows < b->least) {
        b->least = rows;
        b->rarest = b->classes;
    }
    b->most = b->classes == 0 || rows > b->most ? rows : b->most;
    b->rows += rows;
    b->classes++;
}

static struct balance balance_of(const struct facts *f)
{
    const json_t *train = run_metrics(f->run, "train"), *support = json_at(train, "support");
    struct balance b = {.of_training = true};
    const size_t rows = json_count_at(train, "n"), positives = json_count_at(train, "positives");
    if (json_at(train, "positives") && positives <= rows) {
        balance_add(&b, rows - positives);
        balance_add(&b, positives);
    }
    for (size_t c = 0; c < json_array_size(support); c++) {
        const json_int_t of_class = json_integer_value(json_array_get(support, c));
        balance_add(&b, of_class > 0 ? (size_t)of_class : 0);
    }
    if (b.classes || !has_rows(f))
        return b;
    b.of_training = false;
    if (f->found->net.task == TASK_BINARY) {
        balance_add(&b, f->found->data.n - f->found->score.binary.positives);
        balance_add(&b, f->found->score.binary.positives);
    }
    const struct multiclass_metrics *m = &f->found->score.multiclass;
    for (size_t c = 0; c < m->classes; c++)
        balance_add(&b, m->support[c]);
    return b;
}

// One row in ten of two classes; of several a tenth of the largest.
static void imbalance(const struct facts *f)
{
    const struct balance b = balance_of(f);
    const bool rare = b.classes == 2 ? 10 * b.least < b.rows : 10 * b.least < b.most;
    const char *weights = json_text_at(f->run->run, "options.class_weight");
    char number[FINDINGS_CLASS_MAX], name[SVG_CUT_MAX];
    struct draft d;
    if (b.classes < 2 || b.rows == 0 || !rare)
        return;
    svg_cut(name, findings_class(f->found, b.rarest, number), NAME_WIDTH, 1);
    begin(&d, "imbalance", "Class imbalance");
    buf_printf(&d.evidence,
               "Class %s has %zu of %zu %s rows (%.1f %%). Always naming the most frequent class "
               "would be right in %.1f %%.",
               name, b.least, b.rows, b.of_training ? "training" : "evaluated",
               100 * (double)b.least / (double)b.rows, 100 * (double)b.most / (double)b.rows);
    buf_puts(&d.advice, "Judge by precision, recall and F1 of that class, not by accuracy.");
    if (b.classes == 2)
        buf_puts(&d.advice, " skiff eval --threshold f1 --val chooses where to say yes.");
    if (!weights || strcmp(weights, "balanced") != 0)
        buf_puts(&d.advice, " --class_weight balanced gives it more weight in training.");
    end(f, &d);
}

int remarks_find(struct remarks *r, const struct run_folder *run, const struct findings *found,
                 struct error *e)
{
    static void (*const rules[])(const struct facts *f) = {
        interrupted,    other_data,       nothing_held_back,
        strange_values, leakage,          no_better_than_guessing,
        overfitting,    still_improving,  wide_interval,
        few_rows,       poor_calibration, imbalance,
        idle_columns,
    };
    const struct facts f = {run, found, r};
    *r = (struct remarks){0};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](&f);
    if (!r->failed)
        return 0;
    remarks_clear(r);
    return error_nomem(e, "remarks");
}

void remarks_clear(struct remarks *r)
{
    for (size_t i = 0; i < r->count; i++) {
        mem_free(r->item[i].evidence);
        mem_free(r->item[i].advice);
    }
    *r = (struct remarks){0};
}
