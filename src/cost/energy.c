// SPDX-License-Identifier: MIT
// A counter of microjoules begins anew at its range, so what lies between begin and end is known
// only when it is less than one round. That is judged by the time that has passed and the most that
// a package may draw; what is not certain is not told.
#include "cost/energy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATTS_MAX   700 // of a package; the largest of today draw 500
#define MICROJOULES 1e6

// The first line of a file of package `number`.
static bool read_line(const char *root, unsigned number, const char *file, char *line, size_t size)
{
    char path[4096];
    const int len = snprintf(path, sizeof path, "%s/intel-rapl:%u/%s", root, number, file);
    FILE *f = len > 0 && (size_t)len < sizeof path ? fopen(path, "re") : NULL;
    if (!f)
        return false;
    const bool read = fgets(line, (int)size, f);
    fclose(f);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

static bool read_counter(const char *root, unsigned number, const char *file, uint64_t *value)
{
    char line[32], *end;
    if (!read_line(root, number, file, line, sizeof line) || line[0] < '0' || line[0] > '9')
        return false;
    *value = strtoull(line, &end, 10); // 2^64 - 1 of what is beyond: as good as any other counter
    return *end == '\0';
}

// Domains have folders of their own, numbered from 0. "psys" is the sum of packages and more, and
// what has two numbers is part of a package: only packages count.
void energy_begin(struct energy *e, const char *root, double now)
{
    *e = (struct energy){.root = root, .begun = now};
    char name[ENERGY_NAME_MAX];
    for (unsigned i = 0; i < ENERGY_DOMAINS; i++) {
        if (!read_line(root, i, "name", name, sizeof name))
            return;
        if (strncmp(name, "package-", 8) != 0)
            continue;
        struct energy_package *p = &e->package[e->count];
        if (!read_counter(root, i, "energy_uj", &p->first) ||
            !read_counter(root, i, "max_energy_range_uj", &p->range) || p->first > p->range) {
            e->count = 0;
            return;
        }
        snprintf(p->name, sizeof p->name, "%s", name);
        p->number = i;
        e->count++;
    }
}

static bool used_by(const struct energy *e, const struct energy_package *p, double now,
                    double *joules)
{
    uint64_t last;
    if (!read_counter(e->root, p->number, "energy_uj", &last) || last > p->range ||
        (now - e->begun) * WATTS_MAX * MICROJOULES > (double)p->range)
        return false;
    const uint64_t used = last >= p->first ? last - p->first : p->range - p->first + last;
    *joules += (double)used / MICROJOULES;
    return true;
}

bool energy_end(const struct energy *e, double now, double *joules)
{
    *joules = 0;
    for (size_t i = 0; i < e->count; i++)
        if (!used_by(e, &e->package[i], now, joules))
            return false;
    return e->count > 0;
}

int energy_domains(const struct energy *e, struct buf *out)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < e->count; i++)
        rc = buf_printf(out, "%s%s", i ? "," : "", e->package[i].name);
    return rc;
}
