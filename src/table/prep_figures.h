// SPDX-License-Identifier: MIT
// Figures of columns that preparations are made of, by the definitions of numpy and scikit-learn.
// For prep_*.c.
#ifndef SKIFF_TABLE_PREP_FIGURES_H
#define SKIFF_TABLE_PREP_FIGURES_H

#include "table/prep.h"

// Numbers, none missing, at least one. Where `x` is not const, its order changes.
double figures_mean(const double *x, size_t n);
double figures_median(double *x, size_t n);
double figures_quantile(double *x, size_t n, double q); // numpy's "linear"
double figures_mode(double *x, size_t n);               // the smallest of the most frequent

// What a scaler of scikit-learn would take away and divide by.
void figures_scale(enum prep_scale how, double *x, size_t n, double *center, double *width);
// The same of `n` values in all, of which count[i] are i.
void figures_scale_counts(enum prep_scale how, const size_t *count, size_t values, double *center,
                          double *width);

// Different values in rising order and how often each occurs; -0 and 0 are one.
struct figures_values {
    size_t count, max;
    double *value;
    size_t *times;
};
int figures_values_init(struct figures_values *v, size_t max); // ERR_NOMEM or 0
void figures_values_clear(struct figures_values *v);
// ERR_LIMIT when there would be more than v->max.
int figures_values_add(struct figures_values *v, double x);

#endif
