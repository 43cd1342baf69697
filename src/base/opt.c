// SPDX-License-Identifier: MIT
// Values of options: defaults, text to target, target to text. The walk over argv is in
// opt_argv.c, the help text in opt_help.c.
#include "base/opt.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void *target_of(const struct opt_set *s, const struct opt *o)
{
    return (char *)s->target + o->offset;
}

// The complaint about a value: what was given, and what would do.
static int bad_value(const char *where, const char *value, const char *want, struct error *e)
{
    return error_set(e, ERR_USAGE, "%s: '%.100s' is not %s", where, value, want);
}

static int out_of_range(const struct opt *o, const char *where, const char *value, struct error *e)
{
    if (o->max >= 1e15)
        return error_set(e, ERR_USAGE, "%s: %.100s is out of range, it must be at least %.10g",
                         where, value, o->min);
    return error_set(e, ERR_USAGE, "%s: %.100s is out of range, it must be from %.10g to %.10g",
                     where, value, o->min, o->max);
}

static int set_int(const struct opt *o, int64_t *to, const char *value, const char *where,
                   struct error *e)
{
    int64_t x;
    if (!num_parse_i64(value, &x))
        return bad_value(where, value, "a whole number", e);
    if ((double)x < o->min || (double)x > o->max)
        return out_of_range(o, where, value, e);
    *to = x;
    return 0;
}

static int set_seed(int64_t *to, const char *value, const char *where, struct error *e)
{
    return num_parse_bits(value, to) ? 0 : bad_value(where, value, "a whole number of 64 bits", e);
}

static int set_float(const struct opt *o, double *to, const char *value, const char *where,
                     struct error *e)
{
    double x;
    if (!num_parse(value, &x))
        return bad_value(where, value, "a number", e);
    if (x < o->min || x > o->max)
        return out_of_range(o, where, value, e);
    *to = x;
    return 0;
}

// An empty text is none: what a script with an unset variable means.
static int set_text(char **to, const char *value, struct error *e)
{
    char *copy = *value ? mem_strdup(value) : NULL;
    if (*value && !copy)
        return error_nomem(e, "an option's value");
    mem_free(*to);
    *to = copy;
    return 0;
}

static int set_enum(const struct opt *o, int *to, const char *value, const char *where,
                    struct error *e)
{
    struct buf list;
    buf_init(&list, 512);
    for (int i = 0; o->words[i]; i++) {
        if (strcasecmp(o->words[i], value) == 0) {
            buf_clear(&list);
            *to = i;
            return 0;
        }
        buf_printf(&list, "%s%s", i ? ", " : "", o->words[i]);
    }
    const int rc = error_set(e, ERR_USAGE, "%s: '%.100s' is unknown, choose one of: %s", where,
                             value, list.data ? list.data : "");
    buf_clear(&list);
    return rc;
}

// The elements of "64,32", "64 32" or "[64, 32]".
struct list {
    const char *at, *end;
    bool begun;
};

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

// false when only one of the two brackets is there.
static bool list_begin(struct list *l, const char *value)
{
    const char *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    const char *at = skip_blanks(value, end);
    const bool open = at < end && *at == '[', closed = at < end && end[-1] == ']';
    *l = (struct list){.at = at + open, .end = end - closed};
    return open == closed;
}

// 1 with the next element in `word`, 0 at the end, -1 where an element is empty or far too long.
static int list_next(struct list *l, char *word, size_t size)
{
    l->at = skip_blanks(l->at, l->end);
    const bool comma = l->begun && l->at < l->end && *l->at == ',';
    if (comma)
        l->at = skip_blanks(l->at + 1, l->end);
    if (l->at == l->end && !comma)
        return 0;
    size_t len = 0;
    while (l->at + len < l->end && !strchr(" \t,", l->at[len]))
        len++;
    if (len == 0 || len >= size)
        return -1;
    memcpy(word, l->at, len);
    word[len] = '\0';
    l->at += len;
    l->begun = true;
    return 1;
}

static int set_sizes(const struct opt *o, struct opt_sizes *to, const char *value,
                     const char *where, struct error *e)
{
    struct opt_sizes sizes = {0};
    struct list list;
    char word[64];
    int more = list_begin(&list, value) ? 1 : -1;
    while (more > 0 && (more = list_next(&list, word, sizeof word)) > 0) {
        int64_t x = 0;
        if (sizes.count == OPT_SIZES_MAX)
            return error_set(e, ERR_USAGE, "%s: more than %d numbers", where, OPT_SIZES_MAX);
        const int rc = set_int(o, &x, word, where, e);
        if (rc)
            return rc;
        sizes.value[sizes.count++] = (size_t)x;
    }
    if (more < 0)
        return bad_value(where, value, "a list of numbers such as 64,32", e);
    *to = sizes;
    return 0;
}

static int set_pair(const struct opt *o, double to[2], const char *value, const char *where,
                    struct error *e)
{
    double pair[2];
    struct list list;
    char word[64];
    int more = list_begin(&list, value) ? 1 : -1;
    for (int i = 0; i < 2 && more > 0; i++) {
        more = list_next(&list, word, sizeof word);
        const int rc = more > 0 ? set_float(o, &pair[i], word, where, e) : 0;
        if (rc)
            return rc;
    }
    if (more <= 0 || list_next(&list, word, sizeof word) != 0)
        return bad_value(where, value, "two numbers such as 0.9,0.999", e);
    memcpy(to, pair, sizeof pair);
    return 0;
}

static int set_every(const struct opt *o, struct opt_every *to, const char *value,
                     const char *where, struct error *e)
{
    char number[64];
    const size_t len = strlen(value);
    const bool seconds = len > 1 && value[len - 1] == 's';
    if (len >= sizeof number)
        return bad_value(where, value, "a count such as 100 or a time such as 30s", e);
    snprintf(number, sizeof number, "%.*s", (int)(len - seconds), value);
    struct opt_every every = {0};
    const int rc = seconds ? set_float(o, &every.seconds, number, where, e)
                           : set_int(o, &every.count, number, where, e);
    if (rc == 0)
        *to = every;
    return rc;
}

static int add_text(struct opt_texts *to, const char *value, const char *where, struct error *e)
{
    if (to->count == OPT_TEXTS_MAX)
        return error_set(e, ERR_USAGE, "%s: given more than %d times", where, OPT_TEXTS_MAX);
    char *copy = mem_strdup(value);
    if (!copy)
        return error_nomem(e, "an option's value");
    to->value[to->count++] = copy;
    return 0;
}

static int assign(const struct opt_set *s, const struct opt *o, const char *value,
                  const char *where, struct error *e)
{
    void *to = target_of(s, o);
    switch (o->type) {
    case OPT_INT:
        return set_int(o, to, value, where, e);
    case OPT_SEED:
        return set_seed(to, value, where, e);
    case OPT_FLOAT:
        return set_float(o, to, value, where, e);
    case OPT_PAIR:
        return set_pair(o, to, value, where, e);
    case OPT_BOOL:
        return num_parse_bool(value, to) ? 0 : bad_value(where, value, "true or false", e);
    case OPT_TEXT:
        return set_text(to, value, e);
    case OPT_ENUM:
        return set_enum(o, to, value, where, e);
    case OPT_SIZES:
        return set_sizes(o, to, value, where, e);
    case OPT_EVERY:
        return set_every(o, to, value, where, e);
    case OPT_TEXTS:
        return add_text(to, value, where, e);
    }
    return 0;
}

static size_t target_size(enum opt_type type)
{
    static const size_t sizes[] = {
        [OPT_INT] = sizeof(int64_t),
        [OPT_SEED] = sizeof(int64_t),
        [OPT_FLOAT] = sizeof(double),
        [OPT_PAIR] = 2 * sizeof(double),
        [OPT_BOOL] = sizeof(bool),
        [OPT_TEXT] = sizeof(char *),
        [OPT_ENUM] = sizeof(int),
        [OPT_SIZES] = sizeof(struct opt_sizes),
        [OPT_EVERY] = sizeof(struct opt_every),
        [OPT_TEXTS] = sizeof(struct opt_texts),
    };
    return sizes[type];
}

int opt_begin(struct opt_set *s, const struct opt *table, size_t count, void *target,
              struct error *e)
{
    *s = (struct opt_set){.table = table, .count = count, .target = target};
    for (size_t i = 0; i < count; i++)
        memset(target_of(s, &table[i]), 0, target_size(table[i].type));
    s->given = mem_zalloc(count);
    int rc = s->given ? 0 : error_nomem(e, "options");
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (table[i].initial)
            rc = assign(s, &table[i], table[i].initial, table[i].name, e);
    if (rc)
        opt_end(s);
    return rc;
}

static void free_texts(struct opt_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        mem_free(texts->value[i]);
    *texts = (struct opt_texts){0};
}

void opt_end(struct opt_set *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->table[i].type == OPT_TEXT) {
            char **text = target_of(s, &s->table[i]);
            mem_free(*text);
            *text = NULL;
        } else if (s->table[i].type == OPT_TEXTS) {
            free_texts(target_of(s, &s->table[i]));
        }
    mem_free(s->given);
    *s = (struct opt_set){0};
}

int opt_assign(struct opt_set *s, int index, const char *value, enum opt_origin origin,
               const char *where, struct error *e)
{
    if (s->given[index] > origin)
        return 0;
    const int rc = assign(s, &s->table[index], value, where, e);
    if (rc == 0)
        s->given[index] = (uint8_t)origin;
    return rc;
}

bool opt_given(const struct opt_set *s, const char *name)
{
    const int index = opt_find(s, name);
    return index >= 0 && s->given[index] != OPT_DEFAULT;
}

// The shortest text that reads back as the same number.
static void print_real(double x, struct buf *out)
{
    char text[40];
    double again;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (num_parse(text, &again) && again == x)
            break;
    }
    buf_puts(out, text);
}

static void print_sizes(const struct opt_sizes *sizes, struct buf *out)
{
    buf_puts(out, ""); // none is text too
    for (size_t i = 0; i < sizes->count; i++)
        buf_printf(out, "%s%zu", i ? "," : "", sizes->value[i]);
}

static void print_every(const struct opt_every *every, struct buf *out)
{
    if (every->seconds > 0) {
        print_real(every->seconds, out);
        buf_puts(out, "s");
    } else {
        buf_printf(out, "%lld", (long long)every->count);
    }
}

static void print_texts(const struct opt_texts *texts, struct buf *out)
{
    buf_puts(out, "");
    for (size_t i = 0; i < texts->count; i++)
        buf_printf(out, "%s%s", i ? "\n" : "", texts->value[i]);
}

int opt_print(const struct opt_set *s, size_t index, struct buf *out)
{
    const struct opt *o = &s->table[index];
    const void *from = target_of(s, o);
    const double *pair = from;
    switch (o->type) {
    case OPT_INT:
    case OPT_SEED:
        return buf_printf(out, "%lld", (long long)*(const int64_t *)from);
    case OPT_FLOAT:
        print_real(*pair, out);
        return out->failed;
    case OPT_PAIR:
        print_real(pair[0], out);
        buf_puts(out, ",");
        print_real(pair[1], out);
        return out->failed;
    case OPT_BOOL:
        return buf_puts(out, *(const bool *)from ? "true" : "false");
    case OPT_TEXT:
        return buf_puts(out, *(char *const *)from ? *(char *const *)from : "");
    case OPT_ENUM:
        return buf_puts(out, o->words[*(const int *)from]);
    case OPT_SIZES:
        print_sizes(from, out);
        return out->failed;
    case OPT_EVERY:
        print_every(from, out);
        return out->failed;
    case OPT_TEXTS:
        print_texts(from, out);
        return out->failed;
    }
    return 0;
}
