// SPDX-License-Identifier: MIT
// Also called by a handler of SIGBUS: open, write, close and unlink are all there is. O_EXCL lets
// the first of several processes win.
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

// How many of them there was room for.
static size_t write_bytes(int fd, const char *data, size_t size)
{
    size_t written = 0;
    while (written < size) {
        const ssize_t done = write(fd, data + written, size - written);
        if (done <= 0 && errno != EINTR)
            break;
        written += done > 0 ? (size_t)done : 0;
    }
    return written;
}

void failure_write(const char *path, const char *cause)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    size_t written = write_bytes(fd, cause, line_length(cause));
    written += write_bytes(fd, "\n", 1);
    close(fd);
    if (written == 0) // a full disk: an empty file would pass for a cause
        unlink(path);
}
