// SPDX-License-Identifier: MIT
// The kinds of bodies. For body*.c.
#ifndef SKIFF_SERVE_BODY_INNER_H
#define SKIFF_SERVE_BODY_INNER_H

#include "serve/body.h"

struct body_kind {
    int (*next)(struct body *b, size_t most, float *X, size_t *got, struct error *e);
    void (*close)(struct body *b); // frees it
};

// What a kind's own struct begins with.
struct body {
    const struct body_kind *kind;
};

struct body *body_csv_open(const struct body_spec *spec, struct error *e);
// Of columns in the preparation's order, with commas and without a header, whatever is in them.
struct body *body_csv_ordered(const struct body_spec *spec, struct error *e);
struct body *body_json_open(const struct body_spec *spec, struct error *e);

#endif
