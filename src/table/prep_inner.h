// SPDX-License-Identifier: MIT
// What the parts of fitting a preparation share. For prep_*.c.
#ifndef SKIFF_TABLE_PREP_INNER_H
#define SKIFF_TABLE_PREP_INNER_H

#include "table/prep.h"
#include "table/prep_list.h"

#define PREP_NAMES_MIN 20 // different texts from which on they may be names, not categories

// Words of the rules, of prep.json and of messages, in the order of their enums.
extern const char *const prep_fill_words[],
    *const prep_encode_words[], *const prep_scale_words[], *const prep_unseen_words[],
                                                               *const prep_task_words[],
                                                                   *const prep_kind_words[];
int prep_find_word(const char *const *words, const char *word); // -1: none of them

// The rules, parsed, and not at odds with one another.
struct prep_lists {
    struct prep_list features, drop, ids, log1p; // names
    struct prep_list fill, encode, scale, clip, unseen;
};
int prep_lists_init(struct prep_lists *l, const struct prep_rules *rules, struct error *e);
void prep_lists_clear(struct prep_lists *l);
// An item of the lists of rules that names a column, or NULL.
const struct prep_list *prep_lists_naming(const struct prep_lists *l, const char *name);
// Rules that name what has become no feature.
int prep_lists_check_used(const struct prep_lists *l, const struct prep_fit *how, struct error *e);

// What the rules say of a column: all of `out` that needs no rows. `fill` and `encode` are the
// items that gave a constant or an order, else NULL.
struct prep_choice {
    const struct prep_item *fill, *encode;
};
int prep_choose(struct prep_lists *l, const struct prep_fit *how, const struct frame_column *in,
                struct prep_column *out, struct prep_choice *choice, struct error *e);

// Rows of the fit, as one column has them.
struct prep_look {
    size_t missing;
    size_t different; // values; of numbers 2 stands for all above 1
    size_t infinite;  // the first row with one, from 1; 0: none
    size_t *count;    // [texts] of a text, else NULL
    double *x;        // [rows - missing] values of numbers and booleans
};

struct prep_fitting {
    const struct prep_fit *how;
    const struct frame_column *in;
    struct prep_look look;
    struct prep_choice choice;
    struct prep_column *out;
    struct error *e;
};
// Figures or categories, from the look.
int prep_fit_numbers(struct prep_fitting *f);
int prep_fit_categories(struct prep_fitting *f);

// Of a column of texts that all are numbers: why they are texts and what to do. false: it is none.
#define PREP_EXPLANATION_MAX 256
bool prep_explain_numbers(const struct prep_fit *how, const struct frame_column *in,
                          char text[PREP_EXPLANATION_MAX]);
// Note two texts that differ in case and spaces alone, which are two categories.
void prep_note_alike(const struct prep_fit *how, const struct frame_column *in);

int prep_fit_target(struct prep_target *t, const struct prep_fit *how, struct error *e);

// The row of the frame that is the i-th of the fit.
static inline size_t prep_row(const struct prep_fit *how, size_t i)
{
    return how->order ? how->order[i] : i;
}

void prep_note(const struct prep_fit *how, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// "<path>: column '<name>': <text>"
int prep_refuse(const struct prep_fit *how, const char *column, struct error *e, const char *format,
                ...) __attribute__((format(printf, 4, 5)));
// A column of the frame by its name. NULL: error_set, with the nearest that is there.
const struct frame_column *prep_find_column(const struct prep_fit *how, const char *option,
                                            const char *name, struct error *e);

// The shortest text that reads back as the number; "True" and "False" of a boolean.
#define PREP_NUMBER_MAX 32
void prep_print_number(enum frame_kind kind, double x, char text[PREP_NUMBER_MAX]);
// A text as a value of that kind; false when it is none.
bool prep_scan_value(enum frame_kind kind, const char *text, double *x);

// prep.c: room for what a column has once its categories are known, and all of it given back.
int prep_column_scales(struct prep_column *c); // ERR_NOMEM or 0
void prep_column_clear(struct prep_column *c);

#endif
