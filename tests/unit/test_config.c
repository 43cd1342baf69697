// SPDX-License-Identifier: MIT
// Options from a JSON file: every kind of value, what is refused, one line each time; and what no
// single option can see.
#include "testing.h"

#include "train/config.h"

static struct train_config config;
static struct opt_set set;

static int begin(void **state)
{
    (void)state;
    config = (struct train_config){.epochs = 0};
    return opt_begin(&set, train_options, train_option_count, &config, NULL);
}

static int end(void **state)
{
    (void)state;
    opt_end(&set);
    return 0;
}

static int read_text(const char *text, struct error *e)
{
    return train_config_text(&set, "run.json", text, strlen(text), e);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < train_option_count; i++) {
        const struct opt *o = &train_options[i];
        if (opt_find(&set, o->name) != (int)i)
            fail_msg("%s: another option has this name", o->name);
        assert_non_null(o->help);
        if (o->effect == OPT_UNSAID)
            fail_msg("%s: the table does not say what it changes (enum opt_effect)", o->name);
        assert_true(o->offset < sizeof config);
        for (size_t k = 0; k < i; k++)
            if (train_options[k].offset == o->offset)
                fail_msg("%s and %s have one place", o->name, train_options[k].name);
        if (o->type == OPT_INT || o->type == OPT_FLOAT)
            assert_true(o->min < o->max);
    }
    struct buf help;
    buf_init(&help, 65536);
    opt_help(train_options, train_option_count, &help);
    assert_int_equal(buf_check(&help, "help", NULL), 0);
    for (const char *line = help.data; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("more than 80 columns: '%.*s'", (int)strcspn(line, "\n"), line);
    buf_clear(&help);
}

static void reads_every_kind_of_value(void **state)
{
    (void)state;
    struct error e = {0};
    CHECK_OK(read_text("{\"epochs\": 12, \"learning-rate\": 0.25, \"hidden\": [8, 4],\n"
                       "\"betas\": [0.5, 0.75], \"optimizer\": \"adamw\", \"nesterov\": true,\n"
                       "\"quiet\": \"yes\", \"seed\": \"-3\", \"train\": \"a \\u00fc.npz\",\n"
                       "\"checkpoint_every\": \"30s\", \"patience\": 1e1, \"val\": null,\n"
                       "\"batch_size\": 64.0, \"weight_decay\": 1e-3, \"progress\": false,\n"
                       "\"torch_compat\": 2}",
                       &e),
             e);
    assert_int_equal(config.epochs, 12);
    assert_true(config.learning_rate == 0.25);
    assert_int_equal(config.hidden.count, 2);
    assert_int_equal(config.hidden.value[1], 4);
    assert_true(config.betas[0] == 0.5 && config.betas[1] == 0.75);
    assert_int_equal(config.optimizer, OPTIM_ADAMW);
    assert_int_equal(config.torch_compat, TORCH_2);
    assert_true(config.nesterov && config.quiet && !config.progress);
    assert_int_equal(config.seed, -3);
    assert_string_equal(config.train, "a ü.npz");
    assert_true(config.checkpoint_every.seconds == 30);
    assert_int_equal(config.patience, 10);
    assert_int_equal(config.batch_size, 64);
    assert_true(config.weight_decay == 1e-3);
    assert_null(config.val);
    assert_false(opt_given(&set, "val"));
    assert_true(opt_given(&set, "lr"));
    CHECK_OK(read_text("{\"hidden\": []}", &e), e);
    assert_int_equal(config.hidden.count, 0);
    CHECK_OK(read_text("{\"hidden\": \"\"}", &e), e);
    CHECK_OK(read_text("{}", &e), e);
    CHECK_OK(read_text("{\"hidden\": \"[16, 8]\"}", &e), e);
    assert_int_equal(config.hidden.value[0], 16);
}

static void arguments_win(void **state)
{
    (void)state;
    struct error e = {0};
    char *argv[] = {(char[]){"skiff"}, (char[]){"--lr=0.5"}, NULL};
    CHECK_OK(opt_parse(&set, 2, argv, NULL, &e), e);
    CHECK_OK(read_text("{\"learning_rate\": 0.25, \"epochs\": 3}", &e), e);
    assert_true(config.learning_rate == 0.5);
    assert_int_equal(config.epochs, 3);
}

static void refuses_with_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        int code;
    } bad[] = {
        {"{\"epoch\": 3}", "run.json: unknown option 'epoch'; did you mean 'epochs'?", ERR_USAGE},
        {"{\"zzzzzzzz\": 3}", "run.json: unknown option 'zzzzzzzz'", ERR_USAGE},
        {"{\"a\\nb\": 3}", "unknown option 'a?b'", ERR_USAGE},
        {"{\"epochs\": 3, \"max_epochs\": 4}", "'epochs' and 'max_epochs' are the same option",
         ERR_USAGE},
        {"{\"learning_rate\": 3, \"learning-rate\": 4}", "are the same option", ERR_USAGE},
        {"{\"lr\": null, \"learning-rate\": 4}", "are the same option", ERR_USAGE},
        {"{\"epochs\": 3, \"epochs\": 3}", "run.json:1:22: not valid JSON: duplicate", ERR_FORMAT},
        {"{\"config\": \"other.json\"}", "a configuration file cannot name another", ERR_USAGE},
        {"{\"epochs\": \"ten\"}", "run.json: epochs: 'ten' is not a whole number", ERR_USAGE},
        {"{\"epochs\": 1.5}", "run.json: epochs: '1.5' is not a whole number", ERR_USAGE},
        {"{\"epochs\": -1}", "run.json: epochs: -1 is out of range", ERR_USAGE},
        {"{\"epochs\": true}", "epochs: 'true' is not a whole number", ERR_USAGE},
        {"{\"epochs\": {\"a\": 1}}", "'epochs' must be a string, a number, true", ERR_USAGE},
        {"{\"epochs\": [1, \"2\"]}", "'epochs' must be a string, a number", ERR_USAGE},
        {"{\"hidden\": [[1]]}", "'hidden' must be a string, a number", ERR_USAGE},
        {"{\"hidden\": [1, null]}", "'hidden' must be a string, a number", ERR_USAGE},
        {"{\"optimizer\": \"lamb\"}", "'lamb' is unknown, choose one of: sgd, adam", ERR_USAGE},
        {"{\"train\": \"a\\u0000b\"}", "run.json", 0},
        {"{\"epochs\": 3", "run.json:1:12: not valid JSON", ERR_FORMAT},
        {"{\n  \"epochs\": 3,\n  epochs: 4\n}", "run.json:3:8: not valid JSON", ERR_FORMAT},
        {"{\"epochs\": 3} x", "not valid JSON", ERR_FORMAT},
        {"{\"epochs\": 99999999999999999999}", "not valid JSON", ERR_FORMAT},
        {"{\"epochs\": NaN}", "not valid JSON", ERR_FORMAT},
        {"{'epochs': 3}", "not valid JSON", ERR_FORMAT},
        {"", "not valid JSON", ERR_FORMAT},
        {"[1, 2]", "run.json: must be a JSON object, such as {\"epochs\": 100}", ERR_FORMAT},
        {"3", "run.json", ERR_FORMAT},
        {"\xff", "not valid JSON", ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        const int rc = read_text(bad[i].text, &e);
        check_refused(rc, bad[i].code ? bad[i].code : rc ? rc : 1, &e, bad[i].message);
    }
}

static void reads_files(void **state)
{
    (void)state;
    struct error e = {0};
    FILE *f = fopen(test_path("c.json"), "w");
    fputs("{\"epochs\": 33}\n", f);
    fclose(f);
    CHECK_OK(train_config_file(&set, test_path("c.json"), &e), e);
    assert_int_equal(config.epochs, 33);
    check_refused(train_config_file(&set, test_path("none.json"), &e), ERR_IO, &e,
                  "none.json: cannot open: No such file");
    error_clear(&e);
    check_refused(train_config_file(&set, test_folder(), &e), ERR_IO, &e, "Is a directory");
    f = fopen(test_path("big.json"), "w");
    for (int i = 0; i < 1048577; i++)
        fputc(' ', f);
    fclose(f);
    error_clear(&e);
    check_refused(train_config_file(&set, test_path("big.json"), &e), ERR_LIMIT, &e,
                  "larger than 1048576 bytes");
    f = fopen(test_path("empty.json"), "w");
    fclose(f);
    error_clear(&e);
    check_refused(train_config_file(&set, test_path("empty.json"), &e), ERR_FORMAT, &e,
                  "empty.json:1:0: not valid JSON");
}

// Options that need or exclude each other, each as one would type them.
static void sees_what_does_not_go_together(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; // message NULL: fine
    } cases[] = {
        {"{}", "--train is missing"},
        {"{\"train\": \"t\"}", NULL},
        {"{\"train\": \"t\", \"nesterov\": true}", "--nesterov needs"},
        {"{\"train\": \"t\", \"optimizer\": \"sgd\", \"nesterov\": true}", "--nesterov needs"},
        {"{\"train\": \"t\", \"optimizer\": \"sgd\", \"nesterov\": true, \"momentum\": 0.9}", NULL},
        {"{\"train\": \"t\", \"momentum\": 0.9}", "--momentum is for --optimizer sgd"},
        {"{\"train\": \"t\", \"task\": \"regression\", \"class_weight\": \"balanced\"}",
         "--class_weight is for classes"},
        {"{\"train\": \"t\", \"task\": \"binary\", \"class_weight\": \"balanced\"}", NULL},
        {"{\"train\": \"t\", \"monitor\": \"val_f1\"}", "--monitor val_f1 needs --val"},
        {"{\"train\": \"t\", \"monitor\": \"train_loss\"}", NULL},
        {"{\"train\": \"t\", \"val\": \"v\", \"monitor\": \"val_r2\"}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        opt_end(&set);
        begin(NULL);
        CHECK_OK(read_text(cases[i].text, &e), e);
        const int rc = train_config_check(&config, &e);
        if (cases[i].message)
            check_refused(rc, ERR_USAGE, &e, cases[i].message);
        else
            CHECK_OK(rc, e);
    }
}

static int read_once(void *context, struct error *e)
{
    struct opt_set options;
    struct train_config c;
    (void)context;
    memset(&c, 0, sizeof c);
    int rc = opt_begin(&options, train_options, train_option_count, &c, e);
    if (rc)
        return rc;
    const char *text = "{\"train\": \"t\", \"hidden\": [1, 2], \"epochs\": 5}";
    rc = train_config_text(&options, "run.json", text, strlen(text), e);
    opt_end(&options);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(read_once, NULL) >= 4);
}

static int begin_all(void **state)
{
    return test_folder_make(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_table_is_sound),
        TEST(reads_every_kind_of_value),
        TEST(arguments_win),
        TEST(refuses_with_one_line),
        TEST(reads_files),
        TEST(sees_what_does_not_go_together),
        TEST(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, begin_all, test_folder_remove);
}
