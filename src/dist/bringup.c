// SPDX-License-Identifier: MIT
#include "dist/bringup.h"

#include "base/mem.h"
#include "dist/join.h"
#include "dist/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_host(struct bringup *b, const char *name, size_t length, struct error *e)
{
    const char *const good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (length == 0 || length > 253 || strspn(name, good) < length)
        return error_set(e, ERR_USAGE, "--hosts: '%.*s' is not the name of a host",
                         (int)(length < 64 ? length : 64), name);
    if (b->hosts == BRINGUP_HOSTS_MAX)
        return error_set(e, ERR_USAGE, "--hosts: more than %d", BRINGUP_HOSTS_MAX);
    char *copy = mem_alloc(length + 1);
    if (!copy)
        return error_nomem(e, "names of hosts");
    memcpy(copy, name, length);
    copy[length] = '\0';
    b->host[b->hosts++] = copy;
    return 0;
}

int bringup_hosts(struct bringup *b, const char *list, const char *self, struct error *e)
{
    b->hosts = 0;
    b->self = BRINGUP_HOSTS_MAX;
    b->host = mem_array(BRINGUP_HOSTS_MAX, sizeof *b->host);
    int rc = b->host ? 0 : error_nomem(e, "names of hosts");
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
    return rc;
}

void bringup_clear(struct bringup *b)
{
    for (size_t i = 0; b->host && i < b->hosts; i++)
        mem_free(b->host[i]);
    mem_free(b->host);
    b->host = NULL;
}

// What a launcher would have put there. UCX, which MPICH sends with, takes shared memory for ranks
// that only look as if they were on one machine (containers), unless it is told to use TCP.
static int set_environment(const struct bringup *b, int fd, struct error *e)
{
    char text[24];
    int failed = 0;
    snprintf(text, sizeof text, "%d", fd);
    failed |= setenv("PMI_FD", text, 1);
    snprintf(text, sizeof text, "%zu", b->self);
    failed |= setenv("PMI_RANK", text, 1);
    snprintf(text, sizeof text, "%zu", b->hosts);
    failed |= setenv("PMI_SIZE", text, 1);
    failed |= setenv("UCX_TLS", "tcp,self", 0);
    return failed ? error_nomem(e, "the environment of a rank") : 0;
}

// In a process group of its own: what is typed at a terminal is for its supervisor to pass on.
static int become_rank(const struct bringup *b, struct link *link, int fd, struct error *e)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    for (size_t i = 0; i < b->hosts; i++)
        link_close(&link[i]);
    return set_environment(b, fd, e);
}

static int fork_rank(const struct bringup *b, struct link *link, bool *rank, int *status,
                     struct error *e)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return error_errno(e, "a connection to the rank");
    fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return error_errno(e, "a process for the rank");
    }
    *rank = pid == 0;
    close(pair[*rank ? 0 : 1]);
    return *rank ? become_rank(b, link, pair[1], e) : supervise(b, link, pair[0], pid, status, e);
}

int bringup_run(const struct bringup *b, bool *rank, int *status, struct error *e)
{
    struct link *link = mem_array(b->hosts, sizeof *link);
    *rank = false;
    *status = 1;
    if (!link)
        return error_nomem(e, "other hosts");
    for (size_t i = 0; i < b->hosts; i++)
        link[i].fd = -1;
    int rc = b->self == 0 ? join_as_leader(b, link, e) : join_as_worker(b, link, e);
    if (rc == 0)
        rc = fork_rank(b, link, rank, status, e);
    for (size_t i = 0; i < b->hosts; i++)
        link_close(&link[i]);
    mem_free(link);
    return rc;
}
