// SPDX-License-Identifier: MIT
// A run is rounds (round.h), and a round is three steps: hosts join (join.h), ranks are forked
// (children.h), their supervisor stays with them (supervisor.h). Ranks are forked, not executed:
// what a rank is told is its environment, and the rest of the program then begins in it as if a
// launcher had started it. So this comes before threads, files and MPI, of which a fork would make
// copies, and a rank closes what its supervisor has open.
//
// Links are by host while hosts join, since any may come; once it is clear who is present they
// are packed, and everything afterwards knows only of hosts that take part.
#include "dist/bringup.h"

#include "base/mem.h"
#include "dist/children.h"
#include "dist/dist_inner.h"
#include "dist/join.h"
#include "dist/round.h"
#include "dist/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SHARED_A_RANK   6e6 // bytes
#define END_SECONDS     5.0 // for the kernel to take back what a killed rank has
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// A copy of a name of these characters; NULL with the error set.
static char *copy_name(const char *option, const char *good, const char *name, size_t length,
                       struct error *e)
{
    if (length == 0 || length > 253 || strspn(name, good) < length) {
        error_set(e, ERR_USAGE, "%s: '%.*s' is not the name of a host", option,
                  (int)(length < 64 ? length : 64), name);
        return NULL;
    }
    char *copy = mem_alloc(length + 1);
    if (!copy) {
        error_nomem(e, "names of hosts");
        return NULL;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    return copy;
}

static int add_host(struct bringup *b, const char *name, size_t length, struct error *e)
{
    if (b->hosts == BRINGUP_HOSTS_MAX)
        return error_set(e, ERR_USAGE, "--hosts: more than %d", BRINGUP_HOSTS_MAX);
    char *copy = copy_name("--hosts", NAME_CHARACTERS, name, length, e);
    if (!copy)
        return error_code(e);
    b->host[b->hosts++] = copy;
    return 0;
}

size_t bringup_ranks(const struct bringup *b)
{
    return b->hosts * b->per_host;
}

static int begin_list(struct bringup *b, struct error *e)
{
    b->hosts = 0;
    b->address = NULL;
    b->self = BRINGUP_HOSTS_MAX;
    b->host = mem_array(BRINGUP_HOSTS_MAX, sizeof *b->host);
    return b->host ? 0 : error_nomem(e, "names of hosts");
}

int bringup_hosts(struct bringup *b, const char *list, const char *self, struct error *e)
{
    int rc = begin_list(b, e);
    for (const char *at = list; rc == 0 && at;) {
        const size_t length = strcspn(at, ",");
        rc = add_host(b, at, length, e);
        at = at[length] ? at + length + 1 : NULL;
    }
    if (rc == 0)
        qsort(b->host, b->hosts, sizeof *b->host, by_name);
    for (size_t i = 0; rc == 0 && i < b->hosts; i++) {
        if (i > 0 && strcmp(b->host[i - 1], b->host[i]) == 0)
            rc = error_set(e, ERR_USAGE, "--hosts: %s is there twice", b->host[i]);
        if (strcmp(b->host[i], self) == 0)
            b->self = i;
    }
    if (rc == 0 && b->self == BRINGUP_HOSTS_MAX)
        rc = error_set(e, ERR_USAGE, "--host %.64s is not one of --hosts", self);
    if (rc == 0 && bringup_ranks(b) > BRINGUP_RANKS_MAX)
        rc = error_set(e, ERR_USAGE, "%zu hosts of %zu ranks are more than %d ranks", b->hosts,
                       b->per_host, BRINGUP_RANKS_MAX);
    return rc;
}

int bringup_local(struct bringup *b, struct error *e)
{
    char name[256] = "";
    const int rc = begin_list(b, e);
    b->self = 0;
    if (gethostname(name, sizeof name - 1) != 0 || !*name)
        snprintf(name, sizeof name, "localhost");
    return rc ? rc : add_host(b, name, strlen(name), e);
}

// "NAME=ADDRESS" of `length`.
static int add_address(struct bringup *b, const char *pair, size_t length, struct error *e)
{
    const size_t name = strcspn(pair, "=,");
    if (name >= length)
        return error_set(e, ERR_USAGE, "--host_addresses: '%.*s' is not NAME=ADDRESS",
                         (int)(length < 64 ? length : 64), pair);
    char *copy =
        copy_name("--host_addresses", NAME_CHARACTERS ":%", pair + name + 1, length - name - 1, e);
    if (!copy)
        return error_code(e);
    size_t i = 0;
    while (i < b->hosts && (strncmp(b->host[i], pair, name) != 0 || b->host[i][name]))
        i++;
    if (i == b->hosts) {
        mem_free(copy);
        return 0;
    }
    mem_free(b->address[i]);
    b->address[i] = copy;
    return 0;
}

int bringup_addresses(struct bringup *b, const char *list, struct error *e)
{
    b->address = mem_array(b->hosts, sizeof *b->address);
    int rc = b->address ? 0 : error_nomem(e, "addresses of hosts");
    for (const char *at = list; rc == 0 && at;) {
        const size_t length = strcspn(at, ",");
        rc = add_address(b, at, length, e);
        at = at[length] ? at + length + 1 : NULL;
    }
    return rc;
}

const char *bringup_address(const struct bringup *b, size_t i)
{
    return b->address && b->address[i] ? b->address[i] : b->host[i];
}

void bringup_clear(struct bringup *b)
{
    for (size_t i = 0; b->host && i < b->hosts; i++)
        mem_free(b->host[i]);
    for (size_t i = 0; b->address && i < b->hosts; i++)
        mem_free(b->address[i]);
    mem_free(b->host);
    mem_free(b->address);
    b->host = NULL;
    b->address = NULL;
}

static bool set_number(const char *name, size_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", value);
    return setenv(name, text, 1) == 0;
}

// UCX, which carries MPICH's messages, needs 4.3 MB there for each rank of a machine, and
// containers may have less.
static bool has_shared_memory(size_t ranks)
{
    struct statvfs s;
    return statvfs("/dev/shm", &s) == 0 &&
           (double)s.f_bavail * (double)s.f_frsize >= (double)ranks * SHARED_A_RANK;
}

// What a launcher would have put there. UCX would also take shared memory for ranks that only look
// as if they were on one machine (containers), unless it is told to use TCP.
static int set_environment(const struct bringup *b, size_t local, int fd, struct error *e)
{
    const bool tcp = b->hosts > 1 || !has_shared_memory(b->per_host);
    const bool set = set_number("PMI_FD", (size_t)fd) &&
                     set_number("PMI_RANK", b->self * b->per_host + local) &&
                     set_number("PMI_SIZE", bringup_ranks(b)) &&
                     (b->hosts == 1 || setenv(DIST_HOST, b->host[b->self], 1) == 0) &&
                     (!tcp || setenv("UCX_TLS", "tcp,self", 0) == 0);
    return set ? 0 : error_nomem(e, "the environment of a rank");
}

// A rank inherits that it was asked to stop, and would be ended by the same signal once more. So
// none comes between the question and the fork.
static int fork_between_signals(const struct bringup *b, struct children *ranks, size_t *local,
                                int *fd, struct error *e)
{
    sigset_t stops, before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, &before);
    const bool told = b->stop && b->stop(b->context);
    const int rc = children_fork(ranks, b->per_host, local, fd, e);
    ranks->told = told;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int fork_ranks(const struct bringup *b, struct link *link, bool *rank, int *status,
                      struct error *e)
{
    struct children ranks;
    size_t local;
    int fd;
    int rc = fork_between_signals(b, &ranks, &local, &fd, e);
    *rank = rc == 0 && local < b->per_host;
    for (size_t i = 0; *rank && i < b->hosts; i++)
        link_close(&link[i]);
    if (*rank)
        rc = set_environment(b, local, fd, e);
    else if (rc == 0)
        rc = supervise(b, link, &ranks, status, e);
    children_end(&ranks, END_SECONDS);
    return rc;
}

// A host that does not come back is followed, as the leader, by the next.
static int join_hosts(const struct bringup *b, struct round *r, struct link *link, struct error *e)
{
    for (r->leader = 0; r->leader < b->self; r->leader++) {
        const int rc = join_as_worker(b, r, &link[0], e);
        if (rc != ERR_NOTFOUND || !b->elastic || r->number == 0)
            return rc;
        error_clear(e);
    }
    return join_as_leader(b, r, link, e);
}

// The leader's links by host become those by place among the hosts that are present.
static void pack_links(const struct bringup *b, const struct round *r, struct link *link)
{
    size_t to = 0;
    for (size_t i = 0; i < b->hosts; i++) {
        if (!r->present[i])
            continue;
        link[to] = link[i];
        if (i != to++)
            link[i].fd = -1;
    }
}

static void note_absent(const struct bringup *b, const struct bringup *some)
{
    char text[128];
    snprintf(text, sizeof text, "going on with %zu of %zu hosts", some->hosts, b->hosts);
    if (b->note && some->hosts < b->hosts)
        b->note(b->context, text);
}

static int run_round(const struct bringup *b, struct round *r, bool *rank, int *status,
                     struct error *e)
{
    struct link *link = mem_array(b->hosts, sizeof *link);
    char **host = mem_array(b->hosts, sizeof *host);
    int rc = link && host ? 0 : error_nomem(e, "other hosts");
    for (size_t i = 0; rc == 0 && i < b->hosts; i++)
        link[i].fd = -1;
    *status = 1;
    if (rc == 0)
        rc = join_hosts(b, r, link, e);
    if (rc == 0) {
        const struct bringup some = round_hosts(b, r, host);
        if (r->leader == b->self)
            pack_links(b, r, link);
        note_absent(b, &some);
        rc = fork_ranks(&some, link, rank, status, e);
    }
    for (size_t i = 0; link && i < b->hosts; i++)
        link_close(&link[i]);
    mem_free(link);
    mem_free(host);
    return rc;
}

int bringup_run(const struct bringup *b, bool *rank, int *status, struct error *e)
{
    struct round r = {0};
    struct error failure = {0};
    int rc;
    *rank = false;
    while ((rc = run_round(b, &r, rank, status, &failure)) == ROUND_AGAIN) {
        r.number++;
        if (b->again)
            b->again(b->context, failure.text, r.number);
        error_clear(&failure);
    }
    if (rc == ROUND_STOPPED) {
        *status = 0;
        if (b->note)
            b->note(b->context, "stopped while waiting for other hosts; no model is written");
        rc = 0;
    }
    if (rc && e)
        *e = failure;
    return rc;
}
