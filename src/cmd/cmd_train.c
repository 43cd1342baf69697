// SPDX-License-Identifier: MIT
// `skiff train`: options in, a call to the training job, exit status out.
#include "base/clock.h"
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "cmd/train_container.h"
#include "cmd/train_hosts.h"
#include "cost/prices.h"
#include "job/train_job.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

// The first signal asks for an orderly end; any second one has its default action back. The first
// process of a container has no default actions, so its handler stays.
static void on_signal(int number)
{
    if (getpid() == 1) {
        if (stop_signal)
            _exit(128 + number);
        stop_signal = 1;
        return;
    }
    stop_signal = 1;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
}

static void catch_signals(bool several)
{
    // A log whose reader is slow must not look like a broken one: writing goes on after a signal.
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGBUS, several ? cmd_lost_page_rank : cmd_lost_page);
    signal(SIGPIPE, SIG_IGN); // a closed pipe is a failed write, not a death in mid-file
}

static bool stop_asked(void *context)
{
    (void)context;
    return stop_signal != 0;
}

static const char help_before[] =
    "Usage: skiff train --train PATH [--val PATH] [OPTION ...]\n"
    "       skiff train --data FILE.csv --target NAME [OPTION ...]\n"
    "\n"
    "Trains a network of dense layers on a table and writes model.npz and\n"
    "nn_model.pth (for numpy and torch), history.csv, metrics.json and run.json.\n"
    "With the same seed, data and options it starts from PyTorch's weights, takes\n"
    "PyTorch's batches and follows PyTorch's loss to rounding, and it writes the\n"
    "same bytes for any number of threads, and of ranks under mpiexec.\n"
    "\n"
    "  skiff train --train train_data.npz --val val_data.npz --epochs 1000\n"
    "  skiff train --train t.npz --val v.npz --epochs 200 --patience 20 --out run/\n"
    "  skiff train --data passengers.csv --target Survived --epochs 1000\n"
    "\n"
    "Names may be written with - or _, values as --name value or --name=value.\n";

static const char help_after[] =
    "  --help                    This text.\n"
    "\n"
    "Exit status: 0 the model is written, 1 a file cannot be used or written, or training\n"
    "diverged, 2 wrong options.\n";

// What the parts of this command share.
struct call {
    struct dist *ranks;
    int argc;
    char **argv;
    struct train_config config;
    struct opt_set options;
    struct container container; // root is NULL where we are in none
    bool idle;                  // this host of a job has nothing to do
    bool supervised;            // a rank of a supervisor of ours
};

static bool brings_up_ranks(const struct call *call)
{
    const struct train_config *c = &call->config;
    return !call->ranks && !call->supervised && !call->idle &&
           (c->ranks_per_host > 1 || c->restarts > 0 || (c->hosts && strchr(c->hosts, ',')));
}

// Where ranks are to be brought up they read the rest themselves: a pipe gives its data once.
static int read_job(struct call *call, struct error *e)
{
    struct opt_set *options = &call->options;
    const bool rank = call->ranks || call->supervised;
    const int rc = train_container_read(&call->container, options, rank, &call->idle, e);
    if (rc || call->idle || brings_up_ranks(call))
        return rc;
    return train_container_options(&call->container, options, call->ranks, stop_asked, e);
}

// argv first, for it may name the configuration file and the container's root; what it set stays.
static int read_options(struct call *call, struct error *e)
{
    struct opt_set *options = &call->options;
    struct train_config *c = &call->config;
    int rc = cmd_options_only(options, call->argc, call->argv, e);
    const bool job = train_container_find(&call->container, c->root) || c->root;
    if (rc == 0 && c->config)
        rc = train_config_file(options, c->config, e);
    if (rc == 0 && job)
        rc = read_job(call, e);
    if (rc == 0)
        train_config_settle(c, options);
    const bool all_read = !call->idle && !(job && brings_up_ranks(call));
    return rc || !all_read ? rc : train_config_check(c, e);
}

static void print_test(const struct train_job_result *result)
{
    printf("Test Loss: %.4f", result->test_loss);
    if (!isnan(result->test_accuracy))
        printf(", Test Accuracy: %.4f", result->test_accuracy);
    if (!isnan(result->test_rmse))
        printf(", Test RMSE: %.4f", result->test_rmse);
    printf("\n");
}

// Of several ranks only the root talks; a signal may reach any of them.
static struct fit_hooks hooks_of(const struct dist *ranks, struct progress *progress)
{
    if (!dist_is_root(ranks))
        return (struct fit_hooks){.stop = stop_asked};
    return (struct fit_hooks){progress, progress_epoch, progress_step, stop_asked, progress_note};
}

// Nobody has asked for so few: they are those of the script whose arguments these are.
static void note_epochs(struct progress *progress, const struct train_config *c)
{
    char text[160];
    snprintf(text, sizeof text, "%lld epochs, as --epochs was not given; %s", (long long)c->epochs,
             train_config_validates(c) ? "--epochs 1000 --patience 30 trains until val_loss is no "
                                         "better"
                                       : "--epochs 1000 trains longer");
    progress_note(progress, text);
}

static int run(const struct call *call, struct error *e)
{
    const struct train_config *c = &call->config;
    struct progress progress;
    progress_init(&progress, c);
    progress.scraped = call->container.root != NULL;
    progress.parts = call->container.root ? &call->container.parts : NULL;
    char *prices = cmd_data_file(PRICES_FILE);
    const struct train_job job = {
        .config = c,
        .command = (const char *const *)call->argv,
        .hooks = hooks_of(call->ranks, &progress),
        .ranks = call->ranks,
        .started = clock_process(),
        .place = {.instance = call->container.hosts.instance,
                  .machines = call->container.root ? call->container.hosts.count : 0,
                  .download = call->container.download,
                  .prices = prices,
                  .parts = progress.parts},
    };
    struct train_job_result result;
    const int rc = train_job(&job, &result, e);
    mem_free(prices);
    progress_end(&progress);
    if (rc || !dist_is_root(call->ranks))
        return rc;
    progress_kept(&progress, result.epoch, &result.row);
    if (result.interrupted)
        progress_note(&progress,
                      !result.model_path ? "interrupted before the first step; no model is written"
                      : c->checkpoint_dir
                          ? "interrupted; start it again to go on from its checkpoint"
                      : c->restore_best ? "interrupted; the model is that of the best epoch so far"
                                        : "interrupted; the model is that of the last step");
    else if (!call->container.root && !opt_given(&call->options, "epochs") && c->patience == 0)
        note_epochs(&progress, c);
    if (!c->quiet && result.model_path && c->test && !isnan(result.test_loss))
        print_test(&result);
    if (!c->quiet && result.model_path)
        printf("Model saved to %s\n", result.model_path);
    train_job_result_clear(&result);
    return 0;
}

// Every rank hears the question, one answers.
static int help(const char *name)
{
    struct error e = {0};
    if (!dist_speaks(NULL))
        return 0;
    return cmd_finish(name, cmd_help(help_before, train_options, train_option_count, help_after),
                      &e);
}

// One of the ranks says how it went.
static int finish(const struct dist *ranks, const char *name, int rc, struct error *e)
{
    return dist_speaks(ranks) ? cmd_finish(name, rc, e) : cmd_end(rc, e);
}

static int check_launcher(const struct call *call, struct error *e)
{
    if (!call->ranks || call->supervised || call->config.restarts == 0)
        return 0;
    return error_set(
        e, ERR_USAGE,
        "--restarts: a launcher such as mpiexec ends all its processes when one of them "
        "fails, and nobody is left to start them again; start skiff without it, with "
        "--hosts or --ranks_per_host");
}

static int train_ranks(int argc, char **argv, bool supervised);

// Two processes come back from this: the rank, which begins anew as if a launcher had started it,
// and the one that has watched over it.
static int train_on_hosts(struct call *call, struct error *e)
{
    bool rank;
    int status;
    const struct container *k = &call->container;
    const struct train_hosts_job job = {k->hosts.interface, k->failure};
    const int rc = train_hosts(&call->config, &job, stop_asked, &rank, &status, e);
    if (rc == 0 && rank)
        status = train_ranks(call->argc, call->argv, true);
    else if (rc)
        cmd_finish(call->argv[0], rc, e);
    opt_end(&call->options);
    train_container_end(&call->container);
    return status;
}

// Of a run that has failed before it began: was that because a signal has come, to any rank?
static bool was_stopped(struct dist *ranks)
{
    bool stopped = stop_signal != 0;
    return dist_any(ranks, &stopped, NULL) == 0 && stopped;
}

// Options are the ranks' first agreement.
static int train(struct dist *ranks, int argc, char **argv, bool supervised)
{
    struct call call = {.ranks = ranks, .argc = argc, .argv = argv, .supervised = supervised};
    struct error e = {0};
    catch_signals(dist_ranks(ranks) > 1);
    int rc = opt_begin(&call.options, train_options, train_option_count, &call.config, &e);
    if (rc == 0)
        rc = read_options(&call, &e);
    if (rc == 0)
        rc = check_launcher(&call, &e);
    rc = dist_agree(ranks, rc, &e);
    if (rc == 0 && brings_up_ranks(&call))
        return train_on_hosts(&call, &e);
    if (rc == 0 && !call.idle)
        rc = run(&call, &e);
    else if (rc && was_stopped(ranks))
        rc = dist_speaks(ranks) ? train_container_stopped() : 0;
    opt_end(&call.options);
    if (supervised && dist_broken(ranks)) // why messages fail its supervisor knows better
        cmd_failure_file(NULL);
    if (rc && call.container.root)
        channel_parts_explain(&call.container.parts, &e);
    const int status = finish(ranks, argv[0], rc, &e);
    train_container_end(&call.container);
    return status;
}

static int train_ranks(int argc, char **argv, bool supervised)
{
    struct dist *ranks;
    struct error e = {0};
    const int rc = dist_open(&ranks, &e);
    const int status = rc ? finish(ranks, argv[0], rc, &e) : train(ranks, argc, argv, supervised);
    if (!ranks)
        return status;
    dist_close(ranks, status);
    fflush(NULL);
    _exit(status);
}

int cmd_train(int argc, char **argv)
{
    return cmd_wants_help(argc, argv) ? help(argv[0]) : train_ranks(argc, argv, false);
}
