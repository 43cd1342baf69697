// SPDX-License-Identifier: MIT
// OpenBLAS at run time. The library keeps a state of its own: the number of its threads, which is
// set to 1, for skiff's threads each compute products of their own.
#include "kern/gemm.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY  "libopenblas.so.0"
#define VARIABLE "OPENBLAS_NUM_THREADS"
#define SINGLE   0 // of openblas_get_parallel: without threads, and perhaps without locks

const char gemm_remedy[] = "install it (Debian: apt-get install libopenblas0-pthread)";

static void *load_library(void)
{
    const bool set = getenv(VARIABLE) != NULL;
    setenv(VARIABLE, "1", 0);
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!set)
        unsetenv(VARIABLE);
    return library;
}

struct functions {
    gemm_fn *sgemm;
    void (*set_threads)(int);
    int (*parallel)(void);
    char *(*config)(void);
};

static bool find(void *library, const char *name, void *function)
{
    void *at = dlsym(library, name);
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static bool find_all(void *library, struct functions *f)
{
    return find(library, "cblas_sgemm", &f->sgemm) &&
           find(library, "openblas_set_num_threads", &f->set_threads) &&
           find(library, "openblas_get_parallel", &f->parallel) &&
           find(library, "openblas_get_config", &f->config);
}

bool gemm_load(struct gemm *g)
{
    struct functions f = {0};
    const char *reason = NULL;
    g->library = load_library();
    if (!g->library || !find_all(g->library, &f))
        reason = dlerror();
    else if (f.parallel() == SINGLE)
        reason = LIBRARY ": a build for programs of one thread";
    else if (strstr(f.config(), "USE64BITINT"))
        reason = LIBRARY ": a build with integers of 64 bits";
    snprintf(g->about, sizeof g->about, "%s", reason ? reason : f.config());
    if (reason) {
        gemm_unload(g);
        return false;
    }
    f.set_threads(1);
    g->sgemm = f.sgemm;
    return true;
}

void gemm_unload(struct gemm *g)
{
    if (g->library)
        dlclose(g->library);
    g->library = NULL;
    g->sgemm = NULL;
}
