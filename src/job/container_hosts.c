// SPDX-License-Identifier: MIT
// All hosts of a job train together unless the user names some of them, and every host has to come
// to the same answer by itself: from the list that they all have, and from parameters.
#include "base/buf.h"
#include "job/container.h"

#include <string.h>

#define LIST_MAX     (HOSTS_MAX * 256)
#define JOIN_TIMEOUT "900" // seconds, as toolkits wait for names to be known and hosts to be up

static bool contains(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; *at;) {
        const size_t part = strcspn(at, ",");
        if (part == length && strncmp(at, name, length) == 0)
            return true;
        at += part + (at[part] != '\0');
    }
    return false;
}

static int assign(struct opt_set *options, const char *option, const char *value, struct error *e)
{
    return opt_assign(options, opt_find(options, option), value, OPT_DEFAULT, option, e);
}

static int assign_list(const struct hosts *h, struct opt_set *options, struct error *e)
{
    struct buf text;
    buf_init(&text, LIST_MAX);
    for (size_t i = 0; i < h->count; i++)
        buf_printf(&text, "%s%s", i ? "," : "", h->name[i]);
    int rc = buf_check(&text, "names of hosts", e);
    if (rc == 0)
        rc = assign(options, "hosts", text.data, e);
    buf_clear(&text);
    return rc;
}

// What hosts have of a sharded channel is one table for all of them.
static int settle_shards(const struct container *k, struct opt_set *options, struct error *e)
{
    const struct train_config *c = options->target;
    const struct channel *train = k->parts.channel[PART_TRAIN];
    if (train && train->sharded)
        return assign(options, "sharded", "true", e);
    for (enum part p = PART_VAL; p < PARTS && !c->sharded; p++)
        if (k->parts.channel[p] && k->parts.channel[p]->sharded)
            return error_set(e, ERR_UNSUPPORTED,
                             "channel '%s' is sharded by key, so that hosts have different rows, "
                             "and the channel to train on is not: use one distribution for both",
                             k->parts.channel[p]->name);
    return 0;
}

// A pipe gives its data once.
static int check_pipes(const struct container *k, const struct train_config *c, struct error *e)
{
    for (enum part p = 0; p < PARTS && (c->ranks_per_host > 1 || c->restarts > 0); p++)
        if (k->parts.channel[p] && k->parts.channel[p]->pipe)
            return error_set(e, ERR_UNSUPPORTED,
                             "channel '%s' comes through a pipe, which one rank can read once: "
                             "leave ranks_per_host and restarts away, or use File mode",
                             k->parts.channel[p]->name);
    return 0;
}

int container_hosts(struct container *k, struct opt_set *options, struct error *e)
{
    const struct train_config *c = options->target;
    const struct container_hooks silent = {0};
    const struct hosts *h = &k->hosts;
    int rc = container_parameters(k, options, &silent, e);
    if (rc == 0)
        rc = check_pipes(k, c, e);
    if (rc == 0 && h->count > 1 && !c->hosts)
        rc = assign_list(h, options, e);
    if (rc || !c->hosts)
        return rc;
    rc = assign(options, "host", h->name[h->rank], e);
    if (rc == 0)
        rc = assign(options, "join_timeout", JOIN_TIMEOUT, e);
    return rc || !strchr(c->hosts, ',') ? rc : settle_shards(k, options, e);
}

bool container_trains(const struct opt_set *options)
{
    const struct train_config *c = options->target;
    return !c->hosts || opt_given(options, "host") || contains(c->hosts, c->host);
}
