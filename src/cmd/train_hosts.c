// SPDX-License-Identifier: MIT
#include "cmd/train_hosts.h"

#include "dist/bringup.h"
#include "dist/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_VARIABLE "SKIFF_JOIN_SECRET"

static void note(void *context, const char *text)
{
    const struct train_config *c = context;
    if (!c->quiet)
        fprintf(stderr, "skiff train: %s\n", text);
}

// Said even when all is quiet: it is an error, of which something came back.
static void again(void *context, const char *cause, size_t number)
{
    const struct train_config *c = context;
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

int train_hosts(const struct train_config *c, bool (*stop)(void *context), bool *rank, int *status,
                struct error *e)
{
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
        .context = (void *)(uintptr_t)c,
    };
    *rank = false;
    int rc = c->hosts ? bringup_hosts(&b, c->hosts, c->host, e) : bringup_local(&b, e);
    if (rc == 0 && c->host_addresses)
        rc = bringup_addresses(&b, c->host_addresses, e);
    struct secret secret;
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
