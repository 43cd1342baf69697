// SPDX-License-Identifier: MIT
// The file comes first, variables go over it; both replace the list of names as a whole or not at
// all.
#include "job/hosts.h"

#include "base/mem.h"
#include "io/json_read.h"

#include <string.h>

#define HOST_NAME_LIMIT 255 // of DNS

static void names_free(char **name, size_t count)
{
    for (size_t i = 0; name && i < count; i++)
        mem_free(name[i]);
    mem_free(name);
}

void hosts_clear(struct hosts *h)
{
    names_free(h->name, h->count);
    mem_free(h->interface);
    mem_free(h->instance);
    *h = (struct hosts){0};
}

static int check_name(const char *file, const json_t *list, size_t i, struct error *e)
{
    const char *name = json_string_value(json_array_get(list, i));
    if (!name || !*name || strlen(name) > HOST_NAME_LIMIT)
        return error_set(e, ERR_FORMAT, "%s: host %zu has no name that could be one", file, i + 1);
    for (size_t k = 0; k < i; k++)
        if (strcmp(json_string_value(json_array_get(list, k)), name) == 0)
            return error_set(e, ERR_FORMAT, "%s: host '%s' is listed twice", file, name);
    return 0;
}

// A list of names in place of the ones that are there.
static int take_list(struct hosts *h, const char *file, const json_t *list, struct error *e)
{
    const size_t count = json_array_size(list); // 0 for what is no list
    if (count == 0 || count > HOSTS_MAX)
        return error_set(e, ERR_FORMAT, "%s: the hosts must be a list of 1 to %d names", file,
                         HOSTS_MAX);
    char **name = mem_array(count, sizeof *name);
    int rc = name ? 0 : error_nomem(e, file);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = check_name(file, list, i, e);
        if (rc == 0 && !(name[i] = mem_strdup(json_string_value(json_array_get(list, i)))))
            rc = error_nomem(e, file);
    }
    if (rc) {
        names_free(name, count);
        return rc;
    }
    names_free(h->name, h->count);
    h->name = name;
    h->count = count;
    return 0;
}

static int take_one(struct hosts *h, const char *file, const char *name, struct error *e)
{
    json_t *list = json_pack("[s]", name);
    const int rc = list ? take_list(h, file, list, e) : error_nomem(e, file);
    json_decref(list);
    return rc;
}

static int find_current(struct hosts *h, const char *file, const char *current, struct error *e)
{
    h->rank = 0;
    if (!current && h->count == 1)
        return 0;
    if (!current)
        return error_set(e, ERR_FORMAT,
                         "%s: which of the %zu hosts is this one? 'current_host' is missing", file,
                         h->count);
    while (h->rank < h->count && strcmp(h->name[h->rank], current) != 0)
        h->rank++;
    if (h->rank < h->count)
        return 0;
    return error_set(e, ERR_FORMAT, "%s: the current host '%.100s' is not in the list of hosts",
                     file, current);
}

static int copy_text(char **to, const json_t *object, const char *member, struct error *e)
{
    const char *text = json_string_value(json_object_get(object, member));
    if (!text)
        return 0;
    *to = mem_strdup(text);
    return *to ? 0 : error_nomem(e, member);
}

int hosts_init(struct hosts *h, const char *file, const json_t *object, struct error *e)
{
    *h = (struct hosts){0};
    const json_t *list = json_object_get(object, "hosts");
    const char *current = json_string_value(json_object_get(object, "current_host"));
    int rc =
        list ? take_list(h, file, list, e) : take_one(h, file, current ? current : "algo-1", e);
    if (rc == 0)
        rc = find_current(h, file, current, e);
    if (rc == 0)
        rc = copy_text(&h->interface, object, "network_interface_name", e);
    if (rc == 0)
        rc = copy_text(&h->instance, object, "current_instance_type", e);
    if (rc)
        hosts_clear(h);
    return rc;
}

int hosts_environment(struct hosts *h, const char *list, const char *current, struct error *e)
{
    int rc = 0;
    if (!current)
        current = h->name[h->rank];
    json_t *kept = json_string(current); // `current` may be a name that is about to go
    json_t *names = list ? json_load(list, strlen(list), JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!kept)
        rc = error_set(e, ERR_FORMAT, "SM_CURRENT_HOST: not a name");
    else if (list)
        rc = take_list(h, "SM_HOSTS", names, e);
    if (rc == 0)
        rc = find_current(h, "SM_CURRENT_HOST", json_string_value(kept), e);
    json_decref(names);
    json_decref(kept);
    return rc;
}
