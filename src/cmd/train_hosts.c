// SPDX-License-Identifier: MIT
// From options to dist/bringup, which forks: so this comes before threads, data and MPI, and the
// rank that it makes begins anew (train_on_hosts).
#include "cmd/train_hosts.h"

#include "dist/bringup.h"
#include "dist/dist.h"
#include "dist/secret.h"

#include <net/if.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_VARIABLE "SKIFF_JOIN_SECRET"

struct call {
    const struct train_config *config;
    const char *failure; // a file that is not there yet, or NULL
    bool (*stop)(void *context);
};

static void note(void *context, const char *text)
{
    const struct call *call = context;
    if (!call->config->quiet)
        fprintf(stderr, "skiff train: %s\n", text);
}

static bool stop(void *context)
{
    const struct call *call = context;
    return call->stop(NULL);
}

// Said even when all is quiet: it is an error, of which something came back. For the platform it is
// none as long as something does.
static void again(void *context, const char *cause, size_t number)
{
    const struct call *call = context;
    const struct train_config *c = call->config;
    if (call->failure)
        unlink(call->failure);
    fprintf(stderr, "skiff train: %s; restart %zu of %lld, from %s\n", cause, number,
            (long long)c->restarts,
            c->checkpoint_dir ? "the newest checkpoint"
                              : "the beginning, for there is no --checkpoint_dir");
}

// Never an argument, which everybody on a machine can see.
static int read_secret(struct secret *s, const struct train_config *c, struct error *e)
{
    const char *text = getenv(SECRET_VARIABLE);
    s->size = 0;
    if (c->join_secret_file)
        return secret_read(s, c->join_secret_file, e);
    return text && *text ? secret_take(s, text, strlen(text), SECRET_VARIABLE, e) : 0;
}

// Ranks talk over the network that the platform names, unless the user has chosen one. UCX, which
// carries MPICH's messages, would try all that there are, and a container has more than it can use.
static int use_interface(const char *name, struct error *e)
{
    if (!name || if_nametoindex(name) == 0) // fakes of the platform name one that is not there
        return 0;
    return setenv("UCX_NET_DEVICES", name, 0) == 0 ? 0 : error_nomem(e, "the environment");
}

static int check_build(const struct train_config *c, struct error *e)
{
    if (dist_has_mpi())
        return 0;
    if (!c->hosts)
        return error_set(e, ERR_UNSUPPORTED,
                         "several ranks (--ranks_per_host, --restarts) need MPI, and skiff was "
                         "built --without-mpi; configure it with MPI, or leave them away");
    return error_set(e, ERR_UNSUPPORTED,
                     "several hosts would train together (%.200s), but skiff was built "
                     "--without-mpi; configure it with MPI, or name one host: --hosts %.*s",
                     c->hosts, (int)strcspn(c->hosts, ","), c->hosts);
}

int train_hosts(const struct train_config *c, const struct train_hosts_job *job,
                bool (*asked)(void *context), bool *rank, int *status, struct error *e)
{
    const bool clean = job->failure && access(job->failure, F_OK) != 0;
    struct call call = {c, clean ? job->failure : NULL, asked};
    struct bringup b = {
        .per_host = (size_t)c->ranks_per_host,
        .port = (int)c->join_port,
        .join = c->join_timeout,
        .heartbeat = c->heartbeat,
        .restarts = (size_t)c->restarts,
        .elastic = c->elastic,
        .note = note,
        .stop = stop,
        .again = again,
        .context = &call,
    };
    *rank = false;
    int rc = check_build(c, e);
    if (rc == 0)
        rc = c->hosts ? bringup_hosts(&b, c->hosts, c->host, e) : bringup_local(&b, e);
    if (rc == 0 && c->host_addresses)
        rc = bringup_addresses(&b, c->host_addresses, e);
    struct secret secret = {0};
    if (rc == 0 && b.hosts > 1)
        rc = use_interface(job->interface, e);
    if (rc == 0)
        rc = read_secret(&secret, c, e);
    b.secret = rc == 0 && secret.size ? &secret : NULL;
    *status = rc == ERR_USAGE ? 2 : 1;
    if (rc == 0)
        rc = bringup_run(&b, rank, status, e);
    secret_clear(&secret);
    bringup_clear(&b);
    return rc;
}
