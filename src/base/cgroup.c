// SPDX-License-Identifier: MIT
// Everything here reads small text files of the kernel; what cannot be read limits nothing.
#include "base/cgroup.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_SIZE 1024

struct search {
    const char *root;
    size_t (*limit)(const char *folder);
    size_t least;
    uint64_t group;
};

int cgroup_numbers(const char *folder, const char *file, long long number[2])
{
    char path[3 * LINE_SIZE], line[LINE_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    const bool any = fgets(line, sizeof line, f);
    fclose(f);
    if (!any)
        return 0;
    if (strncmp(line, "max", 3) == 0)
        memcpy(line, "-1 ", 3);
    char *at = line, *end;
    for (int i = 0; i < 2; i++) {
        number[i] = strtoll(at, &end, 10);
        if (end == at)
            return i;
        at = end;
    }
    return 2;
}

// Its number in the kernel's file system, which is the same under whatever path it is seen.
static uint64_t number_of(const char *folder)
{
    struct stat st;
    return stat(folder, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

// The least of root/hierarchy/path and of every folder above it. Inside a container the path may be
// that of the host, which does not exist there; the root is looked at all the same.
static void least_of_path(struct search *s, const char *hierarchy, const char *path)
{
    char folder[2 * LINE_SIZE];
    const int base =
        snprintf(folder, sizeof folder, "%s%s%s", s->root, *hierarchy ? "/" : "", hierarchy);
    const int all = snprintf(folder + base, sizeof folder - (size_t)base, "%s", path);
    if (all < 0 || (size_t)base + (size_t)all >= sizeof folder)
        return;
    for (;;) {
        const size_t limit = s->limit(folder);
        if (limit < s->least) {
            s->least = limit;
            s->group = number_of(folder);
        }
        char *slash = strrchr(folder + base, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

// Whether the word is one of those in "cpu,cpuacct".
static bool has_word(const char *words, const char *word)
{
    for (const char *at = words; *at;) {
        const size_t len = strcspn(at, ",");
        if (len == strlen(word) && memcmp(at, word, len) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

size_t cgroup_least(const char *membership, const char *root, const char *controller,
                    size_t (*limit)(const char *folder), uint64_t *group)
{
    struct search s = {.root = root, .limit = limit, .least = SIZE_MAX};
    char line[LINE_SIZE];
    FILE *f = strlen(root) < LINE_SIZE / 2 ? fopen(membership, "re") : NULL;
    if (group)
        *group = 0;
    if (!f)
        return SIZE_MAX;
    // Lines are "number:controllers:/path"; version 2 has no controllers.
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        if (*controllers && !has_word(controllers, controller))
            continue;
        least_of_path(&s, controllers, path);
    }
    fclose(f);
    if (group)
        *group = s.group;
    return s.least;
}
