// SPDX-License-Identifier: MIT
// libsvm text: a row a line, place:value where a feature is not 0. Places count from 0, as in
// XGBoost's containers and scikit-learn's files. A label in front is passed over, and so are
// comments behind a '#' and qid:N. A line without a place is a row of zeros, unless it is a comment
// alone or one of the blank ones at the end.
#include "serve/body_inner.h"

#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct libsvm_body {
    struct body body;
    struct body_spec spec;
    const char *at, *end;
    size_t line; // that was read last, from 1
};

struct word {
    const char *text;
    size_t len;
};

// len == 0 at the end of the line.
static struct word next_word(const char **at, const char *end)
{
    const char *p = *at;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    const char *const begin = p;
    while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
        p++;
    *at = p;
    return (struct word){begin, (size_t)(p - begin)};
}

static int refuse(const struct libsvm_body *l, struct word w, const char *why, struct error *e)
{
    error_set(e, ERR_DATA, "%s:%zu: '%.*s'%s %s", l->spec.name, l->line,
              (int)(w.len < 40 ? w.len : 40), w.text, w.len > 40 ? "..." : "", why);
    error_one_line(e->text);
    return ERR_DATA;
}

static int take_entry(const struct libsvm_body *l, struct word w, const char *colon, float *X,
                      struct error *e)
{
    const size_t inputs = l->spec.model->net.inputs;
    const size_t len = (size_t)(colon - w.text);
    double place, value;
    if (num_scan(w.text, len, &place) != NUM_WHOLE || !(place >= 0 && place < (double)inputs))
        return error_set(e, ERR_MISMATCH,
                         "%s:%zu: place %.*s, expected one of the model's %zu features, which "
                         "count from 0",
                         l->spec.name, l->line, (int)(len < 40 ? len : 40), w.text, inputs);
    if (num_scan(colon + 1, w.len - len - 1, &value) == NUM_NONE || !isfinite((float)value))
        return refuse(l, w, "has no finite number", e);
    X[(size_t)place] = (float)value;
    return 0;
}

// A line without its comment.
static int take_line(const struct libsvm_body *l, struct word line, float *X, struct error *e)
{
    const char *at = line.text, *const end = line.text + line.len;
    bool first = true;
    for (struct word w; (w = next_word(&at, end)).len; first = false) {
        const char *const colon = memchr(w.text, ':', w.len);
        double label;
        int rc = 0;
        if (!colon && (!first || num_scan(w.text, w.len, &label) == NUM_NONE))
            rc = refuse(l, w, "is neither place:value nor a label in front", e);
        else if (colon && !(w.len > 4 && memcmp(w.text, "qid:", 4) == 0))
            rc = take_entry(l, w, colon, X, e);
        if (rc)
            return rc;
    }
    return 0;
}

// *row: it is more than a comment.
static struct word next_line(struct libsvm_body *l, bool *row)
{
    const char *const begin = l->at;
    const char *stop = memchr(begin, '\n', (size_t)(l->end - begin));
    stop = stop ? stop : l->end;
    l->at = stop < l->end ? stop + 1 : l->end;
    l->line++;
    const char *const comment = memchr(begin, '#', (size_t)(stop - begin));
    *row = comment != begin;
    return (struct word){begin, (size_t)((comment ? comment : stop) - begin)};
}

static int next(struct body *b, size_t most, float *X, size_t *got, struct error *e)
{
    struct libsvm_body *l = (struct libsvm_body *)b;
    const size_t inputs = l->spec.model->net.inputs;
    int rc = 0;
    *got = 0;
    while (rc == 0 && *got < most && l->at < l->end) {
        bool row;
        const struct word line = next_line(l, &row);
        memset(X, 0, inputs * sizeof *X);
        rc = row ? take_line(l, line, X, e) : 0;
        *got += row;
        X += row ? inputs : 0;
    }
    return rc;
}

static void close_body(struct body *b)
{
    mem_free((struct libsvm_body *)b);
}

struct body *body_libsvm_open(const struct body_spec *spec, struct error *e)
{
    static const struct body_kind kind = {next, close_body};
    struct libsvm_body *l = mem_zalloc(sizeof *l);
    if (!l) {
        error_nomem(e, spec->name);
        return NULL;
    }
    l->body.kind = &kind;
    l->spec = *spec;
    l->at = spec->data;
    l->end = l->at + spec->size;
    while (l->end > l->at && strchr(" \t\r\n", l->end[-1]) && l->end[-1])
        l->end--;
    return &l->body;
}
