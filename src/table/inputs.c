// SPDX-License-Identifier: MIT
// Names are looked for from the particular to the general: what the user says, X_train where
// training rows are wanted, X. Where several would do, none is guessed; the message lists them.
// Archives and CSVs are told apart by names or first bytes; in a folder, which is not opened file
// by file, by names alone.
#include "table/inputs.h"

#include "base/file.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_text_name(const char *name)
{
    static const char *const ends[] = {".csv", ".csv.gz"};
    const size_t len = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t end = strlen(ends[i]);
        if (len >= end && strcasecmp(name + len - end, ends[i]) == 0)
            return true;
    }
    return false;
}

// What a folder holds.
static int find_kind(const char *folder, char **names, size_t count, bool *text, struct error *e)
{
    const char *archive = NULL, *table = NULL;
    for (size_t i = 0; i < count; i++)
        if (npz_is_name(names[i]))
            archive = names[i];
        else if (is_text_name(names[i]))
            table = names[i];
    if (!text && !archive && table)
        return error_set(e, ERR_NOTFOUND,
                         "%s: no .npz file in this folder, but %s: CSVs need --prep FILE, the "
                         "prep.json that skiff prep made, or give one CSV as --data",
                         folder, table);
    if (!text)
        return archive ? 0 : error_set(e, ERR_NOTFOUND, "%s: no .npz file in this folder", folder);
    if (archive && table)
        return error_set(e, ERR_DATA, "%s: holds both %s and %s; files of one kind are needed",
                         folder, archive, table);
    *text = table != NULL;
    return archive || table ? 0
                            : error_set(e, ERR_NOTFOUND,
                                        "%s: no .npz, .csv or .csv.gz file in this folder", folder);
}

// Keeps the files of one kind and puts the folder in front of them.
static int keep_kind(const char *folder, char **names, size_t *count, bool text, struct error *e)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < *count; i++) {
        const bool wanted = text ? is_text_name(names[i]) : npz_is_name(names[i]);
        char *path = wanted ? file_join(folder, names[i]) : NULL;
        if (!path && wanted)
            rc = error_nomem(e, folder);
        mem_free(names[i]);
        names[i] = NULL;
        if (path)
            names[kept++] = path;
    }
    *count = kept;
    return rc;
}

static int one_path(const char *path, char ***paths, size_t *count, struct error *e)
{
    char **list = mem_array(1, sizeof *list);
    if (list)
        list[0] = mem_strdup(path);
    if (!list || !list[0]) {
        mem_free(list);
        return error_nomem(e, path);
    }
    *paths = list;
    *count = 1;
    return 0;
}

// Lines of `path`, at least two.
static int lines_of(const char *path, char ***paths, size_t *count, struct error *e)
{
    size_t lines = 1, len;
    for (const char *c = path; *c; c++)
        lines += *c == '\n';
    char **list = mem_array(lines, sizeof *list);
    if (!list)
        return error_nomem(e, "names of files");
    for (size_t i = 0; i < lines; i++, path += len + 1) {
        len = strcspn(path, "\n");
        list[i] = mem_alloc(len + 1);
        if (!list[i]) {
            file_list_free(list, i);
            return error_nomem(e, "names of files");
        }
        memcpy(list[i], path, len);
        list[i][len] = '\0';
    }
    *paths = list;
    *count = lines;
    return 0;
}

// They are all archives, or none is.
static int many_paths(const char *path, char ***paths, size_t *count, bool *text, struct error *e)
{
    const int rc = lines_of(path, paths, count, e);
    for (size_t i = 0; rc == 0 && text && i < *count; i++) {
        const bool is_text = !npz_is_file((*paths)[i]);
        if (i == 0)
            *text = is_text;
        if (*text != is_text) {
            error_set(e, ERR_DATA, "%s is a CSV and %s an archive; one job takes one of them",
                      (*paths)[is_text ? i : 0], (*paths)[is_text ? 0 : i]);
            file_list_free(*paths, *count);
            return ERR_DATA;
        }
    }
    return rc;
}

int input_paths(const char *path, char ***paths, size_t *count, bool *text, struct error *e)
{
    if (strchr(path, '\n'))
        return many_paths(path, paths, count, text, e);
    if (!file_is_folder(path)) {
        if (text)
            *text = !npz_is_file(path);
        return one_path(path, paths, count, e);
    }
    int rc = file_list(path, paths, count, e);
    if (rc)
        return rc;
    rc = find_kind(path, *paths, *count, text, e);
    if (rc == 0)
        rc = keep_kind(path, *paths, count, text && *text, e);
    if (rc) {
        file_list_free(*paths, *count);
        *paths = NULL;
        *count = 0;
    }
    return rc;
}

// An array was not found: what does the archive hold in its place?
static int explain(const struct npz *z, const char *missing, const char *remedy, struct error *e)
{
    static const char *const parts[] = {"train", "val", "test"};
    if (npz_has(z, "fc1.weight"))
        return error_set(e, ERR_NOTFOUND,
                         "%s: is a model, not data; skiff eval MODEL DATA and skiff predict MODEL "
                         "DATA take one",
                         z->path);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[16];
        snprintf(name, sizeof name, "X_%s", parts[i]);
        if (npz_has(z, name))
            return error_set(e, ERR_NOTFOUND, "%s; %s is for --%s, or --part %s (%s)", missing,
                             name, parts[i], parts[i], remedy);
    }
    return error_set(e, ERR_NOTFOUND, "%s (%s)", missing, remedy);
}

// "<stem>_<part>", or else "<stem>".
static int find_by_part(const struct npz *z, const char *stem, const char *part,
                        struct npz_array *a, struct error *e)
{
    struct buf name;
    buf_init(&name, ZIP_NAME_MAX);
    buf_printf(&name, "%s_%s", stem, part);
    int rc = buf_check(&name, "array name", e);
    const bool plain = rc == 0 && !npz_has(z, name.data) && npz_has(z, stem);
    struct error found = {0};
    if (rc == 0)
        rc = npz_array(z, plain ? stem : name.data, a, &found);
    if (rc == ERR_NOTFOUND)
        rc = explain(z, found.text, "--x_key and --y_key give other names", e);
    else if (rc)
        error_set(e, rc, "%s", found.text);
    buf_clear(&name);
    return rc;
}

// The only one of the usual names of X that is there.
static int find_only_x(const struct npz *z, struct npz_array *a, struct error *e)
{
    static const char *const names[] = {"X", "X_train", "X_val", "X_test"};
    const char *first = NULL, *second = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!npz_has(z, names[i]))
            continue;
        if (first)
            second = names[i];
        else
            first = names[i];
    }
    if (second)
        return error_set(e, ERR_DATA,
                         "%s: holds %s and %s; --part train, val or test says which, or --x_key "
                         "NAME",
                         z->path, first, second);
    struct error found = {0};
    const int rc = npz_array(z, first ? first : names[0], a, &found);
    if (rc == ERR_NOTFOUND)
        return explain(z, found.text, "--x_key gives another name", e);
    return rc ? error_set(e, rc, "%s", found.text) : 0;
}

int input_find_x(const struct npz *z, const struct dataset_keys *keys, struct npz_array *a,
                 struct error *e)
{
    if (keys->x)
        return npz_array(z, keys->x, a, e);
    return keys->part ? find_by_part(z, "X", keys->part, a, e) : find_only_x(z, a, e);
}

int input_find_y(const struct npz *z, const struct dataset_keys *keys, const char *x_name,
                 struct npz_array *a, struct error *e)
{
    if (keys->y)
        return npz_array(z, keys->y, a, e);
    if (keys->part)
        return find_by_part(z, "y", keys->part, a, e);
    if (strncmp(x_name, "X_", 2) == 0)
        return find_by_part(z, "y", x_name + 2, a, e);
    return npz_array(z, "y", a, e);
}

int input_check_x(const char *file, const struct npz_array *a, struct error *e)
{
    const struct npy_info *x = &a->info;
    if (x->ndim != 2)
        return error_set(e, ERR_DATA, "%s: %s has %zu dimensions, it must be rows x features%s",
                         file, a->name, x->ndim,
                         x->ndim == 1 ? "; reshape(-1, 1) makes one feature of it" : "");
    if (x->shape[1] == 0)
        return error_set(e, ERR_DATA, "%s: %s has no features", file, a->name);
    return 0;
}

int input_not_finite(const struct input_values *v, struct error *e)
{
    const size_t n = v->rows * v->cols;
    size_t at = 0;
    while (at < n && isfinite(v->x[at]))
        at++;
    return error_set(e, ERR_DATA,
                     "%s: %s: row %" PRIu64 ", column %zu is %s; fill or drop such values first",
                     v->file, v->array, v->first_row + at / v->cols, at % v->cols,
                     isnan(v->x[at]) ? "NaN" : "infinite (or too large for float32)");
}
