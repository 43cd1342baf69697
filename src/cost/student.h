// SPDX-License-Identifier: MIT
// Student's t distribution, as far as intervals of few runs need it.
#ifndef SKIFF_COST_STUDENT_H
#define SKIFF_COST_STUDENT_H

// How many standard errors an interval of 95 % goes to either side, for so many degrees of freedom
// (not necessarily whole); NaN below 1.
double student_95(double freedom);

#endif
