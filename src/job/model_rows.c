// SPDX-License-Identifier: MIT
// Whether data are raw columns or features is settled here, for every command that has a model: by
// the file's kind, and a preparation in the model. An option for the other kind is refused, not
// ignored.
#include "job/model_rows.h"

#include "base/file.h"

static struct rows_spec spec_of(const struct model_run *run, const struct model_data *data)
{
    return (struct rows_spec){
        .path = data->path,
        .keys = data->keys,
        .prep = run->model.prep,
        .ids = data->ids,
        .run = par_run,
        .team = run->team,
        .workers = run->threads,
    };
}

// Options of the one kind of input with the other.
static int check_options(const struct model_rows *m, const struct model_data *data, struct error *e)
{
    const struct dataset_keys *k = &data->keys;
    if (rows_prepared(m->rows) && data->ids)
        return error_set(e, ERR_USAGE, "--id: is for a CSV, and %s holds arrays", data->path);
    if (!rows_prepared(m->rows) && data->keys_given && (k->part || k->x || k->y))
        return error_set(e, ERR_USAGE, "--%s: is for an .npz, and %s is a CSV",
                         k->part ? "part"
                         : k->x  ? "x_key"
                                 : "y_key",
                         data->path);
    return 0;
}

static int open_rows(struct model_rows *m, const struct model_run *run,
                     const struct model_data *data, struct error *e)
{
    m->rows = rows_open(&m->spec, e);
    const int rc = m->rows ? check_options(m, data, e) : error_code(e);
    return rc ? rc
              : model_run_check(run, data->path, rows_name(m->rows), rows_features(m->rows), e);
}

int model_rows_open(struct model_rows *m, const struct model_run *run,
                    const struct model_data *data, struct error *e)
{
    *m = (struct model_rows){.spec = spec_of(run, data)};
    return open_rows(m, run, data, e);
}

int model_rows_open_labels(struct model_rows *m, const struct model_run *run,
                           const struct model_data *data, struct error *e)
{
    const struct prep *p = run->model.prep;
    *m = (struct model_rows){.spec = spec_of(run, data)};
    m->spec.labels = p && p->target.name;
    const int rc = open_rows(m, run, data, e);
    if (rc == 0 && !rows_prepared(m->rows) && !m->spec.labels)
        return error_set(e, ERR_MISMATCH,
                         "%s: the preparation in %s names no target, so the labels of a CSV cannot "
                         "be found; skiff prep --target NAME makes one that does",
                         data->path, run->path);
    return rc;
}

void model_rows_close(struct model_rows *m)
{
    rows_close(m->rows);
    m->rows = NULL;
}

void model_counts_remark(const char *path, const struct prep *p, const struct prep_counts *counts,
                         const struct model_listener *to)
{
    static const char *const taken_as[] = {"missing", "none of those it knows", "an error"};
    for (size_t i = 0; to->say && i < p->columns; i++) {
        const struct prep_column *c = &p->column[i];
        struct error line = {0}; // no failure, but one line whatever the names hold
        if (counts->unseen[i] == 0)
            continue;
        error_set(&line, ERR_DATA,
                  "%s: column '%.100s': %zu row%s with a category that training had not met, such "
                  "as '%s'; taken as %s",
                  path, c->name, counts->unseen[i], counts->unseen[i] == 1 ? "" : "s",
                  counts->example[i], taken_as[c->unseen]);
        to->say(to->context, line.text);
    }
}

void model_rows_remark(const struct model_rows *m, const struct model_listener *to)
{
    const struct prep_counts *counts = m->rows ? rows_counts(m->rows) : NULL;
    if (counts)
        model_counts_remark(file_shown(m->spec.path), m->spec.prep, counts, to);
}

int model_rows_load(struct dataset *d, const struct model_run *run, const struct model_data *data,
                    const struct model_listener *to, struct error *e)
{
    struct model_rows m;
    int rc = model_rows_open_labels(&m, run, data, e);
    if (rc == 0 && rows_prepared(m.rows))
        rc = dataset_load(d, data->path, &data->keys, e);
    else if (rc == 0)
        rc = dataset_take(d, m.rows, &m.spec, e);
    if (rc == 0)
        model_rows_remark(&m, to);
    model_rows_close(&m);
    return rc;
}
