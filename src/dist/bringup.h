// SPDX-License-Identifier: MIT
// Ranks on a list of hosts, without mpiexec or ssh. The same command runs on every host. The first
// host, by the order of their names, leads: the others connect to it, once. When all are there each
// host forks its ranks, which find PMI's variables in their environment as if a launcher had
// started them, and stays their supervisor: what a rank says to PMI travels to the leader and back,
// and so does its end. Nothing that may be executed travels. Ranks are numbered host by host.
//
// A run that fails may be restarted: every supervisor kills its ranks, the hosts join anew (so do
// those that somebody has started again) and fork new ranks, which go on from a checkpoint.
#ifndef SKIFF_DIST_BRINGUP_H
#define SKIFF_DIST_BRINGUP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define BRINGUP_HOSTS_MAX 1024
#define BRINGUP_RANKS_MAX 4096 // of all hosts

struct bringup {
    char **host;    // sorted, different
    char **address; // [hosts] where each is to be found: NULL, by its name
    size_t hosts, self;
    size_t per_host;             // ranks
    int port;                    // where the leader listens
    const struct secret *secret; // that hosts prove to have, or NULL
    double join;                 // seconds to wait for all
    double heartbeat;            // seconds of silence that are a failure
    size_t restarts;             // after failures
    bool elastic;                // they may do with the hosts that remain
    void (*note)(void *context, const char *text);
    bool (*stop)(void *context); // asked now and then: pass it on to the ranks
    // What has failed, before restart `number` (from 1).
    void (*again)(void *context, const char *cause, size_t number);
    void *context;
};

// From "a,b,c" and the name of this one.
int bringup_hosts(struct bringup *b, const char *list, const char *self, struct error *e);
// This machine alone, by its own name.
int bringup_local(struct bringup *b, struct error *e);
size_t bringup_ranks(const struct bringup *b);
// From "a=10.0.0.1,b=10.0.0.2", for hosts whose names lead nowhere; others than those of the list
// are passed over. After bringup_hosts.
int bringup_addresses(struct bringup *b, const char *list, struct error *e);
void bringup_clear(struct bringup *b);

// What to look up to find a host.
const char *bringup_address(const struct bringup *b, size_t i);

// Call it before there are threads. In the rank, a new process, it returns 0 with *rank set; in
// its supervisor after the end of the job, with *status what all hosts exit with, and with a
// failure that somebody has to report or 0.
int bringup_run(const struct bringup *b, bool *rank, int *status, struct error *e);

#endif
