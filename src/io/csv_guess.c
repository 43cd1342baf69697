// SPDX-License-Identifier: MIT
// What a text says about itself: its delimiter and whether it has a header. Both look at the first
// records only. The delimiter is the candidate with which most records have as many fields as the
// first, at least two; then the one that is thought likely; then the one with most fields; then the
// first in the list. A first record is
// a header unless something in it is a number and no column turns from text to numbers below it.
#include "base/num.h"
#include "io/csv_inner.h"

#include <string.h>

#define RECORDS 100 // looked at

const char *const csv_header_words[] = {"auto", "yes", "no", NULL};
const char *const csv_delimiter_words[] = {"auto", "comma", "semicolon", "tab", "pipe", NULL};
const char csv_delimiters[] = {0, ',', ';', '\t', '|'};

static const char candidates[] = {',', ';', '\t', '|'};

const char *csv_skip_blank(const char *p, const char *end)
{
    for (;;) {
        const char *q = p;
        while (q < end && (*q == ' ' || *q == '\t' || *q == '\r'))
            q++;
        if (q == end || *q != '\n')
            return p;
        p = q + 1;
    }
}

const char *csv_skip_separator(const char *p, const char *end, char *delimiter)
{
    const char *q = p;
    const bool quoted = q < end && *q == '"';
    q += quoted;
    if (end - q < 6 || memcmp(q, "sep=", 4) != 0 || !memchr(candidates, q[4], sizeof candidates))
        return p;
    const char said = q[4];
    q += 5;
    if (quoted && *q++ != '"')
        return p;
    while (q < end && (*q == said || *q == '\r')) // a spreadsheet has filled the line up
        q++;
    if (q == end || *q != '\n')
        return p;
    *delimiter = said;
    return q + 1;
}

const char *csv_walk(const char *p, const char *end, char delimiter, struct csv_span *field)
{
    field->begin = p;
    if (p < end && *p == '"')
        for (p++; p < end; p++) {
            if (*p != '"')
                continue;
            if (p + 1 == end || p[1] != '"')
                break;
            p++; // a doubled quote stands for one
        }
    while (p < end && *p != delimiter && *p != '\n')
        p++;
    field->end = p;
    if (p > field->begin && (p == end || *p == '\n') && p[-1] == '\r')
        field->end--;
    return p;
}

// Fields of the record at *p, which goes to the next record.
static size_t count_fields(const char **p, const char *end, char delimiter)
{
    struct csv_span field;
    size_t count = 0;
    const char *at = *p;
    do {
        at = csv_walk(at, end, delimiter, &field);
        count++;
    } while (at < end && *at++ == delimiter);
    *p = at;
    return count;
}

// How many records have as many fields as the first, and how many those are.
static size_t agreement(const char *text, size_t len, char delimiter, size_t *fields)
{
    const char *p = csv_skip_blank(text, text + len), *const end = text + len;
    size_t same = 0;
    *fields = count_fields(&p, end, delimiter);
    for (size_t i = 1; i < RECORDS; i++) {
        p = csv_skip_blank(p, end);
        if (p == end)
            break;
        same += count_fields(&p, end, delimiter) == *fields;
    }
    return same;
}

char csv_guess_delimiter(const char *text, size_t len, char likely)
{
    char best = ',';
    size_t best_same = 0, best_fields = 1;
    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t fields;
        const size_t same = agreement(text, len, candidates[i], &fields);
        if (fields > 1 && candidates[i] == likely)
            fields = SIZE_MAX;
        if (fields > 1 &&
            (best_fields == 1 || same > best_same || (same == best_same && fields > best_fields))) {
            best = candidates[i];
            best_same = same;
            best_fields = fields;
        }
    }
    return best;
}

bool csv_is_missing(const char *text, size_t len)
{
    static const char *const spellings[] = {
        "NA",   "NaN",  "nan",  "NULL",     "null",   "N/A",     "n/a",     "#N/A",    "#NA",
        "<NA>", "-NaN", "-nan", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"};
    if (len < 2 || len > 8)
        return len == 0;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (memcmp(text, spellings[i], 2) == 0 && strlen(spellings[i]) == len &&
            memcmp(text, spellings[i], len) == 0)
            return true;
    return false;
}

enum look { LOOK_EMPTY, LOOK_NUMBER, LOOK_TEXT };

static enum look look_at(struct csv_span f)
{
    double x;
    if (f.end - f.begin >= 2 && *f.begin == '"' && f.end[-1] == '"') {
        f.begin++;
        f.end--;
    }
    while (f.begin < f.end && *f.begin == ' ')
        f.begin++;
    while (f.begin < f.end && f.end[-1] == ' ')
        f.end--;
    if (csv_is_missing(f.begin, (size_t)(f.end - f.begin)))
        return LOOK_EMPTY;
    return num_scan(f.begin, (size_t)(f.end - f.begin), &x) == NUM_NONE ? LOOK_TEXT : LOOK_NUMBER;
}

bool csv_guess_header(const char *text, size_t len, char delimiter)
{
    const char *const end = text + len, *p = csv_skip_blank(text, end), *below = p;
    struct csv_span field, under;
    bool number = false, turns = false;
    count_fields(&below, end, delimiter);
    below = csv_skip_blank(below, end);
    for (bool more = true; more;) {
        p = csv_walk(p, end, delimiter, &field);
        const enum look above = look_at(field);
        number |= above == LOOK_NUMBER;
        if (below < end) {
            below = csv_walk(below, end, delimiter, &under);
            turns |= above == LOOK_TEXT && look_at(under) == LOOK_NUMBER;
            below = below < end && *below == delimiter ? below + 1 : end;
        }
        more = p < end && *p++ == delimiter;
    }
    return turns || !number;
}
