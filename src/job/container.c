// SPDX-License-Identifier: MIT
// The tree and what is read of it; what becomes of it is in container_options.c.
#include "job/container.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/json_read.h"

#include <stdlib.h>
#include <string.h>

char *container_path(const struct container *k, const char *name, struct error *e)
{
    char *path = file_join(k->root, name);
    if (!path)
        error_nomem(e, name);
    return path;
}

bool container_present(const char *root)
{
    char *config = file_join(root, "input/config");
    const bool present = config && file_is_folder(config);
    mem_free(config);
    return present;
}

int container_init(struct container *k, const char *root, struct error *e)
{
    *k = (struct container){.root = mem_strdup(root), .parts = {.fd = {-1, -1, -1}}};
    if (!k->root)
        return error_nomem(e, root);
    size_t len = strlen(k->root);
    while (len > 1 && k->root[len - 1] == '/')
        k->root[--len] = '\0';
    k->failure = container_path(k, "output/failure", e);
    return k->failure ? 0 : ERR_NOMEM;
}

void container_clear(struct container *k)
{
    channel_parts_clear(&k->parts);
    channels_clear(&k->channels);
    hosts_clear(&k->hosts);
    json_decref(k->parameters);
    json_decref(k->variables);
    json_decref(k->inputs);
    json_decref(k->resources);
    json_decref(k->checkpoint);
    mem_free(k->root);
    mem_free(k->failure);
    *k = (struct container){.parts = {.fd = {-1, -1, -1}}};
}

static int read_object(const struct container *k, const char *name, json_t **object,
                       struct error *e)
{
    char *path = container_path(k, name, e);
    *object = path ? json_object_file(path, e) : NULL;
    mem_free(path);
    return *object ? 0 : error_code(e);
}

static int read_objects(struct container *k, struct error *e)
{
    int rc = read_object(k, "input/config/hyperparameters.json", &k->parameters, e);
    if (rc == 0)
        rc = read_object(k, "input/config/inputdataconfig.json", &k->inputs, e);
    if (rc == 0)
        rc = read_object(k, "input/config/resourceconfig.json", &k->resources, e);
    if (rc == 0)
        rc = read_object(k, "input/config/checkpointconfig.json", &k->checkpoint, e);
    const char *given = getenv("SM_HPS");
    if (rc == 0 && given && !(k->variables = json_object_parse("SM_HPS", given, strlen(given), e)))
        rc = error_code(e);
    return rc;
}

// A launcher exports the variables of the host that it runs on to all of them.
static bool launched(void)
{
    return getenv("PMI_RANK") || getenv("OMPI_COMM_WORLD_RANK");
}

static int read_hosts(struct container *k, struct error *e)
{
    const char *list = getenv("SM_HOSTS"), *current = getenv("SM_CURRENT_HOST");
    const int rc = hosts_init(&k->hosts, "resourceconfig.json", k->resources, e);
    if (rc || launched() || !(list || current))
        return rc;
    return hosts_environment(&k->hosts, list, current, e);
}

int container_read(struct container *k, struct error *e)
{
    int rc = read_objects(k, e);
    if (rc == 0)
        rc = read_hosts(k, e);
    char *data = rc == 0 ? container_path(k, "input/data", e) : NULL;
    if (data)
        rc = channels_init(&k->channels, "inputdataconfig.json", k->inputs, data, e);
    mem_free(data);
    return rc ? rc : data ? channel_parts_init(&k->parts, &k->channels, e) : ERR_NOMEM;
}
