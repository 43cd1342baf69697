// SPDX-License-Identifier: MIT
// What went in and how: rows and classes, options beside their defaults, the machine and the times.
#include "base/num.h"
#include "io/json_at.h"
#include "report/html.h"
#include "report/label.h"
#include "report/page.h"
#include "train/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// ---- data ----

static void put_part(struct buf *out, const struct report *r, enum findings_part part)
{
    static const char *const rows[] = {"data.val_rows", "data.test_rows", "data.train_rows"};
    static const char *const options[] = {"options.val", "options.test", "options.train"};
    const char *whole = json_text_at(r->run.run, "options.data"); // that the run divided itself
    static const char *const parts[] = {"val", "test", "train"};
    const json_t *metrics = run_metrics(&r->run, parts[part]);
    const size_t n = json_count_at(r->run.run, rows[part]);
    const char *path = json_text_at(r->run.run, options[part]);
    char count[LABEL_MAX];
    if (n == 0)
        return;
    label_count(count, n);
    html_row(out, findings_part_names[part]);
    html_cell(out, "%s", count);
    if (run_task(&r->run) == TASK_BINARY && json_at(metrics, "positives"))
        html_cell(out, "%.1f %%", 100 * (double)json_count_at(metrics, "positives") / (double)n);
    else if (run_task(&r->run) == TASK_BINARY)
        html_cell(out, "\u2013");
    html_path(out, path ? path : whole ? whole : "\u2013");
    html_row_end(out);
}

static void put_parts(struct buf *out, const struct report *r)
{
    static const char *const binary[] = {"part", "rows", "ones", "file", NULL};
    static const char *const others[] = {"part", "rows", "file", NULL};
    if (json_count_at(r->run.run, "data.train_rows") == 0)
        return;
    html_table(out, HTML_TEXTS, "Rows", run_task(&r->run) == TASK_BINARY ? binary : others);
    put_part(out, r, FINDINGS_TRAIN);
    put_part(out, r, FINDINGS_VAL);
    put_part(out, r, FINDINGS_TEST);
    html_table_end(out);
}

#define CLASSES_SHOWN 100

// Rows of each class, in training and in the rows that were held back.
static void put_balance(struct buf *out, const struct report *r)
{
    const json_t *train = json_at(run_metrics(&r->run, "train"), "support");
    const json_t *val = json_at(run_metrics(&r->run, "val"), "support");
    const char *const heads[] = {"class", "training", val ? "validation" : NULL, NULL};
    const size_t classes = json_array_size(train);
    if (classes == 0 || classes > CLASSES_SHOWN)
        return;
    html_table(out, HTML_NUMBERS, "Rows of each class", heads);
    for (size_t c = 0; c < classes; c++) {
        char number[FINDINGS_CLASS_MAX];
        html_row(out, findings_class(&r->found, c, number));
        html_cell(out, "%lld", (long long)json_integer_value(json_array_get(train, c)));
        if (val)
            html_cell(out, "%lld", (long long)json_integer_value(json_array_get(val, c)));
        html_row_end(out);
    }
    html_table_end(out);
}

static void put_evaluated(struct buf *out, const struct report *r)
{
    const struct findings *f = &r->found;
    size_t constant = 0;
    char rows[LABEL_MAX];
    if (f->data.n == 0)
        return;
    for (size_t c = 0; c < f->columns; c++)
        constant += f->column[c].constant;
    label_count(rows, f->data.n);
    html_put(out, "<p class=\"soft\">");
    html_printf(out, "The figures of this page are of %s %s row%s of ", rows,
                findings_part_names[f->part], f->data.n == 1 ? "" : "s");
    html_text(out, f->path);
    if (strncmp(f->data.x_name, "the ", 4) == 0) // of a CSV
        html_printf(out, " (target %s, %zu features", f->data.y_name, f->data.d);
    else
        html_printf(out, " (%s and %s, %zu features", f->data.x_name, f->data.y_name, f->data.d);
    if (constant)
        html_printf(out, "; %zu of %zu columns constant", constant, f->columns);
    html_put(out, ").</p>\n");
}

// ---- the preparation ----

#define COLUMNS_SHOWN 300

static void put_fill(struct buf *out, const struct prep_column *c)
{
    static const char *const how[] = {"", "median", "mean", "most frequent", "constant"};
    if (c->fill == PREP_FILL_ERROR)
        html_cell(out, "refused");
    else if (c->categories && c->fill_place < c->categories)
        html_cell(out, "%s, %s", how[c->fill], c->category[c->fill_place]);
    else
        html_cell(out, "%s, %.9g", how[c->fill], c->fill_value);
}

static void put_encoding(struct buf *out, const struct prep_column *c)
{
    static const char *const scales[] = {"", "standard", "min-max", "robust"};
    html_put(out, "<td>");
    if (c->encode == PREP_NUMERIC)
        html_text(out, c->log1p ? "number, log1p" : "number");
    else
        html_printf(out, "%s of %zu categories", c->encode == PREP_ONEHOT ? "one-hot" : "place",
                    c->categories);
    if (isfinite(c->clip[0]) || isfinite(c->clip[1]))
        html_text(out, ", clipped");
    if (c->scale != PREP_SCALE_NONE)
        html_printf(out, ", %s scale", scales[c->scale]);
    html_put(out, "</td>");
}

// How columns became features, and what was missing in training.
static void put_preparation(struct buf *out, const struct report *r)
{
    static const char *const heads[] = {"column", "missing in training", "filled with", "taken as",
                                        NULL};
    const struct prep *p = r->found.prep;
    if (!p)
        return;
    html_table(out, HTML_TEXTS, "Columns and what became of them", heads);
    for (size_t i = 0; i < p->columns && i < COLUMNS_SHOWN; i++) {
        const struct prep_column *c = &p->column[i];
        html_row(out, c->name);
        html_cell(out, "%zu", c->missing);
        put_fill(out, c);
        put_encoding(out, c);
        html_row_end(out);
    }
    if (p->columns > COLUMNS_SHOWN)
        html_pair(out, "\u2026", "%zu in all", p->columns);
    html_table_end(out);
}

void page_data(struct buf *out, const struct report *r)
{
    put_parts(out, r);
    put_evaluated(out, r);
    put_balance(out, r);
    put_preparation(out, r);
}

// ---- options ----

static void put_value(struct buf *out, const json_t *value)
{
    html_put(out, "<td>");
    if (json_is_string(value))
        html_text(out, json_string_value(value));
    else if (json_is_integer(value))
        html_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        html_printf(out, "%.9g", json_real_value(value));
    else if (json_is_boolean(value))
        html_text(out, json_is_true(value) ? "yes" : "no");
    else
        html_text(out, "\u2013");
    html_put(out, "</td>");
}

// A recorded value as the command line has it.
static const char *as_argument(const json_t *value, char number[64])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    number[0] = '\0';
    if (json_is_integer(value))
        snprintf(number, 64, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, 64, "%.17g", json_real_value(value));
    return number;
}

// Whether a recorded value is the default of the option of that name; one that is not known any
// more has none. A failure goes to `out`.
static bool is_default(struct buf *out, const struct opt_set *defaults, const char *name,
                       const json_t *value)
{
    const int index = opt_find(defaults, name);
    struct buf text;
    char number[64];
    double a, b;
    if (index < 0)
        return json_is_null(value);
    buf_init(&text, 65536);
    if (opt_print(defaults, (size_t)index, &text))
        out->failed = text.failed;
    const char *initial = text.data ? text.data : "", *recorded = as_argument(value, number);
    const bool same = strcmp(recorded, initial) == 0 ||
                      (num_parse(initial, &a) && num_parse(recorded, &b) && a == b);
    buf_clear(&text);
    return same;
}

static void put_options(struct buf *out, const struct opt_set *defaults, const json_t *options,
                        bool usual)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)options, name, value)
    {
        if (is_default(out, defaults, name, value) != usual)
            continue;
        html_row(out, name);
        put_value(out, value);
        html_row_end(out);
    }
}

int page_options(struct buf *out, const struct report *r, struct error *e)
{
    const json_t *options = json_at(r->run.run, "options");
    struct train_config config = {0};
    struct opt_set defaults;
    const int rc = opt_begin(&defaults, train_options, train_option_count, &config, e);
    if (rc)
        return rc;
    html_table(out, HTML_PAIRS, "Other than the defaults", NULL);
    put_options(out, &defaults, options, false);
    html_table_end(out);
    html_put(out, "<details><summary>Options that have their defaults</summary>\n");
    html_table(out, HTML_PAIRS, "Defaults", NULL);
    put_options(out, &defaults, options, true);
    html_table_end(out);
    html_put(out, "</details>\n");
    opt_end(&defaults);
    return 0;
}

// ---- the run ----

static void put_text(struct buf *out, const json_t *run, const char *name, const char *keys)
{
    const char *text = json_text_at(run, keys);
    if (!text || !*text)
        return;
    html_row(out, name);
    html_put(out, "<td>");
    html_text(out, text);
    html_put(out, "</td>");
    html_row_end(out);
}

static void put_seconds(struct buf *out, const json_t *run, const char *name, const char *keys)
{
    const double seconds = json_number_at(run, keys);
    char text[LABEL_MAX];
    label_value(text, seconds);
    if (isfinite(seconds))
        html_pair(out, name, "%s s", text);
}

static void put_command(struct buf *out, const json_t *run)
{
    const json_t *command = json_at(run, "command");
    if (json_array_size(command) == 0)
        return;
    html_put(out, "<pre><code>skiff");
    for (size_t i = 0; i < json_array_size(command); i++) {
        const char *word = json_string_value(json_array_get(command, i));
        const bool plain = word && *word &&
                           strspn(word, "abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-_=./,:+@%") == strlen(word);
        html_put(out, plain ? " " : " '");
        html_text(out, word ? word : "");
        html_put(out, plain ? "" : "'");
    }
    html_put(out, "</code></pre>\n");
}

static void put_machine(struct buf *out, const json_t *run)
{
    const size_t peak = json_count_at(run, "peak_memory_bytes");
    html_table(out, HTML_PAIRS, "Machine", NULL);
    put_text(out, run, "host", "machine.host");
    put_text(out, run, "processor", "machine.cpu");
    put_text(out, run, "CPU level", "machine.cpu_level");
    put_text(out, run, "matrix products", "machine.gemm");
    if (json_count_at(run, "machine.threads"))
        html_pair(out, "threads", "%zu of %zu cores", json_count_at(run, "machine.threads"),
                  json_count_at(run, "machine.cores"));
    if (peak)
        html_pair(out, "largest memory", "%.1f MB", (double)peak / 1e6);
    put_text(out, run, "skiff", "versions.skiff");
    put_text(out, run, "compiler", "versions.compiler");
    html_table_end(out);
}

static void put_times(struct buf *out, const json_t *run)
{
    html_table(out, HTML_PAIRS, "Course", NULL);
    put_text(out, run, "ended", "written");
    put_text(out, run, "how", "exit");
    put_seconds(out, run, "reading data", "seconds.load");
    put_seconds(out, run, "training", "seconds.train");
    put_seconds(out, run, "evaluating", "seconds.evaluate");
    put_seconds(out, run, "writing", "seconds.save");
    put_seconds(out, run, "all in all", "seconds.total");
    if (json_count_at(run, "training.steps"))
        html_pair(out, "steps", "%zu of %zu rows", json_count_at(run, "training.steps"),
                  json_count_at(run, "training.batch_size"));
    put_text(out, run, "folder", "folder");
    html_table_end(out);
}

void page_record(struct buf *out, const struct report *r)
{
    html_put(out, "<div class=\"cells\">\n");
    put_times(out, r->run.run);
    put_machine(out, r->run.run);
    html_put(out, "</div>\n");
    put_command(out, r->run.run);
}
