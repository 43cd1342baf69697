// SPDX-License-Identifier: MIT
// Looks for the model and for the rows that tell most about it: those that the user names, else
// what the run says it was validated on. Rows of the run may be gone since then; the page is made
// without them and says why. Rows that the user names may not.
#include "report/report.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/json_at.h"

#include <string.h>
#include <unistd.h>

// model.npz in the run's folder, or in that of its options; NULL when there is none.
static int find_model(const struct report *r, char **path, struct error *e)
{
    const char *folder = json_text_at(r->run.run, "options.model_dir");
    *path = r->spec->model ? mem_strdup(r->spec->model) : file_join(r->spec->run, "model.npz");
    if (!*path)
        return error_nomem(e, "paths");
    if (r->spec->model || access(*path, F_OK) == 0)
        return 0;
    mem_free(*path);
    *path = NULL;
    if (!folder)
        return 0;
    char *there = file_join(folder, "model.npz");
    *path = there ? run_file(&r->run, there) : NULL;
    mem_free(there);
    if (!*path)
        return error_nomem(e, "paths");
    if (access(*path, F_OK) == 0)
        return 0;
    mem_free(*path);
    *path = NULL;
    return 0;
}

// The rows that tell most about the model, of those that the run was given.
struct rows_source {
    enum findings_part part;
    char *path; // owned; NULL: the run does not say
    struct dataset_keys keys;
    bool given;     // by spec->data
    bool held_back; // of a file that the run divided itself
};

// Which option of the run names them.
static const char *option_of(const struct report *r, struct rows_source *s)
{
    static const struct {
        const char *keys, *part;
        enum findings_part rows;
    } options[] = {{"options.val", "val", FINDINGS_VAL},
                   {"options.data", "val", FINDINGS_VAL},
                   {"options.test", "test", FINDINGS_TEST},
                   {"options.train", "train", FINDINGS_TRAIN}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const char *path = json_text_at(r->run.run, options[i].keys);
        if (!path)
            continue;
        s->part = options[i].rows;
        s->keys.part = options[i].part;
        s->held_back = strcmp(options[i].keys, "options.data") == 0;
        if (s->held_back && json_count_at(r->run.run, "data.val_rows") == 0)
            s->part = FINDINGS_TRAIN;
        return path;
    }
    return NULL;
}

static int find_rows(const struct report *r, struct rows_source *s, struct error *e)
{
    *s = (struct rows_source){.part = FINDINGS_GIVEN, .keys = r->spec->keys, .given = true};
    if (r->spec->data) {
        s->path = mem_strdup(r->spec->data);
        return s->path ? 0 : error_nomem(e, "paths");
    }
    *s = (struct rows_source){.keys = {.x = json_text_at(r->run.run, "options.x_key"),
                                       .y = json_text_at(r->run.run, "options.y_key")}};
    const char *path = option_of(r, s);
    if (!path)
        return 0;
    s->path = run_file(&r->run, path);
    return s->path ? 0 : error_nomem(e, "paths");
}

// Matrix products as the run had them, for its bits; OpenBLAS may not be here.
static enum gemm_choice gemm_of(const struct run_folder *run)
{
    const char *who = json_text_at(run->run, "machine.gemm");
    return who && strcmp(who, "own") == 0 ? GEMM_OWN : GEMM_AUTO;
}

// With the rows, or else without them; the reason for that goes to r->missing.
static int look(struct report *r, const char *model, const struct rows_source *s, struct error *e)
{
    struct findings_spec spec = {
        .run = {model, r->spec->threads, gemm_of(&r->run)},
        .data = {.path = s->path, .keys = s->keys, .keys_given = s->given},
        .held_back = s->held_back,
        .part = s->part,
        .rule = r->spec->rule,
        .threshold = r->spec->threshold,
        .resamples = r->spec->resamples,
        .repeats = r->spec->repeats,
        .seed = r->spec->seed,
        .shuffled = r->spec->shuffled,
        .context = r->spec->context,
    };
    struct error why = {0};
    if (!s->path) {
        buf_puts(&r->missing,
                 r->run.run ? "run.json does not say which rows the model was validated on."
                            : "There is no run.json, which a run writes when it has come to its "
                              "end; so the page does not say which rows the model was validated "
                              "on.");
        return findings_make(&r->found, &spec, e);
    }
    const bool pipe = !s->given && strcmp(s->path, "-") == 0;
    const int rc = pipe ? error_set(&why, ERR_IO, "they came through a pipe")
                        : findings_make(&r->found, &spec, &why);
    if (rc == 0)
        return 0;
    if (r->spec->data || rc == ERR_NOMEM)
        return error_set(e, rc, "%s", why.text);
    buf_printf(&r->missing, "The %s rows cannot be used: %s.", findings_part_names[s->part],
               why.text);
    spec.data = (struct model_data){0};
    return findings_make(&r->found, &spec, e);
}

static int find(struct report *r, struct error *e)
{
    struct rows_source source = {0};
    char *model = NULL;
    int rc = find_model(r, &model, e);
    if (rc == 0)
        rc = find_rows(r, &source, e);
    if (rc == 0 && model)
        rc = look(r, model, &source, e);
    else if (rc == 0 && r->spec->data)
        rc = error_set(e, ERR_NOTFOUND, "%s: no model.npz, which --data needs; --model names one",
                       r->spec->run);
    else if (rc == 0)
        buf_puts(&r->missing, "There is no model.npz in the folder; --model FILE names one.");
    mem_free(model);
    mem_free(source.path);
    return rc;
}

static int check_threshold(const struct report *r, struct error *e)
{
    const struct net *net = &r->found.net;
    if (!r->spec->threshold_given || net->layers == 0 || net->task == TASK_BINARY)
        return 0;
    return error_set(e, ERR_USAGE, "--threshold: is for binary models, and that of %s is a %s one",
                     r->spec->run, net_task_words[net->task]);
}

int report_make(struct report *r, const struct report_spec *spec, struct error *e)
{
    *r = (struct report){.spec = spec};
    buf_init(&r->missing, 4096);
    int rc = run_folder_read(&r->run, spec->run, e);
    if (rc == 0)
        rc = find(r, e);
    if (rc == 0)
        rc = check_threshold(r, e);
    if (rc == 0 && !r->run.run && !r->run.history.count && !r->found.net.layers)
        rc = error_set(e, ERR_NOTFOUND,
                       "%s: neither run.json nor history.csv nor model.npz: is it a folder that "
                       "skiff train --out has written?",
                       spec->run);
    if (rc == 0)
        rc = buf_check(&r->missing, "a report", e);
    if (rc == 0)
        rc = remarks_find(&r->remarks, &r->run, &r->found, e);
    if (rc == 0)
        rc = report_figures_make(&r->figures, &r->run, &r->found, e);
    if (rc)
        report_clear(r);
    return rc;
}

void report_clear(struct report *r)
{
    run_folder_clear(&r->run);
    findings_clear(&r->found);
    remarks_clear(&r->remarks);
    report_figures_clear(&r->figures);
    buf_clear(&r->missing);
}

static int write_file(const char *folder, const char *name, const struct buf *text, struct error *e)
{
    char *path = file_join(folder, name);
    const int rc = path ? file_write_all(path, text->data, text->len, e) : error_nomem(e, folder);
    mem_free(path);
    return rc;
}

static int write_figures(const struct report *r, const char *folder, struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->figures.count; i++) {
        struct buf name;
        buf_init(&name, 64);
        buf_printf(&name, "%s.svg", r->figures.figure[i].name);
        rc = buf_check(&name, "a file's name", e);
        if (rc == 0)
            rc = write_file(folder, name.data, &r->figures.figure[i].alone, e);
        buf_clear(&name);
    }
    return rc;
}

int report_write(const struct report *r, const char *folder, struct error *e)
{
    struct buf page;
    buf_init(&page, REPORT_PAGE_MAX);
    int rc = report_page(r, &page, e);
    if (rc == 0)
        rc = file_make_folders(folder, e);
    if (rc == 0)
        rc = write_figures(r, folder, e);
    if (rc == 0)
        rc = write_file(folder, "report.html", &page, e);
    buf_clear(&page);
    return rc;
}
