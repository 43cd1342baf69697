// SPDX-License-Identifier: MIT
// Rows come from one of three places: a CSV that is prepared and divided here (--data, or --train
// with --target), a CSV for which --prep has the preparation, or arrays that are prepared already.
// The training rows come first, since they decide what the preparation is, then the other parts,
// then the targets, of which all parts must agree. With --sharded a rank loads only what it has;
// whatever depends on labels is decided when those of all ranks are there (job/shards.h).
#include "job/train_data.h"

#include "base/crc.h"
#include "base/mem.h"
#include "io/csv.h"
#include "io/npz.h"
#include "job/model_rows.h"
#include "job/prep_table.h"
#include "job/shards.h"
#include "kern/par.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *train_data_path(const struct train_config *c)
{
    return c->data ? c->data : c->train;
}

// A file or pipe that is no archive. What is not there is reported by who opens it.
static bool is_csv(const char *path)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return true;
    return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) &&
           !npz_is_file(path);
}

static void note(const struct train_data_spec *spec, const char *text)
{
    if (spec->note)
        spec->note(spec->context, text);
}

// ---- one CSV, prepared here ----

// A side of the division becomes a dataset of the same values that its file would have.
static int take_matrix(struct dataset *d, const struct prep *p, struct prep_matrix *m,
                       struct error *e)
{
    *d = (struct dataset){
        .n = m->rows, .d = m->features, .targets = 1, .y_integer = p->target.classes > 0};
    d->y = mem_aligned(m->rows, sizeof *d->y);
    if (!d->y)
        return error_nomem(e, "labels");
    for (size_t i = 0; i < m->rows; i++)
        d->y[i] = (float)m->y[i];
    d->X = d->owned = m->X32;
    m->X32 = NULL;
    snprintf(d->x_name, sizeof d->x_name, "the table");
    snprintf(d->y_name, sizeof d->y_name, "%s", p->target.name);
    return 0;
}

static int prepare_rows(struct dataset *d, const struct train_data_spec *spec,
                        const struct prep_table *t, const struct prep_selection *rows,
                        struct error *e)
{
    struct prep_matrix m = {.single = true};
    struct prep_counts counts;
    int rc = prep_counts_init(&counts, rows->prep, e);
    if (rc)
        return rc;
    rc = prep_table_matrix(t, rows, &m, &counts, e);
    if (rc == 0)
        rc = take_matrix(d, rows->prep, &m, e);
    if (rc == 0)
        model_counts_remark(t->spec.path, rows->prep, &counts,
                            &(struct model_listener){spec->note, spec->context});
    prep_matrix_clear(&m);
    prep_counts_clear(&counts);
    return rc;
}

static void note_division(const struct train_data_spec *spec, const struct prep *p)
{
    const struct prep_split *s = &p->split;
    char text[512];
    snprintf(text, sizeof text,
             "%.200s: %zu column%s %zu feature%s; %zu rows to train on, %zu held back "
             "(--test_size %.9g, --random_state %lld), fitted on %s",
             spec->config->data, p->columns, p->columns == 1 ? " becomes" : "s become", p->features,
             p->features == 1 ? "" : "s", s->train_rows, s->test_rows, s->test_size,
             (long long)s->random_state,
             s->fit_on_all ? "all rows (--fit_on all), so that those held back flatter a little; "
                             "the default, train, keeps them out"
                           : "those to train on (--fit_on train)");
    note(spec, text);
}

static int take_division(struct train_data *d, const struct train_data_spec *spec,
                         const struct prep_table *t, struct error *e)
{
    const struct prep_listener listener = {spec->note, spec->context};
    const struct prep_fold whole = {0, 0};
    struct prep_division division;
    int rc = prep_table_divide(t, &whole, &listener, &division, e);
    if (rc)
        return rc;
    *d->prep = division.prep; // moved
    const struct split *s = &division.rows;
    const struct prep_selection train = {d->prep, s->train, s->train_rows};
    const struct prep_selection val = {d->prep, s->test, s->test_rows};
    rc = prepare_rows(&d->train, spec, t, &train, e);
    if (rc == 0 && s->test_rows)
        rc = prepare_rows(&d->val, spec, t, &val, e);
    if (rc == 0 && spec->config->data)
        note_division(spec, d->prep);
    split_clear(&division.rows);
    return rc;
}

// A file of another kind has no column to be named: that it is one is said first.
static int check_kind(const char *path, struct error *e)
{
    struct stat st;
    struct csv csv;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    const int rc = csv_open(&csv, path, &(struct csv_options){0}, e);
    if (rc == 0)
        csv_close(&csv);
    return rc;
}

// `path` is divided as the options say when it is --data, and taken as a whole when it is --train.
static int load_table(struct train_data *d, const struct train_data_spec *spec, const char *path,
                      struct error *e)
{
    const struct train_config *c = spec->config;
    struct prep_options options = c->csv;
    if (!c->data)
        options.test_size = 0;
    const struct prep_table_spec how = {path, &options, (enum prep_task_wish)c->task, spec->team,
                                        spec->threads};
    struct prep_table table;
    int rc = c->csv.target ? 0 : check_kind(path, e);
    if (rc)
        return rc;
    rc = error_prefix(e, prep_options_check(&c->csv, e), "%s", path);
    if (rc)
        return rc;
    d->prep = mem_zalloc(sizeof *d->prep);
    if (!d->prep)
        return error_nomem(e, "the preparation");
    rc = prep_table_read(&table, &how, e);
    if (rc)
        return rc;
    rc = take_division(d, spec, &table, e);
    prep_table_clear(&table);
    return rc;
}

// ---- files ----

static int load_prep(struct train_data *d, const char *path, struct error *e)
{
    d->prep = mem_zalloc(sizeof *d->prep);
    if (!d->prep)
        return error_nomem(e, "the preparation");
    const int rc = prep_read(d->prep, path, e);
    if (rc == 0 && !d->prep->target.name)
        return error_set(e, ERR_DATA,
                         "%s: names no target to train for; skiff prep --target NAME makes one "
                         "that does",
                         path);
    return rc;
}

// A CSV for which there is a preparation, or what is prepared already.
static int load_rows(const struct train_data *d, const struct train_data_spec *spec,
                     const struct dataset_keys *keys, const char *path, struct dataset *to,
                     struct error *e)
{
    struct model_rows m = {.spec = {.path = path,
                                    .keys = *keys,
                                    .prep = d->prep,
                                    .labels = true,
                                    .run = par_run,
                                    .team = spec->team,
                                    .workers = spec->threads}};
    m.rows = rows_open(&m.spec, e);
    int rc = m.rows ? 0 : error_code(e);
    if (rc == 0 && rows_prepared(m.rows))
        rc = dataset_load(to, path, keys, e);
    else if (rc == 0)
        rc = dataset_take(to, m.rows, &m.spec, e);
    if (rc == 0)
        model_rows_remark(&m, &(struct model_listener){spec->note, spec->context});
    model_rows_close(&m);
    return rc;
}

static bool shares(const struct train_data_spec *spec)
{
    return spec->config->sharded && dist_ranks(spec->ranks) > 1;
}

static bool has_file(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    const bool there = path && access(path, F_OK) == 0;
    mem_free(path);
    return there;
}

// What skiff prep has written is the rows of two parts, which are not to be joined.
static int check_folder(const char *path, struct error *e)
{
    if (!file_is_folder(path) || !has_file(path, "train_data.npz") ||
        !has_file(path, "val_data.npz"))
        return 0;
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    return error_set(e, ERR_USAGE,
                     "%s: holds train_data.npz and val_data.npz: give --train "
                     "%.200s%strain_data.npz --val %.200s%sval_data.npz%s",
                     path, path, slash, path, slash,
                     has_file(path, "prep.json") ? ", and its prep.json as --prep" : "");
}

static int load_part(const struct train_data *d, const struct train_data_spec *spec,
                     const char *part, const char *path, struct dataset *to, struct error *e)
{
    const struct dataset_keys keys = {part, spec->config->x_key, spec->config->y_key, shares(spec)};
    const int rc = path ? check_folder(path, e) : 0;
    if (!path || rc)
        return rc;
    if (d->prep)
        return load_rows(d, spec, &keys, path, to, e);
    if (is_csv(path))
        return error_set(e, ERR_USAGE,
                         "%s: is a CSV, but the training data are arrays: give --prep the "
                         "prep.json that they were made with, or arrays here too",
                         path);
    return dataset_load(to, path, &keys, e);
}

// ---- all of it ----

static int load_train(struct train_data *d, const struct train_data_spec *spec, struct error *e)
{
    const struct train_config *c = spec->config;
    const bool fitted = c->data || (!c->prep && is_csv(c->train));
    if (fitted)
        return load_table(d, spec, train_data_path(c), e);
    int rc = c->prep ? load_prep(d, c->prep, e) : 0;
    if (rc == 0)
        rc = load_part(d, spec, "train", c->train, &d->train, e);
    if (rc == 0 && c->csv.target)
        rc = error_set(e, ERR_USAGE,
                       "--target is for a CSV that is prepared here; %s is prepared %s", c->train,
                       c->prep ? "by --prep" : "already");
    return rc;
}

// A preparation knows what the target is, and classes of which no row is trained on.
static int choose_targets(struct train_data *d, const struct train_config *c, struct error *e)
{
    static const enum net_task task_of[] = {TASK_BINARY, TASK_MULTICLASS, TASK_REGRESSION};
    enum net_task asked = (enum net_task)c->task;
    if (asked == TASK_AUTO && d->prep)
        asked = task_of[d->prep->target.task];
    const int rc = targets_decide(&d->targets, asked, &d->train, train_data_path(c), e);
    if (rc == 0 && d->prep && d->targets.task == TASK_MULTICLASS &&
        d->targets.outputs < d->prep->target.classes)
        d->targets.outputs = d->prep->target.classes;
    return rc;
}

static int decide_targets(struct train_data *d, const struct train_config *c, struct error *e)
{
    int rc = choose_targets(d, c, e);
    if (rc == 0)
        rc = targets_check(&d->targets, &d->train, &d->train, train_data_path(c), e);
    if (rc == 0 && d->val.n)
        rc = targets_check(&d->targets, &d->train, &d->val, c->val ? c->val : c->data, e);
    if (rc == 0 && d->test.n)
        rc = targets_check(&d->targets, &d->train, &d->test, c->test, e);
    return rc;
}

// ---- parts of it, of several ranks ----

// A host that got none of the files.
static bool is_empty_folder(const char *path)
{
    char **paths;
    size_t count;
    bool text;
    struct error e = {0};
    if (!file_is_folder(path))
        return false;
    if (input_paths(path, &paths, &count, &text, &e) == 0)
        file_list_free(paths, count);
    return e.code == ERR_NOTFOUND;
}

static int load_shard(struct train_data *d, const struct train_data_spec *spec, const char *part,
                      const char *path, struct dataset *to, struct error *e)
{
    if (!d->prep && is_csv(path))
        return error_set(e, ERR_USAGE,
                         "%s: is a CSV, and no host has all rows to fit a preparation on: give "
                         "--prep the prep.json of skiff prep, or arrays",
                         path);
    return is_empty_folder(path) ? 0 : load_part(d, spec, part, path, to, e);
}

// Equal columns must become equal features.
static int same_prep(const struct train_data *d, struct dist *ranks, struct error *e)
{
    struct buf text;
    buf_init(&text, (size_t)1 << 30);
    int rc = d->prep ? prep_text(d->prep, &text, e) : 0;
    const uint32_t digest = rc == 0 && text.data ? crc_update(0, text.data, text.len) : 0;
    buf_clear(&text);
    rc = dist_agree(ranks, rc, e);
    if (rc == 0)
        rc = dist_same(ranks, digest, "--prep (CRC-32)", e);
    return dist_agree(ranks, rc, e);
}

static struct dataset *part_of(struct train_data *d, size_t part)
{
    struct dataset *const parts[] = {&d->train, &d->val, &d->test};
    return parts[part];
}

static int join(struct train_data *d, const struct shards *s, struct shard_join *j,
                const struct train_data_spec *spec, struct error *e)
{
    const int rc = shards_join(s, j, part_of(d, j->part), e);
    if (rc == 0 && j->once)
        note(spec, j->part == PART_VAL
                       ? "all ranks hold the same rows to validate on; they count once"
                       : "all ranks hold the same rows to test on; they count once");
    return rc;
}

// Labels of this rank's files, so that a message names one of them and the row in it.
static int check_own(const struct train_data *d, const struct shard_join *j, const char *path,
                     struct dataset whole, struct error *e)
{
    struct dataset own = whole;
    own.n = j->own;
    own.y = whole.y + j->own_first * whole.targets;
    return targets_check(&d->targets, &d->train, &own, path, e);
}

static int decide_shards(struct train_data *d, const struct shards *s, const struct shard_join *j,
                         const struct train_config *c, struct error *e)
{
    int rc = choose_targets(d, c, e);
    for (size_t i = 0; rc == 0 && i < PARTS; i++)
        if (s->path[i])
            rc = check_own(d, &j[i], s->path[i], *part_of(d, i), e);
    return dist_agree(s->ranks, rc, e);
}

static int load_shards(struct train_data *d, const struct train_data_spec *spec, struct error *e)
{
    const struct train_config *c = spec->config;
    struct shards s = {spec->ranks, c->host, {c->train, c->val, c->test}};
    struct shard_join j[PARTS];
    bool mine[PARTS], there[PARTS];
    int rc = shards_meet(&s, mine, there, e);
    if (rc)
        return rc;
    for (size_t i = PART_VAL; i < PARTS; i++)
        s.path[i] = there[i] ? s.path[i] : NULL;
    rc = c->prep ? load_prep(d, c->prep, e) : 0;
    for (size_t i = 0; rc == 0 && i < PARTS; i++)
        if (mine[i])
            rc = load_shard(d, spec, part_names[i], s.path[i], part_of(d, i), e);
    rc = dist_agree(s.ranks, rc, e);
    if (rc == 0)
        rc = same_prep(d, s.ranks, e);
    for (size_t i = 0; rc == 0 && i < PARTS; i++) {
        j[i] = (struct shard_join){.part = i, .read = mine[i]};
        rc = s.path[i] ? join(d, &s, &j[i], spec, e) : 0;
    }
    d->sharded = true;
    return rc ? rc : decide_shards(d, &s, j, c, e);
}

int train_data_deal(struct train_data *d, struct dist *ranks, size_t gradient_floats,
                    struct error *e)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && d->sharded && i < PARTS; i++)
        if (part_of(d, i)->n)
            rc = shards_deal(ranks, part_of(d, i), gradient_floats, e);
    return rc;
}

// ---- all of it, of each rank alone ----

static int load_whole(struct train_data *d, const struct train_data_spec *spec, struct error *e)
{
    const struct train_config *c = spec->config;
    int rc = load_train(d, spec, e);
    if (rc == 0)
        rc = load_part(d, spec, "val", c->val, &d->val, e);
    if (rc == 0)
        rc = load_part(d, spec, "test", c->test, &d->test, e);
    return rc ? rc : decide_targets(d, c, e);
}

int train_data_load(struct train_data *d, const struct train_data_spec *spec, struct error *e)
{
    *d = (struct train_data){0};
    const int rc = shares(spec) ? load_shards(d, spec, e) : load_whole(d, spec, e);
    if (rc)
        train_data_clear(d);
    return rc;
}

void train_data_clear(struct train_data *d)
{
    dataset_clear(&d->train);
    dataset_clear(&d->val);
    dataset_clear(&d->test);
    if (d->prep)
        prep_clear(d->prep);
    mem_free(d->prep);
    *d = (struct train_data){0};
}
