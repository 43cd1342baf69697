// SPDX-License-Identifier: MIT
// A build --without-mpi. A launcher's processes would each train a model of their own and write it
// over the others', so they are told.
#include "dist/dist_inner.h"

bool dist_has_mpi(void)
{
    return false;
}

int dist_mpi_open(struct dist **d, struct error *e)
{
    (void)d;
    return error_set(e, ERR_UNSUPPORTED,
                     "started by mpiexec as one of several ranks, but skiff was built "
                     "--without-mpi; configure with it, or start one process");
}
