// SPDX-License-Identifier: MIT
// Arrays are trained on as they are. Where nobody has scaled them that works badly, and nothing
// else would say why.
#ifndef SKIFF_JOB_RAW_VALUES_H
#define SKIFF_JOB_RAW_VALUES_H

#include "table/dataset.h"

#define RAW_VALUES_NOTE_MAX 200

// A line on features, or on targets of a regression, that are far from the scale at which networks
// learn, and what to do; false when there is nothing to say. The first rows alone are looked at.
bool raw_values_features(const struct dataset *d, char note[RAW_VALUES_NOTE_MAX]);
bool raw_values_targets(const struct dataset *d, char note[RAW_VALUES_NOTE_MAX]);

#endif
