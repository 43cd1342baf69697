// SPDX-License-Identifier: MIT
// Which columns become features, and how. Where the user names the features, what does not look
// like one is refused with advice; where none are named, it is left out with a note, so that a
// fresh table needs no more than a target. A rule that names a column is never passed over.
//
// Threads share the columns. Each column is fitted by itself, into a place of its own; what is to
// be said about it is said afterwards, in order, so that results, notes and the first error do not
// depend on the threads.
#include "base/mem.h"
#include "base/near.h"
#include "base/utf8.h"
#include "table/field.h"
#include "table/number_text.h"
#include "table/prep_inner.h"

#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

void prep_note(const struct prep_fit *how, const char *format, ...)
{
    struct error line = {0}; // no failure, but one line whatever the names hold
    if (!how->note)
        return;
    va_list args;
    va_start(args, format);
    error_vset(&line, ERR_DATA, format, args);
    va_end(args);
    how->note(how->context, line.text);
}

int prep_refuse(const struct prep_fit *how, const char *column, struct error *e, const char *format,
                ...)
{
    va_list args;
    va_start(args, format);
    error_vset(e, ERR_DATA, format, args);
    va_end(args);
    return error_prefix(e, ERR_DATA, "%s: column '%.100s'", how->path, column);
}

static const char *nearest_column(const struct frame *f, const char *name)
{
    struct near n = near_begin(name);
    for (size_t i = 0; i < f->columns; i++)
        near_look(&n, f->column[i].name);
    return n.best;
}

const struct frame_column *prep_find_column(const struct prep_fit *how, const char *option,
                                            const char *name, struct error *e)
{
    const struct frame *const f = how->frame;
    for (size_t i = 0; i < f->columns; i++)
        if (strcmp(f->column[i].name, name) == 0)
            return &f->column[i];
    const char *const nearest = nearest_column(f, name);
    error_set(e, ERR_NOTFOUND, "%s: %s: no column '%.100s'%s%.100s%s", how->path, option, name,
              nearest ? "; did you mean '" : " among those that are used", nearest ? nearest : "",
              nearest ? "'?" : "");
    return NULL;
}

// ---- a look at the rows of the fit ----

static void look_at_texts(struct prep_look *look, const struct prep_fit *how,
                          const struct frame_column *in)
{
    for (size_t i = 0; i < how->rows; i++) {
        const uint32_t code = in->codes[prep_row(how, i)];
        if (code == FRAME_MISSING)
            look->missing++;
        else
            look->different += look->count[code]++ == 0;
    }
}

static void look_at_numbers(struct prep_look *look, const struct prep_fit *how,
                            const struct frame_column *in)
{
    size_t present = 0;
    bool same = true;
    for (size_t i = 0; i < how->rows; i++) {
        const size_t row = prep_row(how, i);
        const double x = in->values[row];
        look->x[present] = x;
        present += x == x;
        if (isinf(x) && !look->infinite)
            look->infinite = row + 1;
    }
    for (size_t i = 1; i < present && same; i++)
        same = look->x[i] == look->x[0];
    look->missing = how->rows - present;
    look->different = present == 0 ? 0 : same ? 1 : 2;
}

// `x` has room for the rows of the fit.
static int look_at(struct prep_look *look, const struct prep_fit *how,
                   const struct frame_column *in, double *x)
{
    *look = (struct prep_look){.x = x};
    if (in->overflow)
        return 0;
    if (in->kind != FRAME_TEXT) {
        look_at_numbers(look, how, in);
        return 0;
    }
    look->count = mem_array(in->texts, sizeof *look->count);
    if (!look->count)
        return ERR_NOMEM;
    look_at_texts(look, how, in);
    return 0;
}

// ---- is it a feature? ----

// Rows from which on texts that all are numbers, most of them different, are no categories.
#define NUMBERS_MIN 10

enum verdict {
    GOOD,
    CONSTANT, // left out unless it is named
    DOUBTFUL, // refused unless --encode names it
    USELESS,
};

static enum verdict judge(const struct prep_fit *how, const struct frame_column *in,
                          const struct prep_look *look, char why[200])
{
    const unsigned remarks = frame_remarks(how->frame, in);
    const size_t present = how->rows - look->missing;
    enum verdict verdict = DOUBTFUL;
    if (in->overflow) {
        snprintf(why, 200, "more than %zu different texts", FRAME_TEXTS_MAX);
        return USELESS;
    }
    if (present == 0) {
        snprintf(why, 200, "no value in any of the %zu rows", how->rows);
        return USELESS;
    }
    if (remarks & FRAME_IS_DATES)
        snprintf(why, 200, "looks like dates");
    else if ((remarks & FRAME_NUMBERS_IN_TEXT) && present >= NUMBERS_MIN &&
             2 * look->different > present)
        snprintf(why, 200, "numbers that are written as texts");
    else if (remarks & FRAME_IS_IDENTIFIER)
        snprintf(why, 200, "looks like an identifier, which counts or names the rows");
    else if (in->kind == FRAME_TEXT && look->different > PREP_CATEGORIES_MAX)
        snprintf(why, 200, "%zu different texts, too many for categories", look->different);
    else if (in->kind == FRAME_TEXT && look->different > PREP_NAMES_MIN &&
             2 * look->different > present)
        snprintf(why, 200, "%zu different texts in %zu rows, names rather than categories",
                 look->different, present);
    else if (look->different == 1)
        verdict = CONSTANT;
    else
        verdict = GOOD;
    if (verdict == CONSTANT)
        snprintf(why, 200, "the same value in all rows that have one");
    return verdict;
}

// A column that may become a feature.
struct candidate {
    const struct frame_column *in;
    struct prep_look look; // its arrays are gone once the column is fitted
    enum verdict verdict;
    char why[200]; // unless it is GOOD
    bool used;
    struct prep_column out;
};

// It takes candidates in order, so that the first it fails at is the first of its own.
struct worker {
    double *x;     // [rows] the values of a column
    size_t failed; // which candidate, when there is an error
    struct error error;
};

// One call of prep_fit.
struct fit {
    struct prep *p;
    const struct prep_fit *how;
    struct prep_lists lists;
    struct candidate *candidate; // [candidates] in the order of their features
    size_t candidates;
    atomic_size_t next;    // candidate that nobody has taken yet
    struct worker *worker; // [workers]
    size_t workers;
    char left_out[256]; // the first that was, and why
    struct error *e;
};

// A column that is asked for and is no feature; `encodes`: it may be one if it is meant.
static int refuse_column(const struct fit *f, const struct candidate *c, struct error *e)
{
    const char *const name = c->in->name;
    const bool encodes = c->verdict == DOUBTFUL;
    const struct prep_list *const list =
        f->lists.features.count ? &f->lists.features : prep_lists_naming(&f->lists, name);
    char other[ERROR_TEXT_MAX] = "";
    if (encodes && c->in->kind == FRAME_TEXT)
        snprintf(other, sizeof other,
                 ", or say --encode %.100s=label or %.100s=onehot if it is meant", name, name);
    else if (encodes)
        snprintf(other, sizeof other, ", or say --encode %.100s=numeric if it is meant", name);
    return prep_refuse(f->how, name, e, "%s; take it out of %s%s", c->why, list->option, other);
}

static bool is_number(const char *text)
{
    double x;
    return field_number((struct field){text, strlen(text)}, &x) != NUM_NONE;
}

// The first text that is no number, or NULL.
static const char *find_odd(const struct frame_column *in)
{
    for (size_t i = 0; i < in->texts; i++)
        if (!is_number(in->text[i]))
            return in->text[i];
    return NULL;
}

bool prep_explain_numbers(const struct prep_fit *how, const struct frame_column *in,
                          char text[PREP_EXPLANATION_MAX])
{
    const unsigned remarks = frame_remarks(how->frame, in);
    if (remarks & FRAME_IS_COMMAS)
        snprintf(text, PREP_EXPLANATION_MAX,
                 "text, not a number, because of decimal commas as in '%.40s'; write the file "
                 "with decimal points first, as pandas.read_csv(..., decimal=',', thousands='.') "
                 "reads it",
                 find_odd(in));
    else if (remarks & FRAME_HAS_SIGNS)
        snprintf(text, PREP_EXPLANATION_MAX,
                 "text, not a number, because of signs or thousands as in '%.40s'; write it in "
                 "digits alone first, such as -1234.5",
                 find_odd(in));
    return remarks & FRAME_NUMBERS_IN_TEXT;
}

#define TEXTS_A_STRANGER 10 // with more of them a column is texts: the numbers of tickets

// A sign for what is missing, or commas in decimals, turn a column of numbers into one of texts.
static void note_numbers_in_text(const struct prep_fit *how, const struct frame_column *in)
{
    const char *const odd = find_odd(in);
    char explanation[PREP_EXPLANATION_MAX];
    size_t numbers = 0;
    if (prep_explain_numbers(how, in, explanation)) {
        prep_note(how, "%s: %s", in->name, explanation);
        return;
    }
    for (size_t i = 0; i < in->texts; i++)
        numbers += is_number(in->text[i]) || number_text_is(in->text[i]);
    if (odd && 2 * numbers > in->texts && in->texts - numbers <= 1 + in->texts / TEXTS_A_STRANGER)
        prep_note(how,
                  "%s: text because of values such as '%.40s', but most look like numbers; if it "
                  "is to be one, leave missing values empty and write decimals with a point",
                  in->name, odd);
}

static char next_letter(const char **text)
{
    while (**text == ' ' || **text == '\t')
        ++*text;
    const char c = **text;
    *text += c != '\0';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// But for spaces and the case of letters, those of ASCII.
static bool are_alike(const char *a, const char *b)
{
    for (;;) {
        const char c = next_letter(&a);
        if (c != next_letter(&b))
            return false;
        if (c == '\0')
            return true;
    }
}

#define ALIKE_MAX 200 // texts that are compared, each with each

void prep_note_alike(const struct prep_fit *how, const struct frame_column *in)
{
    if (in->texts > ALIKE_MAX)
        return;
    for (size_t i = 0; i < in->texts; i++)
        for (size_t k = i + 1; k < in->texts; k++)
            if (are_alike(in->text[i], in->text[k])) {
                prep_note(how,
                          "%s: '%.40s' and '%.40s' differ in case or spaces alone and are two "
                          "categories; spell them alike first if they are one",
                          in->name, in->text[i], in->text[k]);
                return;
            }
}

// Whether a column becomes a feature; 0 or a code.
static int decide(const struct fit *f, struct candidate *c, struct error *e)
{
    c->verdict = judge(f->how, c->in, &c->look, c->why);
    const bool encoded = prep_list_find(&f->lists.encode, c->in->name) != NULL;
    const bool named = f->lists.features.count || prep_lists_naming(&f->lists, c->in->name);
    c->used = c->verdict == GOOD || (c->verdict == CONSTANT && named) ||
              (c->verdict == DOUBTFUL && encoded);
    return !c->used && named ? refuse_column(f, c, e) : 0;
}

static void tell(struct fit *f, const struct candidate *c)
{
    const struct prep_fit *const how = f->how;
    const char *const name = c->in->name;
    if (!c->used && !*f->left_out)
        snprintf(f->left_out, sizeof f->left_out, "'%.100s': %.140s", name, c->why);
    if (!c->used)
        prep_note(how, "%s: left out: %s", name, c->why);
    else if (c->verdict == CONSTANT)
        prep_note(how, "%s: %s", name, c->why);
    else if (2 * c->look.missing > how->rows)
        prep_note(how, "%s: %zu of %zu rows have no value and are filled", name, c->look.missing,
                  how->rows);
    if (c->in->kind == FRAME_TEXT && !c->in->overflow)
        note_numbers_in_text(how, c->in);
    if (c->used && c->in->kind == FRAME_TEXT)
        prep_note_alike(how, c->in);
    if (c->used && frame_remarks(how->frame, c->in) & FRAME_IS_INEXACT)
        prep_note(how, "%s: whole numbers beyond 2^53 lose their last digits", name);
}

static int fit_used(struct fit *f, struct candidate *c, struct error *e)
{
    struct prep_fitting fitting = {
        .how = f->how, .in = c->in, .look = c->look, .out = &c->out, .e = e};
    if (c->look.infinite)
        return prep_refuse(f->how, c->in->name, e,
                           "an infinite value in row %zu; write it as a missing value or a number, "
                           "or leave the column out with --drop",
                           c->look.infinite);
    c->out.name = mem_strdup(c->in->name);
    if (!c->out.name)
        return error_nomem(e, c->in->name);
    c->out.missing = c->look.missing;
    const int rc = prep_choose(&f->lists, f->how, c->in, &c->out, &fitting.choice, e);
    if (rc)
        return rc;
    return c->out.encode == PREP_NUMERIC ? prep_fit_numbers(&fitting)
                                         : prep_fit_categories(&fitting);
}

static int fit_candidate(struct fit *f, struct candidate *c, struct worker *w)
{
    struct error *const e = &w->error;
    int rc = look_at(&c->look, f->how, c->in, w->x) ? error_nomem(e, c->in->name) : 0;
    if (rc == 0)
        rc = decide(f, c, e);
    if (rc == 0 && c->used)
        rc = fit_used(f, c, e);
    mem_free(c->look.count);
    return rc;
}

static void fit_candidates(void *context, size_t number)
{
    struct fit *f = context;
    struct worker *w = &f->worker[number];
    while (w->error.code == 0 && (w->failed = atomic_fetch_add(&f->next, 1)) < f->candidates)
        fit_candidate(f, &f->candidate[w->failed], w);
}

// ---- all of them ----

static int list_named(struct fit *f)
{
    const struct prep_list *const names = &f->lists.features;
    for (size_t i = 0; i < names->count; i++) {
        const struct frame_column *in =
            prep_find_column(f->how, "--features", names->item[i].name, f->e);
        if (!in)
            return error_code(f->e);
        f->candidate[f->candidates++].in = in;
    }
    return 0;
}

static void list_all(struct fit *f)
{
    const struct frame *const frame = f->how->frame;
    const char *const target = f->how->rules->target;
    for (size_t i = 0; i < frame->columns; i++) {
        const char *const name = frame->column[i].name;
        if ((target && strcmp(name, target) == 0) || prep_list_find(&f->lists.drop, name) ||
            prep_list_find(&f->lists.ids, name))
            continue;
        f->candidate[f->candidates++].in = &frame->column[i];
    }
}

static int list_candidates(struct fit *f)
{
    const size_t most = f->lists.features.count ? f->lists.features.count : f->how->frame->columns;
    f->p->column = mem_array(most, sizeof *f->p->column);
    f->candidate = mem_array(most, sizeof *f->candidate);
    if (!f->p->column || !f->candidate)
        return error_nomem(f->e, "columns of a CSV");
    if (f->lists.features.count)
        return list_named(f);
    list_all(f);
    return 0;
}

static int start_workers(struct fit *f)
{
    const size_t wanted = f->how->run ? f->how->workers : 1;
    const size_t workers = wanted < f->candidates ? wanted : f->candidates;
    f->worker = mem_array(workers, sizeof *f->worker);
    for (; f->worker && f->workers < workers; f->workers++)
        if (!(f->worker[f->workers].x = mem_block(f->how->rows, sizeof(double))))
            break;
    return f->workers == workers ? 0 : error_nomem(f->e, "columns of a CSV");
}

static const struct worker *first_failure(const struct fit *f)
{
    const struct worker *first = NULL;
    for (size_t i = 0; i < f->workers; i++)
        if (f->worker[i].error.code && (!first || f->worker[i].failed < first->failed))
            first = &f->worker[i];
    return first;
}

static int share_candidates(struct fit *f)
{
    const int rc = start_workers(f);
    if (rc)
        return rc;
    if (f->workers > 1)
        f->how->run(f->how->team, f->workers, fit_candidates, f);
    else if (f->workers)
        fit_candidates(f, 0);
    return 0;
}

// What a candidate has become joins the preparation.
static int take_candidate(struct fit *f, struct candidate *c)
{
    struct prep *const p = f->p;
    tell(f, c);
    if (!c->used)
        return 0;
    c->out.feature = p->features;
    p->features += c->out.features;
    p->column[p->columns++] = c->out;
    c->out = (struct prep_column){0}; // the preparation's from now on
    if (p->features <= PREP_FEATURES_MAX)
        return 0;
    return error_set(f->e, ERR_LIMIT,
                     "%s: more than %zu features up to column '%s'; drop columns or say --encode "
                     "NAME=label for those with many categories",
                     f->how->path, PREP_FEATURES_MAX, c->in->name);
}

// Those before the first failure.
static int take_candidates(struct fit *f)
{
    const struct worker *const failure = first_failure(f);
    const size_t good = failure ? failure->failed : f->candidates;
    int rc = 0;
    for (size_t i = 0; i < good && rc == 0; i++)
        rc = take_candidate(f, &f->candidate[i]);
    return rc || !failure ? rc : error_set(f->e, failure->error.code, "%s", failure->error.text);
}

static int fit_columns(struct fit *f)
{
    int rc = list_candidates(f);
    if (rc == 0)
        rc = share_candidates(f);
    if (rc == 0)
        rc = take_candidates(f);
    if (rc == 0)
        rc = prep_lists_check_used(&f->lists, f->how, f->e);
    if (rc == 0 && f->p->columns == 0)
        rc =
            error_set(f->e, ERR_DATA,
                      "%s: no column is left to be a feature%s%s%s; name some with --features",
                      f->how->path, *f->left_out ? " (" : "", f->left_out, *f->left_out ? ")" : "");
    return rc;
}

static void clear_fit(struct fit *f)
{
    for (size_t i = 0; i < f->candidates; i++)
        prep_column_clear(&f->candidate[i].out);
    for (size_t i = 0; i < f->workers; i++)
        mem_free(f->worker[i].x);
    mem_free(f->candidate);
    mem_free(f->worker);
    prep_lists_clear(&f->lists);
}

static int keep_ids(struct prep *p, const struct prep_list *ids, struct error *e)
{
    p->id = mem_array(ids->count, sizeof *p->id);
    for (size_t i = 0; i < ids->count && p->id; i++) {
        p->id[i] = mem_strdup(ids->item[i].name);
        if (!p->id[i])
            return error_nomem(e, "names of columns");
        p->ids++;
    }
    return p->id ? 0 : error_nomem(e, "names of columns");
}

// prep.json and model files are UTF-8.
static int check_text(const struct prep_fit *how, const char *column, const char *text,
                      struct error *e)
{
    if (utf8_is_text(text))
        return 0;
    return prep_refuse(how, column, e,
                       "'%.60s' is not UTF-8; convert the file first: iconv -f latin1 -t utf-8 "
                       "OLD.csv >NEW.csv",
                       text);
}

static int check_texts(const struct prep *p, const struct prep_fit *how, struct error *e)
{
    const struct prep_target *const t = &p->target;
    int rc = t->name ? check_text(how, t->name, t->name, e) : 0;
    for (size_t i = 0; i < t->classes && rc == 0; i++)
        rc = check_text(how, t->name, t->class_name[i], e);
    for (size_t i = 0; i < p->ids && rc == 0; i++)
        rc = check_text(how, p->id[i], p->id[i], e);
    for (size_t i = 0; i < p->columns && rc == 0; i++) {
        const struct prep_column *c = &p->column[i];
        rc = check_text(how, c->name, c->name, e);
        for (size_t k = 0; k < c->categories && rc == 0; k++)
            rc = check_text(how, c->name, c->category[k], e);
    }
    return rc;
}

int prep_fit(struct prep *p, const struct prep_fit *how, struct error *e)
{
    struct fit f = {.p = p, .how = how, .e = e};
    *p = (struct prep){.delimiter = how->frame->delimiter, .header = how->frame->header};
    if (how->rows == 0)
        return error_set(e, ERR_DATA, "%s: no rows to prepare", how->path);
    int rc = prep_lists_init(&f.lists, how->rules, e);
    if (rc)
        return rc;
    if (how->rules->target)
        rc = prep_fit_target(&p->target, how, e);
    if (rc == 0)
        rc = fit_columns(&f);
    if (rc == 0)
        rc = keep_ids(p, &f.lists.ids, e);
    if (rc == 0)
        rc = check_texts(p, how, e);
    clear_fit(&f);
    if (rc)
        prep_clear(p);
    return rc;
}
