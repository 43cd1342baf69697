// SPDX-License-Identifier: MIT
// `skiff report`: options in, a page and its figures out.
#include "cmd/cmd.h"
#include "cmd/meter.h"
#include "report/report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct report_options {
    char *out, *data, *model, *threshold;
    int part;
    char *x_key, *y_key;
    int64_t bootstrap, importance, seed, threads;
    bool help;

    bool threshold_given;
    enum threshold_rule rule; // from `threshold`
    double value;
};

#define AT(field) offsetof(struct report_options, field)

// clang-format off
static const struct opt table[] = {
    {.group = "Options", .name = "out", .type = OPT_TEXT, .offset = AT(out), .arg = "DIR",
     .help = "Where report.html and the figures go: RUN unless given. -: the page to standard output, and no other file."},
    {.name = "data", .type = OPT_TEXT, .offset = AT(data), .arg = "PATH",
     .help = "Rows with labels to judge the model on, instead of those that the run was validated on: an .npz or a folder of them, or a CSV if the model carries its preparation."},
    {.name = "part", .type = OPT_ENUM, .offset = AT(part), .words = cmd_part_words, .initial = "auto",
     .help = "Which arrays of --data, where there are several: X_train and y_train and so on, each else X and y. auto: the only ones."},
    {.name = "x_key", .type = OPT_TEXT, .offset = AT(x_key), .arg = "NAME",
     .help = "Name of the feature array of --data, if it is another."},
    {.name = "y_key", .type = OPT_TEXT, .offset = AT(y_key), .arg = "NAME",
     .help = "Name of the target array of --data, if it is another."},
    {.name = "model", .type = OPT_TEXT, .offset = AT(model), .arg = "FILE",
     .help = "The model, if it is not RUN/model.npz."},
    {.name = "threshold", .type = OPT_TEXT, .offset = AT(threshold), .initial = "0.5", .arg = "T",
     .help = "A probability above T is a 1; f1 or youden: the threshold with the largest F1, or the largest sum of sensitivity and specificity, on the rows that are judged. Binary only."},
    {.name = "bootstrap", .type = OPT_INT, .offset = AT(bootstrap), .arg = "N",
     .min = 0, .max = 1e6, .initial = "1000",
     .help = "Resamples for the 95 % intervals; 0 computes none."},
    {.name = "importance", .type = OPT_INT, .offset = AT(importance), .arg = "N",
     .min = 0, .max = 1000, .initial = "10",
     .help = "How often each column is shuffled to find out what it is worth; 0 leaves that out."},
    {.name = "seed", .type = OPT_INT, .offset = AT(seed), .arg = "N",
     .min = -9007199254740992.0, .max = 9007199254740992.0, .initial = "0",
     .help = "Of resamples and shuffles: the same seed gives the same page."},
    {.name = "threads", .type = OPT_INT, .offset = AT(threads), .arg = "N",
     .min = 0, .max = 1024, .initial = "0",
     .help = "Threads; 0 takes OMP_NUM_THREADS, or else the cores at hand. The result does not depend on it."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};
// clang-format on

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff report RUN [OPTION ...]\n"
    "\n"
    "A page about a training run: what came out, how sure that is, what to beware of.\n"
    "RUN is the folder that skiff train --out has filled; report.html and the figures\n"
    "(loss.svg, roc.svg, ...) are put beside the other files there. The page needs no\n"
    "network and no other file.\n";

static const char help_after[] = "\n"
                                 "Examples\n"
                                 "  skiff report run/\n"
                                 "  skiff report run/ --data test_data.npz --out test_report/\n"
                                 "  skiff report run/ --out - >page.html\n"
                                 "\n"
                                 "Exit status: 0 done, 1 a file cannot be used, 2 wrong options.\n";

static int check_options(const struct opt_set *set, const struct report_options *o, struct error *e)
{
    static const char *const for_data[] = {"part", "x_key", "y_key"};
    for (size_t i = 0; !o->data && i < sizeof for_data / sizeof *for_data; i++)
        if (opt_given(set, for_data[i]))
            return error_set(e, ERR_USAGE, "--%s: is for --data; the run knows its own",
                             for_data[i]);
    return 0;
}

static void print_result(const struct report *r, const char *folder)
{
    const size_t len = strlen(folder);
    printf("%s%sreport.html and %zu figure%s\n", folder, len && folder[len - 1] == '/' ? "" : "/",
           r->figures.count, cmd_plural(r->figures.count));
    if (r->missing.len)
        printf("%s\n", r->missing.data);
    for (size_t i = 0; i < r->remarks.count; i++)
        printf("warning: %s\n", r->remarks.item[i].title);
}

static int write_page(const struct report *r, const char *out, const char *run, struct error *e)
{
    const char *folder = out ? out : run;
    if (strcmp(folder, "-") != 0) {
        const int rc = report_write(r, folder, e);
        if (rc == 0)
            print_result(r, folder);
        return rc;
    }
    struct buf page;
    buf_init(&page, REPORT_PAGE_MAX);
    const int rc = report_page(r, &page, e);
    if (rc == 0)
        fwrite(page.data, 1, page.len, stdout);
    buf_clear(&page);
    return rc;
}

static int make_report(const struct report_options *o, const char *folder, struct error *e)
{
    struct meter meter;
    const struct report_spec spec = {
        .run = folder,
        .model = o->model,
        .data = o->data,
        .keys = {.part = cmd_part(o->part), .x = o->x_key, .y = o->y_key},
        .threads = (size_t)o->threads,
        .rule = o->rule,
        .threshold = o->value,
        .threshold_given = o->threshold_given,
        .resamples = (size_t)o->bootstrap,
        .repeats = (size_t)o->importance,
        .seed = o->seed,
        .shuffled = meter_show,
        .context = &meter,
    };
    struct report report;
    signal(SIGBUS, cmd_lost_page);
    meter_init(&meter, "shuffles for the importance of columns", false);
    int rc = report_make(&report, &spec, e);
    meter_end(&meter);
    if (rc)
        return rc;
    rc = write_page(&report, o->out, folder, e);
    report_clear(&report);
    return rc;
}

static int work(const struct cmd_call *call, struct error *e)
{
    struct report_options *o = call->values;
    if (call->words == 0)
        return error_set(e, ERR_USAGE, "the folder of a run is needed; --help shows examples");
    o->threshold_given = opt_given(call->set, "threshold");
    int rc = cmd_threshold(o->threshold, &o->rule, &o->value, e);
    if (rc == 0)
        rc = check_options(call->set, o, e);
    return rc ? rc : make_report(o, call->word[0], e);
}

int cmd_report(int argc, char **argv)
{
    struct report_options options = {0};
    const struct cmd command = {
        .table = table,
        .options = TABLE_ROWS,
        .before = help_before,
        .after = help_after,
        .values = &options,
        .help = &options.help,
        .words = 1,
        .work = work,
    };
    return cmd_run(&command, argc, argv);
}
