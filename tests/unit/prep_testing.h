// SPDX-License-Identifier: MIT
// A preparation for tests, fitted on all rows of a CSV in memory.
#ifndef SKIFF_TESTS_PREP_TESTING_H
#define SKIFF_TESTS_PREP_TESTING_H

#include "testing.h"

#include "table/prep_apply.h"

static inline void test_frame(struct frame *f, const char *text, size_t size)
{
    struct error e = {0};
    CHECK_OK(frame_read_memory(f, "fit.csv", text, size, &(struct frame_options){0}, &e), e);
}

static inline void test_prep(struct prep *p, const char *text, const struct prep_rules *rules)
{
    struct error e = {0};
    struct frame f;
    test_frame(&f, text, strlen(text));
    const struct prep_fit how = {.frame = &f, .rules = rules, .rows = f.rows, .path = "fit.csv"};
    CHECK_OK(prep_fit(p, &how, &e), e);
    frame_clear(&f);
}

// Columns of each kind, values missing in most: three features of "kind", one of "size" and "old".
static inline void test_prep_people(struct prep *p)
{
    static const char text[] = "name,size,kind,old,y\n"
                               "\"b, c\",1.5,red,True,no\nd,,blue,False,yes\n"
                               "e,4,green,True,no\nf,-2,red,,yes\n";
    static const struct prep_rules rules = {
        .target = "y",
        .ids = "name",
        .fill = "mean,kind=most_frequent,old=most_frequent",
        .encode = "kind=onehot",
        .scale = "standard",
        .unseen = "zero",
    };
    test_prep(p, text, &rules);
}

#endif
