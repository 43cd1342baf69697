// SPDX-License-Identifier: MIT
// The rules are parsed once, before a file is read, so that a slip is found at once; what they mean
// for a column is known when its type is.
#include "table/prep_rules.h"

#include "base/mem.h"
#include "base/num.h"
#include "table/prep_inner.h"

#include <stdint.h>
#include <string.h>

// ---- parsing ----

static int bad_value(const struct prep_list *l, const struct prep_item *item, const char *want,
                     struct error *e)
{
    return error_set(e, ERR_USAGE, "%s: %.80s%s%.80s: must be %s", l->option,
                     item->name ? item->name : "", item->name ? "=" : "", item->value, want);
}

// The values of a list are words, or, where `free_want` says so, something else of a named column.
static int find_words(struct prep_list *l, const char *const *words, const char *want,
                      bool free_values, struct error *e)
{
    for (size_t i = 0; i < l->count; i++) {
        struct prep_item *item = &l->item[i];
        item->code = prep_find_word(words, item->value);
        if (item->code < 0 && !(free_values && item->name))
            return bad_value(l, item, want, e);
    }
    return 0;
}

static int find_fills(struct prep_list *l, struct error *e)
{
    static const char *const words[] = {"error", "median", "mean", "most_frequent", NULL};
    const int rc = find_words(l, words,
                              "median, mean, most_frequent or error, or for a column a constant, "
                              "NAME=VALUE",
                              true, e);
    for (size_t i = 0; i < l->count && rc == 0; i++)
        if (!prep_list_is_whole(l->item[i].value))
            return bad_value(l, &l->item[i], "in quotes as a whole, those inside doubled", e);
    return rc;
}

static int find_encodings(struct prep_list *l, struct error *e)
{
    static const char want[] =
        "numeric, label, onehot, or for a column an order, NAME=low<mid<high";
    const int rc = find_words(l, prep_encode_words, want, true, e);
    for (size_t i = 0; i < l->count && rc == 0; i++)
        if (l->item[i].code < 0 && !strchr(l->item[i].value, '<'))
            return bad_value(l, &l->item[i], want, e);
    return rc;
}

static int find_quantiles(struct prep_list *l, struct error *e)
{
    for (size_t i = 0; i < l->count; i++) {
        struct prep_item *item = &l->item[i];
        char *colon = strchr(item->value, ':');
        if (colon)
            *colon = '\0';
        const bool good = colon && num_parse(item->value, &item->pair[0]) &&
                          num_parse(colon + 1, &item->pair[1]) && item->pair[0] >= 0 &&
                          item->pair[0] < item->pair[1] && item->pair[1] <= 1;
        if (colon)
            *colon = ':';
        if (!good)
            return bad_value(l, item, "two quantiles from 0 to 1, LOW:HIGH, as 0.01:0.99", e);
    }
    return 0;
}

static int find_values(struct prep_lists *l, struct error *e)
{
    int rc = find_fills(&l->fill, e);
    if (rc == 0)
        rc = find_encodings(&l->encode, e);
    if (rc == 0)
        rc = find_words(&l->scale, prep_scale_words, "none, standard, minmax or robust", false, e);
    if (rc == 0)
        rc = find_quantiles(&l->clip, e);
    if (rc == 0)
        rc = find_words(&l->unseen, prep_unseen_words, "fill, zero or error", false, e);
    return rc;
}

// No name of `l` is one of `other`, too.
static int check_apart(const struct prep_list *l, const struct prep_list *other, const char *advice,
                       struct error *e)
{
    for (size_t i = 0; i < l->count; i++)
        if (prep_list_find(other, l->item[i].name))
            return error_set(e, ERR_USAGE, "%s: '%s' is in %s, too; %s", l->option, l->item[i].name,
                             other->option, advice);
    return 0;
}

static int check_target(const struct prep_lists *l, const char *target, struct error *e)
{
    const struct prep_list *lists[] = {&l->features, &l->drop, &l->ids};
    for (size_t i = 0; i < 3 && target; i++)
        if (prep_list_find(lists[i], target))
            return error_set(e, ERR_USAGE, "%s: '%s' is the target; take it out of the list",
                             lists[i]->option, target);
    return 0;
}

static int parse_lists(struct prep_lists *l, const struct prep_rules *r, struct error *e)
{
    int rc = prep_list_names(&l->features, "--features", r->features, e);
    if (rc == 0)
        rc = prep_list_names(&l->drop, "--drop", r->drop, e);
    if (rc == 0)
        rc = prep_list_names(&l->ids, "--id", r->ids, e);
    if (rc == 0)
        rc = prep_list_names(&l->log1p, "--log1p", r->log1p, e);
    if (rc == 0)
        rc = prep_list_pairs(&l->fill, "--fill", r->fill, e);
    if (rc == 0)
        rc = prep_list_pairs(&l->encode, "--encode", r->encode, e);
    if (rc == 0)
        rc = prep_list_pairs(&l->scale, "--scale", r->scale, e);
    if (rc == 0)
        rc = prep_list_pairs(&l->clip, "--clip", r->clip, e);
    if (rc == 0)
        rc = prep_list_pairs(&l->unseen, "--unseen", r->unseen, e);
    return rc;
}

int prep_lists_init(struct prep_lists *l, const struct prep_rules *rules, struct error *e)
{
    *l = (struct prep_lists){0};
    int rc = parse_lists(l, rules, e);
    if (rc == 0)
        rc = find_values(l, e);
    if (rc == 0)
        rc = check_apart(&l->features, &l->drop, "keep one", e);
    if (rc == 0)
        rc = check_apart(&l->features, &l->ids, "what names a row is no feature; keep one", e);
    if (rc == 0)
        rc = check_target(l, rules->target, e);
    if (rc)
        prep_lists_clear(l);
    return rc;
}

void prep_lists_clear(struct prep_lists *l)
{
    struct prep_list *all[] = {&l->features, &l->drop,  &l->ids,  &l->log1p, &l->fill,
                               &l->encode,   &l->scale, &l->clip, &l->unseen};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        prep_list_clear(all[i]);
}

const struct prep_list *prep_lists_naming(const struct prep_lists *l, const char *name)
{
    const struct prep_list *rules[] = {&l->log1p, &l->fill, &l->encode,
                                       &l->scale, &l->clip, &l->unseen};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (prep_list_find(rules[i], name))
            return rules[i];
    return NULL;
}

int prep_lists_check_used(const struct prep_lists *l, const struct prep_fit *how, struct error *e)
{
    const struct prep_list *rules[] = {&l->log1p, &l->fill, &l->encode,
                                       &l->scale, &l->clip, &l->unseen};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (size_t k = 0; k < rules[i]->count; k++) {
            const struct prep_item *item = &rules[i]->item[k];
            if (!item->name || item->used)
                continue;
            if (!prep_list_find(&l->drop, item->name) && !prep_list_find(&l->ids, item->name) &&
                !prep_find_column(how, rules[i]->option, item->name, e))
                return error_code(e);
            return error_set(e, ERR_USAGE, "%s: '%s' is no feature; take it out of the list",
                             rules[i]->option, item->name);
        }
    return 0;
}

// ---- what to read ----

static enum frame_wish wish_for(const struct prep_lists *l, const char *name)
{
    const struct prep_item *encode = prep_list_find(&l->encode, name);
    return encode && encode->code == PREP_NUMERIC ? FRAME_AS_NUMBER : FRAME_INFER;
}

static int add_choice(struct frame_choice *choices, size_t *count, const char *name,
                      enum frame_wish wish)
{
    char *copy = name ? mem_strdup(name) : NULL;
    if (name && !copy)
        return ERR_NOMEM;
    choices[(*count)++] = (struct frame_choice){copy, wish};
    return 0;
}

static int add_choices(const struct prep_lists *l, const struct prep_rules *rules,
                       struct frame_choice *choices, size_t *count)
{
    const bool all = l->features.count == 0;
    const struct prep_list *const kept = all ? &l->encode : &l->features;
    const enum frame_wish target =
        rules->task == PREP_TASK_REGRESSION ? FRAME_AS_NUMBER : FRAME_INFER;
    int rc = all ? add_choice(choices, count, NULL, FRAME_INFER) : 0;
    for (size_t i = 0; i < kept->count && rc == 0; i++)
        if (kept->item[i].name)
            rc = add_choice(choices, count, kept->item[i].name, wish_for(l, kept->item[i].name));
    for (size_t i = 0; i < l->drop.count && rc == 0; i++)
        rc = add_choice(choices, count, l->drop.item[i].name, FRAME_LEAVE_OUT);
    for (size_t i = 0; i < l->ids.count && rc == 0; i++)
        rc = add_choice(choices, count, l->ids.item[i].name, FRAME_LEAVE_OUT);
    if (rules->target && rc == 0)
        rc = add_choice(choices, count, rules->target, target);
    return rc;
}

int prep_choices(const struct prep_rules *rules, struct frame_choice **choices, size_t *count,
                 struct error *e)
{
    struct prep_lists l;
    *choices = NULL;
    *count = 0;
    int rc = prep_lists_init(&l, rules, e);
    if (rc)
        return rc;
    const size_t most = l.features.count + l.encode.count + l.drop.count + l.ids.count + 2;
    *choices = mem_array(most, sizeof **choices);
    rc = *choices ? add_choices(&l, rules, *choices, count) : ERR_NOMEM;
    prep_lists_clear(&l);
    if (rc) {
        prep_choices_free(*choices, *count);
        *choices = NULL;
        *count = 0;
        return error_nomem(e, "names of columns");
    }
    return 0;
}

void prep_choices_free(struct frame_choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free((void *)(uintptr_t)choices[i].name);
    mem_free(choices);
}
