// SPDX-License-Identifier: MIT
// Lines are short and few, so what does not fit the kernel's buffer means a side that reads
// nothing.
#include "dist/link.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void link_init(struct link *l, int fd)
{
    *l = (struct link){.fd = fd, .heard = clock_seconds(), .said = clock_seconds()};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void link_close(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    l->have = 0;
}

bool link_fill(struct link *l)
{
    const size_t room = sizeof l->in - l->have;
    if (room == 0)
        return true; // link_line will complain
    const ssize_t got = read(l->fd, l->in + l->have, room);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    l->have += (size_t)got;
    l->heard = clock_seconds();
    return got > 0;
}

int link_line(struct link *l, char *line)
{
    const char *end = memchr(l->in, '\n', l->have);
    if (!end)
        return l->have == sizeof l->in ? -1 : 0;
    const size_t length = (size_t)(end - l->in);
    memcpy(line, l->in, length);
    line[length] = '\0';
    l->have -= length + 1;
    memmove(l->in, end + 1, l->have);
    return 1;
}

bool link_say(struct link *l, const char *format, ...)
{
    char text[LINK_LINE_MAX + 1];
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    if (l->fd < 0 || length < 0 || (size_t)length >= sizeof text - 1)
        return false;
    text[length] = '\n';
    l->said = clock_seconds();
    return send(l->fd, text, (size_t)length + 1, MSG_NOSIGNAL) == length + 1;
}
