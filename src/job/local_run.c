// SPDX-License-Identifier: MIT
// One loop serves all processes: it reads their logs, feeds their pipes and watches the clock.
#include "job/local_run.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/file_tree.h"
#include "base/mem.h"
#include "cost/instance.h"
#include "job/local_environment.h"
#include "job/local_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_LEN 65536 // longer lines are cut, as the platform's are at 256 KB
#define POLL_MS      50
#define POLL_END_MS  2
#define PATIENCE     1000000 // seconds: for ever

struct host {
    const char *name;
    char *root;
    pid_t pid; // 0: ended, or not begun; also the number of its group
    int log;   // -1: nobody writes to it
    int code;
    struct buf line;
};

struct running {
    const struct local_job *job;
    const struct local_run_spec *spec;
    struct local_result *result;
    struct host *host;
    struct local_feed *feed; // [hosts * pipes]
    size_t feeds, alive;
    double started, kill_at;
    struct local_places places;
    bool failed;
    const char *stopped; // why, as the platform calls it
};

// ---- starting

// Both outputs of the process go to `log`; signals have their default actions. It leads a group of
// its own: Ctrl-C is for us, and what it leaves behind can be ended with it.
static int spawn(struct host *h, const char *program, char **environment, int log, struct error *e)
{
    char *argv[] = {(char *)(uintptr_t) "train", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    errno = posix_spawn(&h->pid, program, &actions, &attributes, argv, environment);
    const int rc = errno ? error_errno(e, "%s: cannot start", program) : 0;
    if (rc)
        h->pid = 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return rc;
}

static int start_host(struct running *r, struct host *h, struct error *e)
{
    int ends[2];
    struct local_environment environment;
    local_environment_init(&environment, r->job, &r->places, h->root);
    int rc = environment.failed            ? error_nomem(e, "an environment")
             : pipe2(ends, O_CLOEXEC) == 0 ? 0
                                           : error_errno(e, "cannot make a pipe");
    if (rc == 0) {
        rc = spawn(h, r->spec->program, environment.variable, ends[1], e);
        close(ends[1]);
        if (rc)
            close(ends[0]);
        else
            h->log = ends[0];
        if (rc == 0)
            (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    local_environment_clear(&environment);
    r->alive += rc == 0;
    return rc;
}

// ---- logs

static void hand_line(struct running *r, struct host *h, size_t len)
{
    struct buf text;
    buf_init(&text, 8 * LINE_MAX_LEN);
    local_log_line(h->line.data, len, &text);
    if (!text.failed) {
        local_metrics_look(&r->result->metrics, text.data);
        if (r->spec->line)
            r->spec->line(r->spec->context, h->name, text.data);
    }
    buf_clear(&text);
}

// Whole lines of what has come; a line without an end waits, or is cut when it is too long.
static void hand_lines(struct running *r, struct host *h, bool last)
{
    size_t begin = 0;
    for (size_t i = 0; i < h->line.len; i++)
        if (h->line.data[i] == '\n') {
            memmove(h->line.data, h->line.data + begin, h->line.len - begin);
            h->line.len -= begin;
            i -= begin;
            hand_line(r, h, i);
            begin = i + 1;
        }
    if (h->line.data) {
        memmove(h->line.data, h->line.data + begin, h->line.len - begin);
        h->line.len -= begin;
    }
    if (h->line.len > LINE_MAX_LEN || (last && h->line.len)) {
        hand_line(r, h, h->line.len);
        h->line.len = 0;
    }
}

static void close_log(struct running *r, struct host *h)
{
    hand_lines(r, h, true);
    if (h->log >= 0)
        close(h->log);
    h->log = -1;
}

// What has come, if anything.
static int read_log(struct running *r, struct host *h, struct error *e)
{
    char piece[16384];
    const ssize_t got = read(h->log, piece, sizeof piece);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN
                   ? 0
                   : error_errno(e, "%s: cannot read the log", h->name);
    if (got == 0) {
        close_log(r, h);
        return 0;
    }
    if (buf_append(&h->line, piece, (size_t)got) != 0)
        return error_nomem(e, "a log");
    hand_lines(r, h, false);
    return 0;
}

// The process has ended, as a container's first one: all that it has started goes with it.
static void end_host(struct running *r, struct host *h)
{
    int status = 0;
    kill(-h->pid, SIGKILL);
    while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    h->pid = 0;
    h->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    close_log(r, h);
    r->alive--;
    r->failed = r->failed || h->code != 0;
}

// Its log is read to the end first, as far as there is one.
static int look_for_end(struct running *r, struct host *h, struct error *e)
{
    siginfo_t info = {0};
    if (h->pid == 0 || waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return 0;
    int rc = 0, left = 0;
    while (rc == 0 && h->log >= 0 && ioctl(h->log, FIONREAD, &left) == 0 && left > 0)
        rc = read_log(r, h, e);
    end_host(r, h);
    return rc;
}

// ---- the end of a job

// SIGTERM is for the first process of a container, SIGKILL for all of it.
static void signal_all(const struct running *r, int number)
{
    for (size_t i = 0; i < r->job->hosts; i++)
        if (r->host[i].pid > 0)
            kill(number == SIGKILL ? -r->host[i].pid : r->host[i].pid, number);
}

static void begin_stop(struct running *r, const char *why, double now)
{
    r->stopped = why;
    r->kill_at = now + r->spec->grace;
    signal_all(r, SIGTERM);
}

// Is it time to stop the job, or to end it?
static void watch_clock(struct running *r)
{
    const struct local_run_spec *s = r->spec;
    const double now = clock_seconds(), passed = now - r->started;
    const int asked = s->stop ? s->stop(s->context) : 0;
    if (r->stopped && (now >= r->kill_at || (asked > 1 && r->kill_at < now + PATIENCE / 2.0))) {
        signal_all(r, SIGKILL);
        r->kill_at = now + PATIENCE;
    } else if (!r->stopped && s->max_run > 0 && passed >= s->max_run) {
        begin_stop(r, "MaxRuntimeExceeded", now);
    } else if (!r->stopped && ((s->stop_after > 0 && passed >= s->stop_after) || asked)) {
        begin_stop(r, "Stopped", now);
    } else if (!r->stopped && r->failed) { // one that fails takes the others with it
        begin_stop(r, "Failed", now);
    }
}

// A process whose log has ended is about to end.
static int poll_time(const struct running *r)
{
    for (size_t i = 0; i < r->job->hosts; i++)
        if (r->host[i].pid > 0 && r->host[i].log < 0)
            return POLL_END_MS;
    return POLL_MS;
}

static int serve(struct running *r, struct error *e)
{
    struct pollfd *polled = mem_array(r->job->hosts, sizeof *polled);
    int rc = polled ? 0 : error_nomem(e, "hosts");
    while (rc == 0 && r->alive) {
        for (size_t i = 0; i < r->job->hosts; i++)
            polled[i] = (struct pollfd){.fd = r->host[i].log, .events = POLLIN};
        if (poll(polled, (nfds_t)r->job->hosts, poll_time(r)) < 0 && errno != EINTR)
            rc = error_errno(e, "cannot wait for the processes");
        for (size_t i = 0; rc == 0 && i < r->job->hosts; i++)
            if (polled[i].fd >= 0 && polled[i].revents)
                rc = read_log(r, &r->host[i], e);
        for (size_t i = 0; rc == 0 && i < r->job->hosts; i++)
            rc = look_for_end(r, &r->host[i], e);
        for (size_t i = 0; rc == 0 && i < r->feeds; i++)
            rc = local_feed_push(&r->feed[i], e);
        watch_clock(r);
    }
    mem_free(polled);
    return rc;
}

// ---- before and after

static int clear_folder(const struct host *h, const char *name, struct error *e)
{
    char *path = file_join(h->root, name);
    int rc = path ? file_tree_clear(path, e) : error_nomem(e, name);
    if (rc == 0)
        rc = file_make_folders(path, e);
    mem_free(path);
    return rc;
}

static int start_feeds(struct running *r, struct host *h, struct error *e)
{
    const json_t *pipes = json_object_get(r->job->file, "Pipes");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(pipes); i++) {
        char fifo[128], folder[128];
        const char *channel = json_string_value(json_array_get(pipes, i));
        snprintf(fifo, sizeof fifo, "input/data/%s_0", channel);
        snprintf(folder, sizeof folder, "pipes/%s", channel);
        char *to = file_join(h->root, fifo), *from = file_join(h->root, folder);
        if (!to || !from) {
            mem_free(to);
            rc = error_nomem(e, channel);
        } else {
            rc = local_feed_init(&r->feed[r->feeds], to, from, e);
            r->feeds += rc == 0;
        }
        mem_free(from);
    }
    return rc;
}

static int prepare_host(struct running *r, size_t i, struct error *e)
{
    struct host *h = &r->host[i];
    *h = (struct host){.name = r->job->host[i], .log = -1};
    buf_init(&h->line, 4 * LINE_MAX_LEN);
    h->root = local_path(r->job->folder, h->name, NULL, e);
    int rc = h->root ? clear_folder(h, "model", e) : ERR_NOMEM;
    if (rc == 0)
        rc = clear_folder(h, "output", e);
    if (rc == 0)
        rc = clear_folder(h, "output/data", e);
    return rc ? rc : start_feeds(r, h, e);
}

static int prepare(struct running *r, struct error *e)
{
    const size_t hosts = r->job->hosts;
    const size_t pipes = json_array_size(json_object_get(r->job->file, "Pipes"));
    r->host = mem_array(hosts, sizeof *r->host);
    r->feed = mem_array(hosts * pipes + 1, sizeof *r->feed);
    r->result->exit_code = mem_array(hosts, sizeof *r->result->exit_code);
    int rc = r->host && r->feed && r->result->exit_code ? 0 : error_nomem(e, "hosts");
    for (size_t i = 0; rc == 0 && i < hosts; i++)
        rc = prepare_host(r, i, e);
    return rc ? rc : local_places_init(&r->places, r->job, e);
}

static void clear(struct running *r)
{
    for (size_t i = 0; r->host && i < r->job->hosts; i++) {
        struct host *h = &r->host[i];
        if (h->pid > 0) // we are failing ourselves
            end_host(r, h);
        buf_clear(&h->line);
        mem_free(h->root);
    }
    for (size_t i = 0; i < r->feeds; i++)
        local_feed_clear(&r->feed[i]);
    local_places_clear(&r->places);
    mem_free(r->feed);
    mem_free(r->host);
}

// The first host that failed of itself gives the reason, in the platform's words.
static void find_reason(const struct running *r, struct local_result *result)
{
    for (size_t i = 0; i < r->job->hosts; i++) {
        const struct host *h = &r->host[i];
        if (h->code == 0 || (h->code == 128 + SIGTERM && r->stopped))
            continue;
        struct buf text;
        buf_init(&text, 65536);
        char *path = file_join(h->root, "output/failure");
        if (path)
            (void)file_read_all(path, 65535, &text, NULL);
        snprintf(result->reason, sizeof result->reason, "AlgorithmError: %.*s, exit code: %d",
                 (int)strcspn(text.data ? text.data : "", "\n"), text.data ? text.data : "",
                 h->code);
        mem_free(path);
        buf_clear(&text);
        return;
    }
}

static void conclude(const struct running *r, struct local_result *result)
{
    const bool stopped = r->stopped && strcmp(r->stopped, "Failed") != 0;
    result->status = stopped ? LOCAL_STOPPED : r->failed ? LOCAL_FAILED : LOCAL_COMPLETED;
    result->secondary = stopped ? r->stopped : local_status_name(result->status);
    if (result->status == LOCAL_FAILED)
        find_reason(r, result);
    for (size_t i = 0; i < r->job->hosts; i++)
        result->exit_code[i] = r->host[i].code;
    result->seconds = clock_seconds() - r->started;
    result->billable = instance_billable(result->seconds, r->job->hosts);
}

int local_run(const struct local_job *job, const struct local_run_spec *spec,
              struct local_result *result, struct error *e)
{
    struct running r = {.job = job, .spec = spec, .result = result};
    *result = (struct local_result){.secondary = ""};
    int rc =
        local_metrics_init(&result->metrics, json_object_get(job->file, "MetricDefinitions"), e);
    if (rc == 0)
        rc = prepare(&r, e);
    r.started = clock_seconds();
    for (size_t i = 0; rc == 0 && i < job->hosts; i++)
        rc = start_host(&r, &r.host[i], e);
    if (rc == 0)
        rc = serve(&r, e);
    if (rc == 0)
        conclude(&r, result);
    clear(&r);
    if (rc == 0)
        rc = local_archive_results(job, result, e);
    if (rc)
        local_result_clear(result);
    return rc;
}
