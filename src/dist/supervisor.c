// SPDX-License-Identifier: MIT
// Lines between supervisors: `beat` (I am there), `pmi LINE` (to and from a rank), `done CODE` (how
// a rank ended), `end CODE TEXT` (the leader's word: all exit with CODE). No call of MPI ends by
// itself when the other side is gone, so the supervisors watch each other and end their ranks.
#include "dist/supervisor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "dist/pmi.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_SECONDS 0.2 // for what other hosts have to say
#define LEAVE_SECONDS 5.0 // for ranks that end by themselves after one has
#define LOOK_MS       200
#define SIGNALLED     128 // and the number of the signal: a rank's code, as a shell has it

struct supervisor {
    const struct bringup *b;
    struct link *link;
    size_t links; // hosts at the leader, else 1
    struct link rank;
    pid_t pid;
    bool reaped, told; // the rank has ended; it knows that it should stop
    bool over;
    int code;
    bool guess; // the cause may be a consequence of another
    char cause[ERROR_TEXT_MAX - 96];
    // The leader's:
    struct pmi *pmi;
    bool *done, *finished; // [hosts] ended; said to PMI before that it would
    size_t left;
    double until; // when the job ends in any case; 0: it goes on
};

static bool leads(const struct supervisor *s)
{
    return s->b->self == 0;
}

static const char *host(const struct supervisor *s, size_t i)
{
    return s->b->host[i];
}

// The job has failed, and soon ends. The first cause counts, but for a guess.
static void fail(struct supervisor *s, int code, double grace, const char *cause)
{
    if (s->code && !s->guess)
        return;
    if (s->code == 0)
        s->until = clock_seconds() + grace;
    s->code = code;
    s->guess = false;
    snprintf(s->cause, sizeof s->cause, "%s", cause);
}

static void fail_host(struct supervisor *s, size_t i, int code, const char *what)
{
    char cause[512];
    snprintf(cause, sizeof cause, "host %.255s: %s", host(s, i), what);
    fail(s, code, GRACE_SECONDS, cause);
}

// ---- the leader's work

static void answer(struct supervisor *s, size_t r, const char *line)
{
    if (r == 0)
        link_say(&s->rank, "%s", line);
    else
        link_say(&s->link[r], "pmi %s", line);
}

static void serve(struct supervisor *s, size_t r, const char *line)
{
    char reply[PMI_LINE_MAX];
    int code = 1;
    switch (pmi_line(s->pmi, r, line, reply, &code)) {
    case PMI_ANSWER:
        s->finished[r] = s->finished[r] || strcmp(line, "cmd=finalize") == 0;
        answer(s, r, reply);
        break;
    case PMI_OPEN:
        for (size_t i = 0; i < s->b->hosts; i++)
            answer(s, i, reply);
        break;
    case PMI_WAIT:
        break;
    case PMI_ABORT:
        s->finished[r] = true;
        if (s->code == 0) {
            fail_host(s, r, code, "its rank gave up");
            s->guess = true; // ranks notice what has happened to others
        }
        break;
    default:
        fail_host(s, r, 1, "its rank says what PMI has no words for");
    }
}

// A rank that told PMI of its end has agreed on its code with all others, and the root has said
// why.
static void rank_done(struct supervisor *s, size_t r, int code)
{
    char what[64];
    if (s->done[r])
        return;
    s->done[r] = true;
    s->left--;
    if (s->finished[r]) {
        if (code && s->code == 0)
            fail(s, code, LEAVE_SECONDS, "");
        return;
    }
    if (code > SIGNALLED)
        snprintf(what, sizeof what, "its rank was ended by signal %d", code - SIGNALLED);
    else
        snprintf(what, sizeof what, "its rank left with exit status %d", code);
    fail_host(s, r, code ? code : 1, what);
}

static void end_all(struct supervisor *s)
{
    for (size_t i = 1; i < s->b->hosts; i++)
        link_say(&s->link[i], "end %d %s", s->code, s->cause);
    s->over = true;
}

// ---- lines

static bool small_number(const char *text, int64_t *value)
{
    return num_parse_i64(text, value) && *value >= 0 && *value < 256;
}

static void from_worker(struct supervisor *s, size_t i, const char *line)
{
    int64_t code;
    if (strncmp(line, "pmi ", 4) == 0)
        serve(s, i, line + 4);
    else if (strncmp(line, "done ", 5) == 0 && small_number(line + 5, &code))
        rank_done(s, i, (int)code);
    else if (strcmp(line, "beat") != 0)
        fail_host(s, i, 1, "says what no supervisor says");
}

static void from_leader(struct supervisor *s, char *line)
{
    char *text = strncmp(line, "end ", 4) == 0 ? strchr(line + 4, ' ') : NULL;
    int64_t code;
    if (text)
        *text++ = '\0';
    if (strncmp(line, "pmi ", 4) == 0) {
        link_say(&s->rank, "%s", line + 4);
    } else if (text && small_number(line + 4, &code)) {
        s->code = (int)code;
        snprintf(s->cause, sizeof s->cause, "%s", text);
        s->over = true;
    } else if (strcmp(line, "beat") != 0) {
        fail_host(s, 0, 1, "says what no leader says");
    }
}

static void from_rank(struct supervisor *s, const char *line)
{
    if (leads(s))
        serve(s, 0, line);
    else
        link_say(&s->link[0], "pmi %s", line);
}

static void lost(struct supervisor *s, size_t i, const char *how)
{
    link_close(&s->link[i]);
    if (!leads(s) || !s->done[i])
        fail_host(s, i, 1, how);
}

static void hear(struct supervisor *s, size_t i)
{
    char line[LINK_LINE_MAX];
    struct link *l = &s->link[i];
    if (l->fd < 0)
        return;
    const bool there = link_fill(l);
    int got;
    while (!s->over && (got = link_line(l, line)) > 0)
        if (leads(s))
            from_worker(s, i, line);
        else
            from_leader(s, line);
    if (s->over)
        return;
    if (!there || got < 0)
        lost(s, i, "the connection is lost");
    else if (clock_seconds() - l->heard > s->b->heartbeat)
        lost(s, i, "has not been heard of for longer than the heartbeat");
    else if (clock_seconds() - l->said > s->b->heartbeat / 4 && !link_say(l, "beat"))
        lost(s, i, "the connection is lost");
}

static void hear_rank(struct supervisor *s)
{
    char line[LINK_LINE_MAX];
    if (s->rank.fd >= 0 && !link_fill(&s->rank))
        link_close(&s->rank);
    for (int got; (got = link_line(&s->rank, line)) != 0;) {
        if (got < 0) {
            link_close(&s->rank);
            fail_host(s, s->b->self, 1, "its rank says what PMI has no words for");
        } else {
            from_rank(s, line);
        }
    }
}

static void look_at_rank(struct supervisor *s)
{
    int status;
    hear_rank(s);
    if (!s->told && s->b->stop && s->b->stop(s->b->context)) {
        s->told = true;
        kill(s->pid, SIGTERM);
    }
    if (s->reaped || waitpid(s->pid, &status, WNOHANG) != s->pid)
        return;
    s->reaped = true;
    hear_rank(s); // its last words
    const int code = WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
    if (leads(s))
        rank_done(s, 0, code);
    else
        link_say(&s->link[0], "done %d", code);
}

// ---- the loop

static void wait_for_something(const struct supervisor *s, struct pollfd *fds)
{
    nfds_t count = 0;
    for (size_t i = 0; i < s->links; i++)
        if (s->link[i].fd >= 0)
            fds[count++] = (struct pollfd){.fd = s->link[i].fd, .events = POLLIN};
    if (s->rank.fd >= 0)
        fds[count++] = (struct pollfd){.fd = s->rank.fd, .events = POLLIN};
    const bool soon = s->until > 0 || (s->rank.fd < 0 && !s->reaped);
    poll(fds, count, soon ? LOOK_MS / 20 : LOOK_MS);
}

static void decide(struct supervisor *s)
{
    if (leads(s) && (s->left == 0 || (s->until > 0 && clock_seconds() >= s->until)))
        end_all(s);
    else if (!leads(s) && s->code) // the leader is gone
        s->over = true;
}

static void end_rank(struct supervisor *s)
{
    if (!s->reaped) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    link_close(&s->rank);
}

static int begin(struct supervisor *s, struct pollfd **fds, struct error *e)
{
    s->links = leads(s) ? s->b->hosts : 1;
    s->left = s->b->hosts;
    *fds = mem_array(s->links + 1, sizeof **fds);
    s->done = mem_array(s->b->hosts, sizeof *s->done);
    s->finished = mem_array(s->b->hosts, sizeof *s->finished);
    if (!*fds || !s->done || !s->finished)
        return error_nomem(e, "watching over ranks");
    s->pmi = leads(s) ? pmi_new(s->b->hosts, e) : NULL;
    return leads(s) && !s->pmi ? ERR_NOMEM : 0;
}

int supervise(const struct bringup *b, struct link *link, int fd, pid_t pid, int *status,
              struct error *e)
{
    struct supervisor s = {.b = b, .link = link, .pid = pid};
    struct pollfd *fds = NULL;
    link_init(&s.rank, fd);
    int rc = begin(&s, &fds, e);
    while (rc == 0 && !s.over) {
        wait_for_something(&s, fds);
        for (size_t i = 0; !s.over && i < s.links; i++)
            hear(&s, i);
        if (!s.over)
            look_at_rank(&s);
        if (!s.over)
            decide(&s);
    }
    end_rank(&s);
    pmi_free(s.pmi);
    mem_free(s.done);
    mem_free(s.finished);
    mem_free(fds);
    *status = rc ? 1 : s.code;
    if (rc == 0 && s.code && s.cause[0])
        rc = error_set(e, ERR_IO, "%s", s.cause);
    return rc;
}
