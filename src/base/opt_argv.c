// SPDX-License-Identifier: MIT
// From argv to assignments: --name value, --name=value, --flag, --no-flag; and the search for
// names, exact and nearest.
#include "base/opt.h"

#include "base/near.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64

static char fold(char c)
{
    return c == '-' ? '_' : c;
}

// Are the first `len` bytes of `name` this word, '-' and '_' being equal?
static bool same_name(const char *word, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (word[i] == '\0' || fold(word[i]) != fold(name[i]))
            return false;
    return word[len] == '\0';
}

// The next name in a list separated by spaces, in `word`.
static bool next_alias(const char **at, char word[NAME_SIZE])
{
    *at += strspn(*at, " ");
    const size_t len = strcspn(*at, " ");
    if (len == 0 || len >= NAME_SIZE)
        return false;
    memcpy(word, *at, len);
    word[len] = '\0';
    *at += len;
    return true;
}

static bool has_name(const struct opt *o, const char *name, size_t len)
{
    if (same_name(o->name, name, len))
        return true;
    char word[NAME_SIZE];
    for (const char *at = o->aliases; at && next_alias(&at, word);)
        if (same_name(word, name, len))
            return true;
    return false;
}

static int find(const struct opt_set *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->count; i++)
        if (has_name(&s->table[i], name, len))
            return (int)i;
    return -1;
}

int opt_find(const struct opt_set *s, const char *name)
{
    return find(s, name, strlen(name));
}

const char *opt_nearest(const struct opt_set *s, const char *name)
{
    const char *nearest = NULL;
    size_t best = near_limit(name);
    for (size_t i = 0; i < s->count; i++) {
        size_t d = near_apart(name, s->table[i].name);
        char word[NAME_SIZE];
        for (const char *at = s->table[i].aliases; at && next_alias(&at, word);) {
            const size_t alias = near_apart(name, word);
            d = alias < d ? alias : d;
        }
        if (d < best) {
            best = d;
            nearest = s->table[i].name;
        }
    }
    return nearest;
}

// What goes where, of a command that takes words: its usage instead of a hint.
static int misplaced(const struct opt_words *words, const char *what, const char *hint,
                     struct error *e)
{
    const char *usage = words ? words->usage : NULL;
    if (!usage)
        return error_set(e, ERR_USAGE, "%s; %s", what, hint);
    return error_set(e, ERR_USAGE, "%s; usage: %.*s", what, (int)strcspn(usage, "\n"), usage);
}

static int unknown(const struct opt_set *s, const char *word, size_t len,
                   const struct opt_words *words, struct error *e)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), word);
    const char *nearest = opt_nearest(s, name);
    if (nearest)
        return error_set(e, ERR_USAGE, "--%s: unknown option; did you mean --%s?", name, nearest);
    char what[NAME_SIZE + 32];
    snprintf(what, sizeof what, "--%s: unknown option", name);
    return misplaced(words, what, "--help lists them all", e);
}

// The text for a bool that stands without '=': its own word when the next one is no truth value.
static const char *bool_value(int argc, char **argv, int *i)
{
    bool ignored;
    if (*i + 1 < argc && num_parse_bool(argv[*i + 1], &ignored))
        return argv[++*i];
    return "true";
}

// argv[*i] begins with "--"; moves *i to the last word it used.
static int parse_option(struct opt_set *s, int argc, char **argv, int *i,
                        const struct opt_words *words, struct error *e)
{
    const char *name = argv[*i] + 2;
    const size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    int index = find(s, name, len);
    if (index < 0 && !value && len > 3 && same_name("no_", name, 3)) {
        index = find(s, name + 3, len - 3);
        if (index >= 0 && s->table[index].type == OPT_BOOL)
            return opt_assign(s, index, "false", OPT_ARGV, argv[*i], e);
        index = -1;
    }
    if (index < 0)
        return unknown(s, name, len, words, e);
    char where[NAME_SIZE + 8];
    snprintf(where, sizeof where, "--%.*s", (int)len, name);
    if (!value && s->table[index].type == OPT_BOOL)
        value = bool_value(argc, argv, i);
    else if (!value && ++*i < argc)
        value = argv[*i];
    if (!value)
        return error_set(e, ERR_USAGE, "%s: needs a value, %s", where,
                         s->table[index].arg ? s->table[index].arg : "see --help");
    return opt_assign(s, index, value, OPT_ARGV, where, e);
}

static int unexpected(const struct opt_words *words, const char *word, struct error *e)
{
    char what[160];
    snprintf(what, sizeof what, "'%.100s': unexpected word", word);
    return misplaced(words, what, "options begin with --", e);
}

int opt_parse(struct opt_set *s, int argc, char **argv, struct opt_words *words, struct error *e)
{
    int rc = 0;
    for (int i = 1; rc == 0 && i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2])
            rc = parse_option(s, argc, argv, &i, words, e);
        else if (argv[i][0] == '-' && argv[i][1])
            rc = error_set(e, ERR_USAGE, "%.60s: unknown option; long options only, see --help",
                           argv[i]);
        else if (!words || words->count == words->max)
            rc = unexpected(words, argv[i], e);
        else
            words->word[words->count++] = argv[i];
    }
    return rc;
}
