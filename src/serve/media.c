// SPDX-License-Identifier: MIT
// A table of names, and the two headers in which they stand. Of a header only what decides is
// read: names, and in Accept the weight q.
#include "serve/media.h"

#include "base/num.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum media media;
    bool out; // answers come in it, too, by the first of its names
} table[] = {
    {"text/csv", MEDIA_CSV, true},
    {"application/json", MEDIA_JSON, true},
    {"application/jsonlines", MEDIA_JSONLINES, true},
    {"application/x-npy", MEDIA_NPY, true},
    {"application/x-npz", MEDIA_NPZ, false},
    {"text/libsvm", MEDIA_LIBSVM, false},
    {"text/x-libsvm", MEDIA_LIBSVM, false},
    {"application/x-recordio-protobuf", MEDIA_RECORDIO, false},
};
#define NAMES (sizeof table / sizeof *table)

#define OUT "text/csv, application/json, application/jsonlines, application/x-npy"
static const char known_out[] = OUT;
static const char known_in[] =
    OUT ", application/x-npz, text/libsvm, application/x-recordio-protobuf";

struct word {
    const char *text;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

// What stands before `end` in a text, without the blanks around it; *text goes behind `end`.
static struct word cut(const char **text, char end)
{
    const char *begin = *text, *stop = strchr(begin, end);
    stop = stop ? stop : begin + strlen(begin);
    *text = *stop ? stop + 1 : stop;
    while (begin < stop && is_blank(*begin))
        begin++;
    while (begin < stop && is_blank(stop[-1]))
        stop--;
    return (struct word){begin, (size_t)(stop - begin)};
}

static bool is(struct word w, const char *name)
{
    return strlen(name) == w.len && strncasecmp(w.text, name, w.len) == 0;
}

const char *media_name(enum media m)
{
    for (size_t i = 0; i < NAMES; i++)
        if (table[i].media == m)
            return table[i].name;
    return "none";
}

enum media media_of_body(const char *type, struct error *e)
{
    const char *rest = type ? type : "";
    const struct word name = cut(&rest, ';');
    if (name.len == 0)
        return MEDIA_CSV;
    for (size_t i = 0; i < NAMES; i++)
        if (is(name, table[i].name))
            return table[i].media;
    error_set(e, ERR_UNSUPPORTED,
              "Content-Type '%.100s' is not known; send one of %s (curl: -H 'Content-Type: "
              "text/csv')",
              type, known_in);
    return MEDIA_NONE;
}

// "application/*" stands for the first of them.
static bool matches(struct word w, const char *name)
{
    const bool wild = w.len > 2 && memcmp(w.text + w.len - 2, "/*", 2) == 0;
    return wild ? strncasecmp(w.text, name, w.len - 1) == 0 : is(w, name);
}

static enum media find_answer(struct word w, enum media otherwise)
{
    if (is(w, "*/*"))
        return otherwise;
    for (size_t i = 0; i < NAMES; i++)
        if (table[i].out && matches(w, table[i].name))
            return table[i].media;
    return MEDIA_NONE;
}

// The weight among a type's parameters: 1 unless they say something else.
static double weight_of(const char *parameters, const char *end)
{
    double q = 1;
    while (parameters < end) {
        const char *stop = memchr(parameters, ';', (size_t)(end - parameters));
        stop = stop ? stop : end;
        while (parameters < stop && is_blank(*parameters))
            parameters++;
        const char *last = stop;
        while (last > parameters && is_blank(last[-1]))
            last--;
        if (last - parameters > 2 && (*parameters == 'q' || *parameters == 'Q') &&
            parameters[1] == '=')
            num_scan(parameters + 2, (size_t)(last - parameters - 2), &q);
        parameters = stop + (stop < end);
    }
    return q;
}

enum media media_of_answer(const char *accept, enum media otherwise, struct error *e)
{
    const char *rest = accept ? accept : "";
    enum media best = MEDIA_NONE;
    double most = 0;
    if (!rest[strspn(rest, " \t")])
        return otherwise;
    while (*rest) {
        const char *range = rest;
        const struct word all = cut(&rest, ',');
        const char *const end = all.text + all.len;
        range = memchr(all.text, ';', all.len);
        const char *stop = range ? range : end;
        while (stop > all.text && is_blank(stop[-1]))
            stop--;
        const enum media m =
            find_answer((struct word){all.text, (size_t)(stop - all.text)}, otherwise);
        const double q = range ? weight_of(range + 1, end) : 1;
        if (m != MEDIA_NONE && q > most) {
            best = m;
            most = q;
        }
    }
    if (best == MEDIA_NONE)
        error_set(e, ERR_UNSUPPORTED, "Accept '%.100s' is not known; ask for one of %s", accept,
                  known_out);
    return best;
}
