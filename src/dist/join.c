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
#define PROTOCOL      "2"
#define HELLO_WORDS   7

// ---- the line

void join_describe(const struct bringup *b, struct join_hello *h)
{
    *h = (struct join_hello){.index = b->self, .hosts = b->hosts, .per_host = b->per_host};
    snprintf(h->version, sizeof h->version, "%s", PACKAGE_VERSION);
    for (size_t i = 0; i < b->hosts; i++)
        h->names = crc_update(h->names, b->host[i], strlen(b->host[i]) + 1);
}

void join_print(const struct join_hello *h, char text[JOIN_HELLO_MAX])
{
    snprintf(text, JOIN_HELLO_MAX, "skiff-join " PROTOCOL " %s %zu %zu %zu %u", h->version,
             h->index, h->hosts, h->per_host, h->names);
}

static bool number(const char *text, int64_t most, int64_t *value)
{
    return num_parse_i64(text, value) && *value >= 0 && *value <= most;
}

bool join_parse(const char *line, struct join_hello *h)
{
    char text[JOIN_HELLO_MAX], *word[HELLO_WORDS], *rest = text;
    int64_t index, hosts, per_host, names;
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
        !number(word[5], BRINGUP_RANKS_MAX, &per_host) || !number(word[6], UINT32_MAX, &names))
        return false;
    *h = (struct join_hello){.index = (size_t)index,
                             .hosts = (size_t)hosts,
                             .per_host = (size_t)per_host,
                             .names = (uint32_t)names};
    snprintf(h->version, sizeof h->version, "%s", word[2]);
    return true;
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
    struct join_hello mine;
    int fd;
    struct link guest[GUESTS_MAX];
    struct link *link; // of hosts that have joined
    size_t missing;
    double opened, noted;
};

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
    if (!join_parse(line, &h) || h.index == 0 || h.index >= d->b->hosts ||
        d->link[h.index].fd >= 0 || !comes_from(guest, bringup_address(d->b, h.index))) {
        send_away(guest, "this is not a host of the job");
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
    d->missing--;
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
    for (size_t i = 1; i < d->b->hosts; i++) {
        struct link *l = &d->link[i];
        if (l->fd < 0)
            continue;
        char line[LINK_LINE_MAX];
        bool there = link_fill(l) && beat(d->b, l);
        for (int got; there && (got = link_line(l, line)) != 0;)
            there = got > 0 && strcmp(line, "beat") == 0;
        if (there)
            continue;
        link_close(l);
        d->missing++;
    }
}

static void name_missing(const struct door *d, char *text, size_t size)
{
    size_t used = 0, more = 0;
    text[0] = '\0';
    for (size_t i = 1; i < d->b->hosts; i++) {
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

static int wait_a_little(struct door *d, struct error *e)
{
    char missing[256], text[320];
    const double waited = clock_seconds() - d->opened;
    if (d->b->stop && d->b->stop(d->b->context))
        return error_set(e, ERR_IO, "stopped while waiting for other hosts");
    name_missing(d, missing, sizeof missing);
    if (waited > d->b->join)
        return error_set(e, ERR_NOTFOUND, "these hosts have not come within %.0f s: %s", d->b->join,
                         missing);
    if (d->b->note && waited > d->noted) {
        snprintf(text, sizeof text, "waiting for %s (%.0f s)", missing, waited);
        d->b->note(d->b->context, text);
        d->noted = 2 * waited;
    }
    poll(&(struct pollfd){.fd = d->fd, .events = POLLIN}, 1,
         d->opened + 1 > clock_seconds() ? LOOK_MS / 10 : LOOK_MS);
    return 0;
}

int join_as_leader(const struct bringup *b, struct link *link, struct error *e)
{
    struct door *d = mem_zalloc(sizeof *d);
    if (!d)
        return error_nomem(e, "waiting for other hosts");
    *d = (struct door){.b = b,
                       .link = link,
                       .missing = b->hosts - 1,
                       .fd = -1,
                       .opened = clock_seconds(),
                       .noted = FIRST_NOTE};
    for (size_t i = 0; i < GUESTS_MAX; i++)
        d->guest[i].fd = -1;
    join_describe(b, &d->mine);
    int rc = open_door(d, e);
    while (rc == 0 && d->missing > 0) {
        let_in(d);
        rc = hear_guests(d, e);
        hear_joined(d);
        if (rc == 0 && d->missing > 0)
            rc = wait_a_little(d, e);
    }
    for (size_t i = 0; i < GUESTS_MAX; i++)
        link_close(&d->guest[i]);
    for (size_t i = 1; i < b->hosts; i++)
        if (rc == 0 && !link_say(&link[i], "start"))
            rc = error_set(e, ERR_IO, "lost host %s", b->host[i]);
    for (size_t i = 1; rc && i < b->hosts; i++) {
        link_say(&link[i], "refuse %s", e ? e->text : "the job has failed");
        link_close(&link[i]);
    }
    if (d->fd >= 0)
        close(d->fd);
    mem_free(d);
    return rc;
}

// ---- the others

// A connection to the leader, or -1.
static int call(const struct bringup *b)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char port[16];
    snprintf(port, sizeof port, "%d", b->port);
    if (getaddrinfo(bringup_address(b, 0), port, &hints, &list) != 0)
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

// The leader's word: 1 to start, 0 to come again, or a failure.
static int listen_to(const struct bringup *b, struct link *leader, double until, struct error *e)
{
    char line[LINK_LINE_MAX];
    while (clock_seconds() < until) {
        poll(&(struct pollfd){.fd = leader->fd, .events = POLLIN}, 1, LOOK_MS);
        const bool there = link_fill(leader);
        for (int got; (got = link_line(leader, line)) != 0;) {
            if (got < 0)
                return 0;
            if (strcmp(line, "start") == 0)
                return 1;
            if (strncmp(line, "refuse ", 7) == 0)
                return error_set(e, ERR_MISMATCH, "host %s, which leads: %.400s", b->host[0],
                                 line + 7);
        }
        if (!there || !beat(b, leader))
            return 0;
        if (b->stop && b->stop(b->context))
            return error_set(e, ERR_IO, "stopped while waiting for other hosts");
    }
    return 0;
}

int join_as_worker(const struct bringup *b, struct link *leader, struct error *e)
{
    const double begun = clock_seconds(), until = begun + b->join;
    double pause = FIRST_PAUSE, noted = FIRST_NOTE;
    struct join_hello mine;
    char text[JOIN_HELLO_MAX], note[256];
    join_describe(b, &mine);
    join_print(&mine, text);
    while (clock_seconds() < until) {
        const int fd = call(b);
        if (fd >= 0) {
            link_init(leader, fd);
            const int heard = link_say(leader, "%s", text) ? listen_to(b, leader, until, e) : 0;
            if (heard > 0)
                return 0;
            link_close(leader);
            if (heard < 0)
                return heard;
        }
        if (b->stop && b->stop(b->context))
            return error_set(e, ERR_IO, "stopped while waiting for other hosts");
        if (b->note && clock_seconds() - begun > noted) {
            snprintf(note, sizeof note, "waiting for %.100s, which leads", b->host[0]);
            b->note(b->context, note);
            noted *= 2;
        }
        poll(NULL, 0, (int)(1000 * pause));
        pause = 1.5 * pause < LONGEST_PAUSE ? 1.5 * pause : LONGEST_PAUSE;
    }
    return error_set(e, ERR_NOTFOUND, "host %s, which leads, has not answered at port %d in %.0f s",
                     b->host[0], b->port, b->join);
}
