// SPDX-License-Identifier: MIT
// Rows of features from the body of a request, a batch at a time.
//
// CSV and JSON hold the columns of a table where the model carries its preparation, else features.
// Arrays hold features, as for skiff predict; they are refused where nobody could tell that they do
// not: of a model whose preparation changes numbers, and makes as many features as it takes
// columns.
#ifndef SKIFF_SERVE_BODY_H
#define SKIFF_SERVE_BODY_H

#include "base/err.h"
#include "model/model_file.h"
#include "serve/media.h"

#include <stddef.h>

struct body_spec {
    enum media media;
    const char *name; // begins messages
    const void *data; // borrowed, as long as the body is open
    size_t size;
    const struct model *model;
    size_t inflated_max; // bytes of a compressed array; 0: whatever the body's size allows
};

struct body;
// Whatever the bytes are: an error then, of one line, ERR_LIMIT where they are too many. Memory is
// taken by their number, not on their word.
struct body *body_open(const struct body_spec *spec, struct error *e);
void body_close(struct body *b); // NULL is fine
// The next rows into X[most][inputs]: *got of them, fewer than `most` near the end, 0 there. All
// are finite.
int body_next(struct body *b, size_t most, float *X, size_t *got, struct error *e);

#endif
