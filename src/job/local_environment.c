// SPDX-License-Identifier: MIT
// What the user has in the environment stays, paths above all, but for what would make a process
// take itself for a host of another job, or for a rank of another run.
#include "job/local_environment.h"

#include "base/mem.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OWN_MAX     5 // variables that are made here
#define ADDRESS_MAX 64

extern char **environ;

// ---- places

// A port that nobody has at this moment.
static int find_port(int *port, struct error *e)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof any;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool found = fd >= 0 && bind(fd, (const struct sockaddr *)&any, size) == 0 &&
                       getsockname(fd, (struct sockaddr *)&any, &size) == 0;
    const int rc = found ? 0 : error_errno(e, "a port where hosts join");
    *port = ntohs(any.sin_port);
    if (fd >= 0)
        close(fd);
    return rc;
}

int local_places_init(struct local_places *p, const struct local_job *job, struct error *e)
{
    buf_init(&p->addresses, LOCAL_HOSTS_MAX * ADDRESS_MAX);
    if (job->hosts == 1)
        return 0;
    for (size_t i = 0; i < job->hosts; i++)
        buf_printf(&p->addresses, "%s%s=127.0.0.1", i ? "," : "", job->host[i]);
    return p->addresses.failed ? error_nomem(e, "addresses of hosts") : find_port(&p->port, e);
}

void local_places_clear(struct local_places *p)
{
    buf_clear(&p->addresses);
}

// ---- variables

// Variables that are the platform's to set, or of a toolkit that is not there.
static bool is_ours(const char *variable)
{
    static const char *const names[] = {"SM_", "SKIFF_ML_ROOT=", "TRAINING_JOB_", "PMI_", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void put(struct local_environment *v, const char *name, const char *value)
{
    struct buf text;
    buf_init(&text, 8192);
    buf_printf(&text, "%s=%s", name, value);
    v->failed |= text.failed;
    if (text.failed)
        buf_clear(&text);
    else
        v->variable[v->count++] = text.data;
}

// Names of hosts lead nowhere here, and ports may be taken: train finds the places as it finds any
// option in a variable. What ranks say to each other stays on this machine.
static void put_places(struct local_environment *v, const struct local_places *places)
{
    char port[16];
    snprintf(port, sizeof port, "%d", places->port);
    put(v, "SM_HP_HOST_ADDRESSES", places->addresses.data);
    put(v, "SM_HP_JOIN_PORT", port);
    if (!getenv("UCX_NET_DEVICES"))
        put(v, "UCX_NET_DEVICES", "lo");
}

void local_environment_init(struct local_environment *v, const struct local_job *job,
                            const struct local_places *places, const char *root)
{
    size_t count = 0;
    while (environ[count])
        count++;
    *v = (struct local_environment){.variable = mem_array(count + OWN_MAX + 1, sizeof(char *))};
    v->failed = !v->variable;
    if (v->failed)
        return;
    for (size_t i = 0; i < count; i++)
        if (!is_ours(environ[i]))
            v->variable[v->count++] = environ[i];
    v->own = v->count;
    put(v, "SKIFF_ML_ROOT", root);
    put(v, "TRAINING_JOB_NAME", job->name);
    if (job->hosts > 1)
        put_places(v, places);
}

void local_environment_clear(struct local_environment *v)
{
    for (size_t i = v->own; v->variable && i < v->count; i++)
        mem_free(v->variable[i]);
    mem_free(v->variable);
    *v = (struct local_environment){0};
}
