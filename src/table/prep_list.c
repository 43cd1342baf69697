// SPDX-License-Identifier: MIT
// Quotes as in a CSV keep separators apart from names and texts that hold them.
#include "table/prep_list.h"

#include "base/mem.h"
#include "io/csv.h"

#include <string.h>

struct span {
    const char *begin, *end;
};

static int bad_list(const struct prep_list *l, const char *text, const char *why, struct error *e)
{
    return error_set(e, ERR_USAGE, "%s: '%.80s%s': %s", l->option, text,
                     strlen(text) > 80 ? "..." : "", why);
}

// The first `wanted` outside quotes, or the end.
static const char *find_outside(const char *at, const char *end, char wanted)
{
    bool inside = false;
    for (; at < end && (inside || *at != wanted); at++)
        inside ^= *at == '"';
    return at;
}

static struct span trim(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ')
        begin++;
    while (end > begin && end[-1] == ' ')
        end--;
    return (struct span){begin, end};
}

static char *copy(struct span s, bool unquote)
{
    const size_t len = (size_t)(s.end - s.begin);
    char *text = mem_alloc(len + 1);
    if (text && unquote)
        text[csv_unquote(s.begin, len, text)] = '\0';
    if (text && !unquote) {
        memcpy(text, s.begin, len);
        text[len] = '\0';
    }
    return text;
}

char *prep_list_unquote(const char *value)
{
    return copy((struct span){value, value + strlen(value)}, true);
}

// Quotes around all of it, those inside doubled; or none at all.
static bool is_well_quoted(struct span s)
{
    if (s.begin == s.end || *s.begin != '"')
        return !memchr(s.begin, '"', (size_t)(s.end - s.begin));
    if (s.end - s.begin < 2 || s.end[-1] != '"')
        return false;
    for (const char *p = s.begin + 1; p < s.end - 1; p++)
        if (*p == '"' && (++p == s.end - 1 || *p != '"'))
            return false;
    return true;
}

bool prep_list_is_whole(const char *value)
{
    return is_well_quoted((struct span){value, value + strlen(value)});
}

static int add_item(struct prep_list *l, const char *text, const struct prep_item *item,
                    struct error *e)
{
    if (item->name && prep_list_find(l, item->name))
        return error_set(e, ERR_USAGE, "%s: '%s' is there twice", l->option, item->name);
    if (item->name && !item->name[0])
        return bad_list(l, text, "an empty name; names are separated by one comma", e);
    if (l->count == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 8;
        struct prep_item *grown = mem_realloc(l->item, cap * sizeof *grown);
        if (!grown)
            return error_nomem(e, l->option);
        l->item = grown;
        l->cap = cap;
    }
    l->item[l->count++] = *item;
    return 0;
}

static int take_item(struct prep_list *l, const char *text, struct span s, bool pairs,
                     struct error *e)
{
    const char *const equals = pairs ? find_outside(s.begin, s.end, '=') : s.end;
    const struct span name = trim(s.begin, equals);
    struct span value = {s.end, s.end};
    const bool named = !pairs || equals < s.end;
    if (pairs)
        value = named ? trim(equals + 1, s.end) : name;
    if (named && !is_well_quoted(name))
        return bad_list(l, text, "a name with quotes in it must be in quotes, those doubled", e);
    if (pairs && value.begin == value.end)
        return bad_list(l, text, "a value is missing", e);
    struct prep_item item = {.code = -1};
    item.name = named ? copy(name, true) : NULL;
    item.value = pairs ? copy(value, false) : NULL;
    int rc = (named && !item.name) || (pairs && !item.value) ? error_nomem(e, l->option)
                                                             : add_item(l, text, &item, e);
    if (rc) {
        mem_free(item.name);
        mem_free(item.value);
    }
    return rc;
}

static int take_list(struct prep_list *l, const char *text, char separator, bool pairs,
                     struct error *e)
{
    if (!text || !*text)
        return 0;
    const char *const end = text + strlen(text);
    size_t quotes = 0;
    for (const char *p = text; *p; p++)
        quotes += *p == '"';
    int rc = quotes % 2 ? bad_list(l, text, "a quote is not closed", e) : 0;
    for (const char *at = text, *next; rc == 0; at = next + 1) {
        next = find_outside(at, end, separator);
        rc = take_item(l, text, trim(at, next), pairs, e);
        if (next == end)
            break;
    }
    if (rc)
        prep_list_clear(l);
    return rc;
}

int prep_list_names(struct prep_list *l, const char *option, const char *text, struct error *e)
{
    return prep_list_words(l, option, text, ',', e);
}

int prep_list_words(struct prep_list *l, const char *option, const char *text, char separator,
                    struct error *e)
{
    *l = (struct prep_list){.option = option};
    return take_list(l, text, separator, false, e);
}

int prep_list_pairs(struct prep_list *l, const char *option, const char *text, struct error *e)
{
    *l = (struct prep_list){.option = option};
    return take_list(l, text, ',', true, e);
}

void prep_list_clear(struct prep_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->item[i].name);
        mem_free(l->item[i].value);
    }
    mem_free(l->item);
    *l = (struct prep_list){.option = l->option};
}

struct prep_item *prep_list_find(const struct prep_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->item[i].name && strcmp(l->item[i].name, name) == 0)
            return &l->item[i];
    return NULL;
}
