// SPDX-License-Identifier: MIT
// What a careful colleague would say about a run: each remark with the figures that made it and
// with something to do. None without evidence.
#ifndef SKIFF_REPORT_REMARKS_H
#define SKIFF_REPORT_REMARKS_H

#include "report/findings.h"
#include "report/run_folder.h"

#define REMARKS_MAX 16

struct remark {
    const char *key;   // "overfitting": what it is about, in one word
    const char *title; // a few words
    char *evidence;    // plain text of any origin, owned
    char *advice;      // likewise
};

struct remarks {
    struct remark item[REMARKS_MAX]; // the gravest first
    size_t count;
    bool failed; // no memory
};

int remarks_find(struct remarks *r, const struct run_folder *run, const struct findings *found,
                 struct error *e);
void remarks_clear(struct remarks *r);

#endif
