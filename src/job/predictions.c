// SPDX-License-Identifier: MIT
// CSV: columns that are passed through, then "probability,label", "label,p0,p1,...", "prediction"
// or "prediction0,prediction1,...", with nine significant digits, which tell every float from its
// neighbours. A model that carries its preparation calls classes by their names: a label is one,
// and columns are p_NAME. npz: probability and label (the number of a class), or prediction, for
// numpy.
#include "job/predictions.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/npz.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROOM_FIRST ((size_t)8192)
#define LABELS_MAX ((size_t)64 << 20)
#define HEADER_MAX ((size_t)64 << 20)

struct predictions {
    struct predictions_spec spec;
    enum net_task task;
    size_t outputs;
    uint64_t given; // rows

    // for a CSV
    struct file_out *csv;
    struct buf labels; // what a class is called in a column of labels, each behind the other
    size_t *label_end; // [classes] in there

    // for an .npz
    bool archive;
    size_t room;    // rows
    float *values;  // [room][outputs]
    int64_t *label; // [room], unless it is a regression
};

static size_t label_of(const struct predictions *p, const float *row)
{
    if (p->task == TASK_BINARY)
        return row[0] > (float)p->spec.threshold;
    size_t best = 0;
    for (size_t j = 1; j < p->outputs; j++)
        if (row[j] > row[best])
            best = j;
    return best;
}

// ---- names ----

// NULL when classes have none but their numbers.
static char **class_names(const struct predictions *p)
{
    const struct prep *prep = p->spec.model->prep;
    return prep ? prep->target.class_name : NULL;
}

static int name_labels(struct predictions *p, struct error *e)
{
    const size_t classes = p->task == TASK_BINARY ? 2 : p->outputs;
    char **const names = class_names(p);
    p->label_end = mem_array(classes, sizeof *p->label_end);
    if (!p->label_end)
        return error_nomem(e, "names of classes");
    for (size_t i = 0; i < classes; i++) {
        if (names)
            csv_quote(&p->labels, names[i]);
        else
            buf_printf(&p->labels, "%zu", i);
        p->label_end[i] = p->labels.len;
    }
    return buf_check(&p->labels, "names of classes", e);
}

// "p_setosa", or "p0"
static void put_class(const struct predictions *p, size_t output, struct buf *header,
                      struct buf *name)
{
    char **const names = class_names(p);
    name->len = 0;
    buf_puts(name, names ? "p_" : "p");
    if (names)
        buf_puts(name, names[output]);
    else
        buf_printf(name, "%zu", output);
    if (!name->failed)
        csv_quote(header, name->data);
}

static void put_columns(const struct predictions *p, struct buf *header, struct buf *name)
{
    if (p->task == TASK_BINARY)
        buf_puts(header, "probability,label");
    else if (p->task == TASK_MULTICLASS)
        buf_puts(header, "label");
    else if (p->outputs == 1)
        buf_puts(header, "prediction");
    for (size_t j = 0; p->task == TASK_MULTICLASS && j < p->outputs; j++) {
        buf_puts(header, ",");
        put_class(p, j, header, name);
    }
    for (size_t j = 0; p->task == TASK_REGRESSION && p->outputs > 1 && j < p->outputs; j++)
        buf_printf(header, "%sprediction%zu", j ? "," : "", j);
    buf_puts(header, "\n");
}

// Who passes a column through that is called as one of ours would have two of that name.
static int check_names(const struct predictions *p, const struct buf *header, struct error *e)
{
    struct csv c;
    const struct csv_options how = {.delimiter = ',', .header = CSV_HEADER_YES};
    const char *const name = p->spec.path ? p->spec.path : "the predictions";
    const int rc = csv_open_memory(&c, name, header->data, header->len, &how, e);
    if (rc == 0)
        csv_close(&c);
    return rc;
}

static int make_header(const struct predictions *p, struct buf *header, struct error *e)
{
    struct buf name;
    buf_init(&name, HEADER_MAX);
    for (size_t i = 0; i < rows_ids(p->spec.rows); i++) {
        csv_quote(header, rows_id_name(p->spec.rows, i));
        buf_puts(header, ",");
    }
    put_columns(p, header, &name);
    int rc = buf_check(&name, "names of columns", e);
    if (rc == 0)
        rc = buf_check(header, "names of columns", e);
    buf_clear(&name);
    return rc || rows_ids(p->spec.rows) == 0 ? rc : check_names(p, header, e);
}

// ---- CSV ----

static int begin_csv(struct predictions *p, struct error *e)
{
    struct buf header;
    buf_init(&header, HEADER_MAX);
    int rc = make_header(p, &header, e);
    if (rc == 0 && p->task != TASK_REGRESSION)
        rc = name_labels(p, e);
    if (rc == 0) {
        p->csv = p->spec.path ? file_out_report(p->spec.path, e)
                              : file_out_descriptor(p->spec.fd, "standard output", e);
        rc = p->csv ? file_out_write(p->csv, header.data, header.len, e) : error_code(e);
    }
    buf_clear(&header);
    return rc;
}

static int write_label(struct predictions *p, const float *row, char end, struct error *e)
{
    const size_t label = label_of(p, row), begin = label ? p->label_end[label - 1] : 0;
    const int rc = file_out_write(p->csv, p->labels.data + begin, p->label_end[label] - begin, e);
    return rc ? rc : file_out_write(p->csv, &end, 1, e);
}

static int write_numbers(struct predictions *p, const float *row, char end, struct error *e)
{
    int rc = 0;
    for (size_t j = 0; rc == 0 && j < p->outputs; j++) {
        char text[NUM_NINE_MAX + 1];
        size_t len = num_print_nine((double)row[j], text);
        text[len++] = j + 1 < p->outputs ? ',' : end;
        rc = file_out_write(p->csv, text, len, e);
    }
    return rc;
}

// Row `i` of the batch.
static int write_row(struct predictions *p, size_t i, const float *row, struct error *e)
{
    int rc = 0;
    if (rows_ids(p->spec.rows)) {
        size_t len;
        const char *ids = rows_id_text(p->spec.rows, i, &len);
        rc = file_out_write(p->csv, ids, len, e);
    }
    if (rc == 0 && p->task == TASK_MULTICLASS)
        rc = write_label(p, row, ',', e);
    if (rc == 0)
        rc = write_numbers(p, row, p->task == TASK_BINARY ? ',' : '\n', e);
    return rc || p->task != TASK_BINARY ? rc : write_label(p, row, '\n', e);
}

// ---- npz ----

// Room for `rows` rows in all.
static int reserve(struct predictions *p, uint64_t rows, struct error *e)
{
    if (rows <= p->room)
        return 0;
    uint64_t room = p->room ? p->room + p->room / 2 : ROOM_FIRST;
    room = room < rows ? rows : room;
    size_t size;
    float *values = NULL;
    int64_t *label = p->label;
    if (room <= SIZE_MAX / sizeof *label && size_mul((size_t)room, p->outputs, &size) &&
        size_mul(size, sizeof *values, &size))
        values = mem_realloc(p->values, size);
    p->values = values ? values : p->values;
    if (values && p->task != TASK_REGRESSION)
        label = mem_realloc(p->label, (size_t)room * sizeof *label);
    p->label = label ? label : p->label;
    if (!values || (p->task != TASK_REGRESSION && !label))
        return error_set(e, ERR_NOMEM,
                         "%s: out of memory for the predictions of %" PRIu64
                         " rows; a CSV is written row by row",
                         p->spec.path, rows);
    p->room = (size_t)room;
    return 0;
}

static int begin_archive(struct predictions *p, struct error *e)
{
    const uint64_t total = rows_total(p->spec.rows);
    if (file_is_folder(p->spec.path))
        return error_set(e, ERR_IO, "%s: is a folder", p->spec.path);
    return reserve(p, total == ROWS_UNKNOWN || total == 0 ? 1 : total, e);
}

static int keep(struct predictions *p, const float *pred, size_t rows, struct error *e)
{
    const int rc = reserve(p, p->given + rows, e);
    if (rc)
        return rc;
    memcpy(p->values + p->given * p->outputs, pred, rows * p->outputs * sizeof *pred);
    for (size_t i = 0; p->label && i < rows; i++)
        p->label[p->given + i] = (int64_t)label_of(p, pred + i * p->outputs);
    return 0;
}

static int commit_archive(struct predictions *p, struct error *e)
{
    const uint64_t shape[] = {p->given, p->outputs};
    const struct npz_values values = {
        .name = p->task == TASK_REGRESSION ? "prediction" : "probability",
        .dtype = "<f4",
        .ndim = p->outputs == 1 ? 1 : 2,
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

// ---- both ----

struct predictions *predictions_begin(const struct predictions_spec *spec, struct error *e)
{
    struct predictions *p = mem_zalloc(sizeof *p);
    if (!p) {
        error_nomem(e, "predictions");
        return NULL;
    }
    p->spec = *spec;
    p->task = spec->model->net.task;
    p->outputs = spec->model->net.outputs;
    p->archive = spec->path && npz_is_name(spec->path);
    buf_init(&p->labels, LABELS_MAX);
    if ((p->archive ? begin_archive(p, e) : begin_csv(p, e)) == 0)
        return p;
    predictions_free(p);
    return NULL;
}

int predictions_add(struct predictions *p, const float *pred, size_t rows, struct error *e)
{
    for (size_t i = 0; i < rows * p->outputs; i++)
        if (!isfinite(pred[i]))
            return error_set(e, ERR_NUMERIC,
                             "the prediction of row %" PRIu64 " (from 0) is not a finite number: "
                             "its features are far from those that the model was trained on",
                             p->given + i / p->outputs);
    int rc = p->archive ? keep(p, pred, rows, e) : 0;
    for (size_t i = 0; !p->archive && rc == 0 && i < rows; i++)
        rc = write_row(p, i, pred + i * p->outputs, e);
    p->given += rows;
    return rc;
}

int predictions_commit(struct predictions *p, struct error *e)
{
    if (p->archive)
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
    buf_clear(&p->labels);
    mem_free(p->label_end);
    mem_free(p->values);
    mem_free(p->label);
    mem_free(p);
}
