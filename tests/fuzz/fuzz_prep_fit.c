// SPDX-License-Identifier: MIT
// Rules and a CSV from arbitrary bytes: eight texts that end in a zero byte (target, features,
// drop, fill, encode, scale, clip, unseen), then the CSV. What is fitted prepares the frame's rows
// and the file's to the same bits, or refuses both, and goes through its own JSON.
#include "fuzz.h"

#include "base/mem.h"
#include "io/json.h"
#include "table/prep_apply.h"

#include <math.h>

#define TEXT_MAX   ((size_t)1 << 26)
#define VALUES_MAX ((size_t)1 << 22)
#define RULES      8

struct input {
    struct prep_rules rules;
    const char *csv;
    size_t size;
};

static bool cut_input(struct input *in, const uint8_t *data, size_t size)
{
    const char **const texts[RULES] = {&in->rules.target, &in->rules.features, &in->rules.drop,
                                       &in->rules.fill,   &in->rules.encode,   &in->rules.scale,
                                       &in->rules.clip,   &in->rules.unseen};
    const char *at = (const char *)data, *const end = at + size;
    *in = (struct input){0};
    for (size_t i = 0; i < RULES; i++) {
        const char *const zero = memchr(at, 0, (size_t)(end - at));
        if (!zero)
            return false;
        *texts[i] = *at ? at : NULL;
        at = zero + 1;
    }
    in->csv = at;
    in->size = (size_t)(end - at);
    return true;
}

static int read_frame(struct frame *f, const struct input *in, struct error *e)
{
    struct frame_options o = {0};
    struct frame_choice *choices;
    int rc = prep_choices(&in->rules, &choices, &o.choice_count, e);
    if (rc)
        return rc;
    o.choices = choices;
    rc = frame_read_memory(f, "fuzz.csv", in->csv, in->size, &o, e);
    prep_choices_free(choices, o.choice_count);
    return rc;
}

// The preparation as its JSON has it.
static void read_back(struct prep *again, const struct prep *p)
{
    struct error e = {0};
    struct buf text;
    buf_init(&text, TEXT_MAX);
    json_t *root = prep_to_json(p);
    must(json_text(root, &text, &e) == 0);
    must(prep_parse(again, "again", text.data, text.len, &e) == 0);
    json_decref(root);
    buf_clear(&text);
}

static int read_rows(const struct prep *p, const struct input *in, float *X, float *y,
                     struct error *e)
{
    struct csv c;
    struct csv_block b = {0};
    struct prep_counts counts;
    const struct csv_options o = {.delimiter = p->delimiter,
                                  .header = p->header ? CSV_HEADER_YES : CSV_HEADER_NO};
    must(csv_open_memory(&c, "fuzz.csv", in->csv, in->size, &o, e) == 0);
    struct prep_reader *r = prep_reader_new(p, &c, p->target.name, e);
    must(r && prep_counts_init(&counts, p, e) == 0);
    int rc;
    while ((rc = csv_read(&c, &b, e)) > 0) {
        must(csv_split(&c, &b, e) == 0);
        rc = prep_reader_take(r, &b, X + counts.rows * p->features, y + counts.rows, &counts, e);
        if (rc)
            break;
    }
    prep_counts_clear(&counts);
    prep_reader_free(r);
    csv_block_clear(&b);
    csv_close(&c);
    return rc;
}

static void check_rows(const struct prep *p, const struct frame *f, const struct input *in)
{
    const struct prep_rows rows = {.frame = f, .rows = f->rows};
    const size_t n = p->features, values = f->rows * n;
    struct error e = {0}, re = {0};
    struct prep again;
    double *D = mem_array(values, sizeof *D), *labels = mem_array(f->rows, sizeof *labels);
    float *X = mem_array(values, sizeof *X), *y = mem_array(f->rows, sizeof *y);
    must(D && labels && X && y);
    read_back(&again, p);
    int rc = prep_transform(p, &rows, D, NULL, &e);
    if (rc == 0 && p->target.name)
        rc = prep_labels(p, &rows, labels, &e);
    const int reader_rc = read_rows(&again, in, X, y, &re);
    must((rc == 0) == (reader_rc == 0) && rc == e.code && reader_rc == re.code);
    for (size_t i = 0; i < values && rc == 0; i++)
        must(isfinite(X[i]) && X[i] == (float)D[i]);
    for (size_t i = 0; i < f->rows && rc == 0; i++)
        must(y[i] == (float)labels[i]);
    mem_free(D);
    mem_free(labels);
    mem_free(X);
    mem_free(y);
    prep_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    struct frame f;
    struct prep p;
    struct error e = {0};
    if (!cut_input(&in, data, size))
        return 0;
    int rc = read_frame(&f, &in, &e);
    must(rc == e.code && (rc == 0 || e.text[0]) && !strchr(e.text, '\n'));
    if (rc)
        return 0;
    const struct prep_fit how = {
        .frame = &f, .rules = &in.rules, .rows = f.rows - f.rows / 3, .path = "fuzz.csv"};
    rc = prep_fit(&p, &how, &e);
    must(rc == e.code && (rc == 0 || e.text[0]) && !strchr(e.text, '\n'));
    if (rc == 0 && f.rows * p.features <= VALUES_MAX)
        check_rows(&p, &f, &in);
    if (rc == 0)
        prep_clear(&p);
    frame_clear(&f);
    return 0;
}
