// SPDX-License-Identifier: MIT
// Ranks (dist/address) listen on all addresses; a server can be kept to one.
#include "serve/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A socket of IPv6 on all addresses takes connections of IPv4 too. One that was used a moment ago
// (a server that is started again) is free.
static int open_one(const struct addrinfo *at)
{
    const int yes = 1, no = 0;
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    const int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

// -1 with errno; errno is 0 where the name leads nowhere.
static int open_any(const char *host, int port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char service[16];
    int fd = -1;
    snprintf(service, sizeof service, "%d", port);
    errno = 0;
    if (getaddrinfo(host, service, &hints, &list) != 0) {
        errno = 0;
        return -1;
    }
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = open_one(at);
    const int reason = errno;
    freeaddrinfo(list);
    errno = reason;
    return fd;
}

static int explain(const char *host, int port, struct error *e)
{
    switch (errno) {
    case 0:
        return error_set(e, ERR_NOTFOUND,
                         "--host %s: no address is known by that name; name one of this machine, "
                         "or leave --host out to listen on all",
                         host);
    case EADDRINUSE:
        return error_set(e, ERR_IO,
                         "port %d is in use, by another server perhaps; choose another --port (0: "
                         "one that is free)",
                         port);
    case EACCES:
        return error_set(e, ERR_IO, "port %d is for root alone; choose a --port from 1024 on",
                         port);
    case EADDRNOTAVAIL:
        return error_set(e, ERR_IO,
                         "--host %s is no address of this machine; leave --host out to listen on "
                         "all that it has",
                         host);
    default:
        return error_errno(e, "cannot listen on port %d of %s", port, host);
    }
}

int listen_open(const char *host, int port, int *fd, struct error *e)
{
    const char *const all = "0.0.0.0";
    *fd = open_any(host ? host : "::", port);
    if (*fd < 0 && !host && errno != EADDRINUSE && errno != EACCES) // a machine without IPv6
        *fd = open_any(all, port);
    return *fd < 0 ? explain(host ? host : all, port, e) : 0;
}
