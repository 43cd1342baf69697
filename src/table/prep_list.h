// SPDX-License-Identifier: MIT
// Lists in text: "Age,Fare" and "Age=mean,most_frequent". For prep_*.c.
#ifndef SKIFF_TABLE_PREP_LIST_H
#define SKIFF_TABLE_PREP_LIST_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct prep_item {
    char *name;     // NULL: meant for every column that it fits
    char *value;    // as it was given, quotes included; NULL in a list of names
    int code;       // of a value that is one of some words, else -1
    double pair[2]; // of a value LOW:HIGH
    bool used;
};

struct prep_list {
    const char *option; // for messages: "--fill"
    size_t count, cap;
    struct prep_item *item;
};

// Text may be NULL: nothing. On failure the list is left empty.
int prep_list_names(struct prep_list *l, const char *option, const char *text, struct error *e);
int prep_list_pairs(struct prep_list *l, const char *option, const char *text, struct error *e);
// The words of one value, "low<mid<high", as names.
int prep_list_words(struct prep_list *l, const char *option, const char *text, char separator,
                    struct error *e);
void prep_list_clear(struct prep_list *l);

// The item that names a column, or NULL.
struct prep_item *prep_list_find(const struct prep_list *l, const char *name);

// Is a value without quotes, or in quotes as a whole?
bool prep_list_is_whole(const char *value);
// A value without the quotes around it, on the heap; NULL when there is no memory.
char *prep_list_unquote(const char *value);

#endif
