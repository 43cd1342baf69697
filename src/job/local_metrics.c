// SPDX-License-Identifier: MIT
// The C library has POSIX expressions, metric definitions are Python's. So one is translated into
// the other, token by token, as far as their meanings agree; what has no equal is refused, where a
// wrong match would pass for a metric.
#include "job/local_metrics.h"

#include "base/mem.h"
#include "base/num.h"
#include "io/json_read.h"

#include <string.h>

#define EXPRESSION_MAX 4096 // bytes, of the POSIX form; the platform takes 500 of Python's
#define GROUPS_MAX     16

// ---- from Python's expressions to POSIX

struct translation {
    const char *at;
    struct buf *out;
    size_t groups; // opened so far
    size_t first;  // the first that captures, from 1; 0: none yet
};

static int unsupported(const char *what, size_t len, struct error *e)
{
    return error_set(e, ERR_UNSUPPORTED,
                     "'%.*s' in an expression is Python's and not known here; write it another way",
                     (int)len, what);
}

// "[...]" as a whole, with \d, \s and \w in it written out.
static int put_bracket(struct translation *t, struct error *e)
{
    const char *begin = t->at;
    buf_puts(t->out, "[");
    t->at++;
    if (*t->at == '^')
        buf_append(t->out, t->at++, 1);
    if (*t->at == ']')
        buf_append(t->out, t->at++, 1);
    while (*t->at && *t->at != ']') {
        const char next = *t->at == '\\' ? t->at[1] : '\0';
        const char *words = next == 'd'   ? "0-9"
                            : next == 's' ? "[:space:]"
                            : next == 'w' ? "[:alnum:]_"
                                          : NULL;
        if (next == ']' || next == 'n' || next == 't')
            return unsupported(t->at, 2, e);
        if (words)
            buf_puts(t->out, words);
        else
            buf_append(t->out, t->at, 1);
        t->at += words ? 2 : 1;
    }
    if (*t->at != ']')
        return unsupported(begin, strlen(begin), e);
    buf_append(t->out, t->at++, 1);
    return 0;
}

static int put_escape(struct translation *t, struct error *e)
{
    static const struct {
        char letter;
        const char *posix;
    } classes[] = {
        {'d', "[0-9]"},        {'D', "[^0-9]"},        {'s', "[[:space:]]"}, {'S', "[^[:space:]]"},
        {'w', "[[:alnum:]_]"}, {'W', "[^[:alnum:]_]"}, {'t', "\t"}};
    const char letter = t->at[1];
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].letter == letter) {
            buf_puts(t->out, classes[i].posix);
            t->at += 2;
            return 0;
        }
    if (letter == '\0' || strchr("AbBZnrfvaxuN0123456789", letter))
        return unsupported(t->at, 1 + (letter != '\0'), e);
    if (!strchr(".[]{}()*+?^$|\\", letter)) { // a plain character needs no backslash
        buf_append(t->out, t->at + 1, 1);
    } else {
        buf_append(t->out, t->at, 2);
    }
    t->at += 2;
    return 0;
}

// "(" or "(?:"; POSIX counts both.
static int put_group(struct translation *t, struct error *e)
{
    const bool captures = t->at[1] != '?';
    if (!captures && t->at[2] != ':')
        return unsupported(t->at, 3, e);
    t->groups++;
    if (captures && t->first == 0)
        t->first = t->groups;
    t->at += captures ? 1 : 3;
    return buf_puts(t->out, "(");
}

// ".*?" and ".+?" take as little as they can: up to the next plain character, with or without a
// closing bracket before it.
static int put_lazy(struct translation *t, struct error *e)
{
    const char stop = t->at[3] == ')' ? t->at[4] : t->at[3];
    if (stop == '\0') // nothing follows: as little as possible is nothing
        return unsupported(t->at, 3, e);
    if (strchr("\\[(*+?{^$|.)", stop))
        return unsupported(t->at, 3, e);
    buf_printf(t->out, "[^%c]%c", stop, t->at[1]);
    t->at += 3;
    return 0;
}

static int put_next(struct translation *t, struct error *e)
{
    const bool lazy = strchr("*+?}", t->at[0]) && t->at[1] == '?';
    if (t->at[0] == '.' && t->at[1] && strchr("*+", t->at[1]) && t->at[2] == '?')
        return put_lazy(t, e);
    if (lazy)
        return unsupported(t->at, 2, e);
    switch (t->at[0]) {
    case '[':
        return put_bracket(t, e);
    case '\\':
        return put_escape(t, e);
    case '(':
        return put_group(t, e);
    default:
        return buf_append(t->out, t->at++, 1);
    }
}

int local_expression(const char *python, struct buf *posix, size_t *group, struct error *e)
{
    struct translation t = {.at = python, .out = posix};
    int rc = 0;
    while (rc == 0 && *t.at)
        rc = put_next(&t, e);
    if (rc)
        return e && e->code ? rc : buf_check(posix, "expression", e);
    if (t.first == 0 || t.first >= GROUPS_MAX)
        return error_set(e, ERR_USAGE, "the expression '%.100s' has no group in ( ) for the number",
                         python);
    *group = t.first;
    return buf_check(posix, "expression", e);
}

// ---- metrics

static int add(struct local_metrics *m, const char *name, const char *python, struct error *e)
{
    struct local_metric *one = &m->metric[m->count];
    struct buf posix;
    char why[128];
    buf_init(&posix, EXPRESSION_MAX);
    *one = (struct local_metric){.name = NULL};
    int rc = local_expression(python, &posix, &one->group, e);
    const int bad = rc ? 0 : regcomp(&one->expression, posix.data, REG_EXTENDED);
    if (bad) {
        regerror(bad, &one->expression, why, sizeof why);
        rc = error_set(e, ERR_USAGE, "%.200s: %s", python, why);
    } else if (rc == 0) {
        m->count++;
        one->name = mem_strdup(name);
        rc = one->name ? 0 : error_nomem(e, name);
    }
    buf_clear(&posix);
    return rc ? error_prefix(e, rc, "metric %.100s", name) : 0;
}

int local_metrics_init(struct local_metrics *m, const json_t *definitions, struct error *e)
{
    *m = (struct local_metrics){.count = 0};
    int rc = 0;
    if (json_array_size(definitions) > LOCAL_METRICS_MAX)
        return error_set(e, ERR_LIMIT, "more than %d metrics", LOCAL_METRICS_MAX);
    for (size_t i = 0; rc == 0 && i < json_array_size(definitions); i++) {
        const json_t *one = json_array_get(definitions, i);
        rc = add(m, json_member_text(one, "Name"), json_member_text(one, "Regex"), e);
    }
    if (rc)
        local_metrics_clear(m);
    return rc;
}

void local_metrics_clear(struct local_metrics *m)
{
    for (size_t i = 0; i < m->count; i++) {
        regfree(&m->metric[i].expression);
        mem_free(m->metric[i].name);
    }
    m->count = 0;
}

static void keep(struct local_metric *one, double value)
{
    one->min = one->found == 0 || value < one->min ? value : one->min;
    one->max = one->found == 0 || value > one->max ? value : one->max;
    one->last = value;
    one->found++;
}

void local_metrics_look(struct local_metrics *m, const char *line)
{
    for (size_t i = 0; i < m->count; i++) {
        struct local_metric *one = &m->metric[i];
        regmatch_t match[GROUPS_MAX];
        char text[64];
        double value;
        if (regexec(&one->expression, line, GROUPS_MAX, match, 0) != 0)
            continue;
        const regmatch_t *group = &match[one->group];
        const size_t len = group->rm_so < 0 ? 0 : (size_t)(group->rm_eo - group->rm_so);
        if (len == 0 || len >= sizeof text)
            continue;
        memcpy(text, line + group->rm_so, len);
        text[len] = '\0';
        if (num_parse(text, &value))
            keep(one, value);
    }
}

void local_log_line(const char *text, size_t len, struct buf *out)
{
    buf_puts(out, "");
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            buf_printf(out, "#%03o", c);
        else
            buf_append(out, text + i, 1);
    }
}
