// SPDX-License-Identifier: MIT
// How hosts find each other: see bringup.h. Inside src/dist/, and for tests.
#ifndef SKIFF_DIST_JOIN_H
#define SKIFF_DIST_JOIN_H

#include "dist/bringup.h"
#include "dist/link.h"
#include "dist/round.h"
#include "dist/secret.h"

#include <stdint.h>

#define JOIN_GUEST_SECONDS 5.0 // for each step until it is clear who somebody is

// What a host says first: "skiff-join 4 VERSION INDEX HOSTS RANKS CRC ROUND NONCE", RANKS being
// those of each host, the CRC that of all names, and NONCE "-" where it has no secret.
#define JOIN_HELLO_MAX 160
struct join_hello {
    char version[32];
    size_t index, hosts, per_host;
    uint32_t names;
    size_t round; // that it wants to begin
    char nonce[SECRET_NONCE];
};
void join_describe(const struct bringup *b, size_t round, struct join_hello *h);
void join_print(const struct join_hello *h, char text[JOIN_HELLO_MAX]);
bool join_parse(const char *line, struct join_hello *h); // false: it is none

// Both return 0 when the round begins, as *r then says; ROUND_STOPPED when somebody asked to stop.
// The leader's `link` is by host, and has those that are present; all are closed otherwise. Where
// hosts did not come in time the failure is ERR_NOTFOUND.
int join_as_leader(const struct bringup *b, struct round *r, struct link *link, struct error *e);
int join_as_worker(const struct bringup *b, struct round *r, struct link *leader, struct error *e);

#endif
