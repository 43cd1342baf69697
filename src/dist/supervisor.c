// SPDX-License-Identifier: MIT
// Lines between supervisors: `beat` (I am there), `pmi RANK LINE` (to and from a rank), `done RANK
// CODE` (how a rank ended), `stopped RANK .` (it does nothing for longer than the heartbeat), `end
// CODE TEXT` (the leader's word: all exit with CODE), `again CODE TEXT` (all come up again). No
// call of MPI ends by itself when the other side is gone, so the supervisors watch each other and
// end their ranks.
#include "dist/supervisor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "dist/pmi.h"
#include "dist/round.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define GRACE_SECONDS 0.2 // for what other hosts have to say
#define LEAVE_SECONDS 5.0 // for ranks that end by themselves after one has
#define FAREWELL      1.0 // seconds for other hosts to take the last word
#define LOOK_MS       200

struct supervisor {
    const struct bringup *b;
    struct link *link;
    size_t links;           // hosts at the leader, else 1
    struct children *ranks; // of this host
    bool over;
    int code;
    bool guess;  // the cause may be a consequence of another
    bool passes; // the cause may not be there another time
    bool again;  // there is another time
    char cause[ERROR_TEXT_MAX - 96];
    double awake; // when it last looked
    // The leader's:
    struct pmi *pmi;
    bool *done, *begun, *finished; // [ranks] ended; said to PMI that it is there; that it would end
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
    s->passes = *cause != '\0'; // what all ranks have agreed on, bad data or so, would happen again
    snprintf(s->cause, sizeof s->cause, "%s", cause);
}

static void fail_host(struct supervisor *s, size_t i, int code, const char *what)
{
    char cause[512];
    snprintf(cause, sizeof cause, "host %.255s: %s", host(s, i), what);
    fail(s, code, GRACE_SECONDS, cause);
}

static void fail_rank(struct supervisor *s, size_t r, int code, const char *what)
{
    char cause[512];
    snprintf(cause, sizeof cause, "host %.255s: rank %zu %s", host(s, r / s->b->per_host), r, what);
    fail(s, code, GRACE_SECONDS, cause);
}

// The child that is rank r, which is of this host.
static struct child *child_of(const struct supervisor *s, size_t r)
{
    return &s->ranks->child[r % s->b->per_host];
}

// ---- the leader's work

static void answer(struct supervisor *s, size_t r, const char *line)
{
    const size_t i = r / s->b->per_host;
    if (i == s->b->self)
        link_say(&child_of(s, r)->link, "%s", line);
    else
        link_say(&s->link[i], "pmi %zu %s", r, line);
}

static void serve(struct supervisor *s, size_t r, const char *line)
{
    char reply[PMI_LINE_MAX];
    int code = 1;
    switch (pmi_line(s->pmi, r, line, reply, &code)) {
    case PMI_ANSWER:
        s->begun[r] = true;
        s->finished[r] = s->finished[r] || strcmp(line, "cmd=finalize") == 0;
        answer(s, r, reply);
        break;
    case PMI_OPEN:
        for (size_t i = 0; i < bringup_ranks(s->b); i++)
            answer(s, i, reply);
        break;
    case PMI_WAIT:
        break;
    case PMI_ABORT:
        s->finished[r] = true;
        if (s->code == 0) {
            fail_rank(s, r, code, "gave up");
            s->guess = true;         // ranks notice what has happened to others
            s->passes = s->begun[r]; // one that cannot load MPI will not another time
        }
        break;
    default:
        fail_rank(s, r, 1, "says what PMI has no words for");
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
    const bool agreed = s->finished[r] || bringup_ranks(s->b) == 1; // one alone knows no PMI
    if (agreed && code < CHILD_SIGNALLED) {
        if (code && s->code == 0)
            fail(s, code, LEAVE_SECONDS, "");
        return;
    }
    if (code > CHILD_SIGNALLED)
        snprintf(what, sizeof what, "was ended by signal %d", code - CHILD_SIGNALLED);
    else
        snprintf(what, sizeof what, "left with exit status %d", code);
    fail_rank(s, r, code ? code : 1, what);
}

static void rank_stopped(struct supervisor *s, size_t r)
{
    fail_rank(s, r, 1, "has been stopped for longer than the heartbeat");
}

static void end_all(struct supervisor *s)
{
    s->again = s->code && s->passes && s->b->restarts > 0;
    for (size_t i = 1; i < s->b->hosts; i++)
        link_say(&s->link[i], "%s %d %s", s->again ? "again" : "end", s->code, s->cause);
    s->over = true;
}

// A connection that is closed while lines are coming in may take the last word with it, so the
// others close theirs first.
static void say_farewell(struct supervisor *s)
{
    const double until = clock_seconds() + FAREWELL;
    for (size_t i = 1; i < s->b->hosts; i++)
        if (s->link[i].fd >= 0)
            shutdown(s->link[i].fd, SHUT_WR);
    for (size_t i = 1; i < s->b->hosts; i++) {
        struct link *l = &s->link[i];
        while (l->fd >= 0 && clock_seconds() < until) {
            poll(&(struct pollfd){.fd = l->fd, .events = POLLIN}, 1, LOOK_MS);
            l->have = 0;
            if (!link_fill(l))
                link_close(l);
        }
    }
}

// ---- lines

static bool small_number(const char *text, int64_t *value)
{
    return num_parse_i64(text, value) && *value >= 0 && *value < 256;
}

// "WORD RANK REST" about a rank of host i: the rest, or NULL. Cuts the line.
static char *about_rank(const struct supervisor *s, size_t i, char *line, const char *what,
                        size_t *rank)
{
    const size_t length = strlen(what);
    char *rest = strncmp(line, what, length) == 0 ? strchr(line + length, ' ') : NULL;
    int64_t r;
    if (!rest)
        return NULL;
    *rest++ = '\0';
    if (!num_parse_i64(line + length, &r) || r < 0 || (size_t)r / s->b->per_host != i)
        return NULL;
    *rank = (size_t)r;
    return rest;
}

static void from_worker(struct supervisor *s, size_t i, char *line)
{
    int64_t code;
    size_t r;
    char *rest;
    if (strcmp(line, "beat") == 0)
        return;
    if ((rest = about_rank(s, i, line, "pmi ", &r)))
        serve(s, r, rest);
    else if ((rest = about_rank(s, i, line, "done ", &r)) && small_number(rest, &code))
        rank_done(s, r, (int)code);
    else if (about_rank(s, i, line, "stopped ", &r))
        rank_stopped(s, r);
    else
        fail_host(s, i, 1, "says what no supervisor says");
}

// "end CODE TEXT" or "again CODE TEXT".
static bool ends(struct supervisor *s, char *line)
{
    char *rest = line, *word = strsep(&rest, " "), *number = strsep(&rest, " ");
    int64_t code;
    s->again = strcmp(word, "again") == 0;
    if ((!s->again && strcmp(word, "end") != 0) || !number || !rest || !small_number(number, &code))
        return false;
    s->code = (int)code;
    snprintf(s->cause, sizeof s->cause, "%s", rest);
    s->over = true;
    return true;
}

static void from_leader(struct supervisor *s, char *line)
{
    size_t r;
    char *rest = about_rank(s, s->b->self, line, "pmi ", &r);
    if (rest)
        link_say(&child_of(s, r)->link, "%s", rest);
    else if (strcmp(line, "beat") != 0 && !ends(s, line))
        fail_host(s, 0, 1, "says what no leader says");
}

static void from_rank(struct supervisor *s, size_t r, const char *line)
{
    if (leads(s))
        serve(s, r, line);
    else
        link_say(&s->link[0], "pmi %zu %s", r, line);
}

static bool all_done(const struct supervisor *s, size_t i)
{
    for (size_t local = 0; local < s->b->per_host; local++)
        if (!s->done[i * s->b->per_host + local])
            return false;
    return true;
}

static void lost(struct supervisor *s, size_t i, const char *how)
{
    link_close(&s->link[i]);
    if (!leads(s) || !all_done(s, i))
        fail_host(s, i, 1, how);
}

static void hear(struct supervisor *s, size_t i)
{
    char line[LINK_LINE_MAX];
    struct link *l = &s->link[i];
    if (l->fd < 0)
        return;
    const bool there = link_fill(l);
    int got = 0;
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

static void hear_rank(struct supervisor *s, size_t local)
{
    const size_t r = s->b->self * s->b->per_host + local;
    struct link *l = &s->ranks->child[local].link;
    char line[LINK_LINE_MAX];
    if (l->fd >= 0 && !link_fill(l))
        link_close(l);
    for (int got; (got = link_line(l, line)) != 0;) {
        if (got < 0) {
            link_close(l);
            fail_rank(s, r, 1, "says what PMI has no words for");
        } else {
            from_rank(s, r, line);
        }
    }
}

static void tell_stopped(struct supervisor *s, size_t r)
{
    if (leads(s))
        rank_stopped(s, r);
    else
        link_say(&s->link[0], "stopped %zu .", r);
}

static void look_at_rank(struct supervisor *s, size_t local)
{
    const size_t r = s->b->self * s->b->per_host + local;
    struct child *c = &s->ranks->child[local];
    int code;
    hear_rank(s, local);
    if (!child_reap(c, &code)) {
        if (child_is_stopped(c, s->b->heartbeat))
            tell_stopped(s, r);
        return;
    }
    hear_rank(s, local); // its last words
    if (leads(s))
        rank_done(s, r, code);
    else
        link_say(&s->link[0], "done %zu %d", r, code);
}

static void look_at_ranks(struct supervisor *s)
{
    if (s->b->stop && s->b->stop(s->b->context))
        children_stop(s->ranks);
    for (size_t i = 0; i < s->ranks->count; i++)
        look_at_rank(s, i);
}

// ---- the loop

static void wait_for_something(const struct supervisor *s, struct pollfd *fds)
{
    nfds_t count = 0;
    bool soon = s->until > 0;
    for (size_t i = 0; i < s->links; i++)
        if (s->link[i].fd >= 0)
            fds[count++] = (struct pollfd){.fd = s->link[i].fd, .events = POLLIN};
    for (size_t i = 0; i < s->ranks->count; i++) {
        const struct child *c = &s->ranks->child[i];
        if (c->link.fd >= 0)
            fds[count++] = (struct pollfd){.fd = c->link.fd, .events = POLLIN};
        soon |= c->link.fd < 0 && !c->reaped; // it is about to end
    }
    poll(fds, count, soon ? LOOK_MS / 20 : LOOK_MS);
}

// One that has been stopped itself finds the others gone, and that is not their fault.
static void look_at_clock(struct supervisor *s)
{
    const double now = clock_seconds();
    if (s->b->hosts > 1 && s->awake > 0 && now - s->awake > s->b->heartbeat)
        fail_host(s, s->b->self, 1, "has been stopped for longer than the heartbeat");
    s->awake = now;
}

static void decide(struct supervisor *s)
{
    if (leads(s) && (s->left == 0 || (s->until > 0 && clock_seconds() >= s->until)))
        end_all(s);
    else if (!leads(s) && s->code) { // the leader is gone
        s->again = s->b->restarts > 0;
        s->over = true;
    }
}

static int begin(struct supervisor *s, struct pollfd **fds, struct error *e)
{
    const size_t ranks = bringup_ranks(s->b);
    s->links = leads(s) ? s->b->hosts : 1;
    s->left = ranks;
    *fds = mem_array(s->links + s->ranks->count, sizeof **fds);
    s->done = mem_array(ranks, sizeof *s->done);
    s->begun = mem_array(ranks, sizeof *s->begun);
    s->finished = mem_array(ranks, sizeof *s->finished);
    if (!*fds || !s->done || !s->begun || !s->finished)
        return error_nomem(e, "watching over ranks");
    s->pmi = leads(s) ? pmi_new(s->b->hosts, s->b->per_host, e) : NULL;
    return leads(s) && !s->pmi ? ERR_NOMEM : 0;
}

int supervise(const struct bringup *b, struct link *link, struct children *ranks, int *status,
              struct error *e)
{
    struct supervisor s = {.b = b, .link = link, .ranks = ranks};
    struct pollfd *fds = NULL;
    int rc = begin(&s, &fds, e);
    while (rc == 0 && !s.over) {
        wait_for_something(&s, fds);
        look_at_clock(&s);
        for (size_t i = 0; !s.over && i < s.links; i++)
            hear(&s, i);
        if (!s.over)
            look_at_ranks(&s);
        if (!s.over)
            decide(&s);
    }
    if (rc == 0 && leads(&s))
        say_farewell(&s);
    pmi_free(s.pmi);
    mem_free(s.done);
    mem_free(s.begun);
    mem_free(s.finished);
    mem_free(fds);
    *status = rc ? 1 : s.code;
    if (rc == 0 && s.code && s.cause[0])
        rc = error_set(e, ERR_IO, "%s", s.cause);
    return s.again ? ROUND_AGAIN : rc;
}
