// SPDX-License-Identifier: MIT
// What is to be said of rows, columns and classes.
#include "report/remarks_inner.h"

#include "io/json_at.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMED 4 // columns or classes that a remark names; of more it tells the number

// The evaluated rows should give the very figures of metrics.json. Another CPU level moves the
// loss in its seventh digit or so.
void remark_other_data(const struct facts *f)
{
    static const char *const parts[] = {"val", "test", "train"}; // by enum findings_part
    struct draft d;
    if (!facts_have_rows(f) || f->found->part == FINDINGS_GIVEN)
        return;
    const json_t *then = run_metrics(f->run, parts[f->found->part]);
    const double loss = json_number_at(then, "loss"), now = f->found->loss;
    const size_t rows = json_count_at(then, "n");
    if (!then || (rows == f->found->data.n && fabs(loss - now) <= 1e-4 * fabs(loss) + 1e-6))
        return;
    remark_begin(&d, "changed", "Data or model changed since the run");
    buf_printf(&d.evidence,
               "metrics.json has a loss of %.6g on %zu rows; the model now comes to %.6g on the "
               "%zu rows of the same name. What this page draws is of today's.",
               loss, rows, now, f->found->data.n);
    buf_puts(&d.advice, "Train again, or give the rows of then with --data.");
    remark_end(f, &d);
}

void remark_nothing_held_back(const struct facts *f)
{
    struct draft d;
    const bool validated = run_metrics(f->run, "val") || run_metrics(f->run, "test");
    const size_t rows = json_count_at(f->run->run, "data.train_rows");
    if (validated || rows == 0 || (facts_have_rows(f) && f->found->part == FINDINGS_GIVEN))
        return;
    remark_begin(&d, "unvalidated", "No validation data");
    buf_printf(&d.evidence,
               "The run had neither validation nor test rows: the figures are of the %zu row%s "
               "that the model was trained on, and say little about others.",
               rows, remark_plural(rows));
    buf_puts(&d.advice, "Hold rows back and name them with --val, or judge the model on others "
                        "with skiff report --data.");
    remark_end(f, &d);
}

void remark_strange_values(const struct facts *f)
{
    const struct buf *strange = &f->found->strange;
    struct draft d;
    if (strange->len == 0)
        return;
    remark_begin(&d, "unseen", "Categories that training had not met");
    buf_append(&d.evidence, strange->data,
               strange->len < REMARK_TEXT_MAX ? strange->len - 1 : REMARK_TEXT_MAX);
    buf_puts(&d.advice, "Train on rows that hold them, or find out whether they are misspelt.");
    remark_end(f, &d);
}

// ---- lists of names ----

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
    svg_cut(cut, name, REMARK_NAME_WIDTH, 1);
    buf_printf(l->out, "%s%s", l->named++ ? "; " : "", cut);
    return true;
}

static void list_end(struct listing *l)
{
    if (l->more)
        buf_printf(l->out, "; and %zu more", l->more);
    buf_puts(l->out, ".");
}

// ---- columns ----

double facts_majority(const struct facts *f)
{
    const struct multiclass_metrics *m = &f->found->score.multiclass;
    size_t most = 0;
    for (size_t c = 0; c < m->classes; c++)
        most = m->support[c] > most ? m->support[c] : most;
    return m->n ? (double)most / (double)m->n : 1;
}

// One column that nearly gives the answer: more than the strongest honest columns of usual tables
// reach alone on few rows (a ROC AUC of 0.993 of a tumour's perimeter on 114 rows, 0.94 of the
// variance by a count in the hour before).
static const double leak[] = {INFINITY, 0.995, 0.98, 0.98}; // by enum net_task

void remark_leakage(const struct facts *f)
{
    static const char *const says[] = {"", "alone has a ROC AUC of", "alone tells the class of",
                                       "alone explains"}; // by enum net_task
    const struct findings *found = f->found;
    struct draft d;
    struct listing l = {.out = &d.evidence};
    if (found->data.n < REMARK_ROWS_MIN ||
        (found->net.task == TASK_MULTICLASS && facts_majority(f) > 0.9))
        return;
    remark_begin(&d, "leakage", "Possible leakage");
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
        remark_drop(&d);
        return;
    }
    buf_puts(&d.advice, "Ask whether it is known before the outcome is. If it was filled in "
                        "afterwards, or made from the outcome, leave it out and train again.");
    remark_end(f, &d);
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

void remark_idle_columns(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct importance *i = &found->importance;
    struct draft d;
    struct listing l = {.out = &d.evidence};
    // Accuracy often stays where it was although probabilities have moved.
    const bool graded = i->metric && i->repeats > 1 && strcmp(i->metric, "accuracy") != 0;
    if (found->data.n < REMARK_ROWS_MIN)
        return;
    remark_begin(&d, "idle", "Columns that do nothing");
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
        remark_drop(&d);
        return;
    }
    buf_puts(&d.advice, "Leave them out if they say as little in training, or find out why.");
    remark_end(f, &d);
}

// ---- classes ----

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
    if (b.classes || !facts_have_rows(f))
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
void remark_imbalance(const struct facts *f)
{
    const struct balance b = balance_of(f);
    const bool rare = b.classes == 2 ? 10 * b.least < b.rows : 10 * b.least < b.most;
    const char *weights = json_text_at(f->run->run, "options.class_weight");
    char number[FINDINGS_CLASS_MAX], name[SVG_CUT_MAX];
    struct draft d;
    if (b.classes < 2 || b.rows == 0 || !rare)
        return;
    svg_cut(name, findings_class(f->found, b.rarest, number), REMARK_NAME_WIDTH, 1);
    remark_begin(&d, "imbalance", "Class imbalance");
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
    remark_end(f, &d);
}

void remark_absent_classes(const struct facts *f)
{
    const struct findings *found = f->found;
    const struct multiclass_metrics *m = &found->score.multiclass;
    struct draft d;
    struct listing l = {.out = &d.evidence};
    if (!facts_have_rows(f) || found->net.task != TASK_MULTICLASS)
        return;
    remark_begin(&d, "absent", "Classes that do not occur");
    buf_printf(&d.evidence, "None of the %zu %s row%s is of class ", found->data.n,
               findings_part_names[found->part], remark_plural(found->data.n));
    for (size_t c = 0; c < m->classes; c++) {
        char number[FINDINGS_CLASS_MAX];
        if (m->support[c] == 0)
            list_name(&l, findings_class(found, c, number));
    }
    list_end(&l);
    if (l.named == 0) {
        remark_drop(&d);
        return;
    }
    buf_puts(&d.evidence,
             " How well such rows are told is not known, and the ROC AUC is undefined.");
    buf_puts(&d.advice, "Hold back rows of every class (of a CSV --stratify does), or judge the "
                        "model on others with skiff report --data.");
    remark_end(f, &d);
}
