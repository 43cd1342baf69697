// SPDX-License-Identifier: MIT
#include "cmd/train_container.h"

#include "base/file.h"
#include "base/mem.h"
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#define REMARK_MAX 512

static void remark(void *context, const char *text)
{
    (void)context;
    char line[REMARK_MAX]; // names in it may hold anything, a line like one of a metric's too
    snprintf(line, sizeof line, "%s", text);
    error_one_line(line);
    fprintf(stderr, "skiff train: %s\n", line);
}

static const char *choose_root(const char *given)
{
    const char *variable = getenv("SKIFF_ML_ROOT");
    return given ? given : variable && *variable ? variable : CONTAINER_ROOT;
}

bool train_container_find(struct container *k, const char *root)
{
    root = choose_root(root);
    if (!container_present(root) || container_init(k, root, NULL) != 0)
        return false;
    char *output = container_path(k, "output", NULL);
    if (output)
        (void)file_make_folders(output, NULL); // fakes of the platform may lack it
    mem_free(output);
    cmd_failure_file(k->failure);
    return true;
}

bool train_container_works(const struct container *k, const struct dist *ranks)
{
    return dist_ranks(ranks) > 1 || container_leads(k);
}

// Several hosts and no launcher that has made ranks of them: what becomes of this one.
static void remark_hosts(const struct hosts *h)
{
    if (h->rank == 0)
        fprintf(stderr,
                "skiff train: %zu hosts, of which %s trains alone; the others wait unused\n",
                h->count, h->name[0]);
    else
        fprintf(stderr, "skiff train: %zu hosts, of which %s trains alone; %s has nothing to do\n",
                h->count, h->name[0], h->name[h->rank]);
}

int train_container_options(struct container *k, struct opt_set *options, const struct dist *ranks,
                            bool (*stop)(void *context), struct error *e)
{
    const struct train_config *c = options->target;
    const struct container_hooks hooks = {.note = dist_is_root(ranks) ? remark : NULL,
                                          .stop = stop};
    const bool has_file = c->config != NULL;
    if (!k->root)
        return error_set(e, ERR_USAGE, "--root %s: there is no job, for it has no input/config",
                         c->root);
    int rc = container_read(k, e);
    if (rc)
        return rc;
    if (k->hosts.count > 1 && dist_ranks(ranks) == 1)
        remark_hosts(&k->hosts);
    if (!train_container_works(k, ranks))
        return 0;
    rc = container_configure(k, options, &hooks, e);
    if (rc == 0 && !has_file && c->config) // a parameter has named it
        rc = train_config_file(options, c->config, e);
    return rc;
}

int train_container_stopped(void)
{
    remark(NULL, "stopped before it began; no model is written");
    return 0;
}

void train_container_end(struct container *k)
{
    cmd_failure_file(NULL);
    container_clear(k);
}
