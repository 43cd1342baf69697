// SPDX-License-Identifier: MIT
// Names of hosts as addresses of both families of IP, and connections from and to them. Inside
// src/dist/, and for tests.
#ifndef SKIFF_DIST_ADDRESS_H
#define SKIFF_DIST_ADDRESS_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

// A socket that takes connections over both families, where the machine has both. *fd is -1 after
// a failure; it does not block.
int address_listen(int port, int *fd, struct error *e);
// Where it listens, which a port of 0 leaves to the system; 0 when that is unknown.
int address_port(int fd);

// A connection to the first address of that name which takes it within so many seconds, each; or
// -1. It does not block.
int address_call(const char *host, int port, double seconds);

// Where a name leads, as addresses of version 6, of which there are so many, 0: nowhere. Waits for
// DNS as long as that takes.
size_t address_list(const char *host, struct in6_addr *list, size_t room);
// Where the connection comes from. false: from no address.
bool address_of_peer(int fd, struct in6_addr *from);

#endif
