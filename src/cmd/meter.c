// SPDX-License-Identifier: MIT
// Jobs call this after every batch, so it looks at the clock first and writes seldom.
#include "cmd/meter.h"

#include "base/clock.h"
#include "base/num.h"

#include <stdio.h>
#include <unistd.h>

#define SHOW_AFTER 1.0 // seconds; what takes less needs no progress
#define SHOW_EVERY 0.2

void meter_init(struct meter *m, const char *unit, bool writes_stdout)
{
    *m = (struct meter){
        .unit = unit,
        .on = isatty(STDERR_FILENO) && !(writes_stdout && isatty(STDOUT_FILENO)),
        .next = clock_seconds() + SHOW_AFTER,
    };
}

void meter_show(void *context, uint64_t done, uint64_t total)
{
    struct meter *m = context;
    const double now = m->on ? clock_seconds() : 0;
    if (!m->on || now < m->next)
        return;
    char some[32], all[32];
    num_group(done, some);
    num_group(total, all);
    fprintf(stderr, "\r%s%s%s %s\033[K", some, total ? " of " : "", total ? all : "", m->unit);
    fflush(stderr);
    m->drawn = true;
    m->next = now + SHOW_EVERY;
}

void meter_end(struct meter *m)
{
    if (m->drawn)
        fputs("\r\033[K", stderr);
    m->drawn = false;
}
