// SPDX-License-Identifier: MIT
// The parts that a run's rows come in.
#ifndef SKIFF_JOB_PART_H
#define SKIFF_JOB_PART_H

enum part { PART_TRAIN, PART_VAL, PART_TEST, PARTS };

extern const char *const part_names[PARTS]; // as options call them

#endif
