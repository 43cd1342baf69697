// SPDX-License-Identifier: MIT
// Durations are those of clocks that nobody sets, so that a machine whose time is corrected during
// a run reports no nonsense. The date alone is of the wall clock.
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The kernel tells the start of a process only to its clock tick, 10 ms, which is more than a start
// takes; its processor time is exact, and nothing waits while a program is being loaded.
double clock_process(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return 0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Field 22 of /proc/self/stat: ticks from the start of the machine to that of the process. The
// second field is a name in brackets, which may hold blanks and brackets.
double clock_age(void)
{
    char line[1024];
    struct timespec now;
    FILE *f = fopen("/proc/self/stat", "re");
    const bool read = f && fgets(line, sizeof line, f);
    if (f)
        fclose(f);
    const char *at = read ? strrchr(line, ')') : NULL;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    const long ticks = sysconf(_SC_CLK_TCK);
    if (!at || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return 0;
    const double started = (double)strtoull(at, NULL, 10) / (double)ticks;
    const double age = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - started;
    return age > 0 ? age : 0;
}

void clock_utc(char text[32])
{
    const time_t now = time(NULL);
    struct tm tm;
    if (!gmtime_r(&now, &tm) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
}
