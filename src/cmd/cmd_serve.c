// SPDX-License-Identifier: MIT
// `skiff serve`: options in, a server until a signal, exit status out. As `serve` it is what
// SageMaker starts in a hosting container.
#include "cmd/cmd.h"

#include "base/file.h"
#include "base/mem.h"
#include "job/container.h"
#include "serve/serve.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char help_before[] =
    "Usage: skiff serve [MODEL] [OPTION ...]\n"
    "\n"
    "Answers requests for predictions over HTTP, until SIGTERM. MODEL is the model.npz\n"
    "that skiff train wrote, or its folder; without one it is /opt/ml/model/model.npz, as\n"
    "in a container that SageMaker starts with `serve`.\n"
    "\n"
    "  POST /invocations          rows in, an answer a row, in their order\n"
    "  GET /ping                  200, within milliseconds, whatever else goes on\n"
    "  GET /execution-parameters  how a batch transform should send its rows\n"
    "\n"
    "With --multi_model it begins without a model, and takes instead of /invocations:\n"
    "\n"
    "  POST, GET /models          {\"model_name\": \"N\", \"url\": PATH} loads one; which there "
    "are\n"
    "  GET, DELETE /models/N      where it is from; unloads it\n"
    "  POST /models/N/invoke      rows in, as above\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff serve run/model.npz --port 8080\n"
    "  curl -H 'Content-Type: text/csv' --data-binary @rows.csv localhost:8080/invocations\n"
    "\n"
    "Arguments come before variables. There is no encryption and nobody is asked who he\n"
    "is: that is for what stands in front of it, as SageMaker does. Errors are one line\n"
    "of text. SIGTERM and SIGINT end the server when all that it has begun is answered,\n"
    "within 25 seconds; a second one ends it at once.\n"
    "\n"
    "Exit status: 0 it was told to stop, 1 the model or the port cannot be used, 2 wrong\n"
    "options.\n";

// Where standard streams are closed, connections would get their numbers, and what we say.
static void hold_streams(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
}

// Blocked signals wait in the descriptor, those for process 1 too. Before there are threads.
static int catch_signals(int *fd, struct error *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN); // of clients that have gone
    sigprocmask(SIG_BLOCK, &set, NULL);
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd < 0 ? error_errno(e, "signalfd") : 0;
}

struct talk {
    const struct serve_job *job;
    size_t dropped; // lines of the log since the last one that was written
};

// A pipe that nobody reads fills, and whoever writes to it waits: the thread that has all
// connections must not. Where it is ready it has room for PIPE_BUF bytes, more than any line here.
static bool can_say(void)
{
    struct pollfd on = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&on, 1, 0) != 0;
}

static void say_ready(void *context, const struct serve_ready *ready)
{
    const struct serve_job *job = ((const struct talk *)context)->job;
    const struct serve_config *c = job->config;
    char what[64] = "many";
    if (c->quiet || !can_say())
        return;
    if (ready->model)
        snprintf(what, sizeof what, "%s, %zu feature%s", net_task_words[ready->model->net.task],
                 ready->model->net.inputs, cmd_plural(ready->model->net.inputs));
    fprintf(stderr, "skiff serve: %s, %s, on port %d of %s, %zu worker%s\n",
            job->models ? job->models : job->model, what, ready->port,
            c->host ? c->host : "all addresses", ready->workers, cmd_plural(ready->workers));
}

static void say_sent(void *context, const struct http_request *r, unsigned status, size_t bytes,
                     double seconds)
{
    struct talk *talk = context;
    char line[256], gap[80] = "";
    if (!can_say()) {
        talk->dropped++;
        return;
    }
    if (talk->dropped > 0)
        snprintf(gap, sizeof gap, "skiff serve: %zu line%s of the log dropped: nobody read\n",
                 talk->dropped, cmd_plural(talk->dropped));
    talk->dropped = 0;
    snprintf(line, sizeof line, "%.20s %.120s %u %zu %zu %.6f", r->method, r->path, status, r->size,
             bytes, seconds);
    error_one_line(line);
    fprintf(stderr, "%s%s\n", gap, line);
}

// A path of a container, on the heap.
static char *find_in_container(const char *root, const char *name, struct error *e)
{
    const char *variable = getenv("SKIFF_ML_ROOT");
    if (!root)
        root = variable && *variable ? variable : CONTAINER_ROOT;
    char *path = file_join(root, name);
    if (!path)
        error_nomem(e, "paths");
    return path;
}

static int work(const struct cmd_call *call, struct error *e)
{
    const struct serve_config *c = call->values;
    const bool many = c->multi_model;
    if (many && call->words > 0)
        return error_set(e, ERR_USAGE,
                         "%s: --multi_model (SAGEMAKER_MULTI_MODEL) begins without a model; leave "
                         "one of them out",
                         call->word[0]);
    char *found = call->words == 0
                      ? find_in_container(c->root, many ? "models" : "model/model.npz", e)
                      : NULL;
    struct serve_job job = {.config = c,
                            .model = call->words > 0 ? call->word[0] : found,
                            .models = many ? found : NULL,
                            .threshold_given = opt_given(call->set, "threshold")};
    struct talk talk = {.job = &job};
    job.hooks = (struct serve_hooks){&talk, say_ready, c->log ? say_sent : NULL};
    hold_streams();
    int rc = job.model ? catch_signals(&job.stop, e) : ERR_NOMEM;
    if (rc == 0) {
        rc = serve(&job, e);
        close(job.stop);
    }
    mem_free(found);
    return rc;
}

static int read_environment_and_work(const struct cmd_call *call, struct error *e)
{
    struct opt_set *set = (struct opt_set *)call->set;
    const int rc = serve_config_environment(set, e);
    return rc ? rc : work(call, e);
}

int cmd_serve(int argc, char **argv)
{
    struct serve_config config = {0};
    return cmd_run(&(struct cmd){serve_options, serve_option_count, help_before, help_after,
                                 &config, &config.help, 1, read_environment_and_work},
                   argc, argv);
}
