// SPDX-License-Identifier: MIT
// Metric definitions as SageMaker takes them (Python's expressions), looked for in lines of a log.
#ifndef SKIFF_JOB_LOCAL_METRICS_H
#define SKIFF_JOB_LOCAL_METRICS_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define LOCAL_METRICS_MAX 40 // as the platform has it

struct local_metric {
    char *name;
    regex_t expression;
    size_t group; // that holds the number: the first one which Python would count
    size_t found; // numbers
    double last, min, max;
};

struct local_metrics {
    struct local_metric metric[LOCAL_METRICS_MAX];
    size_t count;
};

// A list of objects with Name and Regex.
int local_metrics_init(struct local_metrics *m, const json_t *definitions, struct error *e);
void local_metrics_clear(struct local_metrics *m);

// The first match of each expression in a line counts, if its group is a number.
void local_metrics_look(struct local_metrics *m, const char *line);

// A Python expression as a POSIX extended one. In POSIX a backslash in brackets is itself, so
// [0-9\.] also takes a backslash, which no number has; \d, \s, \w, (?:...) and a lazy .*? before a
// plain character are rewritten; anything else that only Python knows is ERR_UNSUPPORTED. *group is
// where the first group that captures ends up.
int local_expression(const char *python, struct buf *posix, size_t *group, struct error *e);

// A line as a log shows it: control characters become #ooo, in octal.
void local_log_line(const char *text, size_t len, struct buf *out);

#endif
