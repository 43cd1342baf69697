// SPDX-License-Identifier: MIT
// What the rules come to for one column, now that its type is known. A rule that names the column
// decides; then the first of those without a name that fits it; then the default: the median for
// numbers and the most frequent value for all else; numbers as they are and texts as their place
// among the sorted ones; standard scaling, but none of one-hot features.
#include "table/prep_inner.h"

#include <math.h>
#include <string.h>

// The column and the rule that is being looked at.
struct choosing {
    const struct prep_fit *how;
    const struct frame_column *in;
    struct prep_column *out;
    struct error *e;
};

static const char *kind_name(const struct choosing *c)
{
    return c->in->kind == FRAME_TEXT        ? "is text"
           : c->out->encode != PREP_NUMERIC ? "is encoded as categories"
           : c->in->kind == FRAME_BOOLEAN   ? "holds truth values"
                                            : "holds numbers";
}

static struct prep_item *find_named(struct prep_list *l, const struct choosing *c)
{
    struct prep_item *item = prep_list_find(l, c->in->name);
    if (item)
        item->used = true;
    return item;
}

static const struct prep_item *find_bare(const struct prep_list *l, const struct choosing *c,
                                         bool (*fits)(const struct choosing *c, int code))
{
    for (size_t i = 0; i < l->count; i++)
        if (!l->item[i].name && fits(c, l->item[i].code))
            return &l->item[i];
    return NULL;
}

static int refuse(const struct choosing *c, const struct prep_list *l, const struct prep_item *item,
                  const char *advice)
{
    return prep_refuse(c->how, c->in->name, c->e, "%s, which %s=%.60s does not fit; %s",
                       kind_name(c), l->option, item->value ? item->value : c->in->name, advice);
}

static bool encoding_fits(const struct choosing *c, int code)
{
    return (c->in->kind == FRAME_TEXT) == (code != PREP_NUMERIC);
}

static int choose_encoding(struct choosing *c, struct prep_list *l, struct prep_choice *choice)
{
    const struct prep_item *item = find_named(l, c);
    c->out->encode = c->in->kind == FRAME_TEXT ? PREP_LABEL : PREP_NUMERIC;
    if (item && item->code < 0) {
        c->out->encode = PREP_LABEL;
        choice->encode = item;
        return 0;
    }
    if (item && item->code == PREP_NUMERIC && c->in->kind == FRAME_TEXT)
        return refuse(c, l, item, "choose label or onehot");
    if (!item)
        item = find_bare(l, c, encoding_fits);
    if (item)
        c->out->encode = (enum prep_encode)item->code;
    return 0;
}

static bool is_plain_number(const struct choosing *c)
{
    return c->in->kind == FRAME_NUMBER && c->out->encode == PREP_NUMERIC;
}

static bool fill_fits(const struct choosing *c, int code)
{
    return (code != PREP_FILL_MEDIAN && code != PREP_FILL_MEAN) || is_plain_number(c);
}

static int choose_fill(struct choosing *c, struct prep_list *l, struct prep_choice *choice)
{
    const struct prep_item *item = find_named(l, c);
    c->out->fill = is_plain_number(c) ? PREP_FILL_MEDIAN : PREP_FILL_MOST;
    if (item && item->code < 0) {
        c->out->fill = PREP_FILL_CONSTANT;
        choice->fill = item;
        return 0;
    }
    const bool number = item && (item->code == PREP_FILL_MEDIAN || item->code == PREP_FILL_MEAN);
    if (number && c->out->encode != PREP_NUMERIC)
        return refuse(c, l, item, "choose most_frequent, error or a constant");
    if (!item)
        item = find_bare(l, c, fill_fits);
    if (item)
        c->out->fill = (enum prep_fill)item->code;
    return 0;
}

static bool scale_fits(const struct choosing *c, int code)
{
    (void)code;
    return c->out->encode != PREP_ONEHOT;
}

static void choose_scale(struct choosing *c, struct prep_list *l)
{
    const struct prep_item *item = find_named(l, c);
    if (!item)
        item = find_bare(l, c, scale_fits);
    c->out->scale = item                            ? (enum prep_scale)item->code
                    : c->out->encode == PREP_ONEHOT ? PREP_SCALE_NONE
                                                    : PREP_SCALE_STANDARD;
}

static bool clip_fits(const struct choosing *c, int code)
{
    (void)code;
    return is_plain_number(c);
}

static int choose_clip(struct choosing *c, struct prep_list *l)
{
    const struct prep_item *item = find_named(l, c);
    c->out->quantile[0] = 0;
    c->out->quantile[1] = 1;
    c->out->clip[0] = -INFINITY;
    c->out->clip[1] = INFINITY;
    if (item && c->out->encode != PREP_NUMERIC)
        return refuse(c, l, item, "categories are not clipped");
    if (!item)
        item = find_bare(l, c, clip_fits);
    if (item) {
        memcpy(c->out->quantile, item->pair, sizeof item->pair);
        c->out->clip[0] = c->out->clip[1] = 0; // to be found
    }
    return 0;
}

static int choose_log(struct choosing *c, struct prep_list *l)
{
    const struct prep_item *item = find_named(l, c);
    if (item && c->out->encode != PREP_NUMERIC)
        return refuse(c, l, item, "only numbers have logarithms");
    c->out->log1p = item != NULL;
    return 0;
}

static bool unseen_fits(const struct choosing *c, int code)
{
    (void)code;
    return c->out->encode != PREP_NUMERIC;
}

static int choose_unseen(struct choosing *c, struct prep_list *l)
{
    const struct prep_item *item = find_named(l, c);
    if (item && c->out->encode == PREP_NUMERIC)
        return refuse(c, l, item, "any number will do");
    if (!item)
        item = find_bare(l, c, unseen_fits);
    c->out->unseen = item                            ? (enum prep_unseen)item->code
                     : c->out->encode == PREP_ONEHOT ? PREP_UNSEEN_ZERO
                                                     : PREP_UNSEEN_FILL;
    return 0;
}

int prep_choose(struct prep_lists *l, const struct prep_fit *how, const struct frame_column *in,
                struct prep_column *out, struct prep_choice *choice, struct error *e)
{
    struct choosing c = {how, in, out, e};
    *choice = (struct prep_choice){0};
    out->kind = in->kind;
    int rc = choose_encoding(&c, &l->encode, choice);
    if (rc == 0)
        rc = choose_fill(&c, &l->fill, choice);
    if (rc == 0)
        rc = choose_clip(&c, &l->clip);
    if (rc == 0)
        rc = choose_log(&c, &l->log1p);
    if (rc == 0)
        rc = choose_unseen(&c, &l->unseen);
    if (rc == 0)
        choose_scale(&c, &l->scale);
    return rc;
}
