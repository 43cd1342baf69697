// SPDX-License-Identifier: MIT
// The leader listens, the others call, again and again with growing pauses until it answers. A
// listed host that is not of this job (another version, another list) ends it; who is no host of
// the job, or has not its secret, is sent away (guests.c). A host that has a secret follows nobody
// who has not.
#include "dist/join.h"

#include "base/clock.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "dist/address.h"
#include "dist/guests.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PAUSE   0.05
#define LONGEST_PAUSE 5.0
#define FIRST_NOTE    5.0
#define LOOK_MS       100
#define LINGER        1.0 // seconds, and as long as it has been waited
#define REFUSAL_MAX   256
#define PROTOCOL      "4"
#define HELLO_WORDS   9

// ---- the line

void join_describe(const struct bringup *b, size_t round, struct join_hello *h)
{
    *h = (struct join_hello){
        .index = b->self, .hosts = b->hosts, .per_host = b->per_host, .round = round};
    snprintf(h->version, sizeof h->version, "%s", PACKAGE_VERSION);
    for (size_t i = 0; i < b->hosts; i++)
        h->names = crc_update(h->names, b->host[i], strlen(b->host[i]) + 1);
}

void join_print(const struct join_hello *h, char text[JOIN_HELLO_MAX])
{
    snprintf(text, JOIN_HELLO_MAX, "skiff-join " PROTOCOL " %s %zu %zu %zu %u %zu %s", h->version,
             h->index, h->hosts, h->per_host, h->names, h->round, h->nonce[0] ? h->nonce : "-");
}

static bool number(const char *text, int64_t most, int64_t *value)
{
    return num_parse_i64(text, value) && *value >= 0 && *value <= most;
}

bool join_parse(const char *line, struct join_hello *h)
{
    char text[JOIN_HELLO_MAX], *word[HELLO_WORDS], *rest = text;
    int64_t index, hosts, per_host, names, round;
    const size_t size = strlen(line);
    if (size >= sizeof text)
        return false;
    memcpy(text, line, size + 1);
    for (size_t i = 0; i < HELLO_WORDS; i++)
        if (!(word[i] = strsep(&rest, " ")) || !*word[i])
            return false;
    if (rest || strcmp(word[0], "skiff-join") != 0 || strcmp(word[1], PROTOCOL) != 0 ||
        strlen(word[2]) >= sizeof h->version || !number(word[3], BRINGUP_HOSTS_MAX - 1, &index) ||
        !number(word[4], BRINGUP_HOSTS_MAX, &hosts) ||
        !number(word[5], BRINGUP_RANKS_MAX, &per_host) || !number(word[6], UINT32_MAX, &names) ||
        !number(word[7], ROUNDS_MAX - 1, &round) ||
        (strcmp(word[8], "-") != 0 && !secret_is_nonce(word[8])))
        return false;
    *h = (struct join_hello){.index = (size_t)index,
                             .hosts = (size_t)hosts,
                             .per_host = (size_t)per_host,
                             .names = (uint32_t)names,
                             .round = (size_t)round};
    snprintf(h->version, sizeof h->version, "%s", word[2]);
    snprintf(h->nonce, sizeof h->nonce, "%s", word[8][0] == '-' ? "" : word[8]);
    return true;
}

// Between two calls at most: half a heartbeat, so that a refused host learns of it within one.
static double longest_pause(const struct bringup *b)
{
    return b->heartbeat / 2 < LONGEST_PAUSE ? b->heartbeat / 2 : LONGEST_PAUSE;
}

static bool asked_to_stop(const struct bringup *b)
{
    return b->stop && b->stop(b->context);
}

// false: the other side is gone, or silent for too long.
static bool beat(const struct bringup *b, struct link *l)
{
    const double now = clock_seconds();
    if (now - l->heard > b->heartbeat)
        return false;
    return now - l->said <= b->heartbeat / 4 || link_say(l, "beat");
}

// ---- the leader

struct door {
    const struct bringup *b;
    struct round *round;
    struct join_hello mine;
    int fd;
    struct guests *guests;
    struct link *link; // of hosts that have joined
    double opened, noted;
    bool stopped;
};

// Hosts after this one, in the order of names, which have not joined.
static size_t missing(const struct door *d)
{
    size_t count = 0;
    for (size_t i = d->b->self + 1; i < d->b->hosts; i++)
        count += d->link[i].fd < 0;
    return count;
}

static const char *difference(const struct join_hello *h, const struct join_hello *mine)
{
    if (strcmp(h->version, mine->version) != 0)
        return "another version of skiff";
    if (h->hosts != mine->hosts || h->names != mine->names)
        return "another list of --hosts";
    return h->per_host != mine->per_host ? "another number of --ranks_per_host" : NULL;
}

// A guest has said who it is, and it is that.
static int receive(struct door *d, const struct join_hello *h, struct link *guest, struct error *e)
{
    // One that has joined before is of before it died, and soon silent: it comes again.
    if (h->index <= d->b->self || d->link[h->index].fd >= 0) {
        link_close(guest);
        return 0;
    }
    const char *other = difference(h, &d->mine);
    d->link[h->index] = *guest;
    if (other) // which all are told
        return error_set(e, ERR_MISMATCH, "host %s has %s; start the same on all hosts",
                         d->b->host[h->index], other);
    d->round->number = h->round > d->round->number ? h->round : d->round->number;
    link_say(&d->link[h->index], "beat"); // it is let in
    return 0;
}

static int hear_guests(struct door *d, struct error *e)
{
    struct join_hello h;
    struct link guest;
    int rc = 0;
    guests_hear(d->guests, d->fd);
    while (rc == 0 && guests_next(d->guests, &h, &guest))
        rc = receive(d, &h, &guest, e);
    return rc;
}

// Both sides say that they are there, so that nobody's silence is older than the heartbeat when the
// run begins. One that has joined and gone may come again.
static void hear_joined(struct door *d)
{
    for (size_t i = d->b->self + 1; i < d->b->hosts; i++) {
        struct link *l = &d->link[i];
        if (l->fd < 0)
            continue;
        char line[LINK_LINE_MAX];
        bool there = link_fill(l);
        for (int got; (got = link_line(l, line)) > 0;) {
            d->stopped |= strcmp(line, "stop") == 0;
            there &= strcmp(line, "beat") == 0;
        }
        if (!there || !beat(d->b, l))
            link_close(l);
    }
}

static void name_missing(const struct door *d, char *text, size_t size)
{
    size_t used = 0, more = 0;
    text[0] = '\0';
    for (size_t i = d->b->self + 1; i < d->b->hosts; i++) {
        if (d->link[i].fd >= 0)
            continue;
        const char *name = d->b->host[i], *why = guests_complaint(d->guests, i);
        if (used + strlen(name) + (why ? strlen(why) : 0) + 28 > size)
            more++;
        else
            used += (size_t)snprintf(text + used, size - used, "%s%s%s%s%s", used ? ", " : "", name,
                                     why ? " (" : "", why ? why : "", why ? ")" : "");
    }
    if (more)
        snprintf(text + used, size - used, " and %zu more", more);
}

// Seconds for which the others have been waited for: hosts that come up again are given the pause
// before that.
static double waited(const struct door *d)
{
    return clock_seconds() - d->opened - round_pause(d->round->number);
}

// Is the round to begin with those that are there?
static bool is_full(const struct door *d)
{
    for (size_t i = 0; i < d->b->hosts; i++)
        d->round->present[i] = i == d->b->self || d->link[i].fd >= 0;
    return waited(d) >= 0 &&
           (missing(d) == 0 || (waited(d) > d->b->join && round_may_shrink(d->b, d->round)));
}

static int wait_a_little(struct door *d, struct error *e)
{
    char names[256], text[320];
    if (d->stopped || asked_to_stop(d->b))
        return ROUND_STOPPED;
    name_missing(d, names, sizeof names);
    if (waited(d) > d->b->join)
        return error_set(e, ERR_NOTFOUND, "these hosts have not come within %.0f s: %s", d->b->join,
                         names);
    if (d->b->note && waited(d) > d->noted) {
        snprintf(text, sizeof text, "waiting for %s (%.0f s)", names, waited(d));
        d->b->note(d->b->context, text);
        d->noted = 2 * waited(d);
    }
    guests_wait(d->guests, d->fd, d->opened + 1 > clock_seconds() ? LOOK_MS / 10 : LOOK_MS);
    return 0;
}

// To one that has joined: how its waiting ends.
static void tell(const struct door *d, struct link *l, int rc, const struct error *e)
{
    char text[ROUND_TEXT_MAX];
    round_print(d->b, d->round, text);
    if (rc == 0)
        link_say(l, "start %s", text); // one that has gone is missed by its supervisor
    else if (rc == ROUND_STOPPED)
        link_say(l, "stop");
    else
        link_say(l, "refuse %s", e ? e->text : "the job has failed");
}

// Those that are about to come would call for a long time. Their pauses are shorter than the time
// for which they have called, and than the longest.
static void tell_late(struct door *d, int rc, const struct error *e)
{
    const double now = clock_seconds(), waiting = now - d->opened;
    const double pause = longest_pause(d->b);
    const double until = now + LINGER + (waiting < pause ? waiting : pause);
    struct join_hello h;
    struct link guest;
    while (missing(d) && clock_seconds() < until) {
        guests_wait(d->guests, d->fd, LOOK_MS);
        guests_hear(d->guests, d->fd);
        while (guests_next(d->guests, &h, &guest)) {
            tell(d, &guest, rc, e);
            if (h.index > d->b->self && d->link[h.index].fd < 0)
                d->link[h.index] = guest; // not missing any more
            else
                link_close(&guest);
        }
    }
}

static void tell_joined(struct door *d, int rc, const struct error *e)
{
    for (size_t i = 0; i < d->b->hosts; i++)
        tell(d, &d->link[i], rc, e);
    if (rc && rc != ERR_NOTFOUND && d->fd >= 0) // who has not come in time has been waited for
        tell_late(d, rc, e);
    for (size_t i = 0; rc && i < d->b->hosts; i++)
        link_close(&d->link[i]);
}

int join_as_leader(const struct bringup *b, struct round *r, struct link *link, struct error *e)
{
    struct door *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(e, "waiting for other hosts");
    *d = (struct door){
        .b = b, .round = r, .link = link, .fd = -1, .opened = clock_seconds(), .noted = FIRST_NOTE};
    join_describe(b, r->number, &d->mine);
    d->guests = guests_new(b, e);
    int rc = d->guests ? 0 : ERR_NOMEM;
    if (rc == 0 && b->hosts > 1)
        rc = address_listen(b->port, &d->fd, e);
    while (rc == 0 && !is_full(d)) {
        rc = hear_guests(d, e);
        hear_joined(d);
        if (rc == 0 && !is_full(d))
            rc = wait_a_little(d, e);
    }
    tell_joined(d, rc, e);
    guests_free(d->guests);
    if (d->fd >= 0)
        close(d->fd);
    mem_free(d);
    return rc;
}

// ---- the others

enum word { LISTEN, COME_AGAIN, START, STOP }; // what comes of the leader's, or a failure

// A worker, which calls until the leader has a word for it.
struct caller {
    const struct bringup *b;
    struct round *round;
    struct link *leader;
    double begun, until;
    double let_in; // when the leader was last heard that had let it in; 0: it has not yet
    char refusal[REFUSAL_MAX]; // of somebody who need not be the leader
    // Of this call:
    char greeting[JOIN_HELLO_MAX];
    bool trusted; // it may be followed
};

static const char *leader_name(const struct caller *c)
{
    return c->b->host[c->round->leader];
}

// Who has the secret is the leader; and is told that this host has it, too.
static int check_leader(struct caller *c, const char *line)
{
    char proof[SECRET_PROOF];
    c->trusted = secret_answer(c->b->secret, c->greeting, line, proof);
    if (c->trusted)
        return link_say(c->leader, "proof %s", proof) ? LISTEN : COME_AGAIN;
    snprintf(c->refusal, REFUSAL_MAX, "it has another secret than this host");
    link_say(c->leader, "refuse another secret");
    return COME_AGAIN;
}

// What somebody says who may be anyone.
static int hear_stranger(struct caller *c, const char *line)
{
    if (strncmp(line, "challenge ", 10) == 0)
        return check_leader(c, line);
    if (strncmp(line, "refuse ", 7) != 0)
        return COME_AGAIN;
    snprintf(c->refusal, REFUSAL_MAX, "%.200s", line + 7);
    error_one_line(c->refusal);
    return COME_AGAIN;
}

static int hear_leader(struct caller *c, const char *line, struct error *e)
{
    if (!c->trusted)
        return hear_stranger(c, line);
    if (strncmp(line, "start ", 6) == 0 && round_parse(line + 6, c->b, c->round))
        return START;
    if (strcmp(line, "stop") == 0)
        return STOP;
    if (strncmp(line, "refuse ", 7) == 0)
        return error_set(e, ERR_MISMATCH, "host %s, which leads: %.400s", leader_name(c), line + 7);
    if (strcmp(line, "beat") == 0)
        c->let_in = c->leader->heard;
    return LISTEN;
}

// Until it says a word, for it decides how long to wait for others, or is gone; who has to prove
// something first has no such time.
static int listen_to(struct caller *c, struct error *e)
{
    const double begun = clock_seconds();
    char line[LINK_LINE_MAX];
    for (;;) {
        poll(&(struct pollfd){.fd = c->leader->fd, .events = POLLIN}, 1, LOOK_MS);
        const bool there = link_fill(c->leader);
        for (int got; (got = link_line(c->leader, line)) != 0;) {
            const int word = got > 0 ? hear_leader(c, line, e) : COME_AGAIN;
            if (word != LISTEN)
                return word;
        }
        const bool alive =
            c->trusted ? beat(c->b, c->leader) : clock_seconds() - begun < JOIN_GUEST_SECONDS;
        if (!there || !alive)
            return COME_AGAIN;
        if (asked_to_stop(c->b)) {
            link_say(c->leader, "stop");
            return STOP;
        }
    }
}

// One that has been let in does not call for long: what it has lost is the run, which may have
// begun without it, but for restarts, of which the next lets it in again.
static double give_up_at(const struct caller *c)
{
    const double lost = c->let_in + c->b->heartbeat;
    return c->let_in > 0 && c->b->restarts == 0 && lost < c->until ? lost : c->until;
}

// As seconds from now, but not beyond the end of calling.
static double up_to_end(const struct caller *c, double seconds)
{
    const double left = give_up_at(c) - clock_seconds();
    return left < 0 ? 0 : seconds < left ? seconds : left;
}

static int call_and_listen(struct caller *c, struct error *e)
{
    const double patience = asked_to_stop(c->b) ? LINGER : JOIN_GUEST_SECONDS;
    struct join_hello mine;
    join_describe(c->b, c->round->number, &mine);
    const int rc = c->b->secret ? secret_nonce(mine.nonce, e) : 0;
    const int fd = rc ? -1
                      : address_call(bringup_address(c->b, c->round->leader), c->b->port,
                                     up_to_end(c, patience));
    if (fd < 0)
        return rc ? rc : COME_AGAIN;
    join_print(&mine, c->greeting);
    c->trusted = !c->b->secret;
    link_init(c->leader, fd);
    const int word = link_say(c->leader, "%s", c->greeting) ? listen_to(c, e) : COME_AGAIN;
    if (word != START)
        link_close(c->leader);
    return word;
}

// Who is waited for, and what was said instead of letting this host in.
static void note_waiting(const struct caller *c)
{
    char text[512];
    snprintf(text, sizeof text, "waiting for %.100s, which leads%s%s", leader_name(c),
             *c->refusal ? ": " : "", c->refusal);
    if (c->b->note)
        c->b->note(c->b->context, text);
}

static int give_up(const struct caller *c, struct error *e)
{
    if (give_up_at(c) < c->until)
        return error_set(e, ERR_IO,
                         "host %s, which leads: has not been heard of for longer than the "
                         "heartbeat, while other hosts were waited for",
                         leader_name(c));
    if (*c->refusal)
        return error_set(e, ERR_NOTFOUND, "host %s, which leads, has not let this host in: %s",
                         leader_name(c), c->refusal);
    return error_set(e, ERR_NOTFOUND, "host %s, which leads, has not answered at port %d in %.0f s",
                     leader_name(c), c->b->port, c->b->join);
}

int join_as_worker(const struct bringup *b, struct round *r, struct link *leader, struct error *e)
{
    struct caller c = {.b = b, .round = r, .leader = leader, .begun = clock_seconds()};
    c.until = c.begun + round_pause(r->number) + b->join;
    double pause = FIRST_PAUSE, noted = FIRST_NOTE;
    while (clock_seconds() < give_up_at(&c)) {
        const bool refused = *c.refusal;
        const double let_in = c.let_in;
        const int word = call_and_listen(&c, e);
        if (word != COME_AGAIN)
            return word == START ? 0 : word == STOP ? ROUND_STOPPED : word;
        if (asked_to_stop(b))
            return ROUND_STOPPED;
        if (clock_seconds() - c.begun > noted || (*c.refusal && !refused)) {
            note_waiting(&c);
            noted *= 2;
        }
        pause = c.let_in > let_in ? FIRST_PAUSE : pause;
        poll(NULL, 0, (int)(1000 * up_to_end(&c, pause)));
        pause = 1.5 * pause < longest_pause(b) ? 1.5 * pause : longest_pause(b);
    }
    return give_up(&c, e);
}
