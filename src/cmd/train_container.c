// SPDX-License-Identifier: MIT
// Between cmd_train.c and job/container: what a library may not do, reading variables and printing.
// The failure file is named first of all, so that whatever fails from then on leaves its cause
// there.
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

int train_container_read(struct container *k, struct opt_set *options, bool rank, bool *idle,
                         struct error *e)
{
    const struct train_config *c = options->target;
    if (!k->root)
        return error_set(e, ERR_USAGE, "--root %s: there is no job, for it has no input/config",
                         c->root);
    int rc = container_read(k, e);
    if (rc == 0)
        rc = container_hosts(k, options, e);
    *idle = rc == 0 && !rank && !container_trains(options);
    if (*idle)
        fprintf(stderr, "skiff train: only these hosts train: %s; %s has nothing to do\n", c->hosts,
                c->host);
    return rc;
}

int train_container_options(struct container *k, struct opt_set *options, const struct dist *ranks,
                            bool (*stop)(void *context), struct error *e)
{
    const struct train_config *c = options->target;
    const struct container_hooks hooks = {.note = dist_is_root(ranks) ? remark : NULL,
                                          .stop = stop};
    const bool has_file = c->config != NULL;
    int rc = container_configure(k, options, &hooks, e);
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
