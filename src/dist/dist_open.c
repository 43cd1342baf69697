// SPDX-License-Identifier: MIT
// How a process finds out that it is a rank, and what ranks tell each other first. Launchers that
// speak PMI (mpiexec of MPICH, srun --mpi=pmi2) say so in the environment. A process that nobody
// started as one of several never loads MPI: that would cost it 25 ms and 10 MB.
#include "dist/dist_inner.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

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

struct answer {
    struct machine_share share;
    bool same_version;
    size_t far;
};

static bool same_version(const struct machine *all, size_t ranks)
{
    for (size_t r = 1; r < ranks; r++)
        if (strncmp(all[r].version, all[0].version, sizeof all->version) != 0)
            return false;
    return true;
}

// `all` and `answers` have room for every rank at the root, elsewhere for one.
static int exchange(struct dist *d, struct machine *all, struct answer *answers, struct error *e)
{
    int rc = 0;
    if (d->rank > 0) {
        rc = dist_send(d, 0, all, sizeof *all, e);
        if (rc == 0)
            rc = dist_recv(d, 0, answers, sizeof *answers, e);
        return rc ? rc : dist_wait(d, e);
    }
    for (size_t r = 1; rc == 0 && r < d->ranks; r++)
        rc = dist_recv(d, r, &all[r], sizeof *all, e);
    if (rc == 0)
        rc = dist_wait(d, e);
    const bool same = rc == 0 && same_version(all, d->ranks);
    const size_t far = rc == 0 ? machine_far(all, d->ranks) : 0;
    for (size_t r = 0; rc == 0 && r < d->ranks; r++) {
        answers[r] = (struct answer){machine_share(all, d->ranks, r), same, far};
        if (r > 0)
            rc = dist_send(d, r, &answers[r], sizeof *answers, e);
    }
    return rc ? rc : dist_wait(d, e);
}

int dist_meet(struct dist *d, struct error *e)
{
    const size_t room = d->rank > 0 ? 1 : d->ranks;
    struct machine *all = mem_array(room, sizeof *all);
    struct answer *answers = mem_array(room, sizeof *answers);
    int rc = all && answers ? 0 : error_nomem(e, "ranks");
    if (rc == 0) {
        prctl(PR_SET_TIMERSLACK, 1UL); // or a sleep of 20 us takes 70
        machine_describe(all);
        rc = exchange(d, all, answers, e);
    }
    if (rc == 0) {
        d->share = answers->share;
        dist_use_threads(d, 1);
    }
    if (rc == 0 && !answers->same_version)
        rc = error_set(e, ERR_MISMATCH,
                       "the ranks run different versions of skiff; install the same everywhere");
    if (rc == 0)
        rc = dist_measure(d, answers->far, e);
    d->broken |= rc == ERR_NOMEM;
    mem_free(all);
    mem_free(answers);
    return rc;
}
