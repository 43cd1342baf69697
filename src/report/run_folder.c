// SPDX-License-Identifier: MIT
// Reading and parsing are apart, so that fuzzers need no files. A file that is not there is no
// error, one that is there and cannot be parsed is: a report on half of a damaged run would
// mislead.
#include "report/run_folder.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/json_at.h"
#include "io/json_read.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static int parse_object(json_t **root, const char *path, const char *name, const char *text,
                        size_t size, struct error *e)
{
    json_error_t why;
    *root = json_load(text, size, JSON_REJECT_DUPLICATES, &why);
    // jansson does not always say that memory was short, but then it says nothing at all
    if (!*root && (json_error_code(&why) == json_error_out_of_memory || !why.text[0]))
        return error_nomem(e, name);
    if (!*root)
        return error_set(e, ERR_FORMAT, "%s/%s:%d: not valid JSON: %.120s", path, name, why.line,
                         why.text);
    if (json_is_object(*root))
        return 0;
    json_decref(*root);
    *root = NULL;
    return error_set(e, ERR_FORMAT, "%s/%s: is not a JSON object", path, name);
}

int run_folder_parse(struct run_folder *f, const char *path, const struct run_texts *t,
                     struct error *e)
{
    int rc = 0;
    *f = (struct run_folder){.path = path};
    if (t->run)
        rc = parse_object(&f->run, path, "run.json", t->run, t->run_size, e);
    if (rc == 0 && t->metrics)
        rc = parse_object(&f->metrics, path, "metrics.json", t->metrics, t->metrics_size, e);
    else if (rc == 0 && json_is_object(json_at(f->run, "metrics")))
        f->metrics = json_incref(json_object_get(f->run, "metrics"));
    if (rc == 0 && t->history) {
        rc = history_parse(&f->history, "history.csv", t->history, t->history_size, e);
        error_prefix(e, rc, "%s", path);
    }
    if (rc)
        run_folder_clear(f);
    return rc;
}

void run_folder_clear(struct run_folder *f)
{
    json_decref(f->run);
    json_decref(f->metrics);
    history_clear(&f->history);
    *f = (struct run_folder){0};
}

// *text is NULL when there is no such file.
static int read_file(const char *folder, const char *name, struct buf *out, const char **text,
                     struct error *e)
{
    char *path = file_join(folder, name);
    int rc = path ? 0 : error_nomem(e, folder);
    if (rc == 0 && access(path, F_OK) == 0) {
        rc = file_read_regular(path, RUN_FILE_MAX, out, e);
        *text = out->data ? out->data : "";
    }
    mem_free(path);
    return rc;
}

int run_folder_read(struct run_folder *f, const char *path, struct error *e)
{
    struct run_texts t = {0};
    struct buf run, metrics, history;
    buf_init(&run, RUN_FILE_MAX);
    buf_init(&metrics, RUN_FILE_MAX);
    buf_init(&history, RUN_FILE_MAX);
    *f = (struct run_folder){0};
    int rc = file_is_folder(path)
                 ? 0
                 : error_set(e, ERR_NOTFOUND,
                             "%s: %s; a report is made of the folder that skiff "
                             "train --out names",
                             path, access(path, F_OK) == 0 ? "is a file" : "no such folder");
    if (rc == 0)
        rc = read_file(path, "run.json", &run, &t.run, e);
    if (rc == 0)
        rc = read_file(path, "metrics.json", &metrics, &t.metrics, e);
    if (rc == 0)
        rc = read_file(path, "history.csv", &history, &t.history, e);
    t.run_size = run.len;
    t.metrics_size = metrics.len;
    t.history_size = history.len;
    if (rc == 0)
        rc = run_folder_parse(f, path, &t, e);
    buf_clear(&run);
    buf_clear(&metrics);
    buf_clear(&history);
    return rc;
}

const json_t *run_metrics(const struct run_folder *f, const char *part)
{
    const json_t *metrics = json_at(f->metrics, part);
    return json_is_object(metrics) ? metrics : NULL;
}

enum net_task run_task(const struct run_folder *f)
{
    const char *name = json_text_at(f->run, "training.task");
    if (!name)
        name = json_text_at(f->metrics, "train.task");
    for (int t = TASK_BINARY; name && net_task_words[t]; t++)
        if (strcmp(net_task_words[t], name) == 0)
            return (enum net_task)t;
    return TASK_AUTO;
}

// The column of the history that says which epoch is best.
static enum history_column monitor_of(const struct run_folder *f)
{
    const char *name = json_text_at(f->run, "training.monitor");
    for (int c = 0; name && c < HISTORY_COLUMNS; c++)
        if (strcmp(history_column_name((enum history_column)c), name) == 0)
            return (enum history_column)c;
    const struct history *h = &f->history;
    const bool validated = h->count && isfinite(h->row[h->count - 1].value[HISTORY_VAL_LOSS]);
    return validated ? HISTORY_VAL_LOSS : HISTORY_TRAIN_LOSS;
}

size_t run_best_epoch(const struct run_folder *f)
{
    const enum history_column column = monitor_of(f);
    const double sign = monitor_larger_is_better(column) ? -1 : 1;
    const size_t recorded = json_count_at(f->run, "training.best.epoch");
    if (recorded && recorded <= f->history.count)
        return recorded;
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < f->history.count; i++) {
        const double value = sign * f->history.row[i].value[column];
        if (value < least) {
            least = value;
            best = i + 1;
        }
    }
    return best;
}

size_t run_kept_epoch(const struct run_folder *f)
{
    const bool keeps = json_is_true(json_at(f->run, "options.restore_best")) ||
                       json_count_at(f->run, "options.patience") > 0;
    return keeps ? run_best_epoch(f) : f->history.count;
}

char *run_file(const struct run_folder *f, const char *path)
{
    const char *folder = json_text_at(f->run, "folder");
    if (path[0] != '/' && folder) {
        char *there = file_join(folder, path);
        if (there && access(there, F_OK) == 0)
            return there;
        mem_free(there);
    }
    return mem_strdup(path);
}
