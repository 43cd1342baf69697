// SPDX-License-Identifier: MIT
// What the kinds of rows have in common: which files, and what is asked about them.
#include "base/file.h"
#include "base/mem.h"
#include "table/rows_inner.h"

#include <string.h>
#include <unistd.h>

static int refuse_text(const char *path, struct error *e)
{
    const bool standard = strcmp(path, "-") == 0;
    if (!standard && access(path, R_OK) != 0)
        return file_not_opened(path, e);
    return error_set(e, ERR_MISMATCH,
                     "%s: is %s, and this model does not say how the columns of a CSV become "
                     "features; train it on a CSV or with --prep, or give it the arrays that skiff "
                     "prep makes%s",
                     file_shown(path), standard ? "read as a CSV" : "no .npz archive",
                     standard ? ", by their name" : "");
}

static int open_kind(struct rows **r, const struct rows_spec *spec, struct error *e)
{
    char **paths;
    size_t files;
    bool text;
    int rc = input_paths(spec->path, &paths, &files, &text, e);
    if (rc)
        return rc;
    *r = text ? rows_csv_new() : rows_npz_new();
    if (!*r) {
        file_list_free(paths, files);
        return error_nomem(e, spec->path);
    }
    (*r)->spec = spec;
    (*r)->paths = paths;
    (*r)->files = files;
    if (text && !spec->prep)
        return refuse_text(paths[0], e);
    return text ? rows_csv_open(*r, e) : rows_npz_open(*r, e);
}

struct rows *rows_open(const struct rows_spec *spec, struct error *e)
{
    struct error own = {0}; // the code is needed even when the caller gave no `e`
    struct rows *r = NULL;
    const int rc = open_kind(&r, spec, &own);
    if (rc == 0)
        return r;
    error_set(e, own.code, "%s", own.text);
    rows_close(r);
    return NULL;
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    r->kind->close(r);
    file_list_free(r->paths, r->files);
    mem_free(r);
}

size_t rows_features(const struct rows *r)
{
    return r->features;
}

uint64_t rows_total(const struct rows *r)
{
    return r->total;
}

bool rows_prepared(const struct rows *r)
{
    return r->counts == NULL;
}

const char *rows_name(const struct rows *r)
{
    return r->name;
}

bool rows_reads(const struct rows *r, const char *path)
{
    for (size_t i = 0; i < r->files; i++)
        if (file_same(r->paths[i], path))
            return true;
    return false;
}

int rows_next(struct rows *r, size_t most, float *X, float *y, size_t *got, struct error *e)
{
    return r->kind->next(r, most, X, y, got, e);
}

size_t rows_ids(const struct rows *r)
{
    return r->ids;
}

const char *rows_id_name(const struct rows *r, size_t id)
{
    return r->id[id];
}

const char *rows_id_text(const struct rows *r, size_t row, size_t *len)
{
    const size_t begin = row ? r->id_end[row - 1] : 0;
    *len = r->id_end[row] - begin;
    return r->id_text.data + begin;
}

const struct prep_counts *rows_counts(const struct rows *r)
{
    return r->counts;
}
