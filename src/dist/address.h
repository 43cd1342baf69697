// SPDX-License-Identifier: MIT
// Names of hosts as addresses of both families of IP, and connections from and to them. Inside
// src/dist/, and for tests.
#ifndef SKIFF_DIST_ADDRESS_H
#define SKIFF_DIST_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>

// A socket that takes connections over both families, where the machine has both. *fd is -1 after
// a failure; it does not block.
int address_listen(int port, int *fd, struct error *e);
// Where it listens, which a port of 0 leaves to the system; 0 when that is unknown.
int address_port(int fd);

// A connection to the first address of that name which takes it within so many seconds, each; or
// -1. It does not block.
int address_call(const char *host, int port, double seconds);

// Does that name lead to where the connection comes from?
bool address_is_of(int fd, const char *host);
// Does a name lead anywhere? DNS may learn of it later.
bool address_known(const char *host);

#endif
