// SPDX-License-Identifier: MIT
// One function a remark. Each looks at what it needs, and says nothing where that is not there. The
// limits are stated beside the rule that they belong to; what is noise is told from what is not by
// the size of the sample wherever that can be computed.
#include "report/remarks.h"

#include "base/buf.h"
#include "base/mem.h"
#include "report/svg.h"

#include <math.h>
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
    const char *how = run_text(f->run->run, "exit");
    struct draft d;
    if (!how || strcmp(how, "interrupted") != 0)
        return;
    begin(&d, "interrupted", "The run was interrupted");
    buf_printf(&d.evidence, "It ended after %zu of %zu epochs.",
               run_count(f->run->run, "training.epochs"), run_count(f->run->run, "options.epochs"));
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
    const double loss = run_number(then, "loss"), now = f->found->loss;
    const size_t rows = run_count(then, "n");
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
    const size_t rows = run_count(f->run->run, "data.train_rows");
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

// One column that nearly gives the answer: 0.98 is above what the strongest honest columns of usual
// tables reach alone (0.97 of a tumour's radius, 0.94 of a count in an hour before).
#define LEAK      0.98
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
        if (!(alone >= LEAK) || !list_name(&l, found->name[c]))
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
            buf_printf(&d.evidence, " is %.6g in all %zu rows looked at", column->value,
                       found->data.n);
        else if (!column->constant && unused && list_name(&l, found->name[c]))
            buf_printf(&d.evidence, " can be shuffled %zu times without any change of the %s",
                       i->repeats, findings_metric_name(i->metric));
    }
    list_end(&l);
    if (l.named == 0) {
        buf_clear(&d.evidence);
        return;
    }
    buf_puts(&d.advice, "Leave them out, or find out why they say nothing.");
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
    buf_puts(&d.advice, "Look at the labels and at how the features were made before anything "
                        "else; then at --learning_rate and --epochs.");
    end(f, &d);
}

// A tenth of the scale that all three metrics have.
#define WIDE 0.1

static void few_rows(const struct facts *f)
{
    const struct findings *found = f->found;
    struct draft d;
    if (!has_rows(f))
        return;
    const char *metric = findings_metric(found->net.task);
    const struct interval *interval = bootstrap_find(&found->bootstrap, metric);
    if (!interval || !(interval->high - interval->low > WIDE))
        return;
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

// Ten bins of few rows each are off by chance: only what is twice that counts.
#define OFF 0.05

static void poor_calibration(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct calibration *c = &found->calibration;
    struct draft d;
    if (!has_rows(f) || found->net.task == TASK_REGRESSION || c->error < OFF ||
        c->error < 2 * c->noise)
        return;
    const char *weights = run_text(f->run->run, "options.class_weight");
    begin(&d, "calibration", "Poor calibration");
    buf_printf(
        &d.evidence,
        "Probabilities are off by %.3f on average (expected calibration error), where chance alone "
        "would make it about %.3f on %zu rows.",
        c->error, c->noise, found->data.n);
    buf_puts(&d.advice, weights && strcmp(weights, "balanced") == 0
                            ? "--class_weight balanced moves them on purpose. Use them to put "
                              "rows in order, or train without it."
                            : "Trust their order rather than their values. Fewer epochs "
                              "(--patience), --dropout or --weight_decay make a network less sure "
                              "of itself.");
    end(f, &d);
}

// ---- the training ----

static double mean_loss(const struct history *h, enum history_column column, size_t first,
                        size_t end_)
{
    double sum = 0;
    for (size_t i = first; i < end_; i++)
        sum += h->row[i].value[column];
    return sum / (double)(end_ - first);
}

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

// The last tenth of the epochs still took 1 % off the validation loss of the tenth before.
static void still_improving(const struct facts *f)
{
    const struct history *h = &f->run->history;
    const size_t tail = h->count / 10, best = run_best_epoch(f->run);
    const char *how = run_text(f->run->run, "exit");
    struct draft d;
    if (h->count < 2 * EPOCHS_MIN || 20 * best < 19 * h->count || rate_has_fallen(h) ||
        (how && strcmp(how, "finished") != 0))
        return;
    const double before = mean_loss(h, HISTORY_VAL_LOSS, h->count - 2 * tail, h->count - tail);
    const double after = mean_loss(h, HISTORY_VAL_LOSS, h->count - tail, h->count);
    if (!(after < 0.99 * before))
        return;
    begin(&d, "unfinished", "Still improving at the end");
    buf_printf(&d.evidence,
               "The best of %zu epochs is number %zu; in the last %zu, validation loss was %.1f %% "
               "below that of the %zu before.",
               h->count, best, tail, 100 * (1 - after / before), tail);
    buf_printf(&d.advice, "Train longer: --epochs %zu --patience %zu ends by itself.", 4 * h->count,
               tail > 20 ? tail : 20);
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
    const json_t *train = run_metrics(f->run, "train"), *support = run_member(train, "support");
    struct balance b = {.of_training = true};
    const size_t rows = run_count(train, "n"), positives = run_count(train, "positives");
    if (run_member(train, "positives") && positives <= rows) {
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
    const char *weights = run_text(f->run->run, "options.class_weight");
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
        interrupted,      other_data,      nothing_held_back,
        strange_values,   leakage,         no_better_than_guessing,
        overfitting,      still_improving, few_rows,
        poor_calibration, imbalance,       idle_columns,
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
