// SPDX-License-Identifier: MIT
// Rows are written as they are predicted, into one buffer whose failure sticks. The header of an
// npy tells the number of rows, which is known last: room is left for it.
#include "serve/answer.h"

#include "base/num.h"
#include "io/npy.h"

#include <math.h>
#include <string.h>

static void put_number(struct buf *out, float x)
{
    char text[NUM_NINE_MAX];
    buf_append(out, text, num_print_nine((double)x, text));
}

static size_t best_of(const struct answer_form *f, const float *row)
{
    size_t best = 0;
    for (size_t j = 1; j < f->outputs; j++)
        if (row[j] > row[best])
            best = j;
    return best;
}

static size_t label_of(const struct answer_form *f, const float *row)
{
    return f->task == TASK_BINARY ? row[0] > f->threshold : best_of(f, row);
}

static void put_text(const struct answer *a, const struct answer_text *t)
{
    const bool csv = a->media == MEDIA_CSV;
    buf_append(a->out, csv ? t->csv : t->json, csv ? t->csv_len : t->json_len);
}

static void put_list(struct buf *out, const float *values, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        buf_puts(out, j ? ", " : "[");
        put_number(out, values[j]);
    }
    buf_puts(out, "]");
}

// In a CSV a list is one field.
static void put_probabilities(const struct answer *a, const float *row)
{
    const char *const quote = a->media == MEDIA_CSV ? "\"" : "";
    buf_puts(a->out, quote);
    if (a->form->task == TASK_BINARY)
        put_list(a->out, (float[]){(float)(1 - (double)row[0]), row[0]}, 2);
    else
        put_list(a->out, row, a->form->outputs);
    buf_puts(a->out, quote);
}

// What was predicted, as it is: a number, or a list of them.
static void put_score(const struct answer *a, const float *row)
{
    if (a->form->outputs == 1)
        put_number(a->out, row[0]);
    else
        put_list(a->out, row, a->form->outputs);
}

static bool has(const struct answer_form *f, enum answer_key k)
{
    return (k == KEY_PREDICTED_SCORE) == (f->task == TASK_REGRESSION);
}

static void put_value(const struct answer *a, enum answer_key k, const float *row)
{
    const struct answer_form *f = a->form;
    const bool csv = a->media == MEDIA_CSV;
    if (!has(f, k)) {
        buf_puts(a->out, csv ? "nan" : "null");
        return;
    }
    switch (k) {
    case KEY_PREDICTED_LABEL:
        put_text(a, &f->label[label_of(f, row)]);
        break;
    case KEY_LABELS:
        put_text(a, &f->all);
        break;
    case KEY_PROBABILITY:
    case KEY_RAW_SCORE:
        put_number(a->out, row[f->task == TASK_BINARY ? 0 : best_of(f, row)]);
        break;
    case KEY_PROBABILITIES:
    case KEY_RAW_SCORES:
        put_probabilities(a, row);
        break;
    case KEY_PREDICTED_SCORE:
        buf_puts(a->out, csv && f->outputs > 1 ? "\"" : "");
        put_score(a, row);
        buf_puts(a->out, csv && f->outputs > 1 ? "\"" : "");
        break;
    }
}

// ---- npy ----

// Of any shape it is padded to the same length, so that there is room in front of the values before
// anybody knows how many rows there will be.
#define NPY_HEADER 128

static int put_header(const struct answer *a, struct error *e)
{
    struct buf header;
    const uint64_t shape[] = {a->rows, a->form->outputs};
    buf_init(&header, NPY_HEADER_MAX);
    npy_write_header(&header, "<f4", a->form->outputs == 1 ? 1 : 2, shape);
    int rc = buf_check(&header, "the answer", e);
    if (rc == 0 && header.len != NPY_HEADER)
        rc = error_set(e, ERR_LIMIT, "the answer: %zu rows", a->rows);
    if (rc == 0)
        memcpy(a->out->data, header.data, NPY_HEADER);
    buf_clear(&header);
    return rc;
}

// ---- rows ----

static void put_line(const struct answer *a, const float *row)
{
    const struct answer_form *f = a->form;
    for (size_t i = 0; i < f->keys; i++) {
        buf_puts(a->out, i ? "," : "");
        put_value(a, f->key[i], row);
    }
    for (size_t j = 0; f->keys == 0 && j < f->outputs; j++) {
        buf_puts(a->out, j ? "," : "");
        put_number(a->out, row[j]);
    }
}

static void put_object(const struct answer *a, const float *row)
{
    const struct answer_form *f = a->form;
    buf_puts(a->out, "{");
    for (size_t i = 0; i < f->keys; i++) {
        buf_puts(a->out, i ? ", \"" : "\"");
        buf_puts(a->out, answer_key_name(f->key[i]));
        buf_puts(a->out, "\": ");
        put_value(a, f->key[i], row);
    }
    if (f->keys == 0) {
        buf_puts(a->out, "\"score\": ");
        put_score(a, row);
    }
    if (f->keys == 0 && f->classes) {
        buf_puts(a->out, ", \"predicted_label\": ");
        put_text(a, &f->label[label_of(f, row)]);
    }
    buf_puts(a->out, "}");
}

static void put_row(struct answer *a, const float *row)
{
    if (a->media == MEDIA_JSON) {
        buf_puts(a->out, a->rows ? ", " : "");
        put_object(a, row);
    } else if (a->media == MEDIA_JSONLINES) {
        put_object(a, row);
        buf_puts(a->out, "\n");
    } else {
        buf_puts(a->out, a->rows ? "\n" : "");
        put_line(a, row);
    }
    a->rows++;
}

void answer_begin(struct answer *a, const struct answer_form *form, enum media media,
                  struct buf *out)
{
    *a = (struct answer){.form = form, .media = media, .out = out};
    if (media == MEDIA_NPY)
        buf_append(out, (char[NPY_HEADER]){0}, NPY_HEADER);
    if (media == MEDIA_JSON)
        buf_puts(out, "{\"predictions\": [");
}

int answer_add(struct answer *a, const float *pred, size_t rows, struct error *e)
{
    const size_t outputs = a->form->outputs;
    for (size_t i = 0; i < rows * outputs; i++)
        if (!isfinite(pred[i]))
            return error_set(e, ERR_NUMERIC,
                             "row %zu: the prediction is not a finite number: its features are far "
                             "from those that the model was trained on",
                             a->rows + i / outputs + 1);
    if (a->media == MEDIA_NPY) {
        buf_append(a->out, pred, rows * outputs * sizeof *pred);
        a->rows += rows;
    }
    for (size_t i = 0; a->media != MEDIA_NPY && i < rows; i++)
        put_row(a, pred + i * outputs);
    return buf_check(a->out, "the answer", e);
}

int answer_end(struct answer *a, struct error *e)
{
    if (a->media == MEDIA_JSON)
        buf_puts(a->out, "]}");
    if (a->form->batch && a->rows && (a->media == MEDIA_CSV || a->media == MEDIA_JSON))
        buf_puts(a->out, "\n");
    const int rc = buf_check(a->out, "the answer", e);
    return rc || a->media != MEDIA_NPY ? rc : put_header(a, e);
}
