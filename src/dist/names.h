// SPDX-License-Identifier: MIT
// Where the hosts of a list are, for the leader, which must not wait for DNS: a process of its own
// looks names up. Inside src/dist/, and for tests.
#ifndef SKIFF_DIST_NAMES_H
#define SKIFF_DIST_NAMES_H

#include "dist/bringup.h"

struct names;

// Begins the process; before there are threads. names_free ends it; NULL is fine.
struct names *names_new(const struct bringup *b, struct error *e);
void names_free(struct names *n);

enum name {
    NAME_ASKED,   // it is being looked up: ask again, when names_fd is readable or later
    NAME_UNKNOWN, // it leads nowhere. DNS may learn of it later
    NAME_OTHER,   // not to where the connection comes from
    NAME_SAME,
};
// Does the name of that host lead to where the connection comes from? Does not wait.
enum name names_compare(struct names *n, size_t host, int fd);
int names_fd(const struct names *n);

#endif
