// SPDX-License-Identifier: MIT
// `skiff job new` lays out the files of a SageMaker job, `skiff job run` runs it: local mode
// without an engine for containers.
#include "base/mem.h"
#include "cmd/cmd.h"
#include "job/local_run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct job_options {
    // new
    int sender; // enum local_sender
    int64_t hosts;
    struct opt_texts channels, parameters, metrics, pipes, sharded;
    char *name, *instance, *objective;
    bool checkpoints;
    // run
    char *program;
    double max_run, stop_after, grace;
    bool quiet;
};

static const char *const sender_words[] = {"a", "b", "c", "d", NULL};

#define AT(member) offsetof(struct job_options, member)

// clang-format off
static const struct opt job_table[] = {
    {.group = "For new", .name = "sender", .type = OPT_ENUM, .offset = AT(sender), .words = sender_words, .initial = "a",
     .help = "Who encodes the hyperparameters: a plain Estimator or boto3, the Estimator of a framework, ModelTrainer, or a framework's whose values were made texts before."},
    {.name = "hosts", .type = OPT_INT, .offset = AT(hosts), .arg = "N", .min = 1, .max = LOCAL_HOSTS_MAX, .initial = "1",
     .help = "Hosts, called algo-1 to algo-N."},
    {.name = "channel", .type = OPT_TEXTS, .offset = AT(channels), .arg = "NAME=PATH",
     .help = "An input channel with this file, or with all files of this folder. May be given several times, as those below."},
    {.name = "hp", .type = OPT_TEXTS, .offset = AT(parameters), .arg = "NAME=VALUE",
     .help = "A hyperparameter as in Python; a value that is no number, list, True, False or None is a text."},
    {.name = "metric", .type = OPT_TEXTS, .offset = AT(metrics), .arg = "NAME=REGEX",
     .help = "A metric definition, the expression being Python's; without any those of the lesson."},
    {.name = "pipe", .type = OPT_TEXTS, .offset = AT(pipes), .arg = "NAME",
     .help = "A channel that comes through a pipe."},
    {.name = "sharded", .type = OPT_TEXTS, .offset = AT(sharded), .arg = "NAME",
     .help = "A channel of which each host gets some of the objects."},
    {.name = "objective", .type = OPT_TEXT, .offset = AT(objective), .arg = "NAME",
     .help = "The metric of a tuner that would have started the job."},
    {.name = "checkpoints", .type = OPT_BOOL, .offset = AT(checkpoints), .initial = "false",
     .help = "The job has a folder for checkpoints."},
    {.name = "name", .type = OPT_TEXT, .offset = AT(name), .arg = "NAME", .initial = "skiff-job",
     .help = "What the job is called."},
    {.name = "instance", .type = OPT_TEXT, .offset = AT(instance), .arg = "TYPE", .initial = "ml.m5.large",
     .help = "The type of its hosts, for the record."},

    {.group = "For run", .name = "program", .type = OPT_TEXT, .offset = AT(program), .arg = "FILE",
     .help = "What is started as train in place of this program."},
    {.name = "max_run", .type = OPT_FLOAT, .offset = AT(max_run), .arg = "SECONDS", .min = 0, .max = 1e9, .initial = "0",
     .help = "MaxRuntimeInSeconds: when the job is stopped; 0 is never."},
    {.name = "stop_after", .type = OPT_FLOAT, .offset = AT(stop_after), .arg = "SECONDS", .min = 0, .max = 1e9, .initial = "0",
     .help = "When somebody stops it, as StopTrainingJob does; 0 is never."},
    {.name = "grace", .type = OPT_FLOAT, .offset = AT(grace), .arg = "SECONDS", .min = 0, .max = 1e9, .initial = "120",
     .help = "From SIGTERM to SIGKILL."},
    {.name = "quiet", .type = OPT_BOOL, .offset = AT(quiet), .initial = "false",
     .help = "Do not show the log."},
};
// clang-format on

#define OPTIONS     (sizeof job_table / sizeof *job_table)
#define NEW_OPTIONS 11 // the first of them

static const char help_before[] =
    "Usage: skiff job new DIR [--channel NAME=PATH ...] [--hp NAME=VALUE ...]\n"
    "       skiff job run DIR [OPTION ...]\n"
    "\n"
    "SageMaker's local mode without Docker and without Python. 'new' lays out the\n"
    "files that a training job finds below /opt/ml, one tree a host; 'run' starts one\n"
    "process a host in them, shows the log, and then what SageMaker would show: the\n"
    "status, the reason of a failure, the metrics found in the log, the archives that\n"
    "would be uploaded, and the seconds that would be billed.\n"
    "\n"
    "  skiff job new demo --channel train=train_data.npz --channel val=val_data.npz \\\n"
    "      --hp epochs=100 --hp learning_rate=0.001 --sender b\n"
    "  skiff job run demo\n";

static const char help_after[] =
    "  --help                    This text.\n"
    "\n"
    "Exit status: 0 the job completed or was stopped, 1 it failed, 2 wrong options.\n";

static volatile sig_atomic_t stop_signals;

static void on_signal(int number)
{
    (void)number;
    stop_signals = stop_signals < 2 ? stop_signals + 1 : 2;
}

static int stop_asked(void *context)
{
    (void)context;
    return stop_signals;
}

static int run_new(const char *folder, const struct job_options *o, struct error *e)
{
    const struct local_spec spec = {
        .folder = folder,
        .name = o->name ? o->name : "skiff-job",
        .instance = o->instance ? o->instance : "ml.m5.large",
        .objective = o->objective,
        .sender = (enum local_sender)o->sender,
        .hosts = (size_t)o->hosts,
        .checkpoints = o->checkpoints,
        .channels = &o->channels,
        .parameters = &o->parameters,
        .metrics = &o->metrics,
        .pipes = &o->pipes,
        .sharded = &o->sharded,
    };
    return local_new(&spec, e);
}

// ---- run

struct log {
    bool many; // hosts: each line says whose it is
};

static void print_line(void *context, const char *host, const char *text)
{
    const struct log *log = context;
    if (log->many)
        printf("%s | %s\n", host, text);
    else
        printf("%s\n", text);
    fflush(stdout);
}

static void print_archive(const char *what, const struct local_archive *a)
{
    if (a->path)
        printf("%-10s %s: %zu file%s, %" PRIu64 " bytes\n", what, a->path, a->files,
               cmd_plural(a->files), a->size);
    else
        printf("%-10s nothing was written\n", what);
}

static void print_metrics(const struct local_metrics *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct local_metric *one = &m->metric[i];
        if (one->found)
            printf("%-10s %s: %.9g (%zu values from %.9g to %.9g)\n", "Metric", one->name,
                   one->last, one->found, one->min, one->max);
        else
            printf("%-10s %s: not found in the log\n", "Metric", one->name);
    }
}

static void print_result(const struct local_job *job, const struct local_result *r)
{
    printf("\n%-10s %s", "Status", local_status_name(r->status));
    if (strcmp(r->secondary, local_status_name(r->status)) != 0)
        printf(" (%s)", r->secondary);
    for (size_t i = 0; i < job->hosts; i++)
        printf("%s%s: exit code %d", i ? ", " : "; ", job->host[i], r->exit_code[i]);
    printf("\n");
    if (r->reason[0])
        printf("%-10s %s\n", "Reason", r->reason);
    print_metrics(&r->metrics);
    print_archive("Model", &r->model);
    print_archive("Output", &r->output);
    printf("%-10s %.3f seconds; billed %lld (%zu host%s, %s)\n", "Time", r->seconds,
           (long long)r->billable, job->hosts, cmd_plural(job->hosts), job->instance);
}

static int own_program(char *path, size_t size, struct error *e)
{
    const ssize_t len = readlink("/proc/self/exe", path, size - 1);
    if (len < 0)
        return error_errno(e, "--program is needed, for /proc/self/exe cannot be read");
    path[len] = '\0';
    return 0;
}

static int run_job(const struct local_job *job, const struct job_options *o, bool *failed,
                   struct error *e)
{
    char program[4096];
    int rc = o->program ? 0 : own_program(program, sizeof program, e);
    if (rc)
        return rc;
    struct log log = {job->hosts > 1};
    const struct local_run_spec spec = {
        .program = o->program ? o->program : program,
        .max_run = o->max_run,
        .stop_after = o->stop_after,
        .grace = o->grace,
        .context = &log,
        .line = o->quiet ? NULL : print_line,
        .stop = stop_asked,
    };
    struct local_result result;
    rc = local_run(job, &spec, &result, e);
    if (rc)
        return rc;
    print_result(job, &result);
    *failed = result.status == LOCAL_FAILED;
    rc = local_describe(job, &result, e);
    local_result_clear(&result);
    return rc;
}

static int run_run(const char *folder, const struct job_options *o, bool *failed, struct error *e)
{
    struct local_job job;
    int rc = local_job_read(&job, folder, e);
    if (rc)
        return rc;
    signal(SIGPIPE, SIG_IGN); // a reader of a pipe may leave early
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal); // a terminal that is closed
    rc = run_job(&job, o, failed, e);
    local_job_clear(&job);
    return rc;
}

// ---- both

static int run_action(int argc, char **argv, bool *failed, struct error *e)
{
    const char *action = argc > 1 ? argv[1] : "", *folder[1];
    const bool makes = strcmp(action, "new") == 0;
    if (!makes && strcmp(action, "run") != 0)
        return error_set(e, ERR_USAGE,
                         "%s%.60s%ssay 'skiff job new' or 'skiff job run'; --help shows examples",
                         *action ? "'" : "", action, *action ? "': " : "");
    struct job_options o = {0};
    struct opt_set options;
    struct opt_words words = {.word = folder, .max = 1};
    int rc = opt_begin(&options, makes ? job_table : job_table + NEW_OPTIONS,
                       makes ? NEW_OPTIONS : OPTIONS - NEW_OPTIONS, &o, e);
    if (rc)
        return rc;
    rc = opt_parse(&options, argc - 1, argv + 1, &words, e);
    if (rc == 0 && words.count == 0)
        rc = error_set(e, ERR_USAGE, "%s: which folder? skiff job %s DIR", action, action);
    if (rc == 0)
        rc = makes ? run_new(folder[0], &o, e) : run_run(folder[0], &o, failed, e);
    opt_end(&options);
    return rc;
}

int cmd_job(int argc, char **argv)
{
    struct error e = {0};
    bool failed = false;
    const int rc = cmd_wants_help(argc, argv)
                       ? cmd_help(help_before, job_table, OPTIONS, help_after)
                       : run_action(argc, argv, &failed, &e);
    const int status = cmd_finish(argv[0], rc, &e);
    return status ? status : failed;
}
