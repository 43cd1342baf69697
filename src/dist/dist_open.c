// SPDX-License-Identifier: MIT
// How a process finds out that it is a rank, and what ranks tell each other first. Launchers that
// speak PMI (mpiexec of MPICH, srun --mpi=pmi2) say so in the environment. A process that nobody
// started as one of several never loads MPI: that would cost it 25 ms and 10 MB.
#include "dist/dist_inner.h"

#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "kern/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int64_t dist_environment(const char *name)
{
    const char *text = getenv(name);
    int64_t value;
    return text && num_parse_i64(text, &value) ? value : -1;
}

// Has a launcher with these variables started another rank before this one?
static bool follows(const char *size, const char *rank)
{
    return dist_environment(size) > 1 && dist_environment(rank) > 0;
}

bool dist_speaks(const struct dist *d)
{
    if (d)
        return d->rank == 0 || d->broken;
    return !follows("PMI_SIZE", "PMI_RANK") &&
           !follows("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK");
}

int dist_open(struct dist **d, struct error *e)
{
    *d = NULL;
    if (dist_environment("PMI_SIZE") > 1)
        return dist_mpi_open(d, e);
    if (dist_environment("OMPI_COMM_WORLD_SIZE") > 1)
        return error_set(e, ERR_UNSUPPORTED,
                         "started by Open MPI's launcher, but skiff speaks MPICH; use its mpiexec "
                         "(Debian: apt-get install mpich, then mpiexec.mpich)");
    return 0;
}

struct hello {
    char version[32];
    char host[256];
    uint32_t affinity; // of the set of cores that it may use
    uint32_t cores;
};

struct answer {
    size_t hosts, beside;
    bool same_version;
};

static struct hello describe(void)
{
    struct hello h = {.cores = (uint32_t)cpu_count()};
    cpu_set_t allowed;
    snprintf(h.version, sizeof h.version, "%s", PACKAGE_VERSION);
    if (gethostname(h.host, sizeof h.host - 1) != 0)
        h.host[0] = '\0';
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        h.affinity = crc_update(0, &allowed, sizeof allowed);
    return h;
}

// Ranks on one machine that may use the same cores share them evenly; those that a launcher has
// bound to cores of their own do not.
static struct answer answer_to(const struct hello *all, size_t ranks, size_t rank)
{
    struct answer a = {.same_version = true};
    for (size_t r = 0; r < ranks; r++) {
        size_t first = 0;
        while (strcmp(all[first].host, all[r].host) != 0)
            first++;
        a.hosts += first == r;
        a.beside +=
            strcmp(all[r].host, all[rank].host) == 0 && all[r].affinity == all[rank].affinity;
        a.same_version &= strcmp(all[r].version, all[0].version) == 0;
    }
    return a;
}

static int exchange(struct dist *d, struct hello *all, struct answer *answers, struct answer *mine,
                    struct error *e)
{
    int rc = 0;
    if (d->rank > 0) {
        rc = dist_send(d, 0, &all[0], sizeof *all, e);
        if (rc == 0)
            rc = dist_recv(d, 0, mine, sizeof *mine, e);
        return rc ? rc : dist_wait(d, e);
    }
    for (size_t r = 1; rc == 0 && r < d->ranks; r++)
        rc = dist_recv(d, r, &all[r], sizeof *all, e);
    if (rc == 0)
        rc = dist_wait(d, e);
    if (rc)
        return rc;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        answers[r] = answer_to(all, d->ranks, r);
        if (r > 0)
            rc = dist_send(d, r, &answers[r], sizeof *answers, e);
    }
    *mine = answers[0];
    return rc ? rc : dist_wait(d, e);
}

int dist_meet(struct dist *d, struct error *e)
{
    struct hello *all = mem_array(d->ranks, sizeof *all);
    struct answer *answers = mem_array(d->ranks, sizeof *answers), mine = {0};
    int rc = all && answers ? 0 : error_nomem(e, "ranks");
    if (rc == 0) {
        prctl(PR_SET_TIMERSLACK, 1UL); // or a sleep of 20 us takes 70
        all[0] = describe();
        d->cores = all[0].cores;
        rc = exchange(d, all, answers, &mine, e);
    }
    if (rc == 0) {
        d->hosts = mine.hosts;
        d->beside = mine.beside;
        dist_use_threads(d, 1);
    }
    if (rc == 0 && !mine.same_version)
        rc = error_set(e, ERR_MISMATCH,
                       "the ranks run different versions of skiff; install the same everywhere");
    d->broken |= rc == ERR_NOMEM;
    mem_free(all);
    mem_free(answers);
    return rc;
}
