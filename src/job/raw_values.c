// SPDX-License-Identifier: MIT
// Scaled values are some units large, those of an outlier some tens; amounts, years and prices are
// beyond. A look at some rows tells them apart and costs microseconds.
#include "job/raw_values.h"

#include <math.h>
#include <stdio.h>

#define FAR        100.0
#define ROWS_MAX   ((size_t)1000)
#define VALUES_MAX ((size_t)1 << 20)

// The largest absolute value of x[rows][columns], and its column.
static double find_largest(const float *x, size_t rows, size_t columns, size_t *column)
{
    double largest = 0;
    *column = 0;
    for (size_t i = 0; i < rows * columns; i++)
        if (fabs((double)x[i]) > largest) {
            largest = fabs((double)x[i]);
            *column = i % columns;
        }
    return largest;
}

static size_t rows_to_see(size_t rows, size_t columns)
{
    const size_t most = VALUES_MAX / columns < ROWS_MAX ? VALUES_MAX / columns : ROWS_MAX;
    return rows < most ? rows : most;
}

bool raw_values_features(const struct dataset *d, char note[RAW_VALUES_NOTE_MAX])
{
    size_t column;
    const double largest =
        find_largest(d->X, rows_to_see(d->sharded ? d->held : d->n, d->d), d->d, &column);
    snprintf(note, RAW_VALUES_NOTE_MAX,
             "%.20s: column %zu goes up to %.4g; features learn better on a common scale: "
             "X = (X - X.mean(0)) / X.std(0)",
             d->x_name, column, largest);
    return largest > FAR;
}

bool raw_values_targets(const struct dataset *d, char note[RAW_VALUES_NOTE_MAX])
{
    size_t column;
    const double largest = find_largest(d->y, rows_to_see(d->n, d->targets), d->targets, &column);
    snprintf(note, RAW_VALUES_NOTE_MAX,
             "%.20s goes up to %.4g; amounts far from 0 are learnt with --scale_target standard",
             d->y_name, largest);
    return largest > FAR;
}
