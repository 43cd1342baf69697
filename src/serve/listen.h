// SPDX-License-Identifier: MIT
// The socket that a server listens on; address_port() tells its port.
#ifndef SKIFF_SERVE_LISTEN_H
#define SKIFF_SERVE_LISTEN_H

#include "base/err.h"

// `host`: a name or an address of this machine; NULL: all addresses, of both families where the
// machine has both. A port of 0 leaves the choice to the system. *fd does not block.
int listen_open(const char *host, int port, int *fd, struct error *e);

#endif
