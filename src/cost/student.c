// SPDX-License-Identifier: MIT
// The quantile at 0.975: a table up to 30 degrees, between whole ones interpolated in 1 / freedom,
// in which the quantile is nearly straight; from there on two terms of the Cornish-Fisher expansion
// around the normal quantile z (Abramowitz and Stegun, 26.7.5), right to 0.0002.
#include "cost/student.h"

#include <math.h>
#include <stddef.h>

#define NORMAL 1.959963984540054

static const double table[] = {
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004,
    2.262157,  2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905,
    2.109816,  2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899,
    2.059539,  2.055529, 2.051831, 2.048407, 2.045230, 2.042272,
};
#define TABLE (sizeof table / sizeof table[0])

static double expansion(double freedom)
{
    const double z = NORMAL, first = (pow(z, 3) + z) / 4;
    const double second = (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96;
    return z + first / freedom + second / (freedom * freedom);
}

double student_95(double freedom)
{
    if (!(freedom >= 1))
        return NAN;
    if (freedom >= (double)TABLE)
        return expansion(freedom);
    const size_t whole = (size_t)freedom;
    const double low = table[whole - 1], high = table[whole];
    const double from = 1 / (double)whole, to = 1 / (double)(whole + 1);
    return low + (high - low) * (from - 1 / freedom) / (from - to);
}
