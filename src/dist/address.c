// SPDX-License-Identifier: MIT
// One socket serves both families: to it an address of version 4 is one of version 6 with a prefix
// (::ffff:0:0/96), and so addresses are compared as those of version 6 here.
#include "dist/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

static bool bind_to(int fd, const void *address, socklen_t size)
{
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(fd, address, size) == 0 && listen(fd, SOMAXCONN) == 0;
}

static bool listen_to_both(int fd, int port)
{
    const struct sockaddr_in6 any = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
    const int no = 0;
    return fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0 &&
           bind_to(fd, &any, sizeof any);
}

static bool listen_to_old(int fd, int port)
{
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port),
                                    .sin_addr.s_addr = htonl(INADDR_ANY)};
    return fd >= 0 && bind_to(fd, &any, sizeof any);
}

static void close_if_open(int *fd)
{
    const int reason = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = reason;
}

int address_listen(int port, int *fd, struct error *e)
{
    *fd = socket(AF_INET6, SOCK_STREAM | SOCKET_FLAGS, 0);
    if (listen_to_both(*fd, port))
        return 0;
    close_if_open(fd);
    if (errno != EADDRINUSE)
        *fd = socket(AF_INET, SOCK_STREAM | SOCKET_FLAGS, 0);
    if (listen_to_old(*fd, port))
        return 0;
    close_if_open(fd);
    if (errno == EADDRINUSE)
        return error_set(e, ERR_IO,
                         "port %d, where other hosts would join, is in use, by another run "
                         "perhaps; give all hosts another --join_port",
                         port);
    return error_errno(e, "port %d, where other hosts would join (see --join_port)", port);
}

int address_port(int fd)
{
    struct sockaddr_storage own;
    struct sockaddr_in6 new;
    struct sockaddr_in old;
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0)
        return 0;
    memcpy(&new, &own, sizeof new);
    memcpy(&old, &own, sizeof old);
    return ntohs(own.ss_family == AF_INET6 ? new.sin6_port : old.sin_port);
}

static int connect_to(const struct addrinfo *to, double seconds)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCKET_FLAGS, 0), failure = 0;
    socklen_t size = sizeof failure;
    if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    struct pollfd done = {.fd = fd, .events = POLLOUT};
    if (errno != EINPROGRESS || poll(&done, 1, (int)(1000 * seconds)) != 1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure)
        close_if_open(&fd);
    return fd;
}

int address_call(const char *host, int port, double seconds)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char service[16];
    int fd = -1;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return -1;
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_to(at, seconds);
    freeaddrinfo(list);
    return fd;
}

static bool to_v6(const void *address, struct in6_addr *v6)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in old;
    struct sockaddr_in6 new;
    sa_family_t family;
    memcpy(&family, (const char *)address + offsetof(struct sockaddr, sa_family), sizeof family);
    if (family == AF_INET6) {
        memcpy(&new, address, sizeof new);
        *v6 = new.sin6_addr;
    } else if (family == AF_INET) {
        memcpy(&old, address, sizeof old);
        memcpy(v6->s6_addr, prefix, sizeof prefix);
        memcpy(v6->s6_addr + sizeof prefix, &old.sin_addr, sizeof old.sin_addr);
    }
    return family == AF_INET6 || family == AF_INET;
}

size_t address_list(const char *host, struct in6_addr *list, size_t room)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    size_t count = 0;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return 0;
    for (const struct addrinfo *at = found; at && count < room; at = at->ai_next)
        count += to_v6(at->ai_addr, &list[count]);
    freeaddrinfo(found);
    return count;
}

bool address_of_peer(int fd, struct in6_addr *from)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && to_v6(&peer, from);
}
