// SPDX-License-Identifier: MIT
// What all ranks must hold to be the same. These exchanges are rare and small, so they go the
// simple way: to the root, and from it to everybody.
#include "dist/dist_inner.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 256

struct dist_report {
    int code;
    char host[HOST_MAX]; // where it is, if a supervisor has said so
    char text[ERROR_TEXT_MAX];
};

int dist_new(struct dist **d, const struct dist_ops *ops, void *context, size_t rank, size_t ranks,
             struct error *e)
{
    struct dist *made = mem_zalloc(sizeof *made);
    struct dist_report *report = mem_array(ranks, sizeof *report);
    if (!made || !report) {
        mem_free(made);
        mem_free(report);
        return error_nomem(e, "ranks");
    }
    *made = (struct dist){.ops = ops,
                          .context = context,
                          .rank = rank,
                          .ranks = ranks,
                          .share = {.hosts = 1, .cores = 1, .allowed = 1, .overlapping = ranks},
                          .network = DIST_NETWORK_ASSUMED,
                          .crowded = true,
                          .report = report};
    *d = made;
    return 0;
}

void dist_close(struct dist *d, int status)
{
    if (!d)
        return;
    if (!d->broken && dist_agree(d, 0, NULL) == 0)
        d->ops->leave(d->context);
    else
        d->ops->abort(d->context, status);
    mem_free(d->report);
    mem_free(d);
}

int dist_share(struct dist *d, void *data, size_t bytes, struct error *e)
{
    if (dist_ranks(d) == 1)
        return 0;
    int rc = 0;
    if (d->rank > 0)
        rc = dist_recv(d, 0, data, bytes, e);
    for (size_t r = 1; rc == 0 && d->rank == 0 && r < d->ranks; r++)
        rc = dist_send(d, r, data, bytes, e);
    return rc ? rc : dist_wait(d, e);
}

int dist_same(struct dist *d, uint64_t value, const char *what, struct error *e)
{
    uint64_t root = value;
    const int rc = dist_share(d, &root, sizeof root, e);
    if (rc || root == value)
        return rc;
    return error_set(e, ERR_MISMATCH,
                     "%s is %llu here and %llu at rank 0; start all ranks with the same options "
                     "and data",
                     what, (unsigned long long)value, (unsigned long long)root);
}

// One piece of each rank's at the root: into pieces[rank].
static int collect(struct dist *d, void *pieces, const void *mine, size_t bytes, struct error *e)
{
    int rc = 0;
    if (d->rank == 0)
        memcpy(pieces, mine, bytes);
    else
        rc = dist_send(d, 0, mine, bytes, e);
    for (size_t r = 1; rc == 0 && d->rank == 0 && r < d->ranks; r++)
        rc = dist_recv(d, r, (char *)pieces + r * bytes, bytes, e);
    return rc ? rc : dist_wait(d, e);
}

int dist_tell(struct dist *d, const void *mine, void *all, size_t bytes, struct error *e)
{
    if (dist_ranks(d) == 1) {
        memcpy(all, mine, bytes);
        return 0;
    }
    const int rc = collect(d, all, mine, bytes, e);
    return rc ? rc : dist_share(d, all, d->ranks * bytes, e);
}

int dist_any(struct dist *d, bool *yes, struct error *e)
{
    if (dist_ranks(d) == 1)
        return 0;
    struct dist_report mine = {.code = *yes};
    int rc = collect(d, d->report, &mine, sizeof mine, e);
    for (size_t r = 1; rc == 0 && d->rank == 0 && r < d->ranks; r++)
        *yes |= d->report[r].code != 0;
    return rc ? rc : dist_share(d, yes, sizeof *yes, e);
}

// What the root makes of the reports: the first failure with a text, or else the first; prefixed
// with its host and rank unless all have met it, or heard of it (a code without a text).
static struct error verdict(const struct dist_report *report, size_t ranks)
{
    struct error e = {0};
    size_t failed = ranks, alike = 0;
    for (size_t r = ranks; r-- > 0;)
        if (report[r].code && (failed == ranks || report[r].text[0] || !report[failed].text[0]))
            failed = r;
    if (failed == ranks)
        return e;
    const struct dist_report *first = &report[failed];
    for (size_t r = 0; r < ranks; r++)
        alike += report[r].code == first->code &&
                 (!report[r].text[0] || strcmp(report[r].text, first->text) == 0);
    error_set(&e, first->code, "%s", first->text[0] ? first->text : error_name(first->code));
    if (alike < ranks)
        error_prefix(&e, first->code, "%s%.*s%srank %zu", first->host[0] ? "host " : "",
                     HOST_MAX - 1, first->host, first->host[0] ? ": " : "", failed);
    return e;
}

int dist_agree(struct dist *d, int rc, struct error *e)
{
    if (dist_ranks(d) == 1 || d->broken)
        return rc;
    struct dist_report mine = {.code = rc};
    struct error all = {0};
    const char *host = rc ? getenv(DIST_HOST) : NULL;
    if (host)
        snprintf(mine.host, sizeof mine.host, "%s", host);
    if (rc && e)
        memcpy(mine.text, e->text, sizeof mine.text);
    int sent = collect(d, d->report, &mine, sizeof mine, e);
    if (sent == 0 && d->rank == 0)
        all = verdict(d->report, d->ranks);
    if (sent == 0)
        sent = dist_share(d, &all, sizeof all, e);
    if (sent)
        return rc ? rc : sent;
    if (all.code && e)
        *e = all;
    return all.code;
}
