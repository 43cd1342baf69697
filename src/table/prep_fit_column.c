// SPDX-License-Identifier: MIT
// Figures and categories of one column from the rows of the fit. What is filled in counts like any
// other value afterwards: quantiles, scales and the places of categories are those of the filled
// column, as when scikit-learn's steps follow one another.
#include "base/mem.h"
#include "table/prep_figures.h"
#include "table/prep_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int refuse_nomem(const struct prep_fitting *f)
{
    return error_nomem(f->e, f->in->name);
}

static int refuse_missing(const struct prep_fitting *f)
{
    if (f->look.missing == 0)
        return 0;
    return prep_refuse(f->how, f->in->name, f->e,
                       "%zu of %zu rows have no value, which --fill error refuses", f->look.missing,
                       f->how->rows);
}

// ---- numbers ----

// The most frequent of zeros and ones needs no sorting; zero when there are as many of both.
static double truth_mode(const double *x, size_t n)
{
    size_t ones = 0;
    for (size_t i = 0; i < n; i++)
        ones += x[i] == 1;
    return 2 * ones > n;
}

static int take_constant(struct prep_fitting *f)
{
    char *text = prep_list_unquote(f->choice.fill->value);
    const bool good = text && prep_scan_value(f->in->kind, text, &f->out->fill_value);
    mem_free(text);
    if (!text)
        return refuse_nomem(f);
    if (good)
        return 0;
    return prep_refuse(f->how, f->in->name, f->e,
                       "holds %s, which --fill=%.60s does not fit; give one, median, mean, "
                       "most_frequent or error",
                       f->in->kind == FRAME_BOOLEAN ? "truth values" : "numbers",
                       f->choice.fill->value);
}

static int fill_numbers(struct prep_fitting *f, size_t present)
{
    struct prep_column *const out = f->out;
    double *const x = f->look.x;
    int rc = 0;
    switch (out->fill) {
    case PREP_FILL_MEDIAN:
        out->fill_value = figures_median(x, present);
        break;
    case PREP_FILL_MEAN:
        out->fill_value = figures_mean(x, present);
        break;
    case PREP_FILL_MOST:
        out->fill_value =
            f->in->kind == FRAME_BOOLEAN ? truth_mode(x, present) : figures_mode(x, present);
        break;
    case PREP_FILL_CONSTANT:
        rc = take_constant(f);
        break;
    case PREP_FILL_ERROR:
        out->fill_value = NAN;
        rc = refuse_missing(f);
    }
    for (size_t i = present; i < f->how->rows && rc == 0; i++)
        x[i] = out->fill_value;
    return rc;
}

static void clip_numbers(struct prep_column *out, double *x, size_t n)
{
    if (isinf(out->clip[0]))
        return;
    for (size_t i = 0; i < 2; i++)
        out->clip[i] = figures_quantile(x, n, out->quantile[i]);
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] < out->clip[0] ? out->clip[0] : x[i] > out->clip[1] ? out->clip[1] : x[i];
}

// The first row whose logarithm there is not, for a message.
static int refuse_log(struct prep_fitting *f)
{
    const struct prep_column *const out = f->out;
    for (size_t i = 0; i < f->how->rows; i++) {
        const size_t row = prep_row(f->how, i);
        double x = isnan(f->in->values[row]) ? out->fill_value : f->in->values[row];
        x = x < out->clip[0] ? out->clip[0] : x > out->clip[1] ? out->clip[1] : x;
        if (!(x > -1))
            return prep_refuse(f->how, f->in->name, f->e,
                               "%.9g in row %zu: log1p needs values above -1; leave the column "
                               "out of --log1p",
                               x, row + 1);
    }
    return 0;
}

static int log_numbers(struct prep_fitting *f)
{
    double *const x = f->look.x;
    bool good = true;
    for (size_t i = 0; i < f->how->rows && f->out->log1p; i++) {
        good &= x[i] > -1;
        x[i] = log1p(x[i]);
    }
    return good ? 0 : refuse_log(f);
}

int prep_fit_numbers(struct prep_fitting *f)
{
    struct prep_column *const out = f->out;
    const size_t n = f->how->rows;
    out->features = 1;
    if (prep_column_scales(out) != 0)
        return refuse_nomem(f);
    int rc = fill_numbers(f, n - f->look.missing);
    if (rc)
        return rc;
    clip_numbers(out, f->look.x, n);
    if ((rc = log_numbers(f)))
        return rc;
    figures_scale(out->scale, f->look.x, n, out->center, out->width);
    if (!isfinite(out->center[0]) || !isfinite(out->width[0]) ||
        !(isfinite(out->fill_value) || out->fill == PREP_FILL_ERROR))
        return prep_refuse(f->how, f->in->name, f->e,
                           "its values are too large for their %s; say --scale %s=none",
                           out->scale == PREP_SCALE_NONE ? "mean" : "scale", f->in->name);
    return 0;
}

// ---- categories ----

// In the making: names, values and how often each occurs in the filled rows.
struct categories {
    size_t count;
    char **text;
    double *value; // NULL of texts
    size_t *times;
};

static void clear_categories(struct categories *c)
{
    for (size_t i = 0; i < c->count && c->text; i++)
        mem_free(c->text[i]);
    mem_free(c->text);
    mem_free(c->value);
    mem_free(c->times);
    *c = (struct categories){0};
}

static int begin_categories(struct categories *c, const struct prep_fitting *f, size_t most)
{
    *c = (struct categories){.text = mem_array(most, sizeof *c->text),
                             .times = mem_array(most, sizeof *c->times)};
    if (f->in->kind != FRAME_TEXT)
        c->value = mem_array(most, sizeof *c->value);
    return c->text && c->times && (c->value || f->in->kind == FRAME_TEXT) ? 0 : refuse_nomem(f);
}

static int refuse_many(const struct prep_fitting *f)
{
    return prep_refuse(f->how, f->in->name, f->e,
                       "more than %zu different values, too many for categories; leave the "
                       "column out",
                       PREP_CATEGORIES_MAX);
}

static int add_category(struct categories *c, const struct prep_fitting *f, const char *text,
                        double value)
{
    char number[PREP_NUMBER_MAX];
    if (c->value) {
        c->value[c->count] = value;
        prep_print_number(f->in->kind, value, number);
        text = number;
    }
    c->text[c->count] = mem_strdup(text);
    if (!c->text[c->count])
        return refuse_nomem(f);
    c->count++;
    return 0;
}

static int take_texts(struct categories *c, const struct prep_fitting *f)
{
    const struct frame_column *const in = f->in;
    if (f->look.different > PREP_CATEGORIES_MAX)
        return refuse_many(f);
    int rc = begin_categories(c, f, f->look.different + 1);
    for (size_t i = 0; i < in->texts && rc == 0; i++)
        if (f->look.count[i]) {
            c->times[c->count] = f->look.count[i];
            rc = add_category(c, f, in->text[i], 0);
        }
    return rc;
}

static int take_values(struct categories *c, const struct prep_fitting *f)
{
    struct figures_values v;
    const size_t present = f->how->rows - f->look.missing;
    int rc = figures_values_init(&v, PREP_CATEGORIES_MAX) ? refuse_nomem(f) : 0;
    for (size_t i = 0; i < present && rc == 0; i++)
        if (figures_values_add(&v, f->look.x[i]) != 0)
            rc = refuse_many(f);
    if (rc == 0)
        rc = begin_categories(c, f, v.count + 1);
    for (size_t i = 0; i < v.count && rc == 0; i++) {
        c->times[c->count] = v.times[i];
        rc = add_category(c, f, NULL, v.value[i]);
    }
    figures_values_clear(&v);
    return rc;
}

// Is category `i` behind this one, by value or bytes?
static int compare(const struct categories *c, size_t i, const char *text, double value)
{
    if (c->value)
        return (c->value[i] > value) - (c->value[i] < value);
    return strcmp(c->text[i], text);
}

static size_t find_category(const struct categories *c, const char *text, double value)
{
    size_t i = 0;
    while (i < c->count && compare(c, i, text, value) != 0)
        i++;
    return i;
}

// Put the last category where it belongs among those before it, which are sorted.
static size_t sort_last(struct categories *c)
{
    size_t i = c->count - 1;
    char *const text = c->text[i];
    const double value = c->value ? c->value[i] : 0;
    const size_t times = c->times[i];
    for (; i > 0 && compare(c, i - 1, text, value) > 0; i--) {
        c->text[i] = c->text[i - 1];
        c->times[i] = c->times[i - 1];
        if (c->value)
            c->value[i] = c->value[i - 1];
    }
    c->text[i] = text;
    c->times[i] = times;
    if (c->value)
        c->value[i] = value;
    return i;
}

static int refuse_constant(const struct prep_fitting *f, const char *why)
{
    return prep_refuse(f->how, f->in->name, f->e, "--fill=%.60s: %s", f->choice.fill->value, why);
}

// The place of a constant fill, which becomes a category when it is none.
static int place_constant(struct categories *c, const struct prep_fitting *f, size_t *place)
{
    double value = 0;
    char *text = prep_list_unquote(f->choice.fill->value);
    int rc = text ? 0 : refuse_nomem(f);
    if (rc == 0 && c->value && !prep_scan_value(f->in->kind, text, &value))
        rc = refuse_constant(f, "the column's categories are numbers or truth values; give one");
    if (rc == 0 && (*place = find_category(c, text, value)) == c->count) {
        rc = f->choice.encode ? refuse_constant(f, "is not in the order of --encode")
             : c->count == PREP_CATEGORIES_MAX ? refuse_many(f)
                                               : add_category(c, f, text, value);
        if (rc == 0)
            *place = sort_last(c);
    }
    mem_free(text);
    return rc;
}

// The most frequent category; the smallest by value or bytes of several.
static size_t most_frequent(const struct categories *c)
{
    size_t most = 0;
    for (size_t i = 1; i < c->count; i++)
        if (c->times[i] > c->times[most] ||
            (c->times[i] == c->times[most] &&
             compare(c, most, c->text[i], c->value ? c->value[i] : 0) > 0))
            most = i;
    return most;
}

static int place_fill(struct categories *c, const struct prep_fitting *f)
{
    struct prep_column *const out = f->out;
    if (out->fill == PREP_FILL_ERROR)
        return refuse_missing(f);
    if (out->fill == PREP_FILL_MOST)
        out->fill_place = most_frequent(c);
    const int rc = out->fill == PREP_FILL_CONSTANT ? place_constant(c, f, &out->fill_place) : 0;
    if (rc == 0)
        c->times[out->fill_place] += f->look.missing;
    return rc;
}

// The words of the user's order as categories.
static int take_words(struct categories *c, const struct prep_fitting *f,
                      const struct prep_list *words)
{
    int rc = words->count > PREP_CATEGORIES_MAX ? refuse_many(f) : 0;
    if (rc == 0)
        rc = begin_categories(c, f, words->count);
    for (size_t i = 0; i < words->count && rc == 0; i++) {
        double value = 0;
        if (c->value && !prep_scan_value(f->in->kind, words->item[i].name, &value))
            return prep_refuse(f->how, f->in->name, f->e,
                               "'%.40s' of the order in --encode is not among its values, which "
                               "are numbers or truth values",
                               words->item[i].name);
        if (c->value && find_category(c, NULL, value) < c->count)
            return prep_refuse(f->how, f->in->name, f->e,
                               "'%.40s' is in the order of --encode twice", words->item[i].name);
        rc = add_category(c, f, words->item[i].name, value);
    }
    return rc;
}

// Replace the sorted categories by the same in the user's order; every one must be in it.
static int order_categories(struct categories *c, const struct prep_fitting *f)
{
    struct prep_list words;
    struct categories ordered = {0};
    int rc = prep_list_words(&words, "--encode", f->choice.encode->value, '<', f->e);
    if (rc == 0)
        rc = take_words(&ordered, f, &words);
    for (size_t i = 0; i < c->count && rc == 0; i++) {
        const size_t place = find_category(&ordered, c->text[i], c->value ? c->value[i] : 0);
        if (place == ordered.count)
            rc =
                prep_refuse(f->how, f->in->name, f->e,
                            "'%.40s' occurs, but not in the order of --encode; put it in its place",
                            c->text[i]);
        else
            ordered.times[place] = c->times[i];
    }
    prep_list_clear(&words);
    clear_categories(rc ? &ordered : c);
    if (rc == 0)
        *c = ordered;
    return rc;
}

static int scale_categories(struct prep_fitting *f, const struct categories *c)
{
    struct prep_column *const out = f->out;
    out->features = out->encode == PREP_ONEHOT ? c->count : 1;
    if (prep_column_scales(out) != 0)
        return refuse_nomem(f);
    if (out->encode == PREP_LABEL)
        figures_scale_counts(out->scale, c->times, c->count, out->center, out->width);
    for (size_t i = 0; i < c->count && out->encode == PREP_ONEHOT; i++) {
        const size_t counts[] = {f->how->rows - c->times[i], c->times[i]};
        figures_scale_counts(out->scale, counts, 2, &out->center[i], &out->width[i]);
    }
    return 0;
}

int prep_fit_categories(struct prep_fitting *f)
{
    struct categories c = {0};
    int rc = f->in->kind == FRAME_TEXT ? take_texts(&c, f) : take_values(&c, f);
    if (rc == 0 && f->choice.encode)
        rc = order_categories(&c, f);
    if (rc == 0)
        rc = place_fill(&c, f);
    if (rc == 0)
        rc = scale_categories(f, &c);
    if (rc == 0) {
        f->out->categories = c.count;
        f->out->category = c.text;
        f->out->category_value = c.value;
        c.text = NULL;
        c.value = NULL;
    }
    clear_categories(&c);
    return rc;
}
