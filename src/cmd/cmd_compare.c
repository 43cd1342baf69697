// SPDX-License-Identifier: MIT
// `skiff compare`: runs in, a table and an answer out.
#include "base/file.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/compare_print.h"
#include "cost/prices.h"
#include "cost/run_read.h"
#include "report/compare_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_MAX     ((size_t)256 << 20)
#define PUBLISHED_FILE "published_runs.csv"

struct compare_options {
    int format;
    char *out, *page, *target, *baseline, *prices;
    int metric;
    bool published;
    struct opt_texts instance;
    double storage, spot, overhead;
    bool help;
};

#define AT(field) offsetof(struct compare_options, field)

// By enum compare_format, and by enum cost_metric behind the first.
static const char *const format_words[] = {"text", "markdown", "csv", "json", NULL};
#define METRIC_WORD(name, text, several, larger) text,
static const char *const metric_words[] = {"auto", COST_METRICS_OF(METRIC_WORD) NULL};

// clang-format off
static const struct opt table[] = {
    {.group = "Options", .name = "format", .type = OPT_ENUM, .offset = AT(format), .words = format_words, .initial = "text",
     .help = "What to write: csv and json have every figure."},
    {.name = "out", .type = OPT_TEXT, .offset = AT(out), .arg = "FILE",
     .help = "Where to write it; -, as without it: to standard output."},
    {.name = "page", .type = OPT_TEXT, .offset = AT(page), .arg = "FILE",
     .help = "Also write a page of HTML with figures: cost and quality, cost and size, all rows, the prices."},
    {.name = "target", .type = OPT_TEXT, .offset = AT(target), .arg = "METRIC=VALUE",
     .help = "How long and how many dollars until an epoch is as good as that: a column of history.csv, such as val_auroc=0.85."},
    {.name = "metric", .type = OPT_ENUM, .offset = AT(metric), .words = metric_words, .initial = "auto",
     .help = "How good a model is. auto: what most runs have."},
    {.name = "baseline", .type = OPT_TEXT, .offset = AT(baseline), .arg = "NAME",
     .help = "The run that others are set against; the first unless given."},
    {.group = "Cost", .name = "prices", .type = OPT_TEXT, .offset = AT(prices), .arg = "FILE",
     .help = "Table of prices, a CSV with the columns instance and usd_per_hour, in place of prices.csv as installed."},
    {.name = "instance", .aliases = "assume", .type = OPT_TEXTS, .offset = AT(instance), .arg = "[RUN=]TYPE",
     .help = "Price that run, or every run that says no instance or only guesses one, as if it had been on TYPE; may be given several times."},
    {.name = "published", .type = OPT_BOOL, .offset = AT(published), .initial = "false",
     .help = "Add the runs that others have published, from published_runs.csv as installed."},
    {.name = "overhead", .type = OPT_FLOAT, .offset = AT(overhead), .arg = "SECONDS", .min = 0, .max = 1e6, .initial = "0",
     .help = "What a platform bills each instance of a run beyond what the run knows: image, data, upload. Not for published runs, whose bill has it."},
    {.name = "storage", .type = OPT_FLOAT, .offset = AT(storage), .arg = "GB", .min = 0, .max = 1e6, .initial = "0",
     .help = "Disk of each instance, at the price of storage.gb in the table of prices."},
    {.name = "spot", .type = OPT_FLOAT, .offset = AT(spot), .arg = "PERCENT", .min = 0, .max = 100, .initial = "0",
     .help = "Discount on the price of instances."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};
// clang-format on

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff compare RUN ... [OPTION ...]\n"
    "\n"
    "Runs side by side in seconds, dollars and quality, and what to rent. RUN is the\n"
    "run.json of a run, the folder it is in, a folder of such folders, a .jsonl with a\n"
    "run.json a line, or a .csv of published runs. Runs of one configuration make one\n"
    "row, so that what they differ by is seen.\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff compare runs/ --published\n"
    "  skiff compare cpu/ gpu/ --target val_auroc=0.85 --overhead 60\n"
    "  skiff compare sweep.jsonl --page cost.html\n"
    "  skiff compare here/ --instance ml.m5.large --format json --out cost.json\n"
    "\n"
    "Exit status: 0 done, 1 a file cannot be used, 2 wrong options.\n";

// "RUN=TYPE" or "TYPE"; the text is cut at the last '='.
static int assumption_of(struct compare_assumption *a, char *text, struct error *e)
{
    char *equals = strrchr(text, '=');
    *a = (struct compare_assumption){NULL, text};
    if (equals) {
        *equals = '\0';
        *a = (struct compare_assumption){text, equals + 1};
    }
    if (!*a->instance || (a->run && !*a->run))
        return error_set(e, ERR_USAGE,
                         "--instance: wanted TYPE or RUN=TYPE, such as ml.m5.large or "
                         "run1=ml.m5.large");
    return 0;
}

static int add_published(struct cost_runs *runs, struct error *e)
{
    char *path = cmd_data_file(PUBLISHED_FILE);
    if (!path)
        return error_set(e, ERR_NOTFOUND,
                         "--published: %s is not installed; name the file itself as a RUN",
                         PUBLISHED_FILE);
    const int rc = cost_runs_add(runs, path, e);
    mem_free(path);
    return rc;
}

static int read_runs(struct cost_runs *runs, const struct cmd_call *call, struct error *e)
{
    const struct compare_options *o = call->values;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < call->words; i++)
        rc = cost_runs_add(runs, call->word[i], e);
    if (rc == 0 && o->published)
        rc = add_published(runs, e);
    return rc;
}

// Without a table that anybody named or installed there are no dollars, and the notes say so.
static int read_prices(struct prices *prices, const struct compare_options *o, struct error *e)
{
    *prices = (struct prices){0};
    if (o->prices)
        return prices_read(prices, o->prices, e);
    char *path = cmd_data_file(PRICES_FILE);
    const int rc = path ? prices_read(prices, path, e) : 0;
    mem_free(path);
    return rc;
}

static bool to_stdout(const struct compare_options *o)
{
    return !o->out || strcmp(o->out, "-") == 0;
}

// Records are worth more than what is made of them.
static int check_output(const char *option, const char *path, const struct compare_options *o,
                        const struct cost_runs *runs, struct error *e)
{
    if (path && o->prices && file_same(path, o->prices))
        return error_set(e, ERR_USAGE, "%s: %s is the table of prices that is read", option, path);
    for (size_t i = 0; path && i < runs->count; i++)
        if (cost_run_is_of(&runs->item[i], path))
            return error_set(e, ERR_USAGE,
                             "%s: %s is a file of a run that is compared; name another", option,
                             path);
    return 0;
}

static int check_outputs(const struct compare_options *o, const struct cost_runs *runs,
                         struct error *e)
{
    if (o->page && strcmp(o->page, "-") == 0)
        return error_set(e, ERR_USAGE,
                         "--page: a file is needed; standard output is for the comparison");
    if (o->page && o->out && strcmp(o->page, o->out) == 0)
        return error_set(e, ERR_USAGE, "--page: %s is also --out", o->page);
    const int rc = check_output("--out", to_stdout(o) ? NULL : o->out, o, runs, e);
    return rc ? rc : check_output("--page", o->page, o, runs, e);
}

static int write_out(const struct compare *c, const struct compare_options *o, struct error *e)
{
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    int rc = compare_print(c, (enum compare_format)o->format, &out, e);
    if (rc == 0 && !to_stdout(o))
        rc = file_write_all(o->out, out.data ? out.data : "", out.len, e);
    else if (rc == 0)
        fwrite(out.data, 1, out.len, stdout);
    buf_clear(&out);
    return rc;
}

static int write_page(const struct compare *c, const char *path, struct error *e)
{
    struct buf out;
    buf_init(&out, COMPARE_PAGE_MAX);
    int rc = compare_page(c, &out, e);
    if (rc == 0)
        rc = file_write_all(path, out.data, out.len, e);
    buf_clear(&out);
    return rc;
}

static int spec_of(struct compare_spec *spec, struct compare_assumption *assumption,
                   struct compare_target *target, struct compare_options *o, struct error *e)
{
    *spec = (struct compare_spec){
        .assumption = assumption,
        .assumptions = o->instance.count,
        .baseline = o->baseline,
        .metric = o->metric ? (enum cost_metric)(o->metric - 1) : COST_METRICS,
        .target = o->target ? target : NULL,
        .storage_gb = o->storage,
        .spot_percent = o->spot,
        .overhead = o->overhead,
    };
    int rc = o->target ? compare_target_parse(target, o->target, e) : 0;
    for (size_t i = 0; rc == 0 && i < o->instance.count; i++)
        rc = assumption_of(&assumption[i], o->instance.value[i], e);
    return rc;
}

static int work(const struct cmd_call *call, struct error *e)
{
    struct compare_options *o = call->values;
    struct compare_assumption assumption[OPT_TEXTS_MAX];
    struct compare_target target;
    struct compare_spec spec;
    struct cost_runs runs = {0};
    struct prices prices = {0};
    struct compare c;
    if (call->words == 0 && !o->published)
        return error_set(e, ERR_USAGE, "a run is needed; --help shows examples");
    int rc = spec_of(&spec, assumption, &target, o, e);
    if (rc == 0)
        rc = read_prices(&prices, o, e);
    spec.prices = &prices;
    if (rc == 0)
        rc = read_runs(&runs, call, e);
    if (rc == 0)
        rc = check_outputs(o, &runs, e);
    if (rc == 0 && (rc = compare_make(&c, &spec, &runs, e)) == 0) {
        rc = write_out(&c, o, e);
        if (rc == 0 && o->page)
            rc = write_page(&c, o->page, e);
        compare_clear(&c);
    }
    cost_runs_clear(&runs);
    prices_clear(&prices);
    return rc;
}

int cmd_compare(int argc, char **argv)
{
    struct compare_options options = {0};
    const struct cmd command = {
        .table = table,
        .options = TABLE_ROWS,
        .before = help_before,
        .after = help_after,
        .values = &options,
        .help = &options.help,
        .words = CMD_WORDS_MAX,
        .work = work,
    };
    return cmd_run(&command, argc, argv);
}
