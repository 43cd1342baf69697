// SPDX-License-Identifier: MIT
// What a checkpoint holds, as arrays:
//   params, best        float32[size]         best only when it is kept
//   optimizer           float32[states, size]
//   rng                 uint32[625]           mt19937 words and position
//   counters            int64[6]              see COUNTER_*
//   reals               float64[4]            see REAL_*
//   history             float64[epochs, HISTORY_COLUMNS]
//   run.json            the options that shape the result, and digests of the data
// params and optimizer are in the memory layout of net.h, which depends on the shape alone.
#include "train/checkpoint.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "io/npz.h"
#include "train/checkpoint_match.h"
#include "train/checkpoint_slices.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUN_JSON_MAX 65536
#define PREFIX       "checkpoint-"
#define STEP_DIGITS  12

enum {
    COUNTER_EPOCH,
    COUNTER_ROW,
    COUNTER_LOADER_SEED,
    COUNTER_STEP,
    COUNTER_BEST_EPOCH,
    COUNTER_WAITED,
    COUNTERS
};
enum { REAL_EPOCH_LOSS, REAL_EPOCH_LR, REAL_BEST_VALUE, REAL_SECONDS, REALS };

bool checkpoint_is_due_midway(const struct fit *f)
{
    const double seconds = f->config->checkpoint_every.seconds;
    return f->config->checkpoint_dir && seconds > 0 && clock_seconds() - f->checkpointed >= seconds;
}

bool checkpoint_is_due(const struct fit *f, uint64_t epoch)
{
    const uint64_t every = (uint64_t)f->config->checkpoint_every.count;
    if (f->config->checkpoint_dir && every > 0 && epoch % every == 0)
        return true;
    return checkpoint_is_due_midway(f);
}

// ---- writing

static int add(struct npz_writer *w, const char *name, const char *dtype, const uint64_t shape[2],
               const void *data, struct error *e)
{
    return npz_writer_add(w, &(struct npz_values){name, dtype, shape[1] ? 2 : 1, shape, data}, e);
}

static int add_numbers(const struct fit *f, double seconds, struct npz_writer *w, struct error *e)
{
    const struct fit_state *s = &f->state;
    const int64_t counters[COUNTERS] = {
        [COUNTER_EPOCH] = (int64_t)s->epoch,
        [COUNTER_ROW] = (int64_t)s->row,
        [COUNTER_LOADER_SEED] = (int64_t)s->loader_seed,
        [COUNTER_STEP] = (int64_t)f->optim.step,
        [COUNTER_BEST_EPOCH] = (int64_t)s->best_epoch,
        [COUNTER_WAITED] = (int64_t)s->waited,
    };
    const double reals[REALS] = {
        [REAL_EPOCH_LOSS] = s->epoch_loss,
        [REAL_EPOCH_LR] = s->epoch_lr,
        [REAL_BEST_VALUE] = s->best_value,
        [REAL_SECONDS] = seconds,
    };
    uint32_t rng[RNG_WORDS + 1];
    memcpy(rng, s->rng.state, sizeof s->rng.state);
    rng[RNG_WORDS] = s->rng.next;
    int rc = add(w, "counters", "<i8", (uint64_t[]){COUNTERS, 0}, counters, e);
    if (rc == 0)
        rc = add(w, "reals", "<f8", (uint64_t[]){REALS, 0}, reals, e);
    if (rc == 0)
        rc = add(w, "rng", "<u4", (uint64_t[]){RNG_WORDS + 1, 0}, rng, e);
    return rc;
}

static int add_arrays(const struct fit *f, struct npz_writer *w, struct error *e)
{
    const uint64_t size = f->part->size;
    int rc = add(w, "params", "<f4", (uint64_t[]){size, 0}, f->params, e);
    if (rc == 0 && f->keep_best && f->state.best_epoch)
        rc = add(w, "best", "<f4", (uint64_t[]){size, 0}, f->best, e);
    if (rc == 0 && f->optim.states)
        rc = add(w, "optimizer", "<f4", (uint64_t[]){f->optim.states, size}, f->optim.state, e);
    return rc;
}

static int add_history(const struct fit *f, struct npz_writer *w, struct error *e)
{
    if (f->history.count == 0)
        return 0;
    return add(w, "history", "<f8", (uint64_t[]){f->history.count, HISTORY_COLUMNS}, f->history.row,
               e);
}

static int write_file(const struct fit *f, double seconds, const char *path, struct error *e)
{
    struct buf run;
    buf_init(&run, RUN_JSON_MAX);
    struct npz_writer *w = NULL;
    int rc = checkpoint_describe(f, &run, e);
    if (rc == 0) {
        w = npz_writer_begin(path, e);
        rc = w ? npz_writer_bytes(w, "run.json", run.data, run.len, e) : error_code(e);
    }
    if (rc == 0)
        rc = add_numbers(f, seconds, w, e);
    if (f->slice)
        rc = checkpoint_slices_write(f, w, rc, e);
    else if (rc == 0)
        rc = add_arrays(f, w, e);
    if (rc == 0)
        rc = add_history(f, w, e);
    if (rc == 0)
        rc = npz_writer_commit(w, e);
    if (rc)
        npz_writer_abort(w);
    buf_clear(&run);
    return rc;
}

// Exactly what checkpoint_write calls them: nobody else's files are read or removed.
static bool is_checkpoint(const char *name)
{
    const size_t prefix = strlen(PREFIX);
    if (strncmp(name, PREFIX, prefix) != 0)
        return false;
    const size_t digits = strspn(name + prefix, "0123456789");
    return digits == STEP_DIGITS && strcmp(name + prefix + digits, ".npz") == 0;
}

// Names of the checkpoints in the folder, oldest first: their numbers have a fixed width.
static int list(const char *folder, char ***names, size_t *count, struct error *e)
{
    size_t all;
    const int rc = file_list(folder, names, &all, e);
    *count = 0;
    for (size_t i = 0; rc == 0 && i < all; i++) {
        if (is_checkpoint((*names)[i]))
            (*names)[(*count)++] = (*names)[i];
        else
            mem_free((*names)[i]);
    }
    return rc;
}

// Best effort: an old file that stays does no harm. What is newer than the one just written is a
// broken one that was passed over, and does not count.
static void remove_old(const char *folder, const char *newest)
{
    char **names;
    size_t count, older = 0;
    if (list(folder, &names, &count, NULL))
        return;
    while (older < count && strcmp(names[older], newest) < 0)
        older++;
    for (size_t i = 0; i + CHECKPOINTS_KEPT <= older; i++) {
        char *path = file_join(folder, names[i]);
        if (path)
            unlink(path);
        mem_free(path);
    }
    file_list_free(names, count);
}

int checkpoint_write(struct fit *f, double seconds, struct error *e)
{
    const char *folder = f->config->checkpoint_dir;
    bool writes = folder != NULL;
    int rc = f->slice ? checkpoint_slices_begin(f, &writes, e) : 0;
    if (rc || !writes)
        return rc;
    if (!dist_is_root(f->dist))
        return checkpoint_slices_write(f, NULL, 0, e);
    char name[64];
    snprintf(name, sizeof name, PREFIX "%0*" PRIu64 ".npz", STEP_DIGITS, f->optim.step);
    char *path = file_join(folder, name);
    rc = path ? file_make_folders(folder, e) : error_nomem(e, "checkpoint");
    if (rc == 0)
        rc = write_file(f, seconds, path, e);
    else if (f->slice)
        rc = checkpoint_slices_write(f, NULL, rc, e);
    if (rc == 0)
        remove_old(folder, name);
    f->checkpointed = clock_seconds();
    mem_free(path);
    return rc;
}

// ---- reading

static int read_exact(const struct npz *z, const char *name, const char *dtype, uint64_t count,
                      void *to, struct error *e)
{
    struct npz_array a;
    const int rc = npz_array(z, name, &a, e);
    if (rc)
        return rc;
    if (a.info.count != count)
        return error_set(e, ERR_FORMAT, "%s: %s has %llu values instead of %llu", z->path, name,
                         (unsigned long long)a.info.count, (unsigned long long)count);
    return npz_read_exact(z, &a, dtype, to, e);
}

static int read_numbers(struct fit *f, const struct npz *z, struct error *e)
{
    int64_t counters[COUNTERS];
    double reals[REALS];
    uint32_t rng[RNG_WORDS + 1];
    int rc = read_exact(z, "counters", "<i8", COUNTERS, counters, e);
    if (rc == 0)
        rc = read_exact(z, "reals", "<f8", REALS, reals, e);
    if (rc == 0)
        rc = read_exact(z, "rng", "<u4", RNG_WORDS + 1, rng, e);
    if (rc)
        return rc;
    if (counters[COUNTER_EPOCH] < 0 || counters[COUNTER_ROW] < 0 || counters[COUNTER_STEP] < 0 ||
        (uint64_t)counters[COUNTER_ROW] >= f->train->n || rng[RNG_WORDS] > RNG_WORDS)
        return error_set(e, ERR_FORMAT, "%s: counters out of range", z->path);
    f->state = (struct fit_state){
        .epoch = (uint64_t)counters[COUNTER_EPOCH],
        .row = (uint64_t)counters[COUNTER_ROW],
        .loader_seed = (uint64_t)counters[COUNTER_LOADER_SEED],
        .epoch_loss = reals[REAL_EPOCH_LOSS],
        .epoch_lr = reals[REAL_EPOCH_LR],
        .best_epoch = (uint64_t)counters[COUNTER_BEST_EPOCH],
        .best_value = reals[REAL_BEST_VALUE],
        .waited = (uint64_t)counters[COUNTER_WAITED],
        .seconds = reals[REAL_SECONDS],
    };
    f->optim.step = (uint64_t)counters[COUNTER_STEP];
    memcpy(f->state.rng.state, rng, sizeof f->state.rng.state);
    f->state.rng.next = rng[RNG_WORDS];
    return 0;
}

static int read_history(struct fit *f, const struct npz *z, struct error *e)
{
    f->history.count = 0;
    if (f->state.epoch == 0)
        return 0;
    // Read the header first: the number of epochs must be backed by the file before memory is
    // taken.
    struct npz_array a;
    int rc = npz_array(z, "history", &a, e);
    if (rc == 0 && (a.info.ndim != 2 || a.info.shape[0] != f->state.epoch ||
                    a.info.shape[1] != HISTORY_COLUMNS))
        rc = error_set(e, ERR_FORMAT, "%s: history does not have one row an epoch", z->path);
    if (rc == 0)
        rc = history_reserve(&f->history, (size_t)f->state.epoch, e);
    if (rc == 0)
        rc = npz_read_exact(z, &a, "<f8", f->history.row, e);
    if (rc == 0)
        f->history.count = (size_t)f->state.epoch;
    return rc;
}

static int read_arrays(struct fit *f, const struct npz *z, struct error *e)
{
    const uint64_t size = f->part->size;
    int rc = read_exact(z, "params", "<f4", size, f->params, e);
    if (rc == 0 && f->keep_best && f->state.best_epoch)
        rc = read_exact(z, "best", "<f4", size, f->best, e);
    if (rc == 0 && f->optim.states)
        rc = read_exact(z, "optimizer", "<f4", f->optim.states * size, f->optim.state, e);
    return rc;
}

static int read_all(struct fit *f, const struct npz *z, struct error *e)
{
    int rc = read_numbers(f, z, e);
    if (rc == 0)
        rc = f->slice ? checkpoint_slices_check(f, z, e) : read_arrays(f, z, e);
    if (rc == 0)
        rc = read_history(f, z, e);
    return rc;
}

static int read_file(struct fit *f, const char *path, struct error *e)
{
    struct npz z;
    struct buf run;
    buf_init(&run, RUN_JSON_MAX);
    int rc = npz_open(&z, path, e);
    if (rc)
        return rc;
    rc = npz_read_bytes(&z, "run.json", &run, e);
    if (rc == 0)
        rc = checkpoint_match(f, path, run.data ? run.data : "", e);
    if (rc == 0)
        rc = read_all(f, &z, e);
    if (rc == 0 && f->state.epoch > (uint64_t)f->config->epochs)
        rc = error_set(e, ERR_MISMATCH,
                       "%s: %" PRIu64 " epochs are done there, more than --epochs %" PRId64
                       "; give another --checkpoint_dir or remove it",
                       path, f->state.epoch, f->config->epochs);
    buf_clear(&run);
    npz_close(&z);
    return rc;
}

static void note(const struct fit *f, const char *text)
{
    if (f->hooks.note)
        f->hooks.note(f->hooks.context, text);
}

// A file that is whole but of another run, or that cannot be read today, is not to be passed over:
// the run would begin anew and in time replace it.
static bool is_broken(int rc)
{
    return rc && rc != ERR_MISMATCH && rc != ERR_NOMEM && rc != ERR_IO;
}

// 0 when resumed, ERR_FORMAT and the like when the file is broken, ERR_MISMATCH when it is whole
// but belongs to another run.
static int try_file(struct fit *f, const char *folder, const char *name, struct error *e)
{
    char *path = file_join(folder, name);
    if (!path)
        return error_nomem(e, "checkpoint");
    const int rc = read_file(f, path, e);
    char text[ERROR_TEXT_MAX + 64];
    if (rc == 0) {
        snprintf(text, sizeof text, "resuming after epoch %" PRIu64 " from %s", f->state.epoch,
                 path);
        note(f, text);
    } else if (is_broken(rc) && e) {
        snprintf(text, sizeof text, "skipping a broken checkpoint: %s", e->text);
        note(f, text);
    }
    if (rc == 0 && f->slice)
        f->resumed = path;
    else
        mem_free(path);
    return rc;
}

int checkpoint_resume(struct fit *f, struct error *e)
{
    const char *folder = f->config->checkpoint_dir;
    if (!folder || !file_is_folder(folder))
        return 0;
    file_remove_temporaries(folder, PREFIX);
    char **names;
    size_t count;
    int rc = list(folder, &names, &count, e);
    if (rc)
        return rc;
    bool resumed = false;
    for (size_t i = count; rc == 0 && i-- > 0 && !resumed;) {
        struct error bad = {0};
        const int tried = try_file(f, folder, names[i], &bad);
        resumed = tried == 0;
        if (tried && !is_broken(tried))
            rc = error_set(e, tried, "%s", bad.text);
    }
    file_list_free(names, count);
    if (rc == 0 && !resumed && count)
        return fit_restart(f, e); // a broken file may have been read half
    return rc;
}
