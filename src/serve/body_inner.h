// SPDX-License-Identifier: MIT
// The kinds of bodies. For body*.c.
#ifndef SKIFF_SERVE_BODY_INNER_H
#define SKIFF_SERVE_BODY_INNER_H

#include "io/npz.h"
#include "serve/body.h"

struct body_kind {
    int (*next)(struct body *b, size_t most, float *X, size_t *got, struct error *e);
    void (*close)(struct body *b); // frees it
};

// What a kind's own struct begins with.
struct body {
    const struct body_kind *kind;
    size_t inputs, rows; // of the model; that have been given
};

struct body *body_csv_open(const struct body_spec *spec, struct error *e);
// Of columns in the preparation's order, with commas and without a header, whatever is in them.
struct body *body_csv_ordered(const struct body_spec *spec, struct error *e);
struct body *body_json_open(const struct body_spec *spec, struct error *e);
struct body *body_array_open(const struct body_spec *spec, struct error *e); // npy, npz
struct body *body_sparse_open(const struct body_spec *spec, struct error *e);
struct body *body_libsvm_open(const struct body_spec *spec, struct error *e);
struct body *body_recordio_open(const struct body_spec *spec, struct error *e);

// What a body costs goes by its own size: a compressed array must not become more than so many
// times that, though deflate could make it 1000, nor more than spec->inflated_max, be it as it lies
// or as floats. To be asked before anything is inflated.
#define BODY_GROWTH_MAX 64
int body_check_inflated(const struct body_spec *spec, const struct npz *z, const char *name,
                        struct error *e);

#endif
