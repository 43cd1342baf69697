// SPDX-License-Identifier: MIT
// Stopped at any step, killed at any step, resumed with other threads, from broken checkpoints and
// on full disks: the same parameters and the same history as a run that nothing disturbed.
#include "fit_testing.h"
#include "history_testing.h"

#include "base/file.h"
#include "io/npz.h"
#include "train/checkpoint_match.h"

#include <jansson.h>

#include <sys/stat.h>
#include <sys/wait.h>

// The ways to train that keep different things in a checkpoint.
static const struct kind {
    enum net_task task;
    const char *options;
    size_t steps;
} kinds[] = {
    {TASK_BINARY, "{\"epochs\": 5, \"lr\": 0.01, \"hidden\": [9, 5], \"batch_size\": 0}", 5},
    {TASK_BINARY,
     "{\"epochs\": 4, \"lr\": 0.01, \"hidden\": [9, 5], \"batch_size\": 48, \"dropout\": 0.3,"
     "\"restore_best\": true}",
     20},
    {TASK_REGRESSION,
     "{\"epochs\": 3, \"lr\": 0.05, \"hidden\": [], \"batch_size\": 80, \"optimizer\": \"sgd\","
     "\"momentum\": 0.8, \"schedule\": \"onecycle\", \"clip_norm\": 0.1}",
     9},
    {TASK_MULTICLASS,
     "{\"epochs\": 30, \"lr\": 0.2, \"hidden\": [4], \"batch_size\": 200, \"dropout\": 0.5,"
     "\"optimizer\": \"sgd\", \"patience\": 2, \"restore_best\": true, \"monitor\": \"val_f1\","
     "\"class_weight\": \"balanced\", \"warmup\": 2}",
     0},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void uninterrupted(struct run *r, const struct kind *k)
{
    struct error e = {0};
    run_begin(r, k->task, k->options, NULL);
    CHECK_OK(run_all(r, &e), e);
    if (k->steps)
        assert_int_equal(r->steps, k->steps);
}

// Everything but the seconds.
static void check_same_run(const struct run *got, const struct run *want, const char *what)
{
    if (!fit_finished(&got->fit))
        fail_msg("%s: has not finished", what);
    check_same_history(&got->fit.history, &want->fit.history, what);
    check_bits(got->fit.params, want->fit.params, want->net.size, what);
    assert_memory_equal(&got->fit.state.rng, &want->fit.state.rng, sizeof got->fit.state.rng);
    assert_int_equal(got->fit.state.best_epoch, want->fit.state.best_epoch);
}

static const char *fresh(const char *name)
{
    const char *folder = test_path(name);
    test_remove(folder);
    return folder;
}

// One more process of the run: it makes `steps` steps at most (0: all), on `threads` threads.
static void go_on(struct run *r, const struct kind *k, const char *folder, size_t steps,
                  int64_t threads)
{
    struct error e = {0};
    run_begin(r, k->task, k->options, folder);
    r->stop_after = steps;
    r->config.threads = threads;
    CHECK_OK(run_all(r, &e), e);
}

static void stopped_at_any_step_it_goes_on(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct run want, r;
        uninterrupted(&want, &kinds[k]);
        for (size_t stop = 1; stop <= want.steps; stop++) {
            char folder[256], what[64];
            snprintf(folder, sizeof folder, "%s", fresh("stop"));
            snprintf(what, sizeof what, "kind %zu, stopped after step %zu", k, stop);
            go_on(&r, &kinds[k], folder, stop, 1);
            assert_int_equal(r.steps, stop);
            run_end(&r);
            go_on(&r, &kinds[k], folder, 0, 3);
            assert_int_equal(r.steps, want.steps - stop);
            check_same_run(&r, &want, what);
            assert_non_null(strstr(r.notes.data, "resuming after epoch"));
            run_end(&r);
        }
        run_end(&want);
    }
}

// A process for every step.
static void stopped_after_every_step_it_arrives(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct run want, r;
        char folder[256];
        uninterrupted(&want, &kinds[k]);
        snprintf(folder, sizeof folder, "%s", fresh("every"));
        for (size_t step = 1; step < want.steps; step++) {
            go_on(&r, &kinds[k], folder, 1, 1);
            run_end(&r);
        }
        go_on(&r, &kinds[k], folder, 0, 1);
        check_same_run(&r, &want, "a process for every step");
        assert_int_equal(r.steps, 1);
        run_end(&r);
        // Once more: there is nothing left to do, and the model is the same.
        go_on(&r, &kinds[k], folder, 0, 1);
        assert_int_equal(r.steps, 0);
        check_same_run(&r, &want, "a finished run");
        run_end(&r);
        run_end(&want);
    }
}

// The process ends in the middle of a step, without a word; checkpoints by epoch and by time.
static void killed_at_any_step_it_goes_on(void **state)
{
    (void)state;
    static const char *const every[] = {"1", "0.000001s", "2"};
    struct run want, r;
    struct error e = {0};
    uninterrupted(&want, &kinds[1]);
    for (size_t stop = 1; stop <= want.steps; stop += 3)
        for (size_t i = 0; i < 3; i++) {
            char folder[256];
            snprintf(folder, sizeof folder, "%s", fresh("kill"));
            const pid_t child = fork();
            run_begin(&r, kinds[1].task, kinds[1].options, folder);
            CHECK_OK(opt_assign(&r.options, opt_find(&r.options, "checkpoint_every"), every[i],
                                OPT_ARGV, "test", &e),
                     e);
            if (child == 0) {
                r.kill_after = stop;
                _exit(run_all(&r, &e) ? 1 : 2);
            }
            int status = -1;
            assert_int_equal(waitpid(child, &status, 0), child);
            if (status != 0)
                fail_msg("child stopping after step %zu: status %d", stop, status);
            CHECK_OK(run_all(&r, &e), e);
            check_same_run(&r, &want, "killed");
            // by time there is one for every step but the last, by epoch every five steps
            const size_t saved =
                i == 1 ? stop - 1 : (stop - 1) / (i == 2 ? 10 : 5) * (i == 2 ? 10 : 5);
            if (r.steps != want.steps - saved)
                fail_msg("killed in step %zu, checkpoints every %s: %zu steps again", stop,
                         every[i], r.steps);
            run_end(&r);
        }
    run_end(&want);
}

static size_t checkpoints(const char *folder, char newest[300])
{
    char **names;
    size_t count;
    struct error e = {0};
    CHECK_OK(file_list(folder, &names, &count, &e), e);
    if (count)
        snprintf(newest, 300, "%s/%s", folder, names[count - 1]);
    file_list_free(names, count);
    return count;
}

static void keeps_the_newest_two(void **state)
{
    (void)state;
    char folder[256], newest[300];
    struct run r;
    struct error e = {0};
    snprintf(folder, sizeof folder, "%s", fresh("kept"));
    run_begin(&r, kinds[1].task, kinds[1].options, folder);
    r.config.checkpoint_every = (struct opt_every){.count = 1};
    CHECK_OK(run_all(&r, &e), e);
    assert_int_equal(checkpoints(folder, newest), CHECKPOINTS_KEPT);
    assert_non_null(strstr(newest, "/checkpoint-000000000020.npz"));
    run_end(&r);
}

static size_t file_size(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (size_t)st.st_size;
}

static void flip(const char *path, size_t at)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, (long)at, SEEK_SET);
    const int c = fgetc(f);
    fseek(f, (long)at, SEEK_SET);
    fputc(c ^ 0x41, f);
    fclose(f);
}

// Two checkpoints, of epochs 2 and 3, then damage to the newer: the older one serves, by name.
// `how`: a byte to flip or, with `cut`, the length that is left.
static void check_damage(const struct run *want, size_t how, bool cut)
{
    char folder[256], newest[300], what[64];
    struct run r;
    struct error e = {0};
    snprintf(folder, sizeof folder, "%s", test_path("damage"));
    snprintf(what, sizeof what, "%s %zu", cut ? "cut to" : "flipped byte", how);
    run_begin(&r, kinds[1].task, kinds[1].options, folder);
    checkpoints(folder, newest);
    if (cut)
        assert_int_equal(truncate(newest, (off_t)how), 0);
    else
        flip(newest, how);
    CHECK_OK(run_all(&r, &e), e);
    check_same_run(&r, want, what);
    const bool skipped = strstr(r.notes.data, "skipping a broken checkpoint: ") &&
                         strstr(r.notes.data, "checkpoint-000000000015.npz");
    if (!strstr(r.notes.data, "resuming after epoch") || (cut && !skipped))
        fail_msg("%s: notes '%s'", what, r.notes.data);
    // A flipped byte may have been a date or padding, then nothing was lost.
    if (skipped != (r.steps == 10))
        fail_msg("%s: %zu steps, notes '%s'", what, r.steps, r.notes.data);
    run_end(&r);
}

static void make_two_checkpoints(const char *folder)
{
    struct run r;
    struct error e = {0};
    run_begin(&r, kinds[1].task, kinds[1].options, folder);
    r.config.checkpoint_every = (struct opt_every){.count = 1};
    r.stop_after = 15;
    CHECK_OK(run_all(&r, &e), e);
    run_end(&r);
}

static void a_broken_checkpoint_is_passed_over(void **state)
{
    (void)state;
    char folder[256], newest[300], command[600];
    struct run want;
    uninterrupted(&want, &kinds[1]);
    snprintf(folder, sizeof folder, "%s", fresh("made"));
    make_two_checkpoints(folder);
    assert_int_equal(checkpoints(folder, newest), 2);
    const size_t size = file_size(newest);
    for (size_t i = 0; i < 60; i++) {
        snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s' '%s'", test_path("damage"),
                 folder, test_path("damage"));
        assert_int_equal(system(command), 0);
        check_damage(&want, size * i / 60, i % 4 == 0);
    }
    run_end(&want);
}

// The arrays of a checkpoint, in memory.
struct contents {
    struct buf run;
    int64_t counters[6];
    double reals[4], history[40];
    uint32_t rng[RNG_WORDS + 1];
    float params[4096], best[4096], optimizer[8192];
};

static uint64_t take(const struct npz *z, const char *name, const char *dtype, void *to)
{
    struct npz_array a;
    struct error e = {0};
    CHECK_OK(npz_array(z, name, &a, &e), e);
    CHECK_OK(npz_read_exact(z, &a, dtype, to, &e), e);
    return a.info.count;
}

static void put(struct npz_writer *w, const char *name, const char *dtype, uint64_t count,
                const void *values)
{
    struct error e = {0};
    CHECK_OK(npz_writer_add(w, &(struct npz_values){name, dtype, 1, &count, values}, &e), e);
}

// Write a checkpoint again with correct CRCs and something wrong in it: 0 nothing, 1 .. LIES a lie.
#define LIES 8
static void lie(const char *path, int which)
{
    static struct contents c;
    struct npz z;
    struct error e = {0};
    CHECK_OK(npz_open(&z, path, &e), e);
    buf_init(&c.run, 65536);
    CHECK_OK(npz_read_bytes(&z, "run.json", &c.run, &e), e);
    uint64_t counters = take(&z, "counters", "<i8", c.counters);
    const uint64_t reals = take(&z, "reals", "<f8", c.reals), rng = take(&z, "rng", "<u4", c.rng);
    uint64_t params = take(&z, "params", "<f4", c.params), best = take(&z, "best", "<f4", c.best);
    const uint64_t optimizer = take(&z, "optimizer", "<f4", c.optimizer);
    uint64_t shape[2] = {take(&z, "history", "<f8", c.history) / HISTORY_COLUMNS, HISTORY_COLUMNS};
    npz_close(&z);
    c.counters[0] += which == 1; // an epoch more than the history has
    c.counters[1] = which == 2 ? 200 : which == 3 ? -1 : c.counters[1]; // row
    c.rng[RNG_WORDS] = which == 4 ? RNG_WORDS + 1 : c.rng[RNG_WORDS];
    counters -= which == 5;
    params -= which == 6;
    best += which == 7;
    shape[0] -= which == 8;
    struct npz_writer *w = npz_writer_begin(path, &e);
    CHECK_OK(npz_writer_bytes(w, "run.json", c.run.data, c.run.len, &e), e);
    put(w, "counters", "<i8", counters, c.counters);
    put(w, "reals", "<f8", reals, c.reals);
    put(w, "rng", "<u4", rng, c.rng);
    put(w, "params", "<f4", params, c.params);
    put(w, "best", "<f4", best, c.best);
    put(w, "optimizer", "<f4", optimizer, c.optimizer);
    CHECK_OK(npz_writer_add(w, &(struct npz_values){"history", "<f8", 2, shape, c.history}, &e), e);
    CHECK_OK(npz_writer_commit(w, &e), e);
    buf_clear(&c.run);
}

// A file whose checksums are right and whose numbers are not is passed over like a broken one.
static void a_checkpoint_that_lies_is_passed_over(void **state)
{
    (void)state;
    struct run want, r;
    uninterrupted(&want, &kinds[1]);
    for (int which = 0; which <= LIES; which++) {
        char folder[256], newest[300], what[32];
        snprintf(folder, sizeof folder, "%s", fresh("lies"));
        snprintf(what, sizeof what, "lie %d", which);
        make_two_checkpoints(folder);
        checkpoints(folder, newest);
        lie(newest, which);
        go_on(&r, &kinds[1], folder, 0, 1);
        check_same_run(&r, &want, what);
        if (r.steps != (which ? 10 : 5) || !strstr(r.notes.data, "skipping") != !which)
            fail_msg("%s: %zu steps, notes '%s'", what, r.steps, r.notes.data);
        run_end(&r);
    }
    run_end(&want);
}

// Turn the floats at the start of the member `params` into others of about 10, padding included.
static void spoil_params(const char *path)
{
    struct buf b;
    struct error e = {0};
    buf_init(&b, 1 << 20);
    CHECK_OK(file_read_all(path, 1 << 20, &b, &e), e);
    const char *name = memmem(b.data, b.len, "params.npy", 10);
    assert_non_null(name);
    const size_t from = size_round_up((size_t)(name - b.data), 64) + 256 + 3; // of aligned floats
    buf_clear(&b);
    for (size_t at = from; at < from + 400; at += 4)
        flip(path, at);
}

// Nothing whole is left: the run begins again, from clean buffers, and arrives at the same model.
static void without_a_whole_checkpoint_it_begins_again(void **state)
{
    (void)state;
    char folder[256], path[300];
    struct run want, r;
    uninterrupted(&want, &kinds[1]);
    snprintf(folder, sizeof folder, "%s", fresh("broken"));
    make_two_checkpoints(folder);
    for (int i = 10; i <= 15; i += 5) {
        snprintf(path, sizeof path, "%s/checkpoint-0000000000%d.npz", folder, i);
        spoil_params(path);
    }
    go_on(&r, &kinds[1], folder, 0, 1);
    assert_int_equal(r.steps, want.steps);
    check_same_run(&r, &want, "begun again");
    run_end(&r);
    run_end(&want);
}

// Broken files with high numbers must not push the good ones out of the folder.
static void broken_ones_do_not_push_good_ones_out(void **state)
{
    (void)state;
    char folder[256];
    struct run want, r;
    struct error e = {0};
    uninterrupted(&want, &kinds[1]);
    snprintf(folder, sizeof folder, "%s", fresh("pushed"));
    CHECK_OK(file_make_folders(folder, &e), e);
    for (int i = 0; i < 3; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/checkpoint-00000000999%d.npz", folder, i);
        CHECK_OK(file_write_all(path, "broken", 6, &e), e);
    }
    go_on(&r, &kinds[1], folder, 7, 1);
    run_end(&r);
    go_on(&r, &kinds[1], folder, 0, 1);
    assert_int_equal(r.steps, want.steps - 7);
    check_same_run(&r, &want, "beside broken files");
    run_end(&r);
    run_end(&want);
}

static void another_run_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *more, *message; // NULL: not another run
    } changes[] = {
        {"\"lr\": 0.02", "learning_rate was 0.01 there and is 0.02 here"},
        {"\"seed\": 1", "seed was 0 there and is 1 here"},
        {"\"hidden\": [9, 6]", "hidden was 9,5 there and is 9,6 here"},
        {"\"activation\": \"tanh\"", "activation was relu there and is tanh here"},
        {"\"dropout\": 0.2", "dropout was 0.3 there and is 0.2 here"},
        {"\"optimizer\": \"adamw\"", "optimizer was adam there and is adamw"},
        {"\"batch_size\": 49", "rows a step was 48 there and is 49 here"},
        {"\"schedule\": \"cosine\"", "schedule was constant there"},
        {"\"schedule\": \"onecycle\", \"epochs\": 9", "epochs was 4 there and is 9 here"},
        {"\"patience\": 7", "patience was 0 there and is 7 here"},
        {"\"weight_decay\": 0.5", "weight_decay was 0 there"},
        {"\"restore_best\": false", "restore_best was true there and is false here"},
        {"\"class_weight\": \"balanced\"", "class_weight was none there"},
        {"\"threads\": 4, \"log_every\": 3, \"quiet\": true, \"checkpoint_every\": 7", NULL},
        {"\"epochs\": 6", NULL},
    };
    char folder[256];
    struct run r;
    struct error e = {0};
    snprintf(folder, sizeof folder, "%s", fresh("other"));
    go_on(&r, &kinds[1], folder, 7, 1);
    run_end(&r);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char options[300];
        run_begin(&r, kinds[1].task, kinds[1].options, folder);
        snprintf(options, sizeof options, "{%s}", changes[i].more);
        error_clear(&e);
        CHECK_OK(train_config_text(&r.options, "more", options, strlen(options), &e), e);
        const struct net_spec spec = {RUN_FEATURES,     1,
                                      &r.config.hidden, train_config_activation(&r.config),
                                      r.config.dropout, TASK_BINARY};
        CHECK_OK(net_init(&r.net, &spec, &e), e);
        r.stop_after = 1;
        const int rc = run_all(&r, &e);
        if (changes[i].message)
            check_refused(rc, ERR_MISMATCH, &e, changes[i].message);
        else
            CHECK_OK(rc, e);
        run_end(&r);
    }
}

// What checkpoint_match says of the description of `r` without one of its members.
static int match_without(const struct run *r, const char *key, struct error *e)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    struct error ignored = {0};
    CHECK_OK(checkpoint_describe(&r->fit, &text, &ignored), ignored);
    json_t *object = json_loadb(text.data, text.len, 0, NULL);
    assert_int_equal(json_object_del(object, key), 0);
    char *less = json_dumps(object, 0);
    assert_non_null(less);
    error_clear(e);
    const int rc = checkpoint_match(&r->fit, "old", less, e);
    free(less);
    json_decref(object);
    buf_clear(&text);
    return rc;
}

// Of a checkpoint that is older than an option.
static void what_is_absent_has_its_default(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    char folder[256];
    snprintf(folder, sizeof folder, "%s", fresh("older"));
    go_on(&r, &kinds[1], folder, 3, 1);
    CHECK_OK(match_without(&r, "accumulate", &e), e);
    CHECK_OK(match_without(&r, "matrix products (see --gemm)", &e), e);
    check_refused(match_without(&r, "learning_rate", &e), ERR_MISMATCH, &e,
                  "learning_rate was 0.001 there and is 0.01 here");
    check_refused(match_without(&r, "training rows", &e), ERR_MISMATCH, &e, "was absent there");
    r.config.accumulate = 4;
    check_refused(match_without(&r, "accumulate", &e), ERR_MISMATCH, &e,
                  "accumulate was 1 there and is 4 here");
    r.config.accumulate = 1;
    const size_t batch = r.fit.batch_size;
    r.fit.batch_size = 40000; // earlier programs had 32 leaves of that
    check_refused(match_without(&r, "leaves of a step", &e), ERR_MISMATCH, &e,
                  "leaves of a step was absent there and is 64 here");
    r.fit.batch_size = batch;
    run_end(&r);
}

static void other_data_are_refused(void **state)
{
    (void)state;
    static const char *const message[] = {"training data (CRC-32) was", "validation data (CRC-32)"};
    char folder[256];
    struct run r;
    snprintf(folder, sizeof folder, "%s", fresh("data"));
    go_on(&r, &kinds[1], folder, 7, 1);
    run_end(&r);
    for (int i = 0; i < 2; i++) {
        struct error e = {0};
        run_begin(&r, kinds[1].task, kinds[1].options, folder);
        struct dataset *d = i ? &r.val : &r.train;
        d->owned[d->n * RUN_FEATURES - 1] += 1;
        check_refused(run_all(&r, &e), ERR_MISMATCH, &e, message[i]);
        assert_non_null(strstr(e.text, folder));
        run_end(&r);
    }
}

static void a_longer_run_is_the_same_run_continued(void **state)
{
    (void)state;
    char folder[256];
    struct run want, r;
    struct error e = {0};
    uninterrupted(&want, &kinds[1]);
    snprintf(folder, sizeof folder, "%s", fresh("longer"));
    run_begin(&r, kinds[1].task, kinds[1].options, folder);
    r.config.epochs = 2;
    CHECK_OK(run_all(&r, &e), e);
    assert_int_equal(r.steps, 10);
    run_end(&r);
    go_on(&r, &kinds[1], folder, 0, 1);
    assert_int_equal(r.steps, 10);
    check_same_run(&r, &want, "two epochs, then four");
    run_end(&r);
    // A shorter one is none: its model would be of more epochs than were asked for.
    run_begin(&r, kinds[1].task, kinds[1].options, folder);
    r.config.epochs = 3;
    check_refused(run_all(&r, &e), ERR_MISMATCH, &e,
                  "4 epochs are done there, more than --epochs 3");
    run_end(&r);
    run_end(&want);
}

// checkpoint_write on a disk that fills up at every call: an error, and what was there still
// serves.
static void a_full_disk_spoils_nothing(void **state)
{
    (void)state;
    char folder[256], newest[300];
    struct run want, r;
    long n = 1;
    uninterrupted(&want, &kinds[1]);
    snprintf(folder, sizeof folder, "%s", fresh("full"));
    go_on(&r, &kinds[1], folder, 7, 1);
    for (;; n++) {
        struct error e = {0};
        r.fit.optim.step = 8; // another name
        file_fail_at(n);
        const int rc = checkpoint_write(&r.fit, 1.0, &e);
        file_fail_at(0);
        r.fit.optim.step = 7;
        if (rc == 0)
            break;
        check_refused(rc, ERR_IO, &e, "No space left");
        assert_int_equal(checkpoints(folder, newest), 1);
        assert_non_null(strstr(newest, "checkpoint-000000000007.npz"));
    }
    assert_true(n >= 5);
    assert_int_equal(checkpoints(folder, newest), 2);
    unlink(newest);
    run_end(&r);
    go_on(&r, &kinds[1], folder, 0, 1);
    check_same_run(&r, &want, "after a full disk");
    run_end(&r);
    run_end(&want);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    struct run r;
    struct error e = {0};
    CHECK_OK(file_write_all(test_path("file"), "x", 1, &e), e);
    run_begin(&r, kinds[0].task, kinds[0].options, test_path("file/below"));
    check_refused(run_all(&r, &e), ERR_IO, &e, "file");
    run_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_at_any_step_it_goes_on),
        cmocka_unit_test(stopped_after_every_step_it_arrives),
        cmocka_unit_test(killed_at_any_step_it_goes_on),
        cmocka_unit_test(keeps_the_newest_two),
        cmocka_unit_test(a_broken_checkpoint_is_passed_over),
        cmocka_unit_test(a_checkpoint_that_lies_is_passed_over),
        cmocka_unit_test(without_a_whole_checkpoint_it_begins_again),
        cmocka_unit_test(broken_ones_do_not_push_good_ones_out),
        cmocka_unit_test(another_run_is_refused),
        cmocka_unit_test(what_is_absent_has_its_default),
        cmocka_unit_test(other_data_are_refused),
        cmocka_unit_test(a_longer_run_is_the_same_run_continued),
        cmocka_unit_test(a_full_disk_spoils_nothing),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
