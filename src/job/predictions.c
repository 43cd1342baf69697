// SPDX-License-Identifier: MIT
// CSV: "probability,label", "label,p0,p1,...", "prediction" or "prediction0,prediction1,...", with
// nine significant digits, which tell every float from its neighbours. npz: probability and label,
// or prediction, for numpy.
#include "job/predictions.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/npz.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIELD_MAX 24 // characters of a number and its separator; any index fits

struct predictions {
    struct predictions_spec spec;
    struct file_out *csv;
    uint64_t given; // rows
    // for an .npz
    float *values;  // [rows][outputs]
    int64_t *label; // [rows], unless it is a regression
};

static int64_t label_of(const struct predictions_spec *s, const float *row)
{
    if (s->task == TASK_BINARY)
        return row[0] > (float)s->threshold;
    size_t best = 0;
    for (size_t j = 1; j < s->outputs; j++)
        if (row[j] > row[best])
            best = j;
    return (int64_t)best;
}

static int write_columns(struct predictions *p, const char *before, const char *stem,
                         struct error *e)
{
    char text[64];
    int rc = file_out_write(p->csv, before, strlen(before), e);
    for (size_t j = 0; rc == 0 && j < p->spec.outputs; j++) {
        const int len = snprintf(text, sizeof text, "%s%s%zu", j || *before ? "," : "", stem, j);
        rc = file_out_write(p->csv, text, (size_t)len, e);
    }
    return rc ? rc : file_out_write(p->csv, "\n", 1, e);
}

static int write_header(struct predictions *p, struct error *e)
{
    static const char binary[] = "probability,label\n", single[] = "prediction\n";
    if (p->spec.task == TASK_BINARY)
        return file_out_write(p->csv, binary, sizeof binary - 1, e);
    if (p->spec.task == TASK_MULTICLASS)
        return write_columns(p, "label", "p", e);
    if (p->spec.outputs == 1)
        return file_out_write(p->csv, single, sizeof single - 1, e);
    return write_columns(p, "", "prediction", e);
}

static int write_label(struct predictions *p, const float *row, char end, struct error *e)
{
    char text[FIELD_MAX];
    const int len = snprintf(text, sizeof text, "%" PRId64 "%c", label_of(&p->spec, row), end);
    return file_out_write(p->csv, text, (size_t)len, e);
}

static int write_numbers(struct predictions *p, const float *row, char end, struct error *e)
{
    int rc = 0;
    for (size_t j = 0; rc == 0 && j < p->spec.outputs; j++) {
        char text[NUM_F32_MAX + 1];
        size_t len = num_print_f32(row[j], text);
        text[len++] = j + 1 < p->spec.outputs ? ',' : end;
        rc = file_out_write(p->csv, text, len, e);
    }
    return rc;
}

static int write_row(struct predictions *p, const float *row, struct error *e)
{
    if (p->spec.task == TASK_BINARY) {
        char text[NUM_F32_MAX + 4];
        size_t len = num_print_f32(row[0], text);
        text[len++] = ',';
        text[len++] = label_of(&p->spec, row) ? '1' : '0';
        text[len++] = '\n';
        return file_out_write(p->csv, text, len, e);
    }
    const int rc = p->spec.task == TASK_MULTICLASS ? write_label(p, row, ',', e) : 0;
    return rc ? rc : write_numbers(p, row, '\n', e);
}

static int begin_archive(struct predictions *p, struct error *e)
{
    size_t count;
    if (file_is_folder(p->spec.path))
        return error_set(e, ERR_IO, "%s: is a folder", p->spec.path);
    if (p->spec.rows <= SIZE_MAX && size_mul((size_t)p->spec.rows, p->spec.outputs, &count))
        p->values = mem_array(count, sizeof *p->values);
    if (p->spec.task != TASK_REGRESSION)
        p->label = mem_array((size_t)p->spec.rows, sizeof *p->label);
    if (!p->values || (p->spec.task != TASK_REGRESSION && !p->label))
        return error_set(e, ERR_NOMEM,
                         "%s: out of memory for the predictions of %" PRIu64
                         " rows; a CSV is written row by row",
                         p->spec.path, p->spec.rows);
    return 0;
}

static int begin_csv(struct predictions *p, struct error *e)
{
    p->csv = p->spec.path ? file_out_report(p->spec.path, e)
                          : file_out_descriptor(p->spec.fd, "standard output", e);
    return p->csv ? write_header(p, e) : error_code(e);
}

struct predictions *predictions_begin(const struct predictions_spec *spec, struct error *e)
{
    struct predictions *p = mem_zalloc(sizeof *p);
    if (!p) {
        error_nomem(e, "predictions");
        return NULL;
    }
    p->spec = *spec;
    if ((spec->path && npz_is_name(spec->path) ? begin_archive(p, e) : begin_csv(p, e)) == 0)
        return p;
    predictions_free(p);
    return NULL;
}

int predictions_add(struct predictions *p, const float *pred, size_t rows, struct error *e)
{
    const size_t outputs = p->spec.outputs;
    for (size_t i = 0; i < rows * outputs; i++)
        if (!isfinite(pred[i]))
            return error_set(e, ERR_NUMERIC,
                             "the prediction of row %" PRIu64 " (from 0) is not a finite number: "
                             "its features are far from those that the model was trained on",
                             p->given + i / outputs);
    int rc = 0;
    for (size_t i = 0; p->csv && rc == 0 && i < rows; i++)
        rc = write_row(p, pred + i * outputs, e);
    if (p->values && rows)
        memcpy(p->values + p->given * outputs, pred, rows * outputs * sizeof *pred);
    for (size_t i = 0; p->label && i < rows; i++)
        p->label[p->given + i] = label_of(&p->spec, pred + i * outputs);
    p->given += rows;
    return rc;
}

static int commit_archive(struct predictions *p, struct error *e)
{
    const uint64_t shape[] = {p->given, p->spec.outputs};
    const struct npz_values values = {
        .name = p->spec.task == TASK_REGRESSION ? "prediction" : "probability",
        .dtype = "<f4",
        .ndim = p->spec.outputs == 1 ? 1 : 2,
        .shape = shape,
        .data = p->values,
    };
    struct npz_writer *w = npz_writer_begin(p->spec.path, e);
    int rc = w ? npz_writer_add(w, &values, e) : error_code(e);
    if (rc == 0 && p->label)
        rc = npz_writer_add(w, &(struct npz_values){"label", "<i8", 1, shape, p->label}, e);
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    return rc;
}

int predictions_commit(struct predictions *p, struct error *e)
{
    if (p->values)
        return commit_archive(p, e);
    const int rc = file_out_commit(p->csv, e);
    if (rc == 0)
        p->csv = NULL;
    return rc;
}

void predictions_free(struct predictions *p)
{
    if (!p)
        return;
    file_out_abort(p->csv);
    mem_free(p->values);
    mem_free(p->label);
    mem_free(p);
}
