// SPDX-License-Identifier: MIT
// The files of a job: hosts, hyperparameters in every encoding, channels and what is in them, the
// tuner's metric, the file for the cause of a failure.
#include "testing.h"

#include "base/file.h"
#include "base/file_tree.h"
#include "io/json_read.h"
#include "job/channel_join.h"
#include "job/channel_parts.h"
#include "job/container.h"
#include "job/failure.h"
#include "job/hosts.h"
#include "job/hyper.h"
#include "job/objective.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static json_t *object(const char *text)
{
    struct error e = {0};
    json_t *o = json_object_parse("test.json", text, strlen(text), &e);
    if (!o)
        fail_msg("%s: %s", text, e.text);
    return o;
}

// ---- hosts

static void knows_the_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count, rank;
        const char *name; // of this host
    } cases[] = {
        {"{}", 1, 0, "algo-1"},
        {"{\"current_host\":\"x\"}", 1, 0, "x"},
        {"{\"hosts\":[\"y\"]}", 1, 0, "y"},
        {"{\"current_host\":\"algo-2\",\"hosts\":[\"algo-1\",\"algo-10\",\"algo-2\"]}", 3, 2,
         "algo-2"},
        {"{\"current_host\":\"b\",\"hosts\":[\"b\",\"a\"],\"instance_groups\":[],\"topology\":"
         "null}",
         2, 0, "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hosts h;
        struct error e = {0};
        json_t *o = object(cases[i].text);
        CHECK_OK(hosts_init(&h, "r.json", o, &e), e);
        assert_int_equal(h.count, cases[i].count);
        assert_int_equal(h.rank, cases[i].rank);
        assert_string_equal(h.name[h.rank], cases[i].name);
        assert_null(h.interface);
        hosts_clear(&h);
        json_decref(o);
    }
}

static void refuses_hosts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"hosts\":[]}", "must be a list of 1 to 1024 names"},
        {"{\"hosts\":\"algo-1\"}", "must be a list"},
        {"{\"hosts\":[1]}", "host 1 has no name"},
        {"{\"hosts\":[\"a\",\"\"],\"current_host\":\"a\"}", "host 2 has no name"},
        {"{\"hosts\":[\"a\",\"a\"],\"current_host\":\"a\"}", "host 'a' is listed twice"},
        {"{\"hosts\":[\"a\",\"b\"]}", "which of the 2 hosts is this one?"},
        {"{\"hosts\":[\"a\",\"b\"],\"current_host\":\"c\\n\"}", "the current host 'c?' is not in"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hosts h;
        struct error e = {0};
        json_t *o = object(cases[i][0]);
        check_refused(hosts_init(&h, "r.json", o, &e), ERR_FORMAT, &e, cases[i][1]);
        assert_null(h.name);
        json_decref(o);
    }
}

static void variables_change_the_hosts(void **state)
{
    (void)state;
    struct hosts h;
    struct error e = {0};
    json_t *o =
        object("{\"current_host\":\"a\",\"hosts\":[\"a\",\"b\"],"
               "\"network_interface_name\":\"eth0\",\"current_instance_type\":\"ml.t3.medium\"}");
    CHECK_OK(hosts_init(&h, "r.json", o, &e), e);
    assert_string_equal(h.interface, "eth0");
    assert_string_equal(h.instance, "ml.t3.medium");
    CHECK_OK(hosts_environment(&h, NULL, "b", &e), e);
    assert_int_equal(h.rank, 1);
    CHECK_OK(hosts_environment(&h, "[\"z\",\"y\",\"b\"]", NULL, &e), e);
    assert_int_equal(h.rank, 2);
    assert_int_equal(h.count, 3);
    check_refused(hosts_environment(&h, "not JSON", NULL, &e), ERR_FORMAT, &e,
                  "SM_HOSTS: the hosts");
    error_clear(&e);
    check_refused(hosts_environment(&h, NULL, "q", &e), ERR_FORMAT, &e, "'q' is not in the list");
    hosts_clear(&h);
    json_decref(o);
}

// ---- hyperparameters

static struct train_config config;
static struct opt_set set;
static char notes[1024];

static void keep_note(void *context, const char *text)
{
    (void)context;
    const size_t used = strlen(notes);
    snprintf(notes + used, sizeof notes - used, "%s\n", text);
}

static int begin(void **state)
{
    (void)state;
    notes[0] = '\0';
    memset(&config, 0, sizeof config);
    return opt_begin(&set, train_options, train_option_count, &config, NULL);
}

static int end(void **state)
{
    (void)state;
    opt_end(&set);
    return 0;
}

static int apply(const char *text, bool strict, struct error *e)
{
    const struct hyper_from from = {"h.json", OPT_JOB, strict, NULL, NULL, keep_note};
    json_t *o = object(text);
    const int rc = hyper_apply(o, &from, &set, e);
    json_decref(o);
    return rc;
}

static void decodes_every_layer(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        // JSON of the value, what it means; NULL: not given
        {"\"10\"", "10"},
        {"\"adam\"", "adam"},
        {"\"\\\"adam\\\"\"", "adam"},
        {"\"\\\"\\\\\\\"adam\\\\\\\"\\\"\"", "adam"},
        {"\"\\\"10\\\"\"", "10"},
        {"\"[64, 32]\"", "[64, 32]"},
        {"\"\\\"[64, 32]\\\"\"", "[64, 32]"},
        {"\"None\"", NULL},
        {"\"\\\"None\\\"\"", NULL},
        {"\"null\"", NULL},
        {"\"\"", NULL},
        {"\"\\\"\\\"\"", NULL},
        {"null", NULL},
        {"\"none\"", "none"},
        {"10", "10"},
        {"0.5", "0.5"},
        {"true", "true"},
        {"[64, 32]", "[64, 32]"},
        {"\"say \\\"hi\\\"\"", "say \"hi\""},
        {"\"\\\"open\"", "\"open"},
        {"\" \\\"adam\\\" \"", "adam"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 1000);
        json_t *value = json_loads(cases[i][0], JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        const bool given = hyper_decode(value, &out);
        if (given != (cases[i][1] != NULL) || (given && strcmp(out.data, cases[i][1]) != 0))
            fail_msg("%s: got %s, expected %s", cases[i][0], given ? out.data : "nothing",
                     cases[i][1] ? cases[i][1] : "nothing");
        json_decref(value);
        buf_clear(&out);
    }
}

// Texts that look like something else stay what the option wants.
static void types_are_declared(void **state)
{
    (void)state;
    struct error e = {0};
    CHECK_OK(
        apply("{\"x_key\":\"123\",\"y_key\":\"\\\"true\\\"\",\"epochs\":\"1e2\",\"lr\":\"1e-3\","
              "\"class_weight\":\"none\",\"nesterov\":\"1\",\"quiet\":\"False\","
              "\"hidden\":\"['8', '4']\",\"betas\":\"(0.5,0.75)\",\"seed\":\"\\\"-3\\\"\"}",
              false, &e),
        e);
    assert_string_equal(config.x_key, "123");
    assert_string_equal(config.y_key, "true");
    assert_int_equal(config.epochs, 100);
    assert_true(config.learning_rate == 1e-3);
    assert_int_equal(config.class_weight, CLASS_WEIGHT_NONE);
    assert_true(config.nesterov && !config.quiet);
    assert_int_equal(config.hidden.count, 2);
    assert_int_equal(config.hidden.value[1], 4);
    assert_true(config.betas[1] == 0.75);
    assert_int_equal(config.seed, -3);
    CHECK_OK(apply("{\"drop\":\"['a', \\\"b c\\\"]\",\"features\":\"[\\\"x\\\",\\\"y\\\"]\","
                   "\"id\":\"('one',)\",\"scale\":\"standard\",\"target\":\"[y]\"}",
                   false, &e),
             e);
    assert_string_equal(config.csv.drop, "a,b c");
    assert_string_equal(config.csv.features, "x,y");
    assert_string_equal(config.csv.id, "one");
    assert_string_equal(config.csv.scale, "standard");
    assert_string_equal(config.csv.target, "[y]");
    CHECK_OK(apply("{\"hidden\":\"(16,)\"}", false, &e), e);
    assert_int_equal(config.hidden.count, 1);
    CHECK_OK(apply("{\"hidden\":\"[]\"}", false, &e), e);
    assert_int_equal(config.hidden.count, 0);
    assert_string_equal(notes, "");
}

static void unknown_names_are_remarks(void **state)
{
    (void)state;
    struct error e = {0};
    CHECK_OK(
        apply("{\"learning_rat\":\"1\",\"sagemaker_x\":\"1\",\"_tuning_objective_metric\":\"x\","
              "\"default_user_module_name\":\"1\",\"mp_parameters\":\"1\"}",
              false, &e),
        e);
    assert_string_equal(notes, "h.json: unknown hyperparameter 'learning_rat'; did you mean "
                               "'learning_rate'? It is ignored\n");
    check_refused(apply("{\"sagemaker_x\":\"1\",\"learning_rat\":\"1\"}", true, &e), ERR_USAGE, &e,
                  "h.json: unknown hyperparameter 'learning_rat'");
}

static void bad_values_are_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"epochs\":\"\\\"ten\\\"\"}", "h.json: epochs: 'ten' is not a whole number"},
        {"{\"epochs\":\"1.5\"}", "h.json: epochs: '1.5' is not a whole number"},
        {"{\"epochs\":{}}", "h.json: epochs: '{}'"},
        {"{\"lr\":\"1\",\"learning-rate\":\"1\"}", "'lr' and 'learning-rate' are the same option"},
        {"{\"batch_size\":\"null\",\"batch-size\":\"1\"}", "are the same option"},
        {"{\"hidden\":\"['a']\"}", "h.json: hidden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        check_refused(apply(cases[i][0], false, &e), ERR_USAGE, &e, cases[i][1]);
    }
}

static void stronger_origins_stay(void **state)
{
    (void)state;
    struct error e = {0};
    const int epochs = opt_find(&set, "epochs");
    CHECK_OK(opt_assign(&set, epochs, "7", OPT_ENV, "x", &e), e);
    CHECK_OK(apply("{\"epochs\":\"3\",\"seed\":\"3\"}", false, &e), e);
    assert_int_equal(config.epochs, 7);
    CHECK_OK(opt_assign(&set, opt_find(&set, "seed"), "9", OPT_CONFIG, "x", &e), e);
    assert_int_equal(config.seed, 3);
}

static int apply_once(void *context, struct error *e)
{
    (void)context;
    struct train_config c;
    struct opt_set options;
    memset(&c, 0, sizeof c);
    int rc = opt_begin(&options, train_options, train_option_count, &c, e);
    if (rc)
        return rc;
    const char *text = "{\"train\":\"\\\"t\\\"\",\"hidden\":\"[1, 2]\",\"epochs\":\"5\"}";
    json_t *o = json_object_parse("h.json", text, strlen(text), e);
    const struct hyper_from from = {.file = "h.json", .origin = OPT_JOB};
    rc = o ? hyper_apply(o, &from, &options, e) : error_code(e);
    if (rc == 0)
        assert_string_equal(c.train, "t");
    json_decref(o);
    opt_end(&options);
    return rc;
}

static void hyperparameters_survive_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(apply_once, NULL) >= 4);
}

// ---- which hosts train

struct choice {
    const char *resources, *parameters;
    const char *argument; // of --hosts, or NULL
    const char *hosts, *host;
    double timeout;
    bool trains;
};

static int choose(const struct choice *choice, struct opt_set *options, struct error *e)
{
    struct container k = {.parts = {.fd = {-1, -1, -1}}};
    json_t *resources = json_loads(choice->resources, 0, NULL);
    k.parameters = json_loads(choice->parameters, 0, NULL);
    int rc = resources && k.parameters ? 0 : error_nomem(e, "objects");
    if (rc == 0 && choice->argument)
        rc =
            opt_assign(options, opt_find(options, "hosts"), choice->argument, OPT_ARGV, "hosts", e);
    if (rc == 0)
        rc = hosts_init(&k.hosts, "r.json", resources, e);
    if (rc == 0)
        rc = container_hosts(&k, options, e);
    json_decref(resources);
    container_clear(&k);
    return rc;
}

#define TWO "{\"current_host\":\"b\",\"hosts\":[\"b\",\"a\"]}"

static void chooses_hosts_that_train(void **state)
{
    static const struct choice cases[] = {
        {"{\"current_host\":\"a\"}", "{}", NULL, NULL, NULL, 60, true},
        {TWO, "{}", NULL, "b,a", "b", 900, true},
        {TWO, "{\"join_timeout\":\"5\"}", NULL, "b,a", "b", 5, true},
        {TWO, "{\"hosts\":\"a\"}", NULL, "a", "b", 900, false},
        {TWO, "{\"hosts\":\"b\"}", NULL, "b", "b", 900, true},
        {TWO, "{\"hosts\":\"['bb', 'ab']\"}", NULL, "bb,ab", "b", 900, false},
        {TWO, "{\"hosts\":\"\"}", NULL, "b,a", "b", 900, true},
        {TWO, "{\"hosts\":\"a\"}", "a,b,c", "a,b,c", "b", 900, true},
        {TWO, "{\"hosts\":\"x,y\",\"host\":\"x\"}", NULL, "x,y", "x", 900, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        CHECK_OK(choose(&cases[i], &set, &e), e);
        if (!cases[i].hosts) {
            assert_null(config.hosts);
            assert_null(config.host);
        } else {
            assert_string_equal(config.hosts, cases[i].hosts);
            assert_string_equal(config.host, cases[i].host);
        }
        assert_true(config.join_timeout == cases[i].timeout);
        assert_int_equal(container_trains(&set), cases[i].trains);
        end(state);
        begin(state);
    }
}

static int choose_once(void *context, struct error *e)
{
    (void)context;
    const struct choice choice = {.resources = TWO, .parameters = "{\"epochs\":\"3\"}"};
    struct train_config c;
    struct opt_set options;
    memset(&c, 0, sizeof c);
    int rc = opt_begin(&options, train_options, train_option_count, &c, e);
    if (rc)
        return rc;
    rc = choose(&choice, &options, e);
    if (rc == 0)
        assert_string_equal(c.hosts, "b,a");
    opt_end(&options);
    return rc;
}

static void choosing_survives_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(choose_once, NULL) >= 9);
}

// ---- the tuner's metric

static void understands_names_of_metrics(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum monitor monitor;
    } cases[] = {
        {"validation:accuracy", MONITOR_VAL_ACCURACY},
        {"val_loss", MONITOR_VAL_LOSS},
        {"train_loss", MONITOR_TRAIN_LOSS},
        {"train:accuracy", MONITOR_AUTO},
        {"auroc/val", MONITOR_VAL_AUROC},
        {"f1_score/val", MONITOR_VAL_F1},
        {"val/f1_score", MONITOR_VAL_F1},
        {"validation:auc", MONITOR_VAL_AUROC},
        {"validation:logloss", MONITOR_VAL_LOSS},
        {"validation:rmse", MONITOR_VAL_RMSE},
        {"Accuracy", MONITOR_VAL_ACCURACY},
        {"validation:r2", MONITOR_VAL_R2},
        {"validation:aucpr", MONITOR_VAL_AP},
        {"speed", MONITOR_AUTO},
        {"", MONITOR_AUTO},
        {"roc_auc_score", MONITOR_VAL_AUROC},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (objective_monitor(cases[i].name) != cases[i].monitor)
            fail_msg("%s: %s, expected %s", cases[i].name,
                     monitor_words[objective_monitor(cases[i].name)],
                     monitor_words[cases[i].monitor]);
}

// ---- channels

static void make(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/data/%s", test_folder(), name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(file_make_folders(path, NULL), 0);
    *slash = '/';
    write_file(path, "x");
}

static int read_channels(const char *text, struct channels *c, struct error *e)
{
    json_t *o = json_object_parse("i.json", text, strlen(text), e);
    const int rc = o ? channels_init(c, "i.json", o, test_path("data"), e) : error_code(e);
    json_decref(o);
    return rc;
}

// The path of a part less the test's folder, "-" for none.
static const char *part_path(const struct channel_parts *p, enum part part)
{
    static char shown[1024];
    shown[0] = '\0';
    const char *at = p->path[part] ? p->path[part] : "-";
    while (*at) {
        const size_t len = strcspn(at, "\n"), skip = strlen(test_path("data")) + 1;
        const bool ours = len > skip && strncmp(at, test_path("data"), skip - 1) == 0;
        const size_t used = strlen(shown);
        snprintf(shown + used, sizeof shown - used, "%s%.*s", used ? "|" : "",
                 (int)(len - (ours ? skip : 0)), at + (ours ? skip : 0));
        at += len + (at[len] == '\n');
    }
    return shown;
}

static void finds_the_parts(void **state)
{
    (void)state;
    test_remove(test_path("data"));
    static const char *const files[] = {
        "train/a.npz",   "train/b.npz",       "train/notes.txt", "train/_x.npz",  "val/deep/c.csv",
        "val/d.csv.gz",  "val/.h/e.csv",      "all/train-1.csv", "all/x_val.csv", "all/test/y.csv",
        "all/plain.csv", "all/train_val.csv", "code/train.npz",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        make(files[i]);
    static const struct {
        const char *text, *path[PARTS];
    } cases[] = {
        {"{\"train\":{},\"validation\":{},\"test\":{}}", {"train", "-", "-"}},
        {"{\"train\":{},\"val\":{}}", {"train", "val/d.csv.gz|val/deep/c.csv", "-"}},
        {"{\"training\":{},\"train\":{}}", {"train", "-", "-"}},
        {"{\"all\":{}}",
         {"all/plain.csv|all/train-1.csv|all/train_val.csv", "all/x_val.csv", "all/test/y.csv"}},
        {"{\"code\":{},\"all\":{}}",
         {"all/plain.csv|all/train-1.csv|all/train_val.csv", "all/x_val.csv", "all/test/y.csv"}},
        {"{\"x\":{},\"y\":{}}", {"-", "-", "-"}},
        {"{}", {"train", "val/d.csv.gz|val/deep/c.csv", "-"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channels c;
        struct channel_parts p;
        struct error e = {0};
        CHECK_OK(read_channels(cases[i].text, &c, &e), e);
        CHECK_OK(channel_parts_init(&p, &c, &e), e);
        for (enum part k = 0; k < PARTS; k++)
            if (strcmp(part_path(&p, k), cases[i].path[k]) != 0)
                fail_msg("%s: %s is %s, expected %s", cases[i].text, part_names[k],
                         part_path(&p, k), cases[i].path[k]);
        channel_parts_clear(&p);
        channels_clear(&c);
    }
}

static void reads_what_channels_are(void **state)
{
    (void)state;
    struct channels c;
    struct error e = {0};
    CHECK_OK(
        read_channels("{\"a\":{\"TrainingInputMode\":\"Pipe\",\"S3DistributionType\":"
                      "\"ShardedByS3Key\",\"RecordWrapperType\":\"RecordIO\",\"More\":1},"
                      "\"b\":{\"TrainingInputMode\":\"FastFile\",\"ContentType\":\"text/csv\"},"
                      "\"c\":null}",
                      &c, &e),
        e);
    const struct channel *a = channels_find(&c, "a"), *b = channels_find(&c, "b");
    assert_true(a->pipe && a->sharded && a->recordio);
    assert_true(!b->pipe && !b->sharded && !b->recordio && b->files == 0);
    assert_null(channels_find(&c, "d"));
    channels_clear(&c);
    static const char *const bad[] = {"..", ".a", "a/b", "", "a b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"%s\":{}}", bad[i]);
        error_clear(&e);
        check_refused(read_channels(text, &c, &e), ERR_FORMAT, &e, "cannot be the name");
    }
}

static int channels_once(void *context, struct error *e)
{
    struct channels c;
    struct channel_parts p;
    (void)context;
    int rc = read_channels("{\"all\":{}}", &c, e);
    if (rc)
        return rc;
    rc = channel_parts_init(&p, &c, e);
    if (rc == 0) {
        assert_string_equal(part_path(&p, PART_TEST), "all/test/y.csv");
        channel_parts_clear(&p);
    }
    channels_clear(&c);
    return rc;
}

static void channels_survive_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(channels_once, NULL) >= 20);
}

// ---- several tables

static void joins_tables(void **state)
{
    (void)state;
    struct error e = {0};
    char paths[1024], got[64] = "";
    write_file(test_path("1.csv"), "a,b\n1,2\n3,4");
    write_file(test_path("2.csv"), "a,b\n5,6\n");
    write_file(test_path("3.csv"), "");
    write_file(test_path("4.csv"), "7,8\n");
    snprintf(paths, sizeof paths, "%s\n%s\n%s", test_path("1.csv"), test_path("2.csv"),
             test_path("3.csv"));
    const size_t used = strlen(paths);
    snprintf(paths + used, sizeof paths - used, "\n%s", test_path("4.csv"));
    assert_true(channel_is_tables(paths));
    assert_false(channel_is_tables("a.csv"));
    assert_false(channel_is_tables("a.npz\nb.npz"));
    const int fd = channel_join(paths, &e);
    if (fd < 0)
        fail_msg("%s", e.text);
    assert_int_equal(pread(fd, got, sizeof got - 1, 0), 20);
    assert_string_equal(got, "a,b\n1,2\n3,4\n5,6\n7,8\n");
    close(fd);
    check_refused(channel_join("a.csv.gz\nb.csv.gz", &e), ERR_UNSUPPORTED, &e, "not compressed");
    error_clear(&e);
    check_refused(channel_join("/none.csv\n/other.csv", &e), ERR_IO, &e, "/none.csv: cannot open");
}

// ---- trees of files

static void lists_and_clears_trees(void **state)
{
    (void)state;
    char **name;
    size_t count;
    struct error e = {0};
    make("tree/b/c");
    make("tree/a");
    make("tree/.x/y");
    assert_int_equal(symlink("a", test_path("data/tree/link")), 0);
    CHECK_OK(file_tree(test_path("data/tree"), &name, &count, &e), e);
    assert_int_equal(count, 4);
    assert_string_equal(name[0], ".x/y");
    assert_string_equal(name[2], "b/c");
    file_list_free(name, count);
    CHECK_OK(file_duplicate(test_path("data/tree/a"), test_path("data/new/deep/a"), &e), e);
    assert_true(file_same(test_path("data/tree/a"), test_path("data/new/deep/a")));
    CHECK_OK(file_tree_clear(test_path("data/tree"), &e), e);
    assert_true(file_is_folder(test_path("data/tree")));
    CHECK_OK(file_tree(test_path("data/tree"), &name, &count, &e), e);
    assert_int_equal(count, 0);
    CHECK_OK(file_tree_clear(test_path("data/none"), &e), e);
    check_refused(file_tree(test_path("data/none"), &name, &count, &e), ERR_IO, &e,
                  "none: cannot open");
    assert_int_equal(access(test_path("data/new/deep/a"), F_OK), 0);
}

// ---- the cause of a failure

static void check_cause(const char *cause, size_t len)
{
    char got[2048] = "";
    remove(test_path("failure"));
    failure_write(test_path("failure"), cause);
    FILE *f = fopen(test_path("failure"), "r");
    assert_non_null(f);
    const size_t size = fread(got, 1, sizeof got - 1, f);
    fclose(f);
    if (size != len + 1 || memcmp(got, cause, len) != 0 || got[len] != '\n')
        fail_msg("got %zu bytes, expected %zu: %s", size, len + 1, got);
}

static void keeps_the_first_cause_in_a_line(void **state)
{
    (void)state;
    char text[2000];
    check_cause("because", 7);
    check_cause("one\ntwo", 3);
    check_cause("", 0);
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    check_cause(text, 896);
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3); // three bytes each: 298 of them fit
    check_cause(text, 894);
    failure_write(test_path("failure"), "later");
    struct buf kept;
    buf_init(&kept, 2000);
    assert_int_equal(file_read_all(test_path("failure"), 2000, &kept, NULL), 0);
    assert_int_equal(kept.len, 895);
    buf_clear(&kept);
    failure_write(test_path("no/such/folder"), "nobody hears it");
}

static void leaves_no_empty_cause(void **state)
{
    (void)state;
    struct rlimit old;
    remove(test_path("failure"));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, old.rlim_max}), 0);
    failure_write(test_path("failure"), "because");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(access(test_path("failure"), F_OK), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(knows_the_hosts),
        TEST(refuses_hosts),
        TEST(variables_change_the_hosts),
        TEST(decodes_every_layer),
        TEST(types_are_declared),
        TEST(unknown_names_are_remarks),
        TEST(bad_values_are_named),
        TEST(stronger_origins_stay),
        TEST(hyperparameters_survive_failing_memory),
        TEST(chooses_hosts_that_train),
        TEST(choosing_survives_failing_memory),
        TEST(understands_names_of_metrics),
        TEST(finds_the_parts),
        TEST(reads_what_channels_are),
        TEST(channels_survive_failing_memory),
        TEST(joins_tables),
        TEST(lists_and_clears_trees),
        TEST(keeps_the_first_cause_in_a_line),
        TEST(leaves_no_empty_cause),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
