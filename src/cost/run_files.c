// SPDX-License-Identifier: MIT
// Which runs a path stands for.
#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"
#include "cost/run_inner.h"
#include "io/json_read.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD "run.json"

struct span {
    const char *data;
    size_t len;
};

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// "a/b/run.json" is the run "b", "x.json" the run "x"; on the heap.
static char *name_of(const char *path)
{
    char *copy = mem_strdup(path);
    if (!copy)
        return NULL;
    char *base = (char *)(uintptr_t)base_of(copy);
    if (strcmp(base, RECORD) == 0 && base > copy + 1) {
        base[-1] = '\0';
        base = (char *)(uintptr_t)base_of(copy);
    } else if (ends_in(base, ".json") && strcmp(base, ".json") != 0)
        base[strlen(base) - 5] = '\0';
    char *name = mem_strdup(base);
    mem_free(copy);
    return name;
}

static int add_record(struct cost_runs *runs, const struct run_place *at, struct span text,
                      struct error *e)
{
    json_t *root = json_object_parse(at->where, text.data, text.len, e);
    return root ? run_append(runs, root, at, e) : error_code(e);
}

int cost_runs_add_record(struct cost_runs *runs, const char *path, const char *text, size_t size,
                         struct error *e)
{
    char *name = name_of(path);
    if (!name)
        return error_nomem(e, path);
    const struct run_place at = {.where = path, .name = name};
    const int rc = add_record(runs, &at, (struct span){text, size}, e);
    mem_free(name);
    return rc;
}

static int add_line(struct cost_runs *runs, const char *path, size_t line, struct span text,
                    struct error *e)
{
    char where[512], name[128];
    snprintf(where, sizeof where, "%.480s:%zu", path, line);
    snprintf(name, sizeof name, "%.100s:%zu", base_of(path), line);
    json_t *root = json_object_parse(where, text.data, text.len, e);
    const struct run_place at = {.where = where, .name = name};
    return root ? run_append(runs, root, &at, e) : error_code(e);
}

static bool is_blank(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r", text.data[i]))
            return false;
    return true;
}

int cost_runs_add_lines(struct cost_runs *runs, const char *path, const char *text, size_t size,
                        struct error *e)
{
    const size_t before = runs->count;
    int rc = 0;
    for (size_t at = 0, line = 1; rc == 0 && at < size; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        const struct span one = {text + at, end ? (size_t)(end - text) - at : size - at};
        if (!is_blank(one))
            rc = add_line(runs, path, line, one, e);
        at += one.len + 1;
    }
    if (rc == 0 && runs->count == before)
        rc = error_set(e, ERR_DATA, "%s: holds no runs", path);
    return rc;
}

static bool is_of(const struct cost_run *r, const uint64_t file[2])
{
    return r->source->file[0] == file[0] && r->source->file[1] == file[1];
}

// A run that counted twice would look like two that agree.
static int check_new(const struct cost_runs *runs, size_t count, const uint64_t file[2],
                     const char *path, struct error *e)
{
    for (size_t i = 0; i < count; i++)
        if (is_of(&runs->item[i], file))
            return error_set(e, ERR_USAGE, "%s: is given twice (also as %.200s); a run counts once",
                             path, runs->item[i].path);
    return 0;
}

// What a run leaves beside its record.
static bool is_beside(const char *record, const char *path)
{
    static const char *const names[] = {"history.csv", "metrics.json", "model.npz", "nn_model.pth"};
    const size_t folder = (size_t)(base_of(record) - record);
    bool beside = false;
    for (size_t i = 0; !beside && i < sizeof names / sizeof *names; i++) {
        struct buf name;
        buf_init(&name, 1 << 16);
        buf_append(&name, record, folder);
        buf_puts(&name, names[i]);
        beside = !name.failed && file_same(name.data, path);
        buf_clear(&name);
    }
    return beside;
}

bool cost_run_is_of(const struct cost_run *r, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    return is_of(r, (const uint64_t[]){(uint64_t)st.st_dev, (uint64_t)st.st_ino}) ||
           (strcmp(base_of(r->path), RECORD) == 0 && is_beside(r->path, path));
}

static int read_history(struct cost_run *r, const char *path, struct error *e)
{
    const size_t folder = (size_t)(base_of(path) - path);
    struct buf name, text;
    buf_init(&name, 1 << 16);
    buf_init(&text, COST_FILE_MAX);
    buf_append(&name, path, folder);
    buf_puts(&name, "history.csv");
    int rc = buf_check(&name, path, e);
    if (rc == 0 && access(name.data, F_OK) == 0) {
        rc = file_read_regular(name.data, COST_FILE_MAX, &text, e);
        if (rc == 0)
            rc = history_parse(&r->history, name.data, text.data, text.len, e);
    }
    buf_clear(&name);
    buf_clear(&text);
    return rc;
}

// `name` is that of the run, or NULL: the path's.
static int parse_file(struct cost_runs *runs, const char *path, const char *name, struct span text,
                      struct error *e)
{
    const struct run_place at = {.where = path, .name = name};
    if (text.len > 1 && memcmp(text.data, "PK", 2) == 0)
        return error_set(e, ERR_FORMAT,
                         "%s: is an archive, not the record of a run; name the run.json that skiff "
                         "train wrote, or its folder",
                         path);
    if (ends_in(path, ".csv"))
        return cost_runs_add_published(runs, path, text.data, text.len, e);
    if (ends_in(path, ".jsonl"))
        return cost_runs_add_lines(runs, path, text.data, text.len, e);
    const int rc = name ? add_record(runs, &at, text, e)
                        : cost_runs_add_record(runs, path, text.data, text.len, e);
    if (rc == 0 && strcmp(base_of(path), RECORD) == 0)
        return read_history(&runs->item[runs->count - 1], path, e);
    return rc;
}

// `found`: it was in a folder, and nobody has named it.
static int add_file(struct cost_runs *runs, const char *path, const char *name, bool found,
                    struct error *e)
{
    struct stat st;
    const size_t before = runs->count;
    if (stat(path, &st) != 0)
        return error_errno(e, "%s", path);
    const uint64_t file[2] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino};
    int rc = S_ISREG(st.st_mode) ? check_new(runs, before, file, path, e) : 0;
    struct buf text;
    buf_init(&text, COST_FILE_MAX);
    if (rc == 0)
        rc = found ? file_read_regular(path, COST_FILE_MAX, &text, e)
                   : file_read_all(path, COST_FILE_MAX, &text, e);
    if (rc == 0)
        rc = parse_file(runs, path, name, (struct span){text.len ? text.data : "", text.len}, e);
    buf_clear(&text);
    for (size_t i = before; i < runs->count; i++)
        memcpy(runs->item[i].source->file, file, sizeof file);
    return rc;
}

// The run.json `file` below a folder is the run of the folder that it is in, "a/b" of a/b/run.json.
static int add_below(struct cost_runs *runs, const char *folder, const char *file, struct error *e)
{
    char *path = file_join(folder, file), *name = mem_strdup(file);
    char *const slash = name ? strrchr(name, '/') : NULL;
    if (slash)
        *slash = '\0';
    const int rc =
        path && name ? add_file(runs, path, slash ? name : NULL, true, e) : error_nomem(e, folder);
    mem_free(path);
    mem_free(name);
    return rc;
}

static int add_tree(struct cost_runs *runs, const char *folder, struct error *e)
{
    char **names;
    size_t count;
    const size_t before = runs->count;
    int rc = file_tree_shown(folder, &names, &count, e);
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (strcmp(base_of(names[i]), RECORD) == 0)
            rc = add_below(runs, folder, names[i], e);
    file_list_free(names, count);
    if (rc == 0 && runs->count == before)
        rc = error_set(e, ERR_NOTFOUND,
                       "%s: no run.json there or below; skiff train --out DIR leaves one", folder);
    return rc;
}

int cost_runs_add(struct cost_runs *runs, const char *path, struct error *e)
{
    if (!file_is_folder(path))
        return add_file(runs, path, NULL, false, e);
    char *record = file_join(path, RECORD);
    if (!record)
        return error_nomem(e, path);
    const bool one = access(record, F_OK) == 0;
    mem_free(record);
    return one ? add_below(runs, path, RECORD, e) : add_tree(runs, path, e);
}
