// SPDX-License-Identifier: MIT
#include "base/clock.h"

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

// Field 22 of /proc/self/stat is the start time in clock ticks since boot. The second field is the
// command in parentheses and may hold anything, so counting begins behind the last ')'.
double clock_process_age(void)
{
    char text[1024];
    FILE *f = fopen("/proc/self/stat", "r");
    if (!f)
        return 0;
    const size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    struct timespec now;
    if (!at || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return 0;
    const double started = strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK);
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
