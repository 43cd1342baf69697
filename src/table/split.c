// SPDX-License-Identifier: MIT
// The order of draws is the whole point: every permutation stands where scikit-learn 1.2 has one.
//
// Of all rows: one permutation; the rows held back come first in it. In proportion: how many of
// each class are trained on and held back (each `shares`, which draws where classes tie for a row),
// then a permutation within each class, then one of either part. Folds: a permutation of all rows,
// or of each class's list of folds; both parts are then in the order of the file.
#include "table/split.h"

#include "base/mem.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct split *s, size_t train, size_t test, struct error *e)
{
    *s = (struct split){mem_array(train, sizeof *s->train), mem_array(test, sizeof *s->test), train,
                        test};
    return s->train && s->test ? 0 : error_nomem(e, "row numbers");
}

void split_clear(struct split *s)
{
    mem_free(s->train);
    mem_free(s->test);
    *s = (struct split){0};
}

// ---- how many rows ----

// A share of the rows, or a number of them.
static int check_size(const char *option, double size, size_t rows, struct error *e)
{
    if (!(size > 0) || (size >= 1 && (size != floor(size) || size >= (double)rows)))
        return error_set(e, ERR_USAGE,
                         "%s %.9g of %zu rows: give a share between 0 and 1, or a whole number of "
                         "rows below %zu",
                         option, size, rows, rows);
    return 0;
}

static int count_rows(const struct split_spec *spec, size_t *train, size_t *test, struct error *e)
{
    const double rows = (double)spec->rows, wanted = spec->train_size;
    int rc = check_size("--test_size", spec->test_size, spec->rows, e);
    if (rc == 0 && wanted != 0)
        rc = check_size("--train_size", wanted, spec->rows, e);
    if (rc)
        return rc;
    const double held = spec->test_size < 1 ? ceil(spec->test_size * rows) : spec->test_size;
    const double kept = wanted == 0 ? rows - held : wanted < 1 ? floor(wanted * rows) : wanted;
    const bool whole = wanted < 1 && spec->test_size < 1 && wanted + spec->test_size > 1;
    if (held + kept > rows || whole)
        return error_set(e, ERR_USAGE,
                         "--train_size %.9g and --test_size %.9g ask for more than the %zu rows "
                         "there are; lower one of them",
                         wanted, spec->test_size, spec->rows);
    if (kept < 1)
        return error_set(e, ERR_USAGE,
                         "--test_size %.9g of %zu row%s leaves none to train on; lower it, or give "
                         "more rows",
                         spec->test_size, spec->rows, spec->rows == 1 ? "" : "s");
    *train = (size_t)kept;
    *test = (size_t)held;
    return 0;
}

// ---- rows by class ----

// Classes that occur, numbered from 0: their rows in the order of the file.
struct strata {
    size_t classes;
    size_t *begin;  // [classes + 1]: the rows of class k are rows[begin[k] .. begin[k + 1])
    uint32_t *rows; // [spec->rows]
};

static void strata_clear(struct strata *s)
{
    mem_free(s->begin);
    mem_free(s->rows);
}

static size_t members(const struct strata *s, size_t k)
{
    return s->begin[k + 1] - s->begin[k];
}

#define NO_PLACE SIZE_MAX

// place[class] among those that occur: as they appear, or in their own order.
static size_t number_classes(const struct split_spec *spec, bool by_appearance, size_t *place)
{
    size_t count = 0;
    for (size_t c = 0; c < spec->class_count; c++)
        place[c] = NO_PLACE;
    for (size_t i = 0; i < spec->rows; i++) {
        assert(spec->classes[i] < spec->class_count);
        if (place[spec->classes[i]] == NO_PLACE)
            place[spec->classes[i]] = count++;
    }
    if (by_appearance)
        return count;
    count = 0;
    for (size_t c = 0; c < spec->class_count; c++)
        if (place[c] != NO_PLACE)
            place[c] = count++;
    return count;
}

static int strata_init(struct strata *s, const struct split_spec *spec, bool by_appearance,
                       struct error *e)
{
    *s = (struct strata){0};
    size_t *place = mem_array(spec->class_count, sizeof *place);
    if (place)
        s->classes = number_classes(spec, by_appearance, place);
    s->begin = mem_array(s->classes + 2, sizeof *s->begin);
    s->rows = mem_array(spec->rows, sizeof *s->rows);
    if (!place || !s->begin || !s->rows) {
        mem_free(place);
        strata_clear(s);
        return error_nomem(e, "rows by class");
    }
    // Counted two places on and summed up, begin[k + 1] is where class k's next row goes.
    for (size_t i = 0; i < spec->rows; i++)
        s->begin[place[spec->classes[i]] + 2]++;
    for (size_t k = 0; k < s->classes; k++)
        s->begin[k + 2] += s->begin[k + 1];
    for (size_t i = 0; i < spec->rows; i++)
        s->rows[s->begin[place[spec->classes[i]] + 1]++] = (uint32_t)i;
    mem_free(place);
    return 0;
}

// ---- in proportion ----

struct remainder {
    double value;
    size_t class;
};

static int larger_first(const void *a, const void *b)
{
    const struct remainder *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return x->class < y->class ? -1 : 1;
}

// What a stratified split works with.
struct proportion {
    struct strata strata;
    size_t *train, *test; // [classes]: of each
    size_t *left;         // [classes]: rows not given away yet
    struct remainder *remainder;
    uint32_t *order, *chosen; // [rows]
    struct rng rng;
};

static void proportion_clear(struct proportion *p)
{
    strata_clear(&p->strata);
    mem_free(p->train);
    mem_free(p->test);
    mem_free(p->left);
    mem_free(p->remainder);
    mem_free(p->order);
    mem_free(p->chosen);
}

static int proportion_init(struct proportion *p, const struct split_spec *spec, struct error *e)
{
    *p = (struct proportion){0};
    const int rc = strata_init(&p->strata, spec, false, e);
    if (rc)
        return rc;
    const size_t classes = p->strata.classes;
    p->train = mem_array(classes, sizeof *p->train);
    p->test = mem_array(classes, sizeof *p->test);
    p->left = mem_array(classes, sizeof *p->left);
    p->remainder = mem_array(classes, sizeof *p->remainder);
    p->order = mem_array(spec->rows, sizeof *p->order);
    p->chosen = mem_array(spec->rows, sizeof *p->chosen);
    if (p->train && p->test && p->left && p->remainder && p->order && p->chosen) {
        rng_seed(&p->rng, spec->random_state);
        return 0;
    }
    proportion_clear(p);
    return error_nomem(e, "a stratified split");
}

// `draws` rows in proportion to left[k]: the whole part each, and the rest to the classes with the
// largest remainders, by lot where those tie.
static void shares(struct proportion *p, size_t draws, size_t *share)
{
    const size_t classes = p->strata.classes;
    size_t all = 0, given = 0;
    for (size_t k = 0; k < classes; k++)
        all += p->left[k];
    for (size_t k = 0; k < classes; k++) {
        const double exact = (double)p->left[k] / (double)all * (double)draws;
        share[k] = (size_t)exact;
        given += share[k];
        p->remainder[k] = (struct remainder){exact - floor(exact), k};
    }
    qsort(p->remainder, classes, sizeof *p->remainder, larger_first);
    for (size_t at = 0, end; at < classes && given < draws; at = end) {
        for (end = at + 1; end < classes && p->remainder[end].value == p->remainder[at].value;)
            end++;
        rng_numpy_permutation(&p->rng, p->order, end - at);
        for (size_t i = 0; i < end - at && given < draws; i++, given++)
            share[p->remainder[at + p->order[i]].class]++;
    }
}

static void shuffle_chosen(struct proportion *p, const uint32_t *chosen, uint32_t *to, size_t count)
{
    rng_numpy_permutation(&p->rng, p->order, count);
    for (size_t i = 0; i < count; i++)
        to[i] = chosen[p->order[i]];
}

// Both parts of `chosen`: train[k] rows of class k, one class after the other, from its beginning;
// test[k] of them from `train` rows on. Returns how many of the latter.
static size_t choose_rows(struct proportion *p, size_t train)
{
    uint32_t *kept = p->chosen, *held = p->chosen + train;
    for (size_t k = 0; k < p->strata.classes; k++) {
        const uint32_t *rows = p->strata.rows + p->strata.begin[k];
        rng_numpy_permutation(&p->rng, p->order, members(&p->strata, k));
        for (size_t i = 0; i < p->train[k]; i++)
            *kept++ = rows[p->order[i]];
        for (size_t i = 0; i < p->test[k]; i++)
            *held++ = rows[p->order[p->train[k] + i]];
    }
    return (size_t)(held - p->chosen) - train;
}

static int check_classes(const struct split_spec *spec, const struct strata *s, size_t train,
                         size_t test, struct error *e)
{
    for (size_t k = 0; k < s->classes; k++)
        if (members(s, k) < 2)
            return error_set(e, ERR_DATA,
                             "--stratify: a class has a single row (row %u of the data), which "
                             "cannot be on both sides; take it out, join it to another class, or "
                             "leave --stratify away, as for amounts",
                             s->rows[s->begin[k]] + 1);
    if (train < s->classes || test < s->classes)
        return error_set(e, ERR_USAGE,
                         "--stratify: %zu rows to train on and %zu held back, but each part needs "
                         "at least one for each of the %zu classes; %s --test_size %.9g",
                         train, test, s->classes, test < s->classes ? "raise" : "lower",
                         spec->test_size);
    return 0;
}

// How many rows of each class for either part. Rounding may give a class one row more to hold back
// than it has left; it then gives what it has.
static void count_shares(struct proportion *p, size_t train, size_t test)
{
    const size_t classes = p->strata.classes;
    for (size_t k = 0; k < classes; k++)
        p->left[k] = members(&p->strata, k);
    shares(p, train, p->train);
    for (size_t k = 0; k < classes; k++)
        p->left[k] -= p->train[k];
    shares(p, test, p->test);
    for (size_t k = 0; k < classes; k++)
        p->test[k] = p->test[k] < p->left[k] ? p->test[k] : p->left[k];
}

static int split_in_proportion(struct split *s, const struct split_spec *spec, size_t train,
                               size_t test, struct error *e)
{
    struct proportion p;
    int rc = proportion_init(&p, spec, e);
    if (rc)
        return rc;
    rc = check_classes(spec, &p.strata, train, test, e);
    if (rc == 0)
        rc = make_room(s, train, test, e);
    if (rc == 0) {
        count_shares(&p, train, test);
        s->test_rows = choose_rows(&p, train);
        shuffle_chosen(&p, p.chosen, s->train, train);
        shuffle_chosen(&p, p.chosen + train, s->test, s->test_rows);
    }
    proportion_clear(&p);
    return rc;
}

static int split_shuffled(struct split *s, const struct split_spec *spec, size_t train, size_t test,
                          struct error *e)
{
    uint32_t *order = mem_array(spec->rows, sizeof *order);
    int rc = order ? make_room(s, train, test, e) : error_nomem(e, "row numbers");
    if (rc == 0) {
        struct rng rng;
        rng_seed(&rng, spec->random_state);
        rng_numpy_permutation(&rng, order, spec->rows);
        memcpy(s->test, order, test * sizeof *order);
        memcpy(s->train, order + test, train * sizeof *order);
    }
    mem_free(order);
    return rc;
}

static int split_in_order(struct split *s, size_t train, size_t test, struct error *e)
{
    const int rc = make_room(s, train, test, e);
    for (size_t i = 0; rc == 0 && i < train; i++)
        s->train[i] = (uint32_t)i;
    for (size_t i = 0; rc == 0 && i < test; i++)
        s->test[i] = (uint32_t)(train + i);
    return rc;
}

int split_rows(struct split *s, const struct split_spec *spec, struct error *e)
{
    size_t train = 0, test = 0;
    *s = (struct split){0};
    int rc = count_rows(spec, &train, &test, e);
    if (rc)
        return rc;
    if (spec->classes && !spec->shuffle)
        return error_set(e, ERR_USAGE,
                         "--stratify draws rows by lot, which --no-shuffle forbids; give one of "
                         "them");
    rc = spec->classes   ? split_in_proportion(s, spec, train, test, e)
         : spec->shuffle ? split_shuffled(s, spec, train, test, e)
                         : split_in_order(s, train, test, e);
    if (rc)
        split_clear(s);
    return rc;
}

// ---- folds ----

struct folds {
    size_t count, fold;
    uint8_t *held;   // [rows]: is the row in this fold?
    uint32_t *order; // [rows]
    struct rng rng;
};

// Rows in their order, or shuffled, cut into folds; the first rows % count have one row more.
static void mark_plain(struct folds *f, const struct split_spec *spec)
{
    const size_t each = spec->rows / f->count, longer = spec->rows % f->count;
    const size_t begin = f->fold * each + (f->fold < longer ? f->fold : longer);
    const size_t end = begin + each + (f->fold < longer);
    if (spec->shuffle)
        rng_numpy_permutation(&f->rng, f->order, spec->rows);
    for (size_t i = begin; i < end; i++)
        f->held[spec->shuffle ? f->order[i] : i] = 1;
}

// Of the numbers below n, how many leave the rest `fold` when divided by `count`?
static size_t dealt(size_t n, size_t count, size_t fold)
{
    return (n + count - 1 - fold) / count;
}

// Dealt round by round to the folds, all rows sorted by class, a class's rows come to so many in
// each fold; they are taken in that number from its first rows on, or wherever a shuffle puts them.
static void mark_stratum(struct folds *f, const struct strata *s, size_t k, bool shuffle)
{
    const size_t begin = s->begin[k], end = s->begin[k + 1];
    size_t first = 0;
    for (size_t i = 0; i < f->fold; i++)
        first += dealt(end, f->count, i) - dealt(begin, f->count, i);
    const size_t last = first + dealt(end, f->count, f->fold) - dealt(begin, f->count, f->fold);
    if (shuffle)
        rng_numpy_permutation(&f->rng, f->order, end - begin);
    for (size_t i = 0; i < end - begin; i++) {
        const size_t at = shuffle ? f->order[i] : i;
        f->held[s->rows[begin + i]] = at >= first && at < last;
    }
}

static int mark_in_proportion(struct folds *f, const struct split_spec *spec, struct error *e)
{
    struct strata s;
    size_t largest = 0;
    int rc = strata_init(&s, spec, true, e);
    if (rc)
        return rc;
    for (size_t k = 0; k < s.classes; k++)
        largest = members(&s, k) > largest ? members(&s, k) : largest;
    if (largest < f->count)
        rc = error_set(e, ERR_USAGE,
                       "%zu folds, but no class has more than %zu rows; ask for at most that many "
                       "folds, or leave --stratify away",
                       f->count, largest);
    for (size_t k = 0; rc == 0 && k < s.classes; k++)
        mark_stratum(f, &s, k, spec->shuffle);
    strata_clear(&s);
    return rc;
}

// Rows by what is marked, in the order of the file.
static int collect(struct split *s, const struct folds *f, size_t rows, struct error *e)
{
    size_t held = 0;
    for (size_t i = 0; i < rows; i++)
        held += f->held[i];
    const int rc = make_room(s, rows - held, held, e);
    if (rc)
        return rc;
    uint32_t *train = s->train, *test = s->test;
    for (size_t i = 0; i < rows; i++)
        *(f->held[i] ? test++ : train++) = (uint32_t)i;
    return 0;
}

int split_fold(struct split *s, const struct split_spec *spec, size_t folds, size_t fold,
               struct error *e)
{
    *s = (struct split){0};
    assert(fold < folds);
    if (folds < 2 || folds > spec->rows)
        return error_set(e, ERR_USAGE, "%zu folds of %zu rows: give from 2 folds to one a row",
                         folds, spec->rows);
    struct folds f = {folds,
                      fold,
                      mem_array(spec->rows, sizeof *f.held),
                      mem_array(spec->rows, sizeof *f.order),
                      {{0}, 0}};
    int rc = f.held && f.order ? 0 : error_nomem(e, "folds");
    rng_seed(&f.rng, spec->random_state);
    if (rc == 0 && spec->classes)
        rc = mark_in_proportion(&f, spec, e);
    else if (rc == 0)
        mark_plain(&f, spec);
    if (rc == 0)
        rc = collect(s, &f, spec->rows, e);
    mem_free(f.held);
    mem_free(f.order);
    if (rc)
        split_clear(s);
    return rc;
}
