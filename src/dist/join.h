// SPDX-License-Identifier: MIT
// How hosts find each other: see bringup.h. Inside src/dist/, and for tests.
#ifndef SKIFF_DIST_JOIN_H
#define SKIFF_DIST_JOIN_H

#include "dist/bringup.h"
#include "dist/link.h"

#include <stdint.h>

// What a host says first: "skiff-join 2 VERSION INDEX HOSTS RANKS CRC", RANKS being those of each
// host and the CRC that of all names.
#define JOIN_HELLO_MAX 128
struct join_hello {
    char version[32];
    size_t index, hosts, per_host;
    uint32_t names;
};
void join_describe(const struct bringup *b, struct join_hello *h);
void join_print(const struct join_hello *h, char text[JOIN_HELLO_MAX]);
bool join_parse(const char *line, struct join_hello *h); // false: it is none

// All others' connections, by their index; those of hosts that had joined are closed on failure.
int join_as_leader(const struct bringup *b, struct link *link, struct error *e);
// The connection to the leader, when all are there.
int join_as_worker(const struct bringup *b, struct link *leader, struct error *e);

#endif
