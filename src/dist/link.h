// SPDX-License-Identifier: MIT
// A connection that carries lines, between supervisors or from a supervisor to its rank.
#ifndef SKIFF_DIST_LINK_H
#define SKIFF_DIST_LINK_H

#include <stdbool.h>
#include <stddef.h>

#define LINK_LINE_MAX 2048 // with the byte behind it

struct link {
    int fd; // -1: none
    size_t have;
    char in[LINK_LINE_MAX];
    double heard, said; // clock_seconds of the latest bytes
};

void link_init(struct link *l, int fd); // makes it non-blocking and closed in other programs
void link_close(struct link *l);

// Take what has come. false: the other side has gone.
bool link_fill(struct link *l);
// The next whole line, without its end, into line[LINK_LINE_MAX]. -1: what has come is too long to
// be one; 0: none yet.
int link_line(struct link *l, char *line);
// A line and its end. false: it did not go out whole, and the connection is of no more use.
bool link_say(struct link *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
