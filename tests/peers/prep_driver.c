// SPDX-License-Identifier: MIT
// prep_driver IN.csv OUT.npz [NAME=VALUE ...]: fits a preparation on the first `rows` rows of a CSV
// (all without it) by the rules that the other names are. Writes the rows of the frame as X and y
// (float64), those of `other` (IN.csv without it) through a reader as XR and yR (float32), by the
// preparation that was read back from its own JSON, and meta.json: feature names, notes, counts and
// prep.json itself. With "-" for OUT the processor's seconds of reading the CSV, fitting, preparing
// the frame and preparing the blocks are printed instead.
#include "base/mem.h"
#include "io/json.h"
#include "io/npz.h"
#include "table/prep_apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define META_MAX ((size_t)1 << 28)

struct job {
    const char *in, *out, *other;
    struct prep_rules rules;
    size_t rows;
    struct frame frame;
    struct prep prep, again; // `again` is read from the JSON of the first
    struct prep_counts counts, reader_counts;
    double *X, *y;
    float *XR, *yR;
    size_t reader_rows;
    json_t *notes;
    double seconds[4];
    struct error error;
};

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static int take_option(struct job *j, const char *word)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"target", &j->rules.target}, {"features", &j->rules.features},
                 {"drop", &j->rules.drop},     {"ids", &j->rules.ids},
                 {"fill", &j->rules.fill},     {"encode", &j->rules.encode},
                 {"scale", &j->rules.scale},   {"clip", &j->rules.clip},
                 {"log1p", &j->rules.log1p},   {"unseen", &j->rules.unseen},
                 {"other", &j->other}};
    static const char *const tasks[] = {"auto", "binary", "multiclass", "regression"};
    const size_t len = strcspn(word, "=");
    const char *const value = word[len] ? word + len + 1 : "";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strlen(texts[i].name) == len && memcmp(texts[i].name, word, len) == 0) {
            *texts[i].value = value;
            return 0;
        }
    for (size_t i = 0; i < 4 && strncmp(word, "task=", 5) == 0; i++)
        if (strcmp(tasks[i], value) == 0) {
            j->rules.task = (enum prep_task_wish)i;
            return 0;
        }
    if (strncmp(word, "rows=", 5) != 0)
        return -1;
    j->rows = (size_t)strtoul(value, NULL, 10);
    return 0;
}

static void keep_note(void *context, const char *text)
{
    json_array_append_new(context, json_string(text));
}

static int read_frame(struct job *j)
{
    struct frame_options options = {0};
    struct frame_choice *choices;
    const double start = processor_seconds();
    int rc = prep_choices(&j->rules, &choices, &options.choice_count, &j->error);
    if (rc)
        return rc;
    options.choices = choices;
    rc = frame_read(&j->frame, j->in, &options, &j->error);
    prep_choices_free(choices, options.choice_count);
    j->seconds[0] = processor_seconds() - start;
    return rc;
}

static int fit(struct job *j)
{
    const double start = processor_seconds();
    j->notes = json_array();
    const struct prep_fit how = {.frame = &j->frame,
                                 .rules = &j->rules,
                                 .rows = j->rows ? j->rows : j->frame.rows,
                                 .path = j->in,
                                 .note = keep_note,
                                 .context = j->notes};
    const int rc = prep_fit(&j->prep, &how, &j->error);
    j->seconds[1] = processor_seconds() - start;
    return rc;
}

static int transform(struct job *j)
{
    const double start = processor_seconds();
    const size_t n = j->frame.rows;
    j->X = mem_array(n, j->prep.features * sizeof *j->X);
    j->y = mem_array(n, sizeof *j->y);
    const struct prep_rows rows = {.frame = &j->frame, .rows = n};
    int rc = prep_counts_init(&j->counts, &j->prep, &j->error);
    if (rc || !j->X || !j->y)
        return rc ? rc : error_nomem(&j->error, "X");
    rc = prep_transform(&j->prep, &rows, j->X, &j->counts, &j->error);
    if (rc == 0 && j->prep.target.name)
        rc = prep_labels(&j->prep, &rows, j->y, &j->error);
    j->seconds[2] = processor_seconds() - start;
    return rc;
}

static int through_json(struct job *j)
{
    struct buf text;
    buf_init(&text, META_MAX);
    json_t *root = prep_to_json(&j->prep);
    int rc = json_text(root, &text, &j->error);
    if (rc == 0)
        rc = prep_parse(&j->again, "prep.json", text.data, text.len, &j->error);
    json_decref(root);
    buf_clear(&text);
    return rc;
}

static int take_blocks(struct job *j, struct prep_reader *r, struct csv *c)
{
    struct csv_block b = {0};
    size_t room = 0;
    const size_t features = j->again.features;
    int rc;
    while ((rc = csv_read(c, &b, &j->error)) > 0 && (rc = csv_split(c, &b, &j->error)) == 0) {
        if (j->reader_rows + b.rows > room) {
            room = 2 * (j->reader_rows + b.rows);
            j->XR = mem_realloc(j->XR, room * features * sizeof *j->XR);
            j->yR = mem_realloc(j->yR, room * sizeof *j->yR);
            if (!j->XR || !j->yR)
                return error_nomem(&j->error, "XR");
        }
        rc = prep_reader_take(r, &b, j->XR + j->reader_rows * features,
                              j->again.target.name ? j->yR + j->reader_rows : NULL,
                              &j->reader_counts, &j->error);
        if (rc)
            break;
        j->reader_rows += b.rows;
    }
    csv_block_clear(&b);
    return rc;
}

static int read_again(struct job *j)
{
    const double start = processor_seconds();
    struct csv c;
    struct csv_options options = {.delimiter = j->again.delimiter};
    options.header = j->again.header ? CSV_HEADER_YES : CSV_HEADER_NO;
    int rc = prep_counts_init(&j->reader_counts, &j->again, &j->error);
    if (rc || (rc = csv_open(&c, j->other ? j->other : j->in, &options, &j->error)))
        return rc;
    struct prep_reader *r = prep_reader_new(&j->again, &c, j->again.target.name, &j->error);
    rc = r ? take_blocks(j, r, &c) : error_code(&j->error);
    prep_reader_free(r);
    csv_close(&c);
    j->seconds[3] = processor_seconds() - start;
    return rc;
}

static json_t *counts_json(const size_t *count, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_integer((json_int_t)count[i]));
    return list;
}

// "Age", or "Embarked=S" of a one-hot column.
static json_t *feature_name(const struct prep *p, size_t feature)
{
    char name[256];
    size_t i = 0;
    while (i + 1 < p->columns && p->column[i + 1].feature <= feature)
        i++;
    const struct prep_column *c = &p->column[i];
    if (c->encode != PREP_ONEHOT)
        return json_any_text(c->name);
    snprintf(name, sizeof name, "%s=%s", c->name, c->category[feature - c->feature]);
    return json_any_text(name);
}

static int write_meta(const struct job *j, struct npz_writer *w, struct error *e)
{
    bool failed = false;
    json_t *root = json_object(), *names = json_array();
    for (size_t i = 0; i < j->prep.features; i++)
        json_push(names, feature_name(&j->prep, i), &failed);
    json_put(root, "names", names, &failed);
    json_put(root, "notes", json_incref(j->notes), &failed);
    json_put(root, "missing", counts_json(j->counts.missing, j->prep.columns), &failed);
    json_put(root, "reader_missing", counts_json(j->reader_counts.missing, j->prep.columns),
             &failed);
    json_put(root, "reader_unseen", counts_json(j->reader_counts.unseen, j->prep.columns), &failed);
    json_put(root, "prep", prep_to_json(&j->prep), &failed);
    json_put(root, "again", prep_to_json(&j->again), &failed);
    struct buf text;
    buf_init(&text, META_MAX);
    int rc = failed ? error_nomem(e, "meta.json") : json_text(root, &text, e);
    if (rc == 0)
        rc = npz_writer_bytes(w, "meta.json", text.data, text.len, e);
    buf_clear(&text);
    json_decref(root);
    return rc;
}

static int write_out(struct job *j, struct error *e)
{
    const uint64_t frame[] = {j->frame.rows, j->prep.features};
    const uint64_t reader[] = {j->reader_rows, j->prep.features};
    const struct npz_values arrays[] = {{"X", "<f8", 2, frame, j->X},
                                        {"y", "<f8", 1, frame, j->y},
                                        {"XR", "<f4", 2, reader, j->XR},
                                        {"yR", "<f4", 1, reader, j->yR}};
    struct npz_writer *w = npz_writer_begin(j->out, e);
    int rc = w ? write_meta(j, w, e) : e->code;
    for (size_t i = 0; i < 4 && rc == 0; i++)
        if (j->prep.target.name || arrays[i].name[0] == 'X')
            rc = npz_writer_add(w, &arrays[i], e);
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

static int run(struct job *j)
{
    int rc;
    if ((rc = read_frame(j)) || (rc = fit(j)) || (rc = transform(j)) || (rc = through_json(j)) ||
        (rc = read_again(j)))
        return rc;
    if (strcmp(j->out, "-") != 0)
        return write_out(j, &j->error);
    printf("%.6f %.6f %.6f %.6f\n", j->seconds[0], j->seconds[1], j->seconds[2], j->seconds[3]);
    return 0;
}

int main(int argc, char **argv)
{
    static struct job j;
    bool good = argc >= 3;
    for (int i = 3; i < argc && good; i++)
        good = take_option(&j, argv[i]) == 0;
    if (!good) {
        fprintf(stderr, "usage: prep_driver IN.csv OUT.npz [NAME=VALUE ...]\n");
        return 2;
    }
    j.in = argv[1];
    j.out = argv[2];
    const int rc = run(&j);
    if (rc)
        fprintf(stderr, "%s\n", j.error.text);
    frame_clear(&j.frame);
    prep_clear(&j.prep);
    prep_clear(&j.again);
    prep_counts_clear(&j.counts);
    prep_counts_clear(&j.reader_counts);
    mem_free(j.X);
    mem_free(j.y);
    mem_free(j.XR);
    mem_free(j.yR);
    json_decref(j.notes);
    return rc != 0;
}
