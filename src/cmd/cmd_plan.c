// SPDX-License-Identifier: MIT
// `skiff plan`: the options of `skiff train`, and some of its own; a prediction out.
#include "base/clock.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/plan_print.h"

#include <stdio.h>
#include <string.h>

// The first member is filled by the table of `skiff train`.
struct plan_options {
    struct train_config train;
    char *instances;
    struct opt_sizes host_counts;
    double cores, network, latency, message;
    bool json, help;
};

#define AT(field) offsetof(struct plan_options, field)

// clang-format off
static const struct opt own[] = {
    {.group = "Options", .name = "instances", .type = OPT_TEXT, .offset = AT(instances), .arg = "NAMES",
     .initial = "ml.m5.large,ml.m5.xlarge,ml.m5.2xlarge,ml.m5.4xlarge",
     .help = "Machines to rent, separated by commas, by their names in the table of prices."},
    {.name = "host_counts", .type = OPT_SIZES, .offset = AT(host_counts), .min = 1, .max = 1024,
     .arg = "LIST", .initial = "1,2,4,8", .help = "How many of each."},
    {.name = "cores", .type = OPT_FLOAT, .offset = AT(cores), .arg = "N", .min = 0, .max = 1e4,
     .initial = "0",
     .help = "Instead of --instances: hosts of your own with so many cores each; 0: none."},
    {.name = "network", .type = OPT_FLOAT, .offset = AT(network), .arg = "MBIT", .min = 0, .max = 1e8,
     .initial = "0",
     .help = "Megabits a second that a host sends and receives; 0: what the table of prices says of an instance."},
    {.name = "latency", .type = OPT_FLOAT, .offset = AT(latency), .arg = "US", .min = 0, .max = 1e7,
     .initial = "100",
     .help = "Microseconds until a message arrives, the programs at both ends included."},
    {.name = "message", .type = OPT_FLOAT, .offset = AT(message), .arg = "US", .min = 0, .max = 1e7,
     .initial = "5", .help = "Microseconds of a core that each message to another host takes."},
    {.name = "json", .type = OPT_BOOL, .offset = AT(json), .help = "The figures as JSON."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};
// clang-format on

#define OWN_ROWS (sizeof own / sizeof *own)

static const char help_before[] =
    "Usage: skiff plan --train PATH [--val PATH] [OPTION ...]\n"
    "       skiff plan --data FILE.csv --target NAME [OPTION ...]\n"
    "\n"
    "What a training run would take on machines that are not rented yet, and on several\n"
    "of them: the steps of the very run that the options describe are measured here for\n"
    "a moment, and the rest is predicted. Nothing is trained and no file is written.\n"
    "Every option of 'skiff train' is taken; --prices FILE is another table of prices.\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff plan --data passengers.csv --target Survived --epochs 1000\n"
    "  skiff plan --train t.npz --val v.npz --batch_size 4096 --host_counts 1,2,4,8,16,32\n"
    "  skiff plan --train t.npz --hidden 512,512 --cores 16 --network 10000 --latency 30\n"
    "\n"
    "Exit status: 0 done, 1 a file cannot be used, 2 wrong options.\n";

static void note(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "skiff plan: %s\n", text);
}

static int check_options(const struct opt_set *set, const struct plan_options *o, struct error *e)
{
    if (o->host_counts.count == 0)
        return error_set(e, ERR_USAGE, "--host_counts: at least one number is needed");
    if (o->cores > 0 && opt_given(set, "instances"))
        return error_set(e, ERR_USAGE, "--cores: is for hosts of your own; leave out --instances");
    if (o->train.parallel == PARALLEL_MODEL)
        return error_set(
            e, ERR_USAGE,
            "--parallel model: a plan is of hosts that divide the rows; leave it away");
    return train_config_check(&o->train, e);
}

static int print_plan(const struct plan_job *job, const struct plan_result *r, bool json,
                      struct error *e)
{
    if (json)
        return plan_print_json(job, r, e);
    plan_print(job, r);
    return 0;
}

static int plan(const struct plan_options *o, struct error *e)
{
    char *installed = o->train.prices ? NULL : cmd_data_file(PRICES_FILE);
    const struct plan_job job = {
        .train = {.config = &o->train,
                  .hooks.note = o->train.quiet ? NULL : note,
                  .started = clock_process()},
        .prices = o->train.prices ? o->train.prices : installed,
        .instances = o->instances,
        .cores = o->cores,
        .hosts = &o->host_counts,
        .network_mbit = o->network,
        .latency = 1e-6 * o->latency,
        .message = 1e-6 * o->message,
    };
    struct plan_result r;
    int rc = plan_job(&job, &r, e);
    if (rc == 0) {
        rc = print_plan(&job, &r, o->json, e);
        plan_result_clear(&r);
    }
    mem_free(installed);
    return rc;
}

static int read_and_plan(int argc, char **argv, const struct opt *table, struct error *e)
{
    struct plan_options o;
    struct opt_set set;
    int rc = opt_begin(&set, table, OWN_ROWS + train_option_count, &o, e);
    if (rc)
        return rc;
    rc = cmd_options_only(&set, argc, argv, e);
    if (rc == 0 && o.train.config)
        rc = train_config_file(&set, o.train.config, e);
    if (rc == 0) {
        train_config_settle(&o.train, &set);
        rc = check_options(&set, &o, e);
    }
    if (rc == 0)
        rc = plan(&o, e);
    opt_end(&set);
    return rc;
}

int cmd_plan(int argc, char **argv)
{
    struct error e = {0};
    if (cmd_wants_help(argc, argv))
        return cmd_finish(argv[0], cmd_help(help_before, own, OWN_ROWS, help_after), &e);
    struct opt *table = mem_array(OWN_ROWS + train_option_count, sizeof *table);
    int rc = table ? 0 : error_nomem(&e, "options");
    if (rc == 0) {
        memcpy(table, own, sizeof own);
        memcpy(table + OWN_ROWS, train_options, train_option_count * sizeof *table);
        rc = read_and_plan(argc, argv, table, &e);
    }
    mem_free(table);
    return cmd_finish(argv[0], rc, &e);
}
