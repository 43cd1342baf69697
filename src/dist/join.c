// SPDX-License-Identifier: MIT
// The leader listens, the others call, again and again with growing pauses until it answers.
// Whoever calls is a guest for a few seconds: one line decides whether it is a host of the list. A
// listed host that is not of this job (another version, another list) ends it; strangers are sent
// away.
#include "dist/join.h"

#include "base/clock.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUESTS_MAX    32
#define GUEST_SECONDS 5.0
#define FIRST_PAUSE   0.05
#define LONGEST_PAUSE 5.0
#define FIRST_NOTE    5.0
#define LOOK_MS       100
#define PROTOCOL      "3"
#define HELLO_WORDS   8

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
    snprintf(text, JOIN_HELLO_MAX, "skiff-join " PROTOCOL " %s %zu %zu %zu %u %zu", h->version,
             h->index, h->hosts, h->per_host, h->names, h->round);
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
        !number(word[7], ROUNDS_MAX - 1, &round))
        return false;
    *h = (struct join_hello){.index = (size_t)index,
                             .hosts = (size_t)hosts,
                             .per_host = (size_t)per_host,
                             .names = (uint32_t)names,
                             .round = (size_t)round};
    snprintf(h->version, sizeof h->version, "%s", word[2]);
    return true;
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
    struct link guest[GUESTS_MAX];
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

static int open_door(struct door *d, struct error *e)
{
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)d->b->port),
                                    .sin_addr.s_addr = htonl(INADDR_ANY)};
    const int yes = 1;
    d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->fd < 0)
        return error_errno(e, "a socket for other hosts");
    setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(d->fd, (const struct sockaddr *)&any, sizeof any) != 0 || listen(d->fd, 128) != 0)
        return error_errno(e, "port %d, where other hosts would join (see --join_port)",
                           d->b->port);
    return 0;
}

// Does the name of that host lead to where the guest comes from?
static bool comes_from(const struct link *guest, const char *host)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    bool found = false;
    if (getpeername(guest->fd, (struct sockaddr *)&peer, &size) != 0 ||
        getaddrinfo(host, NULL, &hints, &list) != 0)
        return false;
    for (const struct addrinfo *at = list; at && !found; at = at->ai_next) {
        struct sockaddr_in address;
        memcpy(&address, at->ai_addr, sizeof address);
        found = address.sin_addr.s_addr == peer.sin_addr.s_addr;
    }
    freeaddrinfo(list);
    return found;
}

static void send_away(struct link *guest, const char *why)
{
    link_say(guest, "refuse %s", why);
    link_close(guest);
}

static const char *difference(const struct join_hello *h, const struct join_hello *mine)
{
    if (strcmp(h->version, mine->version) != 0)
        return "another version of skiff";
    if (h->hosts != mine->hosts || h->names != mine->names)
        return "another list of --hosts";
    return h->per_host != mine->per_host ? "another number of --ranks_per_host" : NULL;
}

// A guest has said who it is.
static int receive(struct door *d, struct link *guest, const char *line, struct error *e)
{
    struct join_hello h;
    if (!join_parse(line, &h) || h.index <= d->b->self || h.index >= d->b->hosts ||
        !comes_from(guest, bringup_address(d->b, h.index))) {
        send_away(guest, "this is not a host of the job");
        return 0;
    }
    if (d->link[h.index].fd >= 0) { // of before it died, and soon silent: it comes again
        link_close(guest);
        return 0;
    }
    const char *other = difference(&h, &d->mine);
    if (other) {
        send_away(guest, other);
        return error_set(e, ERR_MISMATCH, "host %s has %s; start the same on all hosts",
                         d->b->host[h.index], other);
    }
    d->link[h.index] = *guest;
    guest->fd = -1;
    d->round->number = h.round > d->round->number ? h.round : d->round->number;
    return 0;
}

static void let_in(struct door *d)
{
    const int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    size_t free = 0;
    while (fd >= 0 && free < GUESTS_MAX && d->guest[free].fd >= 0)
        free++;
    if (fd >= 0 && free == GUESTS_MAX)
        close(fd); // a host of ours comes again
    else if (fd >= 0)
        link_init(&d->guest[free], fd);
}

static int hear_guests(struct door *d, struct error *e)
{
    char line[LINK_LINE_MAX];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < GUESTS_MAX; i++) {
        struct link *guest = &d->guest[i];
        if (guest->fd < 0)
            continue;
        const bool there = link_fill(guest);
        const int got = link_line(guest, line);
        if (got > 0)
            rc = receive(d, guest, line, e);
        else if (!there || got < 0 || clock_seconds() - guest->said > GUEST_SECONDS)
            link_close(guest);
    }
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
        if (used + strlen(d->b->host[i]) + 24 > size)
            more++;
        else
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", d->b->host[i]);
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
    poll(&(struct pollfd){.fd = d->fd, .events = POLLIN}, 1,
         d->opened + 1 > clock_seconds() ? LOOK_MS / 10 : LOOK_MS);
    return 0;
}

// To those that have joined: how their waiting ends.
static void tell_joined(struct door *d, int rc, const struct error *e)
{
    char text[ROUND_TEXT_MAX];
    round_print(d->b, d->round, text);
    for (size_t i = 0; i < d->b->hosts; i++) {
        struct link *l = &d->link[i];
        if (rc == 0)
            link_say(l, "start %s", text); // one that has gone is missed by its supervisor
        else if (rc == ROUND_STOPPED)
            link_say(l, "stop");
        else
            link_say(l, "refuse %s", e ? e->text : "the job has failed");
        if (rc)
            link_close(l);
    }
}

int join_as_leader(const struct bringup *b, struct round *r, struct link *link, struct error *e)
{
    struct door *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(e, "waiting for other hosts");
    *d = (struct door){
        .b = b, .round = r, .link = link, .fd = -1, .opened = clock_seconds(), .noted = FIRST_NOTE};
    for (size_t i = 0; i < GUESTS_MAX; i++)
        d->guest[i].fd = -1;
    join_describe(b, r->number, &d->mine);
    int rc = b->hosts > 1 ? open_door(d, e) : 0;
    while (rc == 0 && !is_full(d)) {
        let_in(d);
        rc = hear_guests(d, e);
        hear_joined(d);
        if (rc == 0 && !is_full(d))
            rc = wait_a_little(d, e);
    }
    for (size_t i = 0; i < GUESTS_MAX; i++)
        link_close(&d->guest[i]);
    tell_joined(d, rc, e);
    if (d->fd >= 0)
        close(d->fd);
    mem_free(d);
    return rc;
}

// ---- the others

// A connection to that host, or -1.
static int call(const struct bringup *b, const char *host)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char port[16];
    snprintf(port, sizeof port, "%d", b->port);
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), broken = 1;
    socklen_t size = sizeof broken;
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) != 0 && errno == EINPROGRESS)
        poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, (int)(1000 * GUEST_SECONDS));
    freeaddrinfo(list);
    if (fd >= 0 && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &broken, &size) != 0 || broken ||
                    send(fd, "", 0, MSG_NOSIGNAL) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum word { COME_AGAIN, START, STOP }; // of the leader, or a failure

static int hear_leader(const struct bringup *b, struct round *r, const char *line, struct error *e)
{
    if (strncmp(line, "start ", 6) == 0 && round_parse(line + 6, b, r))
        return START;
    if (strcmp(line, "stop") == 0)
        return STOP;
    if (strncmp(line, "refuse ", 7) == 0)
        return error_set(e, ERR_MISMATCH, "host %s, which leads: %.400s", b->host[r->leader],
                         line + 7);
    return COME_AGAIN;
}

// Until it says a word, for it decides how long to wait for others, or is gone.
static int listen_to(const struct bringup *b, struct round *r, struct link *leader, struct error *e)
{
    char line[LINK_LINE_MAX];
    for (;;) {
        poll(&(struct pollfd){.fd = leader->fd, .events = POLLIN}, 1, LOOK_MS);
        const bool there = link_fill(leader);
        for (int got; (got = link_line(leader, line)) != 0;) {
            const int word = got > 0 ? hear_leader(b, r, line, e) : COME_AGAIN;
            if (word != COME_AGAIN || got < 0)
                return word;
        }
        if (!there || !beat(b, leader))
            return COME_AGAIN;
        if (asked_to_stop(b)) {
            link_say(leader, "stop");
            return STOP;
        }
    }
}

static int call_and_listen(const struct bringup *b, struct round *r, struct link *leader,
                           struct error *e)
{
    struct join_hello mine;
    char text[JOIN_HELLO_MAX];
    const int fd = call(b, bringup_address(b, r->leader));
    if (fd < 0)
        return COME_AGAIN;
    join_describe(b, r->number, &mine);
    join_print(&mine, text);
    link_init(leader, fd);
    const int word = link_say(leader, "%s", text) ? listen_to(b, r, leader, e) : COME_AGAIN;
    if (word != START)
        link_close(leader);
    return word;
}

int join_as_worker(const struct bringup *b, struct round *r, struct link *leader, struct error *e)
{
    const double begun = clock_seconds(), until = begun + round_pause(r->number) + b->join;
    double pause = FIRST_PAUSE, noted = FIRST_NOTE;
    char note[256];
    while (clock_seconds() < until) {
        const int word = call_and_listen(b, r, leader, e);
        if (word != COME_AGAIN)
            return word == START ? 0 : word == STOP ? ROUND_STOPPED : word;
        if (asked_to_stop(b))
            return ROUND_STOPPED;
        if (b->note && clock_seconds() - begun > noted) {
            snprintf(note, sizeof note, "waiting for %.100s, which leads", b->host[r->leader]);
            b->note(b->context, note);
            noted *= 2;
        }
        poll(NULL, 0, (int)(1000 * pause));
        pause = 1.5 * pause < LONGEST_PAUSE ? 1.5 * pause : LONGEST_PAUSE;
    }
    return error_set(e, ERR_NOTFOUND, "host %s, which leads, has not answered at port %d in %.0f s",
                     b->host[r->leader], b->port, b->join);
}
