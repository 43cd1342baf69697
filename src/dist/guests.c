// SPDX-License-Identifier: MIT
// A host says its greeting as soon as it is connected, so under a flood of calls it is there when
// the call is taken. Whoever says nothing makes way for who comes later. A guest that has greeted
// stays while its name is looked up (names.h), which nobody else waits for. Where the job has a
// secret, each proves to the other that it has it, the leader first:
//
//   host    skiff-join ... NONCE
//   leader  challenge NONCE PROOF
//   host    proof PROOF
//
// Both nonces are in both proofs (secret.h), so what was said once is of no use again.
#include "dist/guests.h"

#include "base/clock.h"
#include "base/mem.h"
#include "dist/names.h"
#include "dist/secret.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUESTS_MAX   64
#define CALLS_A_LOOK 256

enum state { FREE, SILENT, GREETED, CHALLENGED, PROVED };
enum complaint { NONE, NO_SECRET, OTHER_SECRET, NEEDLESS_SECRET };

static const char *const complaints[] = {
    [NO_SECRET] = "has not the secret of the job",
    [OTHER_SECRET] = "has another secret",
    [NEEDLESS_SECRET] = "has a secret, and this host has none",
};

struct guest {
    enum state state;
    struct link link;
    double since; // it is in this state
    struct join_hello hello;
    char greeting[JOIN_HELLO_MAX], nonce[SECRET_NONCE];
};

struct guests {
    const struct bringup *b;
    struct names *names;
    struct guest guest[GUESTS_MAX];
    unsigned char *complaint; // [hosts]
};

struct guests *guests_new(const struct bringup *b, struct error *e)
{
    struct guests *g = mem_zalloc(sizeof *g);
    unsigned char *complaint = mem_array(b->hosts, 1);
    if (!g || !complaint) {
        mem_free(g);
        mem_free(complaint);
        error_nomem(e, "waiting for other hosts");
        return NULL;
    }
    g->b = b;
    g->complaint = complaint;
    g->names = b->hosts > 1 ? names_new(b, e) : NULL;
    if (b->hosts > 1 && !g->names) {
        guests_free(g);
        return NULL;
    }
    return g;
}

static void show_out(struct guest *one)
{
    if (one->state != FREE)
        link_close(&one->link);
    one->state = FREE;
}

void guests_free(struct guests *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        show_out(&g->guest[i]);
    names_free(g->names);
    mem_free(g->complaint);
    mem_free(g);
}

const char *guests_complaint(const struct guests *g, size_t host)
{
    return complaints[g->complaint[host]];
}

static void send_away(struct guest *one, const char *why)
{
    link_say(&one->link, "refuse %s", why);
    show_out(one);
}

// Said once of each host: who calls may do so all the time.
static void complain(struct guests *g, struct guest *one, enum complaint what, const char *why)
{
    const size_t host = one->hello.index;
    char text[400];
    if (!g->complaint[host]) {
        snprintf(text, sizeof text, "host %.255s %s: not let in", g->b->host[host],
                 complaints[what]);
        if (g->b->note)
            g->b->note(g->b->context, text);
        g->complaint[host] = (unsigned char)what;
    }
    send_away(one, why);
}

static void enter(struct guest *one, enum state state)
{
    one->state = state;
    one->since = clock_seconds();
}

static void challenge(struct guests *g, struct guest *one)
{
    char proof[SECRET_PROOF];
    if (secret_nonce(one->nonce, NULL) != 0) {
        show_out(one);
        return;
    }
    secret_prove(g->b->secret, "leader", one->greeting, one->nonce, proof);
    enter(one, CHALLENGED);
    if (!link_say(&one->link, "challenge %s %s", one->nonce, proof))
        show_out(one);
}

// It comes from the address of the host that it says it is.
static void admit(struct guests *g, struct guest *one)
{
    join_print(&one->hello, one->greeting);
    const bool has_one = one->hello.nonce[0] != '\0';
    if (g->b->secret && !has_one)
        complain(g, one, NO_SECRET,
                 "the job has a secret, and this host has none (see --join_secret_file)");
    else if (!g->b->secret && has_one)
        complain(g, one, NEEDLESS_SECRET,
                 "the leader has no secret, and this host has one (see --join_secret_file)");
    else if (g->b->secret)
        challenge(g, one);
    else
        enter(one, PROVED);
}

static void check_address(struct guests *g, struct guest *one)
{
    switch (names_compare(g->names, one->hello.index, one->link.fd)) {
    case NAME_SAME:
        admit(g, one);
        break;
    case NAME_OTHER:
        send_away(one, "this is not a host of the job");
        break;
    case NAME_UNKNOWN:
        show_out(one); // it comes again, and its name may be known then
        break;
    default:
        break;
    }
}

static void greet(struct guests *g, struct guest *one, const char *line)
{
    if (!join_parse(line, &one->hello) || one->hello.index >= g->b->hosts) {
        send_away(one, "this is not a host of the job");
        return;
    }
    enter(one, GREETED);
    check_address(g, one);
}

static void check_proof(struct guests *g, struct guest *one, const char *line)
{
    const bool said = strncmp(line, "proof ", 6) == 0;
    if (said && secret_proves(g->b->secret, "worker", one->greeting, one->nonce, line + 6))
        enter(one, PROVED);
    else
        complain(g, one, OTHER_SECRET, "this is not the secret of the job");
}

static void hear(struct guests *g, struct guest *one)
{
    char line[LINK_LINE_MAX];
    if (one->state == FREE || one->state == PROVED)
        return;
    const bool there = link_fill(&one->link);
    const int got = one->state == GREETED ? 0 : link_line(&one->link, line);
    if (got > 0 && one->state == SILENT)
        greet(g, one, line);
    else if (got > 0)
        check_proof(g, one, line);
    else if (!there || got < 0 || clock_seconds() - one->since > JOIN_GUEST_SECONDS)
        show_out(one);
    else if (one->state == GREETED)
        check_address(g, one);
}

// The oldest of those that have said nothing makes way; then of those that prove nothing.
static struct guest *place(struct guests *g)
{
    struct guest *best = NULL;
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        struct guest *one = &g->guest[i];
        if (one->state == FREE)
            return one;
        if (one->state != PROVED && (!best || one->state < best->state ||
                                     (one->state == best->state && one->since < best->since)))
            best = one;
    }
    return best;
}

static void let_in(struct guests *g, int fd)
{
    struct guest *one = place(g);
    if (!one) {
        close(fd);
        return;
    }
    show_out(one);
    link_init(&one->link, fd);
    enter(one, SILENT);
    hear(g, one);
}

void guests_hear(struct guests *g, int door)
{
    int fd;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        hear(g, &g->guest[i]);
    for (size_t i = 0;
         i < CALLS_A_LOOK && (fd = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;
         i++)
        let_in(g, fd);
}

bool guests_next(struct guests *g, struct join_hello *h, struct link *l)
{
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        struct guest *one = &g->guest[i];
        if (one->state != PROVED)
            continue;
        *h = one->hello;
        *l = one->link;
        one->state = FREE;
        return true;
    }
    return false;
}

void guests_wait(const struct guests *g, int door, int milliseconds)
{
    struct pollfd fds[2 + GUESTS_MAX] = {
        {.fd = door, .events = POLLIN},
        {.fd = g->names ? names_fd(g->names) : -1, .events = POLLIN}};
    nfds_t count = 2;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (g->guest[i].state != FREE)
            fds[count++] = (struct pollfd){.fd = g->guest[i].link.fd, .events = POLLIN};
    poll(fds, count, milliseconds);
}
