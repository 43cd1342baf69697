// SPDX-License-Identifier: MIT
#include "job/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#define CAUSE_MAX 896

// Where the text ends: at its zero, its line's end, or before the character that would not fit.
static size_t line_length(const char *cause)
{
    size_t len = 0;
    while (len < CAUSE_MAX && cause[len] && cause[len] != '\n')
        len++;
    if (len == CAUSE_MAX)
        while (len > 0 && ((unsigned char)cause[len] & 0xC0) == 0x80)
            len--;
    return len;
}

static void write_bytes(int fd, const char *data, size_t size)
{
    while (size) {
        const ssize_t done = write(fd, data, size);
        if (done <= 0 && errno != EINTR)
            return;
        data += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
}

void failure_write(const char *path, const char *cause)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    write_bytes(fd, cause, line_length(cause));
    write_bytes(fd, "\n", 1);
    close(fd);
}
