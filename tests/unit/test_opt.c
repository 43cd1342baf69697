// SPDX-License-Identifier: MIT
// The option table: every type of value, argv in all its forms, precedence, messages, help.
#include "testing.h"

#include "base/opt.h"

struct target {
    int64_t epochs, seed;
    double rate;
    double betas[2];
    bool quiet, progress;
    char *train, *name;
    int kind;
    struct opt_sizes hidden;
    struct opt_every every;
};

static const char *const kinds[] = {"sgd", "adam", "adamw", NULL};

#define AT(member) offsetof(struct target, member)
static const struct opt table[] = {
    {.group = "Data",
     .name = "train",
     .type = OPT_TEXT,
     .offset = AT(train),
     .arg = "PATH",
     .help = "Where the data are: a file whose name may be long, or a folder of many such files."},
    {.name = "name", .type = OPT_TEXT, .offset = AT(name), .initial = "run", .help = "A name."},
    {.group = "Training",
     .name = "max_epochs",
     .aliases = "epochs number_of_rounds",
     .type = OPT_INT,
     .offset = AT(epochs),
     .min = 0,
     .max = 1e9,
     .initial = "10",
     .arg = "N",
     .help = "Passes over the data."},
    {.name = "seed", .type = OPT_SEED, .offset = AT(seed), .arg = "N", .help = "Seed."},
    {.name = "learning_rate",
     .aliases = "lr",
     .type = OPT_FLOAT,
     .offset = AT(rate),
     .min = 0,
     .max = 100,
     .initial = "0.001",
     .arg = "X",
     .help = "Step size."},
    {.name = "betas",
     .type = OPT_PAIR,
     .offset = AT(betas),
     .min = 0,
     .max = 0.9999,
     .initial = "0.9,0.999",
     .arg = "B1,B2",
     .help = "Averages."},
    {.name = "quiet", .type = OPT_BOOL, .offset = AT(quiet), .help = "Say nothing."},
    {.name = "progress",
     .type = OPT_BOOL,
     .offset = AT(progress),
     .initial = "true",
     .help = "Show a bar."},
    {.name = "optimizer",
     .type = OPT_ENUM,
     .offset = AT(kind),
     .words = kinds,
     .initial = "adam",
     .help = "Which."},
    {.name = "hidden",
     .type = OPT_SIZES,
     .offset = AT(hidden),
     .min = 1,
     .max = 1e7,
     .initial = "64,32",
     .arg = "N,N,...",
     .help = "Units."},
    {.name = "a_name_that_fills_more_than_its_column",
     .type = OPT_EVERY,
     .offset = AT(every),
     .min = 0,
     .max = 1e9,
     .initial = "60s",
     .arg = "N|Ns",
     .help = "How often."},
};
#define COUNT (sizeof table / sizeof *table)

static struct target target;
static struct opt_set set;

static int begin(void **state)
{
    (void)state;
    memset(&target, 0x5a, sizeof target); // nothing is taken to be zero
    target = (struct target){.seed = 0};
    return opt_begin(&set, table, COUNT, &target, NULL);
}

static int end(void **state)
{
    (void)state;
    opt_end(&set);
    return target.train || target.name || set.given ? -1 : 0;
}

#define PARSE(e, ...) parse((char *[]){(char[]){"skiff"}, __VA_ARGS__, NULL}, NULL, e)
#define W(text)       ((char[]){text})

static int parse(char **argv, struct opt_words *words, struct error *e)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return opt_parse(&set, argc, argv, words, e);
}

// Each of these is one test with fresh defaults, so that messages stay beside their cause.
static void good_then(int rc, const struct error *e)
{
    if (rc)
        fail_msg("%d: %s", rc, e->text);
}

static void defaults_come_from_the_table(void **state)
{
    (void)state;
    assert_int_equal(target.epochs, 10);
    assert_true(target.rate == 0.001);
    assert_true(target.betas[0] == 0.9 && target.betas[1] == 0.999);
    assert_false(target.quiet);
    assert_true(target.progress);
    assert_null(target.train);
    assert_string_equal(target.name, "run");
    assert_int_equal(target.kind, 1);
    assert_int_equal(target.hidden.count, 2);
    assert_int_equal(target.hidden.value[1], 32);
    assert_true(target.every.seconds == 60 && target.every.count == 0);
    assert_false(opt_given(&set, "epochs"));
    assert_false(opt_given(&set, "no such"));
}

static void takes_both_forms(void **state)
{
    (void)state;
    struct error e = {0};
    good_then(PARSE(&e, W("--max_epochs"), W("7"), W("--learning-rate=0.5"), W("--train"),
                    W("a b.npz"), W("--seed"), W("-5"), W("--betas=0.8,0.9"), W("--name=")),
              &e);
    assert_int_equal(target.epochs, 7);
    assert_true(target.rate == 0.5);
    assert_string_equal(target.train, "a b.npz");
    assert_int_equal(target.seed, -5);
    assert_true(target.betas[0] == 0.8 && target.betas[1] == 0.9);
    assert_null(target.name); // an empty text is none
    assert_true(opt_given(&set, "epochs") && opt_given(&set, "max-epochs"));
    assert_false(opt_given(&set, "quiet"));
}

static void knows_aliases_and_both_dashes(void **state)
{
    (void)state;
    static const char *const names[] = {"max_epochs",       "max-epochs",       "epochs",
                                        "number_of_rounds", "number-of-rounds", "number_of-rounds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char word[64];
        struct error e = {0};
        snprintf(word, sizeof word, "--%s=%zu", names[i], i + 20);
        good_then(PARSE(&e, word), &e);
        assert_int_equal(target.epochs, i + 20);
        assert_int_equal(opt_find(&set, names[i]), 2);
    }
    assert_int_equal(opt_find(&set, "max_epoch"), -1);
    assert_int_equal(opt_find(&set, "max_epochsx"), -1);
    assert_int_equal(opt_find(&set, "epochs number_of_rounds"), -1);
    assert_int_equal(opt_find(&set, ""), -1);
    assert_int_equal(opt_find(&set, "Epochs"), -1);
}

static void later_words_win(void **state)
{
    (void)state;
    struct error e = {0};
    good_then(
        PARSE(&e, W("--lr"), W("1"), W("--learning_rate"), W("2"), W("--train=a"), W("--train=b")),
        &e);
    assert_true(target.rate == 2);
    assert_string_equal(target.train, "b");
}

static void bools_in_all_their_forms(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool quiet;
    } forms[] = {
        {"--quiet", NULL, true},     {"--quiet=true", NULL, true},  {"--quiet=0", NULL, false},
        {"--no-quiet", NULL, false}, {"--no_quiet", NULL, false},   {"--quiet", "off", false},
        {"--quiet", "TRUE", true},   {"--quiet", "--seed=1", true},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char a[32], b[32];
        struct error e = {0};
        target.quiet = !forms[i].quiet;
        snprintf(a, sizeof a, "%s", forms[i].first);
        snprintf(b, sizeof b, "%s", forms[i].second ? forms[i].second : "--seed=1");
        good_then(PARSE(&e, a, b), &e);
        if (target.quiet != forms[i].quiet)
            fail_msg("%s %s gives %d", a, b, target.quiet);
    }
}

// "--quiet data.npz": the word is no truth value, so it is a word of its own.
static void a_bool_leaves_the_next_word(void **state)
{
    (void)state;
    const char *word[2];
    struct opt_words words = {.word = word, .max = 2};
    struct error e = {0};
    char *argv[] = {W("skiff"), W("--quiet"), W("data.npz"), W("-"), W("--no-progress"), NULL};
    good_then(parse(argv, &words, &e), &e);
    assert_true(target.quiet);
    assert_false(target.progress);
    assert_int_equal(words.count, 2);
    assert_string_equal(words.word[0], "data.npz");
    assert_string_equal(words.word[1], "-");
}

static void lists_and_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count, first, last;
    } sizes[] = {
        {"--hidden=", 0, 0, 0},
        {"--hidden=8", 1, 8, 8},
        {"--hidden=64,32", 2, 64, 32},
        {"--hidden=[64, 32]", 2, 64, 32},
        {"--hidden=[]", 0, 0, 0},
        {"--hidden=1 2 3", 3, 1, 3},
        {"--hidden=[1e3,2.0]", 2, 1000, 2},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char word[64];
        struct error e = {0};
        snprintf(word, sizeof word, "%s", sizes[i].text);
        good_then(PARSE(&e, word), &e);
        const size_t n = sizes[i].count;
        assert_int_equal(target.hidden.count, n);
        if (n && (target.hidden.value[0] != sizes[i].first ||
                  target.hidden.value[n - 1] != sizes[i].last))
            fail_msg("%s: %zu .. %zu", word, target.hidden.value[0], target.hidden.value[n - 1]);
    }
    struct error e = {0};
    good_then(PARSE(&e, W("--a_name_that_fills_more_than_its_column=2.5s")), &e);
    assert_true(target.every.seconds == 2.5 && target.every.count == 0);
    good_then(PARSE(&e, W("--a_name_that_fills_more_than_its_column=100")), &e);
    assert_true(target.every.seconds == 0 && target.every.count == 100);
}

static void refuses_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *message;
    } bad[] = {
        {"--epochs", "ten", "--epochs: 'ten' is not a whole number"},
        {"--epochs", "1.5", "'1.5' is not a whole number"},
        {"--epochs", "-1", "--epochs: -1 is out of range, it must be from 0 to 1000000000"},
        {"--lr", "nan", "--lr: 'nan' is not a number"},
        {"--lr", "0x10", "'0x10' is not a number"},
        {"--lr=", NULL, "--lr: '' is not a number"},
        {"--lr", "101", "from 0 to 100"},
        {"--seed", "18446744073709551616", "'18446744073709551616' is not a whole number of 64"},
        {"--epochs", "99999999999999999", "out of range"},
        {"--betas", "0.9", "two numbers such as 0.9,0.999"},
        {"--betas", "0.9,0.99,0.999", "two numbers"},
        {"--betas", "0.9,1", "from 0 to 0.9999"},
        {"--quiet=maybe", NULL, "--quiet: 'maybe' is not true or false"},
        {"--optimizer", "rmsprop", "'rmsprop' is unknown, choose one of: sgd, adam, adamw"},
        {"--hidden", "64,x", "'x' is not a whole number"},
        {"--hidden", "64,0", "0 is out of range"},
        {"--hidden", "64;32", "'64;32' is not a whole number"},
        {"--hidden", "64,,32", "--hidden: '64,,32' is not"},
        {"--hidden", "64,", "--hidden: '64,' is not"},
        {"--hidden", "[64,32", "--hidden: '[64,32' is not"},
        {"--hidden", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
         "more than 32 numbers"},
        {"--a_name_that_fills_more_than_its_column", "s", "is not a"},
        {"--a_name_that_fills_more_than_its_column", "-3s", "out of range"},
        {"--epochs", NULL, "--epochs: needs a value, N"},
        {"--train", NULL, "--train: needs a value, PATH"},
        {"--trian", "x", "--trian: unknown option; did you mean --train?"},
        {"--max_epoch", "x", "did you mean --max_epochs?"},
        {"--epoch", "x", "did you mean --max_epochs?"},
        {"--rl", "x", "--rl: unknown option"},
        {"--zzzzzzzzzz", "x", "--zzzzzzzzzz: unknown option; --help lists them all"},
        {"--no-epochs", NULL, "--no-epochs: unknown option"},
        {"--no-quiet=1", NULL, "--no-quiet: unknown option"},
        {"-e", "5", "-e: unknown option; long options only"},
        {"--", NULL, "--: unknown option"},
        {"--=5", NULL, "unknown option"},
        {"data.npz", NULL, "'data.npz': unexpected word"},
        {"--name\n=x", NULL, "--name?: unknown option"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char a[64], b[128] = "";
        struct error e = {0};
        snprintf(a, sizeof a, "%s", bad[i].first);
        snprintf(b, sizeof b, "%s", bad[i].second ? bad[i].second : "");
        const int rc = PARSE(&e, a, bad[i].second ? b : NULL);
        check_refused(rc, ERR_USAGE, &e, bad[i].message);
    }
}

// A refused value leaves the old one, as does a name as long as one likes.
static void refused_values_change_nothing(void **state)
{
    (void)state;
    char name[4000] = "--";
    memset(name + 2, 'n', sizeof name - 3);
    struct error e = {0};
    assert_int_equal(PARSE(&e, name), ERR_USAGE);
    name[100] = '=';
    error_clear(&e);
    assert_int_equal(PARSE(&e, name), ERR_USAGE);
    memcpy(name, "--hidden=", 9);
    name[100] = 'n';
    error_clear(&e);
    check_refused(PARSE(&e, name), ERR_USAGE, &e, "--hidden: 'nnn");
    error_clear(&e);
    assert_int_equal(PARSE(&e, W("--hidden=5,6,x")), ERR_USAGE);
    assert_int_equal(PARSE(&e, W("--betas=0.1,x")), ERR_USAGE);
    assert_int_equal(target.hidden.count, 2);
    assert_int_equal(target.hidden.value[0], 64);
    assert_true(target.betas[0] == 0.9);
    assert_false(opt_given(&set, "hidden"));
    // digits enough to hide the end of a number must not change it
    memset(name + 9, '0', sizeof name - 9);
    memcpy(name + 9 + 100, "64", 3);
    error_clear(&e);
    if (PARSE(&e, name) == 0)
        assert_int_equal(target.hidden.value[0], 64);
}

static void argv_wins_over_a_file(void **state)
{
    (void)state;
    struct error e = {0};
    const int lr = opt_find(&set, "lr"), train = opt_find(&set, "train");
    good_then(opt_assign(&set, lr, "5", OPT_CONFIG, "run.json: lr", &e), &e);
    assert_true(target.rate == 5);
    good_then(PARSE(&e, W("--lr=7")), &e);
    good_then(opt_assign(&set, lr, "6", OPT_CONFIG, "run.json: lr", &e), &e);
    assert_true(target.rate == 7);
    assert_int_equal(set.given[lr], OPT_ARGV);
    good_then(opt_assign(&set, train, "f", OPT_CONFIG, "run.json: train", &e), &e);
    assert_true(opt_given(&set, "train"));
    assert_string_equal(target.train, "f");
    const int rc =
        opt_assign(&set, opt_find(&set, "epochs"), "x", OPT_CONFIG, "run.json: epochs", &e);
    check_refused(rc, ERR_USAGE, &e, "run.json: epochs: 'x' is not a whole number");
}

static void finds_the_nearest_name(void **state)
{
    (void)state;
    static const char *const want[][2] = {
        {"hiden", "hidden"},
        {"learning_rte", "learning_rate"},
        {"learningrate", "learning_rate"},
        {"optimiser", "optimizer"},
        {"epoch", "max_epochs"},
        {"max-epoch", "max_epochs"},
        {"sead", "seed"},
        {"beta", "betas"},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const char *got = opt_nearest(&set, want[i][0]);
        if (!got || strcmp(got, want[i][1]) != 0)
            fail_msg("%s: nearest is %s, not %s", want[i][0], got ? got : "none", want[i][1]);
    }
    static const char *const far[] = {"", "x", "zzzz", "completely_different", "--"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        const char *got = opt_nearest(&set, far[i]);
        if (got)
            fail_msg("%s: nearest is %s", far[i], got);
    }
}

static void help_fits_and_tells_all(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 65536);
    opt_help(table, COUNT, &out);
    assert_int_equal(buf_check(&out, "help", NULL), 0);
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) {
        const size_t len = strcspn(line, "\n");
        if (len > 80 || (len && line[len - 1] == ' '))
            fail_msg("%zu columns: '%.*s'", len, (int)len, line);
    }
    for (size_t i = 0; i < COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "  --%s", table[i].name);
        if (!strstr(out.data, name))
            fail_msg("--help lacks %s", name);
    }
    static const char *const parts[] = {
        "\nData\n",         "\nTraining\n", "--learning_rate X",  "[0.9,0.999]",
        "sgd, adam, adamw", "--lr",         "--number_of_rounds", "(also --epochs"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(out.data, parts[i]))
            fail_msg("--help lacks '%s':\n%s", parts[i], out.data);
    buf_clear(&out);
}

// What opt_print says, opt_assign reads back: the values before and after print the same text.
static void printed_values_come_back(void **state)
{
    (void)state;
    struct error e = {0};
    good_then(PARSE(&e, W("--train=x y"), W("--lr=0.1"), W("--betas=0.3333333333333333,0.7"),
                    W("--hidden=[7, 9]"), W("--optimizer=sgd"), W("--quiet"),
                    W("--seed=18446744073709551604"),
                    W("--a_name_that_fills_more_than_its_column=0.1s")),
              &e);
    for (size_t i = 0; i < COUNT; i++) {
        struct buf first, second;
        buf_init(&first, 1000);
        buf_init(&second, 1000);
        assert_int_equal(opt_print(&set, i, &first), 0);
        good_then(opt_assign(&set, (int)i, first.data, OPT_ARGV, "again", &e), &e);
        assert_int_equal(opt_print(&set, i, &second), 0);
        assert_string_equal(first.data, second.data);
        buf_clear(&first);
        buf_clear(&second);
    }
    assert_int_equal(target.hidden.value[1], 9);
    struct buf nothing;
    buf_init(&nothing, 10);
    target.hidden.count = 0;
    assert_int_equal(opt_print(&set, (size_t)opt_find(&set, "hidden"), &nothing), 0);
    assert_string_equal(nothing.data, "");
    buf_clear(&nothing);
    assert_true(target.rate == 0.1 && target.betas[0] == 0.3333333333333333);
    assert_true(target.every.seconds == 0.1 && target.quiet && target.seed == -12);
    assert_string_equal(target.train, "x y");
    assert_int_equal(target.kind, 0);
}

static int use_all(void *context, struct error *e)
{
    (void)context;
    struct target t = {0};
    struct opt_set s;
    int rc = opt_begin(&s, table, COUNT, &t, e);
    if (rc)
        return rc;
    char *argv[] = {W("skiff"), W("--train=a"), W("--name"), W("b"), W("--name=c"), NULL};
    rc = opt_parse(&s, 5, argv, NULL, e);
    opt_end(&s);
    return rc;
}

static void survives_failing_memory(void **state)
{
    (void)state;
    assert_true(check_failing_memory(use_all, NULL) >= 4);
    struct opt_set s;
    struct target t;
    const struct opt wrong = {.name = "n", .type = OPT_INT, .offset = AT(epochs), .initial = "x"};
    struct error e = {0};
    check_refused(opt_begin(&s, &wrong, 1, &t, &e), ERR_USAGE, &e, "n: 'x' is not");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(defaults_come_from_the_table),
        TEST(takes_both_forms),
        TEST(knows_aliases_and_both_dashes),
        TEST(later_words_win),
        TEST(bools_in_all_their_forms),
        TEST(a_bool_leaves_the_next_word),
        TEST(lists_and_times),
        TEST(refuses_with_a_reason),
        TEST(refused_values_change_nothing),
        TEST(argv_wins_over_a_file),
        TEST(finds_the_nearest_name),
        TEST(help_fits_and_tells_all),
        TEST(printed_values_come_back),
        TEST(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
